//! Columns of whole numbers, each as narrow as its own values allow.
//!
//! # Byte layout
//!
//! `width` (one byte: 0, 1, 2, 4 or 8), `base` and `scale` as variable-length numbers, then one
//! little-endian number of `width` bytes a row. A value is `base + scale * number`; a column of
//! width 0 is `base` in every row and costs nothing. Arithmetic wraps, so that any 64-bit value
//! can be kept.

/// A column, and where its numbers stand among the bytes it was read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Column {
    width: u8,
    base: i64,
    scale: i64,
    at: usize,
}

impl Column {
    /// The one value of every row, where there is only one.
    pub fn constant(&self) -> Option<i64> {
        (self.width == 0).then_some(self.base)
    }

    /// The smallest value; no value is below it.
    pub fn floor(&self) -> i64 {
        self.base
    }

    /// A bound that no value is above.
    pub fn ceiling(&self) -> i128 {
        let most: u64 = match self.width {
            0 => 0,
            1 => 0xff,
            2 => 0xffff,
            4 => 0xffff_ffff,
            _ => u64::MAX,
        };
        i128::from(self.base) + i128::from(self.scale) * i128::from(most)
    }

    /// Puts the values of `rows` rows into `out`.
    pub fn fill(&self, bytes: &[u8], rows: usize, out: &mut Vec<i64>) {
        out.clear();
        let len = rows * usize::from(self.width);
        let data = bytes.get(self.at..self.at + len).unwrap_or_default();
        let (base, scale) = (self.base, self.scale);
        let value = |number: u64| base.wrapping_add(scale.wrapping_mul(number.cast_signed()));
        match self.width {
            0 => out.resize(rows, base),
            1 => out.extend(data.iter().map(|byte| value(u64::from(*byte)))),
            2 => out.extend(numbers(data, |b| value(u64::from(u16::from_le_bytes(b))))),
            4 => out.extend(numbers(data, |b| value(u64::from(u32::from_le_bytes(b))))),
            _ => out.extend(numbers(data, |b| value(u64::from_le_bytes(b)))),
        }
    }

    /// Reads a column of `rows` rows that begins at `at`, and gives the place behind it. `None`
    /// where the bytes are no column.
    pub fn read(bytes: &[u8], at: &mut usize, rows: usize) -> Option<Column> {
        let width = *bytes.get(*at)?;
        *at += 1;
        let base = read_signed(bytes, at)?;
        let scale = read_signed(bytes, at)?;
        if !matches!(width, 0 | 1 | 2 | 4 | 8) {
            return None;
        }
        let (begin, len) = (*at, rows.checked_mul(usize::from(width))?);
        *at = begin.checked_add(len)?;
        (*at <= bytes.len()).then_some(Column {
            width,
            base,
            scale,
            at: begin,
        })
    }

    /// Writes values as a column.
    pub fn write(values: &[i64], out: &mut Vec<u8>) {
        let least = values.iter().copied().min().unwrap_or(0);
        let most = values.iter().copied().max().unwrap_or(0);
        let range = most.wrapping_sub(least).cast_unsigned();
        let deltas = || {
            values
                .iter()
                .map(|value| value.wrapping_sub(least).cast_unsigned())
        };
        // A common factor is only worth looking for where it can make the numbers narrower.
        let mut scale = if range > 0xff { 0 } else { 1 };
        for delta in deltas() {
            if scale == 1 {
                break;
            }
            scale = common_factor(scale, delta);
        }
        let scale = if i64::try_from(scale).is_ok() {
            scale.max(1)
        } else {
            1
        };
        let width: u8 = match range / scale {
            0 => 0,
            1..=0xff => 1,
            0x100..=0xffff => 2,
            0x1_0000..=0xffff_ffff => 4,
            _ => 8,
        };
        out.push(width);
        write_signed(least, out);
        write_signed(scale.cast_signed(), out);
        for delta in deltas().map(|delta| delta / scale) {
            let bytes = delta.to_le_bytes();
            out.extend(bytes.iter().take(usize::from(width)));
        }
    }
}

fn numbers<const N: usize>(
    data: &[u8],
    value: impl Fn([u8; N]) -> i64,
) -> impl Iterator<Item = i64> {
    data.as_chunks::<N>()
        .0
        .iter()
        .map(move |bytes| value(*bytes))
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

    proptest! {
        #[test]
        fn what_is_written_is_read(
            values in prop_oneof![
                prop::collection::vec(any::<i64>(), 1..40),
                prop::collection::vec(0..300_i64, 1..40),
                prop::collection::vec((0..90_000_i64).prop_map(|n| n * 10_000), 1..40),
                (any::<i64>(), 1..40_usize).prop_map(|(value, rows)| vec![value; rows]),
                prop::collection::vec(prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0)], 1..9),
            ],
        ) {
            let mut bytes = vec![7; 3];
            Column::write(&values, &mut bytes);
            let mut at = 3;
            let column = Column::read(&bytes, &mut at, values.len()).unwrap();
            prop_assert_eq!(at, bytes.len());
            let mut back = Vec::new();
            column.fill(&bytes, values.len(), &mut back);
            prop_assert_eq!(&back, &values);
            for value in &values {
                prop_assert!(*value >= column.floor() && i128::from(*value) <= column.ceiling());
            }
            let mut at = 3;
            prop_assert_eq!(Column::read(&bytes[..bytes.len() - 1], &mut at, values.len()), None);
        }
    }

    #[test]
    fn amounts_in_round_thousands_take_two_bytes() {
        let values: Vec<i64> = (0..1_000).map(|n| (n % 500 + 1) * 10_000_000).collect();
        let mut bytes = Vec::new();
        Column::write(&values, &mut bytes);
        assert!(bytes.len() < 2 * values.len() + 16);
    }
}
