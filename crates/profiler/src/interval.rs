//! Times as they are typed: `0.01`, `10ms`, `2s`.

use std::time::Duration;

/// Below this, the recorder alone would keep a processor busy.
const MIN: Duration = Duration::from_micros(100);
/// More is a slip of the finger: one sample a day.
const MAX: Duration = Duration::from_secs(86_400);

/// Reads the time between two samples: seconds, or a number with `us`, `ms`, `s`, `min` or `h`.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    match parse_span(text)? {
        interval if interval < MIN => Err("the shortest interval is 100us".into()),
        interval if interval > MAX => Err("the longest interval is 86400s, a day".into()),
        interval => Ok(interval),
    }
}

/// The same in mprof's manner, where 0 is as often as can be.
pub(crate) fn parse_as_mprof(text: &str) -> Result<Duration, String> {
    if seconds(text) == Some(0.0) { Ok(MIN) } else { parse(text) }
}

/// A length of time after which something ends, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Limit {
    /// It never ends of itself.
    None,
    /// It ends after this time.
    After(Duration),
}

impl Limit {
    /// The time in nanoseconds, if there is one.
    pub(crate) fn ns(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::After(time) => Some(u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)),
        }
    }
}

/// Reads a length of time, or 0 for none.
pub(crate) fn parse_limit(text: &str) -> Result<Limit, String> {
    if seconds(text) == Some(0.0) { Ok(Limit::None) } else { parse_span(text).map(Limit::After) }
}

/// Reads any length of time.
pub(crate) fn parse_span(text: &str) -> Result<Duration, String> {
    let seconds = seconds(text).ok_or("expected seconds such as 0.01, or 10ms, 500us, 2s, 1min, 1h")?;
    if seconds.is_nan() || seconds <= 0.0 {
        return Err("must be more than zero".into());
    }
    // Beyond some centuries every length is the same.
    Ok(Duration::try_from_secs_f64(seconds.min(1e10)).unwrap_or(MAX))
}

/// Reads a part of a run: two times since its start, of which either may be left out.
pub(crate) fn parse_window(text: &str) -> Result<(u64, u64), String> {
    const EXPECTED: &str = "expected two times such as 10,20 or 500ms,2s or 1min,";
    let (from, to) = text.split_once(',').ok_or(EXPECTED)?;
    let time_ns = |text: &str, otherwise: u64| match text.trim() {
        "" => Ok(otherwise),
        text => {
            let seconds = seconds(text).filter(|it| it.is_finite()).ok_or(EXPECTED)?;
            // mprof's window may begin before the run does.
            Ok::<u64, String>((seconds.max(0.0) * 1e9) as u64)
        }
    };
    let window = (time_ns(from, 0)?, time_ns(to, u64::MAX)?);
    if window.0 < window.1 { Ok(window) } else { Err("the second time must be later than the first".into()) }
}

fn seconds(text: &str) -> Option<f64> {
    let units =
        [("ms", 1e-3), ("us", 1e-6), ("µs", 1e-6), ("min", 60.0), ("h", 3600.0), ("s", 1.0), ("", 1.0)];
    units.into_iter().find_map(|(unit, scale)| {
        let number = text.strip_suffix(unit)?.trim_end();
        // Rust reads "inf" and "nan" as numbers; a person who types one means something else.
        let is_number = number.chars().all(|c| c.is_ascii_digit() || "+-.eE".contains(c));
        let value = number.parse::<f64>().ok()?;
        is_number.then_some(value * scale)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_units() {
        let cases =
            [("0.01", 10_000), ("10ms", 10_000), ("500us", 500), ("2 s", 2_000_000), ("1min", 60_000_000)];
        for (text, micros) in cases {
            assert_eq!(parse(text), Ok(Duration::from_micros(micros)), "{text}");
        }
    }

    #[test]
    fn nothing_between_two_samples_is_for_mprof_as_often_as_can_be() {
        assert_eq!(parse_as_mprof("0"), Ok(MIN));
        assert_eq!(parse_as_mprof("0.05"), Ok(Duration::from_millis(50)));
        assert!(parse("0").is_err() && parse_as_mprof("-1").is_err());
    }

    #[test]
    fn a_window_is_two_times() {
        let cases = [
            ("10,20", (10_000_000_000, 20_000_000_000)),
            ("500ms, 2s", (500_000_000, 2_000_000_000)),
            ("1min,", (60_000_000_000, u64::MAX)),
            (",0.5", (0, 500_000_000)),
            ("-1,5", (0, 5_000_000_000)),
        ];
        for (text, window) in cases {
            assert_eq!(parse_window(text), Ok(window), "{text}");
        }
        for text in ["", "5", "5,x", "-5,-1", "20,10", "5,5", "nan,7"] {
            assert!(parse_window(text).is_err(), "{text}");
        }
    }

    #[test]
    fn what_is_no_interval_says_what_would_be_one() {
        let cases = [
            ("0", "more than zero"),
            ("-1", "more than zero"),
            ("1e-9", "shortest"),
            ("1e300", "longest"),
            ("1e999", "longest"),
            ("fast", "expected seconds"),
            ("", "expected seconds"),
            ("nan", "expected seconds"),
            ("inf", "expected seconds"),
        ];
        for (text, why) in cases {
            assert!(parse(text).unwrap_err().contains(why), "{text}");
        }
    }
}
