//! Numbers for people: bytes in binary units, times in seconds and minutes.
//!
//! KiB, MiB, GiB are powers of 1024. Decimal KB, MB and GB are never mixed in: they are shown only where asked for.

/// A unit of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unit {
    /// Its symbol, such as `MiB`.
    pub symbol: &'static str,
    /// How many bytes it is.
    pub bytes: u64,
}

/// What lies between two times is seen in their usual form, unless the later is more than so many times as much.
const MOST_SPANS: u64 = 20;

/// The units, from small to large.
pub const UNITS: [Unit; 5] = [
    Unit { symbol: "B", bytes: 1 },
    Unit { symbol: "KiB", bytes: 1 << 10 },
    Unit { symbol: "MiB", bytes: 1 << 20 },
    Unit { symbol: "GiB", bytes: 1 << 30 },
    Unit { symbol: "TiB", bytes: 1 << 40 },
];

/// Units that a person can ask for by name.
pub const NAMED_UNITS: [Unit; 6] = [
    UNITS[1],
    UNITS[2],
    UNITS[3],
    Unit { symbol: "KB", bytes: 1_000 },
    Unit { symbol: "MB", bytes: 1_000_000 },
    Unit { symbol: "GB", bytes: 1_000_000_000 },
];

/// The largest unit of which there is at least one, as it is shown, and bytes below that.
#[must_use]
pub fn unit_for(bytes: u64) -> Unit {
    // What would be shown as 1024 of a unit is one of the next. Of bytes, every one is shown.
    let is_one = |unit: &Unit| {
        bytes >= unit.bytes || (unit.bytes > 1 << 10 && bytes >= unit.bytes - unit.bytes / 2048)
    };
    let fitting = UNITS.into_iter().rev().find(is_one);
    fitting.unwrap_or(UNITS[0])
}

/// Bytes in the unit that suits them, to four digits: `181.3 MiB`, `14.92 GiB`, `512 B`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    bytes_in(bytes, unit_for(bytes))
}

/// Bytes in a given unit, to four digits.
#[must_use]
pub fn bytes_in(bytes: u64, unit: Unit) -> String {
    if unit.bytes == 1 {
        return format!("{} B", counted(bytes));
    }
    let value = bytes as f64 / unit.bytes as f64;
    let n_decimals = match bytes {
        0 => 0,
        // Something is not shown as nothing.
        _ if value < 0.001 => (-value.log10()) as usize + 2,
        _ => decimals(value, 4),
    };
    format!("{} {}", grouped(&format!("{value:.n_decimals$}")), unit.symbol)
}

/// A count with its thousands apart.
#[must_use]
pub fn counted(n: u64) -> String {
    grouped(&n.to_string())
}

/// A number in digits with its thousands apart: `1,234,567`. What stands behind the point stays as it is.
#[must_use]
pub fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let mut text = String::with_capacity(number.len() + whole / 3);
    for (idx, digit) in number.chars().enumerate() {
        if idx > 0 && idx < whole && (whole - idx).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A duration: `0 s`, `4.2 ms`, `0.31 s`, `12.3 s`, `2 min 05 s`, `2 h 05 min`. Every report, table and label has it
/// from here; the viewer of pages has the same rule in `scale.js`, which a test of pages holds against this one.
#[must_use]
pub fn duration(ns: u64) -> String {
    let seconds = ns as f64 / 1e9;
    let whole = ns.saturating_add(500_000_000) / 1_000_000_000;
    match ns {
        0 => "0 s".to_owned(),
        1..1_000_000 => format!("{:.2} ms", seconds * 1e3),
        1_000_000..100_000_000 => format!("{:.*} ms", decimals(seconds * 1e3, 2), seconds * 1e3),
        _ if seconds < 119.95 => format!("{seconds:.*} s", decimals(seconds, 3)),
        _ if whole < 7200 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole / 60 % 60),
    }
}

/// Two times to as many digits as it takes to tell the one from the other: `0.300 s` and `0.305 s`.
#[must_use]
pub fn span(from_ns: u64, to_ns: u64) -> [String; 2] {
    let span_ns = to_ns.saturating_sub(from_ns);
    if span_ns >= to_ns / MOST_SPANS {
        return [from_ns, to_ns].map(duration);
    }
    let mut digits = 9;
    let mut unit_ns = 1;
    // Two digits of what lies between them, but for zeros at the end of both.
    while digits > 0
        && (span_ns / unit_ns >= 100 || [from_ns, to_ns].iter().all(|ns| ns % (10 * unit_ns) == 0))
    {
        (digits, unit_ns) = (digits - 1, unit_ns * 10);
    }
    [from_ns, to_ns].map(|ns| {
        let (rounded, per_second) = (ns.saturating_add(unit_ns / 2) / unit_ns, 1_000_000_000 / unit_ns);
        let (whole, part) = (rounded / per_second, rounded % per_second);
        if digits == 0 { format!("{whole} s") } else { format!("{whole}.{part:0digits$} s") }
    })
}

/// How many decimals show a value to so many digits.
fn decimals(value: f64, digits: usize) -> usize {
    let n_decimals = |value: f64| {
        let before_point = if value >= 1.0 { value.log10() as usize + 1 } else { 1 };
        digits.saturating_sub(before_point)
    };
    // What is rounded up to a digit more before the point has one less behind it.
    let shift = 10_f64.powi(n_decimals(value) as i32);
    n_decimals((value * shift).round() / shift)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_binary_units() {
        let cases = [
            (0, "0 B"),
            (1023, "1,023 B"),
            ((1 << 20) - 1, "1.000 MiB"),
            ((1 << 20) - 513, "1,023 KiB"),
            (1 << 20, "1.000 MiB"),
            ((100 << 30) - 1, "100.0 GiB"),
            (190_054_400, "181.2 MiB"),
            (16_000_000_000, "14.90 GiB"),
            (u64::MAX, "16,777,216 TiB"),
        ];
        for (value, text) in cases {
            assert_eq!(bytes(value), text);
        }
    }

    #[test]
    fn a_unit_that_was_asked_for_is_kept() {
        let [.., kilo, mega, giga] = NAMED_UNITS;
        assert_eq!(bytes_in(1_500_000, mega), "1.500 MB");
        assert_eq!(bytes_in(1_500_000, kilo), "1,500 KB");
        assert_eq!(bytes_in(1_500_000, giga), "0.002 GB");
        assert_eq!(bytes_in(15_432, giga), "0.000015 GB");
        assert_eq!(bytes_in(0, giga), "0 GB");
    }

    #[test]
    fn thousands_stand_apart() {
        let texts = ["0", "999", "1000", "1234567", "1234.5678", "0.0001"].map(grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567", "1,234.5678", "0.0001"]);
    }

    #[test]
    fn two_times_are_told_apart() {
        let cases = [
            ((0, 2_000_000_000), ["0 s", "2.00 s"]),
            ((300_000_000, 305_000_000), ["0.300 s", "0.305 s"]),
            ((300_000_000, 305_123_456), ["0.3000 s", "0.3051 s"]),
            ((7_500_000_000_000, 7_501_000_000_000), ["7500 s", "7501 s"]),
            ((u64::MAX - 1, u64::MAX), ["18446744073.709551614 s", "18446744073.709551615 s"]),
        ];
        for ((from_ns, to_ns), words) in cases {
            assert_eq!(span(from_ns, to_ns), words);
        }
    }

    #[test]
    fn durations_read_well_at_every_size() {
        let cases = [
            (0, "0 s"),
            (300_000, "0.30 ms"),
            (4_200_000, "4.2 ms"),
            (310_000_000, "0.31 s"),
            (12_345_000_000, "12.3 s"),
            (125_000_000_000, "2 min 05 s"),
            (7_500_000_000_000, "2 h 05 min"),
            (u64::MAX, "5124095 h 34 min"),
        ];
        for (ns, text) in cases {
            assert_eq!(duration(ns), text);
        }
    }
}
