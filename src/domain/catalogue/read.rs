//! Reads a catalogue from JSON and collects everything that is wrong with it.
//!
//! serde alone stops at the first fault. So each entry of each list is cut out as raw text and
//! read by itself, and what was read is validated even when other entries could not be.

use std::collections::BTreeSet;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::issue::{CatalogueIssue, CatalogueProblem, List, Place, ShapeProblem, expected, shown};
use super::validate::{self, Parts};
use super::{
    Catalogue, FundingSource, GroupCode, Indicator, Programme, Series, SupportKind, UnitOfMeasure,
};
use crate::domain::code::Code;
use crate::domain::language::Text;

const MEMBERS: [&str; 13] = [
    "code",
    "currency",
    "currency_decimals",
    "description",
    "groups",
    "indicators",
    "kinds",
    "name",
    "programmes",
    "series",
    "sources",
    "units",
    "version",
];

/// The members that a catalogue cannot do without. An empty list is told apart by validation.
const NEEDED: [&str; 8] = [
    "code",
    "currency",
    "currency_decimals",
    "kinds",
    "name",
    "programmes",
    "sources",
    "version",
];

/// Reads and checks; see [`Catalogue::from_json`].
pub(super) fn catalogue(text: &str, file_name: &str) -> Result<Catalogue, Vec<CatalogueIssue>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader {
        text,
        issues: Vec::new(),
    };
    let draft = reader.draft();
    let mut issues = reader.issues;
    issues.extend(
        draft
            .iter()
            .flat_map(|draft| validate::issues(&draft.parts())),
    );
    if issues.is_empty()
        && let Some(catalogue) = draft.and_then(Draft::finish)
    {
        return Ok(catalogue);
    }
    for issue in &mut issues {
        issue.file = Some(file_name.to_owned());
    }
    Err(issues)
}

/// The members of a JSON object as raw text, in their order, doubles included.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Members<'de>, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// The code of an entry that could not be read as a whole.
#[derive(Deserialize)]
struct OnlyCode {
    code: String,
}

/// What could be read so far; each entry with its number in the file.
#[derive(Default)]
struct Draft {
    code: Option<Code>,
    currency: Option<String>,
    currency_decimals: Option<u8>,
    description: Option<Text>,
    groups: Vec<(usize, GroupCode)>,
    indicators: Vec<(usize, Indicator)>,
    kinds: Vec<(usize, SupportKind)>,
    /// Codes of entries that could not be read, so that who names them is not blamed as well.
    lost: Vec<(List, String)>,
    name: Option<Text>,
    programmes: Vec<(usize, Programme)>,
    series: Vec<(usize, Series)>,
    sources: Vec<(usize, FundingSource)>,
    units: Vec<(usize, UnitOfMeasure)>,
    /// Lists whose own text could not be read: nothing that names one of their codes is judged.
    unread: Vec<List>,
    version: Option<u32>,
}

fn borrowed<T>(entries: &[(usize, T)]) -> Vec<(usize, &T)> {
    entries
        .iter()
        .map(|(index, entry)| (*index, entry))
        .collect()
}

fn values<T>(entries: Vec<(usize, T)>) -> Vec<T> {
    entries.into_iter().map(|(_, entry)| entry).collect()
}

impl Draft {
    fn parts(&self) -> Parts<'_> {
        Parts {
            code: self.code.as_ref(),
            currency: self.currency.as_deref(),
            currency_decimals: self.currency_decimals,
            description: self.description.as_ref(),
            groups: borrowed(&self.groups),
            indicators: borrowed(&self.indicators),
            kinds: borrowed(&self.kinds),
            lost: &self.lost,
            name: self.name.as_ref(),
            programmes: borrowed(&self.programmes),
            series: borrowed(&self.series),
            sources: borrowed(&self.sources),
            units: borrowed(&self.units),
            unread: &self.unread,
        }
    }

    fn finish(self) -> Option<Catalogue> {
        Some(Catalogue {
            code: self.code?,
            currency: self.currency?,
            currency_decimals: self.currency_decimals?,
            description: self.description,
            groups: values(self.groups),
            indicators: values(self.indicators),
            kinds: values(self.kinds),
            name: self.name?,
            programmes: values(self.programmes),
            series: values(self.series),
            sources: values(self.sources),
            units: values(self.units),
            version: self.version?,
        })
    }
}

struct Reader<'a> {
    text: &'a str,
    issues: Vec<CatalogueIssue>,
}

impl<'a> Reader<'a> {
    /// Nothing when the text is no JSON object at all.
    fn draft(&mut self) -> Option<Draft> {
        if self.text.len() > Catalogue::LARGEST_BYTES {
            let bytes = self.text.len();
            self.issue("", "", None, ShapeProblem::TooLarge { bytes });
            return None;
        }
        let members = match serde_json::from_str::<Members>(self.text) {
            Ok(Members(members)) => members,
            Err(error) => {
                let place = self.place(offset_of(self.text, &error));
                let reason = without_place(&error);
                self.issue("", "", Some(place), ShapeProblem::NotJson { reason });
                return None;
            }
        };
        self.check_names(&members);
        let is_missing = |list: &List| !members.iter().any(|(name, _)| name == list.member());
        let mut draft = Draft::default();
        // That a list is missing is one issue, not one more for each entry that names its codes.
        let needed = [List::Kinds, List::Programmes, List::Sources];
        draft.unread.extend(needed.into_iter().filter(is_missing));
        for (name, raw) in &members {
            self.member(&mut draft, name, raw.get());
        }
        Some(draft)
    }

    /// Members that are unknown, there twice, or missing.
    fn check_names(&mut self, members: &[(String, &'a RawValue)]) {
        let mut seen = BTreeSet::new();
        for (name, raw) in members {
            let problem = if !MEMBERS.contains(&name.as_str()) {
                let allowed = MEMBERS.map(str::to_owned).to_vec();
                ShapeProblem::UnknownMember {
                    name: name.clone(),
                    allowed,
                }
            } else if !seen.insert(name.as_str()) {
                ShapeProblem::DuplicateMember { name: name.clone() }
            } else {
                continue;
            };
            let place = Some(self.place(start_of(self.text, raw.get())));
            self.issue("", name, place, problem);
        }
        for name in NEEDED {
            if !seen.contains(name) {
                let problem = ShapeProblem::MissingMember {
                    name: name.to_owned(),
                };
                self.issue("", name, None, problem);
            }
        }
    }

    fn member(&mut self, draft: &mut Draft, name: &str, raw: &'a str) {
        match name {
            "code" => draft.code = self.value("", name, raw),
            "currency" => draft.currency = self.value("", name, raw),
            "currency_decimals" => draft.currency_decimals = self.value("", name, raw),
            "description" => draft.description = self.value("", name, raw),
            "name" => draft.name = self.value("", name, raw),
            "version" => draft.version = self.value("", name, raw),
            "groups" => draft.groups = self.list(List::Groups, raw, draft),
            "indicators" => draft.indicators = self.list(List::Indicators, raw, draft),
            "kinds" => draft.kinds = self.list(List::Kinds, raw, draft),
            "programmes" => draft.programmes = self.list(List::Programmes, raw, draft),
            "series" => draft.series = self.list(List::Series, raw, draft),
            "sources" => draft.sources = self.list(List::Sources, raw, draft),
            "units" => draft.units = self.list(List::Units, raw, draft),
            // Unknown members were named by `check_names`.
            _ => {}
        }
    }

    fn list<T: DeserializeOwned>(
        &mut self,
        list: List,
        raw: &'a str,
        draft: &mut Draft,
    ) -> Vec<(usize, T)> {
        let Some(items) = self.raw_items(list, raw) else {
            draft.unread.push(list);
            return Vec::new();
        };
        let mut entries = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let code = serde_json::from_str::<OnlyCode>(item.get()).ok();
            let named = match &code {
                Some(OnlyCode { code }) => format!("{}[{index}] `{}`", list.member(), shown(code)),
                None => format!("{}[{index}]", list.member()),
            };
            match self.value(&named, "", item.get()) {
                Some(entry) => entries.push((index, entry)),
                None => draft.lost.extend(code.map(|known| (list, known.code))),
            }
        }
        entries
    }

    /// The entries of a list as raw text. Nothing when it is no list, or far too long.
    fn raw_items(&mut self, list: List, raw: &'a str) -> Option<Vec<&'a RawValue>> {
        let problem = match serde_json::from_str::<Vec<&RawValue>>(raw) {
            Ok(items) if items.len() <= Catalogue::MOST_ENTRIES => return Some(items),
            Ok(items) => ShapeProblem::TooMany { found: items.len() },
            Err(_) => ShapeProblem::WrongValue {
                found: raw.to_owned(),
                expected: expected(list.member()),
            },
        };
        let place = Some(self.place(start_of(self.text, raw)));
        self.issue("", list.member(), place, problem);
        None
    }

    /// Reads one value, or notes why it cannot be read.
    fn value<T: DeserializeOwned>(&mut self, entry: &str, field: &str, raw: &'a str) -> Option<T> {
        let error = match serde_json::from_str::<T>(raw) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let offset = offset_of(raw, &error);
        let mut path = field.to_owned();
        let innermost = locate(raw, offset, &mut path);
        let problem = shape_problem(&without_place(&error), &path, innermost);
        let start = start_of(self.text, raw);
        let place = match problem {
            ShapeProblem::WrongValue { .. } => self.place(start_of(self.text, innermost)),
            _ => self.place(start + offset),
        };
        if let ShapeProblem::UnknownMember { name, .. }
        | ShapeProblem::MissingMember { name }
        | ShapeProblem::DuplicateMember { name } = &problem
        {
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(name);
        }
        self.issue(entry, &path, Some(place), problem);
        None
    }

    fn issue(&mut self, entry: &str, field: &str, place: Option<Place>, problem: ShapeProblem) {
        self.issues.push(CatalogueIssue {
            entry: entry.to_owned(),
            field: field.to_owned(),
            file: None,
            place,
            problem: CatalogueProblem::Shape(problem),
        });
    }

    /// The line and column of a byte of the text.
    fn place(&self, offset: usize) -> Place {
        // serde may stop within a character.
        let before = (0..=offset).rev().find_map(|end| self.text.get(..end));
        let before = before.unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        Place {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
        }
    }
}

/// How many bytes into `whole` the slice `part` of it starts.
fn start_of(whole: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize)
}

/// How many bytes of `text` serde had read when it gave up.
fn offset_of(text: &str, error: &serde_json::Error) -> usize {
    let lines = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    lines.map(str::len).sum::<usize>() + error.column()
}

/// The smallest value of `raw` that holds the byte at `offset`, its way there added to `path`.
fn locate<'a>(raw: &'a str, offset: usize, path: &mut String) -> &'a str {
    let holds = |part: &RawValue| {
        let start = start_of(raw, part.get());
        (start..=start + part.get().len()).contains(&offset)
    };
    let (step, part) = if let Ok(Members(members)) = serde_json::from_str::<Members>(raw) {
        match members.into_iter().find(|(_, part)| holds(part)) {
            Some((name, part)) if path.is_empty() => (name, part.get()),
            Some((name, part)) => (format!(".{name}"), part.get()),
            None => return raw,
        }
    } else if let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(raw) {
        match items.into_iter().enumerate().find(|(_, part)| holds(part)) {
            Some((index, part)) => (format!("[{index}]"), part.get()),
            None => return raw,
        }
    } else {
        return raw;
    };
    path.push_str(&step);
    locate(part, offset - start_of(raw, part), path)
}

/// What serde said, without the line and column that it counted in the entry alone.
fn without_place(error: &serde_json::Error) -> String {
    let said = error.to_string();
    let end = said.rfind(" at line ");
    end.and_then(|end| said.get(..end))
        .unwrap_or(&said)
        .to_owned()
}

/// Translates what serde said into a problem of ours.
fn shape_problem(said: &str, path: &str, innermost: &str) -> ShapeProblem {
    let mut quoted = said.split('`').skip(1).step_by(2).map(str::to_owned);
    let first = quoted.next().unwrap_or_default();
    let rest: Vec<String> = quoted.collect();
    if said.starts_with("unknown field") {
        ShapeProblem::UnknownMember {
            name: first,
            allowed: rest,
        }
    } else if said.starts_with("missing field") {
        ShapeProblem::MissingMember { name: first }
    } else if said.starts_with("duplicate field") {
        ShapeProblem::DuplicateMember { name: first }
    } else if said.starts_with("unknown variant") {
        ShapeProblem::UnknownValue {
            found: first,
            allowed: rest,
        }
    } else {
        let member = path.rsplit('.').next().unwrap_or_default();
        let plain = member.split('[').next().unwrap_or_default();
        // An entry of a list of objects is no list itself.
        let expected = expected(if member == plain { plain } else { "" });
        ShapeProblem::WrongValue {
            found: innermost.to_owned(),
            expected,
        }
    }
}
