//! Dictionary encoding: a text becomes a small number, in the order of first sight.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hash, Hasher, RandomState};
use std::sync::OnceLock;

/// Mixes eight bytes at once, from a beginning that is drawn once a run: a fold looks up many short
/// codes, and no list can be made up beforehand to make them meet.
#[derive(Debug, Clone, Copy)]
pub struct Quick(u64);

impl Default for Quick {
    fn default() -> Quick {
        static BEGINNING: OnceLock<u64> = OnceLock::new();
        Quick(*BEGINNING.get_or_init(|| RandomState::new().build_hasher().finish() | 1))
    }
}

impl BuildHasher for Quick {
    type Hasher = QuickHasher;

    fn build_hasher(&self) -> QuickHasher {
        QuickHasher {
            hash: self.0,
            step: self.0,
        }
    }
}

/// The hasher of [`Quick`].
#[derive(Debug, Clone)]
pub struct QuickHasher {
    hash: u64,
    step: u64,
}

impl QuickHasher {
    fn mix(&mut self, word: u64) {
        // Both halves of the product, so that no bit of the word is lost.
        let product = u128::from(self.hash ^ word) * u128::from(self.step ^ 0x9e37_79b9_7f4a_7c15);
        self.hash = (product as u64) ^ ((product >> 64) as u64);
    }
}

impl Hasher for QuickHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        words
            .iter()
            .for_each(|word| self.mix(u64::from_le_bytes(*word)));
        if !rest.is_empty() {
            let mut word = [0; 8];
            word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            self.mix(u64::from_le_bytes(word) ^ (bytes.len() as u64) << 56);
        }
    }

    fn write_u8(&mut self, byte: u8) {
        self.mix(byte.into());
    }

    fn write_u32(&mut self, number: u32) {
        self.mix(number.into());
    }

    fn write_usize(&mut self, number: usize) {
        self.mix(number as u64);
    }

    fn finish(&self) -> u64 {
        self.hash
    }
}

/// A dictionary. Number 0 is always "none".
#[derive(Debug, Clone)]
pub struct Interner<T> {
    numbers: HashMap<T, u32, Quick>,
    values: Vec<T>,
}

impl<T: Clone + Eq + Hash> Default for Interner<T> {
    fn default() -> Self {
        Interner {
            numbers: HashMap::default(),
            values: Vec::new(),
        }
    }
}

impl<T: Clone + Eq + Hash> Interner<T> {
    /// The number of a value; a new value gets the next number.
    pub fn intern(&mut self, value: Option<&T>) -> u32 {
        let Some(value) = value else { return 0 };
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        self.values.push(value.clone());
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.numbers.insert(value.clone(), number);
        number
    }

    /// The value of a number; `None` for 0.
    pub fn value(&self, number: u32) -> Option<&T> {
        let index = usize::try_from(number).ok()?.checked_sub(1)?;
        self.values.get(index)
    }

    /// The number of a value that was seen.
    pub fn number<Q>(&self, value: &Q) -> Option<u32>
    where
        T: std::borrow::Borrow<Q>,
        Q: Eq + Hash + ?Sized,
    {
        self.numbers.get(value).copied()
    }

    /// How many values there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// All values with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (1u32..).zip(&self.values)
    }
}
