//! The memory of a run times the time that it was held: what a run cost a machine that others want to use too.

use crate::metric::Metric;
use crate::recording::{Process, Recording};

impl Recording {
    /// The area below the curve of the whole run, in bytes times nanoseconds; `None` when nothing was read.
    ///
    /// Between two readings of a process its curve is a straight line, and its last reading holds until it left.
    #[must_use]
    pub fn area_byte_ns(&self) -> Option<u128> {
        let all = if self.has_tree() { &self.processes[..] } else { self.processes.get(..1)? };
        let areas: Vec<u128> = all.iter().filter_map(area_byte_ns).collect();
        (!areas.is_empty()).then(|| areas.into_iter().fold(0, u128::saturating_add))
    }

    /// The mean memory of the whole run over its duration, in bytes.
    #[must_use]
    pub fn mean_bytes(&self) -> Option<u64> {
        let duration_ns = u128::from(self.duration_ns());
        u64::try_from(self.area_byte_ns()?.checked_div(duration_ns)?).ok()
    }
}

fn area_byte_ns(process: &Process) -> Option<u128> {
    let mut readings = process.samples.iter(Metric::Rss);
    let mut last = readings.next()?;
    // Twice the area, so that no half is lost.
    let mut doubled = 0_u128;
    for (at_ns, bytes) in readings {
        let sum_bytes = u128::from(last.1) + u128::from(bytes);
        doubled = doubled.saturating_add(u128::from(at_ns.saturating_sub(last.0)).saturating_mul(sum_bytes));
        last = (at_ns, bytes);
    }
    let held_ns = process.left.map_or(0, |(left_ns, _)| left_ns.saturating_sub(last.0));
    Some((doubled / 2).saturating_add(u128::from(held_ns) * u128::from(last.1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Departure, Finish, Pid, Start};
    use crate::metric::Bytes;

    fn process(number: u32, readings: &[(u64, u64)], left_ns: u64) -> Process {
        let mut process = Process { pid: Some(Pid::from(number)), ..Process::default() };
        for &(at_ns, bytes) in readings {
            process.samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
        }
        Process { left: Some((left_ns, Departure::default())), ..process }
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
    fn nothing_read_is_not_zero() {
        assert_eq!(Recording::default().mean_bytes(), None);
        let unread = Recording { processes: vec![process(1, &[], 5)], ..Recording::default() };
        assert_eq!(unread.area_byte_ns(), None);
        let moment = Recording { processes: vec![process(1, &[(0, 7)], 0)], ..Recording::default() };
        assert_eq!((moment.area_byte_ns(), moment.mean_bytes()), (Some(0), None));
    }
}
