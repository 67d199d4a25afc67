//! One paragraph as WordprocessingML. Members stand in the order that the schema has them in.

use std::fmt::Write;

/// How a text stands between its margins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Align {
    /// At the left.
    #[default]
    Left,
    /// In the middle.
    Centre,
    /// At the right.
    Right,
    /// At both.
    Both,
}

impl Align {
    fn name(self) -> &'static str {
        match self {
            Align::Left => "left",
            Align::Centre => "center",
            Align::Right => "right",
            Align::Both => "both",
        }
    }
}

/// How letters look. What is not said is as the document around has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Look {
    size: Option<i32>,
    bold: bool,
    italic: bool,
}

impl Look {
    /// Letters of a size in twips.
    pub(super) fn new(size: i32) -> Look {
        Look {
            size: Some(size),
            ..Look::default()
        }
    }

    pub(super) fn bold(self, bold: bool) -> Look {
        Look { bold, ..self }
    }

    pub(super) fn italic(self, italic: bool) -> Look {
        Look { italic, ..self }
    }

    fn xml(self) -> String {
        let mut inner = String::new();
        if self.bold {
            inner.push_str("<w:b/><w:bCs/>");
        }
        if self.italic {
            inner.push_str("<w:i/><w:iCs/>");
        }
        if let Some(size) = self.size {
            // Word counts half points.
            let size = size / 10;
            let _ = write!(inner, "<w:sz w:val=\"{size}\"/><w:szCs w:val=\"{size}\"/>");
        }
        if inner.is_empty() {
            return inner;
        }
        format!("<w:rPr>{inner}</w:rPr>")
    }
}

/// A paragraph with one text. Lengths are twips.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Paragraph {
    pub(super) style: Option<String>,
    /// The depth of a heading, from 1.
    pub(super) outline: Option<usize>,
    pub(super) with_next: bool,
    pub(super) new_page: bool,
    /// A rule above it.
    pub(super) above: bool,
    pub(super) before: i32,
    pub(super) after: i32,
    /// The height of a line in 240ths of a simple one; 0 for a simple one.
    pub(super) line: i32,
    /// An exact height of a line; 0 for none.
    pub(super) exact: i32,
    pub(super) left: i32,
    pub(super) right: i32,
    /// How far the first line stands in.
    pub(super) first: i32,
    pub(super) align: Align,
    pub(super) look: Look,
    pub(super) text: String,
}

impl Paragraph {
    pub(super) fn of(text: &str) -> Paragraph {
        Paragraph {
            text: text.to_owned(),
            ..Paragraph::default()
        }
    }

    /// The paragraph as XML.
    pub(super) fn xml(&self) -> String {
        let mut out = String::from("<w:p><w:pPr>");
        if let Some(style) = &self.style {
            let _ = write!(out, "<w:pStyle w:val=\"{style}\"/>");
        }
        for (is, tag) in [
            (self.with_next, "keepNext"),
            (self.new_page, "pageBreakBefore"),
        ] {
            if is {
                let _ = write!(out, "<w:{tag}/>");
            }
        }
        if self.above {
            let rule = "<w:top w:val=\"single\" w:sz=\"6\" w:space=\"1\" w:color=\"000000\"/>";
            let _ = write!(out, "<w:pBdr>{rule}</w:pBdr>");
        }
        let (line, how) = match (self.exact, self.line) {
            (0, 0) => (240, "auto"),
            (0, line) => (line, "auto"),
            (exact, _) => (exact, "exact"),
        };
        let (before, after) = (self.before, self.after);
        let _ = write!(
            out,
            "<w:spacing w:before=\"{before}\" w:after=\"{after}\" w:line=\"{line}\" \
             w:lineRule=\"{how}\"/>"
        );
        let (left, right, first) = (self.left, self.right, self.first);
        let _ = write!(
            out,
            "<w:ind w:left=\"{left}\" w:right=\"{right}\" w:firstLine=\"{first}\"/>\
             <w:jc w:val=\"{}\"/>",
            self.align.name()
        );
        if let Some(depth) = self.outline {
            let _ = write!(out, "<w:outlineLvl w:val=\"{}\"/>", depth.saturating_sub(1));
        }
        let look = self.look.xml();
        let _ = write!(out, "{look}</w:pPr>");
        if !self.text.is_empty() {
            out.push_str(&run(&self.text, &look));
        }
        out.push_str("</w:p>");
        out
    }
}

/// A text in a look; a line feed breaks the line.
fn run(text: &str, look: &str) -> String {
    let mut out = format!("<w:r>{look}");
    for (place, line) in text.split('\n').enumerate() {
        if place > 0 {
            out.push_str("<w:br/>");
        }
        let _ = write!(out, "<w:t xml:space=\"preserve\">{}</w:t>", escape(line));
    }
    out.push_str("</w:r>");
    out
}

/// A text as XML holds it: no mark-up, and none of the characters that XML 1.0 cannot hold.
pub(in super::super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(character),
            '\u{fffe}' | '\u{ffff}' => {}
            other if other < ' ' => {}
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_breaks_the_xml() {
        assert_eq!(
            escape("a<b>&\"c\"\u{1}\u{ffff}"),
            "a&lt;b&gt;&amp;&quot;c&quot;"
        );
    }

    #[test]
    fn members_stand_in_the_order_of_the_schema() {
        let paragraph = Paragraph {
            style: Some("Heading1".to_owned()),
            outline: Some(1),
            with_next: true,
            above: true,
            look: Look::new(280).bold(true).italic(true),
            ..Paragraph::of("x")
        };
        let xml = paragraph.xml();
        let order = [
            "pStyle",
            "keepNext",
            "pBdr",
            "spacing",
            "ind ",
            "jc",
            "outlineLvl",
            "rPr",
            "w:b/",
            "w:i/",
            "w:sz ",
            "</w:pPr>",
        ];
        let places: Vec<usize> = order.iter().filter_map(|tag| xml.find(tag)).collect();
        assert_eq!(places.len(), order.len());
        assert!(places.is_sorted(), "{xml}");
    }
}
