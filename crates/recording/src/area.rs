//! The memory of a run times the time that it was held: what a run cost a machine that others want to use too.

use crate::metric::Metric;
use crate::recording::{Process, Recording};
use crate::samples::Samples;
use crate::window;

/// Gathers what lies below a curve, point by point, where it was read.
#[derive(Clone, Copy, Debug)]
pub struct Area<'a> {
    gaps_ns: &'a [(u64, u64)],
    before: Option<(u64, u64)>,
    /// Twice the area, so that no half is lost.
    doubled: u128,
    is_read: bool,
}

impl<'a> Area<'a> {
    /// Below a curve that tells nothing of some stretches, which are in order and apart from each other.
    #[must_use]
    pub fn outside(gaps_ns: &'a [(u64, u64)]) -> Self {
        Self { gaps_ns, before: None, doubled: 0, is_read: false }
    }

    /// Takes in the next point, to which a straight line leads.
    pub fn take(&mut self, point: (u64, u64)) {
        self.is_read |= !is_within(self.gaps_ns, point.0);
        let Some(before) = self.before.replace(point) else { return };
        let first = self.gaps_ns.partition_point(|gap| gap.1 <= before.0);
        let gaps = self.gaps_ns[first..].iter().take_while(|gap| gap.0 < point.0);
        let at = |at_ns: u64| (at_ns, window::exactly_between(before, point, at_ns));
        let unread = gaps.map(|gap| doubled(at(gap.0.max(before.0)), at(gap.1.min(point.0))));
        let unread = unread.fold(0, u128::saturating_add);
        self.doubled = self.doubled.saturating_add(doubled(before, point).saturating_sub(unread));
    }

    /// What lies below it, in bytes times nanoseconds; `None` when nothing was read.
    #[must_use]
    pub fn byte_ns(&self) -> Option<u128> {
        self.is_read.then_some(self.doubled / 2)
    }
}

/// Twice what lies below a line.
fn doubled(from: (u64, u64), to: (u64, u64)) -> u128 {
    let sum_bytes = u128::from(from.1) + u128::from(to.1);
    u128::from(to.0.saturating_sub(from.0)).saturating_mul(sum_bytes)
}

/// Whether a time is in the midst of one of some stretches, which are in order and apart from each other.
#[must_use]
pub fn is_within(gaps_ns: &[(u64, u64)], at_ns: u64) -> bool {
    let place = gaps_ns.partition_point(|gap| gap.1 <= at_ns);
    gaps_ns.get(place).is_some_and(|gap| gap.0 < at_ns)
}

/// What of the time from one moment to another lies outside of some stretches.
#[must_use]
pub fn read_ns(gaps_ns: &[(u64, u64)], from_ns: u64, to_ns: u64) -> u64 {
    let within = gaps_ns.iter().map(|gap| gap.1.min(to_ns).saturating_sub(gap.0.max(from_ns)));
    to_ns.saturating_sub(from_ns).saturating_sub(within.sum())
}

impl Recording {
    /// The area below the curve of the whole run, in bytes times nanoseconds; `None` when nothing was read.
    ///
    /// Between two readings of a process its curve is a straight line, and its last reading holds until it left. Of
    /// stretches in which nothing was read there is no curve.
    #[must_use]
    pub fn area_byte_ns(&self) -> Option<u128> {
        self.area_outside(&self.gaps())
    }

    fn area_outside(&self, gaps_ns: &[(u64, u64)]) -> Option<u128> {
        let all = if self.has_tree() { &self.processes[..] } else { self.processes.get(..1)? };
        // Where a function began and ended, mprof read more often than at its ticks.
        let at_ticks = self.readings_of_mem_lines();
        let root = at_ticks.iter().chain(self.root().map(|root| &root.samples)).next();
        let samples = root.into_iter().chain(all.iter().skip(1).map(|process| &process.samples));
        let areas = all.iter().zip(samples).filter_map(|(it, samples)| area_byte_ns(samples, it, gaps_ns));
        let areas: Vec<u128> = areas.collect();
        (!areas.is_empty()).then(|| areas.into_iter().fold(0, u128::saturating_add))
    }

    /// The mean memory of the whole run over the time in which it was read, in bytes.
    #[must_use]
    pub fn mean_bytes(&self) -> Option<u64> {
        let gaps_ns = self.gaps();
        let read_ns = u128::from(read_ns(&gaps_ns, 0, self.duration_ns()));
        u64::try_from(self.area_outside(&gaps_ns)?.checked_div(read_ns)?).ok()
    }
}

fn area_byte_ns(samples: &Samples, process: &Process, gaps_ns: &[(u64, u64)]) -> Option<u128> {
    let mut area = Area::outside(gaps_ns);
    let mut last_bytes = None;
    for (at_ns, bytes) in samples.iter(Metric::Rss) {
        area.take((at_ns, bytes));
        last_bytes = Some(bytes);
    }
    let last_ns = samples.times_ns().last().copied().unwrap_or(0);
    let left_ns = process.left.at_ns().filter(|&left_ns| left_ns > last_ns);
    left_ns.zip(last_bytes).into_iter().for_each(|held| area.take(held));
    area.byte_ns()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Left;
    use crate::event::{Departure, Finish, Pid, Start};
    use crate::metric::Bytes;

    fn process(number: u32, readings: &[(u64, u64)], left_ns: u64) -> Process {
        let mut process = Process { pid: Some(Pid::from(number)), ..Process::default() };
        for &(at_ns, bytes) in readings {
            process.samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
        }
        Process { left: Left::at(left_ns, Departure::default()), ..process }
    }

    #[test]
    fn each_process_adds_what_lies_below_its_own_curve() {
        let root = process(1, &[(0, 10), (10, 20), (20, 20)], 30);
        let end = Some((40, Finish::default()));
        let alone = Recording { processes: vec![root.clone()], end: end.clone(), ..Recording::default() };
        assert_eq!((alone.area_byte_ns(), alone.mean_bytes()), (Some(150 + 200 + 200), Some(13)));
        let start = Start { recorder: Some(String::new()), ..Start::default() };
        let processes = vec![root, process(2, &[(5, 4)], 15)];
        let tree = Recording { start, processes, end, ..Recording::default() };
        assert_eq!(tree.area_byte_ns(), Some(590));
    }

    #[test]
    fn of_a_stretch_in_which_nothing_was_read_there_is_neither_area_nor_mean() {
        let mut root = process(1, &[(0, 10), (10, 10), (90, 30), (100, 30)], 100);
        root.silences_ns.push((10, 90));
        let start = Start { recorder: Some(String::new()), ..Start::default() };
        let end = Some((100, Finish::default()));
        let alone = Recording { start, processes: vec![root], end, ..Recording::default() };
        assert_eq!((alone.area_byte_ns(), alone.mean_bytes()), (Some(400), Some(20)));
        // Another's line leads through it.
        let mut tree = alone;
        let mut other = process(2, &[(5, 0), (10, 5), (100, 95)], 100);
        other.silences_ns.push((10, 100));
        tree.processes.push(other);
        assert_eq!(tree.area_byte_ns(), Some(400 + 12 + 900));
    }

    #[test]
    fn a_window_in_the_midst_of_such_a_stretch_was_not_read() {
        let gaps_ns = [(10, 90)];
        let area = |points: &[(u64, u64)]| {
            let mut area = Area::outside(&gaps_ns);
            points.iter().for_each(|&point| area.take(point));
            area.byte_ns()
        };
        assert_eq!(area(&[(30, 5), (60, 5)]), None);
        assert_eq!(area(&[(30, 5), (90, 5), (100, 5)]), Some(50));
        assert_eq!(read_ns(&gaps_ns, 30, 100), 10);
    }

    #[test]
    fn nothing_read_is_not_zero() {
        assert_eq!(Recording::default().mean_bytes(), None);
        let unread = Recording { processes: vec![process(1, &[], 5)], ..Recording::default() };
        assert_eq!(unread.area_byte_ns(), None);
        let moment = Recording { processes: vec![process(1, &[(0, 7)], 0)], ..Recording::default() };
        assert_eq!((moment.area_byte_ns(), moment.mean_bytes()), (Some(0), None));
    }
}
