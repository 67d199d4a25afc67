//! Sealing beside the appends: one segment at a time, in a thread of its own.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use crate::log::error::LogError;
use crate::log::journal::sealing;

/// The segments that wait to be sealed, and the one that is.
pub(super) struct Sealer {
    journal: PathBuf,
    waiting: VecDeque<u64>,
    running: Option<(u64, JoinHandle<Result<(), LogError>>)>,
}

impl Sealer {
    /// Finds what waits.
    pub(super) fn open(journal: &Path) -> Result<Sealer, LogError> {
        Ok(Sealer {
            journal: journal.to_owned(),
            waiting: sealing::unsealed(journal)?.into(),
            running: None,
        })
    }

    /// A segment was closed.
    pub(super) fn add(&mut self, journal: &Path) {
        if let Ok(unsealed) = sealing::unsealed(journal) {
            let running = self.running.as_ref().map(|(first, _)| *first);
            let waits = unsealed.into_iter().filter(|first| Some(*first) != running);
            self.waiting = waits.collect();
        }
        self.go_on(journal);
    }

    /// Starts on the next segment if none is being sealed.
    pub(super) fn go_on(&mut self, journal: &Path) {
        if self.running.is_some() {
            return;
        }
        let Some(first) = self.waiting.pop_front() else {
            return;
        };
        let journal = journal.to_owned();
        let thread = thread::Builder::new()
            .name("sealing".to_owned())
            .spawn(move || sealing::write_copy(&journal, first));
        // Without a thread the frames stay, and the next open tries again.
        self.running = thread.ok().map(|thread| (first, thread));
    }

    /// The next segment whose sealed copy is there, and its frames too.
    pub(super) fn sealed(&mut self, wait: bool) -> Option<u64> {
        let (first, thread) = self.running.take()?;
        if !wait && !thread.is_finished() {
            self.running = Some((first, thread));
            return None;
        }
        // A copy that could not be made (the disk is full, the frames are damaged) leaves the
        // frames as they are: reading them tells what is wrong.
        let sealed = matches!(thread.join(), Ok(Ok(())));
        if !sealed {
            self.waiting.clear();
            return None;
        }
        let journal = self.journal.clone();
        self.go_on(&journal);
        Some(first)
    }

    /// Removes frames that are no longer needed. Where it fails they stay, and are sealed again.
    pub(super) fn drop_frames(&self, journal: &Path, first: u64) {
        drop(sealing::drop_frames(journal, first));
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        if let Some((_, thread)) = self.running.take() {
            drop(thread.join());
        }
    }
}
