//! Calls that are not over when a recording ends, and the memory at the ends of all calls.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::call::{Call, Cut, Entry};
use crate::metric::Metric;
use crate::pid::Pid;
use crate::recording::{Process, Recording};
use crate::samples::Samples;
use crate::window;

impl Recording {
    /// Ends the calls that nobody has ended: the recorder was cut off before it could.
    pub(crate) fn cut_open_calls(&mut self, open: Vec<(u64, Entry)>, now_ns: u64) {
        let cut = open.into_iter().map(|(from_ns, entry)| entry.cut(from_ns, now_ns, Cut::Recording));
        self.calls.extend(cut);
    }

    /// Puts calls and moments in order, and gives each call the memory that its process had by its readings: what came
    /// after an end belongs to what came next.
    pub(crate) fn settle_calls(&mut self) {
        // Of two that began at one time, the one that encloses the other comes first.
        self.calls.sort_by_cached_key(|call| (call.from_ns, call.level, Reverse(call.to_ns)));
        self.moments.sort_by_cached_key(|moment| moment.at_ns);
        let processes = callers(&self.calls, &self.processes);
        for call in &mut self.calls {
            let Some(caller) = &call.caller else { continue };
            let samples = processes.get(&caller.pid).map(|process| &process.samples);
            call.from_bytes = samples.and_then(|samples| samples.rss_by(call.from_ns));
            call.to_bytes = samples.and_then(|samples| samples.rss_by(call.to_ns));
        }
    }
}

impl Samples {
    /// The last resident set that was read up to a time; before the first reading, that one.
    #[must_use]
    pub fn rss_by(&self, at_ns: u64) -> Option<u64> {
        let n_read = self.times_ns().partition_point(|&it| it <= at_ns);
        self.get(n_read.saturating_sub(1), Metric::Rss)
    }

    /// The resident set at a time: on the straight line between two readings, or the nearest one outside of them.
    #[must_use]
    pub fn rss_at(&self, at_ns: u64) -> Option<u64> {
        let times_ns = self.times_ns();
        let idx = times_ns.partition_point(|&it| it <= at_ns);
        let point = |idx: usize| Some((*times_ns.get(idx)?, self.get(idx, Metric::Rss)?));
        let before = idx.checked_sub(1).and_then(point);
        match (before, point(idx)) {
            (Some(before), Some(next)) => Some(window::exactly_between(before, next, at_ns)),
            (one, other) => one.or(other).map(|(_, bytes)| bytes),
        }
    }
}

/// The processes that called: of millions, most call nothing.
pub(crate) fn callers<'a>(calls: &[Call], processes: &'a [Process]) -> HashMap<Pid, &'a Process> {
    let pids: HashSet<Pid> = calls.iter().filter_map(|call| Some(call.caller.as_ref()?.pid)).collect();
    let of_callers = processes.iter().filter(|process| process.pid.is_some_and(|pid| pids.contains(&pid)));
    of_callers.filter_map(|process| Some((process.pid?, process))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::Bytes;

    #[test]
    fn what_is_read_after_a_time_does_not_count_before_it() {
        let mut samples = Samples::default();
        assert_eq!(samples.rss_by(5), None);
        for (at_ns, bytes) in [(10, 100), (20, 300), (20, 400), (30, 0)] {
            samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
        }
        for (at_ns, bytes) in [(0, 100), (15, 100), (20, 400), (29, 400), (99, 0)] {
            assert_eq!(samples.rss_by(at_ns), Some(bytes), "{at_ns}");
        }
    }

    #[test]
    fn memory_between_readings_lies_on_the_line_and_outside_it_is_the_nearest() {
        let mut samples = Samples::default();
        assert_eq!(samples.rss_at(5), None);
        for (at_ns, bytes) in [(10, 100), (20, 300), (20, 400), (30, 0)] {
            samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
        }
        let cases = [(0, 100), (10, 100), (15, 200), (20, 400), (25, 200), (30, 0), (99, 0)];
        for (at_ns, bytes) in cases {
            assert_eq!(samples.rss_at(at_ns), Some(bytes), "{at_ns}");
        }
    }
}
