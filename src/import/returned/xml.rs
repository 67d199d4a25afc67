//! The small parts of a package as trees, so that an element can be added and all else stays as it
//! was written; and the tags of the large ones.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::{escape, unescape};
use quick_xml::events::{BytesStart, Event};

use super::package::Unkept;

/// How deep the elements of a part may stand in each other; none that a spreadsheet writes comes
/// near it.
const DEEPEST: usize = 64;

/// A part: its root and what stands around it.
pub(super) struct Document {
    before: String,
    pub(super) root: Element,
    after: String,
}

/// An element as it was written.
pub(super) struct Element {
    /// Its name and its attributes.
    pub(super) tag: String,
    pub(super) children: Vec<Node>,
}

/// What stands in an element.
pub(super) enum Node {
    Element(Element),
    /// Text, a comment: as it was written.
    Raw(String),
}

impl Document {
    pub(super) fn parse(text: &str) -> Result<Document, Unkept> {
        let mut reader = Reader::from_str(text);
        let (mut before, mut after) = (String::new(), String::new());
        let mut root: Option<Element> = None;
        let mut open: Vec<Element> = Vec::new();
        let mut from = 0;
        loop {
            let event = reader.read_event()?;
            let to = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
            let written = text.get(from..to).unwrap_or_default();
            from = to;
            let (done, is_open) = match event {
                Event::Start(tag) => (Some(Element::of(&tag)), true),
                Event::Empty(tag) => (Some(Element::of(&tag)), false),
                Event::End(_) => (open.pop(), false),
                Event::DocType(_) => return Err(Unkept("a document type".to_owned())),
                Event::Eof => break,
                _ => {
                    match (open.last_mut(), root.is_some()) {
                        (Some(parent), _) => parent.children.push(Node::Raw(written.to_owned())),
                        (None, false) => before.push_str(written),
                        (None, true) => after.push_str(written),
                    }
                    continue;
                }
            };
            let element = done.ok_or_else(|| Unkept("an end without a start".to_owned()))?;
            if is_open {
                open.push(element);
                if open.len() > DEEPEST {
                    return Err(Unkept("elements too deep".to_owned()));
                }
            } else if let Some(parent) = open.last_mut() {
                parent.children.push(Node::Element(element));
            } else if root.replace(element).is_some() {
                return Err(Unkept("two roots".to_owned()));
            }
        }
        let root = root.filter(|_| open.is_empty());
        Ok(Document {
            before,
            root: root.ok_or_else(|| Unkept("no whole document".to_owned()))?,
            after,
        })
    }

    pub(super) fn text(&self) -> String {
        let mut out = self.before.clone();
        self.root.write(&mut out);
        out.push_str(&self.after);
        out
    }
}

impl Element {
    /// An element of this name and these attributes, escaped as they are to stand.
    pub(super) fn new(tag: impl Into<String>) -> Element {
        Element {
            tag: tag.into(),
            children: Vec::new(),
        }
    }

    fn of(tag: &BytesStart<'_>) -> Element {
        Element::new(&**tag)
    }

    fn name(&self) -> &str {
        let end = self.tag.find(char::is_whitespace);
        self.tag.get(..end.unwrap_or(self.tag.len())).unwrap_or("")
    }

    pub(super) fn local(&self) -> &str {
        let name = self.name();
        name.split_once(':').map_or(name, |(_, local)| local)
    }

    /// What stands before the local names of this element and of those that belong to it.
    pub(super) fn prefix(&self) -> String {
        let (prefix, _) = self.name().split_once(':').unwrap_or_default();
        prefixed(prefix)
    }

    fn start(&self) -> BytesStart<'_> {
        BytesStart::from_content(self.tag.as_str(), self.name().len())
    }

    pub(super) fn attribute(&self, name: &str) -> Result<Option<String>, Unkept> {
        attribute(&self.start(), name)
    }

    /// The id of what it refers to.
    pub(super) fn link(&self) -> Result<Option<String>, Unkept> {
        linked(&self.start(), "id")
    }

    /// All attributes as they were written.
    pub(super) fn attributes(&self) -> String {
        let written = self.tag.get(self.name().len()..).unwrap_or_default();
        written.trim().to_owned()
    }

    /// Sets an attribute, or takes it away.
    pub(super) fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), Unkept> {
        self.tag = retag(&self.start(), &[(name, value)])?;
        Ok(())
    }

    pub(super) fn push(&mut self, child: Element) {
        self.children.push(Node::Element(child));
    }

    pub(super) fn elements(&self) -> impl Iterator<Item = &Element> {
        self.children.iter().filter_map(Node::element)
    }

    pub(super) fn child(&self, local: &str) -> Option<&Element> {
        self.elements().find(|child| child.local() == local)
    }

    pub(super) fn child_mut(&mut self, local: &str) -> Option<&mut Element> {
        let mut children = self.children.iter_mut().filter_map(Node::element_mut);
        children.find(|child| child.local() == local)
    }

    /// The text of an element that holds nothing else.
    pub(super) fn content(&self) -> Result<String, Unkept> {
        let raw = self.children.iter().map(|child| match child {
            Node::Raw(raw) => raw.as_str(),
            Node::Element(_) => "",
        });
        let raw: String = raw.collect();
        // Where a text stands in marks of its own, it needs no signs of escape.
        match raw.strip_prefix("<![CDATA[") {
            Some(inner) => Ok(inner.replace("]]>", "")),
            None => Ok(unescape(&raw).map_err(quick_xml::Error::from)?.into_owned()),
        }
    }

    /// Puts a text in the place of all that it holds.
    pub(super) fn set_content(&mut self, text: &str) {
        self.children = vec![Node::Raw(escaped(text).into_owned())];
    }

    fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(&self.tag);
        if self.children.is_empty() {
            out.push_str("/>");
            return;
        }
        out.push('>');
        for child in &self.children {
            match child {
                Node::Element(element) => element.write(out),
                Node::Raw(raw) => out.push_str(raw),
            }
        }
        out.push_str("</");
        out.push_str(self.name());
        out.push('>');
    }

    pub(super) fn written(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        out
    }
}

impl Node {
    fn element(&self) -> Option<&Element> {
        match self {
            Node::Element(element) => Some(element),
            Node::Raw(_) => None,
        }
    }

    fn element_mut(&mut self) -> Option<&mut Element> {
        match self {
            Node::Element(element) => Some(element),
            Node::Raw(_) => None,
        }
    }
}

/// A prefix as it stands before a name.
pub(super) fn prefixed(prefix: &str) -> String {
    match prefix {
        "" => String::new(),
        prefix => format!("{prefix}:"),
    }
}

/// The value of an attribute of a tag.
pub(super) fn attribute(tag: &BytesStart<'_>, name: &str) -> Result<Option<String>, Unkept> {
    let Some(found) = tag.try_get_attribute(name)? else {
        return Ok(None);
    };
    let value = unescape(&found.value).map_err(quick_xml::Error::from)?;
    Ok(Some(value.into_owned()))
}

/// The value of an attribute whatever its prefix, where it must have one.
pub(super) fn linked(tag: &BytesStart<'_>, local: &str) -> Result<Option<String>, Unkept> {
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(quick_xml::Error::from)?;
        let key = attribute.key;
        if key.prefix().is_some() && key.local_name().as_ref() == local {
            let value = unescape(&attribute.value).map_err(quick_xml::Error::from)?;
            return Ok(Some(value.into_owned()));
        }
    }
    Ok(None)
}

/// The name and the attributes of a tag with some of them set, or taken away.
pub(super) fn retag(tag: &BytesStart<'_>, set: &[(&str, Option<&str>)]) -> Result<String, Unkept> {
    let mut out = tag.name().as_ref().to_owned();
    let mut write = |key: &str, value: &str| {
        out.push(' ');
        out.push_str(key);
        out.push_str("=\"");
        out.push_str(value);
        out.push('"');
    };
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(quick_xml::Error::from)?;
        let key = attribute.key.as_ref();
        if set.iter().all(|(name, _)| *name != key) {
            write(key, &attribute.value.replace('"', "&quot;"));
        }
    }
    for (name, value) in set {
        if let Some(value) = value {
            write(name, &escape(*value));
        }
    }
    Ok(out)
}

/// A text as it may stand in XML; a sign that may not is shown as the one for unknown ones.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    let fits = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
    if text.chars().all(fits) {
        return escape(text);
    }
    let kept: String = text
        .chars()
        .map(|c| if fits(c) { c } else { '\u{fffd}' })
        .collect();
    Cow::Owned(escape(kept.as_str()).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_touched_stays_as_it_was_written() {
        let text = "<?xml version=\"1.0\"?>\r\n<!-- a --><x:a  b='\"1\"' ><x:c/> &lt; <d>t</d>\
                    <![CDATA[<]]></x:a>\n";
        let document = Document::parse(text).unwrap();
        assert_eq!(document.text(), text);
        assert_eq!(
            (document.root.local(), &*document.root.prefix()),
            ("a", "x:")
        );
    }

    #[test]
    fn what_is_no_document_is_refused() {
        let deep = "<a>".repeat(100) + &"</a>".repeat(100);
        for text in [
            "",
            "<a>",
            "</a>",
            "<a></b>",
            "<a/><b/>",
            "<!DOCTYPE a><a/>",
            &deep,
        ] {
            assert!(Document::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn attributes_are_set_and_taken_away() {
        let mut element = Element::new("c r='a\"b' s=\"1\" t=\"s\"");
        element.set("s", Some("7")).unwrap();
        element.set("t", None).unwrap();
        assert_eq!(element.written(), "<c r=\"a&quot;b\" s=\"7\"/>");
        assert_eq!(element.attribute("r").unwrap().unwrap(), "a\"b");
    }
}
