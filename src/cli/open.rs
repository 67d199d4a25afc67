//! From a folder's name to a ledger in the hand.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::args::{AsOfArgs, Cli};
use super::console::{Console, Failure};
use crate::domain::event::Actor;
use crate::log::keys::KeyStore;
use crate::log::random::SystemRandom;
use crate::log::{
    Clock, EventRead, IndexState, JournalReader, LogOptions, OpenReport, SledLog, SystemClock,
};
use crate::office::access::{Access, AccessLog};
use crate::office::erasure;
use crate::office::views::{self, Need};
use crate::office::{AsOf, Ledger, OfficeError, Tools, tags_of};

/// From how many events on people feel that the whole log is folded.
const SLOW_TO_FOLD: u64 = 100_000;

/// A ledger that is read.
pub type Reader = Ledger<JournalReader>;

/// A ledger that is written. When it is closed, the views are saved if so much is new that the
/// next reader would feel it.
pub struct Writer {
    ledger: Ledger<SledLog>,
    dir: PathBuf,
}

impl std::ops::Deref for Writer {
    type Target = Ledger<SledLog>;
    fn deref(&self) -> &Ledger<SledLog> {
        &self.ledger
    }
}

impl std::ops::DerefMut for Writer {
    fn deref_mut(&mut self) -> &mut Ledger<SledLog> {
        &mut self.ledger
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if views::is_worth_saving(&self.dir, self.ledger.log()) {
            // Nobody decides any more: what was folded for it makes room.
            self.ledger.let_go_of_state();
            let log = self.ledger.log();
            // What was recorded is recorded. Where this fails, readers fold the log.
            drop(views::save(&self.dir, log, &mut |_, _| {}));
        }
    }
}

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
    /// What the command opens of personal fields.
    pub access: Arc<Access>,
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
    pub fn of(cli: &Cli, command: String) -> Place {
        let access = Access::new(
            AccessLog::of(&cli.ledger),
            Arc::new(SystemClock),
            command,
            cli.by.clone(),
            system_user(),
        );
        Place {
            access: Arc::new(access),
            dir: cli.ledger.clone(),
            by: cli.by.clone().or_else(recorder),
            accept_clock: cli.accept_clock,
            wait: cli.wait.map(Duration::from_secs),
        }
    }

    /// The same for a ledger in another folder.
    #[must_use]
    pub fn at(&self, dir: &Path) -> Place {
        self.access.relocate(AccessLog::of(dir));
        Place {
            dir: dir.to_owned(),
            ..self.clone()
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
        let ledger = Ledger::fold(journal, keys, as_of, SystemClock.now_ms())
            .map_err(|error| console.failure(&error))?;
        if erasure::is_pending(&self.dir) {
            console.notice(console.pick(
                "một việc xóa dữ liệu cá nhân đang dở dang; lần ghi sổ tiếp theo sẽ hoàn tất",
                "an erasure of personal data is unfinished; the next recording finishes it",
            ));
        }
        Ok(ledger.watched(self.access.clone()))
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

    /// As much of the ledger as a question needs, for reading, as of a moment: from the saved
    /// views where they are there and sound.
    ///
    /// # Errors
    /// As [`Place::read`].
    pub fn glance(
        &self,
        console: &mut Console<'_>,
        as_of: &AsOfArgs,
        need: &Need,
    ) -> Result<Reader, Failure> {
        let journal = self.journal(console)?;
        let as_of = match &as_of.as_of {
            Some(text) => AsOf::find(text, &journal).map_err(|error| console.failure(&error))?,
            None => AsOf::Head,
        };
        let keys = self.keys(console)?;
        let ledger = views::glance(journal, keys, as_of, SystemClock.now_ms(), &self.dir, need)
            .map_err(|error| console.failure(&error))?;
        let folded = matches!(need, Need::Figures { .. } | Need::Sums { .. })
            && ledger.facts().base().is_none();
        if folded && ledger.stand().seq >= SLOW_TO_FOLD {
            console.notice(console.pick(
                "bảng số liệu dựng sẵn bị thiếu hoặc hỏng nên phải đọc lại cả sổ; \
                 chạy `socai rebuild` để lần sau nhanh hơn",
                "the saved views are missing or damaged, so the whole log was read; \
                 run `socai rebuild` to make the next time fast",
            ));
        }
        Ok(ledger.watched(self.access.clone()))
    }

    /// The ledger for writing, folded whole.
    ///
    /// # Errors
    /// [`Failure`] when there is no ledger, another program writes it, or it is damaged.
    pub fn write(&self, console: &mut Console<'_>) -> Result<Writer, Failure> {
        let mut ledger = self.write_named(console)?;
        let whole = ledger.know_all();
        whole.map_err(|error| console.failure(&error))?;
        Ok(ledger)
    }

    /// The ledger for writing about what is named: the state knows what a decision looks at, and
    /// nothing else of single households, persons and supports ([`Ledger::to_write`]).
    ///
    /// # Errors
    /// As [`Place::write`].
    pub fn write_named(&self, console: &mut Console<'_>) -> Result<Writer, Failure> {
        let log = SledLog::open(&self.dir, self.options())
            .map_err(|error| console.failure(&OfficeError::Log(error)))?;
        tell_opening(console, log.report());
        let keys = KeyStore::open(&self.dir.join("keys"))
            .map_err(|error| console.failure(&OfficeError::Keys(error)))?;
        let ledger = match erasure::is_pending(&self.dir) {
            false => Ledger::to_write(log, keys, &self.dir, SystemClock.now_ms()),
            true => Ledger::fold(log, keys, AsOf::Head, SystemClock.now_ms()),
        };
        let mut ledger = ledger.map_err(|error| console.failure(&error))?;
        let finished = ledger
            .finish_erasure(&mut self.tools(), &self.dir)
            .map_err(|error| console.failure(&error))?;
        if let Some(report) = finished {
            let names: Vec<_> = report.subjects.iter().map(ToString::to_string).collect();
            let names = names.join(", ");
            console.notice(console.pick(
                format!("đã hoàn tất việc xóa dữ liệu cá nhân còn dở dang: {names}"),
                format!("an unfinished erasure of personal data was completed: {names}"),
            ));
        }
        let dir = self.dir.clone();
        Ok(Writer { ledger, dir })
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
pub fn today<L: EventRead>(ledger: &Ledger<L>) -> chrono::NaiveDate {
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
