//! `socai subject`: erasing, holding and handing over what is kept of one household or person.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::args::{AsOfArgs, BasisArgs};
use super::console::{Console, Failure, table};
use super::figures::{fingerprint, stand_json};
use super::open::{Place, Reader, Writer};
use super::{events, history, values};
use crate::domain::command::Command;
use crate::domain::custody::CustodyCommand;
use crate::domain::event::Event;
use crate::domain::personal::Subject;
use crate::domain::tags::{household_tag, person_tag};
use crate::log::EventRead;
use crate::log::codec::format_moment;
use crate::office::access::{AccessEntry, AccessLog};
use crate::office::asof::local_date;
use crate::office::erasure::{ErasureOrder, ErasureReport, subject_named};
use crate::office::{Entry, Ledger, OfficeError, Outcome};

/// `subject`.
#[derive(Debug, Subcommand)]
pub enum SubjectCommand {
    /// Xóa vĩnh viễn thông tin cá nhân của một hộ hoặc một người · erase for good
    Erase(EraseArgs),
    /// Giữ lại theo luật: không được xóa · a legal hold: no erasure
    Hold(HoldArgs),
    /// Chấm dứt việc giữ lại · end a hold
    Release(ReleaseArgs),
    /// Đã xóa, đang giữ lại, còn khóa hay không · erased, held, can it be opened
    Show {
        /// Mã hộ, mã người, hoặc household:MÃ, person:MÃ · code
        subject: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Mọi việc xóa và giữ lại · all erasures and holds
    List {
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Tất cả những gì đang lưu về một hộ, một người · all that is held on one subject
    Export {
        /// Mã hộ, mã người, hoặc household:MÃ, person:MÃ · code
        subject: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
}

/// `subject erase`.
#[derive(Debug, Args)]
pub struct EraseArgs {
    /// Mã hộ, mã người, hoặc household:MÃ, person:MÃ · code
    pub subject: String,
    /// Căn cứ pháp lý · legal basis
    #[arg(long)]
    pub basis: String,
    /// Ngày nhận yêu cầu · the day it was asked for
    #[arg(long, value_name = "DATE")]
    pub requested_on: Option<String>,
    /// Chỉ xóa thông tin của hộ, giữ của các nhân khẩu · the household alone, not its members
    #[arg(long)]
    pub only: bool,
    /// Không hỏi lại · do not ask
    #[arg(long)]
    pub yes: bool,
    /// Văn bản căn cứ · the document it rests on
    #[arg(long)]
    pub document: Option<String>,
    /// Lý do · reason
    #[arg(long)]
    pub reason: Option<String>,
}

/// `subject hold`.
#[derive(Debug, Args)]
pub struct HoldArgs {
    /// Mã hộ, mã người, hoặc household:MÃ, person:MÃ · code
    pub subject: String,
    /// Căn cứ pháp lý · legal basis
    #[arg(long)]
    pub basis: String,
    /// Đến hết ngày · last day
    #[arg(long, value_name = "DATE")]
    pub until: Option<String>,
    /// Văn bản căn cứ · the document it rests on
    #[arg(long)]
    pub document: Option<String>,
    /// Lý do · reason
    #[arg(long)]
    pub reason: Option<String>,
}

/// `subject release`.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// Mã hộ, mã người, hoặc household:MÃ, person:MÃ · code
    pub subject: String,
    /// Id của việc giữ lại, nếu có nhiều · which hold, where there are several
    #[arg(long)]
    pub hold: Option<uuid::Uuid>,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when the subject is not known, the law holds it, or the ledger cannot be used.
pub fn run(
    console: &mut Console<'_>,
    place: &Place,
    command: &SubjectCommand,
) -> Result<(), Failure> {
    match command {
        SubjectCommand::Erase(args) => erase(console, place, args),
        SubjectCommand::Hold(args) => {
            let mut ledger = place.write(console)?;
            let subject = named(console, &ledger, &args.subject)?;
            let until = match &args.until {
                Some(text) => Some(values::date(console, "--until", text)?),
                None => None,
            };
            let command = CustodyCommand::Hold {
                subject,
                basis: crate::import::text::normalised(&args.basis),
                until,
            };
            let basis = BasisArgs {
                document: args.document.clone(),
                reason: args.reason.clone(),
            };
            record(console, place, &mut ledger, command, &basis)
        }
        SubjectCommand::Release(args) => {
            let mut ledger = place.write(console)?;
            let subject = named(console, &ledger, &args.subject)?;
            let hold = args.hold;
            let command = CustodyCommand::Release { subject, hold };
            record(console, place, &mut ledger, command, &args.basis)
        }
        SubjectCommand::Show { subject, as_of } => {
            let ledger = place.read(console, as_of)?;
            let subject = named(console, &ledger, subject)?;
            show(console, place, &ledger, &[subject])
        }
        SubjectCommand::List { as_of } => {
            let ledger = place.read(console, as_of)?;
            let subjects: Vec<Subject> = ledger.state().custody.keys().cloned().collect();
            show(console, place, &ledger, &subjects)
        }
        SubjectCommand::Export { subject, as_of } => {
            let ledger = place.read(console, as_of)?;
            let subject = named(console, &ledger, subject)?;
            export(console, place, &ledger, &subject)
        }
    }
}

fn named<L: EventRead>(
    console: &Console<'_>,
    ledger: &Ledger<L>,
    text: &str,
) -> Result<Subject, Failure> {
    let text = crate::import::text::normalised(text);
    subject_named(ledger.state(), &text)
        .map_err(|rejection| console.failure(&OfficeError::Rejected(rejection)))
}

/// Records a command of custody by hand, and tells its id.
///
/// # Errors
/// [`Failure`] when it is refused or cannot be written.
pub fn record(
    console: &mut Console<'_>,
    place: &Place,
    ledger: &mut Writer,
    command: CustodyCommand,
    basis: &BasisArgs,
) -> Result<(), Failure> {
    let mut entry = Entry::by_hand(Command::Custody(command));
    entry.document = values::document(basis.document.as_ref());
    entry.reason = values::text(basis.reason.as_ref());
    let by = place.actor(console, ledger)?;
    let outcome = ledger
        .record_one(&mut place.tools(), &by, entry)
        .map_err(|error| console.failure(&error))?;
    let Outcome::New { id, seq, .. } = outcome else {
        return Ok(());
    };
    if console.is_json() {
        return console.json(&json!({ "id": id, "seq": seq, "status": "recorded" }));
    }
    console.line(console.pick(
        format!("đã ghi #{seq} {id}"),
        format!("recorded #{seq} {id}"),
    ))
}

fn erase(console: &mut Console<'_>, place: &Place, args: &EraseArgs) -> Result<(), Failure> {
    let mut ledger = place.write(console)?;
    let subject = named(console, &ledger, &args.subject)?;
    let mut subjects = vec![subject.clone()];
    if let (Subject::Household(code), false) = (&subject, args.only) {
        subjects.extend(ledger.state().persons_of(code).map(Subject::Person));
    }
    let requested_on = match &args.requested_on {
        Some(text) => Some(values::date(console, "--requested-on", text)?),
        None => None,
    };
    let order = ErasureOrder {
        subjects,
        basis: crate::import::text::normalised(&args.basis),
        requested_on,
        document: values::document(args.document.as_ref()),
        reason: values::text(args.reason.as_ref()),
    };
    let by = place.actor(console, &ledger)?;
    if !args.yes && console.interactive && !confirmed(console, &order) {
        return Err(Failure::Told);
    }
    let report = ledger
        .erase(&mut place.tools(), &place.dir, &by, &order)
        .map_err(|error| console.failure(&error))?;
    tell_erased(console, &report)
}

/// Asks at a terminal before something that cannot be undone.
fn confirmed(console: &mut Console<'_>, order: &ErasureOrder) -> bool {
    let names: Vec<_> = order.subjects.iter().map(Subject::to_string).collect();
    let names = names.join(", ");
    console.notice(console.pick(
        format!("Sẽ xóa vĩnh viễn thông tin cá nhân của: {names}\nGõ “xóa” để tiếp tục:"),
        format!("This erases for good the personal fields of: {names}\nType \"erase\" to go on:"),
    ));
    let mut answer = String::new();
    let read = std::io::stdin().read_line(&mut answer);
    read.is_ok() && ["xóa", "xoá", "erase"].contains(&answer.trim().to_lowercase().as_str())
}

fn tell_erased(console: &mut Console<'_>, report: &ErasureReport) -> Result<(), Failure> {
    let mentions = report.named_elsewhere.iter();
    if console.is_json() {
        let mentions: Vec<Value> = mentions
            .map(|it| json!({ "subject": it.subject, "seq": it.seq, "place": it.place }))
            .collect();
        let (first, last) = report.recorded.unzip();
        return console.json(&json!({
            "erased": report.subjects, "first": first, "last": last,
            "keys_kept": report.kept, "named_elsewhere": mentions,
            "earlier_backups": report.earlier_backups,
            "kept_files_redacted": report.kept_files.changed,
            "kept_files_unsearched": report.kept_files.unsearched,
        }));
    }
    for subject in &report.subjects {
        console.line(console.pick(
            format!("đã xóa vĩnh viễn: {subject}"),
            format!("erased for good: {subject}"),
        ))?;
    }
    if let Some((first, last)) = report.recorded {
        console.line(console.pick(
            format!("đã ghi #{first}–#{last}"),
            format!("recorded #{first} to #{last}"),
        ))?;
    }
    for file in &report.kept_files.changed {
        console.line(console.pick(
            format!("đã bôi tên trong tệp đã lưu {file}"),
            format!("names were taken out of the kept file {file}"),
        ))?;
    }
    for file in &report.kept_files.unsearched {
        console.line(console.pick(
            format!(
                "⚠ không tìm được tên trong tệp {file} (không phải văn bản thuần): tự kiểm tra"
            ),
            format!("⚠ {file} is no plain text and was not searched: look into it"),
        ))?;
    }
    super::backup::print_backups(console, &report.earlier_backups)?;
    for mention in mentions {
        console.line(console.pick(
            format!(
                "⚠ tên này còn mở được trong {} (#{}, {}): xóa cả hộ nếu cần",
                mention.subject, mention.seq, mention.place
            ),
            format!(
                "⚠ the name can still be opened in {} (#{}, {}): erase the household if needed",
                mention.subject, mention.seq, mention.place
            ),
        ))?;
    }
    Ok(())
}

/// Whether what is sealed of a subject can be opened now.
fn can_open(place: &Place, console: &Console<'_>, ledger: &Reader, subject: &Subject) -> bool {
    let erasures = ledger.state().erasures(subject);
    let keys = place.keys(console).ok();
    keys.is_some_and(|keys| matches!(keys.key_for(subject, erasures), Ok(Some(_))))
}

fn status(place: &Place, console: &Console<'_>, ledger: &Reader, subject: &Subject) -> Value {
    let custody = ledger
        .state()
        .custody
        .get(subject)
        .cloned()
        .unwrap_or_default();
    let erasures = custody.erasures.iter();
    let erasures: Vec<Value> = erasures
        .map(|it| json!({ "seq": it.seq, "at": format_moment(it.at_ms), "basis": it.basis }))
        .collect();
    let holds = custody.holds.iter();
    let holds: Vec<Value> = holds
        .map(|(id, it)| json!({ "id": id, "seq": it.seq, "basis": it.basis, "until": it.until }))
        .collect();
    json!({
        "subject": subject, "erasures": erasures, "holds": holds,
        "can_be_opened": can_open(place, console, ledger, subject),
    })
}

fn show(
    console: &mut Console<'_>,
    place: &Place,
    ledger: &Reader,
    subjects: &[Subject],
) -> Result<(), Failure> {
    if console.is_json() {
        let rows = subjects.iter();
        let rows: Vec<Value> = rows
            .map(|subject| status(place, console, ledger, subject))
            .collect();
        let as_of = stand_json(ledger.stand());
        return console.json(&json!({ "as_of": as_of, "subjects": rows }));
    }
    let lang = console.lang;
    let offset = ledger.state().ledger.as_ref();
    let offset = offset.map_or_else(|| "+00:00".to_owned(), |known| known.offset.clone());
    let mut rows = Vec::new();
    for subject in subjects {
        let opens = if can_open(place, console, ledger, subject) {
            lang.pick("còn mở được", "can be opened")
        } else {
            lang.pick("không mở được", "cannot be opened")
        };
        let custody = ledger.state().custody.get(subject);
        let erasures = custody.into_iter().flat_map(|it| &it.erasures);
        let holds = custody.into_iter().flat_map(|it| it.holds.iter());
        let mut cells = vec![vec![subject.to_string(), opens.to_owned(), String::new()]];
        cells.extend(erasures.map(|it| {
            let day = local_date(it.at_ms, &offset).format("%d/%m/%Y");
            let what = lang.pick("đã xóa", "erased");
            let what = format!("  {what} {day} (#{})", it.seq);
            vec![what, it.basis.clone(), String::new()]
        }));
        cells.extend(holds.map(|(id, it)| {
            let until = it.until.map(|day| {
                let to = lang.pick("đến hết", "until");
                format!(" {to} {}", day.format("%d/%m/%Y"))
            });
            let what = lang.pick("giữ lại", "held");
            let what = format!("  {what} (#{}){}", it.seq, until.unwrap_or_default());
            vec![what, it.basis.clone(), id.to_string()]
        }));
        rows.extend(cells);
    }
    let header = lang.pick(["đối tượng", "căn cứ", "id"], ["subject", "basis", "id"]);
    console.line(table(&header, rows, &[]))?;
    console.line(fingerprint(ledger.stand(), lang))
}

/// All events about a subject: for a household those of its members too, for a person those that
/// their household's list makes of it.
fn events_of(ledger: &Reader, subject: &Subject) -> Result<Vec<Event>, OfficeError> {
    match subject {
        Subject::Household(code) => {
            let mut tags = vec![household_tag(code)];
            tags.extend(
                ledger
                    .state()
                    .persons_of(code)
                    .map(|code| person_tag(&code)),
            );
            ledger.tagged(&tags)
        }
        Subject::Person(code) => ledger.tagged(&[person_tag(code)]),
        Subject::Ledger => {
            let events = ledger.events(1, ledger.stand().seq)?;
            let about = |event: &Event| {
                let mut any = false;
                event.body.each_personal(&mut |_, _| any = true);
                any && event.body.subject() == Subject::Ledger
            };
            Ok(events.into_iter().filter(about).collect())
        }
    }
}

/// What the access log says of a subject, as far as it can be read.
fn accesses(place: &Place, ledger: &Reader, subject: &Subject) -> Result<Vec<AccessEntry>, String> {
    let log = AccessLog::of(&place.dir);
    let entries = log.read(&ledger.state().anchors);
    let entries = entries.map_err(|error| error.to_string())?;
    let about =
        |entry: &AccessEntry| entry.subjects.contains(subject) || entry.subjects_count.is_some();
    Ok(entries.into_iter().filter(about).collect())
}

fn export(
    console: &mut Console<'_>,
    place: &Place,
    ledger: &Reader,
    subject: &Subject,
) -> Result<(), Failure> {
    let mut found = events_of(ledger, subject).map_err(|error| console.failure(&error))?;
    let accesses = accesses(place, ledger, subject);
    if console.is_json() {
        let rows: Vec<Value> = found
            .into_iter()
            .map(|mut event| {
                ledger.personal().open_event(&mut event);
                json!({
                    "seq": event.seq, "id": event.id, "type": event.body.type_name(),
                    "at": format_moment(event.at_ms), "by": event.by, "source": event.source,
                    "document": event.document, "reason": event.reason,
                    "findings": event.findings, "data": events::open_data(&event),
                })
            })
            .collect();
        let custody = status(place, console, ledger, subject);
        let as_of = stand_json(ledger.stand());
        return console.json(&json!({
            "as_of": as_of, "subject": subject, "custody": custody, "events": rows,
            "accesses": accesses.as_ref().ok(), "access_log_fault": accesses.as_ref().err(),
        }));
    }
    let (lang, name) = (console.lang, subject.to_string());
    console.line(lang.pick(
        format!("Dữ liệu đang lưu về {name}"),
        format!("What is held on {name}"),
    ))?;
    fields(console, ledger, &found)?;
    history::print_events(console, ledger, &mut found)?;
    show(console, place, ledger, std::slice::from_ref(subject))?;
    match accesses {
        Ok(entries) => super::access::print(console, &entries),
        Err(fault) => {
            console.notice(format!("⚠ {fault}"));
            Ok(())
        }
    }
}

/// The personal fields in the order they were recorded.
fn fields(console: &mut Console<'_>, ledger: &Reader, found: &[Event]) -> Result<(), Failure> {
    let reader = ledger.personal();
    let mut rows = Vec::new();
    for event in found {
        let mut event = event.clone();
        reader.open_event(&mut event);
        let subject = event.body.subject();
        event.body.each_personal(&mut |place, value| {
            let text = value.open_text().unwrap_or(crate::office::personal::ERASED);
            let seq = format!("#{}", event.seq);
            rows.push(vec![
                seq,
                subject.to_string(),
                place.to_owned(),
                text.to_owned(),
            ]);
        });
    }
    let header = console.pick(
        ["sự kiện", "của", "trường", "nội dung"],
        ["event", "of", "field", "text"],
    );
    console.line(table(&header, rows, &[]))
}
