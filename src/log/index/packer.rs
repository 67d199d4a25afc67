//! Packing beside the appends: blocks are compressed in a thread while the log goes on.
//!
//! What is handed over is packed into the same blocks as without the thread. Whoever needs them
//! helps with what still waits, so nothing depends on the thread being there or being fast.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use super::block::{Entry, Packed, Press};

/// No more groups wait: what comes then is packed by whoever needs it.
const WAITING_MOST: usize = 256;

#[derive(Default)]
struct Queue {
    waiting: VecDeque<(u64, Vec<Entry>)>,
    /// The group that the thread has.
    busy: Option<u64>,
    /// By the first `seq` of the group.
    done: BTreeMap<u64, Packed>,
    closed: bool,
}

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, queue: MutexGuard<'a, Queue>) -> MutexGuard<'a, Queue> {
        let waited = self.changed.wait(queue);
        waited.unwrap_or_else(PoisonError::into_inner)
    }
}

/// Packs groups of events in a thread of its own.
#[derive(Default)]
pub(super) struct Packer {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

impl Packer {
    /// Hands a group over, if there is room.
    pub(super) fn add(&mut self, first: u64, group: Vec<Entry>) {
        if self.thread.is_none() {
            let shared = self.shared.clone();
            let work = move || pack_waiting(&shared);
            let spawned = thread::Builder::new()
                .name("packing".to_owned())
                .spawn(work);
            self.thread = spawned.ok();
        }
        let mut queue = self.shared.queue();
        if queue.waiting.len() < WAITING_MOST {
            queue.waiting.push_back((first, group));
            drop(queue);
            self.shared.changed.notify_all();
        }
    }

    /// What was packed of the groups that were handed over, by their first `seq`. What the thread
    /// has not begun is packed here.
    pub(super) fn finish(&mut self, press: &mut Press) -> Result<BTreeMap<u64, Packed>, String> {
        let mut queue = self.shared.queue();
        loop {
            if let Some((first, group)) = queue.waiting.pop_back() {
                drop(queue);
                let blocks = press.pack(&group)?;
                queue = self.shared.queue();
                queue.done.insert(first, blocks);
            } else if queue.busy.is_some() {
                queue = self.shared.wait(queue);
            } else {
                return Ok(std::mem::take(&mut queue.done));
            }
        }
    }
}

impl Drop for Packer {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        queue.closed = true;
        queue.waiting.clear();
        drop(queue);
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A thread that stopped leaves its group to be packed by whoever needs it.
            drop(thread.join());
        }
    }
}

/// Says that nothing is being packed any more, also where packing panicked.
struct Busy<'a>(&'a Shared);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.queue().busy = None;
        self.0.changed.notify_all();
    }
}

fn pack_waiting(shared: &Shared) {
    let mut press = Press::default();
    loop {
        let mut queue = shared.queue();
        let (first, group) = loop {
            match queue.waiting.pop_front() {
                _ if queue.closed => return,
                Some(group) => break group,
                None => queue = shared.wait(queue),
            }
        };
        queue.busy = Some(first);
        drop(queue);
        let busy = Busy(shared);
        // What cannot be packed here is tried again, and said, where it is needed.
        if let Ok(blocks) = press.pack(&group) {
            shared.queue().done.insert(first, blocks);
        }
        drop(busy);
    }
}
