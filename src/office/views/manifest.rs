//! The manifest: which saved files count, and of which events of which log they are.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::file::{Part, from_bytes, to_bytes};
use super::run::Run;
use crate::domain::state::SEMANTICS;
use crate::log::merkle::Frontier;
use crate::projection::base::{BaseMonth, SmallDictionaries};
use crate::projection::packed::Month;

/// The number of the form of the saved views and of the folds that made them: it goes up with any
/// change to one of them.
const VIEWS_FORMAT: u32 = 7;
const NAME: &str = "manifest";
const MAGIC: &[u8; 10] = b"socaiviews";

/// A layer of a month, and where it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LayerFile {
    pub name: String,
    /// What it replaces of the layers below it, and the directory of its partition; the sections
    /// stand behind them.
    pub head: Part,
    /// How many bytes it has.
    pub len: u64,
    /// How many rows.
    pub rows: u64,
}

/// A month with its layers, the lowest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct MonthLayers {
    pub month: BaseMonth,
    pub layers: Vec<LayerFile>,
}

/// What was counted of a period, and where it stands.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct PeriodFile {
    pub from: Month,
    pub months: u8,
    pub part: Part,
    /// Some of its cells are to be counted again.
    pub overtaken: bool,
}

/// The file with what was counted of whole periods.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct CellsFile {
    pub name: String,
    /// The periods in their order.
    pub periods: Vec<PeriodFile>,
}

/// What was saved.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Manifest {
    format: u32,
    program: String,
    semantics: u32,
    ledger: [u8; 16],
    /// The events that were folded.
    pub seq: u64,
    pub at_ms: i64,
    pub root: [u8; 32],
    /// The edge of the tree over them.
    edge: Vec<[u8; 32]>,
    pub dictionaries: SmallDictionaries,
    /// How many households and persons have a number.
    pub counts: [u32; 2],
    pub months: Vec<MonthLayers>,
    pub cells: CellsFile,
    pub runs: Vec<Run>,
}

impl Manifest {
    /// A manifest of nothing, for the events up to a place.
    pub(super) fn new(ledger: [u8; 16], at_ms: i64, frontier: &Frontier) -> Manifest {
        Manifest {
            format: VIEWS_FORMAT,
            program: env!("CARGO_PKG_VERSION").to_owned(),
            semantics: SEMANTICS,
            ledger,
            seq: frontier.size(),
            at_ms,
            root: frontier.root(),
            edge: frontier.edge().to_vec(),
            dictionaries: SmallDictionaries::default(),
            counts: [0; 2],
            months: Vec::new(),
            cells: CellsFile::default(),
            runs: Vec::new(),
        }
    }

    /// Whether it is of a ledger and of this program.
    pub(super) fn fits(&self, ledger: &[u8; 16]) -> bool {
        self.format == VIEWS_FORMAT
            && self.program == env!("CARGO_PKG_VERSION")
            && self.semantics == SEMANTICS
            && self.ledger == *ledger
    }

    /// The edge of the tree over the events that were folded.
    pub(super) fn frontier(&self) -> Option<Frontier> {
        let frontier = Frontier::from_parts(self.seq, self.edge.clone())?;
        (frontier.root() == self.root).then_some(frontier)
    }

    /// The names of all files that count.
    pub(super) fn names(&self) -> HashSet<&str> {
        let months = self.months.iter().flat_map(|month| &month.layers);
        let months = months.map(|layer| layer.name.as_str());
        let runs = self.runs.iter().map(|run| run.name.as_str());
        let others = [self.cells.name.as_str(), NAME];
        months.chain(runs).chain(others).collect()
    }

    /// Writes it in place of the one that is there.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn write(&self, dir: &Path) -> Result<(), String> {
        let body = to_bytes(self)?;
        let mut bytes = MAGIC.to_vec();
        bytes.extend(crc32c::crc32c(&body).to_be_bytes());
        bytes.extend(body);
        let path = dir.join(NAME);
        super::file::write(&path, &bytes).map_err(|error| error.to_string())
    }
}

/// The manifest in a folder, if there is one that is as it was written.
pub(super) fn read(dir: &Path) -> Option<Manifest> {
    let bytes = fs::read(dir.join(NAME)).ok()?;
    let rest = bytes.strip_prefix(MAGIC.as_slice())?;
    let (crc, body) = rest.split_first_chunk::<4>()?;
    let sound = crc32c::crc32c(body) == u32::from_be_bytes(*crc);
    sound.then(|| from_bytes(body).ok()).flatten()
}
