//! Which rows of a sheet are hidden: the reader of workbooks does not say, so the parts of the
//! package are looked at, as they are unpacked and without holding one. Only tags are looked for;
//! what a cell says is nobody's business here.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Cursor, Read as _};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::limits::LARGEST_UNPACKED;

type Archive<'a> = zip::ZipArchive<Cursor<&'a [u8]>>;

/// The hidden rows of each sheet of a packed workbook, in the order of the sheets, numbered from 1.
/// A part that is not as expected hides nothing: rows are rows.
pub(super) fn hidden_rows(bytes: &[u8]) -> Vec<BTreeSet<u64>> {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return Vec::new();
    };
    let content = in_part(&mut archive, "content.xml", |part| of_open_document(part));
    if let Some(sheets) = content {
        return sheets;
    }
    let mut sheets: Vec<String> = Vec::new();
    let mut links: Vec<(String, String)> = Vec::new();
    let book = in_part(&mut archive, "xl/workbook.xml", |part| {
        each_tag(part, &mut |tag| {
            if tag.name().as_ref() == "sheet" {
                sheets.extend(attribute(tag, "r:id"));
            }
        });
    });
    let linked = in_part(&mut archive, "xl/_rels/workbook.xml.rels", |part| {
        each_tag(part, &mut |tag| {
            if tag.name().as_ref() == "Relationship" {
                links.extend(attribute(tag, "Id").zip(attribute(tag, "Target")));
            }
        });
    });
    if book.is_none() || linked.is_none() {
        return Vec::new();
    }
    let mut rows = |id: &String| {
        let (_, target) = links.iter().find(|(known, _)| known == id)?;
        let name = match target.strip_prefix('/') {
            Some(whole) => whole.to_owned(),
            None => format!("xl/{target}"),
        };
        in_part(&mut archive, &name, |part| of_sheet(part))
    };
    let rows = sheets.iter().map(|id| rows(id).unwrap_or_default());
    rows.collect()
}

/// What a part of the package comes to, where there is one.
fn in_part<T>(
    archive: &mut Archive<'_>,
    name: &str,
    read: impl FnOnce(&mut dyn BufRead) -> T,
) -> Option<T> {
    let part = archive.by_name(name).ok()?;
    Some(read(&mut BufReader::new(part.take(LARGEST_UNPACKED))))
}

fn of_sheet(sheet: &mut dyn BufRead) -> BTreeSet<u64> {
    let mut rows = BTreeSet::new();
    each_tag(sheet, &mut |tag| {
        if tag.name().as_ref() == "row"
            && attribute(tag, "hidden").is_some_and(|said| said == "1" || said == "true")
        {
            rows.extend(attribute(tag, "r").and_then(|row| row.parse::<u64>().ok()));
        }
    });
    rows
}

/// An `.ods` has all sheets in one part, and says how often a row is repeated.
fn of_open_document(content: &mut dyn BufRead) -> Vec<BTreeSet<u64>> {
    let mut sheets: Vec<BTreeSet<u64>> = Vec::new();
    let mut row = 0_u64;
    each_tag(content, &mut |tag| match tag.name().as_ref() {
        "table:table" => {
            sheets.push(BTreeSet::new());
            row = 0;
        }
        "table:table-row" => {
            let times = attribute(tag, "table:number-rows-repeated");
            let times: u64 = times.and_then(|times| times.parse().ok()).unwrap_or(1);
            let shown = attribute(tag, "table:visibility");
            let hidden = shown.is_some_and(|said| said == "collapse" || said == "filter");
            // An empty end of the sheet is repeated a million times; it holds nothing.
            if hidden && times <= 10_000 {
                let sheet = sheets.last_mut();
                sheet
                    .into_iter()
                    .for_each(|sheet| sheet.extend(row + 1..=row + times));
            }
            row = row.saturating_add(times);
        }
        _ => {}
    });
    sheets
}

/// Visits the tags that begin something, up to where the part ends or is no XML any more.
fn each_tag(part: &mut dyn BufRead, visit: &mut dyn FnMut(&BytesStart<'_>)) {
    let mut reader = Reader::from_reader(part);
    let config = reader.config_mut();
    config.check_end_names = false;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        match reader.read_event_into(&mut bytes) {
            Ok(Event::Start(tag) | Event::Empty(tag)) => visit(&tag),
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

/// The value of an attribute of a tag.
fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let attribute = tag.try_get_attribute(name).ok()??;
    Some(attribute.value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_rows_are_found_by_their_numbers() {
        let sheet = br#"<sheetData><row r="1"><c r="A1"/></row><row r="2" spans="1:2" hidden="1"/>
            <row r="5" hidden="true"></row><row r="6" hidden="0"></row></sheetData>"#;
        assert_eq!(of_sheet(&mut &sheet[..]), BTreeSet::from([2, 5]));
    }

    #[test]
    fn rows_of_an_open_document_are_counted() {
        let content = br#"<table:table table:name="A"><table:table-row/><table:table-row
            table:number-rows-repeated="3"/><table:table-row table:visibility="collapse"/>
            <table:table-row table:visibility="filter" table:number-rows-repeated="2"/></table:table>
            <table:table table:name="B"><table:table-row/></table:table>"#;
        let found = of_open_document(&mut &content[..]);
        assert_eq!(found, [BTreeSet::from([5, 6, 7]), BTreeSet::new()]);
    }

    #[test]
    fn what_is_no_package_hides_nothing() {
        assert!(hidden_rows(b"PK rubbish").is_empty());
    }
}
