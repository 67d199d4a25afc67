//! The money of a ledger as a journal of plain-text accounting, for hledger and for Beancount.
//!
//! Every row of the facts table that ever stood is a transaction, and what took it back is another,
//! so that a correction is seen and sums are those of `figures` by the day it happened:
//!
//! - `Expenses:Disbursed:<kind>` from `Assets:Funds:<source>`: what was paid;
//! - `Assets:Funds:<source>` from `Income:Recovered:<kind>`: what was taken back;
//! - `Assets:Funds:<source>` from `Equity:Allocated:<source>`: what was allocated;
//! - `Equity:Committed:<kind>` beside `Equity:Committed-By:<source>`: approved and not yet paid;
//!   the first payment releases it;
//! - `Equity:Stage-<stage>:<kind>` beside `Equity:Stage-By:<source>`: what stood at any other
//!   stage.
//!
//! No personal field is in it. At its end stand assertions of the balances that the cube gives, so
//! that the program that reads it checks one against the other.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use chrono::{Days, NaiveDate};

use super::table::ExportError;
use super::tables::each_event;
use crate::domain::event::{Body, Event};
use crate::domain::fixed::format_thousandths;
use crate::domain::stage::Stage;
use crate::log::EventRead;
use crate::office::asof::local_date;
use crate::office::{Ledger, OfficeError};
use crate::projection::facts::{Fact, STANDS, date};
use crate::projection::figures::{self, Dimension, Query};

/// For which program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Beancount 3.
    Beancount,
    /// hledger.
    Hledger,
}

/// A journal: transactions by their day, and the balances that they must come to.
#[derive(Debug)]
pub struct Journal {
    balances: BTreeMap<String, i128>,
    currency: String,
    heading: Vec<String>,
    transactions: Vec<Transaction>,
}

#[derive(Debug)]
struct Transaction {
    day: NaiveDate,
    event: String,
    postings: Vec<(String, i128)>,
    seq: u64,
    what: String,
}

/// What is known of an event besides the rows it made.
struct Known {
    id: String,
    type_name: &'static str,
}

impl Journal {
    /// The journal of a ledger; `heading` stands above it as comments.
    ///
    /// # Errors
    /// [`ExportError`] when the ledger cannot be read.
    pub fn of<L: EventRead>(
        ledger: &Ledger<L>,
        heading: Vec<String>,
    ) -> Result<Journal, ExportError> {
        let opened = ledger.state().ledger.as_ref();
        let currency = opened.map_or("VND", |opened| opened.currency.as_str());
        let mut journal = Journal {
            balances: BTreeMap::new(),
            currency: currency.to_owned(),
            heading,
            transactions: Vec::new(),
        };
        let offset = opened.map_or("+00:00", |opened| opened.offset.as_str());
        let mut known = BTreeMap::new();
        let wanted = wanted(ledger);
        each_event(ledger, &mut |event| {
            journal.allocation(&event, offset);
            if wanted.contains(&event.seq) {
                let (id, type_name) = (event.id.to_string(), event.body.type_name());
                known.insert(event.seq, Known { id, type_name });
            }
            Ok(())
        })?;
        journal.facts(ledger, &known);
        journal.releases(ledger, &known);
        journal
            .transactions
            .sort_by(|a, b| (a.day, a.seq, &a.postings).cmp(&(b.day, b.seq, &b.postings)));
        journal.assert_balances(ledger)?;
        Ok(journal)
    }

    fn allocation(&mut self, event: &Event, offset: &str) {
        let (Body::BudgetAllocated(data) | Body::BudgetAdjusted(data)) = &event.body else {
            return;
        };
        let recorded = local_date(event.at_ms, offset);
        let amount = i128::from(data.amount.thousandths());
        let source = data.source.as_str();
        let whose = data.project.as_ref().or(data.programme.as_ref());
        self.add(Transaction {
            day: data.period.map_or(recorded, |period| period.first_day()),
            event: event.id.to_string(),
            postings: vec![
                (account("Assets:Funds", source), amount),
                (account("Equity:Allocated", source), -amount),
            ],
            seq: event.seq,
            what: format!(
                "{} {}",
                event.body.type_name(),
                whose.map_or("", |code| code.as_str())
            ),
        });
    }

    /// A transaction for each row, and one for what took it back.
    fn facts<L: EventRead>(&mut self, ledger: &Ledger<L>, known: &BTreeMap<u64, Known>) {
        let seq = ledger.stand().seq;
        let rows = ledger.facts().rows().iter();
        for fact in rows.filter(|fact| fact.add_seq <= seq) {
            self.fact(ledger, fact, fact.add_seq, 1, known);
            if fact.void_seq != STANDS && fact.void_seq <= seq {
                self.fact(ledger, fact, fact.void_seq, -1, known);
            }
        }
    }

    fn fact<L: EventRead>(
        &mut self,
        ledger: &Ledger<L>,
        fact: &Fact,
        by: u64,
        turn: i128,
        known: &BTreeMap<u64, Known>,
    ) {
        let facts = ledger.facts();
        let kind = facts.kinds.value(fact.kind);
        let kind = kind.map_or("", |code| code.as_str());
        let sign = i128::from(fact.sign) * turn;
        let mut postings = Vec::new();
        for (source, amount) in facts.funding(fact) {
            let source = facts.sources.value(*source);
            let source = source.map_or("", |code| code.as_str());
            let amount = i128::from(*amount) * sign;
            postings.extend(match (fact.is_recovery, fact.stage) {
                (true, _) => {
                    let amount = i128::from(fact.recovered) * sign;
                    [
                        (account("Assets:Funds", source), amount),
                        (account("Income:Recovered", kind), -amount),
                    ]
                }
                (false, Stage::Disbursed) => [
                    (account("Expenses:Disbursed", kind), amount),
                    (account("Assets:Funds", source), -amount),
                ],
                (false, Stage::Approved) => [
                    (account("Equity:Committed", kind), amount),
                    (account("Equity:Committed-By", source), -amount),
                ],
                (false, stage) => {
                    let own = format!("Equity:Stage-{}", name(stage.code()));
                    [
                        (account(&own, kind), amount),
                        (account("Equity:Stage-By", source), -amount),
                    ]
                }
            });
        }
        let household = facts.households.code(fact.household);
        let event = known.get(&by);
        let Some(day) = date(fact.occurred) else {
            return;
        };
        self.add(Transaction {
            day,
            event: event.map(|it| it.id.clone()).unwrap_or_default(),
            postings: merged(postings),
            seq: by,
            what: format!(
                "{} {kind} {} {}",
                event.map_or("", |it| it.type_name),
                fact.stage.code(),
                household.map_or("", |code| code.as_str()),
            ),
        });
    }

    /// What was approved is no commitment any more once it is paid: at the first payment.
    fn releases<L: EventRead>(&mut self, ledger: &Ledger<L>, known: &BTreeMap<u64, Known>) {
        let facts = ledger.facts();
        let seq = ledger.stand().seq;
        let mut paid: BTreeMap<u64, (i32, u64)> = BTreeMap::new();
        let standing = || facts.rows().iter().filter(|fact| fact.stands_at(seq));
        for fact in standing().filter(|fact| !fact.is_recovery && fact.sign > 0) {
            if matches!(fact.stage, Stage::Disbursed | Stage::Settled) {
                let here = (fact.occurred, fact.add_seq);
                let first = paid.entry(fact.support).or_insert(here);
                *first = (*first).min(here);
            }
        }
        for fact in standing().filter(|fact| fact.stage == Stage::Approved && !fact.is_recovery) {
            let Some((day, by)) = paid.get(&fact.support) else {
                continue;
            };
            let kind = facts.kinds.value(fact.kind);
            let kind = kind.map_or("", |code| code.as_str());
            let mut postings = Vec::new();
            for (source, amount) in facts.funding(fact) {
                let source = facts.sources.value(*source);
                let source = source.map_or("", |code| code.as_str());
                let amount = i128::from(*amount) * i128::from(fact.sign);
                postings.push((account("Equity:Committed", kind), -amount));
                postings.push((account("Equity:Committed-By", source), amount));
            }
            let Some(day) = date(*day) else { continue };
            let event = known.get(by);
            self.add(Transaction {
                day,
                event: event.map(|it| it.id.clone()).unwrap_or_default(),
                postings: merged(postings),
                seq: *by,
                what: format!("commitment released {kind}"),
            });
        }
    }

    /// A transaction that moves nothing is none.
    fn add(&mut self, transaction: Transaction) {
        if transaction.postings.iter().any(|(_, amount)| *amount != 0) {
            self.transactions.push(transaction);
        }
    }

    /// What the cube says that was paid and taken back, by kind.
    fn assert_balances<L: EventRead>(&mut self, ledger: &Ledger<L>) -> Result<(), ExportError> {
        let query = Query {
            by: vec![Dimension::Kind],
            stages: vec![Stage::Disbursed],
            ..Query::between(NaiveDate::MIN, NaiveDate::MAX)
        };
        let answer = figures::figures(ledger.facts(), ledger.state(), &query)
            .map_err(|error| ExportError::Office(OfficeError::Figures(error)))?;
        for row in answer.rows {
            let kind = row.keys.first().map(String::as_str).unwrap_or_default();
            if row.amount != 0 {
                let account = account("Expenses:Disbursed", kind);
                self.balances.insert(account, row.amount);
            }
        }
        let used = self.transactions.iter().flat_map(|it| &it.postings);
        let used: BTreeSet<&String> = used.map(|(account, _)| account).collect();
        self.balances.retain(|account, _| used.contains(account));
        Ok(())
    }

    /// Writes the journal.
    ///
    /// # Errors
    /// When the output cannot be written.
    pub fn write(&self, dialect: Dialect, out: &mut dyn Write) -> std::io::Result<()> {
        let comment = match dialect {
            Dialect::Beancount => ";; ",
            Dialect::Hledger => "; ",
        };
        for line in &self.heading {
            writeln!(out, "{comment}{}", one_line(line))?;
        }
        writeln!(out)?;
        self.accounts(dialect, out)?;
        for transaction in &self.transactions {
            self.transaction(dialect, transaction, out)?;
        }
        self.assertions(dialect, out)
    }

    fn accounts(&self, dialect: Dialect, out: &mut dyn Write) -> std::io::Result<()> {
        let first = self.transactions.first().map(|one| one.day);
        let first = first.unwrap_or(NaiveDate::MIN);
        let used = self.transactions.iter().flat_map(|it| &it.postings);
        let used: BTreeSet<&String> = used.map(|(account, _)| account).collect();
        match dialect {
            Dialect::Beancount => {
                writeln!(out, "option \"operating_currency\" \"{}\"", self.currency)?;
            }
            Dialect::Hledger => writeln!(out, "commodity 1000.000 {}", self.currency)?,
        }
        for account in used {
            match dialect {
                Dialect::Beancount => writeln!(out, "{first} open {account} {}", self.currency)?,
                Dialect::Hledger => writeln!(out, "account {account}")?,
            }
        }
        writeln!(out)
    }

    fn transaction(
        &self,
        dialect: Dialect,
        one: &Transaction,
        out: &mut dyn Write,
    ) -> std::io::Result<()> {
        let what = one_line(&one.what);
        match dialect {
            Dialect::Beancount => {
                writeln!(out, "{} * \"{}\"", one.day, what.replace('"', "'"))?;
                writeln!(out, "  event: \"{}\"", one.event)?;
                writeln!(out, "  seq: {}", one.seq)?;
            }
            Dialect::Hledger => {
                let what = what.replace(';', ",");
                writeln!(out, "{} * {what}", one.day)?;
                writeln!(out, "    ; event:{}, seq:{}", one.event, one.seq)?;
            }
        }
        for (account, amount) in &one.postings {
            let amount = format_thousandths(*amount);
            let indent = match dialect {
                Dialect::Beancount => "  ",
                Dialect::Hledger => "    ",
            };
            writeln!(out, "{indent}{account}  {amount} {}", self.currency)?;
        }
        writeln!(out)
    }

    fn assertions(&self, dialect: Dialect, out: &mut dyn Write) -> std::io::Result<()> {
        let Some(last) = self.transactions.last() else {
            return Ok(());
        };
        let after = last.day.checked_add_days(Days::new(1)).unwrap_or(last.day);
        if dialect == Dialect::Hledger && !self.balances.is_empty() {
            writeln!(out, "{after} * the balances that figures gives")?;
        }
        for (account, amount) in &self.balances {
            let amount = format_thousandths(*amount);
            let currency = &self.currency;
            match dialect {
                Dialect::Beancount => {
                    writeln!(out, "{after} balance {account}  {amount} {currency}")?;
                }
                Dialect::Hledger => {
                    writeln!(out, "    {account}  0 {currency} = {amount} {currency}")?;
                }
            }
        }
        Ok(())
    }

    /// How many transactions there are.
    pub fn len(&self) -> usize {
        self.transactions.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.transactions.is_empty()
    }
}

/// The events that made a row or took one back.
fn wanted<L: EventRead>(ledger: &Ledger<L>) -> BTreeSet<u64> {
    let rows = ledger.facts().rows().iter();
    rows.flat_map(|fact| [fact.add_seq, fact.void_seq])
        .collect()
}

/// One posting an account.
fn merged(postings: Vec<(String, i128)>) -> Vec<(String, i128)> {
    let mut sums: BTreeMap<String, i128> = BTreeMap::new();
    for (account, amount) in postings {
        *sums.entry(account).or_default() += amount;
    }
    sums.into_iter()
        .filter(|(_, amount)| *amount != 0)
        .collect()
}

/// An account of a code, as both programs take it.
fn account(above: &str, code: &str) -> String {
    format!("{above}:{}", name(code))
}

/// A part of an account: it begins with a capital letter or a digit, and has letters, digits and
/// dashes. Distinct codes have distinct names: what else a code has is written as its number.
fn name(code: &str) -> String {
    let mut name = String::new();
    for letter in code.chars() {
        match letter {
            '_' => name.push('-'),
            letter if letter.is_ascii_alphanumeric() && !letter.is_ascii_uppercase() => {
                name.push(letter);
            }
            letter => name.push_str(&format!("X{:x}X", u32::from(letter))),
        }
    }
    match name.chars().next() {
        None => "None".to_owned(),
        Some(first) => {
            let rest = name.get(first.len_utf8()..).unwrap_or_default();
            first.to_ascii_uppercase().to_string() + rest
        }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_codes_have_distinct_accounts_that_both_programs_take() {
        let codes = [
            "preferential_loan",
            "preferential-loan",
            "vbsp",
            "Vbsp",
            "ngân_hàng",
            "",
        ];
        let names: BTreeSet<String> = codes.iter().map(|code| name(code)).collect();
        assert_eq!(names.len(), codes.len(), "{names:?}");
        assert!(names.contains("Preferential-loan"));
        for name in names {
            let first = name.chars().next().unwrap();
            assert!(
                first.is_ascii_uppercase() || first.is_ascii_digit(),
                "{name}"
            );
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
            assert!(name.chars().all(plain), "{name}");
        }
    }

    #[test]
    fn one_account_has_one_posting_and_none_of_nothing() {
        let postings = [("a", 5), ("b", -5), ("a", -5), ("c", 5)];
        let postings = postings.map(|(name, amount)| (name.to_owned(), amount));
        let merged = merged(postings.into());
        assert_eq!(merged, [("b".to_owned(), -5), ("c".to_owned(), 5)]);
    }
}
