//! Reports: made as drafts, issued with a number, and made again for ever after.
//!
//! A report is a function of the first events of the log and of what its `report.issued` event
//! says. Issuing stores the digests of everything that came out; [`Ledger::regenerate`] makes it
//! again from the same events and compares, [`Ledger::check_issued`] does so for all of them in
//! one pass over the log.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::asof::AsOf;
use super::error::OfficeError;
use super::issued::IssuedError;
use super::kept::{self, Keeping};
use super::ledger::Ledger;
use super::noted::Noted;
use super::opening::{Tools, content, hex};
use super::recording::{Entry, Outcome};
use super::replay::{Moment, each_moment};
use crate::domain::code::Code;
use crate::domain::command::Command;
use crate::domain::event::{Actor, Body, Document};
use crate::domain::language::Lang;
use crate::domain::ledger::{ContentPart, TemplateAdopted};
use crate::domain::period::Period;
use crate::domain::report::{IssuedReport, ReportAsOf, ReportIssued, ReportTemplate};
use crate::domain::state::{SEMANTICS, State};
use crate::import::encoding;
use crate::log::codec::format_moment;
use crate::log::{EventLog, EventRead, durable};
use crate::projection::figures::FiguresError;
use crate::projection::{Axis, Boundaries};
use crate::report::build::KnownAs;
use crate::report::document::{Setting, document};
use crate::report::render::{Form, RENDERER, render, render_by};
use crate::report::{Narrative, Report, ReportError, ReportInput, Template};

/// What somebody asks of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportOrder {
    /// The period it is called by.
    pub period: Period,
    /// The last day of its data, where that is earlier than the period's end.
    pub cut_off: Option<NaiveDate>,
    /// Which date places a support in a period.
    pub axis: Axis,
    /// By which boundaries villages and communes are told apart.
    pub boundaries: Boundaries,
    /// The code of the template.
    pub template: String,
    /// The language.
    pub lang: Lang,
    /// What no figure can write: its text in normal form C, and the name of its file.
    pub narrative: Option<(String, String)>,
}

/// The papers and the words that an issue rests on.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssueBasis {
    /// The number, with or without the template's symbol.
    pub number: String,
    /// The date of the document.
    pub date: NaiveDate,
    /// The paper.
    pub document: Option<Document>,
    /// Why.
    pub reason: Option<String>,
}

/// What became of one issued report when it was made again.
#[derive(Debug)]
pub struct ReportCheck {
    /// Its name: `57/BC-UBND@2023`.
    pub name: String,
    /// The event that issued it.
    pub seq: u64,
    /// Why it is not what was issued; `None` when every byte is.
    pub fault: Option<OfficeError>,
}

/// A narrative's bytes as a report reads and stores them: normal form C, line feeds, no tabs.
///
/// # Errors
/// When the bytes are no text.
pub fn narrative_text(bytes: &[u8]) -> Result<String, OfficeError> {
    let (text, _) = encoding::decode(bytes).map_err(OfficeError::NotText)?;
    Ok(text.replace('\t', " "))
}

/// The number, date and texts of one report, ready for [`Report::build`].
struct Making<'a> {
    axis: Axis,
    boundaries: Boundaries,
    cut_off: Option<NaiveDate>,
    date: Option<NaiveDate>,
    lang: Lang,
    narrative: Option<(&'a str, &'a str)>,
    number: Option<String>,
    period: Period,
    template: (&'a str, &'a str),
}

fn make(moment: Moment<'_>, making: &Making<'_>) -> Result<Report, OfficeError> {
    let (text, name) = making.template;
    let template = Template::from_json(text, name).map_err(OfficeError::Template)?;
    let narrative = match making.narrative {
        Some((text, name)) => {
            Narrative::parse(text, name, &template).map_err(OfficeError::Narrative)?
        }
        None => Narrative::default(),
    };
    let last = making.cut_off.unwrap_or(making.period.last_day());
    let first = making.period.first_day();
    let input = ReportInput {
        view: moment.view,
        as_of: KnownAs {
            seq: moment.stand.seq,
            at: format_moment(moment.stand.at_ms),
            root: hex(&moment.stand.root),
        },
        template: &template,
        period: making.period,
        cut_off: making.cut_off,
        axis: making.axis,
        boundaries: making.boundaries,
        lang: making.lang,
        number: making.number.clone(),
        date: making.date,
        narrative: &narrative,
        findings: moment.noted.among(&moment.view.state, first, last),
    };
    Ok(Report::build(&input)?)
}

fn template_text<'a>(state: &'a State, code: &str) -> Result<(&'a str, u32, &'a str), OfficeError> {
    let adopted = state.templates.get(code);
    let found = adopted.and_then(|(version, sha256)| {
        let text = state.contents.get(sha256)?;
        Some((sha256.as_str(), *version, text.as_ref()))
    });
    found.ok_or_else(|| OfficeError::NotFound {
        what: "template",
        name: code.to_owned(),
    })
}

impl ReportOrder {
    /// What was asked of an issued report, to ask it again of another moment. `state` holds the
    /// texts that the log was given when it was issued.
    pub fn again(report: &IssuedReport, state: &State) -> ReportOrder {
        let issued = &report.issued;
        let narrative = issued.narrative.as_ref();
        let narrative = narrative.and_then(|digest| text_of(state, digest));
        ReportOrder {
            period: issued.period,
            cut_off: issued.cut_off,
            axis: issued.axis.as_str().parse().unwrap_or_default(),
            boundaries: boundaries_of(issued).unwrap_or_default(),
            template: issued.template.code.to_string(),
            lang: Lang::of_tag(issued.language.as_str()).unwrap_or_default(),
            narrative: narrative.map(|text| (text.to_owned(), "narrative".to_owned())),
        }
    }

    fn making<'a>(&'a self, template: &'a str) -> Making<'a> {
        let narrative = self.narrative.as_ref();
        Making {
            axis: self.axis,
            boundaries: self.boundaries,
            cut_off: self.cut_off,
            date: None,
            lang: self.lang,
            narrative: narrative.map(|(text, name)| (text.as_str(), name.as_str())),
            number: None,
            period: self.period,
            template: (template, &self.template),
        }
    }
}

/// The number with its symbol: the one given or, without one, the template's.
fn full_number(number: &str, template: &str) -> Result<Code, OfficeError> {
    let number = crate::import::text::normalised(number);
    let full = if number.contains('/') {
        number
    } else {
        let symbol = Template::from_json(template, "").map_err(OfficeError::Template)?;
        format!("{number}/{}", symbol.header.symbol)
    };
    let bad = || IssuedError::BadNumber(full.clone());
    let (bare, symbol) = full.split_once('/').unwrap_or_default();
    let taken = |c: char| c == '@' || c.is_whitespace();
    if bare.is_empty() || symbol.is_empty() || full.contains(taken) {
        return Err(bad().into());
    }
    Ok(Code::new(&full).map_err(|_| bad())?)
}

/// By which boundaries an issued report counts.
fn boundaries_of(issued: &ReportIssued) -> Result<Boundaries, FiguresError> {
    let said = issued.boundaries.as_ref();
    said.map_or(Ok(Boundaries::Then), |said| said.as_str().parse())
}

fn sha256(text: &str) -> String {
    hex(&Sha256::digest(text.as_bytes()))
}

/// The digest of each rendering by the ending of its file.
fn renderings(report: &Report) -> Result<BTreeMap<String, String>, ReportError> {
    let one = |form: Form| {
        let text = render(report, form)?;
        Ok((form.ending().to_owned(), sha256(&text)))
    };
    Form::ALL.into_iter().map(one).collect()
}

impl<L: EventRead> Ledger<L> {
    /// A report without number and date, on what the ledger knows.
    ///
    /// # Errors
    /// When the template or the narrative has errors, or the template does not fit.
    pub fn draft(&self, order: &ReportOrder) -> Result<Report, OfficeError> {
        let mut read = Noted::default();
        if self.noted.is_none() {
            for event in self.events(1, u64::MAX)? {
                read.take(&event);
            }
        }
        let noted = self.noted.as_ref().unwrap_or(&read);
        let moment = Moment {
            view: &self.view,
            stand: &self.stand,
            noted,
        };
        make_draft(moment, order)
    }

    /// The issued report that a text names: `57/BC-UBND`, `57`, `57/BC-UBND@2023`.
    ///
    /// # Errors
    /// [`IssuedError::Unknown`], or [`IssuedError::Ambiguous`] when the number was given in
    /// several years.
    pub fn issued(&self, name: &str) -> Result<&IssuedReport, OfficeError> {
        Ok(super::issued::named(&self.state().reports, name)?)
    }

    /// How many events an as-of knows.
    pub(super) fn place_of(&self, as_of: AsOf, now_ms: i64) -> Result<u64, OfficeError> {
        let head = self.stand.seq;
        let offset = super::ledger::offset(self.state());
        let beyond = |asked: String| OfficeError::AsOfBeyond { asked, head };
        match as_of {
            AsOf::Head => return Ok(head),
            AsOf::Seq(seq) if seq > head => return Err(beyond(seq.to_string())),
            AsOf::Seq(seq) => return Ok(seq),
            _ if as_of.is_future(now_ms, offset) => return Err(beyond(format!("{as_of:?}"))),
            _ => {}
        }
        let mut place = 0;
        for stored in self.log.read(1, head)? {
            let stored = stored?;
            if !as_of.knows(stored.seq, stored.at_ms, offset) {
                break;
            }
            place = stored.seq;
        }
        Ok(place)
    }

    /// Makes an issued report again, from the events it was made from.
    ///
    /// # Errors
    /// [`IssuedError::Differs`] when a byte would not be what it was, and why it cannot be made.
    pub fn regenerate(&self, report: &IssuedReport) -> Result<Report, OfficeError> {
        let places = BTreeSet::from([report.issued.as_of.seq]);
        let mut made = None;
        each_moment(&self.log, &places, &mut |moment| {
            made = Some(again(moment, self.state(), &report.issued)?);
            Ok(())
        })?;
        let beyond = || {
            let asked = report.issued.as_of.seq.to_string();
            let head = self.stand.seq;
            OfficeError::AsOfBeyond { asked, head }
        };
        made.ok_or_else(beyond)
    }

    /// Makes every issued report again, in one pass over the log, and compares root, template,
    /// narrative, model and each rendering with the digests of its `report.issued` event. One
    /// answer a report, in the order in which they were issued; a report that cannot be made
    /// again is a fault in its answer, not an error.
    ///
    /// # Errors
    /// When an event of the log cannot be read or folded.
    pub fn check_issued(&self) -> Result<Vec<ReportCheck>, OfficeError> {
        let reports = &self.state().reports;
        let places = reports.iter().map(|report| report.issued.as_of.seq);
        let places: BTreeSet<u64> = places.collect();
        let mut faults: BTreeMap<u64, Option<OfficeError>> = BTreeMap::new();
        each_moment(&self.log, &places, &mut |moment| {
            let here = |report: &&IssuedReport| report.issued.as_of.seq == moment.stand.seq;
            for report in reports.iter().filter(here) {
                let made = again(moment, self.state(), &report.issued);
                faults.insert(report.seq, made.err());
            }
            Ok(())
        })?;
        let check = |report: &IssuedReport| ReportCheck {
            name: report.name(),
            seq: report.seq,
            fault: faults.remove(&report.seq).unwrap_or_else(|| {
                let asked = report.issued.as_of.seq.to_string();
                let head = self.stand.seq;
                Some(OfficeError::AsOfBeyond { asked, head })
            }),
        };
        Ok(reports.iter().map(check).collect())
    }
}

/// A text that the log holds, if it is the one that its digest names.
fn text_of<'a>(state: &'a State, digest: &str) -> Option<&'a str> {
    let text = state.contents.get(digest)?;
    (sha256(text) == digest).then_some(text.as_ref())
}

/// A report without number and date.
pub(super) fn make_draft(moment: Moment<'_>, order: &ReportOrder) -> Result<Report, OfficeError> {
    let (_, _, template) = template_text(&moment.view.state, &order.template)?;
    make(moment, &order.making(template))
}

/// Makes a report again and compares every digest. `head` holds the texts that the log was given
/// when it was issued.
pub(super) fn again(
    moment: Moment<'_>,
    head: &State,
    issued: &ReportIssued,
) -> Result<Report, OfficeError> {
    let number = issued.number.to_string();
    let differs = |what: &'static str| IssuedError::Differs {
        number: number.clone(),
        what: what.to_owned(),
    };
    if issued.semantics > SEMANTICS || issued.renderer > RENDERER {
        return Err(IssuedError::Newer(number.clone()).into());
    }
    if hex(&moment.stand.root) != issued.as_of.root {
        return Err(differs("root").into());
    }
    let template = text_of(head, &issued.template.sha256).ok_or_else(|| differs("template"))?;
    let narrative = match &issued.narrative {
        Some(digest) => Some(text_of(head, digest).ok_or_else(|| differs("narrative"))?),
        None => None,
    };
    let newer = |_| IssuedError::Newer(number.clone());
    let making = Making {
        axis: issued.axis.as_str().parse().map_err(newer)?,
        boundaries: boundaries_of(issued).map_err(newer)?,
        cut_off: issued.cut_off,
        date: Some(issued.date),
        lang: Lang::of_tag(issued.language.as_str())
            .ok_or_else(|| IssuedError::Newer(number.clone()))?,
        narrative: narrative.map(|text| (text, "narrative")),
        number: Some(number.clone()),
        period: issued.period,
        template: (template, issued.template.code.as_str()),
    };
    let report = make(moment, &making)?;
    let stored = text_of(head, &issued.model).ok_or_else(|| differs("stored model"))?;
    if report.to_model_json().map_err(unwritable)? != stored {
        return Err(differs("model").into());
    }
    for (ending, digest) in &issued.renderings {
        // A form of a later program is not this one's to judge.
        let Some(form) = Form::of_ending(ending) else {
            continue;
        };
        if sha256(&render_by(&report, form, issued.renderer)?) != *digest {
            let what = ending.clone();
            return Err(IssuedError::Differs { number, what }.into());
        }
    }
    Ok(report)
}

fn unwritable(error: serde_json::Error) -> OfficeError {
    ReportError::Unwritable(error.to_string()).into()
}

impl<L: EventLog> Ledger<L> {
    /// Adopts a report template, given as its text and the name of its file; issued reports keep
    /// the version they were made by.
    ///
    /// # Errors
    /// A template with errors, one that is adopted already, or a version that is not newer.
    pub fn adopt_template(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        (text, file): (&str, &str),
        (document, reason): (Option<Document>, Option<String>),
    ) -> Result<Outcome, OfficeError> {
        let template = Template::from_json(text, file).map_err(OfficeError::Template)?;
        let (sha256, parts) = parts_of(self.state(), text);
        let adopted = Box::new(TemplateAdopted {
            sha256,
            template: template.code.clone(),
            version: template.version,
        });
        let mut entry = Entry::by_hand(Command::AdoptTemplate { adopted, parts });
        (entry.document, entry.reason) = (document, reason);
        self.record_one(tools, by, entry)
    }

    /// Makes a report with its number and date, and records it with everything that made it.
    ///
    /// # Errors
    /// A number that was given before, a template or narrative with errors, or what the log says.
    /// Nothing is recorded then.
    pub fn issue(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        order: &ReportOrder,
        as_of: AsOf,
        basis: &IssueBasis,
    ) -> Result<(Report, Outcome), OfficeError> {
        let none = Keeping {
            folder: Path::new(""),
            documents: &[],
            layout: None,
        };
        self.issue_and_keep(tools, by, order, as_of, basis, &none)
    }

    /// The same, and keeps documents of the report beside the ledger. They are durable before the
    /// event that names them; where nothing is recorded nothing is kept.
    ///
    /// # Errors
    /// As [`Ledger::issue`], or a document that cannot be made or kept.
    pub fn issue_and_keep(
        &mut self,
        tools: &mut Tools,
        by: &Actor,
        order: &ReportOrder,
        as_of: AsOf,
        basis: &IssueBasis,
        keeping: &Keeping<'_>,
    ) -> Result<(Report, Outcome), OfficeError> {
        let place = self.place_of(as_of, tools.clock.now_ms())?;
        let mut made = None;
        each_moment(&self.log, &BTreeSet::from([place]), &mut |moment| {
            made = Some(issue_at(moment, order, basis)?);
            Ok(())
        })?;
        let (report, mut issued, texts) = made.ok_or(ReportError::NotOpened)?;
        let kept = self.keep(&report, keeping, &mut issued)?;
        let texts = texts.iter();
        let parts = texts.flat_map(|text| parts_of(self.state(), text).1);
        let parts = parts.collect();
        let issued = Box::new(issued);
        let mut entry = Entry::by_hand(Command::IssueReport { issued, parts });
        entry.document.clone_from(&basis.document);
        entry.reason.clone_from(&basis.reason);
        let outcome = self.record_one(tools, by, entry);
        if outcome.is_err() {
            // A file that no event names helps nobody.
            kept.iter().for_each(|path| drop(durable::remove(path)));
        }
        Ok((report, outcome?))
    }

    /// Makes and keeps documents, and names each by its digest. Answers the files that are new.
    fn keep(
        &self,
        report: &Report,
        keeping: &Keeping<'_>,
        issued: &mut ReportIssued,
    ) -> Result<Vec<PathBuf>, OfficeError> {
        let opened = self.state().ledger.as_ref();
        let setting = Setting {
            origin: opened.map_or("", |opened| &opened.origin),
            layout: keeping.layout,
        };
        let mut made = Vec::new();
        for form in keeping.documents {
            let bytes = document(report, *form, &setting).map_err(OfficeError::Document)?;
            made.push((form.ending(), bytes));
        }
        let mut paths = Vec::new();
        for (ending, bytes) in made {
            paths.extend(kept::keep(keeping.folder, ending, &bytes)?);
            let digest = kept::digest(&bytes);
            issued.renderings.insert(ending.to_owned(), digest);
        }
        Ok(paths)
    }
}

/// The digest of a text, and its parts where the log does not hold it yet.
fn parts_of(state: &State, text: &str) -> (String, Vec<ContentPart>) {
    let mut bodies = Vec::new();
    let digest = content(&mut bodies, text);
    if state.contents.contains_key(&digest) {
        return (digest, Vec::new());
    }
    let parts = bodies.into_iter().filter_map(|body| match body {
        Body::ContentPart(part) => Some(*part),
        _ => None,
    });
    (digest, parts.collect())
}

/// The report, its event, and the texts that the event names.
type Made = (Report, ReportIssued, Vec<String>);

fn issue_at(
    moment: Moment<'_>,
    order: &ReportOrder,
    basis: &IssueBasis,
) -> Result<Made, OfficeError> {
    let (digest, version, template) = template_text(&moment.view.state, &order.template)?;
    let number = full_number(&basis.number, template)?;
    let making = Making {
        date: Some(basis.date),
        number: Some(number.to_string()),
        ..order.making(template)
    };
    let report = make(moment, &making)?;
    let model = report.to_model_json().map_err(unwritable)?;
    let known = |text: &str| Code::new(text).map_err(|_| IssuedError::BadNumber(text.to_owned()));
    let issued = ReportIssued {
        as_of: ReportAsOf {
            root: hex(&moment.stand.root),
            seq: moment.stand.seq,
        },
        axis: known(order.axis.name())?,
        // Those of the day are what nobody need say; any other day is fixed when it is issued.
        boundaries: match order.boundaries {
            Boundaries::Then => None,
            other => Some(known(&other.to_string())?),
        },
        cut_off: order.cut_off,
        date: basis.date,
        language: known(order.lang.tag())?,
        model: sha256(&model),
        narrative: order.narrative.as_ref().map(|(text, _)| sha256(text)),
        number,
        period: order.period,
        renderer: RENDERER,
        renderings: renderings(&report)?,
        semantics: SEMANTICS,
        template: ReportTemplate {
            code: known(&order.template)?,
            sha256: digest.to_owned(),
            version,
        },
    };
    let mut texts = vec![model];
    texts.extend(order.narrative.as_ref().map(|(text, _)| text.clone()));
    Ok((report, issued, texts))
}
