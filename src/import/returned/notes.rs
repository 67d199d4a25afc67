//! Comments on cells: what a sheet says of its own stays, ours stand beside it or, on the same
//! cell, below it. What an earlier return said goes. A spreadsheet shows a comment only if a
//! drawing of the old kind (VML) has a shape for it.

use std::collections::{BTreeMap, BTreeSet};

use super::package::Unkept;
use super::xml::{Document, Element, Node, escaped};

/// Who says it.
const AUTHOR: &str = "socai";
/// What our words begin with, so that they are known again whoever saved the workbook since.
const BEGIN: &str = "socai: ";
/// What parts our words from those of others in the comment of one cell.
const BELOW: &str = "\n\nsocai: ";

/// The longest comment, in characters.
const LONGEST: usize = 2_000;

/// The comments of a sheet after the change.
pub(super) struct Notes {
    document: Document,
    /// Cells whose comment is gone, and with it its shape.
    pub(super) gone: BTreeSet<(u64, u32)>,
    /// Cells that have a comment now, and had none that was somebody else's.
    pub(super) new: Vec<(u64, u32)>,
}

fn missing(what: &str) -> Unkept {
    Unkept(format!("comments without {what}"))
}

impl Notes {
    /// A part without comments.
    pub(super) fn none(namespace: &str) -> Result<Document, Unkept> {
        let strict = namespace.starts_with("http://purl.oclc.org/");
        let main = match strict {
            true => "http://purl.oclc.org/ooxml/spreadsheetml/main",
            false => "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        };
        Document::parse(&format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
             <comments xmlns=\"{main}\"><authors/><commentList/></comments>"
        ))
    }

    /// Puts what is to be said into the comments of a sheet.
    pub(super) fn edit(
        mut document: Document,
        said: &BTreeMap<(u64, u32), String>,
    ) -> Result<Notes, Unkept> {
        let prefix = document.root.prefix();
        let author = author(&mut document.root, &prefix)?;
        let list = document.root.child_mut("commentList");
        let list = list.ok_or_else(|| missing("a list"))?;
        let (mut gone, mut own) = (BTreeSet::new(), BTreeSet::new());
        let mut kept = Vec::with_capacity(list.children.len());
        for node in std::mem::take(&mut list.children) {
            let Node::Element(mut comment) = node else {
                kept.push(node);
                continue;
            };
            let place = comment
                .attribute("ref")?
                .as_deref()
                .and_then(super::sheet::place);
            let place = place.ok_or_else(|| missing("a place"))?;
            let text = comment.child_mut("text").ok_or_else(|| missing("a text"))?;
            if !without_ours(text)? {
                gone.insert(place);
                continue;
            }
            if let Some(said) = said.get(&place) {
                below(text, &cut(said), &prefix);
                own.insert(place);
            }
            kept.push(Node::Element(comment));
        }
        let new: Vec<(u64, u32)> = said
            .keys()
            .filter(|at| !own.contains(at))
            .copied()
            .collect();
        for place in &new {
            let words = said.get(place).map(|words| cut(words)).unwrap_or_default();
            kept.push(Node::Element(comment(*place, author, &words, &prefix)));
        }
        list.children = kept;
        Ok(Notes {
            document,
            gone,
            new,
        })
    }

    pub(super) fn text(&self) -> String {
        self.document.text()
    }
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

/// Our number among those who say something.
fn author(root: &mut Element, prefix: &str) -> Result<usize, Unkept> {
    let authors = root
        .child_mut("authors")
        .ok_or_else(|| missing("authors"))?;
    for (place, author) in authors.elements().enumerate() {
        if author.content()? == AUTHOR {
            return Ok(place);
        }
    }
    let mut author = Element::new(format!("{prefix}author"));
    author.set_content(AUTHOR);
    authors.push(author);
    Ok(authors.elements().count() - 1)
}

/// A comment of ours.
fn comment((row, column): (u64, u32), author: usize, words: &str, prefix: &str) -> Element {
    let at = super::sheet::name(row, column);
    let mut comment = Element::new(format!(
        "{prefix}comment ref=\"{at}\" authorId=\"{author}\""
    ));
    let mut text = Element::new(format!("{prefix}text"));
    text.push(run(&format!("{BEGIN}{words}"), prefix));
    comment.push(text);
    comment
}

/// A run of letters, as spreadsheets write them in comments.
fn run(words: &str, prefix: &str) -> Element {
    let mut text = Element::new(format!("{prefix}t xml:space=\"preserve\""));
    text.children.push(Node::Raw(escaped(words).into_owned()));
    let mut look = Element::new(format!("{prefix}rPr"));
    for letter in [
        "sz val=\"9\"",
        "color indexed=\"81\"",
        "rFont val=\"Tahoma\"",
    ] {
        look.push(Element::new(format!("{prefix}{letter}")));
    }
    let mut run = Element::new(format!("{prefix}r"));
    run.push(look);
    run.push(text);
    run
}

/// Puts our words below those of others.
fn below(text: &mut Element, words: &str, prefix: &str) {
    // Runs stand beside runs, not beside a bare text.
    for node in &mut text.children {
        if let Node::Element(bare) = node
            && bare.local() == "t"
        {
            let own = std::mem::replace(bare, Element::new(format!("{prefix}r")));
            bare.push(own);
        }
    }
    text.push(run(&format!("{BELOW}{words}"), prefix));
}

/// Takes our words out of a comment. Whether any are left.
fn without_ours(text: &mut Element) -> Result<bool, Unkept> {
    let mut before = String::new();
    for part in text.elements() {
        before.push_str(&words_of(part)?);
    }
    if before.starts_with(BEGIN) {
        return Ok(false);
    }
    let Some(end) = before.find(BELOW) else {
        return Ok(true);
    };
    let (mut at, mut kept) = (0, Vec::new());
    for node in std::mem::take(&mut text.children) {
        let Node::Element(mut part) = node else {
            kept.push(node);
            continue;
        };
        let words = words_of(&part)?;
        let room = end.saturating_sub(at);
        at += words.len();
        if room == 0 && !words.is_empty() {
            continue;
        }
        if let Some(words) = words.get(..room) {
            let letters = match part.local() {
                "t" => Some(&mut part),
                _ => part.child_mut("t"),
            };
            if let Some(letters) = letters {
                letters.set_content(words);
                letters.set("xml:space", Some("preserve"))?;
            }
        }
        kept.push(Node::Element(part));
    }
    text.children = kept;
    Ok(true)
}

/// The words of a part of a text: a bare text, or a run of letters.
fn words_of(part: &Element) -> Result<String, Unkept> {
    match part.local() {
        "t" => part.content(),
        "r" => part.child("t").map_or(Ok(String::new()), Element::content),
        _ => Ok(String::new()),
    }
}

const SHAPE: &str = "<v:shape ";
const SHAPE_END: &str = "</v:shape>";
const KIND: &str = "<v:shapetype id=\"_x0000_t202\" coordsize=\"21600,21600\" o:spt=\"202\" \
    path=\"m,l,21600r21600,l21600,xe\"><v:stroke joinstyle=\"miter\"/><v:path gradientshapeok=\"t\" \
    o:connecttype=\"rect\"/></v:shapetype>";
const NUMBER: &str = "_x0000_s";

/// A drawing with the shapes of some comments taken out and others put in.
pub(super) fn drawing(
    text: &str,
    gone: &BTreeSet<(u64, u32)>,
    new: &[(u64, u32)],
) -> Result<String, Unkept> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(SHAPE) {
        let (before, from) = rest.split_at(start);
        out.push_str(before);
        let end = from
            .find(SHAPE_END)
            .ok_or_else(|| missing("whole shapes"))?;
        let (shape, after) = from.split_at(end + SHAPE_END.len());
        if !place_of(shape).is_some_and(|place| gone.contains(&place)) {
            out.push_str(shape);
        }
        rest = after;
    }
    out.push_str(rest);
    if new.is_empty() {
        return Ok(out);
    }
    let knows = |prefix: &str, urn: &str| {
        let urn = format!("xmlns:{prefix}=\"urn:schemas-microsoft-com:{urn}\"");
        out.contains(&urn)
    };
    if !(knows("v", "vml") && knows("o", "office:office") && knows("x", "office:excel")) {
        return Err(missing("the usual names in their drawing"));
    }
    let end = out
        .rfind("</xml>")
        .ok_or_else(|| missing("an end of their drawing"))?;
    let numbers = out.split(NUMBER).skip(1).filter_map(|rest| {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(rest.len());
        rest.get(..end)?.parse::<u32>().ok()
    });
    let first = numbers.max().unwrap_or(0).max(1024).saturating_add(1);
    let kind = match out.contains("id=\"_x0000_t202\"") {
        true => "",
        false => KIND,
    };
    let shapes = shapes(first, new);
    out.insert_str(end, &format!("{kind}{shapes}"));
    Ok(out)
}

/// A drawing of these comments alone.
pub(super) fn drawing_anew(new: &[(u64, u32)]) -> String {
    let blocks = 1 + (1 + new.len()) / 1024;
    let blocks: Vec<String> = (1..=blocks).map(|block| block.to_string()).collect();
    format!(
        "<xml xmlns:v=\"urn:schemas-microsoft-com:vml\" \
         xmlns:o=\"urn:schemas-microsoft-com:office:office\" \
         xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><o:shapelayout v:ext=\"edit\">\
         <o:idmap v:ext=\"edit\" data=\"{}\"/></o:shapelayout>{KIND}{}</xml>",
        blocks.join(","),
        shapes(1025, new)
    )
}

fn shapes(first: u32, new: &[(u64, u32)]) -> String {
    let numbered = (first..).zip(new);
    numbered
        .map(|(number, place)| shape(number, *place))
        .collect()
}

/// The shape of a comment, hidden until somebody points at its cell: beside the cell, three columns
/// wide and five rows high.
fn shape(number: u32, (row, column): (u64, u32)) -> String {
    let row = row.saturating_sub(1);
    let (left, right, top) = (column + 1, column + 4, row.saturating_sub(1));
    format!(
        "<v:shape id=\"{NUMBER}{number}\" type=\"#_x0000_t202\" style=\"position:absolute;\
         margin-left:60pt;margin-top:2pt;width:240pt;height:80pt;z-index:1;visibility:hidden\" \
         fillcolor=\"#ffffe1\" o:insetmode=\"auto\"><v:fill color2=\"#ffffe1\"/><v:shadow on=\"t\" \
         color=\"black\" obscured=\"t\"/><v:path o:connecttype=\"none\"/><v:textbox \
         style=\"mso-direction-alt:auto\"><div style=\"text-align:left\"></div></v:textbox>\
         <x:ClientData ObjectType=\"Note\"><x:MoveWithCells/><x:SizeWithCells/><x:Anchor>{left}, 15, \
         {top}, 4, {right}, 40, {}, 4</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>{row}</x:Row>\
         <x:Column>{column}</x:Column></x:ClientData></v:shape>",
        top + 5
    )
}

/// The cell that a shape is the comment of, from its row, from 1, and its column.
fn place_of(shape: &str) -> Option<(u64, u32)> {
    let between = |start: &str, end: &str| {
        let (_, rest) = shape.split_once(start)?;
        rest.split_once(end).map(|(inside, _)| inside.trim())
    };
    let row: u64 = between("<x:Row>", "</x:Row>")?.parse().ok()?;
    let column = between("<x:Column>", "</x:Column>")?.parse().ok()?;
    Some((row.checked_add(1)?, column))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(places: &[(u64, u32)]) -> BTreeMap<(u64, u32), String> {
        let words = |place: &(u64, u32)| (*place, "sai < ngày".to_owned());
        places.iter().map(words).collect()
    }

    const OTHERS: &str = "<comments><authors><author>Hà</author></authors><commentList>\
        <comment ref=\"B2\" authorId=\"0\"><text><t>hỏi lại</t></text></comment>\
        <comment ref=\"C3\" authorId=\"0\"><text><r><rPr><b/></rPr><t>Hà:</t></r><r><t>đã gọi\
        </t></r></text></comment></commentList></comments>";

    #[test]
    fn the_comments_of_others_stay_and_ours_are_replaced() {
        let others = Document::parse(OTHERS).unwrap();
        let first = Notes::edit(others, &said(&[(2, 1), (5, 3)])).unwrap();
        let text = first.text();
        assert!(text.contains("<r><t>hỏi lại</t></r>"), "{text}");
        assert!(text.contains("socai: sai &lt; ngày"), "{text}");
        assert_eq!((first.new.as_slice(), first.gone.len()), (&[(5, 3)][..], 0));

        let again = Document::parse(&text).unwrap();
        let second = Notes::edit(again, &said(&[(3, 2)])).unwrap();
        assert_eq!(
            (second.new.len(), second.gone),
            (0, BTreeSet::from([(5, 3)]))
        );
        let text = second.document.text();
        assert_eq!(text.matches("socai: ").count(), 1, "{text}");
        assert_eq!(text.matches("<author>").count(), 2);

        let again = Document::parse(&text).unwrap();
        let third = Notes::edit(again, &BTreeMap::new()).unwrap().text();
        assert!(!third.contains("socai: "), "{third}");
        for kept in ["hỏi lại", "<b/>", "đã gọi"] {
            assert!(third.contains(kept), "{third}");
        }
    }

    #[test]
    fn shapes_come_and_go_with_their_comments() {
        let first = drawing_anew(&[(2, 1), (5, 3)]);
        let gone = BTreeSet::from([(5, 3)]);
        let second = drawing(&first, &gone, &[(7, 0)]).unwrap();
        assert_eq!(second.matches("<v:shape ").count(), 2);
        assert!(second.contains("<x:Row>1</x:Row>") && second.contains("<x:Row>6</x:Row>"));
        assert!(second.contains("_x0000_s1026") && !second.contains("_x0000_s1027"));
        assert!(drawing("<xml><v:shape ", &gone, &[]).is_err());
        assert!(drawing("<xml></xml>", &gone, &[(7, 0)]).is_err());
    }
}
