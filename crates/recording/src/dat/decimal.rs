//! Decimal numbers of the file, exactly: bytes as MiB and nanoseconds as seconds, without floating point.

use std::io::{self, Write};

/// Digits after the point that can change a result; more are read and ignored.
const MAX_DIGITS: usize = 24;

/// Writes bytes as MiB with at least six decimals (as mprof does), and as many as make it exact.
pub(super) fn write_mib(out: &mut impl Write, bytes: u64) -> io::Result<()> {
    // 1 / 2^20 is 5^20 / 10^20, so twenty decimals always suffice.
    let mut fraction = u128::from(bytes & 0xf_ffff) * 5_u128.pow(20);
    let mut digits = 20;
    while digits > 6 && fraction.is_multiple_of(10) {
        fraction /= 10;
        digits -= 1;
    }
    write!(out, "{}.{fraction:0digits$}", bytes >> 20)
}

/// Writes nanoseconds as seconds with nine decimals.
pub(super) fn write_seconds(out: &mut impl Write, ns: u64) -> io::Result<()> {
    write!(out, "{}.{:09}", ns / 1_000_000_000, ns % 1_000_000_000)
}

/// Reads MiB, to the nearest byte.
///
/// mprof rounds whole pages to six decimals, which may lie half a byte beside the middle; a whole KiB is restored.
pub(super) fn read_mib(text: &[u8]) -> Option<u64> {
    let bytes = read_scaled(text, 1 << 20)?;
    let has_six_decimals = text.len() > 7 && text[text.len() - 7] == b'.';
    match bytes % 1024 {
        1 if has_six_decimals => Some(bytes - 1),
        1023 if has_six_decimals => bytes.checked_add(1),
        _ => Some(bytes),
    }
}

/// Reads seconds, to the nearest nanosecond.
pub(super) fn read_seconds(text: &[u8]) -> Option<u64> {
    read_scaled(text, 1_000_000_000)
}

/// Reads a whole number.
pub(super) fn read_integer(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |value, byte| append_digit(value, *byte))
}

/// Reads `123` or `123.456` times a scale, rounded. No sign, exponent, NaN or infinity: none is a reading.
fn read_scaled(text: &[u8], scale: u64) -> Option<u64> {
    let point = text.iter().position(|&byte| byte == b'.');
    let (whole, fraction) = match point {
        Some(idx) => (&text[..idx], &text[idx + 1..]),
        None => (text, &[][..]),
    };
    if point.is_some() && fraction.is_empty() {
        return None;
    }
    let whole = read_integer(whole)?.checked_mul(scale)?;
    whole.checked_add(read_fraction(fraction, scale)?)
}

/// The digits after a point, times a scale, rounded.
fn read_fraction(digits: &[u8], scale: u64) -> Option<u64> {
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    // Nineteen digits fit in 64 bits, which is all that any recorder writes but for odd byte counts.
    let kept = &digits[..digits.len().min(MAX_DIGITS)];
    if kept.len() <= 9 {
        let value = kept.iter().fold(0, |value, byte| value * 10 + u64::from(byte - b'0'));
        let unit = 10_u64.pow(kept.len() as u32);
        return Some((value * scale + unit / 2) / unit);
    }
    let value = kept.iter().fold(0, |value, byte| value * 10 + u128::from(byte - b'0'));
    let unit = 10_u128.pow(kept.len() as u32);
    u64::try_from((value * u128::from(scale) + unit / 2) / unit).ok()
}

fn append_digit(value: u64, byte: u8) -> Option<u64> {
    let digit = byte.wrapping_sub(b'0');
    (digit < 10).then_some(())?;
    value.checked_mul(10)?.checked_add(u64::from(digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn mib(bytes: u64) -> String {
        let mut out = Vec::new();
        write_mib(&mut out, bytes).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn mib_looks_like_mprofs_and_is_exact() {
        assert_eq!(mib(0), "0.000000");
        assert_eq!(mib(7_737_344), "7.37890625");
        assert_eq!(mib(1 << 30), "1024.000000");
        assert_eq!(mib(1), "0.00000095367431640625");
    }

    #[test]
    fn mprofs_six_decimals_give_the_byte_count_back() {
        assert_eq!(read_mib(b"6.953125"), Some(7_290_880));
        assert_eq!(read_mib(b"18.039062"), Some(18_915_328));
    }

    #[test]
    fn what_is_not_a_reading_is_refused() {
        let bad =
            ["", ".", "1.", ".5", "-1.0", "+1", "nan", "inf", "1e3", "1.5x", "0x10", "99999999999999999999"];
        for text in bad {
            assert_eq!(read_mib(text.as_bytes()), None, "{text}");
        }
        assert_eq!(read_seconds(b"99999999999.5"), None);
    }

    proptest! {
        #[test]
        fn bytes_round_trip(bytes: u64) {
            prop_assert_eq!(read_mib(mib(bytes).as_bytes()), Some(bytes));
        }

        #[test]
        fn times_round_trip(ns: u64) {
            let mut out = Vec::new();
            write_seconds(&mut out, ns).unwrap();
            prop_assert_eq!(read_seconds(&out), Some(ns));
        }
    }
}
