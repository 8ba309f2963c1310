//! From a process to its curve and its peak's mark.

use crate::chart::{Ground, Ink, Mark, Point, Series};
use crate::peak_label;
use crate::reduce::reduce;
use mprof_recording::metric::Metric;
use mprof_recording::peak::Peak;
use mprof_recording::total::{At, curve_of};
use mprof_recording::{Process, Recording};
use std::collections::HashSet;

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
    Series { name, ink, points: reduce(points, end_ns, n_columns), breaks: Vec::new(), ground: Ground::Bare }
}

/// The points of a sum of processes, such that straight lines may join them.
///
/// Between two readings of the same processes a straight line is right, as it is for each of them. What joins or leaves
/// makes a step: the sum holds until one interval before, or until then where no interval is known. The sum begins
/// with the first process and ends with the last.
pub(crate) fn sum<'a>(
    processes: impl IntoIterator<Item = &'a Process, IntoIter: Clone>,
    interval_ns: Option<u64>,
) -> Vec<(u64, u64)> {
    let processes = processes.into_iter();
    let sums = curve_of(processes.clone(), &[DRAWN]);
    let steps_ns: HashSet<u64> = processes.flat_map(steps_ns).collect();
    let from = sums.iter().position(|at| at.bytes > 0).unwrap_or(sums.len());
    let to = sums.iter().rposition(|at| at.bytes > 0).map_or(from, |idx| idx + 1);
    let mut points: Vec<(u64, u64)> = Vec::with_capacity(to - from);
    for &At { at_ns, bytes } in &sums[from..to] {
        let before = points.last().filter(|_| steps_ns.contains(&at_ns));
        points.extend(before.and_then(|&before| holding(before, (at_ns, bytes), interval_ns)));
        points.push((at_ns, bytes));
    }
    let end = points.last().zip(sums.get(to)).map(|(&(_, bytes), end)| (end.at_ns, bytes));
    points.extend(end);
    points
}

/// When a process begins and ceases to count.
fn steps_ns(process: &Process) -> impl Iterator<Item = u64> {
    let first_ns = process.samples.times_ns().first().copied();
    first_ns.into_iter().chain(process.left.map(|(left_ns, _)| left_ns))
}

/// The point until which a value holds, where a straight line to the next would leave it too early.
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

    /// A process with readings, which left at a time.
    fn process(readings: &[(u64, u64)], left_ns: u64) -> Process {
        let mut process = Process { left: Some((left_ns, Departure::default())), ..Process::default() };
        for &(at_ns, bytes) in readings {
            process.samples.push(at_ns, &Bytes::default().with(DRAWN, bytes));
        }
        process
    }

    #[test]
    fn a_sum_holds_until_one_interval_before_a_process_joins_or_leaves() {
        let processes = [process(&[(10, 5), (200, 5)], 210), process(&[(90, 3), (100, 4)], 140)];
        let points = [(10, 5), (80, 5), (90, 8), (100, 9), (130, 9), (140, 5), (200, 5), (210, 5)];
        assert_eq!(sum(&processes, Some(10)), points);
        let soon = [process(&[(10, 5), (25, 5)], 30), process(&[(25, 3)], 30)];
        assert_eq!(sum(&soon, Some(10)), [(10, 5), (25, 8), (30, 8)]);
    }

    #[test]
    fn without_a_known_interval_who_joins_makes_a_step() {
        let processes = [process(&[(10, 5), (100, 5)], 100), process(&[(90, 3)], 100)];
        assert_eq!(sum(&processes, None), [(10, 5), (90, 5), (90, 8), (100, 8)]);
    }

    #[test]
    fn the_sum_of_one_process_is_its_own_curve() {
        // Between 20 and 90 no reading could be taken.
        let alone = process(&[(10, 5), (20, 5), (90, 8), (100, 2)], 104);
        let curve = series(&alone, String::new(), Ink::Rest, 110, 1000).points;
        assert_eq!(sum([&alone], Some(10)), curve.iter().map(Point::pair).collect::<Vec<_>>());
    }

    #[test]
    fn a_sum_begins_with_the_first_process_and_ends_with_the_last() {
        let processes = [process(&[(10, 5)], 20), process(&[(30, 7)], 40), process(&[(5, 0)], 50)];
        assert_eq!(sum(&processes, Some(10)), [(10, 5), (20, 0), (30, 7), (40, 7)]);
        assert_eq!(sum([], Some(10)), []);
    }

    #[test]
    fn a_curve_ends_where_its_process_left() {
        let process = process(&[(4, 70)], 9);
        let points = series(&process, String::new(), Ink::Rest, 100, 1000).points;
        assert_eq!(points.iter().map(Point::pair).collect::<Vec<_>>(), [(4, 70), (9, 70)]);
    }
}
