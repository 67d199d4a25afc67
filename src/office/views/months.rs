//! The layers of the months on disk: which of them stay, and in which files they stand.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use super::Views;
use super::file::{self, Part, read_range};
use super::manifest::{LayerFile, MonthLayers};
use crate::log::LogError;
use crate::office::error::OfficeError;
use crate::projection::base::BaseMonth;
use crate::projection::layers::write_replaces;
use crate::projection::packed::{Month, Packed, PackedMonth};

/// A layer from this many bytes on has a file of its own; the others of a save share one.
const OWN_FILE: usize = 1 << 16;

/// The months that were saved before.
pub(super) struct Months<'a> {
    dir: &'a Path,
    before: &'a [MonthLayers],
}

impl<'a> Months<'a> {
    /// Those of the saved views.
    pub(super) fn of(dir: &'a Path, before: Option<&'a Views>) -> Months<'a> {
        let before = before.map(|views| views.manifest.months.as_slice());
        Months {
            dir,
            before: before.unwrap_or_default(),
        }
    }

    fn layers(&self, month: Month) -> &[LayerFile] {
        let mut months = self.before.iter();
        let found = months.find(|known| known.month.month == month);
        found.map_or(&[], |month| month.layers.as_slice())
    }

    /// How many layers of a month stay as they are under so many rows: a layer with less than
    /// `share` times the rows above it is packed together with them.
    pub(super) fn staying(&self, month: Month, mut rows: usize, share: usize) -> usize {
        let layers = self.layers(month);
        let mut staying = layers.len();
        for layer in layers.iter().rev() {
            let saved = usize::try_from(layer.rows).unwrap_or(usize::MAX);
            if saved >= rows.saturating_mul(share) {
                break;
            }
            rows += saved;
            staying -= 1;
        }
        staying
    }

    /// All months with what changed, after it is written.
    ///
    /// # Errors
    /// What the system says.
    pub(super) fn with(&self, changed: &Packed, seq: u64) -> Result<Vec<MonthLayers>, OfficeError> {
        let mut shared = Shared {
            name: format!("layers.{seq}"),
            bytes: Vec::new(),
        };
        let mut months = self.before.to_vec();
        for packed in changed.months.iter().filter(|it| !it.partition.is_empty()) {
            let layer = self.write(packed, seq, &mut shared)?;
            let known = months.iter_mut().find(|it| it.month.month == packed.month);
            match known {
                Some(known) => {
                    known.layers.truncate(packed.replaces.len());
                    known.month.take(packed.spans, known.layers.is_empty());
                    known.layers.push(layer);
                }
                None => months.push(MonthLayers {
                    month: BaseMonth {
                        month: packed.month,
                        spans: packed.spans,
                    },
                    layers: vec![layer],
                }),
            }
        }
        months.sort_by_key(|month| month.month.month);
        self.gather(&mut months, &mut shared);
        if !shared.bytes.is_empty() {
            let path = self.dir.join(&shared.name);
            file::write(&path, &shared.bytes).map_err(|error| LogError::io(&path, &error))?;
        }
        Ok(months)
    }

    fn write(
        &self,
        packed: &PackedMonth,
        seq: u64,
        shared: &mut Shared,
    ) -> Result<LayerFile, OfficeError> {
        let (partition, directory) = &packed.bytes;
        let (directory, sections) = partition.split_at_checked(*directory).unwrap_or_default();
        let mut head = Vec::new();
        write_replaces(&packed.replaces, &mut head);
        head.extend_from_slice(directory);
        let mut layer = LayerFile {
            name: format!("month.{}.{seq}", packed.month),
            head: Part::default(),
            len: (head.len() + sections.len()) as u64,
            rows: packed.partition.len() as u64,
        };
        if head.len() + sections.len() < OWN_FILE {
            layer.name.clone_from(&shared.name);
            layer.head = Part::add(&mut shared.bytes, &head);
            shared.bytes.extend_from_slice(sections);
            return Ok(layer);
        }
        let mut bytes = Vec::with_capacity(head.len() + sections.len());
        layer.head = Part::add(&mut bytes, &head);
        bytes.extend_from_slice(sections);
        let path = self.dir.join(&layer.name);
        file::write(&path, &bytes).map_err(|error| LogError::io(&path, &error))?;
        Ok(layer)
    }

    /// Moves the layers of files that are mostly of no use any more into the shared file.
    fn gather(&self, months: &mut [MonthLayers], shared: &mut Shared) {
        let mut used: HashMap<String, u64> = HashMap::new();
        for layer in months.iter().flat_map(|month| &month.layers) {
            *used.entry(layer.name.clone()).or_default() += layer.len;
        }
        used.retain(|name, used| {
            let about = fs::metadata(self.dir.join(name));
            about.is_ok_and(|about| about.len() > *used * 2)
        });
        let layers = months.iter_mut().flat_map(|month| &mut month.layers);
        for layer in layers.filter(|layer| used.contains_key(&layer.name)) {
            let bytes = read_range(&self.dir.join(&layer.name), layer.head.at, layer.len);
            // What cannot be read stays where it is: its reader sees that it is damaged.
            if let Ok(bytes) = bytes
                && bytes.len() as u64 == layer.len
            {
                layer.name.clone_from(&shared.name);
                layer.head = layer.head.moved_to(shared.bytes.len() as u64);
                shared.bytes.extend(bytes);
            }
        }
    }
}

/// The file that the small layers of a save share.
struct Shared {
    name: String,
    bytes: Vec<u8>,
}
