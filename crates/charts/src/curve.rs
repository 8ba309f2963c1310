//! From a process to its curve and its peak's mark.

use crate::chart::{Ground, Ink, Mark, Point, Series};
use crate::peak_label;
use crate::reduce::reduce;
use mprof_recording::metric::Metric;
use mprof_recording::peak::Peak;
use mprof_recording::total::At;
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

/// The curve of a process, reduced for an axis that ends at `end_ns`. It ends where the process left.
pub(crate) fn series(process: &Process, name: String, ink: Ink, end_ns: u64, n_columns: usize) -> Series {
    let last = process.samples.times_ns().last().copied().zip(process.left);
    let last_bytes = || process.samples.get(process.samples.len() - 1, DRAWN);
    let held = last.filter(|(last_ns, (left_ns, _))| left_ns > last_ns);
    let held = held.and_then(|(_, (left_ns, _))| Some((left_ns, last_bytes()?)));
    series_through(process.samples.iter(DRAWN).chain(held), name, ink, end_ns, n_columns)
}

/// A curve through points, reduced.
pub(crate) fn series_through(
    points: impl Iterator<Item = (u64, u64)>,
    name: String,
    ink: Ink,
    end_ns: u64,
    n_columns: usize,
) -> Series {
    Series { name, ink, points: reduce(points, end_ns, n_columns), ground: Ground::Bare }
}

/// The points of a sum, such that straight lines may join them: it holds until it is read to be another.
///
/// That was one interval before the reading that shows the change, at the latest; without a known interval it is a
/// step. The sum begins with the first process and ends with the last.
pub(crate) fn held(sums: &[At], interval_ns: Option<u64>) -> Vec<(u64, u64)> {
    let from = sums.iter().position(|at| at.bytes > 0).unwrap_or(sums.len());
    let to = sums.iter().rposition(|at| at.bytes > 0).map_or(from, |idx| idx + 1);
    let mut points: Vec<(u64, u64)> = Vec::with_capacity(to - from);
    for &At { at_ns, bytes } in &sums[from..to] {
        points.extend(points.last().and_then(|&before| holding(before, (at_ns, bytes), interval_ns)));
        points.push((at_ns, bytes));
    }
    let end = points.last().zip(sums.get(to)).map(|(&(_, bytes), end)| (end.at_ns, bytes));
    points.extend(end);
    points
}

/// The point at which a value is known to hold still, where a straight line to the next would leave it too early.
fn holding(before: (u64, u64), next: (u64, u64), interval_ns: Option<u64>) -> Option<(u64, u64)> {
    let gap_ns = next.0.saturating_sub(before.0);
    let holds_ns = match interval_ns {
        Some(interval_ns) => gap_ns.checked_sub(interval_ns).filter(|&it| it > interval_ns / 2)?,
        None => gap_ns,
    };
    (before.1 != next.1 && holds_ns > 0).then_some((before.0 + holds_ns, before.1))
}

/// The wordings of a peak's label.
pub(crate) fn texts(peak: &Peak, labelling: Labelling) -> Vec<String> {
    match labelling {
        Labelling::Full => peak_label::wordings(peak),
        Labelling::Short => peak_label::wordings(peak).split_off(1),
        Labelling::InLegend => Vec::new(),
    }
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

/// The value of a process's first reading that is not before a time.
pub(crate) fn bytes_at(process: &Process, at_ns: u64) -> Option<u64> {
    let idx = process.samples.times_ns().partition_point(|&before_ns| before_ns < at_ns);
    process.samples.get(idx, DRAWN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use mprof_recording::event::Departure;
    use mprof_recording::metric::Bytes;

    fn check(sums: &[(u64, u64)], interval_ns: Option<u64>, points: &[(u64, u64)]) {
        let sums: Vec<At> = sums.iter().map(|&(at_ns, bytes)| At { at_ns, bytes }).collect();
        assert_eq!(held(&sums, interval_ns), points);
    }

    #[test]
    fn a_sum_holds_until_one_interval_before_it_changes() {
        check(&[(10, 5), (90, 8), (100, 9)], Some(10), &[(10, 5), (80, 5), (90, 8), (100, 9)]);
        check(&[(10, 5), (25, 8)], Some(10), &[(10, 5), (25, 8)]);
        check(&[(10, 5), (90, 5)], Some(10), &[(10, 5), (90, 5)]);
    }

    #[test]
    fn without_a_known_interval_a_sum_changes_in_a_step() {
        check(&[(10, 5), (90, 8)], None, &[(10, 5), (90, 5), (90, 8)]);
    }

    #[test]
    fn a_sum_begins_with_the_first_process_and_ends_with_the_last() {
        check(
            &[(0, 0), (10, 5), (20, 0), (30, 7), (40, 0), (50, 0)],
            Some(10),
            &[(10, 5), (20, 0), (30, 7), (40, 7)],
        );
        check(&[(0, 0)], Some(10), &[]);
    }

    #[test]
    fn a_curve_ends_where_its_process_left() {
        let mut process = Process { left: Some((9, Departure::default())), ..Process::default() };
        process.samples.push(4, &Bytes::default().with(DRAWN, 70));
        let points = series(&process, String::new(), Ink::Rest, 100, 1000).points;
        assert_eq!(points.iter().map(Point::pair).collect::<Vec<_>>(), [(4, 70), (9, 70)]);
    }
}
