//! Columns of whole numbers, each number in as few bits as it needs.
//!
//! # Byte layout
//!
//! What is known of a column stands in the directory of its partition; its numbers stand with those
//! of the same column of other chunks. In the directory: `0` for zeros alone; `1` and a value for
//! that value alone; else `2` (or `3` for a *running* column), `bits`, `base`, `scale`, the largest
//! number, and how many exceptions there are. A value is `base + scale * number`; in a running
//! column each number is what the value has more than the one before it.
//!
//! The numbers follow each other in `bits` bits each, the lowest first. A number that does not fit
//! is an exception: behind the numbers stand the rows of the exceptions (10 bits each), and then
//! their numbers whole. So a few late entries do not make every row wide, and a column that is
//! almost always the same costs almost nothing. Arithmetic wraps, so that any 64-bit value can be
//! kept.

/// Bits of the row of an exception.
const ROW_BITS: u32 = 10;
/// What must stand behind the numbers, because eight bytes are read at once, and twice that for
/// the widest.
pub const PADDING: usize = 16;

/// A column, and where its numbers stand among those of its section.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Column {
    bits: u8,
    running: bool,
    base: i64,
    scale: i64,
    /// The largest number; of a running column the last value has so much more than the base.
    most: u64,
    exceptions: u16,
    at: u32,
}

impl Column {
    /// The one value of every row, where there is only one.
    pub fn constant(&self) -> Option<i64> {
        (self.most == 0).then_some(self.base)
    }

    /// The smallest value; no value is below it.
    pub fn floor(&self) -> i64 {
        self.base
    }

    /// A bound that no value is above.
    pub fn ceiling(&self) -> i128 {
        i128::from(self.base) + i128::from(self.scale) * i128::from(self.most)
    }

    /// What every number is multiplied with.
    pub fn scale(&self) -> i64 {
        self.scale
    }

    /// Puts the values of `rows` rows into `out`. `section` begins where the section begins and has
    /// [`PADDING`] bytes more than it.
    pub fn fill(&self, section: &[u8], rows: usize, numbers: &mut Vec<u32>, out: &mut Vec<i64>) {
        out.clear();
        let (base, scale) = (self.base, self.scale);
        if self.most == 0 {
            out.resize(rows, base);
        } else if self.numbers(section, rows, numbers) {
            let value = |number: &u32| base.wrapping_add(scale.wrapping_mul(i64::from(*number)));
            out.extend(numbers.iter().map(value));
        } else {
            let value = |number: u64| base.wrapping_add(scale.wrapping_mul(number.cast_signed()));
            let data = self.data(section);
            out.extend((0..rows).map(|row| value(wide(data, row, self.bits.into()))));
            self.each_exception(section, rows, &mut |row, number| {
                if let Some(place) = out.get_mut(row) {
                    *place = value(number);
                }
            });
        }
    }

    /// Puts the numbers of `rows` rows into `out`: what each value has more than the floor, divided
    /// by the scale. `false` where they do not fit.
    pub fn numbers(&self, section: &[u8], rows: usize, out: &mut Vec<u32>) -> bool {
        if self.most > u64::from(u32::MAX) {
            return false;
        }
        out.resize(rows, 0);
        unpack(self.data(section), self.bits.into(), out);
        if self.exceptions > 0 {
            self.each_exception(section, rows, &mut |row, number| {
                if let Some(place) = out.get_mut(row) {
                    *place = number as u32;
                }
            });
        }
        if self.running {
            let mut sum = 0u32;
            for number in out.iter_mut() {
                sum = sum.wrapping_add(*number);
                *number = sum;
            }
        }
        true
    }

    /// Whether every value but those of the exceptions is the floor.
    pub fn is_sparse(&self) -> bool {
        self.bits == 0 && !self.running
    }

    /// Visits the rows of the exceptions with their values; in a column that is not
    /// [sparse](Column::is_sparse) these are not all the rows that differ from the floor.
    pub fn each_exception_value(
        &self,
        section: &[u8],
        rows: usize,
        visit: &mut dyn FnMut(usize, i64),
    ) {
        let (base, scale) = (self.base, self.scale);
        self.each_exception(section, rows, &mut |row, number| {
            visit(
                row,
                base.wrapping_add(scale.wrapping_mul(number.cast_signed())),
            );
        });
    }

    fn each_exception(&self, section: &[u8], rows: usize, visit: &mut dyn FnMut(usize, u64)) {
        let data = self.data(section);
        let count = usize::from(self.exceptions);
        let at = bytes_of(rows, self.bits.into());
        let places = data.get(at..).unwrap_or_default();
        let numbers = places.get(bytes_of(count, ROW_BITS)..).unwrap_or_default();
        let bits = bits_of(self.most);
        for exception in 0..count {
            let row = wide(places, exception, ROW_BITS);
            let row = usize::try_from(row).unwrap_or(usize::MAX);
            visit(row, wide(numbers, exception, bits));
        }
    }

    fn data<'a>(&self, section: &'a [u8]) -> &'a [u8] {
        section.get(self.at as usize..).unwrap_or_default()
    }

    /// How many bytes its numbers take.
    fn len(&self, rows: usize) -> usize {
        let exceptions = usize::from(self.exceptions);
        let mut len = bytes_of(rows, self.bits.into());
        if exceptions > 0 {
            len += bytes_of(exceptions, ROW_BITS) + bytes_of(exceptions, bits_of(self.most));
        }
        len
    }

    /// Reads what a directory says of a column of `rows` rows; its numbers begin at `end` of its
    /// section, which becomes the place behind them. `None` where the bytes say no such thing.
    pub fn read(bytes: &[u8], at: &mut usize, rows: usize, end: &mut usize) -> Option<Column> {
        let form = *bytes.get(*at)?;
        *at += 1;
        let mut column = Column::default();
        match form {
            0 => return Some(column),
            1 => {
                column.base = read_signed(bytes, at)?;
                return Some(column);
            }
            2 | 3 => column.running = form == 3,
            _ => return None,
        }
        column.bits = *bytes.get(*at)?;
        *at += 1;
        column.base = read_signed(bytes, at)?;
        column.scale = read_signed(bytes, at)?;
        column.most = read_number(bytes, at)?;
        column.exceptions = u16::try_from(read_number(bytes, at)?).ok()?;
        column.at = u32::try_from(*end).ok()?;
        let sane = column.bits <= 64
            && column.most > 0
            && usize::from(column.exceptions) <= rows
            && u32::from(column.bits) <= bits_of(column.most);
        *end = end.checked_add(column.len(rows))?;
        sane.then_some(column)
    }

    /// Writes values as a column: what is known of it into `directory`, its numbers behind those of
    /// the same section.
    pub fn write(values: &[i64], directory: &mut Vec<u8>, section: &mut Vec<u8>) {
        let least = values.iter().copied().min().unwrap_or(0);
        let most = values.iter().copied().max().unwrap_or(0);
        if least == most {
            directory.push(u8::from(least != 0));
            if least != 0 {
                write_signed(least, directory);
            }
            return;
        }
        let mut numbers: Vec<u64> = values
            .iter()
            .map(|value| value.wrapping_sub(least).cast_unsigned())
            .collect();
        let scale = scale_of(&numbers);
        numbers.iter_mut().for_each(|number| *number /= scale);
        let most = most.wrapping_sub(least).cast_unsigned() / scale;
        let mut chosen = Layout::of(&numbers, most);
        let mut running = false;
        let rises = numbers.is_sorted() && most <= u64::from(u32::MAX);
        if rises && scale == 1 {
            let mut steps = numbers.clone();
            let before = std::iter::once(&0).chain(&numbers);
            for (step, before) in steps.iter_mut().zip(before) {
                *step -= before;
            }
            let layout = Layout::of(&steps, most);
            if layout.cost < chosen.cost {
                (chosen, numbers, running) = (layout, steps, true);
            }
        }
        directory.push(if running { 3 } else { 2 });
        directory.push(chosen.bits as u8);
        write_signed(least, directory);
        write_signed(scale.cast_signed(), directory);
        write_number(most, directory);
        chosen.write(&numbers, most, directory, section);
    }
}

/// How the numbers of a column are laid out.
struct Layout {
    bits: u32,
    cost: u64,
}

impl Layout {
    /// The layout that takes the least space.
    fn of(numbers: &[u64], most: u64) -> Layout {
        let mut needs = [0u64; 65];
        for number in numbers {
            if let Some(count) = needs.get_mut(bits_of(*number) as usize) {
                *count += 1;
            }
        }
        let a_number = u64::from(ROW_BITS + bits_of(most));
        let (mut wider, mut best) = (0, None::<Layout>);
        for (bits, count) in (0u32..65).zip(needs).rev() {
            let cost = u64::from(bits) * numbers.len() as u64 + wider * a_number;
            // Rows beyond the first 1,024 have no place in an exception.
            let has_places = wider == 0 || numbers.len() <= 1 << ROW_BITS;
            if has_places && best.as_ref().is_none_or(|best| cost < best.cost) {
                best = Some(Layout { bits, cost });
            }
            wider += count;
        }
        best.unwrap_or(Layout { bits: 64, cost: 0 })
    }

    fn write(&self, numbers: &[u64], most: u64, directory: &mut Vec<u8>, section: &mut Vec<u8>) {
        let fits = |number: u64| bits_of(number) <= self.bits;
        let mut packer = Packer::new(section);
        for number in numbers {
            packer.put(if fits(*number) { *number } else { 0 }, self.bits);
        }
        packer.finish();
        let exceptions = || (0u64..).zip(numbers).filter(|(_, number)| !fits(**number));
        write_number(exceptions().count() as u64, directory);
        let mut packer = Packer::new(section);
        for (row, _) in exceptions() {
            packer.put(row, ROW_BITS);
        }
        packer.finish();
        let mut packer = Packer::new(section);
        for (_, number) in exceptions() {
            packer.put(*number, bits_of(most));
        }
        packer.finish();
    }
}

/// Puts numbers of some bits behind each other, the lowest bits first.
struct Packer<'a> {
    out: &'a mut Vec<u8>,
    open: u128,
    bits: u32,
}

impl<'a> Packer<'a> {
    fn new(out: &'a mut Vec<u8>) -> Packer<'a> {
        Packer {
            out,
            open: 0,
            bits: 0,
        }
    }

    fn put(&mut self, number: u64, bits: u32) {
        self.open |= u128::from(number) << self.bits;
        self.bits += bits;
        while self.bits >= 8 {
            self.out.push((self.open & 0xff) as u8);
            self.open >>= 8;
            self.bits -= 8;
        }
    }

    fn finish(self) {
        if self.bits > 0 {
            self.out.push((self.open & 0xff) as u8);
        }
    }
}

fn bits_of(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

fn bytes_of(numbers: usize, bits: u32) -> usize {
    (numbers * bits as usize).div_ceil(8)
}

/// The number at a place.
fn wide(data: &[u8], place: usize, bits: u32) -> u64 {
    if bits == 0 {
        return 0;
    }
    let bit = place * bits as usize;
    let rest = data.get(bit >> 3..).unwrap_or_default();
    let word = rest.first_chunk::<16>().copied().unwrap_or_else(|| {
        let mut word = [0; 16];
        word.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        word
    });
    let number = (u128::from_le_bytes(word) >> (bit & 7)) as u64;
    number & (u64::MAX >> (64 - bits))
}

/// Unpacks numbers of at most 32 bits. As many as fit are taken out of one word.
fn unpack(data: &[u8], bits: u32, out: &mut [u32]) {
    match bits {
        0 => out.fill(0),
        1..=8 => unpack_by::<8>(data, bits, out),
        9..=16 => unpack_by::<4>(data, bits, out),
        17..=30 | 32 => unpack_by::<2>(data, bits, out),
        _ => unpack_by::<1>(data, bits, out),
    }
}

fn unpack_by<const N: usize>(data: &[u8], bits: u32, out: &mut [u32]) {
    let mask = u32::MAX >> (32 - bits.min(32));
    let stride = N * bits as usize;
    let (groups, rest) = out.as_chunks_mut::<N>();
    let mut bit = 0;
    for group in groups.iter_mut() {
        let word = word_at(data, bit >> 3) >> (bit & 7);
        let mut shift = 0;
        for number in group {
            *number = (word >> shift) as u32 & mask;
            shift += bits;
        }
        bit += stride;
    }
    for (place, number) in (groups.len() * N..).zip(rest) {
        *number = wide(data, place, bits) as u32;
    }
}

#[inline]
fn word_at(data: &[u8], at: usize) -> u64 {
    match data.get(at..at + 8).and_then(<[u8]>::first_chunk::<8>) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => wide(data, at, 8) | wide(data, at + 1, 8) << 8 | rest_of(data, at + 2),
    }
}

/// The last bytes, where there are not eight any more.
#[cold]
fn rest_of(data: &[u8], at: usize) -> u64 {
    (0..6).fold(0, |word, byte| {
        word | wide(data, at + byte, 8) << (16 + 8 * byte)
    })
}

/// A common factor is only worth looking for where it can make the numbers narrower.
fn scale_of(numbers: &[u64]) -> u64 {
    let mut scale = 0;
    for number in numbers {
        if scale == 1 {
            break;
        }
        scale = common_factor(scale, *number);
    }
    if i64::try_from(scale).is_ok() {
        scale.max(1)
    } else {
        1
    }
}

fn common_factor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// Writes a number in as many bytes as it needs, the smallest seven bits first.
pub fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number > 0x7f {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push((number & 0x7f) as u8);
}

/// Reads what [`write_number`] wrote.
pub fn read_number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Writes a number of either sign.
pub fn write_signed(number: i64, out: &mut Vec<u8>) {
    write_number(((number << 1) ^ (number >> 63)).cast_unsigned(), out);
}

/// Reads what [`write_signed`] wrote.
pub fn read_signed(bytes: &[u8], at: &mut usize) -> Option<i64> {
    let number = read_number(bytes, at)?;
    Some((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Vec<i64>> {
        prop_oneof![
            prop::collection::vec(any::<i64>(), 1..40),
            prop::collection::vec(0..300_i64, 1..200),
            prop::collection::vec((0..90_000_i64).prop_map(|n| n * 10_000), 1..200),
            (any::<i64>(), 1..40_usize).prop_map(|(value, rows)| vec![value; rows]),
            prop::collection::vec(prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0)], 1..9),
            // Every width, and now and then a number that does not fit.
            (
                0..63_u32,
                prop::collection::vec((any::<u64>(), any::<u8>()), 1..300)
            )
                .prop_map(|(bits, numbers)| {
                    let number = |(number, odd): (u64, u8)| match odd {
                        0..4 => number.cast_signed(),
                        _ => (number & ((1 << bits) - 1)).cast_signed(),
                    };
                    numbers.into_iter().map(number).collect()
                }),
            prop::collection::vec(0..9_000_i64, 1..300).prop_map(|mut values| {
                values.sort_unstable();
                values
            }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            values in values(),
            before in 0..9_usize,
            padded in any::<bool>(),
        ) {
            let (mut directory, mut section) = (vec![7; 3], vec![7; before]);
            Column::write(&values, &mut directory, &mut section);
            let (mut at, mut end) = (3, before);
            let rows = values.len();
            let column = Column::read(&directory, &mut at, rows, &mut end).unwrap();
            prop_assert_eq!((at, end), (directory.len(), section.len()));
            section.extend(padded.then_some([0xff; PADDING]).iter().flatten());
            let (mut numbers, mut back) = (Vec::new(), Vec::new());
            column.fill(&section, rows, &mut numbers, &mut back);
            prop_assert_eq!(&back, &values);
            for value in &values {
                prop_assert!(*value >= column.floor() && i128::from(*value) <= column.ceiling());
            }
            if column.is_sparse() {
                let mut back = vec![column.floor(); rows];
                column.each_exception_value(&section, rows, &mut |row, value| back[row] = value);
                prop_assert_eq!(&back, &values);
            }
            if column.numbers(&section, rows, &mut numbers) {
                let value = |number: &u32| {
                    column.floor().wrapping_add(column.scale().wrapping_mul(i64::from(*number)))
                };
                prop_assert_eq!(numbers.iter().map(value).collect::<Vec<_>>(), values);
            }
            let short = &directory[..directory.len() - 1];
            prop_assert_eq!(Column::read(short, &mut 3, rows, &mut 0), None);
        }
    }

    fn bits_a_value(values: &[i64]) -> usize {
        let (mut directory, mut section) = (Vec::new(), Vec::new());
        Column::write(values, &mut directory, &mut section);
        (directory.len() + section.len()) * 8 / values.len()
    }

    #[test]
    fn numbers_take_the_bits_that_they_need() {
        let amounts: Vec<i64> = (0..1_000).map(|n| (n * 7 % 500 + 1) * 10_000_000).collect();
        assert_eq!(bits_a_value(&amounts), 9);
        let sorted: Vec<i64> = (0..1_000).map(|n| n * 190 + n % 7).collect();
        assert_eq!(bits_a_value(&sorted), 8);
        let late = |n: i64| if n % 50 == 0 { 800_000 + n } else { n };
        assert!(bits_a_value(&(0..1_000).map(late).collect::<Vec<_>>()) < 12);
        let voided = |n: i64| if n % 50 == 0 { 800_000 + n } else { 0 };
        assert_eq!(bits_a_value(&(0..1_000).map(voided).collect::<Vec<_>>()), 0);
    }
}
