//! The layers of a month: what a save found new or changed in it stands on top of what was saved
//! before, and is packed together with that only now and then.
//!
//! A layer is a partition of whole rows. It says which rows of the layers below it stand in it now,
//! or in what it was packed together from: by their places, so that a reader leaves them out and
//! looks at nothing else of them. Only layers at the top are ever packed together, so what a layer
//! says of those below it stays true.

use std::sync::Arc;

use super::column::{read_number, write_number};
use super::partition::Partition;

/// Some of the rows of a month.
#[derive(Debug, Clone, Default)]
pub struct Layer {
    /// The rows; those that stand in a layer above are gone from it.
    pub partition: Arc<Partition>,
    /// For each layer below it, the places of the rows that stand in it now, ascending.
    pub replaces: Arc<[Vec<u32>]>,
}

impl Layer {
    /// Layers, the lowest first, of partitions and what each of them replaces.
    pub fn stack(saved: Vec<(Partition, Vec<Vec<u32>>)>) -> Vec<Layer> {
        let mut layers: Vec<Layer> = Vec::with_capacity(saved.len());
        for (partition, replaces) in saved {
            layers.push(Layer {
                partition: Arc::new(partition),
                replaces: replaces.into(),
            });
        }
        for place in 0..layers.len() {
            let gone = replaced(&layers, place, place + 1);
            if let Some(layer) = layers.get_mut(place).filter(|_| !gone.is_empty()) {
                let partition = Arc::unwrap_or_clone(std::mem::take(&mut layer.partition));
                layer.partition = Arc::new(partition.without(gone));
            }
        }
        layers
    }
}

/// The rows of a layer that those from `above` on replace, ascending.
pub(super) fn replaced(layers: &[Layer], of: usize, above: usize) -> Vec<u32> {
    let above = layers.get(above..).unwrap_or_default().iter();
    let lists = above.filter_map(|layer| layer.replaces.get(of));
    let mut places: Vec<u32> = lists.flatten().copied().collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// Writes what a layer replaces.
pub fn write_replaces(replaces: &[Vec<u32>], bytes: &mut Vec<u8>) {
    write_number(replaces.len() as u64, bytes);
    for places in replaces {
        write_number(places.len() as u64, bytes);
        let mut last = 0;
        for place in places {
            write_number(u64::from(place - last), bytes);
            last = *place;
        }
    }
}

/// Reads what [`write_replaces`] wrote. `None` where it is something else.
pub fn read_replaces(bytes: &[u8], at: &mut usize) -> Option<Vec<Vec<u32>>> {
    let mut replaces = Vec::new();
    for _ in 0..read_number(bytes, at)? {
        let (mut places, mut last) = (Vec::new(), 0u32);
        for _ in 0..read_number(bytes, at)? {
            last = last.checked_add(u32::try_from(read_number(bytes, at)?).ok()?)?;
            places.push(last);
        }
        replaces.push(places);
    }
    Some(replaces)
}
