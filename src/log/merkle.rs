//! The RFC 6962 Merkle tree over the events: roots, inclusion proofs, consistency proofs.
//!
//! A leaf is `SHA-256(0x00, event)`, a node `SHA-256(0x01, left, right)`; the left subtree of `n`
//! leaves has the largest power of two below `n`. The root of no leaves is `SHA-256()`.
//! Verification follows RFC 9162, sections 2.1.3.2 and 2.1.4.2.

use sha2::{Digest, Sha256};

/// A SHA-256 hash.
pub type Hash = [u8; 32];

/// A proof could not be made, or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The index or the older size lies beyond the tree.
    #[error("the tree has {size} events, so there is no proof for {asked}")]
    OutOfRange {
        /// What was asked for.
        asked: u64,
        /// How many leaves the tree has.
        size: u64,
    },
    /// The proof has too many or too few hashes for these sizes.
    #[error("the proof does not have the right number of hashes")]
    WrongLength,
    /// The proof gives another root.
    #[error("the proof leads to another root")]
    WrongRoot,
}

/// The hash of an event.
pub fn leaf_hash(event: &[u8]) -> Hash {
    Sha256::new_with_prefix([0x00])
        .chain_update(event)
        .finalize()
        .into()
}

/// The hash of two subtrees.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    let mut input = [0x01; 65];
    let (_, halves) = input.split_at_mut(1);
    let (first, second) = halves.split_at_mut(32);
    first.copy_from_slice(left);
    second.copy_from_slice(right);
    Sha256::digest(input).into()
}

/// The root of a tree without leaves.
pub fn empty_root() -> Hash {
    Sha256::digest([]).into()
}

/// The right edge of a tree: what is needed to add leaves and to know the root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Frontier {
    size: u64,
    /// The roots of the perfect subtrees that make up the tree, largest first.
    edge: Vec<Hash>,
}

impl Frontier {
    /// An empty tree.
    pub fn new() -> Frontier {
        Frontier::default()
    }

    /// A tree of `size` leaves with these perfect subtrees; `None` where the number is wrong.
    pub fn from_parts(size: u64, edge: Vec<Hash>) -> Option<Frontier> {
        let matches = usize::try_from(size.count_ones()) == Ok(edge.len());
        matches.then_some(Frontier { size, edge })
    }

    /// The number of leaves.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The roots of the perfect subtrees, largest first.
    pub fn edge(&self) -> &[Hash] {
        &self.edge
    }

    /// Adds a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.edge.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.edge.push(hash);
        self.size += 1;
    }

    /// Adds a perfect subtree, which must begin behind a multiple of its size.
    pub(crate) fn push_perfect(&mut self, subtree: &Perfect) {
        let mut hash = subtree.root;
        for _ in 0..(self.size >> subtree.height).trailing_ones() {
            if let Some(left) = self.edge.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.edge.push(hash);
        self.size += 1 << subtree.height;
    }

    /// The root.
    pub fn root(&self) -> Hash {
        let mut from_the_right = self.edge.iter().rev();
        match from_the_right.next() {
            Some(last) => from_the_right.fold(*last, |right, left| node_hash(left, &right)),
            None => empty_root(),
        }
    }
}

/// A subtree with two to the power of its height leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Perfect {
    pub(crate) height: u32,
    pub(crate) root: Hash,
}

/// No part of a tree that is handed over whole has more leaves than two to this power, so the edge
/// of the tree is known at every multiple of that many.
pub(crate) const HIGHEST_PART: u32 = 10;

/// The leaves behind the first `before` of a tree, as the perfect subtrees of it that they make.
pub(crate) fn perfect_parts(before: u64, leaves: &[Hash]) -> Vec<Perfect> {
    let mut parts = Vec::new();
    let (mut at, mut rest) = (before, leaves);
    let mut row = Vec::new();
    while !rest.is_empty() {
        let height = at
            .trailing_zeros()
            .min(rest.len().ilog2())
            .min(HIGHEST_PART);
        let Some((taken, left)) = rest.split_at_checked(1 << height) else {
            break;
        };
        row.clear();
        row.extend_from_slice(taken);
        parts.push(Perfect {
            height,
            root: perfect_root(&mut row),
        });
        at += 1 << height;
        rest = left;
    }
    parts
}

/// The root over a power of two of leaves, whose place is used.
fn perfect_root(row: &mut Vec<Hash>) -> Hash {
    while row.len() > 1 {
        for pair in 0..row.len() / 2 {
            let (left, right) = (row.get(2 * pair), row.get(2 * pair + 1));
            if let (Some(left), Some(right)) = (left, right) {
                let node = node_hash(left, right);
                if let Some(place) = row.get_mut(pair) {
                    *place = node;
                }
            }
        }
        row.truncate(row.len() / 2);
    }
    row.first().copied().unwrap_or_else(empty_root)
}

/// The root over leaf hashes.
pub fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::new();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    frontier.root()
}

/// Splits leaves into the left and the right subtree.
fn halves(leaves: &[Hash]) -> (&[Hash], &[Hash]) {
    let left = leaves.len().div_ceil(2).next_power_of_two();
    leaves.split_at_checked(left).unwrap_or((leaves, &[]))
}

/// The inclusion proof of the leaf at `index` (from 0) in the tree of these leaves.
///
/// # Errors
/// [`ProofError::OutOfRange`] where there is no such leaf.
pub fn prove_inclusion(leaves: &[Hash], index: u64) -> Result<Vec<Hash>, ProofError> {
    let size = leaves.len() as u64;
    let out_of_range = ProofError::OutOfRange { asked: index, size };
    let mut index = usize::try_from(index).map_err(|_| out_of_range)?;
    if index >= leaves.len() {
        return Err(out_of_range);
    }
    let mut path = Vec::new();
    let mut subtree = leaves;
    while subtree.len() > 1 {
        let (left, right) = halves(subtree);
        if index < left.len() {
            path.push(root(right));
            subtree = left;
        } else {
            path.push(root(left));
            index -= left.len();
            subtree = right;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the tree of the first `older` leaves is a prefix of the tree of all of them.
/// It is empty for `older` 0 and for the whole tree.
///
/// # Errors
/// [`ProofError::OutOfRange`] where there are fewer leaves.
pub fn prove_consistency(leaves: &[Hash], older: u64) -> Result<Vec<Hash>, ProofError> {
    let size = leaves.len() as u64;
    let out_of_range = ProofError::OutOfRange { asked: older, size };
    let mut older = usize::try_from(older).map_err(|_| out_of_range)?;
    if older > leaves.len() {
        return Err(out_of_range);
    }
    if older == 0 {
        return Ok(Vec::new());
    }
    let mut path = Vec::new();
    let mut subtree = leaves;
    // While only left turns were taken, the old root itself is known to who verifies.
    let mut known = true;
    while older < subtree.len() {
        let (left, right) = halves(subtree);
        if older <= left.len() {
            path.push(root(right));
            subtree = left;
        } else {
            path.push(root(left));
            older -= left.len();
            subtree = right;
            known = false;
        }
    }
    if !known {
        path.push(root(subtree));
    }
    path.reverse();
    Ok(path)
}

/// Checks that `leaf` is at `index` (from 0) in the tree of `size` leaves with this root.
///
/// # Errors
/// What does not hold.
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::OutOfRange { asked: index, size });
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::WrongLength);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            climb_while_even(&mut node, &mut last);
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    match (last, hash == *root) {
        (0, true) => Ok(()),
        (0, false) => Err(ProofError::WrongRoot),
        _ => Err(ProofError::WrongLength),
    }
}

/// A node at the right edge that is a left child has no sibling: it stands for its parent.
fn climb_while_even(node: &mut u64, last: &mut u64) {
    while *node & 1 == 0 && *node != 0 {
        *node >>= 1;
        *last >>= 1;
    }
}

/// Checks that the tree of `older` leaves is a prefix of the tree of `newer` leaves.
///
/// # Errors
/// What does not hold.
pub fn verify_consistency(
    older: u64,
    older_root: &Hash,
    newer: u64,
    newer_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if older > newer {
        return Err(ProofError::OutOfRange {
            asked: older,
            size: newer,
        });
    }
    if older == 0 || older == newer {
        return verify_trivially(older, older_root, newer, newer_root, proof);
    }
    let mut path = proof.iter();
    let first = if older.is_power_of_two() {
        older_root
    } else {
        path.next().ok_or(ProofError::WrongLength)?
    };
    let (mut node, mut last) = (older - 1, newer - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in path {
        if last == 0 {
            return Err(ProofError::WrongLength);
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            climb_while_even(&mut node, &mut last);
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::WrongLength);
    }
    if old_hash == *older_root && new_hash == *newer_root {
        Ok(())
    } else {
        Err(ProofError::WrongRoot)
    }
}

/// The empty tree is a prefix of every tree, and a tree of itself; neither needs a proof.
fn verify_trivially(
    older: u64,
    older_root: &Hash,
    newer: u64,
    newer_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    if !proof.is_empty() {
        return Err(ProofError::WrongLength);
    }
    let empty_is_right = older > 0 || *older_root == empty_root();
    let same_is_right = older != newer || older_root == newer_root;
    if empty_is_right && same_is_right {
        Ok(())
    } else {
        Err(ProofError::WrongRoot)
    }
}

#[cfg(test)]
mod tests {
    use ct_merkle::ConsistencyProof;
    use ct_merkle::InclusionProof;
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;

    use super::*;

    fn hex(hash: &[u8]) -> String {
        hash.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The leaves of the tests of the Certificate Transparency log, and its published roots.
    fn published() -> Vec<Vec<u8>> {
        vec![
            vec![],
            vec![0x00],
            vec![0x10],
            vec![0x20, 0x21],
            vec![0x30, 0x31],
            vec![0x40, 0x41, 0x42, 0x43],
            (0x50..=0x57).collect(),
            (0x60..=0x6f).collect(),
        ]
    }

    #[test]
    fn the_published_roots_come_out() {
        let roots = [
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
            "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
            "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
        ];
        let mut frontier = Frontier::new();
        assert_eq!(
            hex(&frontier.root()),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
        for (leaf, root) in published().iter().zip(roots) {
            frontier.push(leaf_hash(leaf));
            assert_eq!(hex(&frontier.root()), root);
        }
    }

    fn trees(size: u64) -> (Vec<Hash>, MemoryBackedTree<Sha256, Vec<u8>>) {
        let mut oracle = MemoryBackedTree::new();
        let mut leaves = Vec::new();
        for number in 0..size {
            let event = format!("event {number}").into_bytes();
            leaves.push(leaf_hash(&event));
            oracle.push(event);
        }
        (leaves, oracle)
    }

    #[test]
    fn every_inclusion_proof_of_small_trees_is_that_of_the_oracle() {
        for size in 1..=33 {
            let (leaves, oracle) = trees(size);
            let root = root(&leaves);
            assert_eq!(root.as_slice(), oracle.root().as_bytes().as_slice());
            for (index, leaf) in leaves.iter().enumerate() {
                let proof = prove_inclusion(&leaves, index as u64).unwrap();
                assert_eq!(proof.concat(), oracle.prove_inclusion(index).as_bytes());
                verify_inclusion(leaf, index as u64, size, &proof, &root).unwrap();
                let theirs = InclusionProof::from_bytes(proof.concat());
                let event = format!("event {index}").into_bytes();
                oracle
                    .root()
                    .verify_inclusion(&event, index as u64, &theirs)
                    .unwrap();
            }
        }
    }

    #[test]
    fn every_consistency_proof_of_small_trees_is_that_of_the_oracle() {
        for newer in 1..=33u64 {
            let (leaves, oracle) = trees(newer);
            for older in 1..=newer {
                let old_leaves = &leaves[..older as usize];
                let proof = prove_consistency(&leaves, older).unwrap();
                let theirs = oracle.prove_consistency((newer - older) as usize);
                assert_eq!(proof.concat(), theirs.as_bytes(), "{older} of {newer}");
                verify_consistency(older, &root(old_leaves), newer, &root(&leaves), &proof)
                    .unwrap();
                let bytes = ConsistencyProof::<Sha256>::try_from_bytes(proof.concat()).unwrap();
                let (_, smaller) = trees(older);
                oracle
                    .root()
                    .verify_consistency(&smaller.root(), &bytes)
                    .unwrap();
            }
        }
    }

    proptest! {
        #[test]
        fn a_changed_proof_never_holds(
            size in 2u64..300,
            pick in any::<prop::sample::Index>(),
            bit in 0usize..256,
            place in any::<prop::sample::Index>(),
        ) {
            let (leaves, _) = trees(size);
            let whole = root(&leaves);
            let index = pick.index(leaves.len());
            let mut proof = prove_inclusion(&leaves, index as u64).unwrap();
            let changed = place.index(proof.len());
            proof[changed][bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(
                verify_inclusion(&leaves[index], index as u64, size, &proof, &whole),
                Err(ProofError::WrongRoot)
            );
            proof[changed][bit / 8] ^= 1 << (bit % 8);
            proof.push([7; 32]);
            let checked = verify_inclusion(&leaves[index], index as u64, size, &proof, &whole);
                prop_assert!(checked.is_err());

            let older = index as u64 + 1;
            let old_root = root(&leaves[..=index]);
            let mut proof = prove_consistency(&leaves, older).unwrap();
            prop_assert!(verify_consistency(older, &old_root, size, &whole, &proof).is_ok());
            if let Some(hash) = proof.first_mut() {
                hash[bit / 8] ^= 1 << (bit % 8);
                prop_assert!(verify_consistency(older, &old_root, size, &whole, &proof).is_err());
            }
            proof.pop();
            prop_assert!(older == size
                || verify_consistency(older, &old_root, size, &whole, &proof).is_err());
        }
    }

    #[test]
    fn what_lies_beyond_the_tree_has_no_proof() {
        let (leaves, _) = trees(5);
        assert!(prove_inclusion(&leaves, 5).is_err());
        assert!(prove_consistency(&leaves, 6).is_err());
        assert!(prove_inclusion(&[], 0).is_err());
        assert_eq!(prove_consistency(&leaves, 0).unwrap(), Vec::<Hash>::new());
        verify_consistency(0, &empty_root(), 5, &root(&leaves), &[]).unwrap();
        assert!(verify_consistency(0, &[1; 32], 5, &root(&leaves), &[]).is_err());
        assert!(verify_consistency(5, &[1; 32], 5, &root(&leaves), &[]).is_err());
    }

    #[test]
    fn a_frontier_has_one_subtree_a_bit_of_its_size() {
        let mut frontier = Frontier::new();
        (0..11).for_each(|number| frontier.push([number; 32]));
        let edge = frontier.edge().to_vec();
        assert_eq!(Frontier::from_parts(11, edge.clone()), Some(frontier));
        assert_eq!(Frontier::from_parts(12, edge), None);
    }
}
