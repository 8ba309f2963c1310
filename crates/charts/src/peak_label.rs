//! A peak in words, with how sure it is.

use mprof_recording::peak::{Peak, PeakKind};
use mprof_recording::units::{self, Unit};

/// All kinds, in the order in which a key tells of them.
const KINDS: [PeakKind; 12] = [
    PeakKind::HighWaterMark,
    PeakKind::MarkAtLastSample,
    PeakKind::MarkWithGaps,
    PeakKind::HighestSample,
    PeakKind::AtEdge,
    PeakKind::SumOfRss,
    PeakKind::Sum,
    PeakKind::SumAsSeen,
    PeakKind::SumInTurn,
    PeakKind::SumOfSome,
    PeakKind::LargestProcess,
    PeakKind::ReapedMaxrss,
];

/// Whether the peak's mark carries its label on the chart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Labelling {
    /// With its kind.
    Full,
    /// The figure alone, where a key tells the kinds.
    Short,
    InLegend,
}

/// The label of a mark, from the longest wording to the shortest. The first names the kind of figure.
pub(crate) fn wordings(peak: &Peak, labelling: Labelling, unit: Option<Unit>) -> Vec<String> {
    let (figure, short) = (figure(peak.bytes, unit), short(peak, unit));
    match labelling {
        Labelling::Full => {
            vec![format!("peak {figure} · {}", peak.kind.label()), format!("peak {short}"), short]
        }
        Labelling::Short => vec![format!("peak {short}"), short],
        Labelling::InLegend => Vec::new(),
    }
}

/// Bytes in a unit, or in the one that suits them.
pub(crate) fn figure(bytes: u64, unit: Option<Unit>) -> String {
    unit.map_or_else(|| units::bytes(bytes), |unit| units::bytes_in(bytes, unit))
}

/// The label of a peak that one process of several reached.
pub(crate) fn of_one(peak: &Peak, name: &str, unit: Option<Unit>) -> String {
    format!("peak ≥ {} · of {name} alone", figure(peak.bytes, unit))
}

/// What the signs before the figures mean, of those that occur.
pub(crate) fn bounds(figures: &[&str]) -> Option<String> {
    let signs = [("≤", "is an upper bound, which counts shared pages repeatedly"), ("≥", "is a lower bound")];
    let is_used = |sign: &str| figures.iter().any(|figure| figure.contains(sign));
    let words: Vec<String> =
        signs.iter().filter(|(sign, _)| is_used(sign)).map(|(sign, word)| format!("{sign} {word}")).collect();
    joined(&words)
}

/// What a legend of kinds of memory says of all its figures, where no sign does. The peak of the whole may be another
/// kind of figure, which its own label tells.
pub(crate) fn repeated(kind: PeakKind) -> Option<String> {
    (kind == PeakKind::Sum).then(|| format!("each kind of memory: {}", kind.label()))
}

/// The figure alone. A sample is a lower bound of the true peak, and `≥` says so.
pub(crate) fn short(peak: &Peak, unit: Option<Unit>) -> String {
    let figure = figure(peak.bytes, unit);
    match peak.kind {
        PeakKind::HighestSample
        | PeakKind::MarkAtLastSample
        | PeakKind::MarkWithGaps
        | PeakKind::LargestProcess => {
            format!("≥ {figure}")
        }
        PeakKind::HighWaterMark
        | PeakKind::ReapedMaxrss
        | PeakKind::AtEdge
        | PeakKind::SumAsSeen
        | PeakKind::Sum
        | PeakKind::SumInTurn
        | PeakKind::SumOfSome => figure,
        PeakKind::SumOfRss => format!("≤ {figure}"),
    }
}

/// The figure for a legend.
pub(crate) fn in_legend(peak: Option<Peak>, unit: Option<Unit>) -> String {
    peak.map_or_else(|| "no samples".to_owned(), |peak| format!("peak {}", short(&peak, unit)))
}

/// How to read the marks of these peaks.
pub(crate) fn key(peaks: &[Peak]) -> Option<String> {
    let used = KINDS.into_iter().filter(|&kind| peaks.iter().any(|peak| peak.kind == kind));
    let words: Vec<String> = used.map(|kind| format!("{} {}", shape(kind), kind.label())).collect();
    joined(&words)
}

fn shape(kind: PeakKind) -> &'static str {
    match kind {
        PeakKind::HighWaterMark => "dot:",
        PeakKind::HighestSample
        | PeakKind::MarkAtLastSample
        | PeakKind::MarkWithGaps
        | PeakKind::LargestProcess => "ring and ≥:",
        PeakKind::SumOfRss => "ring and ≤:",
        PeakKind::AtEdge
        | PeakKind::SumAsSeen
        | PeakKind::Sum
        | PeakKind::SumInTurn
        | PeakKind::SumOfSome => "ring:",
        PeakKind::ReapedMaxrss => "dashed:",
    }
}

/// What stands beside each other on a line, if there is anything.
pub(crate) fn joined(parts: &[String]) -> Option<String> {
    (!parts.is_empty()).then(|| parts.join(" · "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peak(kind: PeakKind) -> Peak {
        Peak { bytes: 190_054_400, at_ns: Some(1), kind }
    }

    #[test]
    fn a_sample_is_a_lower_bound_in_every_wording() {
        let words = wordings(&peak(PeakKind::HighestSample), Labelling::Full, None);
        assert_eq!(words, ["peak 181.2 MiB · highest sample", "peak ≥ 181.2 MiB", "≥ 181.2 MiB"]);
        assert_eq!(wordings(&peak(PeakKind::HighWaterMark), Labelling::Short, None)[1], "181.2 MiB");
        let mega = units::NAMED_UNITS.into_iter().find(|unit| unit.symbol == "MB");
        assert_eq!(short(&peak(PeakKind::HighWaterMark), mega), "190.1 MB");
    }

    #[test]
    fn a_sampled_sum_bounds_nothing() {
        let words = wordings(&peak(PeakKind::Sum), Labelling::Full, None);
        let full = "peak 181.2 MiB · highest sample; sum over processes, shared pages counted repeatedly";
        assert_eq!(words, [full, "peak 181.2 MiB", "181.2 MiB"]);
        assert_eq!(key(&[peak(PeakKind::Sum)]).map(|key| key.contains('≤')), Some(false));
    }

    #[test]
    fn a_peak_of_one_process_names_it() {
        let words = of_one(&peak(PeakKind::HighWaterMark), "ld (7)", None);
        assert_eq!(words, "peak ≥ 181.2 MiB · of ld (7) alone");
    }

    #[test]
    fn the_readme_explains_every_kind() {
        let readme = include_str!("../../../README.md");
        for kind in KINDS {
            assert!(readme.contains(&format!("\n| {} | ", kind.label())), "{kind:?}");
        }
    }

    #[test]
    fn only_signs_that_occur_are_explained() {
        assert_eq!(bounds(&["peak 5 MiB", "peak ≥ 5 MiB"]).as_deref(), Some("≥ is a lower bound"));
        assert_eq!(bounds(&["peak 5 MiB"]), None);
    }

    #[test]
    fn the_key_names_what_is_there() {
        let peaks = [peak(PeakKind::HighestSample), peak(PeakKind::HighWaterMark)];
        assert_eq!(key(&peaks).as_deref(), Some("dot: high-water mark · ring and ≥: highest sample"));
        assert_eq!(key(&[]), None);
    }
}
