//! A limit of the peak (`--max-peak`): how it is typed, what is said of a peak above it, and how we end then.
//!
//! What is compared is the peak that is printed first, whatever kind of number it is, so that a limit can be chosen by
//! what was printed. Where it may be more than there was, the line says what is certain.

use mprof_recording::summary::Summary;
use mprof_recording::units::{self, NAMED_UNITS, UNITS};

use super::Exit;
use crate::console;

/// So many bytes may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MaxPeak(u64);

impl MaxPeak {
    /// Reads a size. Without a unit nobody knows whether bytes are meant, as in our files, or MiB, as mprof prints.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let symbol = &text[number.len()..];
        let unit = UNITS.into_iter().chain(NAMED_UNITS).find(|it| it.symbol.eq_ignore_ascii_case(symbol));
        let is_number = number.trim_end().chars().all(|c| c.is_ascii_digit() || c == '.');
        let value = number.trim_end().parse::<f64>().ok().filter(|_| is_number);
        let (Some(unit), Some(value)) = (unit, value) else {
            return Err("expected a size with its unit, such as 500MB, 512MiB or 1.5GiB".to_owned());
        };
        Ok(Self((value * unit.bytes as f64) as u64))
    }

    /// How a run ends that would else end so. What failed by itself keeps its status, and the peak is told as well.
    pub(crate) fn after_run(self, summary: &Summary, exit: Exit) -> Exit {
        let certain_bytes = || summary.certain_bytes();
        let is_above = summary.peak_bytes.is_some_and(|bytes| self.is_exceeded("", bytes, certain_bytes));
        if is_above && matches!(exit, Exit::Success | Exit::Incomplete) { Exit::AboveLimit } else { exit }
    }

    /// Whether a peak is above it, which is said. What is certain is asked for then alone, since it may take long.
    pub(crate) fn is_exceeded(
        self,
        of: &str,
        bytes: u64,
        certain_bytes: impl FnOnce() -> Option<u64>,
    ) -> bool {
        let is_above = bytes > self.0;
        if is_above {
            console::complain(&format!("{of}{}", self.complaint(bytes, certain_bytes().unwrap_or(0))));
        }
        is_above
    }

    fn complaint(self, bytes: u64, certain_bytes: u64) -> String {
        let text = format!("peak {} is above --max-peak {}", units::bytes(bytes), units::bytes(self.0));
        if certain_bytes > self.0 {
            return text;
        }
        format!(
            "{text}, and is no proof, being a sum over processes: at least {} are certain",
            units::bytes(certain_bytes)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit() {
        let cases = [
            ("500MB", 500_000_000),
            ("512 MiB", 512 << 20),
            ("1.5gib", 3 << 29),
            ("1000000B", 1_000_000),
            ("0B", 0),
            ("2TiB", 2 << 40),
        ];
        for (text, bytes) in cases {
            assert_eq!(MaxPeak::parse(text), Ok(MaxPeak(bytes)), "{text}");
        }
        for text in ["", "500", "MB", "-1MB", "1e3MB", "5M", "nanMB", "infB", "1.2.3MB", "5 parsecs", "5µB"]
        {
            assert!(MaxPeak::parse(text).unwrap_err().contains("with its unit"), "{text}");
        }
    }

    #[test]
    fn what_is_no_proof_says_so() {
        let limit = MaxPeak(500 << 20);
        let proven = "peak 552.0 MiB is above --max-peak 500.0 MiB";
        assert_eq!(limit.complaint(552 << 20, 501 << 20), proven);
        let open = limit.complaint(552 << 20, 110 << 20);
        assert!(open.starts_with(proven) && open.ends_with("at least 110.0 MiB are certain"), "{open}");
    }
}
