//! Calls that are not over when a recording ends, and the memory at the ends of all calls.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use crate::call::{Call, Cut, Entry, SHELL};
use crate::metric::Metric;
use crate::pid::Pid;
use crate::recording::{Process, Recording};
use crate::samples::Samples;
use crate::window;

impl Recording {
    /// Ends the calls that nobody has ended: the recorder was cut off before it could. Those of a process that had left
    /// by then ended with it.
    pub(crate) fn cut_open_calls(&mut self, open: Vec<(u64, Entry)>, now_ns: u64) {
        let pids: HashSet<Pid> = open.iter().map(|(_, entry)| entry.caller.pid).collect();
        let left = self.processes.iter().filter_map(|process| Some((process.pid?, process.left.at_ns()?)));
        let left: HashMap<Pid, u64> = left.filter(|(pid, _)| pids.contains(pid)).collect();
        let cut = open.into_iter().map(|(from_ns, entry)| match left.get(&entry.caller.pid) {
            Some(&left_ns) => entry.cut(from_ns, left_ns, Cut::Process),
            None => entry.cut(from_ns, now_ns, Cut::Recording),
        });
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
            let process = processes.get(&caller.pid);
            call.from_bytes = process.and_then(|process| process.rss_at_entry(call));
            call.to_bytes = process.and_then(|process| process.samples.rss_by(call.to_ns));
        }
    }
}

impl Process {
    /// What it had when a call of its own began. Before its first reading that is not known, since it may have come to
    /// be long before it was found. Only a command that is a phase was started for it, and had nothing.
    #[must_use]
    pub fn rss_at_entry(&self, call: &Call) -> Option<u64> {
        let first_ns = *self.samples.times_ns().first()?;
        if first_ns <= call.from_ns {
            return self.samples.rss_by(call.from_ns);
        }
        let is_command = call.level == 0 && call.caller.as_ref().is_some_and(|it| it.task == SHELL);
        let is_begun = self.joined_ns.is_some_and(|joined_ns| joined_ns >= call.from_ns);
        (is_command && is_begun && first_ns <= call.to_ns).then_some(0)
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
    use crate::call::Caller;
    use crate::event::Departure;
    use crate::left::Left;
    use crate::metric::Bytes;

    /// What a process had at the entry of a call of its own, when it was first read at 20.
    fn at_entry(task: &str, joined_ns: Option<u64>, from_ns: u64, to_ns: u64) -> Option<u64> {
        let mut process = Process { joined_ns, ..Process::default() };
        process.samples.push(20, &Bytes::default().with(Metric::Rss, 300));
        let caller = Some(Caller { pid: Pid::from(7), task: task.to_owned() });
        process.rss_at_entry(&Call { caller, from_ns, to_ns, ..Call::default() })
    }

    #[test]
    fn what_a_process_had_before_its_first_reading_is_not_known() {
        assert_eq!(at_entry("main", Some(20), 12, 50), None);
        assert_eq!(at_entry("main", Some(20), 20, 50), Some(300));
        assert_eq!(Process::default().rss_at_entry(&Call::default()), None);
    }

    #[test]
    fn a_command_that_is_a_phase_had_nothing() {
        assert_eq!(at_entry(SHELL, Some(20), 12, 50), Some(0));
        assert_eq!(at_entry(SHELL, Some(20), 20, 50), Some(300));
        // A shell that was there before, and a command that was over when it was read.
        assert_eq!(at_entry(SHELL, Some(10), 12, 50), None);
        assert_eq!(at_entry(SHELL, None, 12, 50), None);
        assert_eq!(at_entry(SHELL, Some(20), 12, 15), None);
    }

    #[test]
    fn calls_of_a_process_that_left_ended_with_it() {
        let left = Process {
            pid: Some(Pid::from(7)),
            left: Left::at(30, Departure::default()),
            ..Process::default()
        };
        let mut recording = Recording { processes: vec![left], ..Recording::default() };
        let entry = |number| Entry {
            id: 0,
            name: "x".to_owned(),
            caller: Caller { pid: Pid::from(number), task: "a".to_owned() },
            level: 0,
        };
        recording.cut_open_calls(vec![(5, entry(7)), (6, entry(8))], 90);
        let ends: Vec<_> = recording.calls.iter().map(|call| (call.to_ns, call.cut)).collect();
        assert_eq!(ends, [(30, Some(Cut::Process)), (90, Some(Cut::Recording))]);
    }

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
