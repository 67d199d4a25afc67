//! Lists in: typed rows become entries, entries become events.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::error::OfficeError;
use super::ledger::Ledger;
use super::named;
use super::opening::{Tools, hex};
use super::recording::{Entries, Entry, Mode, NaturalKey, Outcome};
use super::register::Register;
use super::views::Wants;
use crate::domain::catalogue::{Catalogue, Level};
use crate::domain::code::Code;
use crate::domain::command::{
    ClassGiven, Command, FundingDraft, HouseholdDraft, PersonDraft, ProjectDraft, SupportChange,
    SupportDraft,
};
use crate::domain::event::{Actor, Document, Source};
use crate::domain::finding::Finding;
use crate::domain::fixed::Money;
use crate::domain::rejection::{Rejection, Unknown};
use crate::domain::state::{Adopted, State};
use crate::import::citation::Citation;
use crate::import::issue::{ImportIssue, ImportNotice};
use crate::import::sheet_table::{Sums, mapping};
use crate::import::text::fold;
use crate::import::words::ClassCell;
use crate::import::{
    ListRead, MemberRow, ProjectRow, ReadOptions, RowAnswer, StageRow, SupportRow, Units,
    read_cohort, read_households, read_members, read_persons, read_projects, read_stages,
    read_supports,
};
use crate::log::EventLog;

/// Which list a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// Households.
    Households,
    /// Persons.
    Persons,
    /// Projects.
    Projects,
    /// Members of projects.
    Members,
    /// A named list of households.
    Cohort,
    /// Support actions.
    Supports,
    /// Stages of supports that are there.
    Stages,
}

/// A file to import, and what is said of it as a whole.
#[derive(Debug, Clone)]
pub struct ListFile {
    /// Which list.
    pub list: List,
    /// The file's bytes.
    pub bytes: Vec<u8>,
    /// Its name without folders.
    pub name: String,
    /// Code and year of a cohort.
    pub cohort: Option<(Code, u16)>,
    /// The document for rows that name none.
    pub document: Option<Document>,
    /// The reason for rows that name none.
    pub reason: Option<String>,
    /// Known households and persons that differ are changed.
    pub update: bool,
    /// The sheet, what its columns mean, and what stands where a column is missing.
    pub options: ReadOptions,
    /// The list is given back as a workbook, else as CSV.
    pub as_workbook: bool,
}

/// What became of a list.
pub struct Imported {
    /// Rows that hold anything.
    pub rows: usize,
    /// Rows that were recorded, or would be.
    pub recorded: usize,
    /// Rows that are there already.
    pub already: usize,
    /// Rows that were refused.
    pub rejected: usize,
    /// Everything that is wrong.
    pub issues: Vec<ImportIssue>,
    /// What who made the list should know.
    pub notices: Vec<ImportNotice>,
    /// What seemed doubtful, with the row.
    pub findings: Vec<(u64, Finding)>,
    /// First and last event that was appended.
    pub appended: Option<(u64, u64)>,
    /// The rejected rows as a file; of a workbook, the whole sheet with what became of each row.
    pub rejects: Vec<u8>,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// Where each column stands, what the file calls it, and what it means.
    pub mapping: Vec<(usize, String, &'static str)>,
    /// The sums of the columns that have one, in thousandths, to compare with the paper list.
    pub sums: Vec<(&'static str, i128)>,
}

/// The code of a kind: the text itself where the catalogue knows it, else the kind whose name it
/// is in either language.
pub fn kind_code(catalogue: &Catalogue, text: &str) -> String {
    if catalogue.kind(text).is_some() {
        return text.to_owned();
    }
    let wanted = fold(text);
    let named = catalogue.kinds.iter().find(|kind| {
        fold(&kind.name.vi) == wanted
            || fold(&kind.name.en) == wanted
            || kind.code.as_str() == wanted
    });
    named.map_or_else(|| text.to_owned(), |kind| kind.code.to_string())
}

fn source_code(catalogue: &Catalogue, text: &str) -> String {
    if catalogue.source(text).is_some() {
        return text.to_owned();
    }
    let wanted = fold(text);
    let sources = &catalogue.sources;
    let named = sources
        .iter()
        .find(|source| fold(&source.name.vi) == wanted || fold(&source.name.en) == wanted);
    named.map_or_else(|| text.to_owned(), |source| source.code.to_string())
}

fn group_code(catalogue: &Catalogue, text: &str) -> String {
    if catalogue.group(text).is_some() {
        return text.to_owned();
    }
    let wanted = fold(text);
    let groups = &catalogue.groups;
    let named = groups
        .iter()
        .find(|g| fold(&g.name.vi) == wanted || fold(&g.name.en) == wanted);
    named.map_or_else(|| text.to_owned(), |group| group.code.to_string())
}

fn unit_code(catalogue: &Catalogue, text: &str) -> String {
    if catalogue.unit(text).is_some() {
        return text.to_owned();
    }
    let wanted = fold(text);
    let units = &catalogue.units;
    let named = units
        .iter()
        .find(|u| fold(&u.name.vi) == wanted || fold(&u.name.en) == wanted);
    named.map_or_else(|| text.to_owned(), |unit| unit.code.to_string())
}

fn programme_code(catalogue: &Catalogue, text: &str) -> String {
    if catalogue.programme(text).is_some() {
        return text.to_owned();
    }
    let wanted = fold(text);
    let programmes = &catalogue.programmes;
    let named = programmes
        .iter()
        .find(|p| fold(&p.name.vi) == wanted || fold(&p.name.en) == wanted);
    named.map_or_else(|| text.to_owned(), |programme| programme.code.to_string())
}

/// The codes of what a list names. It says the same few names again and again, and a name is
/// compared with all names of the catalogue, so each is looked for once.
struct Codes {
    catalogue: Adopted,
    known: Mutex<HashMap<What, HashMap<String, String>>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Kind,
    Source,
    Group,
    Unit,
    Programme,
}

impl Codes {
    fn new(state: &State) -> Codes {
        Codes {
            catalogue: state.catalogue.clone(),
            known: Mutex::default(),
        }
    }

    fn of(&self, what: What, text: &str) -> String {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let known = known.entry(what).or_default();
        if let Some(code) = known.get(text) {
            return code.clone();
        }
        let look = match what {
            What::Kind => kind_code,
            What::Source => source_code,
            What::Group => group_code,
            What::Unit => unit_code,
            What::Programme => programme_code,
        };
        let code = look(&self.catalogue, text);
        known.insert(text.to_owned(), code.clone());
        code
    }
}

/// The funding that an amount, its source and the household's own share in it come to.
///
/// # Errors
/// [`Rejection::CounterpartTooLarge`].
pub fn funding(
    amount: Option<Money>,
    counterpart: Option<Money>,
    source: Option<String>,
) -> Result<Vec<FundingDraft>, Rejection> {
    let mut parts = Vec::new();
    let own = counterpart.unwrap_or_default();
    let total = amount.unwrap_or(own);
    if own > total {
        return Err(Rejection::CounterpartTooLarge);
    }
    let rest = Money::from_thousandths(total.thousandths() - own.thousandths());
    if rest != Money::ZERO || source.is_some() || (amount.is_some() && counterpart.is_none()) {
        parts.push(FundingDraft {
            source,
            amount: rest,
        });
    }
    if counterpart.is_some() {
        let source = Some("household_counterpart".to_owned());
        parts.push(FundingDraft {
            source,
            amount: own,
        });
    }
    Ok(parts)
}

fn document(citation: &Citation) -> Document {
    Document {
        date: citation.date,
        issuer: citation.issuer.clone(),
        number: citation.number.clone(),
        kind: citation.kind.clone(),
    }
}

/// The column that a rejection is about, by its English name.
fn column_of(rejection: &Rejection) -> Option<&'static str> {
    Some(match rejection {
        Rejection::Unknown { what, .. } => match what {
            Unknown::Household => "household",
            Unknown::Person => "person",
            Unknown::Project => "project",
            Unknown::Kind | Unknown::Indicator => "kind",
            Unknown::Source => "source",
            Unknown::Unit => "unit",
            Unknown::Group => "group",
            Unknown::Programme => "programme",
            Unknown::Support => "ref",
            Unknown::Actor | Unknown::Series | Unknown::Document => return None,
        },
        Rejection::Missing(column) => column,
        Rejection::WrongUnit { .. } => "unit",
        Rejection::FutureDate { .. } | Rejection::AncientDate(_) | Rejection::BeforeOriginal(_) => {
            "occurred_on"
        }
        Rejection::NoSuchStage { .. }
        | Rejection::StageNeeded { .. }
        | Rejection::StageReached(_)
        | Rejection::StageNotReached(_) => "stage",
        Rejection::NamedAndCounted => "count",
        Rejection::Ambiguous { .. } | Rejection::NotInRegister(_) => "name",
        Rejection::CounterpartTooLarge => "counterpart",
        Rejection::Negative(_) | Rejection::TooLarge(_) | Rejection::TooFine { .. } => "amount",
        _ => return None,
    })
}

/// Entries as they are made from rows at once.
type Made = Vec<(Vec<u64>, Result<Entry, Rejection>)>;

/// Entries with the rows each came from.
struct Drafts<'a> {
    /// The rows of all entries, one after the other.
    rows: Vec<u64>,
    /// Where those of each entry end.
    ends: Vec<usize>,
    entries: DraftEntries<'a>,
}

enum DraftEntries<'a> {
    All(Vec<Result<Entry, Rejection>>),
    /// Made whenever they are looked at: of a long list they would take more than the rows do.
    Supports(&'a Rows<'a>, Vec<Option<Box<SupportRow>>>),
}

impl<'a> From<Made> for Drafts<'a> {
    fn from(made: Made) -> Drafts<'a> {
        let mut drafts = Drafts {
            rows: Vec::with_capacity(made.len()),
            ends: Vec::with_capacity(made.len()),
            entries: DraftEntries::All(Vec::new()),
        };
        let mut entries = Vec::with_capacity(made.len());
        for (rows, entry) in made {
            drafts.rows.extend(rows);
            drafts.ends.push(drafts.rows.len());
            entries.push(entry);
        }
        drafts.entries = DraftEntries::All(entries);
        drafts
    }
}

impl<'a> Drafts<'a> {
    /// Rows with the same ref and different sources are one support.
    fn of_supports(of: &'a Rows<'a>, mut rows: Vec<SupportRow>) -> Drafts<'a> {
        let mut places: HashMap<&Code, usize> = HashMap::with_capacity(rows.len());
        let mut groups: Vec<usize> = Vec::with_capacity(rows.len());
        let mut ends: Vec<usize> = Vec::with_capacity(rows.len());
        for row in &rows {
            let next = ends.len();
            let place = match &row.reference {
                Some(code) => *places.entry(code).or_insert(next),
                None => next,
            };
            match ends.get_mut(place) {
                Some(count) => *count += 1,
                None => ends.push(1),
            }
            groups.push(place);
        }
        let mut sum = 0;
        for end in &mut ends {
            sum += *end;
            *end = sum;
        }
        drop(places);
        // The rows by group; those of one group stay in their order.
        if !groups.is_sorted() {
            let mut grouped: Vec<(usize, SupportRow)> = groups.into_iter().zip(rows).collect();
            grouped.sort_by_key(|(group, _)| *group);
            rows = grouped.into_iter().map(|(_, row)| row).collect();
        }
        let numbers = rows.iter().map(|row| row.row).collect();
        // One by one they can be let go of; the vector they came in goes now.
        let mut apart = Vec::with_capacity(rows.len());
        apart.extend(rows.into_iter().map(Box::new).map(Some));
        Drafts {
            ends,
            rows: numbers,
            entries: DraftEntries::Supports(of, apart),
        }
    }

    fn count(&self) -> usize {
        self.ends.len()
    }

    /// Lets go of what an entry is made from; its rows are still known.
    fn let_go(&mut self, at: usize) {
        let range = self.range(at);
        if let DraftEntries::Supports(_, rows) = &mut self.entries {
            rows.get_mut(range).unwrap_or_default().fill_with(|| None);
        }
    }

    /// Lets go of all entries.
    fn let_go_of_all(&mut self) {
        self.entries = DraftEntries::All(Vec::new());
    }

    fn range(&self, at: usize) -> std::ops::Range<usize> {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before));
        start.copied().unwrap_or(0)..self.ends.get(at).copied().unwrap_or(0)
    }

    /// The rows of an entry.
    fn rows(&self, at: usize) -> &[u64] {
        self.rows.get(self.range(at)).unwrap_or_default()
    }

    fn entry(&self, at: usize) -> Result<Cow<'_, Entry>, Rejection> {
        match &self.entries {
            DraftEntries::All(entries) => match entries.get(at) {
                Some(Ok(entry)) => Ok(Cow::Borrowed(entry)),
                Some(Err(rejection)) => Err(rejection.clone()),
                None => Err(Rejection::Missing("ref")),
            },
            DraftEntries::Supports(of, rows) => {
                let rows = rows.get(self.range(at)).unwrap_or_default().iter();
                let rows: Vec<&SupportRow> = rows.flatten().map(Box::as_ref).collect();
                of.support(&rows).map(Cow::Owned)
            }
        }
    }
}

/// The entries of some drafts: those in which nothing is wrong so far.
struct Sound<'a, 'd> {
    drafts: &'a mut Drafts<'d>,
    places: Vec<usize>,
}

impl Entries for Sound<'_, '_> {
    fn count(&self) -> usize {
        self.places.len()
    }

    fn take(&mut self, at: usize) -> Option<Cow<'_, Entry>> {
        // What became an entry before is not needed any more.
        if let Some(before) = at.checked_sub(1).and_then(|before| self.places.get(before)) {
            self.drafts.let_go(*before);
        }
        self.drafts.entry(*self.places.get(at)?).ok()
    }
}

struct Rows<'a> {
    codes: &'a Codes,
    file: &'a ListFile,
    sha256: String,
    sheet: Option<String>,
    register: Option<Register>,
}

impl Rows<'_> {
    fn entry(&self, row: u64, command: Command, key: NaturalKey) -> Entry {
        Entry {
            command,
            document: self.file.document.clone(),
            reason: self.file.reason.clone(),
            source: Some(Source {
                file: self.file.name.clone(),
                file_sha256: self.sha256.clone(),
                row,
                sheet: self.sheet.clone(),
            }),
            key: Some(key),
            update: self.file.update,
        }
    }

    /// The key of a row that has none of its own: such a file, edited, may record twice.
    fn row_key(&self, row: u64) -> String {
        match &self.sheet {
            Some(sheet) => format!("{}:{sheet}:{row}", self.sha256),
            None => format!("{}:{row}", self.sha256),
        }
    }

    fn members(&self, rows: &[MemberRow]) -> Made {
        let draft = |row: &MemberRow| {
            let role = row.role.as_deref().map(Code::new).transpose();
            let role = role.map_err(|error| Rejection::BadCode(error.to_string()))?;
            let key = format!("{}\u{1f}{}", row.project, row.household);
            let command = Command::JoinProject {
                project: row.project.clone(),
                household: row.household.clone(),
                role,
                note: row.note.clone(),
            };
            Ok(self.entry(
                row.row,
                command,
                NaturalKey {
                    family: "members",
                    key,
                },
            ))
        };
        rows.iter().map(|row| (vec![row.row], draft(row))).collect()
    }

    /// Rows of the same project with different sources are one project.
    fn projects(&self, rows: &[ProjectRow]) -> Made {
        let mut by_code: BTreeMap<&Code, Vec<&ProjectRow>> = BTreeMap::new();
        for row in rows {
            by_code.entry(&row.project).or_default().push(row);
        }
        let mut drafts: Made = by_code
            .into_iter()
            .filter_map(|(code, rows)| {
                let first = rows.first()?;
                let mut budget = Vec::new();
                for row in &rows {
                    if let Some(amount) = row.amount {
                        let source = row
                            .source
                            .as_ref()
                            .map(|text| self.codes.of(What::Source, text));
                        budget.push(FundingDraft { source, amount });
                    }
                }
                let of =
                    |pick: fn(&ProjectRow) -> Option<String>| rows.iter().find_map(|row| pick(row));
                let programme = of(|row| row.programme.clone());
                let draft = ProjectDraft {
                    project: code.clone(),
                    name: of(|row| row.name.clone()).unwrap_or_else(|| code.to_string()),
                    programme: programme.map(|text| self.codes.of(What::Programme, &text)),
                    village: of(|row| row.village.as_ref().map(ToString::to_string)),
                    quantity: rows.iter().find_map(|row| row.quantity),
                    unit: of(|row| row.unit.clone()).map(|text| self.codes.of(What::Unit, &text)),
                    stage: rows.iter().find_map(|row| row.stage),
                    stage_on: None,
                    budget,
                };
                let key = NaturalKey {
                    family: "projects",
                    key: code.to_string(),
                };
                let mut entry = self.entry(first.row, Command::RegisterProject(draft), key);
                let cited = rows.iter().find_map(|row| row.document.as_deref());
                entry.document = cited.map(document).or(entry.document);
                Some((rows.iter().map(|row| row.row).collect(), Ok(entry)))
            })
            .collect();
        drafts.sort_by(|(a, _), (b, _)| a.cmp(b));
        drafts
    }

    fn stages(&self, state: &State, rows: &[StageRow]) -> Made {
        let draft = |row: &StageRow| {
            let support = state
                .references
                .get(&row.reference)
                .copied()
                .ok_or_else(|| Rejection::unknown(Unknown::Support, row.reference.as_str()))?;
            let change = SupportChange {
                amount: row.amount,
                quantity: row.quantity,
                occurred_on: Some(row.occurred_on),
                note: row.note.clone(),
                ..SupportChange::default()
            };
            let command = Command::Advance {
                support,
                to: row.stage,
                change: Box::new(change),
            };
            let key = NaturalKey {
                family: "stages",
                key: row.reference.to_string(),
            };
            let mut entry = self.entry(row.row, command, key);
            entry.document = row.document.as_deref().map(document).or(entry.document);
            Ok(entry)
        };
        rows.iter().map(|row| (vec![row.row], draft(row))).collect()
    }

    fn support(&self, rows: &[&SupportRow]) -> Result<Entry, Rejection> {
        let Some((first, more)) = rows.split_first() else {
            return Err(Rejection::Missing("ref"));
        };
        let part = |row: &SupportRow| {
            let source = row
                .source
                .as_ref()
                .map(|text| self.codes.of(What::Source, text));
            funding(row.amount, row.counterpart, source)
        };
        let mut parts = part(first)?;
        for row in more {
            let differ = differing(first, row);
            let new = part(row)?;
            let same_source = new
                .iter()
                .any(|new| parts.iter().any(|known| known.source == new.source));
            if !differ.is_empty() || new.is_empty() || same_source {
                let reference = row.reference.as_ref().map(ToString::to_string);
                let what = format!("ref {}", reference.unwrap_or_default());
                let fields = if differ.is_empty() {
                    vec!["source".to_owned()]
                } else {
                    differ
                };
                return Err(Rejection::Differs { what, fields });
            }
            parts.extend(new);
        }
        let (mut household, mut person) = (first.household.clone(), first.person.clone());
        if is_by_name(first)
            && let Some(register) = &self.register
        {
            let kind = self
                .codes
                .catalogue
                .kind(&self.codes.of(What::Kind, &first.kind));
            let of_person = kind.is_some_and(|kind| kind.level == Level::Person);
            let village = first.villages.first().map(Code::as_str);
            let (number, name) = (first.id_number.as_deref(), first.name.as_deref());
            let found = register.find(number, name, village, of_person)?;
            (household, person) = (Some(found.household), found.person);
        }
        let draft = SupportDraft {
            reference: first.reference.clone(),
            kind: self.codes.of(What::Kind, &first.kind),
            stage: first.stage,
            household,
            person,
            count: first.count,
            class: match first.class {
                ClassCell::Given(class) => ClassGiven::Class(class),
                ClassCell::None => ClassGiven::None,
                ClassCell::Empty => ClassGiven::Unsaid,
            },
            group: first
                .group
                .as_ref()
                .map(|text| self.codes.of(What::Group, text)),
            villages: first.villages.iter().map(ToString::to_string).collect(),
            funding: parts,
            quantity: rows.iter().find_map(|row| row.quantity),
            unit: rows
                .iter()
                .find_map(|row| row.unit.as_ref())
                .map(|text| self.codes.of(What::Unit, text)),
            occurred_on: Some(first.occurred_on),
            covers: first.covers,
            project: first.project.clone(),
            lender: first.lender.as_deref().map(str::to_owned),
            recipient: first.recipient.clone(),
            ground: first.ground.clone(),
            follows: None,
            note: first.note.clone(),
        };
        let key = first.reference.as_ref().map(ToString::to_string);
        let key = NaturalKey {
            family: "supports",
            key: key.unwrap_or_else(|| self.row_key(first.row)),
        };
        let mut entry = self.entry(first.row, Command::RecordSupport(Box::new(draft)), key);
        entry.document = first.document.as_deref().map(document).or(entry.document);
        entry.reason = first.reason.clone().or(entry.reason);
        Ok(entry)
    }
}

/// Whether a row names somebody and gives no code.
fn is_by_name(row: &SupportRow) -> bool {
    let coded = row.household.is_some() || row.person.is_some() || row.count.is_some();
    !coded && (row.name.is_some() || row.id_number.is_some())
}

/// What two rows of one ref must agree on; a later row may leave it out.
fn differing(first: &SupportRow, row: &SupportRow) -> Vec<String> {
    fn agree<T: PartialEq>(first: &Option<T>, row: &Option<T>) -> bool {
        row.is_none() || first == row
    }
    [
        ("kind", first.kind == row.kind),
        ("stage", agree(&first.stage, &row.stage)),
        ("household", agree(&first.household, &row.household)),
        ("person", agree(&first.person, &row.person)),
        ("count", agree(&first.count, &row.count)),
        (
            "class",
            row.class == ClassCell::Empty || first.class == row.class,
        ),
        ("group", agree(&first.group, &row.group)),
        (
            "village",
            row.villages.is_empty() || first.villages == row.villages,
        ),
        ("quantity", agree(&first.quantity, &row.quantity)),
        ("occurred_on", first.occurred_on == row.occurred_on),
        ("covers", agree(&first.covers, &row.covers)),
        ("project", agree(&first.project, &row.project)),
    ]
    .into_iter()
    .filter(|(_, agree)| !agree)
    .map(|(name, _)| name.to_owned())
    .collect()
}

fn household_drafts(rows: &Rows<'_>, read: &ListRead<crate::import::HouseholdRow>) -> Made {
    let draft = |row: &crate::import::HouseholdRow| {
        let draft = HouseholdDraft {
            household: Some(row.household.clone()),
            head: row.head.clone(),
            village: row.village.as_ref().map(ToString::to_string),
            class: match row.class {
                ClassCell::Given(class) => Some(class),
                _ => None,
            },
            class_from: row.class_from,
            standard: None,
            ethnicity: row.ethnicity.clone(),
            id_number: row.id_number.clone(),
            members: row.members.and_then(|members| u32::try_from(members).ok()),
            poverty_code: row.poverty_code.clone(),
            note: row.note.clone(),
        };
        let key = NaturalKey {
            family: "households",
            key: row.household.to_string(),
        };
        rows.entry(row.row, Command::RegisterHousehold(draft), key)
    };
    read.rows
        .iter()
        .map(|row| (vec![row.row], Ok(draft(row))))
        .collect()
}

fn person_drafts(rows: &Rows<'_>, read: &ListRead<crate::import::PersonRow>) -> Made {
    let draft = |row: &crate::import::PersonRow| {
        let draft = PersonDraft {
            person: Some(row.person.clone()),
            household: Some(row.household.clone()),
            name: row.name.clone(),
            born: row.born.map(|born| born.to_string()),
            sex: row.sex,
            relation: row.relation.clone(),
            ethnicity: row.ethnicity.clone(),
            id_number: row.id_number.clone(),
            note: row.note.clone(),
        };
        let key = NaturalKey {
            family: "persons",
            key: row.person.to_string(),
        };
        rows.entry(row.row, Command::RegisterPerson(draft), key)
    };
    read.rows
        .iter()
        .map(|row| (vec![row.row], Ok(draft(row))))
        .collect()
}

fn cohort_drafts(rows: &Rows<'_>, read: &ListRead<crate::import::CohortRow>) -> Made {
    let Some((cohort, year)) = &rows.file.cohort else {
        return Vec::new();
    };
    let draft = |row: &crate::import::CohortRow| {
        let command = Command::ListCohort {
            cohort: cohort.clone(),
            year: *year,
            household: row.household.clone(),
            note: row.note.clone(),
        };
        let key = format!("{cohort}\u{1f}{}", row.household);
        rows.entry(
            row.row,
            command,
            NaturalKey {
                family: "cohorts",
                key,
            },
        )
    };
    read.rows
        .iter()
        .map(|row| (vec![row.row], Ok(draft(row))))
        .collect()
}

/// The supports that a list of stages names, whatever else is wrong with it.
fn references(state: &State, file: &ListFile, bytes: &[u8]) -> HashSet<Code> {
    let named = Mutex::new(HashSet::new());
    let units = Units {
        of_support: &|reference| {
            let mut named = named.lock().unwrap_or_else(PoisonError::into_inner);
            named.extend(Code::new(reference));
            None
        },
        ..Units::NONE
    };
    let options = ReadOptions {
        ledger: state.ledger_id.clone(),
        ..file.options.clone()
    };
    drop(read_stages(bytes, &file.name, &options, &units));
    named.into_inner().unwrap_or_else(PoisonError::into_inner)
}

impl<L: EventLog> Ledger<L> {
    /// Imports a list: every row is looked at, all errors are told at once, and what goes in goes
    /// in as one batch.
    ///
    /// # Errors
    /// [`OfficeError`] when the log or the keys fail; what is wrong with rows is in the answer.
    pub fn import(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        file: &ListFile,
        mode: Mode,
    ) -> Result<Imported, OfficeError> {
        self.import_bytes(tools, by, file, Cow::Borrowed(&file.bytes), mode)
    }

    /// As [`Ledger::import`], with the file's bytes apart from what is said of it: they are let go
    /// of as soon as nothing more is read from them.
    ///
    /// # Errors
    /// As [`Ledger::import`].
    pub fn import_bytes(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        file: &ListFile,
        bytes: Cow<'_, [u8]>,
        mode: Mode,
    ) -> Result<Imported, OfficeError> {
        if file.list == List::Stages {
            let references = references(self.state(), file, &bytes);
            self.know(Some(Wants {
                references,
                ..Wants::default()
            }))?;
        }
        let state = self.state();
        let codes = &Codes::new(state);
        let catalogue = &codes.catalogue;
        let unit_of = |kind: &str| {
            let unit = catalogue.kind(&codes.of(What::Kind, kind))?.unit.clone()?;
            let decimals = catalogue.unit(unit.as_str())?.decimals;
            Some((unit.to_string(), decimals.into()))
        };
        let of_support = |reference: &str| {
            let id = state.references.get(reference)?;
            let entry = state.supports.get(id)?.furthest()?;
            unit_of(entry.state.kind.as_str())
        };
        let decimals = |unit: &str| {
            catalogue
                .unit(&codes.of(What::Unit, unit))
                .map(|u| u.decimals.into())
        };
        let units = Units {
            currency_decimals: catalogue.currency_decimals.into(),
            of_kind: &unit_of,
            of_support: &of_support,
            decimals: &decimals,
        };
        let mut rows = Rows {
            codes,
            file,
            sha256: hex(&Sha256::digest(&bytes)),
            sheet: None,
            register: None,
        };
        let name = file.name.as_str();
        let options = &ReadOptions {
            ledger: state.ledger_id.clone(),
            ..file.options.clone()
        };
        match file.list {
            List::Households => {
                let read = read_households(&bytes, name, options);
                rows.sheet = read.origin.sheet.as_deref().map(str::to_owned);
                let drafts = household_drafts(&rows, &read).into();
                self.import_rows(tools, by, (file, bytes), read, drafts, mode)
            }
            List::Persons => {
                let read = read_persons(&bytes, name, options);
                rows.sheet = read.origin.sheet.as_deref().map(str::to_owned);
                let drafts = person_drafts(&rows, &read).into();
                self.import_rows(tools, by, (file, bytes), read, drafts, mode)
            }
            List::Projects => {
                let read = read_projects(&bytes, name, options, &units);
                rows.sheet = read.origin.sheet.as_deref().map(str::to_owned);
                let drafts = rows.projects(&read.rows).into();
                self.import_rows(tools, by, (file, bytes), read, drafts, mode)
            }
            List::Members => {
                let read = read_members(&bytes, name, options);
                rows.sheet = read.origin.sheet.as_deref().map(str::to_owned);
                let drafts = rows.members(&read.rows).into();
                self.import_rows(tools, by, (file, bytes), read, drafts, mode)
            }
            List::Cohort => {
                let read = read_cohort(&bytes, name, options);
                rows.sheet = read.origin.sheet.as_deref().map(str::to_owned);
                let drafts = cohort_drafts(&rows, &read).into();
                self.import_rows(tools, by, (file, bytes), read, drafts, mode)
            }
            List::Supports => {
                let mut read = read_supports(&bytes, name, options, &units);
                rows.sheet = read.origin.sheet.as_deref().map(str::to_owned);
                if read.rows.iter().any(is_by_name) {
                    // Whom a name means is asked of everybody.
                    if self.part.is_some() {
                        self.know_all()?;
                        return self.import_bytes(tools, by, file, bytes, mode);
                    }
                    rows.register = Some(Register::open(state, &self.personal()));
                }
                let drafts = Drafts::of_supports(&rows, std::mem::take(&mut read.rows));
                self.import_rows(tools, by, (file, bytes), read, drafts, mode)
            }
            List::Stages => {
                let read = read_stages(&bytes, name, options, &units);
                rows.sheet = read.origin.sheet.as_deref().map(str::to_owned);
                let drafts = rows.stages(state, &read.rows).into();
                self.import_rows(tools, by, (file, bytes), read, drafts, mode)
            }
        }
    }

    fn import_rows<R>(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        (file, bytes): (&ListFile, Cow<'_, [u8]>),
        mut read: ListRead<R>,
        mut drafts: Drafts<'_>,
        mode: Mode,
    ) -> Result<Imported, OfficeError> {
        let bytes = file.as_workbook.then_some(bytes);
        let mut issues = std::mem::take(&mut read.issues);
        let faulty: HashSet<u64> = issues.iter().filter_map(|issue| issue.row).collect();
        let refuse = |rows: &[u64], rejection: &Rejection, issues: &mut Vec<ImportIssue>| {
            let column = column_of(rejection);
            issues.extend(
                rows.iter()
                    .map(|row| read.issue_at(*row, column, rejection)),
            );
        };
        let mut places = Vec::with_capacity(drafts.count());
        let mut wants = Some(Wants::default());
        for at in 0..drafts.count() {
            let rows = drafts.rows(at);
            // A support of several rows needs all of them.
            let broken = !faulty.is_empty() && rows.iter().any(|row| faulty.contains(row));
            match drafts.entry(at) {
                Ok(entry) if !broken => {
                    wants = wants.and_then(|wants| named::and_wants(self.state(), &entry, wants));
                    places.push(at);
                }
                Ok(_) => {}
                Err(rejection) => refuse(rows, &rejection, &mut issues),
            }
        }
        self.know(wants)?;
        let stop = mode == Mode::Whole && !issues.is_empty();
        let as_if = if stop { Mode::DryRun } else { mode };
        let mut sound = Sound {
            drafts: &mut drafts,
            places,
        };
        let mut plan = self.plan(tools, by, &mut sound, as_if)?;
        let places = sound.places;
        // What is not needed any more makes room for what is appended.
        drafts.let_go_of_all();
        let outcomes = plan.take_outcomes();
        let (mut recorded, mut already) = (0, read.answered.len());
        // Only a sheet that is given back says what became of every row.
        let mut answers: BTreeMap<u64, RowAnswer> = BTreeMap::new();
        let mut answer = |rows: &[u64], answer: RowAnswer| {
            if file.as_workbook {
                answers.extend(rows.iter().map(|row| (*row, answer)));
            }
        };
        answer(&read.answered, RowAnswer::Already);
        let new = match as_if {
            Mode::DryRun => RowAnswer::Valid,
            _ => RowAnswer::Recorded,
        };
        let mut findings = Vec::new();
        for (at, outcome) in places.iter().zip(outcomes) {
            let rows = drafts.rows(*at);
            match outcome {
                Outcome::New {
                    findings: found, ..
                } => {
                    recorded += rows.len();
                    answer(rows, new);
                    let row = rows.first().copied().unwrap_or(0);
                    findings.extend(found.into_iter().map(|finding| (row, finding)));
                }
                Outcome::Already { .. } => {
                    already += rows.len();
                    answer(rows, RowAnswer::Already);
                }
                Outcome::Rejected(rejection) => refuse(rows, &rejection, &mut issues),
            }
        }
        issues.sort_by_key(|issue| issue.row);
        let mut wrong: Vec<Option<u64>> = issues.iter().map(|issue| issue.row).collect();
        wrong.dedup();
        if mode == Mode::Whole && !issues.is_empty() {
            recorded = 0;
            let recorded = answers
                .values_mut()
                .filter(|answer| **answer == RowAnswer::Recorded);
            recorded.for_each(|answer| *answer = RowAnswer::Valid);
        }
        let lang = tools.lang;
        let mut notices = std::mem::take(&mut read.notices);
        let rejects = if file.as_workbook {
            let ledger = self.state().ledger_id.clone();
            let bytes = bytes.as_deref().unwrap_or_default();
            let written = read.write_returned(bytes, &issues, &answers, &ledger, lang);
            let written = written.map_err(|error| std::io::Error::other(error.to_string()));
            written.map(|returned| {
                notices.extend(returned.rebuilt.map(ImportNotice::Rebuilt));
                returned.bytes
            })
        } else {
            read.write_rejects(&issues, lang)
        };
        let rejects = rejects.map_err(|error| OfficeError::File("rejects".to_owned(), error))?;
        let mut sums = Sums::default();
        read.raw.iter().for_each(|raw| sums.add(raw, &read.places));
        let mut imported = Imported {
            rows: read.raw.len(),
            recorded,
            already,
            rejected: wrong.iter().flatten().count(),
            issues,
            notices,
            findings,
            appended: None,
            rejects,
            sheet: read.origin.sheet.as_deref().map(str::to_owned),
            mapping: mapping(&read.places),
            sums: sums
                .all()
                .iter()
                .map(|(column, sum)| (*column, *sum))
                .collect(),
        };
        drop((read, drafts));
        imported.appended = self.append_plan(tools, plan)?;
        Ok(imported)
    }
}
