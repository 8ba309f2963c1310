//! Ticks of the Mach clock as nanoseconds. Pure, so that it is tested on every system.

/// Nanoseconds of so many ticks, each of `numer / denom` nanoseconds (`mach_timebase_info`).
#[must_use]
pub fn to_ns(ticks: u64, numer: u32, denom: u32) -> u64 {
    let ns = u128::from(ticks) * u128::from(numer) / u128::from(denom.max(1));
    u64::try_from(ns).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apple_silicon_ticks_are_longer_than_a_nanosecond() {
        assert_eq!(to_ns(24_000_000, 125, 3), 1_000_000_000);
        assert_eq!(to_ns(7, 1, 1), 7);
    }

    #[test]
    fn a_century_does_not_overflow() {
        let century_ns = 100 * 366 * 86_400 * 1_000_000_000_u64;
        assert_eq!(to_ns(century_ns / 125 * 3, 125, 3), century_ns);
        assert_eq!(to_ns(u64::MAX, 125, 3), u64::MAX);
    }
}
