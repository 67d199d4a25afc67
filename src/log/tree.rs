//! A whole Merkle tree, kept as the hashes that C2SP `tlog-tiles` publishes.
//!
//! Level 0 holds the hash of every leaf, level 1 the root of every 256 leaves, level 2 of every
//! 65,536, and so on. Any other node is at most 255 hashes away, so a root or a proof of any size
//! costs a few thousand hashes instead of one a leaf.

use super::merkle::{Hash, ProofError, empty_root, node_hash};

/// How many hashes a full tile holds.
pub const TILE_WIDTH: u64 = 256;
/// The height of a tile: 2 to this power is its width.
const TILE_HEIGHT: u32 = 8;

/// A Merkle tree that leaves can be added to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// `levels[l][n]` is the root of the full subtree of 256^l leaves with number n.
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// A tree without leaves.
    pub fn new() -> Tree {
        Tree::default()
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for level in 0.. {
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(level) else {
                return;
            };
            hashes.push(hash);
            let full = (hashes.len() as u64).is_multiple_of(TILE_WIDTH);
            let Some(tile) = hashes.last_chunk::<256>().filter(|_| full) else {
                return;
            };
            hash = perfect_root(tile);
        }
    }

    /// The hash of the leaf at an index from 0.
    pub fn leaf(&self, index: u64) -> Option<&Hash> {
        self.tile_hash(0, index)
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        self.subtree(0, self.size())
    }

    /// The root over the first leaves.
    ///
    /// # Errors
    /// [`ProofError::OutOfRange`] where there are fewer.
    pub fn root_at(&self, size: u64) -> Result<Hash, ProofError> {
        self.holds(size)?;
        Ok(self.subtree(0, size))
    }

    /// The inclusion proof of the leaf at `index` (from 0) in the tree of the first `size` leaves.
    ///
    /// # Errors
    /// [`ProofError::OutOfRange`] where there is no such leaf or no such tree.
    pub fn prove_inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, ProofError> {
        self.holds(size)?;
        if index >= size {
            return Err(ProofError::OutOfRange { asked: index, size });
        }
        let mut path = Vec::new();
        let (mut start, mut len) = (0, size);
        while len > 1 {
            let left = left_len(len);
            if index - start < left {
                path.push(self.subtree(start + left, len - left));
                len = left;
            } else {
                path.push(self.subtree(start, left));
                start += left;
                len -= left;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The proof that the tree of the first `older` leaves is a prefix of that of the first
    /// `newer`. It is empty for `older` 0 and where both are the same.
    ///
    /// # Errors
    /// [`ProofError::OutOfRange`] where there are fewer leaves, or `older` is beyond `newer`.
    pub fn prove_consistency(&self, older: u64, newer: u64) -> Result<Vec<Hash>, ProofError> {
        self.holds(newer)?;
        if older > newer {
            return Err(ProofError::OutOfRange {
                asked: older,
                size: newer,
            });
        }
        if older == 0 {
            return Ok(Vec::new());
        }
        let mut path = Vec::new();
        let (mut start, mut len) = (0, newer);
        // While only left turns were taken, the old root itself is known to who verifies.
        let mut known = true;
        while older - start < len {
            let left = left_len(len);
            if older - start <= left {
                path.push(self.subtree(start + left, len - left));
                len = left;
            } else {
                path.push(self.subtree(start, left));
                start += left;
                len -= left;
                known = false;
            }
        }
        if !known {
            path.push(self.subtree(start, len));
        }
        path.reverse();
        Ok(path)
    }

    /// The hashes of a tile at a level, as far as the tree has them; empty beyond it.
    pub fn tile(&self, level: usize, number: u64) -> &[Hash] {
        let Some(hashes) = self.levels.get(level) else {
            return &[];
        };
        let start = number
            .checked_mul(TILE_WIDTH)
            .and_then(|start| usize::try_from(start).ok());
        let rest = start.and_then(|start| hashes.get(start..));
        rest.and_then(|rest| rest.chunks(256).next())
            .unwrap_or_default()
    }

    /// The number of levels that have a tile.
    pub fn levels(&self) -> usize {
        self.levels.len()
    }

    fn holds(&self, size: u64) -> Result<(), ProofError> {
        if size > self.size() {
            return Err(ProofError::OutOfRange {
                asked: size,
                size: self.size(),
            });
        }
        Ok(())
    }

    fn tile_hash(&self, level: usize, number: u64) -> Option<&Hash> {
        self.levels.get(level)?.get(usize::try_from(number).ok()?)
    }

    /// The root over `len` leaves from `start`, which is a multiple of the power of two that `len`
    /// fits into.
    fn subtree(&self, start: u64, len: u64) -> Hash {
        if len == 0 {
            return empty_root();
        }
        if let Some(hash) = self.saved(start, len) {
            return *hash;
        }
        let left = left_len(len);
        node_hash(
            &self.subtree(start, left),
            &self.subtree(start + left, len - left),
        )
    }

    fn saved(&self, start: u64, len: u64) -> Option<&Hash> {
        let height = len.is_power_of_two().then(|| len.trailing_zeros())?;
        if height % TILE_HEIGHT != 0 {
            return None;
        }
        let level = usize::try_from(height / TILE_HEIGHT).ok()?;
        self.tile_hash(level, start >> height)
    }
}

/// The number of leaves of the left subtree: the largest power of two below `len`, which is over 1.
fn left_len(len: u64) -> u64 {
    len.div_ceil(2).next_power_of_two()
}

/// The root over 256 hashes.
fn perfect_root(tile: &[Hash; 256]) -> Hash {
    let mut row: Vec<Hash> = tile.to_vec();
    while row.len() > 1 {
        let (pairs, _) = row.as_chunks::<2>();
        row = pairs
            .iter()
            .map(|[left, right]| node_hash(left, right))
            .collect();
    }
    row.first().copied().unwrap_or_else(empty_root)
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use sha2::Sha256;

    use super::*;
    use crate::log::merkle::{self, Frontier, leaf_hash, verify_consistency, verify_inclusion};

    fn leaves(count: u64) -> Vec<Hash> {
        (0..count)
            .map(|number| leaf_hash(format!("event {number}").as_bytes()))
            .collect()
    }

    fn tree(leaves: &[Hash]) -> Tree {
        let mut tree = Tree::new();
        leaves.iter().for_each(|leaf| tree.push(*leaf));
        tree
    }

    #[test]
    fn every_root_and_proof_of_small_trees_is_that_of_the_slow_way() {
        let all = leaves(40);
        let tree = tree(&all);
        for size in 0..=40u64 {
            let part = &all[..size as usize];
            assert_eq!(tree.root_at(size).unwrap(), merkle::root(part));
            for index in 0..size {
                let proof = tree.prove_inclusion(index, size).unwrap();
                assert_eq!(proof, merkle::prove_inclusion(part, index).unwrap());
            }
            for older in 0..=size {
                let proof = tree.prove_consistency(older, size).unwrap();
                assert_eq!(proof, merkle::prove_consistency(part, older).unwrap());
            }
        }
    }

    #[test]
    fn across_tiles_the_second_implementation_agrees() {
        // Sizes around the edges of tiles and of two levels of them.
        let count = 66_000;
        let all = leaves(count);
        let tree = tree(&all);
        let mut frontier = Frontier::new();
        let mut oracle = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for (size, leaf) in (1..).zip(&all) {
            frontier.push(*leaf);
            oracle.push(format!("event {}", size - 1).into_bytes());
            if [1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, count].contains(&size) {
                let root = tree.root_at(size).unwrap();
                assert_eq!(root, frontier.root());
                assert_eq!(root.as_slice(), oracle.root().as_bytes().as_slice());
                for index in [0, 1, size / 3, size - 1]
                    .into_iter()
                    .filter(|at| *at < size)
                {
                    let proof = tree.prove_inclusion(index, size).unwrap();
                    let theirs = oracle.prove_inclusion(index as usize);
                    assert_eq!(proof.concat(), theirs.as_bytes(), "{index} of {size}");
                    verify_inclusion(&all[index as usize], index, size, &proof, &root).unwrap();
                }
                for older in [1, 255, 256, 257, size / 2, size] {
                    if older == 0 || older > size {
                        continue;
                    }
                    let proof = tree.prove_consistency(older, size).unwrap();
                    let theirs = oracle.prove_consistency((size - older) as usize);
                    assert_eq!(proof.concat(), theirs.as_bytes(), "{older} of {size}");
                    let old_root = tree.root_at(older).unwrap();
                    verify_consistency(older, &old_root, size, &root, &proof).unwrap();
                }
            }
        }
    }

    fn hashes(hex: &[&str]) -> Vec<Hash> {
        let byte = |text: &str, at: usize| u8::from_str_radix(&text[at..at + 2], 16).unwrap();
        hex.iter()
            .map(|text| {
                let mut hash = [0; 32];
                (0..32).for_each(|at| hash[at] = byte(text, at * 2));
                hash
            })
            .collect()
    }

    #[test]
    fn the_published_proofs_come_out() {
        // The tree of eight leaves of the Certificate Transparency tests, and its proofs there.
        let leaves: [&[u8]; 8] = [
            &[],
            &[0x00],
            &[0x10],
            &[0x20, 0x21],
            &[0x30, 0x31],
            &[0x40, 0x41, 0x42, 0x43],
            &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
            &[
                0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d,
                0x6e, 0x6f,
            ],
        ];
        let leaves: Vec<Hash> = leaves.iter().map(|leaf| leaf_hash(leaf)).collect();
        let tree = tree(&leaves);
        let (l1, n23, n47) = (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        );
        let (l4, n67, n03) = (
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        );
        let (l0, n45, n01) = (
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        );
        for (index, size, path) in [
            (0, 1, vec![]),
            (0, 8, vec![l1, n23, n47]),
            (5, 8, vec![l4, n67, n03]),
            (2, 3, vec![n01]),
            (1, 5, vec![l0, n23, l4]),
        ] {
            assert_eq!(tree.prove_inclusion(index, size).unwrap(), hashes(&path));
        }
        for (older, newer, path) in [
            (1, 1, vec![]),
            (1, 8, vec![l1, n23, n47]),
            (6, 8, vec![n45, n67, n03]),
            (2, 5, vec![n23, l4]),
        ] {
            assert_eq!(tree.prove_consistency(older, newer).unwrap(), hashes(&path));
        }
    }

    #[test]
    fn tiles_have_the_widths_of_the_specification() {
        // "A tree of size 70,000": 273 full tiles and one of 112; one full and one of 17; one of 1.
        let tree = tree(&vec![[7; 32]; 70_000]);
        assert_eq!(tree.tile(0, 272).len(), 256);
        assert_eq!(tree.tile(0, 273).len(), 112);
        assert_eq!(tree.tile(0, 274).len(), 0);
        assert_eq!((tree.tile(1, 0).len(), tree.tile(1, 1).len()), (256, 17));
        assert_eq!((tree.tile(2, 0).len(), tree.levels()), (1, 3));
    }

    #[test]
    fn what_is_beyond_the_tree_has_no_proof() {
        let tree = tree(&leaves(5));
        assert!(tree.root_at(6).is_err());
        assert!(tree.prove_inclusion(5, 5).is_err());
        assert!(tree.prove_inclusion(0, 6).is_err());
        assert!(tree.prove_consistency(4, 3).is_err());
        assert_eq!(Tree::new().root(), empty_root());
    }
}
