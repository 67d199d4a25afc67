//! What is saved and gone on from gives what folding the whole log gives: whatever was saved when,
//! as of any moment, and where a saved file is damaged or gone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    missing_docs,
    reason = "a test stops where it fails"
)]

mod cases;
mod memory_office;
mod random_facts;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use cases::cases;
use memory_office::{SetClock, code};
use proptest::prelude::*;
use random_facts::{Seeds, events, fold, of_cohort, of_whole_periods, query, seeds};
use socai::domain::event::Event;
use socai::domain::tags::household_tag;
use socai::log::keys::KeyStore;
use socai::log::random::SeededRandom;
use socai::log::{
    EventLog, EventRead, JournalReader, LedgerId, LogOptions, NewEvent, SledLog, codec,
};
use socai::office::views::{self, Need, Pace, glance};
use socai::office::{AsOf, Ledger, tags_of};
use socai::projection::figures::{figures, figures_by_scan};
use socai::projection::{Dimension, Filter, Query, View};

/// Long after every event.
const NOW_MS: i64 = 4_000_000_000_000;

/// A ledger on disk with random events, of which the views were saved now and then.
struct Office {
    dir: tempfile::TempDir,
    events: Vec<Event>,
}

fn options(clock: &SetClock) -> LogOptions {
    LogOptions {
        clock: Arc::new(clock.clone()),
        ..LogOptions::new(Arc::new(tags_of))
    }
}

impl Office {
    /// `save` says after which batches the views are saved, and at which pace.
    fn new(seeds: &[Seeds], batches: &[usize], save: &dyn Fn(usize) -> Option<Pace>) -> Office {
        let dir = tempfile::tempdir().unwrap();
        let id = LedgerId::new([7; 16]);
        let mut random = SeededRandom::new(3);
        KeyStore::create(&dir.path().join("keys"), &id.to_string(), &mut random).unwrap();
        let clock = SetClock(Arc::new(AtomicI64::new(0)));
        let mut log = SledLog::create(dir.path(), id, options(&clock)).unwrap();
        let events = events(seeds);
        let (mut rest, mut place) = (events.as_slice(), 0);
        while !rest.is_empty() {
            let len = batches[place % batches.len()].clamp(1, rest.len());
            let (batch, later) = rest.split_at(len);
            clock.0.store(batch[0].at_ms, Ordering::SeqCst);
            let new = |event: &Event| NewEvent {
                id: event.id,
                members: codec::members(event).unwrap(),
                tags: socai::domain::tags::tags(event),
            };
            let new = batch.iter().map(new).collect();
            log.append(new, &Default::default()).unwrap();
            if let Some(pace) = save(place) {
                views::save_at(dir.path(), &log, pace, &mut |_, _| {}).unwrap();
            }
            (rest, place) = (later, place + 1);
        }
        let stored = log.read(1, u64::MAX).unwrap();
        let events = stored.map(|it| codec::decode(&it.unwrap().bytes).unwrap());
        let events = events.collect();
        Office { dir, events }
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn glance(&self, as_of: AsOf, need: &Need) -> Ledger<JournalReader> {
        let keys = KeyStore::open_read_only(&self.path().join("keys")).unwrap();
        let log = self.reader();
        glance(log, keys, as_of, NOW_MS, self.path(), need).unwrap()
    }

    fn reader(&self) -> JournalReader {
        JournalReader::open(self.path(), &LogOptions::new(Arc::new(tags_of))).unwrap()
    }

    fn folded(&self, as_of: AsOf) -> Ledger<JournalReader> {
        let keys = KeyStore::open_read_only(&self.path().join("keys")).unwrap();
        Ledger::fold(self.reader(), keys, as_of, NOW_MS).unwrap()
    }

    /// The answers of the oracle: a fold of the events and a look at every row.
    fn expected(&self, seq: u64) -> View {
        fold(&self.events[..usize::try_from(seq).unwrap()])
    }
}

fn as_of(office: &Office, choice: u8, place: usize) -> AsOf {
    let event = &office.events[place % office.events.len()];
    match choice % 4 {
        0 => AsOf::Head,
        1 => AsOf::Seq(event.seq),
        2 => AsOf::Moment(event.at_ms),
        _ => AsOf::Date(socai::office::asof::local_date(event.at_ms, "+07:00")),
    }
}

fn same_figures(office: &Office, as_of: AsOf, queries: &[Query]) -> Result<(), TestCaseError> {
    let members = true;
    let needs = [Need::Sums { members }, Need::Figures { members }];
    let ledgers = needs.map(|need| office.glance(as_of, &need));
    let folded = office.folded(as_of);
    prop_assert_eq!(ledgers[0].stand(), folded.stand());
    prop_assert_eq!(ledgers[1].stand(), folded.stand());
    let expected = office.expected(folded.stand().seq);
    for query in queries {
        let mut query = query.clone();
        for _ in 0..2 {
            let of_units = [Dimension::Village, Dimension::Commune];
            let named = of_units.iter().any(|by| query.asks(*by))
                || query.boundaries != socai::projection::Boundaries::Then;
            let ledger = &ledgers[usize::from(named)];
            prop_assert_eq!(
                figures(ledger.facts(), ledger.state(), &query),
                figures_by_scan(&expected.facts, &expected.state, &query),
                "{:?} as of {:?}",
                &query,
                as_of
            );
            of_cohort(&mut query, &expected);
        }
    }
    Ok(())
}

fn same_household(office: &Office, as_of: AsOf, name: &str) -> Result<(), TestCaseError> {
    let code = code(name);
    let ledger = office.glance(as_of, &Need::Household(code.clone()));
    let folded = office.folded(as_of);
    prop_assert_eq!(ledger.stand(), folded.stand());
    let (about, all) = (ledger.state(), folded.state());
    prop_assert_eq!(about.households.get(&code), all.households.get(&code));
    let tags = [household_tag(&code)];
    prop_assert_eq!(ledger.tagged(&tags).unwrap(), folded.tagged(&tags).unwrap());
    let mut query = Query::of(&"2022..2025".parse().unwrap());
    query.by = vec![socai::projection::Dimension::Kind];
    query.filters = vec![socai::projection::Filter::Household(code.clone())];
    prop_assert_eq!(
        figures(ledger.facts(), ledger.state(), &query),
        figures_by_scan(folded.facts(), folded.state(), &query)
    );
    let on = |state: &socai::domain::state::State| {
        let cohort = state.cohorts.get("escape-2023");
        cohort.is_some_and(|cohort| cohort.households.contains(&code))
    };
    prop_assert_eq!(on(about), on(all));
    Ok(())
}

/// A pace at which the small months of these tests stand in several layers, and cells wait.
fn pace() -> impl Strategy<Value = Pace> {
    let small = (0..3_usize, prop_oneof![0..60_u64, Just(u64::MAX)]);
    let small = small.prop_map(|(share, counted)| Pace {
        share,
        counted,
        counted_a_row: 0,
    });
    prop_oneof![5 => small, 1 => Just(Pace::default())]
}

/// After which batches the views are saved, and at which pace.
fn saves() -> impl Strategy<Value = Vec<Option<Pace>>> {
    prop::collection::vec(prop::option::weighted(0.7, pace()), 3..7)
}

proptest! {
    #![proptest_config(cases(24))]

    #[test]
    fn saved_views_and_what_follows_are_the_whole_log(
        seeds in seeds(100),
        batches in prop::collection::vec(1..30_usize, 1..5),
        saves in saves(),
        asked in prop::collection::vec((any::<u8>(), any::<u16>()), 3),
        queries in prop::collection::vec(query(), 1..8),
    ) {
        let office = Office::new(&seeds, &batches, &|place| saves[place % saves.len()]);
        for (choice, place) in asked {
            let as_of = as_of(&office, choice, place.into());
            same_figures(&office, as_of, &queries)?;
            same_household(&office, as_of, &format!("H{}", place % 9))?;
            same_household(&office, as_of, "first of V1")?;
        }
    }

    /// Whole periods by kind, stage and class are answered from what was counted before, where
    /// nothing has touched them since.
    #[test]
    fn what_was_counted_before_is_what_is_counted_now(
        seeds in seeds(90),
        saves in saves(),
        asked in prop::collection::vec((any::<u8>(), any::<u16>()), 3),
        queries in prop::collection::vec(of_whole_periods(), 1..12),
    ) {
        let office = Office::new(&seeds, &[30, 7], &|place| saves[place % saves.len()]);
        same_figures(&office, AsOf::Head, &queries)?;
        for (choice, place) in asked {
            same_figures(&office, as_of(&office, choice, place.into()), &queries)?;
        }
    }

    #[test]
    fn a_damaged_or_missing_file_changes_no_answer(
        seeds in seeds(60),
        pace in pace(),
        which in any::<u16>(),
        at in any::<u16>(),
        gone in any::<bool>(),
        queries in prop::collection::vec(query(), 1..5),
    ) {
        let office = Office::new(&seeds, &[9, 20, 5], &|place| {
            (place == 0 || place >= 3).then_some(pace)
        });
        let mut files: Vec<_> = std::fs::read_dir(views::folder(office.path()))
            .map(|files| files.map(|file| file.unwrap().path()).collect())
            .unwrap_or_default();
        files.sort();
        let path = &files[usize::from(which) % files.len()];
        if gone {
            std::fs::remove_file(path).unwrap();
        } else {
            let mut bytes = std::fs::read(path).unwrap();
            let len = bytes.len();
            bytes[usize::from(at) % len] ^= 1 << (at % 8);
            std::fs::write(path, bytes).unwrap();
        }
        let last = AsOf::Seq(office.events.len() as u64 - 1);
        for as_of in [AsOf::Head, last] {
            same_figures(&office, as_of, &queries)?;
            same_household(&office, as_of, "H3")?;
        }
        // Saving again mends it, or leaves it to be folded.
        views::save(office.path(), &office.reader(), &mut |_, _| {}).unwrap();
        same_figures(&office, AsOf::Head, &queries)?;
    }
}

proptest! {
    // Each saves a dozen times or two.
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    /// Months that are large at first, and small layers on top of them that are packed together
    /// again and again.
    #[test]
    fn layers_on_layers_are_the_whole_log(
        seeds in prop::collection::vec((0..70_u8, any::<[u16; 6]>()), 90..130),
        small in 3..8_usize,
        share in 1..5_usize,
        asked in prop::collection::vec((any::<u8>(), any::<u16>()), 2),
        queries in prop::collection::vec(query(), 1..8),
    ) {
        let mut batches = vec![small; 20];
        batches[0] = 60;
        let pace = Pace { share, ..Pace::default() };
        let office = Office::new(&seeds, &batches, &|_| Some(pace));
        same_figures(&office, AsOf::Head, &queries)?;
        for (choice, place) in asked {
            same_figures(&office, as_of(&office, choice, place.into()), &queries)?;
        }
    }
}

/// The names and the bytes of what is saved of the months.
fn layers(office: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(views::folder(office)).unwrap();
    let files = files.map(|file| {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        (name, std::fs::read(file.path()).unwrap())
    });
    files
        .filter(|(name, _)| name.starts_with("layers.") || name.starts_with("month."))
        .collect()
}

/// What is saved later stands on top of what was saved before, which is not written again until
/// there is enough of it.
#[test]
fn a_save_writes_what_changed_and_not_the_month() {
    // Supports, and now and then what becomes of them: in all months, again and again.
    let seeds: Vec<Seeds> = (0..1_000_u16)
        .map(|n| {
            let what = if n % 8 < 6 { 60 } else { n as u8 % 24 };
            let seed = |factor| n.wrapping_mul(factor);
            (what, [37, 10_101, 7, 211, 2_013, 17].map(seed))
        })
        .collect();
    let saved = |share: usize| {
        let pace = Pace {
            share,
            ..Pace::default()
        };
        let save = |place: usize| (15..25).contains(&place).then_some(pace);
        let office = Office::new(&seeds, &[40], &save);
        let mut query = Query::of(&"2022..2025".parse().unwrap());
        query.by = vec![Dimension::Kind, Dimension::Class];
        same_figures(&office, AsOf::Head, &[query]).unwrap();
        layers(office.path())
    };
    let (never, seldom, always) = (saved(0), saved(Pace::default().share), saved(usize::MAX));
    // Ten saves, each with a file of its own; what was saved first is by far the most.
    let sizes: Vec<usize> = never.values().map(Vec::len).collect();
    assert_eq!(sizes.len(), 10, "{:?}", never.keys());
    let most = sizes.iter().max().unwrap();
    let small = sizes.iter().filter(|size| *size * 3 < *most).count();
    assert_eq!(small, 9, "{sizes:?}");
    // Packed together now and then there are fewer; always, and there is one layer of each month.
    assert!((2..10).contains(&seldom.len()), "{:?}", seldom.keys());
    let len = |files: &BTreeMap<_, Vec<u8>>| files.values().map(Vec::len).sum::<usize>();
    assert!(len(&always) < len(&seldom), "{:?}", always.keys());
    assert!(len(&seldom) < len(&never), "{:?}", seldom.keys());
}

#[test]
fn views_of_another_log_are_not_used() {
    let random = |salt: u16| -> Vec<Seeds> {
        (0..40_u16)
            .map(|n| (90, [n, salt, n * 7, n * 11, n * 13, n * 17]))
            .collect()
    };
    let one = Office::new(&random(1), &[50], &|_| Some(Pace::default()));
    let other = Office::new(&random(2), &[50], &|_| None);
    assert_ne!(
        one.folded(AsOf::Head).stand().root,
        other.folded(AsOf::Head).stand().root
    );
    let to = views::folder(other.path());
    std::fs::create_dir(&to).unwrap();
    for file in std::fs::read_dir(views::folder(one.path())).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
    let mut query = Query::of(&"2022..2025".parse().unwrap());
    query.by = vec![socai::projection::Dimension::Kind];
    same_figures(&other, AsOf::Head, &[query]).unwrap();
}

/// What a later event named first is not known before it, though it was saved.
#[test]
fn a_group_is_known_from_the_event_that_names_it() {
    let seeds: Vec<Seeds> = (0..12_u16)
        .map(|n| (60, [n, if n < 8 { 0 } else { 2 }, n * 7, n * 11, n * 13, n]))
        .collect();
    let office = Office::new(&seeds, &[50], &|_| Some(Pace::default()));
    let mut query = Query::of(&"2022..2025".parse().unwrap());
    let group = vec!["under_six".to_owned()];
    query.filters = vec![Filter::Dimension(Dimension::Group, group)];
    let known = |seq: &u64| {
        let ledger = office.glance(AsOf::Seq(*seq), &Need::Sums { members: true });
        same_figures(&office, AsOf::Seq(*seq), std::slice::from_ref(&query)).unwrap();
        figures(ledger.facts(), ledger.state(), &query).is_ok()
    };
    let last = office.events.len() as u64;
    let from = (1..=last).find(known).expect("the last events name it");
    assert!(from > 1, "the first event does not name it");
    assert!((from..=last).all(|seq| known(&seq)));
}

#[test]
fn nothing_personal_is_opened_on_the_way() {
    let office = Office::new(&[(90, [1; 6])], &[50], &|_| Some(Pace::default()));
    let mut looked = 0;
    for file in std::fs::read_dir(views::folder(office.path())).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("Head of"), "an opened name is in views/");
        looked += 1;
    }
    assert!(looked >= 3);
}
