//! The two lines that a run prints, exactly as the article's Python programs print them.

use std::time::Duration;

use crate::facts::Facts;

/// The text for stdout.
pub fn report(facts: &Facts) -> String {
    format!(
        "elapsed time = {} sec\ncalculated storage = {} GB\n",
        python_float(rounded(facts.elapsed)),
        python_float(facts.calculated_bytes as f64 / 1e9)
    )
}

/// Python's `round(seconds, 2)`.
fn rounded(elapsed: Duration) -> f64 {
    let seconds = elapsed.as_secs_f64();
    format!("{seconds:.2}").parse().unwrap_or(seconds)
}

/// Python's `repr`: the shortest digits that read back equal, at least one after the point, and exponents of at
/// least two digits with their sign.
fn python_float(value: f64) -> String {
    let text = format!("{value:?}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let (sign, exponent) = exponent.strip_prefix('-').map_or(('+', exponent), |exponent| ('-', exponent));
    let digits = digits.strip_suffix(".0").unwrap_or(digits);
    format!("{digits}e{sign}{exponent:0>2}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_look_as_in_python() {
        let check = |value, text: &str| assert_eq!(python_float(value), text);
        check(16.0, "16.0");
        check(0.5, "0.5");
        check(0.32, "0.32");
        check(0.0001, "0.0001");
        check(0.000_05, "5e-05");
        check(9.6e-8, "9.6e-08");
        check(9_007_199_254_740_993.0, "9007199254740992.0");
        check(1e16, "1e+16");
        check(1.5e300, "1.5e+300");
        check(0.0, "0.0");
    }

    #[test]
    fn seconds_are_rounded_as_in_python() {
        let check = |nanoseconds, text: &str| {
            assert_eq!(python_float(rounded(Duration::from_nanos(nanoseconds))), text);
        };
        check(16_560_000_000, "16.56");
        check(499_999_999, "0.5");
        check(125_000_000, "0.12");
        check(4_000_000, "0.0");
        check(12_345_678_901, "12.35");
    }

    #[test]
    fn the_articles_lines() {
        let facts = Facts {
            elapsed: Duration::from_millis(16_560),
            calculated_bytes: 16_000_000_000,
            file_bytes: None,
        };
        assert_eq!(report(&facts), "elapsed time = 16.56 sec\ncalculated storage = 16.0 GB\n");
    }
}
