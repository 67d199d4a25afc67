//! Mutants of inputs, by a seed.

/// The largest input in bytes.
const MOST: usize = 64 << 10;

pub struct Mutator {
    state: u64,
    words: &'static [&'static str],
}

impl Mutator {
    pub fn new(seed: u64, words: &'static [&'static str]) -> Mutator {
        Mutator { state: seed, words }
    }

    fn below(&mut self, end: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }

    pub fn once_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// One to eight changes to one of the inputs.
    pub fn mutant(&mut self, corpus: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = corpus[self.below(corpus.len())].clone();
        for _ in 0..=self.below(8) {
            self.change(&mut bytes, corpus);
        }
        bytes.truncate(MOST);
        bytes
    }

    /// A part of some bytes: where it begins and ends.
    fn part(&mut self, len: usize, most: usize) -> (usize, usize) {
        let from = self.below(len + 1);
        let to = (from + 1 + self.below(most)).min(len);
        (from.min(to), to)
    }

    fn change(&mut self, bytes: &mut Vec<u8>, corpus: &[Vec<u8>]) {
        let len = bytes.len();
        let at = self.below(len);
        match self.below(12) {
            0 if len > 0 => bytes[at] ^= 1 << self.below(8),
            1 if len > 0 => bytes[at] = self.below(256) as u8,
            2 if len > 0 => bytes[at] = b"\0\xff\x7f\x80\n\r\t\"\\,;.-+0 9{}[]"[self.below(21)],
            3 => {
                let (from, to) = self.part(len, 64);
                bytes.drain(from..to);
            }
            4 => {
                let (from, to) = self.part(len, 200);
                let copied = bytes[from..to].to_vec();
                let place = self.below(len + 1);
                bytes.splice(place..place, copied);
            }
            5 => {
                let other = &corpus[self.below(corpus.len())];
                let (from, to) = self.part(other.len(), 400);
                let place = self.below(len + 1);
                let (_, end) = self.part(len, 400);
                bytes.splice(
                    place.min(end)..end.max(place),
                    other[from..to].iter().copied(),
                );
            }
            6 | 7 if !self.words.is_empty() => {
                let word = self.words[self.below(self.words.len())];
                let place = self.below(len + 1);
                let end = (place + self.below(2) * word.len()).min(len);
                bytes.splice(place..end, word.bytes());
            }
            8 => self.number(bytes),
            9 => bytes.truncate(self.below(len + 1)),
            10 => {
                let byte = bytes.get(at).copied().unwrap_or(b'(');
                let times = 1 << self.below(12);
                bytes.splice(at..at, std::iter::repeat_n(byte, times));
            }
            _ if len >= 4 => {
                // A number of the format, large or small.
                let place = self.below(len - 3);
                let numbers: [u32; 6] = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x0001_0000];
                let number = numbers[self.below(numbers.len())];
                bytes[place..place + 4].copy_from_slice(&number.to_be_bytes());
            }
            _ => bytes.push(self.below(256) as u8),
        }
    }

    /// Puts another number in the place of a run of digits.
    fn number(&mut self, bytes: &mut Vec<u8>) {
        let from = self.below(bytes.len() + 1);
        let Some(start) = bytes[from..].iter().position(u8::is_ascii_digit) else {
            return;
        };
        let start = from + start;
        let digits = bytes[start..]
            .iter()
            .take_while(|byte| byte.is_ascii_digit());
        let end = start + digits.count();
        const NUMBERS: [&str; 12] = [
            "0",
            "-1",
            "00",
            "1.5",
            "9999",
            "32",
            "2147483648",
            "9007199254740993",
            "9223372036854775807",
            "18446744073709551616",
            "99999999999999999999999999999999999999",
            "1e308",
        ];
        bytes.splice(start..end, NUMBERS[self.below(12)].bytes());
    }
}
