//! Sums of processes as curves, and what is known of a recording's ends.

use crate::chart::{Mark, Point, Series, Spike};
use mprof_recording::metric::Metric;
use mprof_recording::total::{At, curve_of, largest_of};
use mprof_recording::{Process, Recording};
use std::collections::HashSet;

/// The points of a sum of processes, such that straight lines may join them.
///
/// Between two readings of the same processes a straight line is right, as it is for each of them. What joins or leaves
/// makes a step: the sum holds until one interval before, or until then where no interval is known. The sum begins
/// with the first process and ends with the last.
pub(crate) fn sum<'a>(
    processes: impl IntoIterator<Item = &'a Process, IntoIter: Clone>,
    metrics: &[Metric],
    interval_ns: Option<u64>,
) -> Vec<(u64, u64)> {
    let processes = processes.into_iter();
    joined(&curve_of(processes.clone(), metrics), processes, interval_ns, None)
}

/// The same as the edge of a layer of a stack, which spans a time: where it begins later or ends sooner, it comes
/// from zero and goes back to it as the sum of them all rises and falls.
pub(crate) fn edge<'a>(
    processes: impl IntoIterator<Item = &'a Process, IntoIter: Clone>,
    metrics: &[Metric],
    interval_ns: Option<u64>,
    span_ns: (u64, u64),
) -> Vec<(u64, u64)> {
    let processes = processes.into_iter();
    joined(&curve_of(processes.clone(), metrics), processes, interval_ns, Some(span_ns))
}

/// The largest process at each moment, as points of the same kind.
pub(crate) fn largest(processes: &[Process], metric: Metric, interval_ns: Option<u64>) -> Vec<(u64, u64)> {
    joined(&largest_of(processes, metric), processes.iter(), interval_ns, None)
}

fn joined<'a>(
    sums: &[At],
    processes: impl Iterator<Item = &'a Process>,
    interval_ns: Option<u64>,
    span_ns: Option<(u64, u64)>,
) -> Vec<(u64, u64)> {
    let steps_ns: HashSet<u64> = processes.flat_map(steps_ns).collect();
    let from = sums.iter().position(|at| at.bytes > 0).unwrap_or(sums.len());
    let to = sums.iter().rposition(|at| at.bytes > 0).map_or(from, |idx| idx + 1);
    let is_within = |at: &&At| span_ns.is_some_and(|(from_ns, to_ns)| from_ns < at.at_ns && at.at_ns < to_ns);
    let comes_from_zero = sums.get(from).filter(is_within).is_some() && from > 0;
    let goes_to_zero = sums.get(to).filter(is_within).is_some();
    let mut points: Vec<(u64, u64)> = Vec::with_capacity(to - from + 1);
    for &At { at_ns, bytes } in &sums[from - usize::from(comes_from_zero)..to + usize::from(goes_to_zero)] {
        let before = points.last().filter(|_| steps_ns.contains(&at_ns));
        points.extend(before.and_then(|&before| holding(before, (at_ns, bytes), interval_ns)));
        points.push((at_ns, bytes));
    }
    if !goes_to_zero {
        let end = points.last().zip(sums.get(to)).map(|(&(_, bytes), end)| (end.at_ns, bytes));
        points.extend(end);
    }
    if let [(_, 0), (_, 0), ..] = points[..] {
        points.remove(0);
    }
    points
}

/// When any of the processes begins and ceases to count, in order.
pub(crate) fn all_steps_ns(processes: &[Process]) -> Vec<u64> {
    let mut all: Vec<u64> = processes.iter().flat_map(steps_ns).collect();
    all.sort_unstable();
    all
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

/// Where the time axis of a recording ends: everything known of the run lies before.
pub(crate) fn end_ns(recording: &Recording) -> u64 {
    let samples = recording.processes.iter().filter_map(|process| process.samples.times_ns().last());
    let calls = recording.calls.iter().map(|call| &call.to_ns);
    samples.chain(calls).copied().fold(recording.duration_ns(), u64::max)
}

/// The highest value among what is drawn.
pub(crate) fn max_bytes(series: &[Series], marks: &[Mark], spikes: &[Spike]) -> u64 {
    let points = series.iter().flat_map(|series| &series.points).map(|point: &Point| point.bytes);
    let marks = marks.iter().map(|mark| mark.peak.bytes);
    points.chain(marks).chain(spikes.iter().map(|spike| spike.bytes)).max().unwrap_or(0)
}

/// Whether there is anything to draw of a recording.
pub(crate) fn is_blank(recording: &Recording, metric: Metric) -> bool {
    let is_known = |process: &Process| {
        let has_peak = || metric == Metric::Rss && process.peak().is_some();
        process.samples.iter(metric).next().is_some() || has_peak()
    };
    !recording.processes.iter().any(is_known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::points_of;
    use mprof_recording::event::Departure;
    use mprof_recording::metric::Bytes;

    const RSS: &[Metric] = &[Metric::Rss];

    /// A process with readings, which left at a time.
    fn process(readings: &[(u64, u64)], left_ns: u64) -> Process {
        let mut process = Process { left: Some((left_ns, Departure::default())), ..Process::default() };
        for &(at_ns, bytes) in readings {
            process.samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
        }
        process
    }

    #[test]
    fn a_sum_holds_until_one_interval_before_a_process_joins_or_leaves() {
        let processes = [process(&[(10, 5), (200, 5)], 210), process(&[(90, 3), (100, 4)], 140)];
        let points = [(10, 5), (80, 5), (90, 8), (100, 9), (130, 9), (140, 5), (200, 5), (210, 5)];
        assert_eq!(sum(&processes, RSS, Some(10)), points);
        let soon = [process(&[(10, 5), (25, 5)], 30), process(&[(25, 3)], 30)];
        assert_eq!(sum(&soon, RSS, Some(10)), [(10, 5), (25, 8), (30, 8)]);
    }

    #[test]
    fn without_a_known_interval_who_joins_makes_a_step() {
        let processes = [process(&[(10, 5), (100, 5)], 100), process(&[(90, 3)], 100)];
        assert_eq!(sum(&processes, RSS, None), [(10, 5), (90, 5), (90, 8), (100, 8)]);
    }

    #[test]
    fn the_sum_of_one_process_is_its_own_curve() {
        // Between 20 and 90 no reading could be taken.
        let alone = process(&[(10, 5), (20, 5), (90, 8), (100, 2)], 104);
        let own: Vec<(u64, u64)> = points_of(&alone, Metric::Rss).collect();
        assert_eq!(sum([&alone], RSS, Some(10)), own);
    }

    #[test]
    fn a_sum_begins_with_the_first_process_and_ends_with_the_last() {
        let processes = [process(&[(10, 5)], 20), process(&[(30, 7)], 40), process(&[(5, 0)], 50)];
        assert_eq!(sum(&processes, RSS, Some(10)), [(10, 5), (20, 0), (30, 7), (40, 7)]);
        assert_eq!(sum([], RSS, Some(10)), []);
    }
}
