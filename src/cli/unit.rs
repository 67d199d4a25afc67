//! `socai unit`: administrative units over time, and what became of them.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde::Deserialize;
use serde_json::{Value, json};

use super::args::{AsOfArgs, BasisArgs};
use super::console::{Console, Failure, Problem, table};
use super::figures::{fingerprint, stand_json};
use super::open::{Place, Reader};
use super::values;
use crate::domain::code::Code;
use crate::domain::command::{Command, ReorganisationDraft, UnitDraft};
use crate::domain::event::Document;
use crate::domain::ledger::UnitLevel;
use crate::domain::rejection::Rejection;
use crate::domain::unit::{Unit, UnitProblem, Units};
use crate::import::text::normalised;
use crate::office::{Entry, OfficeError};

/// `unit`.
#[derive(Debug, Subcommand)]
pub enum UnitCommand {
    /// Các đơn vị hành chính · the units
    List {
        /// Vào ngày này · on this day
        #[arg(long)]
        on: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Một đơn vị qua các thời kỳ · one unit over time
    Show {
        /// Mã hoặc tên định danh · id or code
        unit: String,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Đăng ký một đơn vị · register a unit
    Register(RegisterArgs),
    /// Đổi tên một đơn vị · give a unit another name
    Rename(RenameArgs),
    /// Sắp xếp đơn vị hành chính · units end, others take over
    Reorganise(ReorganiseArgs),
}

/// `unit register` and `record unit`.
#[derive(Debug, Clone, Args)]
pub struct RegisterArgs {
    /// Tên định danh trong sổ (mặc định: MÃ@NGÀY, hoặc tên) · its id in this ledger
    #[arg(long)]
    pub unit: Option<String>,
    /// Mã chính thức · official code
    #[arg(long)]
    pub code: Option<String>,
    /// Cấp: village, commune, district, province · level
    #[arg(long)]
    pub level: String,
    /// Tên · name
    #[arg(long)]
    pub name: String,
    /// Thuộc đơn vị · the unit it belongs to
    #[arg(long)]
    pub parent: Option<String>,
    /// Từ ngày · the day it came into being
    #[arg(long, value_name = "DATE")]
    pub since: Option<String>,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `unit rename`.
#[derive(Debug, Args)]
pub struct RenameArgs {
    /// Mã hoặc tên định danh · id or code
    pub unit: String,
    /// Tên mới · its new name
    #[arg(long)]
    pub name: String,
    /// Từ ngày; không ghi: tên cũ ghi sai · from which day; without it the name is put right
    #[arg(long)]
    pub on: Option<String>,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `unit reorganise`.
#[derive(Debug, Args)]
pub struct ReorganiseArgs {
    /// Tệp JSON mô tả cả lần sắp xếp · a JSON file that describes all of it
    #[arg(conflicts_with_all = ["on", "from", "into", "part", "home"])]
    pub file: Option<PathBuf>,
    /// Ngày đầu tiên của đơn vị mới · first day of the new order
    #[arg(long)]
    pub on: Option<String>,
    /// Đơn vị kết thúc, lặp lại · a unit that ends, repeatable
    #[arg(long)]
    pub from: Vec<String>,
    /// Đơn vị tiếp nhận: CẤP:MÃ=TÊN, hoặc mã của đơn vị đã có · LEVEL:CODE=NAME, or a known unit
    #[arg(long)]
    pub into: Vec<String>,
    /// THÔN=ĐƠN_VỊ, lặp lại · PART=UNIT, repeatable
    #[arg(long, value_name = "PART=UNIT")]
    pub part: Vec<String>,
    /// HỘ=THÔN khi thôn được chia, lặp lại · HOUSEHOLD=VILLAGE, repeatable
    #[arg(long, value_name = "HOUSEHOLD=VILLAGE")]
    pub home: Vec<String>,
    /// Chỉ kiểm tra, không ghi · check only
    #[arg(long)]
    pub dry_run: bool,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// A unit in the file of a reorganisation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UnitInFile {
    unit: Option<String>,
    code: Option<Code>,
    level: Option<UnitLevel>,
    name: Option<String>,
    parent: Option<String>,
    valid_from: Option<NaiveDate>,
}

/// A part in the file of a reorganisation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartInFile {
    unit: String,
    into: String,
}

/// A household of a divided village in the file of a reorganisation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HomeInFile {
    household: Code,
    village: String,
}

/// The file of a reorganisation.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReorganisationFile {
    effective_on: NaiveDate,
    document: Option<Document>,
    #[serde(default)]
    known: Vec<UnitInFile>,
    from: Vec<String>,
    #[serde(default)]
    into: Vec<UnitInFile>,
    #[serde(default)]
    parts: Vec<PartInFile>,
    #[serde(default)]
    homes: Vec<HomeInFile>,
}

impl UnitInFile {
    fn draft(self) -> UnitDraft {
        UnitDraft {
            unit: self.unit.map(|text| normalised(&text)),
            code: self.code,
            level: self.level,
            name: self.name.map(|text| normalised(&text)),
            parent: self.parent.map(|text| normalised(&text)),
            valid_from: self.valid_from,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when what is asked cannot be true, or the ledger cannot be read or written.
pub fn run(console: &mut Console<'_>, place: &Place, command: &UnitCommand) -> Result<(), Failure> {
    match command {
        UnitCommand::List { on, as_of } => {
            let ledger = place.read(console, as_of)?;
            let on = on.as_ref();
            let on = on.map(|text| values::date(console, "--on", text));
            list(console, &ledger, on.transpose()?)
        }
        UnitCommand::Show { unit, as_of } => {
            let ledger = place.read(console, as_of)?;
            show(console, &ledger, unit)
        }
        UnitCommand::Register(args) => {
            let entry = Entry::by_hand(register(console, args)?);
            super::record::commit_new(console, place, entry, &args.basis)
        }
        UnitCommand::Rename(args) => {
            let on = args.on.as_ref();
            let on = on.map(|text| values::date(console, "--on", text));
            let command = Command::RenameUnit {
                unit: normalised(&args.unit),
                name: normalised(&args.name),
                on: on.transpose()?,
            };
            super::record::commit_new(console, place, Entry::by_hand(command), &args.basis)
        }
        UnitCommand::Reorganise(args) => reorganise(console, place, args),
    }
}

/// Reads the options of a unit to register.
///
/// # Errors
/// [`Failure`] names the option and what is wrong.
pub fn register(console: &Console<'_>, args: &RegisterArgs) -> Result<Command, Failure> {
    let since = args.since.as_ref();
    let since = since.map(|text| values::date(console, "--since", text));
    Ok(Command::RegisterUnit(UnitDraft {
        unit: values::text(args.unit.as_ref()),
        code: values::maybe_code(console, "--code", args.code.as_ref())?,
        level: Some(level(console, "--level", &args.level)?),
        name: values::text(Some(&args.name)),
        parent: values::text(args.parent.as_ref()),
        valid_from: since.transpose()?,
    }))
}

fn level(console: &Console<'_>, option: &str, text: &str) -> Result<UnitLevel, Failure> {
    text.parse().map_err(|()| {
        let all = UnitLevel::ALL.map(UnitLevel::code).join(", ");
        let (vi, en) = (
            format!("không phải cấp hành chính; có: {all}"),
            format!("no level; there are: {all}"),
        );
        console.wrong(option, text, &vi, &en)
    })
}

fn pair(console: &Console<'_>, option: &str, text: &str) -> Result<(String, String), Failure> {
    let halves = text.rsplit_once('=');
    let halves = halves.filter(|(a, b)| !a.trim().is_empty() && !b.trim().is_empty());
    let (part, unit) = halves.ok_or_else(|| {
        console.wrong(
            option,
            text,
            "phải có dạng PHẦN=ĐƠN_VỊ",
            "must be of the form PART=UNIT",
        )
    })?;
    Ok((normalised(part), normalised(unit)))
}

/// `LEVEL:CODE=NAME` for a new unit, `LEVEL:=NAME` for one without a code, else a known unit.
fn heir(console: &Console<'_>, text: &str) -> Result<UnitDraft, Failure> {
    let Some((of, name)) = text.split_once('=') else {
        return Ok(UnitDraft {
            unit: Some(normalised(text)),
            ..UnitDraft::default()
        });
    };
    let (named, official) = of.split_once(':').ok_or_else(|| {
        console.wrong(
            "--into",
            text,
            "đơn vị mới phải có dạng CẤP:MÃ=TÊN",
            "a new unit must be of the form LEVEL:CODE=NAME",
        )
    })?;
    let official = Some(official.to_owned()).filter(|code| !code.trim().is_empty());
    Ok(UnitDraft {
        code: values::maybe_code(console, "--into", official.as_ref())?,
        level: Some(level(console, "--into", named)?),
        name: Some(normalised(name)),
        ..UnitDraft::default()
    })
}

fn reorganise(
    console: &mut Console<'_>,
    place: &Place,
    args: &ReorganiseArgs,
) -> Result<(), Failure> {
    let (draft, document) = match &args.file {
        Some(path) => read_file(console, path)?,
        None => (from_options(console, args)?, None),
    };
    let mut entry = Entry::by_hand(Command::ReorganiseUnits(Box::new(draft)));
    entry.document = document;
    if args.dry_run {
        super::record::check_new(console, place, entry, &args.basis)
    } else {
        super::record::commit_new(console, place, entry, &args.basis)
    }
}

fn from_options(
    console: &Console<'_>,
    args: &ReorganiseArgs,
) -> Result<ReorganisationDraft, Failure> {
    let on = args.on.as_ref().ok_or_else(|| {
        let rejection = Rejection::Missing("effective_on");
        console.usage("--on", &rejection)
    })?;
    let into = args.into.iter().map(|text| heir(console, text));
    let parts = args.part.iter().map(|text| pair(console, "--part", text));
    let homes = args.home.iter().map(|text| {
        let (household, village) = pair(console, "--home", text)?;
        Ok((values::code(console, "--home", &household)?, village))
    });
    Ok(ReorganisationDraft {
        effective_on: Some(values::date(console, "--on", on)?),
        known: Vec::new(),
        from: args.from.iter().map(|text| normalised(text)).collect(),
        into: into.collect::<Result<_, Failure>>()?,
        parts: parts.collect::<Result<_, Failure>>()?,
        homes: homes.collect::<Result<_, Failure>>()?,
    })
}

fn read_file(
    console: &Console<'_>,
    path: &std::path::Path,
) -> Result<(ReorganisationDraft, Option<Document>), Failure> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|error| console.failure(&OfficeError::File(name.clone(), error)))?;
    let file: ReorganisationFile = serde_json::from_str(&text).map_err(|error| {
        Failure::Refused(Problem {
            code: "bad_file".to_owned(),
            message: console.pick(
                format!("tệp không đúng dạng một lần sắp xếp: {error}"),
                format!("the file does not describe a reorganisation: {error}"),
            ),
            location: Some(name),
            hint: Some(
                console
                    .pick(
                        "xem examples/phu-thong-2025.json",
                        "see examples/phu-thong-2025.json",
                    )
                    .to_owned(),
            ),
        })
    })?;
    let parts = file.parts.into_iter();
    let homes = file.homes.into_iter();
    let draft = ReorganisationDraft {
        effective_on: Some(file.effective_on),
        known: file.known.into_iter().map(UnitInFile::draft).collect(),
        from: file.from.iter().map(|text| normalised(text)).collect(),
        into: file.into.into_iter().map(UnitInFile::draft).collect(),
        parts: parts
            .map(|part| (normalised(&part.unit), normalised(&part.into)))
            .collect(),
        homes: homes
            .map(|home| (home.household, normalised(&home.village)))
            .collect(),
    };
    Ok((draft, file.document))
}

fn day(console: &Console<'_>, day: NaiveDate) -> String {
    console.pick(day.format("%d/%m/%Y").to_string(), day.to_string())
}

fn unit_json(units: &Units, unit: &Unit, on: Option<NaiveDate>) -> Value {
    let id = &unit.registered.unit;
    let at = on.unwrap_or(NaiveDate::MAX);
    let ended = unit.ended.as_ref();
    json!({
        "unit": id,
        "code": unit.registered.code,
        "key": unit.key,
        "level": unit.registered.level,
        "name": unit.name_on(at),
        "parent": units.parent_on(id.as_str(), at),
        "valid_from": unit.registered.valid_from,
        "ended_on": ended.map(|ended| ended.on),
        "successors": ended.map(|ended| &ended.successors),
        "predecessors": unit.predecessors,
    })
}

fn list(console: &mut Console<'_>, ledger: &Reader, on: Option<NaiveDate>) -> Result<(), Failure> {
    let units = &ledger.state().units;
    let there = |unit: &&Unit| on.is_none_or(|day| unit.is_valid_on(day));
    let mut found: Vec<&Unit> = units.values().filter(there).collect();
    found.sort_by(|a, b| {
        let level = b.registered.level.cmp(&a.registered.level);
        level.then_with(|| a.registered.unit.cmp(&b.registered.unit))
    });
    if console.is_json() {
        let rows: Vec<Value> = found
            .iter()
            .map(|unit| unit_json(units, unit, on))
            .collect();
        let as_of = stand_json(ledger.stand());
        return console.json(&json!({ "as_of": as_of, "on": on, "units": rows }));
    }
    let lang = console.lang;
    let header = lang.pick(
        [
            "cấp",
            "định danh",
            "mã",
            "tên",
            "thuộc",
            "từ ngày",
            "đến hết",
        ],
        ["level", "unit", "code", "name", "part of", "from", "until"],
    );
    let rows = found.iter().map(|unit| {
        let registered = &unit.registered;
        let at = on.unwrap_or(NaiveDate::MAX);
        let text = |code: Option<&Code>| code.map(Code::to_string).unwrap_or_default();
        let until = unit.ended.as_ref().and_then(|ended| ended.on.pred_opt());
        vec![
            registered.level.name().get(lang).to_owned(),
            registered.unit.to_string(),
            text(registered.code.as_ref()),
            unit.name_on(at).to_owned(),
            text(units.parent_on(registered.unit.as_str(), at)),
            registered
                .valid_from
                .map(|from| day(console, from))
                .unwrap_or_default(),
            until.map(|until| day(console, until)).unwrap_or_default(),
        ]
    });
    let text = table(&header, rows.collect(), &[]);
    console.line(text)?;
    console.line(fingerprint(ledger.stand(), lang))
}

fn show(console: &mut Console<'_>, ledger: &Reader, named: &str) -> Result<(), Failure> {
    let units = &ledger.state().units;
    let named = normalised(named);
    let same_code = |unit: &&Unit| {
        let code = unit.registered.code.as_ref();
        code.is_some_and(|code| code.as_str() == named)
    };
    // A code names every unit that ever had it.
    let mut found: Vec<&Unit> = units.values().filter(same_code).collect();
    if let Some(unit) = units.get(named.as_str())
        && !found.contains(&unit)
    {
        found.push(unit);
    }
    if found.is_empty() {
        let known = Vec::new();
        let problem = UnitProblem::Unknown { name: named, known };
        return Err(console.refused(&problem));
    }
    if console.is_json() {
        let rows: Vec<Value> = found
            .iter()
            .map(|unit| {
                let mut value = unit_json(units, unit, None);
                if let Some(object) = value.as_object_mut() {
                    let names = unit.names.entries().iter();
                    let parents = unit.parents.entries().iter();
                    let names: Vec<Value> = names
                        .map(|e| json!({ "from": e.from, "name": e.value, "seq": e.seq }))
                        .collect();
                    let parents: Vec<Value> = parents
                        .map(|e| json!({ "from": e.from, "unit": e.value, "seq": e.seq }))
                        .collect();
                    object.insert("names".to_owned(), json!(names));
                    object.insert("parents".to_owned(), json!(parents));
                    object.insert("seq".to_owned(), json!(unit.seq));
                }
                value
            })
            .collect();
        let as_of = stand_json(ledger.stand());
        return console.json(&json!({ "as_of": as_of, "units": rows }));
    }
    for unit in &found {
        print(console, units, unit)?;
    }
    console.line(fingerprint(ledger.stand(), console.lang))
}

fn print(console: &mut Console<'_>, units: &Units, unit: &Unit) -> Result<(), Failure> {
    let lang = console.lang;
    let registered = &unit.registered;
    console.line(format!(
        "{} {} (#{})",
        registered.level.name().get(lang),
        registered.unit,
        unit.seq
    ))?;
    let from_text = |from: Option<NaiveDate>| match from {
        Some(from) => format!("{} {}", lang.pick("từ", "from"), day(console, from)),
        None => lang.pick("từ đầu", "from the beginning").to_owned(),
    };
    let mut lines = Vec::new();
    if let Some(code) = &registered.code {
        lines.push(format!("{}: {code}", lang.pick("mã", "code")));
    }
    if let Some(from) = registered.valid_from {
        let since = lang.pick("có từ", "since");
        lines.push(format!("{since}: {}", day(console, from)));
    }
    for name in unit.names.entries() {
        let called = lang.pick("tên", "name");
        let from = from_text(name.from);
        lines.push(format!("{called} {from}: {} (#{})", name.value, name.seq));
    }
    for parent in unit.parents.entries() {
        let belongs = lang.pick("thuộc", "part of");
        let from = from_text(parent.from);
        let above = parent.value.as_str();
        let name = units.get(above).map(|unit| unit.registered.name.as_str());
        let name = name.unwrap_or_default();
        lines.push(format!(
            "{belongs} {from}: {above} {name} (#{})",
            parent.seq
        ));
    }
    let joined = |codes: &std::collections::BTreeSet<Code>| {
        let codes: Vec<&str> = codes.iter().map(Code::as_str).collect();
        codes.join(", ")
    };
    if !unit.predecessors.is_empty() {
        let after = lang.pick("tiếp nhận từ", "took over from");
        lines.push(format!("{after}: {}", joined(&unit.predecessors)));
    }
    if let Some(ended) = &unit.ended {
        let to = if ended.successors.is_empty() {
            lang.pick("không có đơn vị kế tục", "no successor")
                .to_owned()
        } else {
            joined(&ended.successors)
        };
        lines.push(lang.pick(
            format!(
                "kết thúc: không còn từ {} (#{}) → {to}",
                day(console, ended.on),
                ended.seq
            ),
            format!(
                "ended: no more from {} (#{}) → {to}",
                day(console, ended.on),
                ended.seq
            ),
        ));
    }
    for line in lines {
        console.line(format!("  {line}"))?;
    }
    Ok(())
}
