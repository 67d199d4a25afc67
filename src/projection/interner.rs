//! Dictionary encoding: a text becomes a small number, in the order of first sight.

use std::collections::HashMap;
use std::hash::Hash;

/// A dictionary. Number 0 is always "none".
#[derive(Debug, Clone)]
pub struct Interner<T> {
    numbers: HashMap<T, u32>,
    values: Vec<T>,
}

impl<T: Clone + Eq + Hash> Default for Interner<T> {
    fn default() -> Self {
        Interner {
            numbers: HashMap::new(),
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
