//! The class a household has on a day, by all that is known or by what was known earlier.
//!
//! A review decides a class from a day on. *Newly escaped* ends by itself: a household is newly
//! escaped for at most 36 months after it left the list of the poor and near-poor (Decision
//! 28/2015/QĐ-TTg). After that it has no class until a review gives it one; nothing is made up.

use chrono::{Months, NaiveDate};

use super::class::HouseholdClass;
use super::state::{Dated, DatedEntry};

/// The class of a household on a day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The class; none when no review has decided one, or the one it decided has run out.
    pub class: Option<HouseholdClass>,
    /// The class that has run out.
    pub lapsed: Option<Lapsed>,
    /// The event that decided it.
    pub seq: Option<u64>,
}

/// A class that had its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lapsed {
    /// The class.
    pub class: HouseholdClass,
    /// The day the household left the list of the poor and near-poor.
    pub since: NaiveDate,
    /// The last day of the class.
    pub last: NaiveDate,
}

/// The class on a day, by what the first `as_of` events say.
pub fn standing(classes: &Dated<HouseholdClass>, day: NaiveDate, as_of: u64) -> Standing {
    let mut timeline: Vec<&DatedEntry<HouseholdClass>> = Vec::new();
    for entry in classes.entries() {
        if entry.seq > as_of || entry.from > Some(day) {
            continue;
        }
        // Of two for the same day the one recorded later holds: the entries are in that order.
        match timeline.last_mut() {
            Some(last) if last.from == entry.from => *last = entry,
            _ => timeline.push(entry),
        }
    }
    let Some(entry) = timeline.last() else {
        return Standing::default();
    };
    let seq = Some(entry.seq);
    let lapsed = entry
        .value
        .most_months()
        .and_then(|months| runs_out(&timeline, months))
        .filter(|lapsed| lapsed.last < day);
    Standing {
        class: lapsed.is_none().then_some(entry.value),
        lapsed,
        seq,
    }
}

/// When the class at the end of a timeline runs out. Without a date to count from it does not.
fn runs_out(timeline: &[&DatedEntry<HouseholdClass>], months: u32) -> Option<Lapsed> {
    let class = timeline.last()?.value;
    let listed = |entry: &&&DatedEntry<HouseholdClass>| {
        matches!(entry.value, HouseholdClass::Poor | HouseholdClass::NearPoor)
    };
    let same = |entry: &&&DatedEntry<HouseholdClass>| entry.value == class;
    let off_the_list = timeline.iter().rev().take_while(|entry| !listed(entry));
    let off_the_list = off_the_list.count();
    let first = if off_the_list < timeline.len() {
        timeline.len() - off_the_list
    } else {
        // Nothing is known of a list before: the first review that said so counts.
        timeline.len() - timeline.iter().rev().take_while(same).count()
    };
    let since = timeline.get(first)?.from?;
    let last = since.checked_add_months(Months::new(months))?.pred_opt()?;
    Some(Lapsed { class, since, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap_or_default()
    }

    fn classes(entries: &[(&str, HouseholdClass)]) -> Dated<HouseholdClass> {
        let mut classes = Dated::default();
        for (seq, (from, class)) in (1..).zip(entries) {
            classes.push(from.parse().ok(), seq, *class);
        }
        classes
    }

    use HouseholdClass::{Average, NearPoor, NewlyEscaped, Poor};

    #[test]
    fn newly_escaped_ends_after_36_months_to_the_day() {
        let known = classes(&[("2018-01-01", Poor), ("2020-01-01", NewlyEscaped)]);
        let on = |text| standing(&known, day(text), u64::MAX);
        assert_eq!(on("2019-12-31").class, Some(Poor));
        assert_eq!(on("2020-01-01").class, Some(NewlyEscaped));
        assert_eq!(on("2022-12-31").class, Some(NewlyEscaped));
        let over = on("2023-01-01");
        assert_eq!(over.class, None);
        let lapsed = over
            .lapsed
            .map(|lapsed| (lapsed.class, lapsed.since, lapsed.last));
        let expected = (NewlyEscaped, day("2020-01-01"), day("2022-12-31"));
        assert_eq!(lapsed, Some(expected));
    }

    #[test]
    fn a_review_of_each_year_does_not_begin_it_again() {
        let known = classes(&[
            ("2018-01-01", NearPoor),
            ("2020-01-01", NewlyEscaped),
            ("2021-01-01", NewlyEscaped),
            ("2022-01-01", NewlyEscaped),
        ]);
        assert_eq!(
            standing(&known, day("2022-12-31"), u64::MAX).class,
            Some(NewlyEscaped)
        );
        assert_eq!(standing(&known, day("2023-01-01"), u64::MAX).class, None);
    }

    #[test]
    fn it_counts_from_the_list_and_begins_again_after_another_time_on_it() {
        let late = classes(&[
            ("2018-01-01", Poor),
            ("2020-01-01", Average),
            ("2021-01-01", NewlyEscaped),
        ]);
        assert_eq!(standing(&late, day("2023-01-01"), u64::MAX).class, None);
        let again = classes(&[
            ("2018-01-01", NewlyEscaped),
            ("2020-01-01", Poor),
            ("2022-01-01", NewlyEscaped),
        ]);
        assert_eq!(
            standing(&again, day("2024-12-31"), u64::MAX).class,
            Some(NewlyEscaped)
        );
        assert_eq!(standing(&again, day("2025-01-01"), u64::MAX).class, None);
        let reviewed = classes(&[("2020-01-01", NewlyEscaped), ("2023-01-01", Average)]);
        assert_eq!(
            standing(&reviewed, day("2023-01-01"), u64::MAX).class,
            Some(Average)
        );
    }

    #[test]
    fn without_a_date_nothing_runs_out_and_earlier_knowledge_is_its_own() {
        let undated = classes(&[("", NewlyEscaped)]);
        assert_eq!(
            standing(&undated, day("2099-01-01"), u64::MAX).class,
            Some(NewlyEscaped)
        );
        // Two classes for one day: the one recorded later holds, for who knows of it.
        let known = classes(&[("2023-01-01", Poor), ("2023-01-01", NearPoor)]);
        assert_eq!(standing(&known, day("2023-05-01"), 1).class, Some(Poor));
        assert_eq!(standing(&known, day("2023-05-01"), 2).class, Some(NearPoor));
        assert_eq!(standing(&known, day("2023-05-01"), 2).seq, Some(2));
        assert_eq!(standing(&known, day("2022-12-31"), 2), Standing::default());
    }
}
