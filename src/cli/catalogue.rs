//! `socai catalogue`: what support there is on a day, how much by which law, and a newer catalogue.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::args::{AsOfArgs, BasisArgs};
use super::console::{Console, Failure, table};
use super::figures::{fingerprint, stand_json};
use super::open::{self, Place, Reader};
use super::values;
use crate::domain::catalogue::{
    Certainty, LegalBasis, NormBound, NormPer, RoundingMode, SupportKind,
};
use crate::domain::command::Command;
use crate::domain::language::Lang;
use crate::domain::norm::{IndicatorSet, LawOn, NormNotified, NormOnDay, norms_on};
use crate::domain::papers::DocumentRegistered;
use crate::domain::rejection::{Rejection, Unknown};
use crate::domain::state::State;
use crate::office::{Entry, OfficeError, opening};

/// `catalogue`.
#[derive(Debug, Subcommand)]
pub enum CatalogueCommand {
    /// Các chính sách, hoặc một chính sách · the kinds of support, or one of them
    Show {
        /// Chính sách · kind
        kind: Option<String>,
        /// Vào ngày này · on this day
        #[arg(long)]
        on: Option<String>,
        #[command(flatten)]
        #[allow(missing_docs)]
        as_of: AsOfArgs,
    },
    /// Định mức của một chính sách vào một ngày · how much a kind gives on a day
    Norm(NormArgs),
    /// Áp dụng danh mục mới · adopt a newer catalogue
    Adopt {
        /// Tệp danh mục (JSON) · the catalogue
        #[arg(required_unless_present = "built_in", conflicts_with = "built_in")]
        file: Option<PathBuf>,
        /// Danh mục có sẵn của chương trình này · the one that comes with this program
        #[arg(long)]
        built_in: bool,
        #[command(flatten)]
        #[allow(missing_docs)]
        basis: BasisArgs,
    },
}

/// `catalogue norm`.
#[derive(Debug, Args)]
pub struct NormArgs {
    /// Chính sách · kind
    pub kind: String,
    /// Ngày được hưởng · the day it is for
    #[arg(long)]
    pub on: String,
    /// Theo pháp luật có hiệu lực đến ngày này · by the law as it stood on this day
    #[arg(long, value_name = "DATE")]
    pub law_on: Option<String>,
    /// Tính cả mức mới công bố, chưa có hiệu lực · what was only announced counts as well
    #[arg(long)]
    pub announced: bool,
    /// How much of the log is known.
    #[command(flatten)]
    pub as_of: AsOfArgs,
}

/// What is recorded of the rules.
#[derive(Debug, Subcommand)]
pub enum RulesCommand {
    /// Giá trị theo thời gian (lương cơ sở, giá, thuế) · a value of a dated series
    Indicator {
        /// Chuỗi giá trị · the series
        #[arg(long)]
        indicator: String,
        /// Giá trị · the value
        #[arg(long)]
        value: String,
        /// Từ ngày · its first day
        #[arg(long)]
        from: String,
        /// Mới công bố, chưa có hiệu lực · announced, not yet law
        #[arg(long)]
        announced: bool,
        #[command(flatten)]
        #[allow(missing_docs)]
        basis: BasisArgs,
    },
    /// Định mức theo văn bản thông báo · a norm that a document fixed
    Norm(NotifyArgs),
    /// Đăng ký một văn bản · register a document
    Document(DocumentArgs),
    /// Đính chính một văn bản đã đăng ký · put right what is said of a document
    DocumentCorrection(DocumentArgs),
}

/// `record norm`.
#[derive(Debug, Args)]
pub struct NotifyArgs {
    /// Chính sách · kind
    #[arg(long)]
    pub kind: String,
    /// Số tiền · amount
    #[arg(long, required_unless_present = "quantity")]
    pub amount: Option<String>,
    /// Số lượng · quantity
    #[arg(long)]
    pub quantity: Option<String>,
    /// Tính theo: day, month, quarter, year, once, household, person, house, course, project
    #[arg(long)]
    pub per: String,
    /// Ngày có hiệu lực · the day it takes effect
    #[arg(long)]
    pub from: String,
    /// Áp dụng từ ngày (hồi tố) · the first day it is applied to
    #[arg(long)]
    pub applies_from: Option<String>,
    /// Đến hết ngày · the last day it is applied to
    #[arg(long)]
    pub to: Option<String>,
    /// Trường hợp · the case it is for
    #[arg(long)]
    pub variant: Option<String>,
    /// Mới công bố, chưa có hiệu lực · announced, not yet law
    #[arg(long)]
    pub announced: bool,
    /// What it rests on.
    #[command(flatten)]
    pub basis: BasisArgs,
}

/// `record document` and `record document-correction`.
#[derive(Debug, Args)]
pub struct DocumentArgs {
    /// Số, ký hiệu như đã viện dẫn trong sổ · the number that events cite it by
    pub cited: String,
    /// Số, ký hiệu đúng · its right number
    #[arg(long)]
    pub number: Option<String>,
    /// Loại văn bản · its type
    #[arg(long = "type")]
    pub kind: Option<String>,
    /// Ngày · its date
    #[arg(long)]
    pub date: Option<String>,
    /// Cơ quan ban hành · who issued it
    #[arg(long)]
    pub issuer: Option<String>,
    /// Trích yếu · what it is about
    #[arg(long)]
    pub about: Option<String>,
    /// Lý do (khi đính chính) · why, for a correction
    #[arg(long)]
    pub reason: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when there is no such kind, the catalogue cannot be adopted, or the ledger cannot
/// be read or written.
pub fn run(
    console: &mut Console<'_>,
    place: &Place,
    command: &CatalogueCommand,
) -> Result<(), Failure> {
    match command {
        CatalogueCommand::Show { kind, on, as_of } => {
            let ledger = place.read(console, as_of)?;
            let on = match on {
                Some(text) => values::date(console, "--on", text)?,
                None => open::today(&ledger),
            };
            match kind {
                None => list(console, &ledger, on),
                Some(kind) => {
                    let law = LawOn {
                        day: None,
                        announced: true,
                    };
                    norm(console, &ledger, kind, on, law)
                }
            }
        }
        CatalogueCommand::Norm(args) => {
            let ledger = place.read(console, &args.as_of)?;
            let on = values::date(console, "--on", &args.on)?;
            let day = args.law_on.as_ref();
            let day = day.map(|text| values::date(console, "--law-on", text));
            let law = LawOn {
                day: day.transpose()?,
                announced: args.announced,
            };
            norm(console, &ledger, &args.kind, on, law)
        }
        CatalogueCommand::Adopt { file, basis, .. } => {
            let (text, name) = match file {
                None => super::init::built_in_catalogue(),
                Some(path) => {
                    let name = path.display().to_string();
                    let text = std::fs::read_to_string(path).map_err(|error| {
                        console.failure(&OfficeError::File(name.clone(), error))
                    })?;
                    (text, name)
                }
            };
            let adoption = opening::adoption(&text, &name);
            let adoption = adoption.map_err(|error| console.failure(&error))?;
            let command = Command::AdoptCatalogue(Box::new(adoption));
            super::record::commit_new(console, place, Entry::by_hand(command), basis)
        }
    }
}

/// Reads the options of what is recorded of the rules.
///
/// # Errors
/// [`Failure`] names the option and what is wrong.
pub fn read(
    console: &Console<'_>,
    state: &State,
    command: &RulesCommand,
) -> Result<(Command, BasisArgs), Failure> {
    Ok(match command {
        RulesCommand::Indicator {
            indicator,
            value,
            from,
            announced,
            basis,
        } => {
            let data = IndicatorSet {
                announced: *announced,
                from: values::date(console, "--from", from)?,
                indicator: values::code(console, "--indicator", indicator)?,
                value: values::exact(console, "--value", value)?,
            };
            (Command::SetIndicator(data), basis.clone())
        }
        RulesCommand::Norm(args) => {
            let data = notified(console, state, args)?;
            (Command::NotifyNorm(data), args.basis.clone())
        }
        RulesCommand::Document(args) => {
            let basis = BasisArgs {
                document: None,
                reason: args.reason.clone(),
            };
            (Command::RegisterDocument(paper(console, args)?), basis)
        }
        RulesCommand::DocumentCorrection(args) => {
            let basis = BasisArgs {
                document: None,
                reason: args.reason.clone(),
            };
            (Command::CorrectDocument(paper(console, args)?), basis)
        }
    })
}

fn notified(
    console: &Console<'_>,
    state: &State,
    args: &NotifyArgs,
) -> Result<NormNotified, Failure> {
    let date = |option: &str, text: Option<&String>| {
        text.map(|text| values::date(console, option, text))
            .transpose()
    };
    let kind = crate::office::lists::kind_code(&state.catalogue, &args.kind);
    let per: NormPer = serde_json::from_value(json!(args.per)).map_err(|_| {
        let all = "day, month, quarter, year, once, household, person, house, course, project";
        let (vi, en) = (
            format!("không có; dùng: {all}"),
            format!("use one of {all}"),
        );
        console.wrong("--per", &args.per, &vi, &en)
    })?;
    let amount = args.amount.as_ref();
    let quantity = args.quantity.as_ref();
    Ok(NormNotified {
        amount: amount
            .map(|text| values::money(console, state, "--amount", text))
            .transpose()?,
        announced: args.announced,
        applies_from: date("--applies-from", args.applies_from.as_ref())?,
        effective_from: values::date(console, "--from", &args.from)?,
        effective_to: date("--to", args.to.as_ref())?,
        quantity: quantity
            .map(|text| values::quantity(console, state, text, None, Some(&kind)))
            .transpose()?,
        kind: values::code(console, "--kind", &kind)?,
        per,
        variant: values::maybe_code(console, "--variant", args.variant.as_ref())?,
    })
}

fn paper(console: &Console<'_>, args: &DocumentArgs) -> Result<DocumentRegistered, Failure> {
    let date = args.date.as_ref();
    let document = values::code(console, "document", &args.cited)?;
    Ok(DocumentRegistered {
        about: values::text(args.about.as_ref()),
        date: date
            .map(|text| values::date(console, "--date", text))
            .transpose()?,
        issuer: values::text(args.issuer.as_ref()),
        number: values::text(args.number.as_ref()).unwrap_or_else(|| document.to_string()),
        document,
        kind: values::text(args.kind.as_ref()),
    })
}

fn day(lang: Lang, day: NaiveDate) -> String {
    lang.pick(day.format("%d/%m/%Y").to_string(), day.to_string())
}

fn list(console: &mut Console<'_>, ledger: &Reader, on: NaiveDate) -> Result<(), Failure> {
    let catalogue = &ledger.state().catalogue;
    if console.is_json() {
        let kinds: Vec<Value> = catalogue
            .kinds
            .iter()
            .map(|kind| {
                json!({
                    "kind": kind.code, "name": kind.name, "programme": kind.programme,
                    "valid": kind.is_valid_on(on), "valid_from": kind.valid_from,
                    "valid_to": kind.valid_to, "successor": kind.successor,
                })
            })
            .collect();
        return console.json(&json!({
            "as_of": stand_json(ledger.stand()),
            "catalogue": catalogue.code, "version": catalogue.version, "on": on,
            "kinds": kinds,
        }));
    }
    let lang = console.lang;
    console.line(format!(
        "{} ({} v{}) · {}",
        catalogue.name.get(lang),
        catalogue.code,
        catalogue.version,
        day(lang, on)
    ))?;
    let header = lang.pick(
        ["mã", "tên", "áp dụng", "kế tục"],
        ["kind", "name", "valid", "successor"],
    );
    let rows = catalogue.kinds.iter().map(|kind| {
        vec![
            kind.code.to_string(),
            kind.name.get(lang).to_owned(),
            valid_text(kind, on, lang),
            kind.successor
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default(),
        ]
    });
    let text = table(&header, rows.collect(), &[]);
    console.line(text)?;
    console.line(fingerprint(ledger.stand(), lang))
}

fn valid_text(kind: &SupportKind, on: NaiveDate, lang: Lang) -> String {
    if kind.is_valid_on(on) {
        return lang.pick("có", "yes").to_owned();
    }
    match (kind.valid_to, kind.valid_from) {
        (Some(to), _) if to < on => lang.pick(
            format!("đã hết từ sau {}", day(lang, to)),
            format!("ended after {to}"),
        ),
        (_, Some(from)) => lang.pick(
            format!("chưa, từ {}", day(lang, from)),
            format!("not before {from}"),
        ),
        _ => lang.pick("không", "no").to_owned(),
    }
}

fn norm(
    console: &mut Console<'_>,
    ledger: &Reader,
    named: &str,
    on: NaiveDate,
    law: LawOn,
) -> Result<(), Failure> {
    let state = ledger.state();
    let code = crate::office::lists::kind_code(&state.catalogue, named);
    let Some(kind) = state.catalogue.kind(&code) else {
        return Err(console.refused(&Rejection::unknown(Unknown::Kind, named)));
    };
    let norms = norms_on(state, kind, on, law);
    if console.is_json() {
        let rows: Vec<Value> = norms.iter().map(norm_json).collect();
        return console.json(&json!({
            "as_of": stand_json(ledger.stand()),
            "catalogue": state.catalogue.code, "version": state.catalogue.version,
            "kind": kind.code, "name": kind.name, "on": on, "law_on": law.day,
            "valid": kind.is_valid_on(on), "valid_from": kind.valid_from,
            "valid_to": kind.valid_to, "successor": kind.successor,
            "legal_basis": kind.legal_basis,
            "norms": rows,
        }));
    }
    let lang = console.lang;
    console.line(format!(
        "{} ({}) · {}",
        kind.name.get(lang),
        kind.code,
        day(lang, on)
    ))?;
    if let Some(law_on) = law.day {
        console.line(lang.pick(
            format!("  theo pháp luật đến ngày {}", day(lang, law_on)),
            format!("  by the law as it stood on {law_on}"),
        ))?;
    }
    if !kind.is_valid_on(on) {
        let valid = valid_text(kind, on, lang);
        console.line(format!("  {}: {valid}", lang.pick("áp dụng", "valid")))?;
    }
    if let Some(successor) = &kind.successor {
        console.line(format!(
            "  {}: {successor}",
            lang.pick("kế tục", "successor")
        ))?;
    }
    for norm in &norms {
        print_norm(console, state, kind, norm)?;
    }
    if norms.is_empty() {
        console.line(console.pick(
            "  (sổ không có định mức cho ngày đó)",
            "  (no norm is known for that day)",
        ))?;
    }
    console.line(console.pick("Căn cứ pháp lý", "Legal basis"))?;
    for basis in &kind.legal_basis {
        console.line(format!("  {}", basis_text(basis, lang)))?;
    }
    console.line(fingerprint(ledger.stand(), lang))
}

fn flag(certainty: Option<Certainty>, lang: Lang) -> String {
    let flag = certainty.and_then(Certainty::flag);
    flag.map(|flag| format!(" [{}]", flag.get(lang)))
        .unwrap_or_default()
}

fn basis_text(basis: &LegalBasis, lang: Lang) -> String {
    let mut text = format!("{} {}", basis.document_type.name().get(lang), basis.number);
    if let Some(article) = &basis.article {
        text.push_str(&format!(", {article}"));
    }
    if let Some(from) = basis.effective_from {
        let since = lang.pick("hiệu lực từ", "in force from");
        text.push_str(&format!(", {since} {}", day(lang, from)));
    }
    if let Some(from) = basis.applies_from {
        let since = lang.pick("áp dụng từ", "applied from");
        text.push_str(&format!(", {since} {}", day(lang, from)));
    }
    if let Some(other) = &basis.repealed_by {
        let by = lang.pick("thay bằng", "replaced by");
        text.push_str(&format!(", {by} {other}"));
    }
    text + &flag(Some(basis.certainty), lang)
}

fn per_name(per: NormPer, lang: Lang) -> &'static str {
    let vi = match per {
        NormPer::Day => "ngày",
        NormPer::Month => "tháng",
        NormPer::Quarter => "quý",
        NormPer::Year => "năm",
        NormPer::Once => "lần",
        NormPer::Household => "hộ",
        NormPer::Person => "người",
        NormPer::House => "nhà",
        NormPer::Course => "khóa",
        NormPer::Project => "dự án",
    };
    lang.pick(vi, per.code())
}

fn print_norm(
    console: &mut Console<'_>,
    state: &State,
    kind: &SupportKind,
    norm: &NormOnDay,
) -> Result<(), Failure> {
    let lang = console.lang;
    let mut parts = Vec::new();
    if let Some(amount) = norm.amount {
        let unit = lang.pick("đồng", "dong");
        let currency = state.catalogue.currency.as_str();
        let unit = if currency == "VND" { unit } else { currency };
        parts.push(format!("{} {unit}", console.number(&amount.to_string())));
    }
    if let Some(quantity) = norm.quantity {
        let unit = kind.unit.as_ref().map(|unit| unit.as_str());
        let number = console.number(&quantity.to_string());
        parts.push(format!("{number} {}", unit.unwrap_or_default()));
    }
    if let Some(error) = &norm.unknown {
        parts.push(lang.pick(
            format!("chưa tính được ({error})"),
            format!("cannot be worked out ({error})"),
        ));
    }
    if parts.is_empty() {
        parts.push(lang.pick("theo lời văn", "in words").to_owned());
    }
    let bound = match norm.bound {
        Some(NormBound::AtMost) => lang.pick("tối đa ", "at most "),
        Some(NormBound::AtLeast) => lang.pick("tối thiểu ", "at least "),
        None => "",
    };
    let variant = norm.variant.as_ref().map(|variant| format!("{variant}: "));
    let announced = if norm.announced {
        lang.pick(
            " (mới công bố, chưa có hiệu lực)",
            " (announced, not yet law)",
        )
    } else {
        ""
    };
    console.line(format!(
        "  {}{bound}{} / {}{announced}{}",
        variant.unwrap_or_default(),
        parts.join(" + "),
        per_name(norm.per, lang),
        flag(norm.certainty, lang)
    ))?;
    if let Some(text) = &norm.text {
        console.line(format!("    {}", text.get(lang)))?;
    }
    if let Some(exact) = norm.exact {
        let expression = norm.expression.clone().unwrap_or_default();
        let exact = exact.normalize().to_string();
        console.line(format!(
            "    {expression} = {exact}{}",
            rounding_text(norm, lang)
        ))?;
    }
    for used in &norm.used {
        let since = used.from.map(|from| {
            let since = lang.pick("từ", "from");
            format!(" {since} {}", day(lang, from))
        });
        let told = used.seq.map(|seq| format!(" (#{seq})")).unwrap_or_default();
        console.line(format!(
            "      {} = {}{}{told}{}",
            used.series,
            console.number(&used.value.to_string()),
            since.unwrap_or_default(),
            flag(used.certainty, lang)
        ))?;
    }
    let mut dates = Vec::new();
    for (label, date) in [
        (
            lang.pick("hiệu lực từ", "in force from"),
            norm.effective_from,
        ),
        (lang.pick("áp dụng từ", "applied from"), norm.applies_from),
        (lang.pick("đến hết", "until"), norm.effective_to),
    ] {
        dates.extend(date.map(|date| format!("{label} {}", day(lang, date))));
    }
    dates.extend(norm.document.clone().filter(|cited| !cited.is_empty()));
    dates.extend(norm.seq.map(|seq| format!("#{seq}")));
    if dates.is_empty() {
        return Ok(());
    }
    console.line(format!("    {}", dates.join(" · ")))
}

fn rounding_text(norm: &NormOnDay, lang: Lang) -> String {
    if norm.amount.is_none() {
        return String::new();
    }
    let Some(rounding) = &norm.rounding else {
        return lang
            .pick(", làm tròn đến 1 đồng", ", rounded to 1, half up")
            .to_owned();
    };
    let mode = match rounding.mode {
        RoundingMode::HalfUp => lang.pick("làm tròn", "rounded, half up,"),
        RoundingMode::Up => lang.pick("làm tròn lên", "rounded up"),
        RoundingMode::Down => lang.pick("làm tròn xuống", "rounded down"),
    };
    let to = lang.pick("đến", "to");
    format!(", {mode} {to} {}", rounding.to)
}

fn norm_json(norm: &NormOnDay) -> Value {
    let used: Vec<Value> = norm
        .used
        .iter()
        .map(|used| {
            json!({
                "series": used.series, "value": used.value, "from": used.from,
                "certainty": used.certainty, "seq": used.seq,
            })
        })
        .collect();
    json!({
        "variant": norm.variant, "per": norm.per, "bound": norm.bound,
        "amount": norm.amount, "quantity": norm.quantity,
        "exact": norm.exact.map(|exact| exact.normalize().to_string()),
        "rounding": norm.rounding, "expression": norm.expression, "used": used,
        "unknown": norm.unknown.as_ref().map(ToString::to_string),
        "announced": norm.announced,
        "effective_from": norm.effective_from, "applies_from": norm.applies_from,
        "effective_to": norm.effective_to, "certainty": norm.certainty, "text": norm.text,
        "document": norm.document, "seq": norm.seq,
    })
}
