use super::*;
use crate::log::tag_list::TagList;

fn meta() -> Meta {
    let mut frontier = Frontier::new();
    (0..5).for_each(|number| frontier.push([number; 32]));
    Meta {
        ledger: LedgerId::new([4; 16]),
        cursor: Cursor {
            seq: 5,
            at_ms: 6,
            root: frontier.root(),
            hash: [7; 32],
            segment: 1,
            frame: 128,
            offset: 900,
            sealed: false,
        },
        frontier,
    }
}

#[test]
fn what_is_indexed_is_read_back_and_no_flipped_bit_is_taken() {
    let bytes = meta().encode();
    assert_eq!(Meta::decode(&bytes), Some(meta()));
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Meta::decode(&flipped), None);
    }
}

fn entry(seq: u64, bytes: &[u8]) -> StoredEvent {
    StoredEvent {
        seq,
        at_ms: 6,
        id: Uuid::from_u128(seq.into()),
        bytes: bytes.into(),
    }
}

fn meta_at(seq: u64) -> Meta {
    let mut frontier = Frontier::new();
    (0..seq).for_each(|_| frontier.push([1; 32]));
    Meta {
        cursor: Cursor {
            seq,
            root: frontier.root(),
            ..meta().cursor
        },
        frontier,
        ..meta()
    }
}

#[test]
fn large_events_make_no_files_beside_sled() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sled");
    let mut index = Index::create(&path, Duration::from_secs(60)).unwrap();
    index.sizes.new_most = 20;
    // What hardly compresses, so that packed blocks are split.
    let large = |seq: u64| {
        let mut noise = seq;
        let mut event = line(seq, Uuid::from_u128(seq.into()));
        event.pop();
        event.extend_from_slice(b",\"x\":\"");
        event.extend(
            std::iter::repeat_with(|| {
                noise = noise
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695);
                b'a' + (noise >> 60) as u8
            })
            .take(65_000),
        );
        event.extend_from_slice(b"\"}");
        event
    };
    for first in (0..1_040u64).step_by(16) {
        for seq in first + 1..=first + 16 {
            let event = large(seq);
            index.add(entry(seq, &event), leaf_hash(&event), vec![b"tag".to_vec()]);
        }
        index.mark(meta_at(first + 16));
        if first < 32 || index.is_full() {
            index.flush().unwrap();
        }
    }
    index.settle().unwrap();
    assert_eq!(index.list.packed_to, 1_024);
    assert_eq!(
        fs::read_dir(path.join("blobs")).map_or(0, Iterator::count),
        0
    );
    for seq in [1, 40, 1_024, 1_030] {
        assert_eq!(
            index.block(seq).unwrap().next_event(),
            Some(large(seq).as_slice())
        );
    }
    assert_eq!(index.last_tagged(b"ta").unwrap(), None);
}

/// An event of a test: its number and its time are what the index reads of it.
fn line(seq: u64, id: Uuid) -> Vec<u8> {
    let ledger = LedgerId::new([4; 16]);
    format!(
        "{{\"at\":\"2023-04-12T03:04:05.678Z\",\"id\":\"{id}\",\"ledger\":\"{ledger}\",\"seq\":{seq}}}"
    )
    .into_bytes()
}

/// However much is new, waiting, packed or merged: what is found is what a plain list finds.
#[test]
fn what_is_found_is_what_a_plain_list_finds() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sled");
    let small = Sizes {
        pack: 8,
        new_most: 12,
        waiting_most: 30,
        waiting_bytes: 1 << 20,
        fan: 3,
    };
    let mut index = Index::create(&path, Duration::from_secs(60)).unwrap();
    index.sizes = small;
    let (mut ids, mut tags) = (Vec::new(), HashMap::<Vec<u8>, Vec<u64>>::new());
    let mut noise = 7u64;
    let mut draw = |below: u64| {
        noise = noise
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695);
        (noise >> 33) % below
    };
    let mut seq = 0;
    for round in 0..400u64 {
        // At first blocks are taken over as they are packed elsewhere, then events follow.
        let whole = round < 60;
        let (first, mut lines, mut list) = (seq + 1, Vec::new(), TagList::default());
        for _ in 0..=draw(5) {
            seq += 1;
            // A third of the ids agree in their last half with others.
            let last_half = if draw(3) == 0 {
                draw(20)
            } else {
                seq << 20 | draw(1 << 20)
            };
            let id = Uuid::from_u128(u128::from(seq) << 64 | u128::from(last_half));
            let names: Vec<Tag> = (0..draw(3))
                .map(|_| format!("h{}", draw(9) * draw(9)).into_bytes())
                .collect();
            for name in &names {
                let seqs = tags.entry(name.clone()).or_default();
                if seqs.last() != Some(&seq) {
                    seqs.push(seq);
                }
            }
            let bytes = line(seq, id);
            let stored = StoredEvent {
                id,
                ..entry(seq, &bytes)
            };
            ids.push(id);
            if whole {
                names.iter().for_each(|name| list.put(name));
                list.close_event();
                lines.push(bytes);
            } else {
                index.add(stored, leaf_hash(&bytes), names);
            }
        }
        if whole {
            assert!(index.is_whole());
            let frame = |lines: &[Vec<u8>]| {
                let closed = lines.iter().flat_map(|it| [it, b"\n".as_slice()].concat());
                let raw: Vec<u8> = closed.collect();
                (raw.len(), zstd::bulk::compress(&raw, 1).unwrap())
            };
            let (one, two) = lines.split_at(lines.len() / 2);
            let [(one_len, mut packed), (two_len, two)] = [one, two].map(frame);
            packed.extend(two);
            let leaves: Vec<Hash> = lines.iter().map(|line| leaf_hash(line)).collect();
            let block = Whole {
                packed: &packed,
                raw_len: one_len + two_len,
                root: crate::log::merkle::root(&leaves),
            };
            let here = &ids[first as usize - 1..];
            index.add_whole(&block, first, here, &list).unwrap();
            if round % 5 == 4 {
                index.close_run(&meta_at(seq)).unwrap();
            }
        } else {
            index.mark(meta_at(seq));
        }
        match draw(6) {
            0 => index.settle().unwrap(),
            1 | 2 => index.flush().unwrap(),
            _ if index.is_full() => index.flush().unwrap(),
            _ => {}
        }
        if round % 50 == 49 {
            index.settle().unwrap();
            drop(index);
            let (opened, meta) = Index::open(&path, Duration::from_secs(60)).unwrap();
            assert_eq!(meta, meta_at(seq));
            index = opened;
            index.sizes = small;
            // Both ways to look for an id: in the blocks, and through the filters.
            index.probes = AtomicUsize::new(if round > 200 { PROBES } else { 0 });
        }
        if round % 25 != 24 {
            continue;
        }
        for (wanted, id) in (1..).zip(&ids) {
            assert_eq!(index.find(id).unwrap(), Some(wanted));
            let stranger = Uuid::from_u128(id.as_u128() ^ 1 << 100);
            assert_eq!(index.find(&stranger).unwrap(), None);
            if let Some(event) = index.waiting(wanted) {
                assert_eq!(event.id, *id);
                continue;
            }
            let mut block = index.block(wanted).unwrap();
            let mut lines = std::iter::from_fn(|| block.next_event().map(<[u8]>::to_vec));
            assert!(
                lines.any(|found| found == line(wanted, *id)),
                "event {wanted}"
            );
        }
        for (name, seqs) in &tags {
            assert_eq!(index.tagged(name).unwrap(), *seqs, "{round}");
            assert_eq!(index.last_tagged(name).unwrap(), seqs.last().copied());
        }
        assert_eq!(index.tagged(b"h").unwrap(), Vec::<u64>::new());
        let some = [
            Uuid::from_u128(0xffff_0000 << 64 | 0xabcd_ef01),
            ids[ids.len() / 2],
        ];
        assert!(index.may_hold_any(&some).unwrap());
        assert!(!index.may_hold_any(&some[..1]).unwrap());
    }
    assert!(
        index.list.runs.iter().any(|run| run.level > 1),
        "{:?}",
        index.list
    );
    let keys = index.db().unwrap().len();
    assert!(keys < seq as usize / 2, "{keys} keys for {seq} events");
}

#[test]
fn a_flipped_bit_in_a_packed_block_is_never_an_event() {
    let entries: Vec<Entry> = (1..=8)
        .map(|seq| {
            let bytes = line(seq, Uuid::from_u128(seq.into()));
            let leaf = leaf_hash(&bytes);
            Entry {
                event: entry(seq, &bytes),
                leaf,
            }
        })
        .collect();
    let good = Press::default().pack(&entries).unwrap().remove(0).1;
    assert!(block::open(&good).is_ok());
    for bit in 0..good.len() * 8 {
        let mut flipped = good.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(block::open(&flipped).is_err());
    }
    // A block of other events with a right checksum has another root.
    let mut other = good.clone();
    other[13] ^= 1;
    let crc = crc32c::crc32c(&other[5..]).to_be_bytes();
    other[1..5].copy_from_slice(&crc);
    assert!(block::open(&other).is_err());
}

/// A small index with some events, of which some are in runs.
fn filled(path: &Path, events: u64) -> Index {
    let mut index = Index::create(path, Duration::from_secs(60)).unwrap();
    index.sizes = Sizes {
        pack: 8,
        new_most: 12,
        waiting_most: 30,
        waiting_bytes: 1 << 20,
        fan: 3,
    };
    fill(&mut index, 1..=events);
    index
}

fn id_of(seq: u64) -> Uuid {
    let mixed = seq.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    Uuid::from_u64_pair(seq, mixed)
}

fn fill(index: &mut Index, seqs: std::ops::RangeInclusive<u64>) {
    let last = *seqs.end();
    for seq in seqs {
        let bytes = line(seq, id_of(seq));
        let stored = StoredEvent {
            id: id_of(seq),
            ..entry(seq, &bytes)
        };
        let tag = format!("h{}", seq % 7).into_bytes();
        index.add(stored, leaf_hash(&bytes), vec![tag]);
    }
    index.mark(meta_at(last));
    index.flush().unwrap();
}

fn tagged(events: u64, tag: u64) -> Vec<u64> {
    (1..=events).filter(|seq| seq % 7 == tag).collect()
}

/// The numbers of the runs that have a file.
fn run_files(path: &Path) -> Vec<u32> {
    let names = files(path).unwrap().into_iter();
    let mut numbers: Vec<u32> = names
        .filter_map(|file| {
            let name = file.file_name()?.to_str()?;
            name.strip_prefix("run.")?.parse().ok()
        })
        .collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn the_files_of_merged_runs_stay_until_sled_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sled");
    let mut index = filled(&path, 40);
    index.settle().unwrap();
    let mut events = 40;
    while index.list.leaving.is_empty() {
        fill(&mut index, events + 1..=events + 40);
        events += 40;
    }
    let leaving = index.list.leaving.clone();
    let kept = run_files(&path);
    assert!(leaving.iter().all(|number| kept.contains(number)));
    index.settle().unwrap();
    let listed: Vec<u32> = index.list.runs.iter().map(|run| run.number).collect();
    assert_eq!(run_files(&path), listed);
    for tag in 0..7 {
        let name = format!("h{tag}");
        assert_eq!(index.tagged(name.as_bytes()).unwrap(), tagged(events, tag));
    }
    // Whoever stopped between the two removes them at the next opening.
    index.list.leaving = vec![listed[0] + 1_000];
    fs::write(path.join(format!("run.{}", listed[0] + 1_000)), b"left").unwrap();
    fill(&mut index, events + 1..=events + 1);
    index.sync().unwrap();
    drop(index);
    let (mut index, _) = Index::open(&path, Duration::from_secs(60)).unwrap();
    index.settle().unwrap();
    assert_eq!(run_files(&path), listed);
}

#[test]
fn what_a_writer_left_of_a_run_is_no_part_of_the_next() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sled");
    let mut index = filled(&path, 40);
    let number = index.list.next_number;
    fs::write(path.join(format!("run.{number}")), [7; 90_000]).unwrap();
    for row in [b'i', b't'] {
        for first in [0_u8, 1, 0x40, 0x80, 0xc0] {
            let mut key = run::row_prefix(number, row);
            key.extend_from_slice(&[first; 13]);
            let mut place = [3_u8; block_file::PLACE];
            place[1..9].fill(0);
            place[9..].copy_from_slice(&60_000_u32.to_be_bytes());
            index.db().unwrap().insert(key, &place).unwrap();
        }
    }
    fill(&mut index, 41..=80);
    assert!(index.list.next_number > number);
    for seq in 1..=80 {
        assert_eq!(index.find(&id_of(seq)).unwrap(), Some(seq));
    }
    for tag in 0..7 {
        let name = format!("h{tag}");
        assert_eq!(index.tagged(name.as_bytes()).unwrap(), tagged(80, tag));
    }
}

#[test]
fn a_run_that_is_missing_or_damaged_is_never_a_wrong_answer() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sled");
    let mut index = filled(&path, 40);
    index.settle().unwrap();
    drop(index);
    let file = path.join(format!("run.{}", run_files(&path)[0]));
    let good = fs::read(&file).unwrap();
    let open = || Index::open(&path, Duration::from_secs(60));
    for place in (0..good.len()).step_by(11) {
        let mut flipped = good.clone();
        flipped[place] ^= 0x10;
        fs::write(&file, &flipped).unwrap();
        let (index, _) = open().unwrap();
        let mut refused = 0;
        for seq in 1..=40 {
            match index.find(&id_of(seq)) {
                Ok(found) => assert_eq!(found, Some(seq)),
                Err(_) => refused += 1,
            }
        }
        for tag in 0..7 {
            match index.tagged(format!("h{tag}").as_bytes()) {
                Ok(found) => assert_eq!(found, tagged(40, tag)),
                Err(_) => refused += 1,
            }
        }
        assert!(refused > 0, "byte {place}");
    }
    fs::write(&file, &good[..good.len() - 1]).unwrap();
    assert!(open().is_err());
    fs::remove_file(&file).unwrap();
    assert!(open().is_err());
    fs::write(&file, &good).unwrap();
    assert_eq!(open().unwrap().0.find(&id_of(1)).unwrap(), Some(1));
}
