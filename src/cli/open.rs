//! From a folder's name to a ledger in the hand.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use super::args::{AsOfArgs, Cli};
use super::console::{Console, Failure};
use crate::domain::event::Actor;
use crate::log::keys::KeyStore;
use crate::log::random::SystemRandom;
use crate::log::{Clock, IndexState, JournalReader, LogOptions, OpenReport, SledLog, SystemClock};
use crate::office::{AsOf, Ledger, OfficeError, Tools, tags_of};

/// A ledger that is read.
pub type Reader = Ledger<JournalReader>;

/// A ledger that is written.
pub type Writer = Ledger<SledLog>;

/// Where the ledger is, and how it may be opened.
#[derive(Debug, Clone)]
pub struct Place {
    /// The folder.
    pub dir: PathBuf,
    /// Who records, when that was said.
    pub by: Option<String>,
    /// A clock that seems wrong is accepted.
    pub accept_clock: bool,
    /// How long to wait for a ledger that is in use.
    pub wait: Option<Duration>,
}

/// The earliest moment that a clock can show: the release the program was built from
/// (`SOURCE_DATE_EPOCH`, in seconds), else the beginning of 2025. A machine whose battery is dead
/// falls back to a year long before.
pub fn not_before_ms() -> i64 {
    let built = option_env!("SOURCE_DATE_EPOCH").and_then(|seconds| seconds.parse::<i64>().ok());
    built.map_or(1_735_689_600_000, |seconds| seconds.saturating_mul(1_000))
}

impl Place {
    /// From the command line.
    pub fn of(cli: &Cli) -> Place {
        Place {
            dir: cli.ledger.clone(),
            by: cli.by.clone().or_else(recorder),
            accept_clock: cli.accept_clock,
            wait: cli.wait.map(Duration::from_secs),
        }
    }

    /// Time, randomness and nobody to tell.
    pub fn tools(&self) -> Tools {
        Tools::new(Arc::new(SystemClock), Box::new(SystemRandom))
    }

    /// How the log is opened.
    pub fn options(&self) -> LogOptions {
        LogOptions {
            not_before_ms: not_before_ms(),
            accept_clock: self.accept_clock,
            wait: self.wait,
            ..LogOptions::new(Arc::new(tags_of))
        }
    }

    /// The journal, without a lock.
    ///
    /// # Errors
    /// [`Failure`] when there is no ledger, or it cannot be read.
    pub fn journal(&self, console: &mut Console<'_>) -> Result<JournalReader, Failure> {
        let reader = JournalReader::open(&self.dir, &self.options());
        let reader = reader.map_err(|error| console.failure(&OfficeError::Log(error)))?;
        if let Some(damage) = reader.fault() {
            let problem = super::console::Problem::of(damage, console.lang);
            console.tell(&problem);
        }
        Ok(reader)
    }

    /// The keys, for reading.
    ///
    /// # Errors
    /// [`Failure`] when they cannot be read at all; single keys that are gone are no error.
    pub fn keys(&self, console: &Console<'_>) -> Result<KeyStore, Failure> {
        KeyStore::open_read_only(&self.dir.join("keys"))
            .map_err(|error| console.failure(&OfficeError::Keys(error)))
    }

    /// The ledger for reading, as of a moment.
    ///
    /// # Errors
    /// [`Failure`] when there is no ledger, it cannot be read, or the as-of is beyond it.
    pub fn read(&self, console: &mut Console<'_>, as_of: &AsOfArgs) -> Result<Reader, Failure> {
        let journal = self.journal(console)?;
        let as_of = match &as_of.as_of {
            Some(text) => AsOf::find(text, &journal).map_err(|error| console.failure(&error))?,
            None => AsOf::Head,
        };
        let keys = self.keys(console)?;
        Ledger::fold(journal, keys, as_of, SystemClock.now_ms())
            .map_err(|error| console.failure(&error))
    }

    /// How much of the log an option says.
    ///
    /// # Errors
    /// [`Failure`] when it says no such thing, or the ledger cannot be read.
    pub fn as_of(&self, console: &mut Console<'_>, args: &AsOfArgs) -> Result<AsOf, Failure> {
        let Some(text) = &args.as_of else {
            return Ok(AsOf::Head);
        };
        let journal = self.journal(console)?;
        AsOf::find(text, &journal).map_err(|error| console.failure(&error))
    }

    /// The ledger for writing.
    ///
    /// # Errors
    /// [`Failure`] when there is no ledger, another program writes it, or it is damaged.
    pub fn write(&self, console: &mut Console<'_>) -> Result<Writer, Failure> {
        let log = SledLog::open(&self.dir, self.options())
            .map_err(|error| console.failure(&OfficeError::Log(error)))?;
        tell_opening(console, log.report());
        let keys = KeyStore::open(&self.dir.join("keys"))
            .map_err(|error| console.failure(&OfficeError::Keys(error)))?;
        Ledger::fold(log, keys, AsOf::Head, SystemClock.now_ms())
            .map_err(|error| console.failure(&error))
    }

    /// Who records.
    ///
    /// # Errors
    /// [`Failure`] when it is not known.
    pub fn actor(&self, console: &Console<'_>, ledger: &Writer) -> Result<Actor, Failure> {
        let user = system_user();
        ledger
            .actor(self.by.as_deref(), user.as_deref())
            .map_err(|error| console.failure(&error))
    }
}

/// Today at the ledger's offset.
pub fn today(ledger: &Reader) -> chrono::NaiveDate {
    let opened = ledger.state().ledger.as_ref();
    let offset = opened.map_or("+00:00", |opened| opened.offset.as_str());
    crate::office::asof::local_date(SystemClock.now_ms(), offset)
}

/// What the opening found and mended.
fn tell_opening(console: &mut Console<'_>, report: &OpenReport) {
    if let Some(torn) = &report.torn {
        let saved = torn.saved_as.display();
        console.notice(console.pick(
            format!(
                "một lần ghi dở dang (từ #{}) chưa được xác nhận đã được cất ở {saved}",
                torn.seq
            ),
            format!(
                "an unfinished write (from #{}) was never acknowledged; kept at {saved}",
                torn.seq
            ),
        ));
    }
    if let IndexState::Rebuilt { why, set_aside } = &report.index {
        let aside = set_aside
            .as_ref()
            .map(|path| format!(" ({})", path.display()));
        let aside = aside.unwrap_or_default();
        console.notice(console.pick(
            format!("chỉ mục đã được dựng lại từ nhật ký: {why}{aside}"),
            format!("the index was built anew from the journal: {why}{aside}"),
        ));
    }
}

/// Who records by `$SOCAI_BY`.
fn recorder() -> Option<String> {
    std::env::var("SOCAI_BY").ok().filter(|by| !by.is_empty())
}

/// The name of the system's user.
pub fn system_user() -> Option<String> {
    ["USER", "LOGNAME", "USERNAME"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .filter(|name| !name.is_empty())
}
