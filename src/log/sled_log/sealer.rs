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
    running: Option<(u64, Running)>,
}

/// A segment that is being sealed.
enum Running {
    /// Beside the appends.
    Beside(JoinHandle<Result<(), LogError>>),
    /// It is over: on a simulated disk it is made at once, so that a seed repeats exactly.
    Over(Result<(), LogError>),
}

impl Running {
    fn start(journal: &Path, first: u64) -> Running {
        #[cfg(test)]
        if crate::log::disk::simulated::is_mounted() {
            return Running::Over(sealing::write_copy(journal, first));
        }
        let journal = journal.to_owned();
        let thread = thread::Builder::new()
            .name("sealing".to_owned())
            .spawn(move || sealing::write_copy(&journal, first));
        // Without a thread the frames stay, and the next open tries again.
        thread.map_or(Running::Over(Err(LogError::Closed)), Running::Beside)
    }

    fn is_over(&self) -> bool {
        match self {
            Running::Beside(thread) => thread.is_finished(),
            Running::Over(_) => true,
        }
    }

    /// Waits for the end; whether the copy is there.
    fn end(self) -> bool {
        match self {
            Running::Beside(thread) => matches!(thread.join(), Ok(Ok(()))),
            Running::Over(result) => result.is_ok(),
        }
    }
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
        self.running = Some((first, Running::start(journal, first)));
    }

    /// The next segment whose sealed copy is there, and its frames too.
    pub(super) fn sealed(&mut self, wait: bool) -> Option<u64> {
        let (first, running) = self.running.take()?;
        if !wait && !running.is_over() {
            self.running = Some((first, running));
            return None;
        }
        // A copy that could not be made (the disk is full, the frames are damaged) leaves the
        // frames as they are: reading them tells what is wrong.
        if !running.end() {
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
        if let Some((_, running)) = self.running.take() {
            running.end();
        }
    }
}
