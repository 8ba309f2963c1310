//! Sums of processes as curves, and what is known of a recording's ends.

use crate::chart::{Ink, Mark, Point, Series, Spike};
use crate::view::{Cut, View};
use mprof_recording::metric::Metric;
use mprof_recording::total::Moment;
use mprof_recording::{Process, Recording};
use std::ops::Range;

/// A sum of processes that becomes a curve, moment by moment.
pub(crate) struct SumCurve {
    joining: Joining,
    cut: Cut,
}

/// A sum at a moment, and whether what is summed up begins or ceases to count then.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sum {
    pub(crate) at_ns: u64,
    pub(crate) bytes: u64,
    pub(crate) is_step: bool,
}

/// Makes points of sums, such that straight lines may join them.
///
/// Between two readings of the same processes a straight line is right, as it is for each of them. What joins or leaves
/// makes a step: the sum holds until one interval before, or until then where no interval is known. The sum begins
/// with the first process and ends with the last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Joining {
    interval_ns: Option<u64>,
    /// The last point.
    last: Option<(u64, u64)>,
    /// The first and the last of the moments before the first point, at which there was nothing yet.
    nothing_yet: Option<(u64, u64)>,
    /// The first and the last of the moments behind the last point at which there is nothing.
    nothing: Option<(Sum, u64)>,
    /// When the stack begins that this is the edge of a layer of. A layer that begins later or ends sooner comes from
    /// zero and goes back to it, as the sum of them all rises and falls.
    stack_from_ns: Option<u64>,
}

impl Sum {
    /// What some parts come to at a moment, if anything of them changes then.
    pub(crate) fn of(moment: &Moment, parts: Range<usize>) -> Option<Self> {
        let sum = || Self {
            at_ns: moment.at_ns,
            bytes: moment.sum_of(parts.clone()),
            is_step: moment.is_step(parts.clone()),
        };
        moment.has_changed(parts.clone()).then(sum)
    }
}

impl SumCurve {
    pub(crate) fn new(view: &View) -> Self {
        Self { joining: Joining::new(view.interval_ns), cut: view.cut() }
    }

    pub(crate) fn take(&mut self, sum: Sum) {
        let Self { joining, cut } = self;
        joining.take(sum, |point| cut.push(point));
    }

    /// It is the edge of a layer of a stack that begins at a time.
    pub(crate) fn stacked_from(&mut self, at_ns: u64) {
        self.joining.stack_from_ns.get_or_insert(at_ns);
    }

    /// When the curve ends, as far as it has come.
    pub(crate) fn end_ns(&self) -> u64 {
        let last_ns = self.joining.last.map_or(0, |(at_ns, _)| at_ns);
        self.joining.nothing.map_or(last_ns, |(first, _)| first.at_ns)
    }

    /// The points of the curve. A layer of a stack knows when that ends.
    pub(crate) fn points(mut self, stack_to_ns: u64) -> Vec<Point> {
        let Self { joining, cut } = &mut self;
        joining.finish(stack_to_ns, |point| cut.push(point));
        self.cut.finish()
    }

    /// The curve where it is not stacked.
    pub(crate) fn series(self, name: String, ink: Ink, view: &View) -> Series {
        view.drawn(self.points(0), name, ink)
    }
}

impl Joining {
    pub(crate) fn new(interval_ns: Option<u64>) -> Self {
        Self { interval_ns, ..Self::default() }
    }

    /// Takes in the sum of the next moment, and gives the points that follow from it.
    pub(crate) fn take(&mut self, sum: Sum, mut give: impl FnMut((u64, u64))) {
        if sum.bytes == 0 {
            match (&mut self.nothing, self.last) {
                (_, None) => {
                    self.nothing_yet = Some((self.nothing_yet.unwrap_or((sum.at_ns, 0)).0, sum.at_ns));
                }
                (Some((_, last_ns)), _) => *last_ns = sum.at_ns,
                (nothing, _) => *nothing = Some((sum, sum.at_ns)),
            }
            return;
        }
        if let Some((first, last_ns)) = self.nothing.take() {
            self.point(first, &mut give);
            if last_ns > first.at_ns {
                self.point(Sum { at_ns: last_ns, bytes: 0, is_step: false }, &mut give);
            }
        }
        let is_later = self.stack_from_ns.is_some_and(|from_ns| from_ns < sum.at_ns);
        if self.last.is_none() && is_later {
            let zero = (self.nothing_yet.map_or(0, |(_, last_ns)| last_ns), 0);
            let held = holding(zero, (sum.at_ns, sum.bytes), self.interval_ns).filter(|_| sum.is_step);
            let (at_ns, bytes) = held.unwrap_or(zero);
            self.point(Sum { at_ns, bytes, is_step: false }, &mut give);
        }
        self.point(sum, &mut give);
    }

    /// Gives the points at the end. What was nothing all the time is a line, unless it is in a stack.
    pub(crate) fn finish(&mut self, stack_to_ns: u64, mut give: impl FnMut((u64, u64))) {
        if let (None, None, Some((first_ns, last_ns))) = (self.last, self.stack_from_ns, self.nothing_yet) {
            [first_ns, last_ns].into_iter().for_each(|at_ns| give((at_ns, 0)));
        }
        let (Some((first, _)), Some((_, bytes))) = (self.nothing.take(), self.last) else { return };
        let is_sooner = |from_ns| from_ns < first.at_ns && first.at_ns < stack_to_ns;
        match self.stack_from_ns.is_some_and(is_sooner) {
            true => self.point(first, &mut give),
            false => give((first.at_ns, bytes)),
        }
    }

    fn point(&mut self, sum: Sum, give: &mut impl FnMut((u64, u64))) {
        let point = (sum.at_ns, sum.bytes);
        let before = self.last.replace(point).filter(|_| sum.is_step);
        before.and_then(|before| holding(before, point, self.interval_ns)).into_iter().for_each(&mut *give);
        give(point);
    }
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
    first_ns.into_iter().chain(process.left.at_ns())
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
    use mprof_recording::Left;
    use mprof_recording::event::Departure;
    use mprof_recording::metric::Bytes;
    use mprof_recording::total::{Parts, sum_up};

    fn sum<'a>(
        processes: impl IntoIterator<Item = &'a Process>,
        interval_ns: Option<u64>,
    ) -> Vec<(u64, u64)> {
        let processes: Vec<&Process> = processes.into_iter().collect();
        let (mut joining, mut points) = (Joining::new(interval_ns), Vec::new());
        sum_up(&processes, Parts::Metrics(&[Metric::Rss]), |moment| {
            let sum = Sum::of(moment, 0..1).expect("every moment changes the only part");
            joining.take(sum, |point| points.push(point));
        });
        joining.finish(0, |point| points.push(point));
        points
    }

    /// A process with readings, which left at a time.
    fn process(readings: &[(u64, u64)], left_ns: u64) -> Process {
        let mut process = Process { left: Left::at(left_ns, Departure::default()), ..Process::default() };
        for &(at_ns, bytes) in readings {
            process.samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
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
        let own: Vec<(u64, u64)> = points_of(&alone, Metric::Rss).collect();
        assert_eq!(sum([&alone], Some(10)), own);
    }

    #[test]
    fn a_sum_begins_with_the_first_process_and_ends_with_the_last() {
        let processes = [process(&[(10, 5)], 20), process(&[(30, 7)], 40), process(&[(5, 0)], 50)];
        assert_eq!(sum(&processes, Some(10)), [(10, 5), (20, 0), (30, 7), (40, 7)]);
        assert_eq!(sum([], Some(10)), []);
        assert_eq!(sum(&[process(&[(5, 0), (9, 0)], 50)], Some(10)), [(5, 0), (50, 0)]);
        let again = [process(&[(10, 5)], 20), process(&[(30, 0), (40, 0)], 45), process(&[(50, 3)], 60)];
        assert_eq!(sum(&again, Some(10)), [(10, 5), (20, 0), (45, 0), (50, 3), (60, 3)]);
    }
}
