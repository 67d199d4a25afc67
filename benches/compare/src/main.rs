//! The jobs that are measured inside one process. `./run` puts them beside the others.
//!
//! ```text
//! socai-compare generate EVENTS DIR   DIR/ledger, and DIR/flat.csv for stores without events
//! socai-compare write EVENTS ROUNDS DIR   appends, groups and bulk, engines taking turns
//! socai-compare ask DIR ROUNDS        the report and a history, in a process that is warm
//! ```
//!
//! Output: lines `job,engine,number`, where the number is events a second or milliseconds.

#![allow(clippy::unwrap_used, reason = "a benchmark stops where it cannot go on")]

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Instant;

use fjall::{KeyspaceCreateOptions, PersistMode};
use redb::TableDefinition;
use socai::domain::event::{Body, Event};
use socai::domain::stage::Stage;
use socai::domain::support::SupportState;
use socai::domain::tags::household_tag;
use socai::log::keys::KeyStore;
use socai::log::{
    Condition, EventLog, EventRead, GroupCommit, JournalReader, LogOptions, SledLog, codec,
};
use socai::office::views::{self, Need, glance};
use socai::office::{AsOf, new_events, tags_of};
use socai::projection::{Dimension, Query, View, figures};
use uuid::Uuid;

#[path = "../../generate/mod.rs"]
mod generate;

/// Events a commit of the bulk job.
const BULK: usize = 10_000;
const WRITERS: usize = 64;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| args[place].replace('_', "").parse::<u64>().unwrap();
    match args.first().map(String::as_str) {
        Some("generate") => generate_files(number(1), Path::new(&args[2])),
        Some("write") => write_jobs(number(1), number(2), Path::new(&args[3])),
        Some("ask") => ask(Path::new(&args[1]), number(2)),
        _ => panic!("generate EVENTS DIR | write EVENTS ROUNDS DIR | ask DIR ROUNDS"),
    }
}

/// A row of the flat table: what one event said of a support, and which later event unsaid it.
struct Row {
    add_seq: u64,
    void_seq: Option<u64>,
    stage: Stage,
    state: SupportState,
}

/// Rows that a plain table can answer the report from, at any moment of the log.
#[derive(Default)]
struct Flat {
    rows: Vec<Row>,
    standing: HashMap<Uuid, Vec<usize>>,
}

impl Flat {
    fn add(&mut self, event: &Event) {
        let mut row = |support: Uuid, stage, state: &SupportState| {
            self.standing.entry(support).or_default().push(self.rows.len());
            let (add_seq, void_seq, state) = (event.seq, None, state.clone());
            self.rows.push(Row { add_seq, void_seq, stage, state });
        };
        match &event.body {
            Body::Support(stage, state) => row(event.id, *stage, state),
            Body::SupportReversed(data) => self.void(data.support, event.seq),
            Body::SupportCorrected(data) => {
                self.void(data.support, event.seq);
                let (add_seq, void_seq) = (event.seq, None);
                self.standing.entry(data.support).or_default().push(self.rows.len());
                self.rows.push(Row { add_seq, void_seq, stage: data.stage, state: data.to.clone() });
            }
            _ => {}
        }
    }

    fn void(&mut self, support: Uuid, seq: u64) {
        for place in self.standing.remove(&support).unwrap_or_default() {
            self.rows[place].void_seq = Some(seq);
        }
    }

    fn write(&self, path: &Path) {
        let mut out = std::io::BufWriter::new(File::create(path).unwrap());
        writeln!(out, "add_seq,void_seq,stage,kind,class,household,village,occurred_on,amount,quantity").unwrap();
        for row in &self.rows {
            let state = &row.state;
            let void = row.void_seq.map(|seq| seq.to_string()).unwrap_or_default();
            let quantity = state.quantity.map_or(0, |quantity| quantity.thousandths() / 1_000);
            writeln!(
                out,
                "{},{void},{},{},{},{},{},{},{},{quantity}",
                row.add_seq,
                row.stage,
                state.kind,
                state.class.unwrap(),
                state.household.as_ref().unwrap(),
                state.villages[0],
                state.occurred_on,
                state.amount_thousandths() / 1_000,
            )
            .unwrap();
        }
    }
}

fn generate_files(events: u64, dir: &Path) {
    fs::create_dir_all(dir).unwrap();
    let mut flat = Flat::default();
    let begun = Instant::now();
    let mut seen = |event: &Event| flat.add(event);
    generate::write(&dir.join("ledger"), generate::Plan::of(events), 50_000, &mut seen);
    eprintln!("generated and appended in {:.1?}", begun.elapsed());
    let ledger = dir.join("ledger");
    let log = JournalReader::open(&ledger, &LogOptions::new(Arc::new(tags_of))).unwrap();
    let begun = Instant::now();
    views::save(&ledger, &log, &mut |_, _| {}).unwrap();
    eprintln!("views folded and saved in {:.1?}", begun.elapsed());
    flat.write(&dir.join("flat.csv"));
}

/// A store that takes canonical events under their number and is durable after each commit.
trait Store: Send {
    fn commit(&mut self, first: u64, events: &[Vec<u8>]);
}

/// A file filled with zeros beforehand, one `pwrite` and one `fdatasync` a commit: the limit.
struct Bare {
    file: File,
    at: u64,
}

impl Bare {
    fn new(dir: &Path) -> Bare {
        let file = File::create_new(dir.join("bare")).unwrap();
        for place in 0..64u64 {
            file.write_all_at(&vec![0; 1 << 20], place << 20).unwrap();
        }
        file.sync_all().unwrap();
        Bare { file, at: 0 }
    }
}

impl Store for Bare {
    fn commit(&mut self, _: u64, events: &[Vec<u8>]) {
        let bytes = events.concat();
        if self.at + bytes.len() as u64 > 64 << 20 {
            self.at = 0;
        }
        self.file.write_all_at(&bytes, self.at).unwrap();
        self.file.sync_data().unwrap();
        self.at += bytes.len() as u64;
    }
}

const TABLE: TableDefinition<u64, &[u8]> = TableDefinition::new("events");

impl Store for redb::Database {
    fn commit(&mut self, first: u64, events: &[Vec<u8>]) {
        let transaction = self.begin_write().unwrap();
        {
            let mut table = transaction.open_table(TABLE).unwrap();
            for (seq, event) in (first..).zip(events) {
                table.insert(seq, event.as_slice()).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
}

struct Fjall(fjall::Database, fjall::Keyspace);

impl Store for Fjall {
    fn commit(&mut self, first: u64, events: &[Vec<u8>]) {
        let mut batch = self.0.batch().durability(Some(PersistMode::SyncData));
        for (seq, event) in (first..).zip(events) {
            batch.insert(&self.1, seq.to_be_bytes(), event.as_slice());
        }
        batch.commit().unwrap();
    }
}

struct Sqlite(rusqlite::Connection);

impl Sqlite {
    fn new(dir: &Path) -> Sqlite {
        let connection = rusqlite::Connection::open(dir.join("sqlite")).unwrap();
        connection
            .execute_batch(
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
                 CREATE TABLE events (seq INTEGER PRIMARY KEY, event BLOB NOT NULL);",
            )
            .unwrap();
        Sqlite(connection)
    }
}

impl Store for Sqlite {
    fn commit(&mut self, first: u64, events: &[Vec<u8>]) {
        let transaction = self.0.transaction().unwrap();
        {
            let mut insert = transaction.prepare_cached("INSERT INTO events VALUES (?1, ?2)").unwrap();
            for (seq, event) in (first..).zip(events) {
                insert.execute((seq, event)).unwrap();
            }
        }
        transaction.commit().unwrap();
    }
}

const PEERS: [&str; 4] = ["bare file", "redb", "fjall", "SQLite"];

fn peer(name: &str, dir: &Path) -> Box<dyn Store> {
    fs::create_dir_all(dir).unwrap();
    match name {
        "bare file" => Box::new(Bare::new(dir)),
        "redb" => Box::new(redb::Database::create(dir.join("redb")).unwrap()),
        "fjall" => {
            let db = fjall::Database::builder(dir.join("fjall")).open().unwrap();
            let events = db.keyspace("events", KeyspaceCreateOptions::default).unwrap();
            Box::new(Fjall(db, events))
        }
        _ => Box::new(Sqlite::new(dir)),
    }
}

fn say(job: &str, engine: &str, number: f64) {
    println!("{job},{engine},{number:.3}");
}

fn a_second(count: usize, begun: Instant) -> f64 {
    count as f64 / begun.elapsed().as_secs_f64()
}

fn write_jobs(count: u64, rounds: u64, dir: &Path) {
    let mut plan = generate::Plan::of(count);
    // Sealed fields would need the keys of each ledger; sealing is measured apart.
    plan.sealed = false;
    // What a new ledger already has, so that each event knows its place.
    let (log, ..) = generate::open(&dir.join("new"));
    let first = log.head().seq + 1;
    drop(log);
    let events: Vec<Event> =
        generate::events(plan, first, None).flat_map(|day| day.events).collect();
    let bytes: Vec<Vec<u8>> = events.iter().map(|event| codec::encode(event).unwrap()).collect();
    for round in 0..rounds {
        let dir = dir.join(format!("round-{round}"));
        for (job, most) in [("append", 500), ("64 writers", 32_000), ("bulk", usize::MAX)] {
            let part = events.len().min(most);
            for name in PEERS {
                let place = dir.join(format!("{job}-{name}").replace(' ', "-"));
                let store = peer(name, &place);
                let rate = match job {
                    "append" => one_by_one(store, &bytes[..part]),
                    "64 writers" => grouped(store, &bytes[..part]),
                    _ => in_bulk(store, &bytes[..part]),
                };
                say(job, name, rate);
                drop(fs::remove_dir_all(place));
            }
            let place = dir.join(format!("{job}-socai").replace(' ', "-"));
            let (log, _, clock) = generate::open(&place);
            clock.0.store(events.last().unwrap().at_ms, std::sync::atomic::Ordering::SeqCst);
            let rate = match job {
                "append" => socai_one_by_one(log, &events[..part]),
                "64 writers" => socai_grouped(log, &events[..part]),
                _ => socai_in_bulk(log, &events[..part], false),
            };
            say(job, "socai", rate);
            drop(fs::remove_dir_all(&place));
            if job == "bulk" {
                let (log, ..) = generate::open(&place);
                say(job, "socai with projection", socai_in_bulk(log, &events[..part], true));
                drop(fs::remove_dir_all(&place));
            }
        }
        drop(fs::remove_dir_all(dir));
    }
}

fn one_by_one(mut store: Box<dyn Store>, events: &[Vec<u8>]) -> f64 {
    let begun = Instant::now();
    for (seq, event) in (1..).zip(events) {
        store.commit(seq, std::slice::from_ref(event));
    }
    a_second(events.len(), begun)
}

fn in_bulk(mut store: Box<dyn Store>, events: &[Vec<u8>]) -> f64 {
    let begun = Instant::now();
    let mut first = 1;
    for part in events.chunks(BULK) {
        store.commit(first, part);
        first += part.len() as u64;
    }
    a_second(events.len(), begun)
}

/// One writer thread for a store that has none: it takes what waits and commits it together.
fn grouped(mut store: Box<dyn Store>, events: &[Vec<u8>]) -> f64 {
    type Asked = (Vec<u8>, SyncSender<()>);
    let (send, receive): (SyncSender<Asked>, Receiver<Asked>) = sync_channel(1_024);
    let begun = Instant::now();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut seq = 1;
            while let Ok(asked) = receive.recv() {
                let mut group = vec![asked];
                while let Ok(asked) = receive.try_recv() {
                    group.push(asked);
                }
                let events: Vec<Vec<u8>> =
                    group.iter_mut().map(|asked| std::mem::take(&mut asked.0)).collect();
                store.commit(seq, &events);
                seq += events.len() as u64;
                for (_, answer) in group {
                    answer.send(()).unwrap();
                }
            }
        });
        for writer in 0..WRITERS {
            let send = send.clone();
            scope.spawn(move || {
                let (answer, answered) = sync_channel(1);
                for event in events.iter().skip(writer).step_by(WRITERS) {
                    send.send((event.clone(), answer.clone())).unwrap();
                    answered.recv().unwrap();
                }
            });
        }
        drop(send);
    });
    a_second(events.len(), begun)
}

fn socai_one_by_one(mut log: SledLog, events: &[Event]) -> f64 {
    let begun = Instant::now();
    for event in events {
        let event = vec![generate::new_event(event)];
        log.append(event, &Condition::default()).unwrap();
    }
    a_second(events.len(), begun)
}

fn socai_grouped(log: SledLog, events: &[Event]) -> f64 {
    let group = GroupCommit::start(log, 1_024).unwrap();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let handle = group.handle();
            scope.spawn(move || {
                for event in events.iter().skip(writer).step_by(WRITERS) {
                    let event = vec![generate::new_event(event)];
                    handle.append(event, Condition::default()).unwrap();
                }
            });
        }
    });
    let rate = a_second(events.len(), begun);
    drop(group.stop().unwrap());
    rate
}

/// From typed events: validated, encoded, hashed, journalled, indexed, and folded into the view
/// once they are durable, in a thread behind the appends.
fn socai_in_bulk(mut log: SledLog, events: &[Event], project: bool) -> f64 {
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let (send, durable) = sync_channel::<&[Event]>(16);
        let folding = project.then(|| {
            scope.spawn(move || {
                let mut view = View::default();
                for event in durable.iter().flatten() {
                    view.evolve(event).unwrap();
                }
                view
            })
        });
        for part in events.chunks(BULK) {
            let new = new_events(part).unwrap();
            let appended = log.append(new, &Condition::default()).unwrap();
            assert_eq!(appended.first, part[0].seq);
            if project {
                send.send(part).unwrap();
            }
        }
        drop(send);
        log.close().unwrap();
        let view = folding.map(|folding| folding.join().unwrap());
        let rate = a_second(events.len(), begun);
        drop(view);
        rate
    })
}

fn ask(dir: &Path, rounds: u64) {
    let place = dir.join("ledger");
    let open = |need: &Need| {
        let log = JournalReader::open(&place, &LogOptions::new(Arc::new(tags_of))).unwrap();
        let keys = KeyStore::open_read_only(&place.join("keys")).unwrap();
        glance(log, keys, AsOf::Head, i64::MAX / 2, &place, need).unwrap()
    };
    let household = generate::household(100);
    let begun = Instant::now();
    let ledger = open(&Need::Sums { members: false });
    say("open for figures", "socai", milliseconds(begun));
    let mut query = Query::of(&"2023-H1".parse().unwrap());
    query.by = vec![Dimension::Kind, Dimension::Class];
    let past = ledger.log().head().seq * 6 / 10;
    for _ in 0..rounds {
        for (job, as_of) in [("report as of, warm", past), ("report at the head, warm", u64::MAX)] {
            query.as_of = as_of;
            let begun = Instant::now();
            let found = figures::figures(ledger.facts(), ledger.state(), &query).unwrap();
            say(job, "socai", milliseconds(begun));
            assert!(!found.rows.is_empty());
        }
        let begun = Instant::now();
        let one = open(&Need::Household(household.clone()));
        let events = one.tagged(&[household_tag(&household)]).unwrap();
        say("history, opened and read", "socai", milliseconds(begun));
        assert!(!events.is_empty());
    }
    // Another household every time, of a log that is open.
    let log = JournalReader::open(&place, &LogOptions::new(Arc::new(tags_of))).unwrap();
    for number in 0..rounds {
        let household = generate::household(200 + number);
        let begun = Instant::now();
        let keys = KeyStore::open_read_only(&place.join("keys")).unwrap();
        let need = Need::Household(household.clone());
        let one = glance(&log, keys, AsOf::Head, i64::MAX / 2, &place, &need).unwrap();
        let events = one.tagged(&[household_tag(&household)]).unwrap();
        say("history, warm", "socai", milliseconds(begun));
        assert!(!events.is_empty());
    }
}

fn milliseconds(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1e3
}
