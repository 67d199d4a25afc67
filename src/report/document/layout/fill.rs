//! Fields in the XML of a Word document: found, and replaced in place. What is no field stays byte
//! for byte.

use std::ops::Range;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::super::docx::escape;
use super::LayoutError;
use super::field::{Fields, Value};

/// Why a part cannot be filled.
pub(super) enum Fault {
    /// It is no XML that is read.
    Xml(String),
    /// What stands in it is no layout.
    Layout(LayoutError),
}

/// A paragraph that is being read.
struct Open {
    start: usize,
    texts: Vec<Text>,
}

/// A text of a run: from its opening to its closing tag, and what it says.
struct Text {
    place: Range<usize>,
    words: String,
}

/// What comes in the place of a part of the XML.
struct Edit {
    place: Range<usize>,
    xml: String,
}

/// Fills the fields of a part. The names of unknown ones are collected.
pub(super) fn fill(
    xml: &str,
    fields: &Fields<'_>,
    unknown: &mut Vec<String>,
) -> Result<String, Fault> {
    let bad = |error: &dyn std::fmt::Display| Fault::Xml(error.to_string());
    let mut reader = Reader::from_str(xml);
    let mut paragraphs: Vec<Open> = Vec::new();
    let mut text: Option<Text> = None;
    let mut edits = Vec::new();
    loop {
        let start = place(&reader);
        let event = reader.read_event().map_err(|error| bad(&error))?;
        let end = place(&reader);
        match event {
            Event::Start(tag) if tag.name().as_ref() == "w:p" => paragraphs.push(Open {
                start,
                texts: Vec::new(),
            }),
            Event::End(tag) if tag.name().as_ref() == "w:p" => {
                if let Some(open) = paragraphs.pop() {
                    paragraph(&open, end, fields, unknown, &mut edits)?;
                }
            }
            Event::Start(tag) if tag.name().as_ref() == "w:t" => {
                text = Some(Text {
                    place: start..end,
                    words: String::new(),
                });
            }
            Event::End(tag) if tag.name().as_ref() == "w:t" => {
                if let (Some(mut text), Some(open)) = (text.take(), paragraphs.last_mut()) {
                    let inner = xml.get(text.place.end..start).unwrap_or_default();
                    let words = quick_xml::escape::unescape(inner);
                    text.words = words.map_err(|error| bad(&error))?.into_owned();
                    text.place.end = end;
                    open.texts.push(text);
                }
            }
            Event::DocType(_) => return Err(Fault::Xml("DOCTYPE".to_owned())),
            Event::Eof => break,
            _ => {}
        }
    }
    Ok(edited(xml, edits))
}

fn place(reader: &Reader<&[u8]>) -> usize {
    usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX)
}

fn paragraph(
    open: &Open,
    end: usize,
    fields: &Fields<'_>,
    unknown: &mut Vec<String>,
    edits: &mut Vec<Edit>,
) -> Result<(), Fault> {
    let whole: String = open.texts.iter().map(|text| text.words.as_str()).collect();
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    let mut from = 0;
    while let Some(begin) = whole.get(from..).and_then(|rest| rest.find("{{")) {
        let begin = from + begin;
        let inside = whole.get(begin + 2..).unwrap_or_default();
        let Some(close) = inside.find("}}") else {
            let words = whole.trim().chars().take(60).collect();
            return Err(Fault::Layout(LayoutError::Unended(words)));
        };
        let name = inside
            .get(..close)
            .unwrap_or_default()
            .replace('\u{a0}', " ");
        let stop = begin + 2 + close + 2;
        from = stop;
        match fields.value(&name) {
            Some(Value::Words(words)) => found.push((begin..stop, words)),
            Some(Value::Blocks(xml)) => {
                let rest = [whole.get(..begin), whole.get(stop..)];
                if rest.iter().flatten().any(|rest| !rest.trim().is_empty()) {
                    let name = name.trim().to_owned();
                    return Err(Fault::Layout(LayoutError::NotAlone(name)));
                }
                edits.push(Edit {
                    place: open.start..end,
                    xml,
                });
                return Ok(());
            }
            None => unknown.push(name.trim().to_owned()),
        }
    }
    if !found.is_empty() {
        replaced(&open.texts, &found, edits);
    }
    Ok(())
}

/// Writes each text of a paragraph anew that a field has letters in: what a field says stands
/// where it began.
fn replaced(texts: &[Text], found: &[(Range<usize>, String)], edits: &mut Vec<Edit>) {
    let mut offset = 0;
    for text in texts {
        let own = offset..offset + text.words.len();
        offset = own.end;
        let touched = |place: &Range<usize>| place.start < own.end && place.end > own.start;
        if !found.iter().any(|(place, _)| touched(place)) {
            continue;
        }
        let mut words = String::new();
        let mut at = own.start;
        for (place, value) in found.iter().filter(|(place, _)| touched(place)) {
            let before = at.max(own.start)..place.start.max(at);
            words.push_str(part(text, &own, &before));
            if own.contains(&place.start) {
                words.push_str(value);
            }
            at = place.end.min(own.end);
        }
        words.push_str(part(text, &own, &(at..own.end)));
        let lines: Vec<String> = words.split('\n').map(escape).collect();
        let tag = "<w:t xml:space=\"preserve\">";
        let between = format!("</w:t><w:br/>{tag}");
        edits.push(Edit {
            place: text.place.clone(),
            xml: format!("{tag}{}</w:t>", lines.join(&between)),
        });
    }
}

/// A part of a text, by places in the whole paragraph.
fn part<'a>(text: &'a Text, own: &Range<usize>, place: &Range<usize>) -> &'a str {
    let from = place.start.saturating_sub(own.start);
    let to = place.end.saturating_sub(own.start);
    text.words.get(from..to).unwrap_or_default()
}

/// The XML with its edits; of two that overlap the one that begins first holds.
fn edited(xml: &str, mut edits: Vec<Edit>) -> String {
    edits.sort_by_key(|edit| (edit.place.start, std::cmp::Reverse(edit.place.end)));
    let mut out = String::with_capacity(xml.len());
    let mut at = 0;
    for edit in edits {
        if edit.place.start < at {
            continue;
        }
        out.push_str(xml.get(at..edit.place.start).unwrap_or_default());
        out.push_str(&edit.xml);
        at = edit.place.end;
    }
    out.push_str(xml.get(at..).unwrap_or_default());
    out
}
