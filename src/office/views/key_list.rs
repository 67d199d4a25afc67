//! The keys of a run while it is put together.
//!
//! They stand in a bucket for each beginning of a key, eight bytes each, so that to sort them is to
//! sort short rows of numbers.

use std::sync::Mutex;
use std::thread;

/// A bucket has the keys that agree in their first bits, of 40: the other bits and the place of an
/// event are one number.
const BUCKETS: usize = 256;
const LOW_BITS: u32 = 32;
/// From so many keys on they are sorted on two cores.
const MANY: usize = 50_000;

/// Keys with the places that they lead to.
#[derive(Debug, Default)]
pub(super) struct KeyList {
    buckets: Vec<Vec<u64>>,
    /// A place was too far behind the first.
    too_far: bool,
}

impl KeyList {
    /// Adds a key of an event that is so many behind the first of the run.
    pub(super) fn push(&mut self, key: u64, behind: u64) {
        if self.buckets.is_empty() {
            self.buckets.resize_with(BUCKETS, Vec::new);
        }
        let place = u32::try_from(behind).unwrap_or_else(|_| {
            self.too_far = true;
            u32::MAX
        });
        let bucket = usize::try_from(key >> LOW_BITS).unwrap_or(usize::MAX);
        if let Some(bucket) = self.buckets.get_mut(bucket) {
            bucket.push(key << LOW_BITS | u64::from(place));
        }
    }

    /// Adds the keys of a later run, whose first event is so many behind the first of this one.
    pub(super) fn append(&mut self, later: KeyList, behind: u64) {
        self.too_far |= later.too_far;
        later.each(&mut |key, place| self.push(key, behind + place));
    }

    /// Visits all keys, and lets go of each bucket behind them.
    fn each(self, visit: &mut dyn FnMut(u64, u64)) {
        for (bucket, entries) in (0u64..).zip(self.buckets) {
            for entry in entries {
                visit(
                    bucket << LOW_BITS | entry >> LOW_BITS,
                    entry & u64::from(u32::MAX),
                );
            }
        }
    }

    /// Visits all keys and places in their order.
    ///
    /// # Errors
    /// Where a place could not be kept.
    pub(super) fn each_sorted(mut self, visit: &mut dyn FnMut(u64, u64)) -> Result<(), String> {
        if self.too_far {
            return Err("a run has too many events".to_owned());
        }
        let many = self.buckets.iter().map(Vec::len).sum::<usize>() > MANY;
        let waiting = Mutex::new(self.buckets.iter_mut());
        let sort = || {
            let next = || waiting.lock().ok().and_then(|mut waiting| waiting.next());
            while let Some(bucket) = next() {
                bucket.sort_unstable();
            }
        };
        thread::scope(|scope| {
            if many {
                // Without a thread this one sorts them all.
                drop(thread::Builder::new().spawn_scoped(scope, sort));
            }
            sort();
        });
        self.each(visit);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_come_in_their_order_however_they_went_in(
            first in prop::collection::vec((0..1u64 << 40, 0..1u64 << 32), 0..200),
            later in prop::collection::vec((0..1u64 << 40, 0..1u64 << 20), 0..200),
            behind in 0..1u64 << 20,
        ) {
            let mut list = KeyList::default();
            first.iter().for_each(|(key, place)| list.push(*key, *place));
            let mut more = KeyList::default();
            later.iter().for_each(|(key, place)| more.push(*key, *place));
            list.append(more, behind);
            let mut sorted = Vec::new();
            list.each_sorted(&mut |key, place| sorted.push((key, place))).unwrap();
            let later = later.into_iter().map(|(key, place)| (key, place + behind));
            let mut wanted: Vec<_> = first.into_iter().chain(later).collect();
            wanted.sort_unstable();
            prop_assert_eq!(sorted, wanted);
        }
    }

    #[test]
    fn a_place_that_is_too_far_is_told() {
        let mut list = KeyList::default();
        list.push(7, 1 << 32);
        assert!(list.each_sorted(&mut |_, _| ()).is_err());
    }
}
