//! `socai backup` and `socai restore`.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;
use zeroize::Zeroizing;

use super::console::{Console, Failure};
use super::open::Place;
use crate::log::backup::read::{NoSink, is_sealed, read};
use crate::log::backup::sealed::{Cost, MAGIC, Passphrase};
use crate::log::backup::{Manifest, Written};
use crate::log::{Clock as _, SystemClock, checkpoint};
use crate::office::OfficeError;
use crate::office::backup::{self, BackupOrder};
use crate::office::opening::hex;
use crate::office::recovery::Recovered;
use crate::office::restore::{Restoration, RestoreOrder, Restored, restore};

/// The environment variable that may hold the passphrase.
const VARIABLE: &str = "SOCAI_PASSPHRASE";
/// The longest file that a passphrase or a checkpoint is read from, in bytes.
const SMALL_FILE: u64 = 64 * 1024;

/// `backup`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct BackupArgs {
    /// Tệp sao lưu (chưa có) · the backup file, which must not exist
    #[arg(required = true)]
    pub file: Option<PathBuf>,
    /// Chỉ phần sau mốc xác nhận này · only what came after this checkpoint
    #[arg(long, value_name = "CHECKPOINT")]
    pub since: Option<PathBuf>,
    /// Niêm phong bằng cụm mật khẩu · seal with a passphrase
    #[arg(long)]
    pub encrypt: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub passphrase: PassphraseArgs,
    #[command(subcommand)]
    #[allow(missing_docs)]
    pub command: Option<BackupCommand>,
}

/// What is done with backups that are there.
#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Kiểm tra toàn bộ một bản sao lưu · check a backup, every byte of it
    Verify {
        /// Tệp sao lưu · the backup
        file: PathBuf,
        #[command(flatten)]
        #[allow(missing_docs)]
        passphrase: PassphraseArgs,
    },
    /// Các bản đã sao lưu từ sổ này · the backups made of this ledger
    List,
}

/// Where a passphrase comes from: never an argument, which other users of the machine can see.
#[derive(Debug, Clone, Args)]
pub struct PassphraseArgs {
    /// Tệp chứa cụm mật khẩu; hoặc $SOCAI_PASSPHRASE, hoặc gõ khi được hỏi · file with the
    /// passphrase; else $SOCAI_PASSPHRASE, else it is asked for
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
}

/// `restore`.
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// Bản sao lưu đầy đủ · the full backup
    pub file: PathBuf,
    /// Thư mục trống để khôi phục vào · an empty place to restore into
    pub dir: PathBuf,
    /// Các bản nối tiếp, theo thứ tự · the increments, in their order
    #[arg(long, value_name = "FILE")]
    pub then: Vec<PathBuf>,
    /// Mốc xác nhận mới nhất được biết của sổ · the newest known checkpoint of the ledger
    #[arg(long, value_name = "CHECKPOINT")]
    pub verify_against: Vec<PathBuf>,
    /// Chấp nhận mất phần sau bản sao lưu: ghi vào sổ, thay khóa ký và tên mốc · give up what came
    /// after the backup: the ledger says so, and takes another key and origin
    #[arg(long, requires = "reason")]
    pub accept_loss: bool,
    /// Lý do mất, ghi vào sổ · why it was lost, recorded
    #[arg(long, value_name = "TEXT", requires = "accept_loss")]
    pub reason: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub passphrase: PassphraseArgs,
}

/// Runs `backup`.
///
/// # Errors
/// [`Failure`] when the ledger cannot be read, the file cannot be written, or a check fails.
pub fn run(console: &mut Console<'_>, place: &Place, args: &BackupArgs) -> Result<(), Failure> {
    match (&args.command, &args.file) {
        (Some(BackupCommand::Verify { file, passphrase }), _) => verify(console, file, passphrase),
        (Some(BackupCommand::List), _) => list(console, place),
        (None, Some(file)) => make(console, place, file, args),
        (None, None) => Ok(()),
    }
}

fn make(
    console: &mut Console<'_>,
    place: &Place,
    file: &Path,
    args: &BackupArgs,
) -> Result<(), Failure> {
    let since = match &args.since {
        Some(path) => Some(small_text(console, path)?),
        None => None,
    };
    let wanted = args.encrypt
        || args.passphrase.passphrase_file.is_some()
        || std::env::var_os(VARIABLE).is_some();
    let passphrase = match wanted {
        true => Some(passphrase(console, &args.passphrase, true)?),
        false => None,
    };
    let order = BackupOrder {
        file,
        since: since.as_deref().map(String::as_str),
        passphrase: passphrase.as_ref(),
        cost: Cost::default(),
    };
    let mut tools = place.tools();
    let written = backup::backup(&place.dir, &place.options(), &order, &mut tools)
        .map_err(|error| console.failure(&error))?;
    let sealed = passphrase.is_some();
    let now = SystemClock.now_ms();
    if let Err(error) = backup::remember(&place.dir, file, &written, sealed, now) {
        let text = crate::domain::language::Explain::message(&error, console.lang);
        console.notice(console.pick(
            format!("⚠ không ghi được vào danh sách sao lưu của sổ: {text}"),
            format!("⚠ the backup is not in the ledger's record of backups: {text}"),
        ));
    }
    if !sealed {
        console.notice(console.pick(
            "⚠ bản sao lưu chứa khóa mở thông tin cá nhân: giữ như giữ sổ, hoặc dùng --encrypt",
            "⚠ the backup holds the keys of personal fields: guard it, or use --encrypt",
        ));
    }
    tell(console, file, &written, sealed)
}

fn tell(
    console: &mut Console<'_>,
    file: &Path,
    written: &Written,
    sealed: bool,
) -> Result<(), Failure> {
    let (events, root) = (written.manifest.events, &written.manifest.root);
    let (sha256, name) = (hex(&written.sha256), file.display());
    if console.is_json() {
        return console.json(&json!({
            "file": name.to_string(), "from": events.from, "to": events.to, "root": root,
            "bytes": written.bytes, "sha256": sha256, "sealed": sealed,
        }));
    }
    let bytes = console.number(&written.bytes.to_string());
    console.line(console.pick(
        format!(
            "Đã sao lưu sự kiện {}–{} vào {name} ({bytes} byte)",
            events.from, events.to
        ),
        format!(
            "Events {} to {} are in {name} ({bytes} bytes)",
            events.from, events.to
        ),
    ))?;
    console.line(console.pick(format!("  gốc {root}"), format!("  root {root}")))?;
    console.line(format!("  SHA-256 {sha256}"))
}

fn verify(console: &mut Console<'_>, path: &Path, from: &PassphraseArgs) -> Result<(), Failure> {
    let mut file = open(console, path)?;
    let passphrase = match sealed_file(console, path)? {
        true => Some(passphrase(console, from, false)?),
        false => None,
    };
    let contents = read(&mut file, passphrase.as_ref(), &mut NoSink)
        .map_err(|error| console.failure(&OfficeError::Backup(error)))?;
    let Manifest {
        events,
        root,
        ledger,
        members,
        ..
    } = &contents.manifest;
    if console.is_json() {
        let base = contents.manifest.base.as_ref().map(|base| base.size);
        return console.json(&json!({
            "ledger": ledger, "from": events.from, "to": events.to, "root": root, "base": base,
            "members": members.len(), "sealed": contents.sealed, "keys": contents.has_keys(),
            "checkpoint": contents.checkpoint,
        }));
    }
    console.line(console.pick(
        format!(
            "Bản sao lưu nguyên vẹn: sổ {ledger}, sự kiện {}–{}",
            events.from, events.to
        ),
        format!(
            "The backup is whole: ledger {ledger}, events {} to {}",
            events.from, events.to
        ),
    ))?;
    console.line(console.pick(format!("  gốc {root}"), format!("  root {root}")))?;
    if let Some(base) = &contents.manifest.base {
        console.line(console.pick(
            format!("  nối tiếp {} sự kiện đầu, gốc {}", base.size, base.root),
            format!(
                "  builds on the first {} events, root {}",
                base.size, base.root
            ),
        ))?;
    }
    if let Some(checkpoint) = &contents.checkpoint {
        console.line(console.pick("  mốc xác nhận trong bản sao:", "  its checkpoint:"))?;
        for line in checkpoint.lines() {
            console.line(format!("    {line}"))?;
        }
    }
    Ok(())
}

fn list(console: &mut Console<'_>, place: &Place) -> Result<(), Failure> {
    let records = backup::recorded(&place.dir).map_err(|error| console.failure(&error))?;
    if console.is_json() {
        return console.json(&json!({ "backups": records }));
    }
    let lang = console.lang;
    let rows = records.iter().map(|record| {
        let sealed = lang.pick("niêm phong", "sealed");
        vec![
            record.at.clone(),
            format!("{}–{}", record.from, record.to),
            if record.sealed { sealed } else { "" }.to_owned(),
            record.file.clone(),
        ]
    });
    let header = lang.pick(["lúc", "sự kiện", "", "tệp"], ["at", "events", "", "file"]);
    console.line(super::console::table(&header, rows.collect(), &[]))
}

/// Runs `restore`.
///
/// # Errors
/// [`Failure`] when the place is taken, a backup is not whole, or it is not the newest that is
/// known of.
pub fn run_restore(
    console: &mut Console<'_>,
    place: &Place,
    args: &RestoreArgs,
) -> Result<(), Failure> {
    let mut known = Vec::new();
    for path in &args.verify_against {
        known.push(small_text(console, path)?.to_string());
    }
    if known.is_empty() && console.interactive {
        known.extend(asked_for_checkpoint(console)?);
    }
    let files: Vec<PathBuf> = std::iter::once(&args.file)
        .chain(&args.then)
        .cloned()
        .collect();
    let mut sealed = false;
    for file in &files {
        sealed |= sealed_file(console, file)?;
    }
    let passphrase = match sealed {
        true => Some(passphrase(console, &args.passphrase, false)?),
        false => None,
    };
    let order = RestoreOrder {
        files: &files,
        folder: &args.dir,
        passphrase: passphrase.as_ref(),
        known: &known,
        accept_loss: args.accept_loss,
    };
    let restoration = restore(&order, place.options()).map_err(|error| console.failure(&error))?;
    let recovered = match &args.reason {
        Some(reason) => Some(recover(console, place, &restoration, reason)?),
        None => None,
    };
    let restored = restoration
        .publish()
        .map_err(|error| console.failure(&error))?;
    tell_restored(console, &args.dir, &restored, recovered.as_ref())
}

/// Records the loss while the ledger has not its name yet, and signs a checkpoint with the new key.
fn recover(
    console: &mut Console<'_>,
    place: &Place,
    restoration: &Restoration,
    reason: &str,
) -> Result<Recovered, Failure> {
    let reason = crate::import::text::normalised(reason);
    if reason.is_empty() {
        return Err(console.wrong("--reason", "", "phải nêu lý do", "a reason is needed"));
    }
    let place = place.at(restoration.building());
    let mut ledger = place.write(console)?;
    let actor = place.actor(console, &ledger)?;
    let lost = restoration.restored.lost.as_ref();
    let recovered = ledger.recover(&mut place.tools(), &actor, &reason, lost);
    let recovered = recovered.map_err(|error| console.failure(&error))?;
    let signed = ledger.checkpoint();
    let (_, note) = signed.map_err(|error| console.failure(&error))?;
    checkpoint::save(&place.dir, &note)
        .map_err(|error| console.failure(&OfficeError::Checkpoint(error)))?;
    Ok(recovered)
}

fn tell_restored(
    console: &mut Console<'_>,
    dir: &Path,
    restored: &Restored,
    recovered: Option<&Recovered>,
) -> Result<(), Failure> {
    if restored.compared.is_none() && restored.lost.is_none() {
        console.notice(console.pick(
            "⚠ chưa so với mốc xác nhận nào ở nơi khác (--verify-against): sổ gốc có thể đã dài hơn",
            "⚠ compared with no checkpoint kept elsewhere (--verify-against): the ledger may have \
             been longer",
        ));
    }
    let (seq, root, dir) = (restored.head.seq, hex(&restored.head.root), dir.display());
    if console.is_json() {
        return console.json(&json!({
            "dir": dir.to_string(), "ledger": restored.ledger.to_string(), "seq": seq,
            "root": root, "compared": restored.compared,
            "lost": restored.lost.as_ref().map(|lost| json!({
                "old_size": lost.size, "old_root": hex(&lost.root),
            })),
            "recovered": recovered.map(|it| json!({
                "seq": it.seq, "key": it.key, "origin": it.origin,
            })),
        }));
    }
    console.line(console.pick(
        format!(
            "Đã khôi phục sổ {} vào {dir}: {seq} sự kiện",
            restored.ledger
        ),
        format!(
            "Restored ledger {} into {dir}: {seq} events",
            restored.ledger
        ),
    ))?;
    console.line(console.pick(format!("  gốc {root}"), format!("  root {root}")))?;
    match recovered {
        Some(recovered) => tell_recovered(console, restored, recovered),
        None => Ok(()),
    }
}

fn tell_recovered(
    console: &mut Console<'_>,
    restored: &Restored,
    recovered: &Recovered,
) -> Result<(), Failure> {
    let seq = recovered.seq;
    console.line(match &restored.lost {
        Some(lost) => console.pick(
            format!(
                "MẤT: các sự kiện {seq} đến {} của sổ cũ; đã ghi vào sổ ở sự kiện #{seq}",
                lost.size
            ),
            format!(
                "LOST: events {seq} to {} of the old ledger; recorded in event #{seq}",
                lost.size
            ),
        ),
        None => console.pick(
            format!(
                "Không biết mất bao nhiêu sự kiện sau {}; đã ghi ở #{seq}",
                seq - 1
            ),
            format!(
                "How many events after {} are lost is not known; recorded in #{seq}",
                seq - 1
            ),
        ),
    })?;
    console.line(console.pick(
        format!("  khóa mới: {}", recovered.key),
        format!("  new key: {}", recovered.key),
    ))?;
    console.line(console.pick(
        "  việc cần làm: ghi lại những gì đã mất; gửi khóa mới cho các cơ quan đồng xác nhận; xóa \
         lại dữ liệu cá nhân đã xóa sau bản sao lưu",
        "  to do: record again what was lost; send the new key to the offices that cosign; erase \
         again what personal data was erased after the backup",
    ))
}

/// Asks at a terminal for the newest known checkpoint.
fn asked_for_checkpoint(console: &mut Console<'_>) -> Result<Option<String>, Failure> {
    console.notice(console.pick(
        "Tệp mốc xác nhận mới nhất của sổ này mà đơn vị hoặc cấp trên đang giữ (Enter: không có):",
        "File of the newest checkpoint of this ledger that any office keeps (Enter: none):",
    ));
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    match answer.trim() {
        "" => Ok(None),
        path => Ok(Some(small_text(console, Path::new(path))?.to_string())),
    }
}

fn open(console: &Console<'_>, path: &Path) -> Result<File, Failure> {
    let name = path.display().to_string();
    File::open(path).map_err(|error| console.failure(&OfficeError::File(name, error)))
}

fn sealed_file(console: &Console<'_>, path: &Path) -> Result<bool, Failure> {
    let mut first = Vec::new();
    let part = open(console, path)?
        .take(MAGIC.len() as u64)
        .read_to_end(&mut first);
    let name = path.display().to_string();
    part.map_err(|error| console.failure(&OfficeError::File(name, error)))?;
    Ok(is_sealed(&first))
}

/// The text of a small file.
fn small_text(console: &Console<'_>, path: &Path) -> Result<Zeroizing<String>, Failure> {
    let mut text = Zeroizing::new(String::with_capacity(4_096));
    let read = open(console, path)?
        .take(SMALL_FILE)
        .read_to_string(&mut text);
    let name = path.display().to_string();
    read.map_err(|error| console.failure(&OfficeError::File(name, error)))?;
    Ok(text)
}

fn passphrase(
    console: &mut Console<'_>,
    from: &PassphraseArgs,
    new: bool,
) -> Result<Passphrase, Failure> {
    let needed = crate::log::backup::BackupError::PassphraseNeeded;
    let typed = if let Some(path) = &from.passphrase_file {
        small_text(console, path)?
    } else if let Ok(text) = std::env::var(VARIABLE) {
        Zeroizing::new(text)
    } else if console.interactive {
        let typed = asked(console, "Cụm mật khẩu:", "Passphrase:")?;
        if new && *asked(console, "Gõ lại:", "Again:")? != *typed {
            return Err(console.wrong("--encrypt", "…", "hai lần gõ khác nhau", "they differ"));
        }
        typed
    } else {
        return Err(console.failure(&OfficeError::Backup(needed)));
    };
    let passphrase = Passphrase::new(typed);
    if new {
        let strong = passphrase.check_strength();
        strong.map_err(|error| console.failure(&OfficeError::Backup(error)))?;
    }
    Ok(passphrase)
}

fn asked(console: &mut Console<'_>, vi: &str, en: &str) -> Result<Zeroizing<String>, Failure> {
    console.notice(console.pick(vi, en));
    Ok(Zeroizing::new(rpassword::read_password()?))
}

/// Which earlier backups can still open what was erased.
///
/// # Errors
/// When the output cannot be written.
pub fn print_backups(
    console: &mut Console<'_>,
    records: &[backup::BackupRecord],
) -> Result<(), Failure> {
    for record in records {
        console.line(console.pick(
            format!(
                "⚠ bản sao lưu {} ({}) còn mở được: phải hủy",
                record.file, record.at
            ),
            format!(
                "⚠ the backup {} ({}) can still open it: destroy it",
                record.file, record.at
            ),
        ))?;
    }
    Ok(())
}
