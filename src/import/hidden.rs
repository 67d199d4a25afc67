//! Which rows of a sheet are hidden: the reader of workbooks does not say, so the parts of the
//! package are looked at. Only tags are searched for; what a cell says is nobody's business here.

use std::collections::BTreeSet;
use std::io::{Cursor, Read as _};

use super::limits::LARGEST_UNPACKED;

/// The hidden rows of each sheet of a packed workbook, in the order of the sheets, numbered from 1.
/// A part that is not as expected hides nothing: rows are rows.
pub(super) fn hidden_rows(bytes: &[u8]) -> Vec<BTreeSet<u64>> {
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return Vec::new();
    };
    let mut part = |name: &str| {
        let mut text = Vec::new();
        let part = archive.by_name(name).ok()?;
        part.take(LARGEST_UNPACKED).read_to_end(&mut text).ok()?;
        Some(text)
    };
    if let Some(content) = part("content.xml") {
        return of_open_document(&content);
    }
    let (Some(book), Some(links)) = (part("xl/workbook.xml"), part("xl/_rels/workbook.xml.rels"))
    else {
        return Vec::new();
    };
    let sheets: Vec<String> = tags(&book, b"<sheet ")
        .filter_map(|tag| attribute(tag, b"r:id"))
        .collect();
    let target = |id: &String| {
        let mut links = tags(&links, b"<Relationship ");
        let link = links.find(|tag| attribute(tag, b"Id").as_ref() == Some(id))?;
        let target = attribute(link, b"Target")?;
        Some(match target.strip_prefix('/') {
            Some(whole) => whole.to_owned(),
            None => format!("xl/{target}"),
        })
    };
    let rows = |id: &String| {
        let sheet = target(id).and_then(|name| part(&name));
        sheet.map_or_else(BTreeSet::new, |sheet| of_sheet(&sheet))
    };
    sheets.iter().map(rows).collect()
}

fn of_sheet(sheet: &[u8]) -> BTreeSet<u64> {
    let is_hidden = |tag: &&[u8]| {
        let hidden = attribute(tag, b"hidden");
        hidden.is_some_and(|said| said == "1" || said == "true")
    };
    tags(sheet, b"<row ")
        .filter(is_hidden)
        .filter_map(|tag| attribute(tag, b"r")?.parse().ok())
        .collect()
}

/// An `.ods` has all sheets in one part, and says how often a row is repeated.
fn of_open_document(content: &[u8]) -> Vec<BTreeSet<u64>> {
    let mut sheets: Vec<BTreeSet<u64>> = Vec::new();
    let mut row = 0_u64;
    for tag in tags(content, b"<table:table") {
        let rest = tag.get(b"<table:table".len()..).unwrap_or_default();
        if rest.starts_with(b" ") {
            sheets.push(BTreeSet::new());
            row = 0;
        } else if rest.starts_with(b"-row")
            && !rest.starts_with(b"-row-")
            && !rest.starts_with(b"-rows")
        {
            let times = attribute(tag, b"table:number-rows-repeated");
            let times: u64 = times.and_then(|times| times.parse().ok()).unwrap_or(1);
            let shown = attribute(tag, b"table:visibility");
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
    }
    sheets
}

/// The tags that begin so, each up to its end.
fn tags<'t>(text: &'t [u8], begin: &'t [u8]) -> impl Iterator<Item = &'t [u8]> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let at = rest.iter().position(|byte| *byte == b'<')?;
            rest = rest.get(at..)?;
            if rest.starts_with(begin) {
                let end = rest.iter().position(|byte| *byte == b'>')?;
                let (tag, after) = rest.split_at_checked(end)?;
                rest = after;
                return Some(tag);
            }
            rest = rest.get(1..)?;
        }
    })
}

/// The value of an attribute of a tag.
fn attribute(tag: &[u8], name: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(tag).ok()?;
    let name = std::str::from_utf8(name).ok()?;
    let start = format!(" {name}=\"");
    let at = text.find(&start)? + start.len();
    let value = text.get(at..)?;
    let end = value.find('"')?;
    value.get(..end).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_rows_are_found_by_their_numbers() {
        let sheet = br#"<sheetData><row r="1"><c r="A1"/></row><row r="2" spans="1:2" hidden="1"/>
            <row r="5" hidden="true"></row><row r="6" hidden="0"></row></sheetData>"#;
        assert_eq!(of_sheet(sheet), BTreeSet::from([2, 5]));
    }

    #[test]
    fn rows_of_an_open_document_are_counted() {
        let content = br#"<table:table table:name="A"><table:table-row/><table:table-row
            table:number-rows-repeated="3"/><table:table-row table:visibility="collapse"/>
            <table:table-row table:visibility="filter" table:number-rows-repeated="2"/></table:table>
            <table:table table:name="B"><table:table-row/></table:table>"#;
        let content: Vec<u8> = content
            .iter()
            .map(|b| if *b == b'\n' { b' ' } else { *b })
            .collect();
        let found = of_open_document(&content);
        assert_eq!(found, [BTreeSet::from([5, 6, 7]), BTreeSet::new()]);
    }

    #[test]
    fn what_is_no_package_hides_nothing() {
        assert!(hidden_rows(b"PK rubbish").is_empty());
    }
}
