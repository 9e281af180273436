//! Numbers and text as bytes, the same on every machine, and back: nothing that is read is trusted.

use std::fmt;
use std::ops::RangeInclusive;

use super::fixed::NO_VALUES;

/// What is wrong with bytes, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByteFault {
    /// Bytes before it.
    pub offset: u64,
    /// What is there, and what was expected.
    pub what: String,
}

impl fmt::Display for ByteFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "byte {}: {}", self.offset, self.what)
    }
}

/// Bytes that are written.
#[derive(Debug, Default)]
pub(super) struct Writer(pub Vec<u8>);

impl Writer {
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub fn float(&mut self, value: f64) {
        self.bytes(&value.to_bits().to_le_bytes());
    }

    pub fn range(&mut self, (low, high): (f64, f64)) {
        self.float(low);
        self.float(high);
    }

    /// Seven bits to a byte, the lowest first; all but the last byte have their highest bit set.
    pub fn number(&mut self, value: impl Into<u128>) {
        let mut rest = value.into();
        while rest >= 0x80 {
            self.0.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.0.push(rest as u8);
    }

    /// 0, -1, 1, -2, ... as 0, 1, 2, 3, ...
    pub fn signed(&mut self, value: impl Into<i128>) {
        let value = value.into();
        self.number((value << 1 ^ value >> 127) as u128);
    }

    pub fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    /// Counts by cell, mostly zero: the number of empty cells before one that is not, and its count, again and again. What
    /// follows the last of them is empty; how much all add up to is known to the reader.
    pub fn counts(&mut self, counts: &[u32]) {
        let mut empty = 0u64;
        for &count in counts {
            if count == 0 {
                empty += 1;
            } else {
                self.number(empty);
                self.number(count);
                empty = 0;
            }
        }
    }
}

/// Bytes that are read. Every fault names its place; nothing is allocated but what the bytes themselves hold.
#[derive(Clone, Debug)]
pub(super) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from `at` on.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Reader { bytes, at: at.min(bytes.len()) }
    }

    pub fn at(&self) -> usize {
        self.at
    }

    /// A fault of what begins at `offset`.
    pub fn fault<T>(&self, offset: usize, what: impl Into<String>) -> Result<T, ByteFault> {
        Err(ByteFault { offset: offset as u64, what: what.into() })
    }

    pub fn take(&mut self, length: u64, what: &str) -> Result<&'a [u8], ByteFault> {
        let rest = &self.bytes[self.at..];
        match usize::try_from(length).ok().and_then(|length| rest.get(..length)) {
            Some(taken) => {
                self.at += taken.len();
                Ok(taken)
            }
            None => {
                let many = if length == 1 { "byte".into() } else { format!("{length} bytes") };
                self.fault(self.at, format!("{what} is expected, of {many}; {} are left", rest.len()))
            }
        }
    }

    pub fn array<const N: usize>(&mut self, what: &str) -> Result<[u8; N], ByteFault> {
        let taken = self.take(N as u64, what)?;
        Ok(taken.try_into().expect("as many as were asked for"))
    }

    /// A float that is a number, or infinite.
    pub fn float(&mut self, what: &str) -> Result<f64, ByteFault> {
        let start = self.at;
        let value = f64::from_bits(u64::from_le_bytes(self.array(what)?));
        if value.is_nan() { self.fault(start, format!("{what} is not a number")) } else { Ok(value) }
    }

    fn number(&mut self, what: &str) -> Result<u128, ByteFault> {
        let (start, mut value) = (self.at, 0u128);
        for shift in (0..128).step_by(7) {
            let [byte] = self.array(what)?;
            let bits = u128::from(byte & 0x7f);
            // Each number has one spelling, and 128 bits.
            if bits << shift >> shift != bits || (byte == 0 && shift > 0) {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        self.fault(
            start,
            format!("{what} is expected, and there is no number of at most 128 bits in its shortest form"),
        )
    }

    /// A number of at least `least` and at most `most`.
    pub fn within(&mut self, least: u64, most: u64, what: &str) -> Result<u64, ByteFault> {
        self.wide(u128::from(least)..=u128::from(most), what).map(|value| value as u64)
    }

    /// The same, of up to 128 bits.
    pub fn wide(&mut self, range: RangeInclusive<u128>, what: &str) -> Result<u128, ByteFault> {
        let start = self.at;
        let value = self.number(what)?;
        if range.contains(&value) {
            return Ok(value);
        }
        self.fault(start, format!("{what} lies between {} and {}; {value} is there", range.start(), range.end()))
    }

    /// The range of some values, each of them finite: the smallest and the largest; those of no value are infinity and its
    /// opposite.
    pub fn range(&mut self) -> Result<(f64, f64), ByteFault> {
        let start = self.at;
        let range = (self.float("a smallest value")?, self.float("a largest value")?);
        let is_sound = range.0 <= range.1 && range.0.is_finite() && range.1.is_finite();
        if is_sound || range == NO_VALUES {
            return Ok(range);
        }
        self.fault(start, format!("the smallest value is {}, and the largest {}", range.0, range.1))
    }

    /// The same, where it is known whether there are any values.
    pub fn range_of(&mut self, any: bool) -> Result<(f64, f64), ByteFault> {
        let start = self.at;
        let range = self.range()?;
        if (range != NO_VALUES) == any {
            return Ok(range);
        }
        let what = if any { "there are values, and no range of them" } else { "there is a range, and no values" };
        self.fault(start, what)
    }

    /// A number without more than `most` in either direction.
    pub fn signed(&mut self, most: i128, what: &str) -> Result<i128, ByteFault> {
        let start = self.at;
        let coded = self.number(what)?;
        let value = (coded >> 1) as i128 ^ -((coded & 1) as i128);
        if value < -most || value > most {
            return self.fault(start, format!("{what} lies between -{most} and {most}; {value} is there"));
        }
        Ok(value)
    }

    /// Text of at most so many bytes.
    pub fn text(&mut self, most: u64, what: &str) -> Result<&'a str, ByteFault> {
        let length = self.within(0, most, &format!("the length of {what}"))?;
        let start = self.at;
        let bytes = self.take(length, what)?;
        std::str::from_utf8(bytes)
            .or_else(|error| self.fault(start + error.valid_up_to(), format!("{what} is no UTF-8")))
    }

    /// Adds counts by cell, as [`Writer::counts`] writes them, that add up to `total`. `counted` learns each one of them.
    pub fn counts(&mut self, counts: &mut [u32], total: u64, mut counted: impl FnMut(usize)) -> Result<(), ByteFault> {
        let (mut cell, mut left) = (0, total);
        while left > 0 {
            let start = self.at;
            let empty = self.within(0, counts.len() as u64, "a number of empty cells")?;
            cell += empty as usize;
            let cells = counts.len();
            let Some(own) = counts.get_mut(cell) else {
                return self
                    .fault(start, format!("a row of {cells} cells is at an end, and {left} trials are not in it"));
            };
            let count = self.within(1, left, "a count")?;
            let Some(sum) = u32::try_from(count).ok().and_then(|count| own.checked_add(count)) else {
                return self.fault(start, "a count is too large");
            };
            *own = sum;
            counted(cell);
            left -= count;
            cell += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bytes_are_as_documented() {
        let mut writer = Writer::default();
        writer.number(0u64);
        writer.number(300u64);
        writer.signed(-1i64);
        writer.signed(64i64);
        writer.float(1.0);
        writer.text("é");
        writer.counts(&[0, 0, 5, 1, 0, 200, 0]);
        let expected: &[&[u8]] = &[
            &[0],
            &[0xac, 2],
            &[1],
            &[0x80, 1],
            &[0, 0, 0, 0, 0, 0, 0xf0, 0x3f],
            &[2, 0xc3, 0xa9],
            &[2, 5, 0, 1, 1, 0xc8, 1],
        ];
        assert_eq!(writer.0, expected.concat());
    }

    #[test]
    fn what_is_not_as_documented_is_refused_at_its_place() {
        let number = |bytes: &[u8]| Reader::new(bytes, 0).within(0, 1000, "a number").map_err(|fault| fault.offset);
        assert_eq!(number(&[0xac, 2]), Ok(300));
        assert_eq!(number(&[0xac]), Err(1), "cut short");
        assert_eq!(number(&[0xac, 0x82, 0]), Err(0), "not the shortest form");
        assert_eq!(number(&[0xe9, 7]), Err(0), "1001");
        assert_eq!(number(&[0xff; 30]), Err(0), "more than 128 bits");
        let mut counts = [0; 4];
        let mut read =
            |bytes: &[u8]| Reader::new(bytes, 0).counts(&mut counts, 6, |_| ()).map_err(|fault| fault.offset);
        assert_eq!(read(&[1, 5, 0, 2]), Err(3), "more than there are");
        assert_eq!(read(&[1, 5, 2, 1]), Err(2), "beyond the last cell");
        assert_eq!(read(&[1, 0]), Err(1), "an empty cell that is told as a count");
        assert_eq!(Reader::new(&[3, b'a', 0xff, b'b'], 0).text(9, "a name").map_err(|fault| fault.offset), Err(2));
        assert_eq!(
            Reader::new(&[200, 1], 0).text(9, "a name").map_err(|fault| fault.offset),
            Err(0),
            "longer than allowed"
        );
        assert_eq!(Reader::new(&f64::NAN.to_le_bytes(), 0).float("a value").map_err(|fault| fault.offset), Err(0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn numbers_come_back(value in any::<i128>(), shift in 0u32..127, counts in proptest::collection::vec(0u32..3, 1..50)) {
            let value = value >> shift;
            prop_assume!(value > i128::MIN);
            let mut writer = Writer::default();
            writer.signed(value);
            writer.number(value as u64);
            writer.counts(&counts);
            let mut reader = Reader::new(&writer.0, 0);
            prop_assert_eq!(reader.signed(i128::MAX, "a sum").unwrap(), value);
            prop_assert_eq!(reader.within(0, u64::MAX, "a count").unwrap(), value as u64);
            let mut found = vec![0; counts.len()];
            reader.counts(&mut found, counts.iter().map(|count| u64::from(*count)).sum(), |_| ()).unwrap();
            prop_assert_eq!(found, counts);
            prop_assert_eq!(reader.at(), writer.0.len());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..60), cells in 1usize..20) {
            let mut reader = Reader::new(&bytes, 0);
            let _ = reader.counts(&mut vec![0; cells], u64::from(u32::MAX), |_| ());
            let _ = reader.text(u64::MAX, "a name");
            let _ = reader.signed(5, "a sum");
        }
    }
}
