//! The rules that a catalogue has to keep, each checked for every entry.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::issue::{CatalogueIssue, CatalogueProblem, CodeProblem, List, RuleProblem, shown};
use super::{
    Catalogue, Eligibility, Expression, ExpressionError, FundingSource, Ground, GroupCode,
    Indicator, LegalBasis, Measure, Norm, Programme, Series, SupportKind, UnitOfMeasure,
};
use crate::domain::code::Code;
use crate::domain::fixed::{Money, Quantity};
use crate::domain::language::Text;
use crate::domain::stage::Stage;

/// The most decimals of a currency or a unit.
const MOST_DECIMALS: u8 = 3;

/// What there is to check: a whole catalogue, or what could be read of one. Every entry carries
/// its number in the list it came from.
pub(super) struct Parts<'a> {
    pub(super) code: Option<&'a Code>,
    pub(super) currency: Option<&'a str>,
    pub(super) currency_decimals: Option<u8>,
    pub(super) description: Option<&'a Text>,
    pub(super) groups: Vec<(usize, &'a GroupCode)>,
    pub(super) indicators: Vec<(usize, &'a Indicator)>,
    pub(super) kinds: Vec<(usize, &'a SupportKind)>,
    /// Codes that count as known although their entry could not be read.
    pub(super) lost: &'a [(List, String)],
    pub(super) name: Option<&'a Text>,
    pub(super) programmes: Vec<(usize, &'a Programme)>,
    pub(super) series: Vec<(usize, &'a Series)>,
    pub(super) sources: Vec<(usize, &'a FundingSource)>,
    pub(super) units: Vec<(usize, &'a UnitOfMeasure)>,
    /// Lists of which nothing could be read.
    pub(super) unread: &'a [List],
}

impl<'a> Parts<'a> {
    /// All of a catalogue.
    pub(super) fn of(catalogue: &'a Catalogue) -> Parts<'a> {
        Parts {
            code: Some(&catalogue.code),
            currency: Some(&catalogue.currency),
            currency_decimals: Some(catalogue.currency_decimals),
            description: catalogue.description.as_ref(),
            groups: catalogue.groups.iter().enumerate().collect(),
            indicators: catalogue.indicators.iter().enumerate().collect(),
            kinds: catalogue.kinds.iter().enumerate().collect(),
            lost: &[],
            name: Some(&catalogue.name),
            programmes: catalogue.programmes.iter().enumerate().collect(),
            series: catalogue.series.iter().enumerate().collect(),
            sources: catalogue.sources.iter().enumerate().collect(),
            units: catalogue.units.iter().enumerate().collect(),
            unread: &[],
        }
    }

    /// Every code of every list, with the number of its entry.
    fn codes(&self) -> Vec<(List, usize, &'a Code)> {
        fn of<'a, T>(
            list: List,
            entries: &[(usize, &'a T)],
            code: impl Fn(&'a T) -> &'a Code,
        ) -> Vec<(List, usize, &'a Code)> {
            let entries = entries.iter();
            entries
                .map(|(index, entry)| (list, *index, code(entry)))
                .collect()
        }
        let mut codes = of(List::Groups, &self.groups, |entry| &entry.code);
        codes.extend(of(List::Indicators, &self.indicators, |entry| &entry.code));
        codes.extend(of(List::Kinds, &self.kinds, |entry| &entry.code));
        codes.extend(of(List::Programmes, &self.programmes, |entry| &entry.code));
        codes.extend(of(List::Series, &self.series, |entry| &entry.code));
        codes.extend(of(List::Sources, &self.sources, |entry| &entry.code));
        codes.extend(of(List::Units, &self.units, |entry| &entry.code));
        codes
    }
}

/// Everything that is wrong with the parts.
pub(super) fn issues(parts: &Parts<'_>) -> Vec<CatalogueIssue> {
    let mut checker = Checker::new(parts);
    checker.head();
    checker.codes();
    checker.small_lists();
    for (index, programme) in &parts.programmes {
        checker.programme(&entry(List::Programmes, *index, &programme.code), programme);
    }
    for (index, kind) in &parts.kinds {
        checker.kind(&entry(List::Kinds, *index, &kind.code), kind);
    }
    checker.issues
}

fn entry(list: List, index: usize, code: &Code) -> String {
    format!("{}[{index}] `{}`", list.member(), shown(code.as_str()))
}

struct Checker<'a> {
    parts: &'a Parts<'a>,
    known: BTreeMap<List, BTreeSet<&'a str>>,
    parents: BTreeMap<&'a str, &'a Code>,
    issues: Vec<CatalogueIssue>,
}

impl<'a> Checker<'a> {
    fn new(parts: &'a Parts<'a>) -> Checker<'a> {
        let mut known: BTreeMap<List, BTreeSet<&str>> = BTreeMap::new();
        for (list, _, code) in parts.codes() {
            known.entry(list).or_default().insert(code.as_str());
        }
        for (list, code) in parts.lost {
            known.entry(*list).or_default().insert(code);
        }
        let programmes = parts.programmes.iter();
        let parent_of = |(_, one): &(usize, &'a Programme)| {
            one.parent
                .as_ref()
                .map(|parent| (one.code.as_str(), parent))
        };
        Checker {
            parts,
            known,
            parents: programmes.filter_map(parent_of).collect(),
            issues: Vec::new(),
        }
    }

    fn note(&mut self, entry: &str, field: impl Into<String>, problem: CatalogueProblem) {
        self.issues.push(CatalogueIssue {
            entry: entry.to_owned(),
            field: field.into(),
            file: None,
            place: None,
            problem,
        });
    }

    fn rule(&mut self, entry: &str, field: impl Into<String>, problem: RuleProblem) {
        self.note(entry, field, CatalogueProblem::Rule(problem));
    }

    /// The catalogue's own members.
    fn head(&mut self) {
        if let Some(code) = self.parts.code {
            self.code_form("", "code", code);
        }
        if let Some(name) = self.parts.name {
            self.text("", "name", name);
        }
        if let Some(description) = self.parts.description {
            self.text("", "description", description);
        }
        if let Some(found) = self.parts.currency {
            let capitals = found.bytes().all(|byte| byte.is_ascii_uppercase());
            if found.len() != 3 || !capitals {
                let found = found.to_owned();
                self.rule("", "currency", RuleProblem::Currency { found });
            }
        }
        if let Some(decimals) = self.parts.currency_decimals {
            self.range("", "currency_decimals", decimals, 0, MOST_DECIMALS);
        }
        // A list whose entries could not be read is not empty.
        for list in [List::Kinds, List::Programmes, List::Sources] {
            let unread = self.parts.unread.contains(&list);
            if !unread && !self.known.contains_key(&list) {
                self.rule("", list.member(), RuleProblem::EmptyList);
            }
        }
    }

    /// The form of every code, and that no list has one twice.
    fn codes(&mut self) {
        let mut first: BTreeMap<(List, &str), usize> = BTreeMap::new();
        for (list, index, code) in self.parts.codes() {
            let named = entry(list, index, code);
            self.code_form(&named, "code", code);
            if let Some(earlier) = first.get(&(list, code.as_str())) {
                let first = format!("{}[{earlier}]", list.member());
                let found = code.to_string();
                let problem = CodeProblem::Duplicate { found, first };
                self.note(&named, "code", CatalogueProblem::Code(problem));
            } else {
                first.insert((list, code.as_str()), index);
            }
        }
    }

    fn small_lists(&mut self) {
        let parts = self.parts;
        for (index, group) in &parts.groups {
            self.text(
                &entry(List::Groups, *index, &group.code),
                "name",
                &group.name,
            );
        }
        for (index, source) in &parts.sources {
            self.text(
                &entry(List::Sources, *index, &source.code),
                "name",
                &source.name,
            );
        }
        for (index, unit) in &parts.units {
            let named = entry(List::Units, *index, &unit.code);
            self.text(&named, "name", &unit.name);
            self.range(&named, "decimals", unit.decimals, 0, MOST_DECIMALS);
        }
        for (index, series) in &parts.series {
            self.series(&entry(List::Series, *index, &series.code), series);
        }
        for (index, indicator) in &parts.indicators {
            let named = entry(List::Indicators, *index, &indicator.code);
            self.text(&named, "name", &indicator.name);
            self.reference(&named, "unit", List::Units, &indicator.unit);
        }
    }

    fn series(&mut self, named: &str, series: &Series) {
        self.text(named, "name", &series.name);
        if series.values.is_empty() {
            self.rule(named, "values", RuleProblem::EmptyList);
        }
        for (index, value) in series.values.iter().enumerate() {
            let field = format!("values[{index}]");
            if value.value.is_negative() {
                let found = value.value.to_string();
                let problem = RuleProblem::Negative { found };
                self.rule(named, format!("{field}.value"), problem);
            }
            if let Some(document) = &value.document {
                self.word(named, format!("{field}.document.number"), &document.number);
            }
        }
    }

    /// A formula can be read, and names series that the catalogue has.
    fn expression(&mut self, named: &str, field: &str, text: &str) {
        match Expression::parse(text) {
            Ok(expression) => {
                for name in expression.names() {
                    if let Ok(code) = Code::new(name) {
                        self.reference(named, field, List::Series, &code);
                    }
                }
            }
            Err(error) => {
                let at = match error {
                    ExpressionError::Malformed(at) => Some(at),
                    _ => None,
                };
                let found = text.to_owned();
                self.rule(named, field, RuleProblem::Expression { found, at });
            }
        }
    }

    fn programme(&mut self, named: &str, programme: &Programme) {
        self.text(named, "name", &programme.name);
        self.dates(named, "valid_to", programme.valid_from, programme.valid_to);
        self.legal_basis(named, &programme.legal_basis);
        if let Some(parent) = &programme.parent {
            self.reference(named, "parent", List::Programmes, parent);
            self.circle(named, programme);
        }
    }

    /// Walks up from a programme; it must not meet itself.
    fn circle(&mut self, named: &str, programme: &Programme) {
        let mut path = vec![programme.code.to_string()];
        let mut next = programme.parent.as_ref();
        // A walk that is longer than the list goes round a circle that others are blamed for.
        while let Some(code) = next
            && path.len() <= self.parents.len()
        {
            path.push(code.to_string());
            if code == &programme.code {
                let problem = CodeProblem::Circle { path };
                self.note(named, "parent", CatalogueProblem::Code(problem));
                return;
            }
            next = self.parents.get(code.as_str()).copied();
        }
    }

    fn kind(&mut self, named: &str, kind: &SupportKind) {
        self.text(named, "name", &kind.name);
        self.reference(named, "programme", List::Programmes, &kind.programme);
        self.references(named, "groups", List::Groups, &kind.groups);
        self.references(named, "sources", List::Sources, &kind.sources);
        if let Some(unit) = &kind.unit {
            self.reference(named, "unit", List::Units, unit);
        } else if kind.measure == Measure::Goods {
            self.rule(named, "unit", RuleProblem::NoUnit);
        }
        if let Some(successor) = &kind.successor {
            self.reference(named, "successor", List::Kinds, successor);
            if successor == &kind.code {
                let problem = CatalogueProblem::Code(CodeProblem::OwnSuccessor);
                self.note(named, "successor", problem);
            }
        }
        if let Some(group) = &kind.exclusivity_group {
            self.code_form(named, "exclusivity_group", group);
        }
        for (field, text) in [
            ("recovery", &kind.recovery),
            ("report_note", &kind.report_note),
        ] {
            if let Some(text) = text {
                self.text(named, field, text);
            }
        }
        self.dates(named, "valid_to", kind.valid_from, kind.valid_to);
        self.legal_basis(named, &kind.legal_basis);
        self.stages(named, kind);
        if let Some(eligible) = &kind.eligible {
            self.eligible(named, eligible);
        }
        self.norms(named, kind);
    }

    fn stages(&mut self, named: &str, kind: &SupportKind) {
        let activity = kind.activity;
        if activity != (kind.measure == Measure::Activity) {
            self.rule(
                named,
                "measure",
                RuleProblem::MeasureOfActivity { activity },
            );
        }
        let stages = kind.stages();
        if stages.is_empty() {
            self.rule(named, "stages", RuleProblem::NoStages);
            return;
        }
        for (index, stage) in stages.iter().enumerate() {
            let found = *stage;
            let field = format!("stages[{index}]");
            if stages.iter().take(index).any(|earlier| earlier == stage) {
                self.rule(named, field, RuleProblem::DuplicateStage { found });
            } else if matches!(stage, Stage::Rejected | Stage::Withdrawn) {
                self.rule(named, field, RuleProblem::OutcomeStage { found });
            }
        }
        if activity != stages.contains(&Stage::Held) {
            self.rule(named, "stages", RuleProblem::StagesOfActivity { activity });
        } else if let Some(stage) = kind.default_stage()
            && !stages.contains(&stage)
        {
            self.rule(named, "default_stage", RuleProblem::DefaultStage { stage });
        }
    }

    fn eligible(&mut self, named: &str, eligible: &Eligibility) {
        if let Some(note) = &eligible.note {
            self.text(named, "eligible.note", note);
        }
        for (index, ground) in eligible.grounds.iter().enumerate() {
            let field = format!("eligible.grounds[{index}]");
            self.ground(named, &field, ground);
            let mut earlier = eligible.grounds.iter().take(index);
            if let Some(first) = earlier.position(|other| other.code == ground.code) {
                let first = format!("eligible.grounds[{first}]");
                let found = ground.code.to_string();
                let problem = CodeProblem::Duplicate { found, first };
                self.note(
                    named,
                    format!("{field}.code"),
                    CatalogueProblem::Code(problem),
                );
            }
        }
    }

    fn ground(&mut self, named: &str, field: &str, ground: &Ground) {
        self.code_form(named, &format!("{field}.code"), &ground.code);
        self.text(named, &format!("{field}.name"), &ground.name);
    }

    fn norms(&mut self, named: &str, kind: &SupportKind) {
        for (index, norm) in kind.norms.iter().enumerate() {
            let field = format!("norms[{index}]");
            self.norm(named, &field, norm, kind);
            let mut earlier = kind.norms.iter().take(index);
            if let Some(other) = earlier.position(|other| overlap(other, norm)) {
                let per = norm.per;
                self.rule(named, field, RuleProblem::OverlappingNorms { other, per });
            }
        }
    }

    fn norm(&mut self, named: &str, field: &str, norm: &Norm, kind: &SupportKind) {
        self.text(named, &format!("{field}.text"), &norm.text);
        if let Some(variant) = &norm.variant {
            self.ground(named, &format!("{field}.variant"), variant);
        }
        if let Some(document) = &norm.document {
            self.word(named, format!("{field}.document.number"), &document.number);
            if let Some(article) = &document.article {
                self.word(named, format!("{field}.document.article"), article);
            }
        }
        if let Some(expression) = &norm.expression {
            self.expression(named, &format!("{field}.expression"), expression);
        }
        if let Some(rounding) = &norm.rounding {
            let decimals = self.parts.currency_decimals.unwrap_or(MOST_DECIMALS);
            self.amount(
                named,
                &format!("{field}.rounding.to"),
                rounding.to,
                decimals,
            );
        }
        if let Some(months) = norm.max_months {
            self.range(named, &format!("{field}.max_months"), months, 1, 12);
        }
        let to = format!("{field}.effective_to");
        self.dates(named, &to, norm.first_day(), norm.effective_to);
        if norm.applies_from.is_some() {
            self.dates(named, &to, norm.effective_from, norm.effective_to);
        }
        if let Some(amount) = norm.amount {
            let decimals = self.parts.currency_decimals.unwrap_or(MOST_DECIMALS);
            self.amount(named, &format!("{field}.amount"), amount, decimals);
        }
        if let Some(quantity) = norm.quantity {
            self.quantity(named, &format!("{field}.quantity"), quantity, kind);
        }
    }

    fn amount(&mut self, named: &str, field: &str, amount: Money, decimals: u8) {
        let found = amount.to_string();
        if amount.is_negative() {
            self.rule(named, field, RuleProblem::Negative { found });
        } else if amount.decimals() > u32::from(decimals) {
            self.rule(named, field, RuleProblem::TooFine { found, decimals });
        }
    }

    fn quantity(&mut self, named: &str, field: &str, quantity: Quantity, kind: &SupportKind) {
        let Some(unit) = &kind.unit else {
            // Goods without a unit were named as a whole.
            if kind.measure != Measure::Goods {
                self.rule(named, field, RuleProblem::NoUnit);
            }
            return;
        };
        let mut units = self.parts.units.iter();
        let known = units.find(|(_, one)| &one.code == unit);
        let decimals = known.map_or(MOST_DECIMALS, |(_, one)| one.decimals);
        let found = quantity.to_string();
        if quantity.is_negative() {
            self.rule(named, field, RuleProblem::Negative { found });
        } else if quantity.decimals() > u32::from(decimals) {
            self.rule(named, field, RuleProblem::TooFine { found, decimals });
        }
    }

    fn legal_basis(&mut self, named: &str, bases: &[LegalBasis]) {
        for (index, basis) in bases.iter().enumerate() {
            let field = format!("legal_basis[{index}]");
            self.word(named, format!("{field}.number"), &basis.number);
            if let Some(article) = &basis.article {
                self.word(named, format!("{field}.article"), article);
            }
            if let Some(repealed_by) = &basis.repealed_by {
                self.word(named, format!("{field}.repealed_by"), repealed_by);
            }
            let effective = format!("{field}.effective_from");
            self.dates(named, &effective, basis.issued, basis.effective_from);
        }
    }

    fn code_form(&mut self, named: &str, field: &str, code: &Code) {
        let text = code.as_str();
        let small = |c: char| c.is_ascii_lowercase();
        let good = text.starts_with(small)
            && text
                .chars()
                .all(|c| small(c) || c.is_ascii_digit() || c == '_');
        if !good {
            let found = text.to_owned();
            let problem = CodeProblem::Malformed { found };
            self.note(named, field, CatalogueProblem::Code(problem));
        }
    }

    fn references(&mut self, named: &str, field: &str, list: List, codes: &[Code]) {
        let mut first: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, code) in codes.iter().enumerate() {
            let place = format!("{field}[{index}]");
            self.reference(named, &place, list, code);
            if let Some(earlier) = first.get(code.as_str()) {
                let first = format!("{field}[{earlier}]");
                let found = code.to_string();
                let problem = CodeProblem::Duplicate { found, first };
                self.note(named, place, CatalogueProblem::Code(problem));
            } else {
                first.insert(code.as_str(), index);
            }
        }
    }

    fn reference(&mut self, named: &str, field: &str, list: List, code: &Code) {
        let known = self.known.get(&list);
        let is_known = known.is_some_and(|codes| codes.contains(code.as_str()));
        if is_known || self.parts.unread.contains(&list) {
            return;
        }
        let known = known.into_iter().flatten().map(|&code| code.to_owned());
        let problem = CodeProblem::Unknown {
            found: code.to_string(),
            list,
            known: known.collect(),
        };
        self.note(named, field, CatalogueProblem::Code(problem));
    }

    fn text(&mut self, named: &str, field: &str, text: &Text) {
        self.word(named, format!("{field}.en"), &text.en);
        self.word(named, format!("{field}.vi"), &text.vi);
    }

    fn word(&mut self, named: &str, field: String, text: &str) {
        if text.trim().is_empty() {
            self.rule(named, field, RuleProblem::EmptyText);
        } else if text.chars().any(|c| c.is_control() && c != '\n') {
            let found = text.to_owned();
            self.rule(named, field, RuleProblem::ControlCharacter { found });
        }
    }

    fn range(&mut self, named: &str, field: &str, found: u8, least: u8, most: u8) {
        if !(least..=most).contains(&found) {
            self.rule(named, field, RuleProblem::OutOfRange { found, least, most });
        }
    }

    fn dates(&mut self, named: &str, field: &str, from: Option<NaiveDate>, to: Option<NaiveDate>) {
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            self.rule(named, field, RuleProblem::ReversedDates { from, to });
        }
    }
}

/// Whether two norms would both answer for one day: the same thing (per, variant, money or
/// quantity), days in common, and both law or both announced.
fn overlap(one: &Norm, other: &Norm) -> bool {
    let same_case =
        one.variant.as_ref().map(|v| &v.code) == other.variant.as_ref().map(|v| &v.code);
    // A norm in words alone stands for an amount.
    let in_money = |norm: &Norm| norm.amount.is_some() || norm.quantity.is_none();
    let same_thing =
        (in_money(one) && in_money(other)) || (one.quantity.is_some() && other.quantity.is_some());
    let starts_in_time = |norm: &Norm, end: Option<NaiveDate>| match (norm.first_day(), end) {
        (Some(start), Some(end)) => start <= end,
        _ => true,
    };
    one.per == other.per
        && same_case
        && same_thing
        && one.announced == other.announced
        && starts_in_time(one, other.effective_to)
        && starts_in_time(other, one.effective_to)
}
