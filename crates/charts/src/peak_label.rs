//! A peak in words, with how sure it is.

use mprof_recording::peak::{Peak, PeakKind};
use mprof_recording::units;

/// The label of a mark, from the longest wording to the shortest. The first names the kind of figure.
pub(crate) fn wordings(peak: &Peak) -> Vec<String> {
    let figure = units::bytes(peak.bytes);
    vec![format!("peak {figure} · {}", peak.kind.label()), format!("peak {}", short(peak)), short(peak)]
}

/// The label of a peak that one process of several reached.
pub(crate) fn of_one(peak: &Peak, name: &str) -> String {
    format!("peak ≥ {} · of {name} alone", units::bytes(peak.bytes))
}

/// What the signs before the figures mean, of those that occur.
pub(crate) fn bounds(figures: &[&str]) -> Option<String> {
    let signs = [("≤", "counts shared pages repeatedly"), ("≥", "is a lower bound")];
    let is_used = |sign: &str| figures.iter().any(|figure| figure.contains(sign));
    let words: Vec<String> =
        signs.iter().filter(|(sign, _)| is_used(sign)).map(|(sign, word)| format!("{sign} {word}")).collect();
    (!words.is_empty()).then(|| words.join(" · "))
}

/// The figure alone. A sample is a lower bound of the true peak, and `≥` says so.
pub(crate) fn short(peak: &Peak) -> String {
    let figure = units::bytes(peak.bytes);
    match peak.kind {
        PeakKind::HighestSample | PeakKind::MarkAtLastSample | PeakKind::LargestProcess => {
            format!("≥ {figure}")
        }
        PeakKind::HighWaterMark | PeakKind::ReapedMaxrss | PeakKind::SumOfSome => figure,
        PeakKind::SumOfRss | PeakKind::Sum => format!("≤ {figure}"),
    }
}

/// The figure for a legend.
pub(crate) fn in_legend(peak: Option<Peak>) -> String {
    peak.map_or_else(|| "no samples".to_owned(), |peak| format!("peak {}", short(&peak)))
}

/// How to read the marks of these peaks.
pub(crate) fn key(peaks: &[Peak]) -> Option<String> {
    let kinds = [
        PeakKind::HighWaterMark,
        PeakKind::MarkAtLastSample,
        PeakKind::HighestSample,
        PeakKind::SumOfRss,
        PeakKind::Sum,
        PeakKind::SumOfSome,
        PeakKind::LargestProcess,
        PeakKind::ReapedMaxrss,
    ];
    let used = kinds.into_iter().filter(|&kind| peaks.iter().any(|peak| peak.kind == kind));
    let words: Vec<String> = used.map(|kind| format!("{} {}", shape(kind), kind.label())).collect();
    (!words.is_empty()).then(|| words.join(" · "))
}

fn shape(kind: PeakKind) -> &'static str {
    match kind {
        PeakKind::HighWaterMark => "dot:",
        PeakKind::HighestSample | PeakKind::MarkAtLastSample | PeakKind::LargestProcess => "ring, ≥:",
        PeakKind::SumOfRss | PeakKind::Sum => "ring, ≤:",
        PeakKind::SumOfSome => "ring:",
        PeakKind::ReapedMaxrss => "dashed:",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak(kind: PeakKind) -> Peak {
        Peak { bytes: 190_054_400, at_ns: Some(1), kind }
    }

    #[test]
    fn a_sample_is_a_lower_bound_in_every_wording() {
        let words = wordings(&peak(PeakKind::HighestSample));
        assert_eq!(words, ["peak 181.2 MiB · highest sample", "peak ≥ 181.2 MiB", "≥ 181.2 MiB"]);
        assert_eq!(wordings(&peak(PeakKind::HighWaterMark))[2], "181.2 MiB");
    }

    #[test]
    fn a_peak_of_one_process_names_it() {
        let words = of_one(&peak(PeakKind::HighWaterMark), "ld (7)");
        assert_eq!(words, "peak ≥ 181.2 MiB · of ld (7) alone");
    }

    #[test]
    fn only_signs_that_occur_are_explained() {
        assert_eq!(bounds(&["peak 5 MiB", "peak ≥ 5 MiB"]).as_deref(), Some("≥ is a lower bound"));
        assert_eq!(bounds(&["peak 5 MiB"]), None);
    }

    #[test]
    fn the_key_names_what_is_there() {
        let peaks = [peak(PeakKind::HighestSample), peak(PeakKind::HighWaterMark)];
        assert_eq!(key(&peaks).as_deref(), Some("dot: high-water mark · ring, ≥: highest sample"));
        assert_eq!(key(&[]), None);
    }
}
