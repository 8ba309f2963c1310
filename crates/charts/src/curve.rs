//! From a process to its curve and its peak's mark.

use crate::chart::{Ground, Ink, Mark, Point, Series};
use crate::peak_label;
use crate::reduce::reduce;
use mprof_recording::metric::Metric;
use mprof_recording::peak::Peak;
use mprof_recording::{Process, Recording};

/// The metric that is drawn. Peaks are of the same one.
pub(crate) const DRAWN: Metric = Metric::Rss;

/// Whether the peak's mark carries its label on the chart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Labelling {
    /// With its kind.
    Full,
    /// The figure alone, where a key tells the kinds.
    Short,
    InLegend,
}

/// The curve of a process, reduced for an axis that ends at `end_ns`.
pub(crate) fn series(process: &Process, name: String, ink: Ink, end_ns: u64, n_columns: usize) -> Series {
    let points = reduce(process.samples.iter(DRAWN), end_ns, n_columns);
    Series { name, ink, points, ground: Ground::Bare }
}

/// The mark of a process's peak, if it has one.
pub(crate) fn mark(process: &Process, ink: Ink, labelling: Labelling) -> Option<Mark> {
    let peak = process.peak()?;
    let texts = match labelling {
        Labelling::Full => peak_label::wordings(&peak),
        Labelling::Short => peak_label::wordings(&peak).split_off(1),
        Labelling::InLegend => Vec::new(),
    };
    Some(Mark { peak, curve_bytes: curve_bytes(process, &peak), ink, texts })
}

/// Where the time axis of a recording ends: everything known of the run lies before.
pub(crate) fn end_ns(recording: &Recording) -> u64 {
    let samples = recording.processes.iter().filter_map(|process| process.samples.times_ns().last());
    let calls = recording.calls.iter().map(|call| &call.to_ns);
    samples.chain(calls).copied().fold(recording.duration_ns(), u64::max)
}

/// The highest value among curves and marks.
pub(crate) fn max_bytes(series: &[Series], marks: &[Mark]) -> u64 {
    let points = series.iter().flat_map(|series| &series.points).map(|point: &Point| point.bytes);
    points.chain(marks.iter().map(|mark| mark.peak.bytes)).max().unwrap_or(0)
}

/// Whether there is anything to draw of a recording.
pub(crate) fn is_blank(recording: &Recording) -> bool {
    let is_known =
        |process: &Process| process.samples.iter(DRAWN).next().is_some() || process.peak().is_some();
    !recording.processes.iter().any(is_known)
}

/// The curve's own value at the peak's time, where the peak stands above it.
fn curve_bytes(process: &Process, peak: &Peak) -> Option<u64> {
    let idx = process.samples.times_ns().partition_point(|&at_ns| Some(at_ns) < peak.at_ns);
    peak.at_ns?;
    process.samples.get(idx, DRAWN).filter(|&bytes| bytes < peak.bytes)
}
