//! Randomness, passed in: keys, nonces and ids are drawn from a source that the caller chooses,
//! so that a test with a seed gives the same bytes every time.

use sha2::{Digest, Sha256};

/// A source of random bytes.
pub trait Random: Send {
    /// Fills `bytes` with random bytes.
    fn fill(&mut self, bytes: &mut [u8]);
}

/// The operating system's randomness: the only source for a real ledger.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRandom;

impl Random for SystemRandom {
    /// Fills `bytes` from the operating system.
    ///
    /// # Panics
    /// When the system refuses, which it does not do once it has started. A key of predictable
    /// bytes would be worse than a program that stops.
    fn fill(&mut self, bytes: &mut [u8]) {
        let drawn = getrandom::fill(bytes);
        assert!(
            drawn.is_ok(),
            "the operating system gives no randomness: {drawn:?}"
        );
    }
}

/// The same bytes for the same seed, on every machine: for golden tests and demonstrations.
/// **Never for a real ledger**, since whoever knows the seed knows every key.
///
/// Block `i` is SHA-256(`socai seeded random v1` ‖ seed ‖ `i`), the two numbers as 8 bytes
/// big-endian. The stream does not depend on how it is cut into calls.
#[derive(Clone)]
pub struct SeededRandom {
    seed: u64,
    next_block: u64,
    /// What is left of the last block.
    rest: Option<std::array::IntoIter<u8, 32>>,
}

impl SeededRandom {
    /// A source that begins at the start of the stream of `seed`.
    pub fn new(seed: u64) -> SeededRandom {
        SeededRandom {
            seed,
            next_block: 0,
            rest: None,
        }
    }

    fn next_byte(&mut self) -> u8 {
        loop {
            if let Some(byte) = self.rest.as_mut().and_then(Iterator::next) {
                return byte;
            }
            let block: [u8; 32] = Sha256::new()
                .chain_update(b"socai seeded random v1")
                .chain_update(self.seed.to_be_bytes())
                .chain_update(self.next_block.to_be_bytes())
                .finalize()
                .into();
            self.rest = Some(block.into_iter());
            self.next_block = self.next_block.wrapping_add(1);
        }
    }
}

impl Random for SeededRandom {
    fn fill(&mut self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.next_byte();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(source: &mut dyn Random, cuts: &[usize]) -> Vec<u8> {
        let mut all = Vec::new();
        for &cut in cuts {
            let mut part = vec![0; cut];
            source.fill(&mut part);
            all.extend(part);
        }
        all
    }

    #[test]
    fn a_seed_gives_one_stream_however_it_is_cut() {
        let whole = drawn(&mut SeededRandom::new(7), &[100]);
        let cut = drawn(&mut SeededRandom::new(7), &[0, 1, 31, 32, 3, 33]);
        assert_eq!(whole, cut);
        assert_ne!(whole, drawn(&mut SeededRandom::new(8), &[100]));
        assert_ne!(whole[..32], whole[32..64]);
    }

    #[test]
    fn the_seeded_stream_never_changes() {
        // SHA-256 of the label, sixteen zero bytes; computed with another program.
        let first = drawn(&mut SeededRandom::new(0), &[8]);
        assert_eq!(first, [0xc2, 0xb8, 0x62, 0xeb, 0xb1, 0xf0, 0x03, 0x0e]);
    }

    #[test]
    fn the_system_gives_other_bytes_each_time() {
        let first = drawn(&mut SystemRandom, &[32]);
        assert_ne!(first, drawn(&mut SystemRandom, &[32]));
        assert_ne!(first, [0; 32]);
    }
}
