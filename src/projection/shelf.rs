//! Rows put away: while a long log is folded to be saved, its older rows are kept in the few bytes
//! that their numbers need, 30 instead of 140. Nothing counts them there. They are taken back when
//! an event is about their support, and when their month is packed.

use std::collections::BTreeMap;

use super::column::{read_number, read_signed, write_number, write_signed};
use super::facts::{Fact, STANDS};
use super::packed::{Month, month_of};
use super::partition::Rows;
use crate::domain::stage::Stage;

/// In the place of where a row begins: it was taken back.
const GONE: u32 = u32::MAX;

/// The rows that are put away: the first of the table.
#[derive(Debug, Clone, Default)]
pub(super) struct Shelf {
    bytes: Vec<u8>,
    /// Where each row begins.
    begins: Vec<u32>,
    /// The places of the rows of each month.
    months: BTreeMap<Month, Vec<u32>>,
}

impl Shelf {
    /// How many rows were put away, with those that were taken back since.
    pub(super) fn len(&self) -> usize {
        self.begins.len()
    }

    /// Puts the next row away; `false` where there is no more room.
    pub(super) fn put(&mut self, fact: &Fact, funding: &[(u32, i64)]) -> bool {
        let begin = u32::try_from(self.bytes.len()).ok();
        let place = u32::try_from(self.begins.len()).ok();
        let Some((begin, place)) = begin.filter(|begin| *begin != GONE).zip(place) else {
            return false;
        };
        self.begins.push(begin);
        let month = self.months.entry(month_of(fact.occurred)).or_default();
        month.push(place);
        write(fact, funding, &mut self.bytes);
        true
    }

    /// Takes a row back, with its funding; `None` where that was done before.
    pub(super) fn take(&mut self, place: usize) -> Option<(Fact, Vec<(u32, i64)>)> {
        let begin = self.begins.get_mut(place).filter(|begin| **begin != GONE)?;
        let at = std::mem::replace(begin, GONE);
        let mut funding = Vec::new();
        let fact = read(&self.bytes, at as usize, &mut funding)?;
        Some((fact, funding))
    }

    /// The months of which rows are here, and how many at most.
    pub(super) fn months(&self) -> impl Iterator<Item = (Month, usize)> {
        self.months
            .iter()
            .map(|(month, places)| (*month, places.len()))
    }

    /// The rows of a month, in the order in which they were added.
    pub(super) fn rows(&self, month: Month) -> Rows {
        let mut rows = Rows::default();
        let mut funding = Vec::new();
        for place in self.months.get(&month).into_iter().flatten() {
            let begin = self.begins.get(*place as usize).copied();
            let Some(begin) = begin.filter(|begin| *begin != GONE) else {
                continue;
            };
            funding.clear();
            if let Some(fact) = read(&self.bytes, begin as usize, &mut funding) {
                rows.push(fact, &funding);
            }
        }
        rows
    }
}

fn write(fact: &Fact, funding: &[(u32, i64)], out: &mut Vec<u8>) {
    let flags = [
        fact.sign < 0,
        fact.is_recovery,
        fact.contra,
        fact.open,
        fact.void_seq != STANDS,
    ];
    let flag = |bits: u8, flag: bool| bits << 1 | u8::from(flag);
    out.push(flags.into_iter().fold(0, flag));
    out.extend([fact.stage as u8, fact.class, fact.sex, fact.minority]);
    write_number(fact.add_seq, out);
    if fact.void_seq != STANDS {
        write_number(fact.void_seq, out);
    }
    write_number(fact.add_seq.wrapping_sub(fact.support), out);
    let day = i64::from(fact.occurred);
    write_signed(day, out);
    write_signed(i64::from(fact.recorded) - day, out);
    write_signed(i64::from(fact.decided) - day, out);
    for number in [
        fact.kind,
        fact.household,
        fact.person,
        fact.group,
        fact.project,
        fact.places,
        fact.covers,
        fact.unit,
        fact.slot,
    ] {
        write_number(number.into(), out);
    }
    write_number(fact.count, out);
    write_signed(fact.quantity, out);
    write_signed(fact.recovered, out);
    write_number(funding.len() as u64, out);
    for (source, amount) in funding {
        write_number((*source).into(), out);
        write_signed(*amount, out);
    }
}

fn read(bytes: &[u8], mut at: usize, funding: &mut Vec<(u32, i64)>) -> Option<Fact> {
    let [flags, stage, class, sex, minority] = *bytes.get(at..)?.first_chunk()?;
    at += 5;
    let at = &mut at;
    let is = |bit: u8| flags >> bit & 1 == 1;
    let add_seq = read_number(bytes, at)?;
    let void_seq = match is(0) {
        true => read_number(bytes, at)?,
        false => STANDS,
    };
    let support = add_seq.wrapping_sub(read_number(bytes, at)?);
    let day = read_signed(bytes, at)?;
    let (recorded, decided) = (read_signed(bytes, at)?, read_signed(bytes, at)?);
    let on = |day: i64| i32::try_from(day).ok();
    let mut number = || u32::try_from(read_number(bytes, at)?).ok();
    let mut fact = Fact {
        add_seq,
        void_seq,
        sign: if is(4) { -1 } else { 1 },
        is_recovery: is(3),
        contra: is(2),
        open: is(1),
        stage: *Stage::ALL.get(usize::from(stage))?,
        class,
        sex,
        minority,
        support,
        occurred: on(day)?,
        recorded: on(day + recorded)?,
        decided: on(day + decided)?,
        kind: number()?,
        household: number()?,
        person: number()?,
        group: number()?,
        project: number()?,
        places: number()?,
        covers: number()?,
        unit: number()?,
        slot: number()?,
        ..Fact::NONE
    };
    fact.count = read_number(bytes, at)?;
    fact.quantity = read_signed(bytes, at)?;
    fact.recovered = read_signed(bytes, at)?;
    for _ in 0..read_number(bytes, at)? {
        let source = u32::try_from(read_number(bytes, at)?).ok()?;
        funding.push((source, read_signed(bytes, at)?));
    }
    Some(fact)
}
