//! The widths of columns as a sheet says them: in runs of columns that are alike.

use quick_xml::events::BytesStart;

use super::package::Unkept;
use super::sheet::MOST_COLUMNS;
use super::xml::{attribute, retag};

/// All runs, in their order.
#[derive(Default)]
pub(super) struct Columns {
    runs: Vec<Run>,
}

/// Columns that are alike: the first and the last, from 1, and what else is said of them.
#[derive(Clone)]
struct Run {
    first: u32,
    last: u32,
    tag: BytesStart<'static>,
}

impl Run {
    fn holds(&self, column: u32) -> bool {
        (self.first..=self.last).contains(&column)
    }

    fn is_hidden(&self) -> Result<bool, Unkept> {
        let hidden = attribute(&self.tag, "hidden")?;
        Ok(hidden.is_some_and(|said| said == "1" || said == "true"))
    }
}

impl Columns {
    /// Takes a tag of the list of columns.
    pub(super) fn read(&mut self, tag: &BytesStart<'_>) -> Result<(), Unkept> {
        let number = |name| -> Result<u32, Unkept> {
            let said = attribute(tag, name)?.and_then(|said| said.parse().ok());
            let column = said.filter(|column| (1..=MOST_COLUMNS).contains(column));
            column.ok_or_else(|| Unkept("a column without a place".to_owned()))
        };
        let run = Run {
            first: number("min")?,
            last: number("max")?,
            tag: tag.clone().into_owned(),
        };
        if tag.local_name().as_ref() != "col" || run.first > run.last {
            return Err(Unkept("what is no column among the columns".to_owned()));
        }
        self.runs.push(run);
        Ok(())
    }

    /// Makes a column, from 0, be seen; a new one is so wide that what is written fits in.
    pub(super) fn show(&mut self, column: u32, width: u32, is_new: bool) -> Result<(), Unkept> {
        let column = column + 1;
        let at = self.runs.iter().position(|run| run.holds(column));
        let run = at.and_then(|at| self.runs.get(at).cloned());
        let is_hidden = match &run {
            Some(run) => run.is_hidden()?,
            None => false,
        };
        if !is_new && !is_hidden {
            return Ok(());
        }
        let width = width.to_string();
        let set = [
            ("width", Some(width.as_str())),
            ("customWidth", Some("1")),
            ("hidden", None),
            ("collapsed", None),
        ];
        let bare = BytesStart::new("col");
        let tag = retag(run.as_ref().map_or(&bare, |run| &run.tag), &set)?;
        let own = Run {
            first: column,
            last: column,
            tag: BytesStart::from_content(
                tag,
                run.as_ref().map_or(3, |run| run.tag.name().as_ref().len()),
            ),
        };
        let part = |first, last, run: &Run| Run {
            first,
            last,
            tag: run.tag.clone(),
        };
        let instead: Vec<Run> = match &run {
            None => vec![own],
            Some(run) => [
                part(run.first, column - 1, run),
                own,
                part(column + 1, run.last, run),
            ]
            .into_iter()
            .filter(|run| run.first <= run.last)
            .collect(),
        };
        let behind = self.runs.iter().position(|run| run.first > column);
        let at = at.or(behind).unwrap_or(self.runs.len());
        self.runs
            .splice(at..at + usize::from(run.is_some()), instead);
        Ok(())
    }

    /// The look of the cells of a column, from 0, that are not there.
    pub(super) fn look(&self, column: u32) -> Option<u32> {
        let run = self.runs.iter().find(|run| run.holds(column + 1))?;
        attribute(&run.tag, "style").ok()??.parse().ok()
    }

    /// The list of columns; nothing where nothing is said of any.
    pub(super) fn written(&self, prefix: &str) -> Result<String, Unkept> {
        if self.runs.is_empty() {
            return Ok(String::new());
        }
        let runs = self.runs.iter().map(|run| {
            let place = (run.first.to_string(), run.last.to_string());
            let tag = retag(
                &run.tag,
                &[("min", Some(&place.0)), ("max", Some(&place.1))],
            )?;
            let (_, attributes) = tag.split_once(' ').unwrap_or_default();
            Ok(format!("<{prefix}col {attributes}/>"))
        });
        let runs = runs.collect::<Result<String, Unkept>>()?;
        Ok(format!("<{prefix}cols>{runs}</{prefix}cols>"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns(tags: &[&str]) -> Columns {
        let mut columns = Columns::default();
        for tag in tags {
            columns.read(&BytesStart::from_content(*tag, 3)).unwrap();
        }
        columns
    }

    #[test]
    fn a_column_is_cut_out_of_its_run_and_seen() {
        let mut found = columns(&[
            "col min=\"1\" max=\"2\" width=\"9\"",
            "col min=\"5\" max=\"16384\" width=\"9\" hidden=\"1\" style=\"4\"",
        ]);
        found.show(5, 16, true).unwrap();
        found.show(2, 60, true).unwrap();
        found.show(0, 60, false).unwrap();
        assert_eq!((found.look(5), found.look(0)), (Some(4), None));
        assert_eq!(
            found.written("x:").unwrap(),
            "<x:cols><x:col width=\"9\" min=\"1\" max=\"2\"/>\
             <x:col width=\"60\" customWidth=\"1\" min=\"3\" max=\"3\"/>\
             <x:col width=\"9\" hidden=\"1\" style=\"4\" min=\"5\" max=\"5\"/>\
             <x:col style=\"4\" width=\"16\" customWidth=\"1\" min=\"6\" max=\"6\"/>\
             <x:col width=\"9\" hidden=\"1\" style=\"4\" min=\"7\" max=\"16384\"/></x:cols>"
        );
    }

    #[test]
    fn what_is_no_column_is_refused() {
        for tag in [
            "col min=\"0\" max=\"2\"",
            "col min=\"3\" max=\"2\"",
            "col min=\"1\"",
        ] {
            let tag = BytesStart::from_content(tag, 3);
            assert!(Columns::default().read(&tag).is_err());
        }
    }
}
