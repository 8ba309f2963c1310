//! The lines that a file is made of, `MEM` and `CHLD` as recorders write them, eight bytes at a time.
//!
//! What is understood here is understood as in `line`, to the bit; whatever looks unusual is left to it.

use super::line::Reading;
use crate::event::Pid;
use crate::metric::Metric;

const ZEROS: u64 = 0x3030_3030_3030_3030;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;
const POWERS: [u64; 10] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// Seconds since 1970 below which nanoseconds fit in 64 bits.
const MAX_SECONDS: u64 = 18_446_744_073;

/// Understands the line that a text begins with, if it is a reading as recorders write it: whose it is, and its length
/// with its end. No number is the root's. `latest` is the second of the reading before, and becomes that of this one.
///
/// What the line says is put into a reading, which is as large as there are metrics and so is neither made nor handed
/// on for each. It is good for nothing when the line is not understood.
pub(super) fn reading(text: &[u8], latest: &mut Second, into: &mut Reading) -> Option<(Option<Pid>, usize)> {
    let mut cursor = Cursor { text, at: 0 };
    let pid = cursor.whose()?;
    let told = &mut into.told;
    told.clear();
    told.set(Metric::Rss, Some(cursor.mib()?));
    cursor.expect(b' ')?;
    into.unix_ns = cursor.seconds(latest)?;
    into.n_same = 0;
    while cursor.next()? == b' ' {
        match cursor.key()? {
            Key::Metric(metric) => told.set(metric, Some(cursor.integer()?)),
            Key::Same => into.n_same = cursor.integer()?,
        }
    }
    let is_end = text[cursor.at - 1] == b'\n';
    is_end.then_some((pid, cursor.at))
}

/// Whose the reading is that a text begins with, if it is written as recorders do. No number is the root's.
pub(super) fn whose(text: &[u8]) -> Option<Option<Pid>> {
    Cursor { text, at: 0 }.whose()
}

/// Behind a reading's time: a metric, or how often it repeated.
enum Key {
    Metric(Metric),
    Same,
}

/// A place in a text that is read from left to right.
struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
}

impl Cursor<'_> {
    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = *self.text.get(self.at)?;
        self.at += 1;
        Some(byte)
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        (self.next()? == byte).then_some(())
    }

    /// The next eight bytes, of which there must be as many.
    fn eight(&self) -> Option<u64> {
        self.text.get(self.at..)?.first_chunk().copied().map(u64::from_le_bytes)
    }

    /// Up to eight digits, which are left of what is no digit.
    #[inline]
    fn digits(&mut self) -> Option<Digits> {
        let digits = Digits::of(self.eight()?);
        self.at += digits.n;
        Some(digits)
    }

    /// A whole number of one to fifteen digits.
    #[inline]
    fn integer(&mut self) -> Option<u64> {
        let first = self.digits()?;
        if first.n < 8 {
            return (first.n > 0).then(|| first.value());
        }
        let second = self.digits()?;
        (second.n < 8).then(|| first.value() * POWERS[second.n] + second.value())
    }

    #[inline]
    fn whose(&mut self) -> Option<Option<Pid>> {
        match self.text.first_chunk::<5>()? {
            b"CHLD " => {
                self.at = 5;
                Some(Some(self.pid()?))
            }
            [b'M', b'E', b'M', b' ', _] => {
                self.at = 4;
                Some(None)
            }
            _ => None,
        }
    }

    fn pid(&mut self) -> Option<Pid> {
        let number = self.integer()?.try_into().ok()?;
        let life = match self.next()? {
            b'.' => {
                let life = self.integer()?.try_into().ok()?;
                self.expect(b' ')?;
                life
            }
            b' ' => 0,
            _ => return None,
        };
        Some(Pid { number, life })
    }

    /// MiB with six to eight decimals, in bytes.
    #[inline]
    fn mib(&mut self) -> Option<u64> {
        let whole = self.digits()?;
        self.expect(b'.')?;
        let fraction = self.digits()?;
        if !(1..8).contains(&whole.n) || fraction.n < 6 {
            return None;
        }
        // How many decimals there are cannot be foreseen, so that nothing here is chosen by it but a value.
        let bytes =
            (whole.value() << 20) + ((fraction.of_hundred_million() << 20) + 50_000_000) / 100_000_000;
        // One byte beside a whole KiB on either side becomes it.
        let beyond = (bytes + 1) % 1024;
        let is_rounded = fraction.n == 6 && beyond <= 2;
        Some(if is_rounded { bytes + 1 - beyond } else { bytes })
    }

    /// Seconds with one to nine decimals, in nanoseconds.
    #[inline]
    fn seconds(&mut self, latest: &mut Second) -> Option<u64> {
        let whole = self.whole_seconds(latest)?;
        let fraction = self.digits()?;
        if fraction.n == 0 {
            return None;
        }
        let mut fraction_ns = fraction.of_hundred_million() * 10;
        if fraction.n == 8 {
            let ninth = self.text.get(self.at)?.wrapping_sub(b'0');
            if ninth < 10 {
                self.at += 1;
                fraction_ns += u64::from(ninth);
            }
        }
        (whole < MAX_SECONDS).then(|| whole * 1_000_000_000 + fraction_ns)
    }

    /// Whole seconds with their point: mostly the same as at the latest reading.
    #[inline]
    fn whole_seconds(&mut self, latest: &mut Second) -> Option<u64> {
        let text = self.text.get(self.at..)?.first_chunk()?;
        if *text == latest.text {
            self.at += text.len();
            return Some(latest.whole);
        }
        let from = self.at;
        let whole = self.integer()?;
        self.expect(b'.')?;
        if self.at - from == text.len() {
            *latest = Second { text: *text, whole };
        }
        Some(whole)
    }

    /// A key with its equals sign.
    #[inline]
    fn key(&mut self) -> Option<Key> {
        let word = self.eight()?;
        let signs = word ^ u64::from_le_bytes([b'='; 8]);
        let first = signs.wrapping_sub(0x0101_0101_0101_0101) & !signs & HIGH_BITS;
        let n_letters = first.trailing_zeros() as usize / 8;
        if n_letters == 8 {
            return self.long_key();
        }
        self.at += n_letters + 1;
        let key = word & u64::MAX >> (56 - 8 * n_letters);
        if key == packed("same") {
            return Some(Key::Same);
        }
        let place = METRIC_KEYS.iter().position(|&it| it == key)?;
        Some(Key::Metric(Metric::ALL[place]))
    }

    /// A key of more than seven letters.
    fn long_key(&mut self) -> Option<Key> {
        let rest = self.text.get(self.at..)?;
        let is_next = |metric: &Metric| {
            let behind = rest.strip_prefix(metric.name().as_bytes());
            behind.is_some_and(|behind| behind.first() == Some(&b'='))
        };
        let metric = Metric::ALL.into_iter().find(is_next)?;
        self.at += metric.name().len() + 1;
        Some(Key::Metric(metric))
    }
}

/// Digits at the beginning of eight bytes: the value of each, the first in the lowest byte, and how many there are.
#[derive(Clone, Copy)]
struct Digits {
    values: u64,
    n: usize,
}

impl Digits {
    #[inline]
    fn of(eight: u64) -> Self {
        let values = eight ^ ZEROS;
        // A byte above nine, or with its highest bit set, is no digit.
        // What carries over disturbs only what stands behind the first of them.
        let others = (values.wrapping_add(0x7676_7676_7676_7676) | values) & HIGH_BITS;
        Self { values, n: others.trailing_zeros() as usize / 8 }
    }

    /// The number that they are.
    #[inline]
    fn value(self) -> u64 {
        // What is missing becomes leading zeros. All of eight bytes at once are shifted in two steps.
        let half = 4 * (8 - self.n);
        number(self.values << half << half)
    }

    /// How many hundred-millionths they are behind a point.
    #[inline]
    fn of_hundred_million(self) -> u64 {
        // What is missing becomes zeros behind them.
        let half = 4 * self.n;
        let rest = u64::MAX << half << half;
        number(self.values & !rest)
    }
}

/// The number that eight digits are.
#[inline]
fn number(digits: u64) -> u64 {
    let pairs = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs * 100 + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    (fours * 10_000 + (fours >> 32)) & 0xffff_ffff
}

/// The seconds that a reading was taken in, in as many characters as they have since 2001, with their point.
///
/// The readings of a second have them in common.
#[derive(Clone, Copy, Debug)]
pub(super) struct Second {
    text: [u8; 11],
    whole: u64,
}

impl Default for Second {
    fn default() -> Self {
        Self { text: *b"0000000000.", whole: 0 }
    }
}

/// Names of metrics with their equals sign, as they lie in memory.
const METRIC_KEYS: [u64; Metric::ALL.len()] = {
    let mut keys = [0; Metric::ALL.len()];
    let mut idx = 0;
    while idx < keys.len() {
        keys[idx] = packed(Metric::ALL[idx].name());
        idx += 1;
    }
    keys
};

/// A name and an equals sign in eight bytes; zero for a name that is too long, which no key is.
const fn packed(name: &str) -> u64 {
    let name = name.as_bytes();
    if name.len() > 7 {
        return 0;
    }
    let mut key = (b'=' as u64) << (8 * name.len());
    let mut idx = 0;
    while idx < name.len() {
        key |= (name[idx] as u64) << (8 * idx);
        idx += 1;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::super::line::{self, Line};
    use super::*;
    use proptest::prelude::*;

    /// What the general path makes of the first line of a text, with its length.
    fn general(text: &[u8]) -> Option<(Option<Pid>, Reading, usize)> {
        let end = text.iter().position(|&byte| byte == b'\n')?;
        match line::parse(&text[..end]).ok()? {
            Line::Root(reading) => Some((None, reading, end + 1)),
            Line::Child(pid, reading) => Some((Some(pid), reading, end + 1)),
            _ => None,
        }
    }

    /// What the fast path makes of it, whatever second the latest reading was taken in.
    fn fast(text: &[u8]) -> Option<(Option<Pid>, Reading, usize)> {
        let mut latest = Second::default();
        let mut read = || {
            // What was told before is forgotten.
            let mut into = Reading { n_same: 7, ..Reading::default() };
            Metric::ALL.into_iter().for_each(|metric| into.told.set(metric, Some(7)));
            reading(text, &mut latest, &mut into).map(|(pid, len)| (pid, into, len))
        };
        let first = read();
        assert_eq!(first, read());
        first
    }

    /// Both ways agree, and the fast one is taken. Behind a line there is another, but for the last of a file.
    fn check(line: &str) {
        let text = format!("{line}\nMEM 1.000000 1.0000\n");
        let fast = fast(text.as_bytes());
        assert!(fast.is_some(), "{line}");
        assert_eq!(fast, general(text.as_bytes()), "{line}");
    }

    #[test]
    fn lines_of_recorders_are_read_fast() {
        check("MEM 18.039062 1795432883.5350");
        check("CHLD 11793 105.671875 1795432883.5350");
        check("MEM 0.000000 1795432883.1");
        check("MEM 1024.7578125 1795432883.123456789 hwm=2097152 same=3");
        check(
            "CHLD 4711.2 7.37890625 0.000000001 anon=1 file=22 shmem=333 swap=4444 hugetlb=0 pss=123456789012345",
        );
        check("MEM 1.953125 18446744072.999999999 rss=5 rss=6");
        check("MEM 1.953125 1795432883.1 page_tables=45056 hugetlb=0 footprint=7 footprint_peak=8");
    }

    /// A number that may be none, near the limits of either way.
    fn numbers() -> impl Strategy<Value = String> {
        prop_oneof![
            8 => "[0-9]{1,10}\\.[0-9]{1,11}",
            2 => "[0-9]{0,21}(\\.[0-9]{0,26})?",
            2 => "0{0,2}[01]{10}\\.[0-9]{1,11}",
            1 => "18446744073\\.[67][0-9]{8}",
            1 => "[-+.0-9a-z/:]{0,12}",
        ]
    }

    fn keys() -> impl Strategy<Value = String> {
        let names: Vec<&str> =
            Metric::ALL.iter().map(|it| it.name()).chain(["same", "other", "", "h\0"]).collect();
        let value = prop_oneof![6 => "[0-9]{1,21}", 1 => "-", 1 => "[-0-9x.]{0,4}"];
        (prop::sample::select(names), "[\0=]?", value)
            .prop_map(|(name, more, value)| format!(" {name}{more}={value}"))
    }

    fn lines() -> impl Strategy<Value = String> {
        let tag = prop_oneof![4 => Just("MEM ".to_owned()), 4 => "CHLD [0-9]{1,11}(\\.[0-9]{1,2})? ", 1 => "[A-Z]{3,4} ?"];
        let gap = prop_oneof![9 => Just(" "), 1 => Just("  "), 1 => Just("")];
        let end = prop_oneof![9 => Just("\n"), 1 => Just("\r\n"), 1 => Just(" \n"), 1 => Just("")];
        (tag, numbers(), gap, numbers(), prop::collection::vec(keys(), 0..4), end).prop_map(
            |(tag, mib, gap, seconds, keys, end)| format!("{tag}{mib}{gap}{seconds}{}{end}", keys.concat()),
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        #[test]
        fn what_is_read_fast_is_read_as_always(line in lines(), next in "([A-Z0-9. =]{0,20}\n)?") {
            let text = format!("{line}{next}");
            if let Some(fast) = fast(text.as_bytes()) {
                prop_assert_eq!(Some(fast), general(text.as_bytes()));
            }
        }

        #[test]
        fn no_bytes_are_read_otherwise(line in lines(), place in 0..60_usize, byte: u8) {
            let mut text = format!("{line}MEM 1.000000 1.0\n").into_bytes();
            let place = place % text.len();
            text[place] = byte;
            if let Some(fast) = fast(&text) {
                prop_assert_eq!(Some(fast), general(&text));
            }
        }
    }
}
