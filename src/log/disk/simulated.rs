//! A disk in memory that can fail in every way a real one does, by a seed.
//!
//! What is written stands in a cache until the file is synced, a name until its folder is. A power
//! cut keeps what was synced, and of the rest whatever the seed says: of each write all, nothing,
//! or a part torn at any byte, in any order; of the names in a folder the first few changes. That
//! is less than ext4 or NTFS promise, so what holds here holds there.
//!
//! A folder is put on the disk with [`mount`], for the thread that calls it. Names that begin with
//! `sled`, and `lock`, stay on the real disk.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::{self, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Numbers by a seed (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// Yes once in `times`.
    pub(crate) fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

/// What the disk does wrong while it runs: each number is "once in so many calls", 0 is never.
#[derive(Debug, Clone, Default)]
pub(crate) struct Faults {
    pub(crate) short_read: u64,
    pub(crate) read_error: u64,
    pub(crate) write_error: u64,
    pub(crate) sync_error: u64,
    /// The power goes after so many more calls that change something.
    pub(crate) power_cut_after: Option<u64>,
    /// Bytes that still fit.
    pub(crate) room: Option<u64>,
}

/// What happened, to be counted.
#[derive(Debug, Clone, Default)]
pub(crate) struct Happened {
    pub(crate) power_cuts: u64,
    pub(crate) lost: u64,
    pub(crate) torn: u64,
    pub(crate) full: u64,
    pub(crate) sync_errors: u64,
    pub(crate) write_errors: u64,
    pub(crate) read_errors: u64,
    pub(crate) short_reads: u64,
    pub(crate) flips: u64,
}

/// A bit that was flipped.
#[derive(Debug, Clone)]
pub(crate) struct Flip {
    node: usize,
    pub(crate) at: u64,
    bit: u8,
}

enum Change {
    Write(u64, Vec<u8>),
    Len(u64),
}

enum NameChange {
    Put(String, usize),
    Remove(String),
    Move(String, String, usize),
}

enum Node {
    File {
        cached: Vec<u8>,
        durable: Vec<u8>,
        pending: Vec<Change>,
    },
    Folder {
        cached: BTreeMap<String, usize>,
        durable: BTreeMap<String, usize>,
        pending: Vec<NameChange>,
    },
}

/// The disk.
pub(crate) struct Disk {
    nodes: Vec<Node>,
    dice: Dice,
    off: bool,
    pub(crate) faults: Faults,
    pub(crate) happened: Happened,
}

pub(crate) type Shared = Arc<Mutex<Disk>>;

thread_local! {
    static MOUNTED: RefCell<Option<(PathBuf, Shared)>> = const { RefCell::new(None) };
}

/// Puts a folder on a simulated disk for this thread; the disk before it, if any, is gone.
pub(crate) fn mount(root: &Path, seed: u64) -> Shared {
    let disk = Arc::new(Mutex::new(Disk {
        nodes: vec![folder()],
        dice: Dice::new(seed),
        off: false,
        faults: Faults::default(),
        happened: Happened::default(),
    }));
    MOUNTED.set(Some((root.to_owned(), disk.clone())));
    disk
}

/// Where a path lies: on the simulated disk with the names below its root, or on the real one.
fn place(path: &Path) -> Option<(Shared, Vec<String>)> {
    MOUNTED.with_borrow(|mounted| {
        let (root, disk) = mounted.as_ref()?;
        let below = path.strip_prefix(root).ok()?;
        let names: Vec<String> = below
            .components()
            .map(|name| name.as_os_str().to_str().unwrap().to_owned())
            .collect();
        let real = names
            .first()
            .is_some_and(|name| name == "sled" || name.starts_with("sled.dam") || name == "lock");
        (!real).then(|| (disk.clone(), names))
    })
}

pub(crate) fn locked(disk: &Shared) -> MutexGuard<'_, Disk> {
    disk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Small segments where a disk is simulated, so that a short life has several.
pub(crate) fn segment_target(bytes: u64) -> u64 {
    let simulated = MOUNTED.with_borrow(Option::is_some);
    if simulated { 24 << 10 } else { bytes }
}

/// Nobody knows how much is left on a simulated disk: it is found out by writing.
pub(crate) fn available(path: &Path) -> Option<u64> {
    match MOUNTED.with_borrow(Option::is_some) {
        true => None,
        false => super::real::available(path),
    }
}

/// Whether this thread has a simulated disk.
pub(crate) fn is_mounted() -> bool {
    MOUNTED.with_borrow(Option::is_some)
}

/// Takes the disk off this thread.
pub(crate) fn unmount() {
    MOUNTED.set(None);
}

fn folder() -> Node {
    Node::Folder {
        cached: BTreeMap::new(),
        durable: BTreeMap::new(),
        pending: Vec::new(),
    }
}

fn kind(kind: io::ErrorKind) -> io::Error {
    kind.into()
}

fn failed(what: &str) -> io::Error {
    io::Error::other(format!("simulated: {what}"))
}

impl Disk {
    fn find(&self, names: &[String]) -> io::Result<usize> {
        names.iter().try_fold(0, |at, name| match &self.nodes[at] {
            Node::Folder { cached, .. } => cached
                .get(name)
                .copied()
                .ok_or(kind(io::ErrorKind::NotFound)),
            Node::File { .. } => Err(kind(io::ErrorKind::NotADirectory)),
        })
    }

    /// The folder that holds a name, and the name.
    fn parent(&self, names: &[String]) -> io::Result<(usize, String)> {
        let (name, above) = names
            .split_last()
            .ok_or(kind(io::ErrorKind::InvalidInput))?;
        Ok((self.find(above)?, name.clone()))
    }

    fn names(&mut self, at: usize) -> io::Result<&mut BTreeMap<String, usize>> {
        match &mut self.nodes[at] {
            Node::Folder { cached, .. } => Ok(cached),
            Node::File { .. } => Err(kind(io::ErrorKind::NotADirectory)),
        }
    }

    fn note(&mut self, at: usize, change: NameChange) {
        if let Node::Folder { pending, .. } = &mut self.nodes[at] {
            pending.push(change);
        }
    }

    fn content(&self, at: usize) -> &Vec<u8> {
        match &self.nodes[at] {
            Node::File { cached, .. } => cached,
            Node::Folder { .. } => panic!("a folder has no content"),
        }
    }

    /// Before every call that changes something.
    fn changing(&mut self) -> io::Result<()> {
        if let Some(left) = &mut self.faults.power_cut_after {
            if *left == 0 {
                self.off = true;
            }
            *left = left.saturating_sub(1);
        }
        self.running()
    }

    pub(crate) fn is_off(&self) -> bool {
        self.off
    }

    fn running(&self) -> io::Result<()> {
        if self.off {
            return Err(failed("no power"));
        }
        Ok(())
    }

    fn happens(&mut self, times: u64) -> bool {
        times > 0 && self.dice.once_in(times)
    }

    /// Takes room for so many more bytes; gives how many there were.
    fn take_room(&mut self, wanted: u64) -> u64 {
        let Some(room) = &mut self.faults.room else {
            return wanted;
        };
        let taken = wanted.min(*room);
        *room -= taken;
        taken
    }

    fn create(&mut self, names: &[String], node: Node) -> io::Result<usize> {
        self.changing()?;
        if self.take_room(1) < 1 {
            self.happened.full += 1;
            return Err(kind(io::ErrorKind::StorageFull));
        }
        let (parent, name) = self.parent(names)?;
        let at = self.nodes.len();
        self.names(parent)?.insert(name.clone(), at);
        self.note(parent, NameChange::Put(name, at));
        self.nodes.push(node);
        Ok(at)
    }

    fn write(&mut self, at: usize, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.changing()?;
        if self.happens(self.faults.write_error) {
            self.happened.write_errors += 1;
            let part = self.dice.below(bytes.len() as u64 + 1) as usize;
            self.put(at, &bytes[..part], offset);
            return Err(failed("write error"));
        }
        let end = offset + bytes.len() as u64;
        let more = end.saturating_sub(self.content(at).len() as u64);
        let lacking = more - self.take_room(more);
        self.put(
            at,
            &bytes[..bytes.len() - (lacking as usize).min(bytes.len())],
            offset,
        );
        if lacking > 0 {
            self.happened.full += 1;
            return Err(kind(io::ErrorKind::StorageFull));
        }
        Ok(())
    }

    fn put(&mut self, at: usize, bytes: &[u8], offset: u64) {
        if bytes.is_empty() {
            return;
        }
        if let Node::File {
            cached, pending, ..
        } = &mut self.nodes[at]
        {
            apply(cached, offset, bytes);
            pending.push(Change::Write(offset, bytes.to_vec()));
        }
    }

    fn set_len(&mut self, at: usize, len: u64) -> io::Result<()> {
        self.changing()?;
        if self.happens(self.faults.write_error) {
            self.happened.write_errors += 1;
            return Err(failed("set_len error"));
        }
        let mut freed = 0;
        if let Node::File {
            cached, pending, ..
        } = &mut self.nodes[at]
        {
            freed = (cached.len() as u64).saturating_sub(len);
            cached.resize(len as usize, 0);
            pending.push(Change::Len(len));
        }
        if let Some(room) = &mut self.faults.room {
            *room += freed;
        }
        Ok(())
    }

    fn sync(&mut self, at: usize) -> io::Result<()> {
        self.changing()?;
        if self.happens(self.faults.sync_error) {
            // The cache still shows what was written, and never writes it again.
            self.happened.sync_errors += 1;
            self.lose(at);
            return Err(failed("sync error"));
        }
        match &mut self.nodes[at] {
            Node::File {
                cached,
                durable,
                pending,
            } => {
                // Only what waits: what an earlier failed sync lost is not written again.
                for change in pending.drain(..) {
                    carry_out(durable, &change, None);
                }
                if durable.len() != cached.len() {
                    durable.resize(cached.len(), 0);
                }
            }
            Node::Folder {
                cached,
                durable,
                pending,
            } => {
                pending.clear();
                *durable = cached.clone();
            }
        }
        Ok(())
    }

    /// Makes of what waits in a node what a disk may make of it.
    fn lose(&mut self, at: usize) {
        let dice = &mut self.dice;
        match &mut self.nodes[at] {
            Node::File {
                durable, pending, ..
            } => {
                let mut changes = std::mem::take(pending);
                let in_order = dice.once_in(2);
                while !changes.is_empty() {
                    let next = if in_order {
                        0
                    } else {
                        dice.below(changes.len() as u64) as usize
                    };
                    let change = changes.remove(next);
                    match dice.below(4) {
                        0 => self.happened.lost += 1,
                        1 => {
                            self.happened.torn += 1;
                            carry_out(durable, &change, Some(dice));
                        }
                        _ => carry_out(durable, &change, None),
                    }
                }
            }
            Node::Folder {
                durable, pending, ..
            } => {
                let keep = dice.below(pending.len() as u64 + 1) as usize;
                for change in pending.drain(..).take(keep) {
                    match change {
                        NameChange::Put(name, at) => drop(durable.insert(name, at)),
                        NameChange::Remove(name) => drop(durable.remove(&name)),
                        NameChange::Move(from, to, at) => {
                            durable.remove(&from);
                            durable.insert(to, at);
                        }
                    }
                }
            }
        }
    }

    /// The power goes, and comes back: the cache is what the disk holds.
    pub(crate) fn power_cut(&mut self) {
        self.happened.power_cuts += 1;
        for at in 0..self.nodes.len() {
            self.lose(at);
            match &mut self.nodes[at] {
                Node::File {
                    cached, durable, ..
                } => cached.clone_from(durable),
                Node::Folder {
                    cached, durable, ..
                } => cached.clone_from(durable),
            }
        }
        self.off = false;
        self.faults = Faults::default();
    }

    /// Flips one bit among those that are used of a file.
    pub(crate) fn flip(&mut self, file: &Path) -> Option<Flip> {
        let (_, names) = place(file)?;
        let node = self.find(&names).ok()?;
        let Node::File { cached, .. } = &self.nodes[node] else {
            return None;
        };
        let used = cached.iter().rposition(|byte| *byte != 0)? + 1;
        let flip = Flip {
            node,
            at: self.dice.below(used as u64),
            bit: 1 << self.dice.below(8),
        };
        self.turn(&flip);
        self.happened.flips += 1;
        Some(flip)
    }

    /// Flips a bit, on the disk and in the cache; done again it is as it was.
    pub(crate) fn turn(&mut self, flip: &Flip) {
        if let Node::File {
            cached, durable, ..
        } = &mut self.nodes[flip.node]
        {
            for bytes in [cached, durable] {
                if let Some(byte) = bytes.get_mut(flip.at as usize) {
                    *byte ^= flip.bit;
                }
            }
        }
    }
}

fn apply(content: &mut Vec<u8>, offset: u64, bytes: &[u8]) {
    let (from, to) = (offset as usize, offset as usize + bytes.len());
    if content.len() < to {
        content.resize(to, 0);
    }
    content[from..to].copy_from_slice(bytes);
}

/// Brings a change to the disk; with dice, a write arrives in part.
fn carry_out(durable: &mut Vec<u8>, change: &Change, dice: Option<&mut Dice>) {
    match (change, dice) {
        (Change::Len(len), _) => durable.resize(*len as usize, 0),
        (Change::Write(at, bytes), None) => apply(durable, *at, bytes),
        (Change::Write(at, bytes), Some(dice)) => match dice.below(3) {
            // The first part, the last part, or some of its sectors.
            0 => apply(
                durable,
                *at,
                &bytes[..dice.below(bytes.len() as u64) as usize],
            ),
            1 => {
                let from = dice.below(bytes.len() as u64) as usize;
                apply(durable, at + from as u64, &bytes[from..]);
            }
            _ => {
                for (number, sector) in bytes.chunks(512).enumerate() {
                    if dice.once_in(2) {
                        apply(durable, at + 512 * number as u64, sector);
                    }
                }
            }
        },
    }
}

/// An open file, on either disk.
#[derive(Debug)]
pub(crate) enum File {
    Real(fs::File),
    Simulated(Open),
}

/// An open file of the simulated disk.
pub(crate) struct Open {
    disk: Shared,
    node: usize,
    position: Mutex<u64>,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "simulated {}", self.node)
    }
}

/// What is asked of a file's data.
pub(crate) struct Metadata(u64);

impl Metadata {
    pub(crate) fn len(&self) -> u64 {
        self.0
    }
}

impl File {
    pub(crate) fn open(path: &Path) -> io::Result<File> {
        OpenOptions::new().read(true).open(path)
    }

    pub(crate) fn options() -> OpenOptions {
        OpenOptions::new()
    }

    pub(crate) fn metadata(&self) -> io::Result<Metadata> {
        match self {
            File::Real(file) => Ok(Metadata(file.metadata()?.len())),
            File::Simulated(open) => {
                Ok(Metadata(locked(&open.disk).content(open.node).len() as u64))
            }
        }
    }

    pub(crate) fn set_len(&self, len: u64) -> io::Result<()> {
        match self {
            File::Real(file) => file.set_len(len),
            File::Simulated(open) => locked(&open.disk).set_len(open.node, len),
        }
    }

    pub(crate) fn sync_data(&self) -> io::Result<()> {
        match self {
            File::Real(file) => file.sync_data(),
            File::Simulated(open) => locked(&open.disk).sync(open.node),
        }
    }

    pub(crate) fn sync_all(&self) -> io::Result<()> {
        match self {
            File::Real(file) => file.sync_all(),
            File::Simulated(open) => locked(&open.disk).sync(open.node),
        }
    }

    pub(crate) fn try_lock(&self) -> Result<(), TryLockError> {
        match self {
            File::Real(file) => file.try_lock(),
            File::Simulated(_) => Ok(()),
        }
    }
}

pub(crate) fn read_at(file: &File, bytes: &mut [u8], offset: u64) -> io::Result<usize> {
    match file {
        File::Real(file) => super::real::read_at(file, bytes, offset),
        File::Simulated(open) => {
            let mut guard = locked(&open.disk);
            let disk = &mut *guard;
            disk.running()?;
            if disk.happens(disk.faults.read_error) {
                disk.happened.read_errors += 1;
                return Err(failed("read error"));
            }
            let content = disk.content(open.node);
            let from = usize::try_from(offset)
                .unwrap_or(usize::MAX)
                .min(content.len());
            let mut count = bytes.len().min(content.len() - from);
            if count > 1 && disk.happens(disk.faults.short_read) {
                disk.happened.short_reads += 1;
                if disk.dice.once_in(4) {
                    return Err(kind(io::ErrorKind::Interrupted));
                }
                count = 1 + disk.dice.below(count as u64 - 1) as usize;
            }
            let content = disk.content(open.node);
            bytes[..count].copy_from_slice(&content[from..from + count]);
            Ok(count)
        }
    }
}

pub(crate) fn write_all_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    match file {
        File::Real(file) => super::real::write_all_at(file, bytes, offset),
        File::Simulated(open) => locked(&open.disk).write(open.node, bytes, offset),
    }
}

impl Read for &File {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            File::Real(file) => (&*file).read(bytes),
            File::Simulated(open) => {
                let mut position = open.position.lock().unwrap();
                let count = read_at(self, bytes, *position)?;
                *position += count as u64;
                Ok(count)
            }
        }
    }
}

impl Write for &File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            File::Real(file) => (&*file).write(bytes),
            File::Simulated(open) => {
                let mut position = open.position.lock().unwrap();
                write_all_at(self, bytes, *position)?;
                *position += bytes.len() as u64;
                Ok(bytes.len())
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for &File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            File::Real(file) => (&*file).seek(to),
            File::Simulated(open) => {
                let len = locked(&open.disk).content(open.node).len() as u64;
                let mut position = open.position.lock().unwrap();
                *position = match to {
                    SeekFrom::Start(at) => at,
                    SeekFrom::End(by) => len.saturating_add_signed(by),
                    SeekFrom::Current(by) => position.saturating_add_signed(by),
                };
                Ok(*position)
            }
        }
    }
}

impl Read for File {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        (&*self).read(bytes)
    }
}

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        (&*self).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for File {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        (&*self).seek(to)
    }
}

/// How a file is opened.
#[derive(Debug, Clone, Default)]
pub(crate) struct OpenOptions {
    read: bool,
    write: bool,
    append: bool,
    create: bool,
    create_new: bool,
    truncate: bool,
    mode: Option<u32>,
}

macro_rules! settings {
    ($($name:ident),*) => {
        $(pub(crate) fn $name(&mut self, yes: bool) -> &mut OpenOptions {
            self.$name = yes;
            self
        })*
    };
}

#[allow(dead_code, reason = "the settings that std has")]
impl OpenOptions {
    pub(crate) fn new() -> OpenOptions {
        OpenOptions::default()
    }

    settings!(read, write, append, create, create_new, truncate);

    pub(crate) fn mode(&mut self, mode: u32) -> &mut OpenOptions {
        self.mode = Some(mode);
        self
    }

    pub(crate) fn open(&self, path: impl AsRef<Path>) -> io::Result<File> {
        let path = path.as_ref();
        let Some((disk, names)) = place(path) else {
            return self.open_real(path).map(File::Real);
        };
        let mut on = locked(&disk);
        on.running()?;
        let node = match on.find(&names) {
            Ok(_) if self.create_new => return Err(kind(io::ErrorKind::AlreadyExists)),
            Ok(node) => {
                if self.truncate && !on.content(node).is_empty() {
                    on.set_len(node, 0)?;
                }
                node
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                if !(self.create || self.create_new) {
                    return Err(error);
                }
                let file = Node::File {
                    cached: Vec::new(),
                    durable: Vec::new(),
                    pending: Vec::new(),
                };
                on.create(&names, file)?
            }
            Err(error) => return Err(error),
        };
        let end = match (&on.nodes[node], self.append) {
            (Node::File { cached, .. }, true) => cached.len() as u64,
            _ => 0,
        };
        drop(on);
        Ok(File::Simulated(Open {
            disk,
            node,
            position: Mutex::new(end),
        }))
    }

    fn open_real(&self, path: &Path) -> io::Result<fs::File> {
        let mut options = fs::OpenOptions::new();
        options
            .read(self.read)
            .write(self.write)
            .append(self.append)
            .create(self.create)
            .create_new(self.create_new)
            .truncate(self.truncate);
        #[cfg(unix)]
        if let Some(mode) = self.mode {
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
        }
        options.open(path)
    }
}

/// How a folder is made.
#[derive(Debug, Default)]
pub(crate) struct DirBuilder {
    recursive: bool,
    mode: Option<u32>,
}

impl DirBuilder {
    pub(crate) fn new() -> DirBuilder {
        DirBuilder::default()
    }

    pub(crate) fn recursive(&mut self, yes: bool) -> &mut DirBuilder {
        self.recursive = yes;
        self
    }

    pub(crate) fn mode(&mut self, mode: u32) -> &mut DirBuilder {
        self.mode = Some(mode);
        self
    }

    pub(crate) fn create(&self, path: impl AsRef<Path>) -> io::Result<()> {
        let path = path.as_ref();
        let Some((disk, names)) = place(path) else {
            let mut builder = fs::DirBuilder::new();
            builder.recursive(self.recursive);
            #[cfg(unix)]
            if let Some(mode) = self.mode {
                std::os::unix::fs::DirBuilderExt::mode(&mut builder, mode);
            }
            return builder.create(path);
        };
        let mut on = locked(&disk);
        match on.find(&names) {
            Ok(_) if self.recursive => Ok(()),
            Ok(_) => Err(kind(io::ErrorKind::AlreadyExists)),
            Err(_) => on.create(&names, folder()).map(drop),
        }
    }
}

/// A name in a folder.
pub(crate) struct DirEntry(PathBuf);

impl DirEntry {
    pub(crate) fn path(&self) -> PathBuf {
        self.0.clone()
    }

    pub(crate) fn file_name(&self) -> OsString {
        self.0.file_name().unwrap().to_owned()
    }
}

pub(crate) fn read_dir(
    path: impl AsRef<Path>,
) -> io::Result<Box<dyn Iterator<Item = io::Result<DirEntry>>>> {
    let path = path.as_ref().to_owned();
    let Some((disk, names)) = place(&path) else {
        let entries = fs::read_dir(path)?;
        return Ok(Box::new(entries.map(|entry| Ok(DirEntry(entry?.path())))));
    };
    let mut on = locked(&disk);
    on.running()?;
    let at = on.find(&names)?;
    let found: Vec<_> = on.names(at)?.keys().map(|name| path.join(name)).collect();
    Ok(Box::new(found.into_iter().map(|path| Ok(DirEntry(path)))))
}

pub(crate) fn read(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path.as_ref())?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(crate) fn write(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    options.open(path)?.write_all(bytes.as_ref())
}

pub(crate) fn exists(path: &Path) -> bool {
    match place(path) {
        Some((disk, names)) => locked(&disk).find(&names).is_ok(),
        None => super::real::exists(path),
    }
}

pub(crate) fn rename(from: impl AsRef<Path>, to: impl AsRef<Path>) -> io::Result<()> {
    let (from, to) = (from.as_ref(), to.as_ref());
    let (Some((disk, from)), Some((_, to))) = (place(from), place(to)) else {
        return fs::rename(from, to);
    };
    let mut on = locked(&disk);
    on.changing()?;
    let node = on.find(&from)?;
    let (from_folder, from_name) = on.parent(&from)?;
    let (to_folder, to_name) = on.parent(&to)?;
    if let (Ok(there), Node::File { .. }) = (on.find(&to), &on.nodes[node])
        && matches!(on.nodes[there], Node::Folder { .. })
    {
        return Err(kind(io::ErrorKind::IsADirectory));
    }
    on.names(from_folder)?.remove(&from_name);
    on.names(to_folder)?.insert(to_name.clone(), node);
    if from_folder == to_folder {
        on.note(from_folder, NameChange::Move(from_name, to_name, node));
    } else {
        on.note(to_folder, NameChange::Put(to_name, node));
        on.note(from_folder, NameChange::Remove(from_name));
    }
    Ok(())
}

pub(crate) fn remove_file(path: impl AsRef<Path>) -> io::Result<()> {
    remove(path.as_ref(), |path| fs::remove_file(path))
}

pub(crate) fn remove_dir_all(path: impl AsRef<Path>) -> io::Result<()> {
    remove(path.as_ref(), |path| fs::remove_dir_all(path))
}

fn remove(path: &Path, real: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    let Some((disk, names)) = place(path) else {
        return real(path);
    };
    let mut on = locked(&disk);
    on.changing()?;
    let node = on.find(&names)?;
    let freed = match &on.nodes[node] {
        Node::File { cached, .. } => cached.len() as u64,
        Node::Folder { .. } => 0,
    };
    if let Some(room) = &mut on.faults.room {
        *room += freed;
    }
    let (folder, name) = on.parent(&names)?;
    on.names(folder)?.remove(&name);
    on.note(folder, NameChange::Remove(name));
    Ok(())
}
