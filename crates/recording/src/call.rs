//! What a program tells of itself while it runs: calls of its phases, and moments.
//!
//! A phase is a name; a call is one time that it was gone through. How the telling comes to us is the probe's business,
//! how it is written the format's. What memory a call used is derived from readings.

use crate::event::Pid;
use crate::recording::{Process, Recording};
use crate::samples::Samples;
use std::cmp::Reverse;
use std::collections::HashMap;

/// One call of a phase, or of a function that Python's memory_profiler marked (a `FUNC` line).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The phase's name, such as `load`, or a function's full name, such as `__main__.load`.
    pub name: String,
    /// Whose call it is; absent in files of mprof.
    pub caller: Option<Caller>,
    /// Time of its entry, in nanoseconds since the run started.
    pub from_ns: u64,
    /// Time of its exit.
    pub to_ns: u64,
    /// Resident set of its process at its entry, where that was read.
    pub from_bytes: Option<u64>,
    /// Resident set of its process at its exit.
    pub to_bytes: Option<u64>,
    /// How many calls of the same task enclose it.
    pub level: u32,
    /// What ended it when the program did not.
    pub cut: Option<Cut>,
}

impl Call {
    /// Its name, as mprof can read it.
    #[must_use]
    pub fn name_in_mprof(&self) -> String {
        crate::dat::shown_name(&self.name)
    }
}

/// In whose stack a call nests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The process.
    pub pid: Pid,
    /// A thread of it, or whatever else runs one thing at a time: the program's own word.
    pub task: String,
}

/// What ended a call that was not left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Its process ended.
    Process,
    /// The recording ended.
    Recording,
}

impl Cut {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Process, Self::Recording];

    /// The word in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Recording => "recording",
        }
    }
}

/// A call that is not over. Its number relates what is told of it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Tells it from all other calls of the run.
    pub id: u64,
    /// The phase's name.
    pub name: String,
    /// Whose call it is.
    pub caller: Caller,
    /// How many calls of the same task enclose it.
    pub level: u32,
}

/// A moment that the program marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When, in nanoseconds since the run started.
    pub at_ns: u64,
    /// What it is called.
    pub name: String,
    /// Who marked it.
    pub caller: Caller,
}

impl Entry {
    /// The call, as it looks when something other than the program ends it.
    #[must_use]
    pub fn cut(self, from_ns: u64, to_ns: u64, cut: Cut) -> Call {
        let to_ns = to_ns.max(from_ns);
        let Self { name, caller, level, .. } = self;
        let (caller, cut) = (Some(caller), Some(cut));
        Call { name, caller, from_ns, to_ns, level, cut, ..Call::default() }
    }
}

impl Recording {
    /// Ends the calls that nobody has ended: the recorder was cut off before it could.
    pub(crate) fn cut_open_calls(&mut self, now_ns: u64) {
        let open = self.open_calls.drain(..);
        self.calls.extend(open.map(|(from_ns, entry)| entry.cut(from_ns, now_ns, Cut::Recording)));
    }

    /// Puts calls and moments in order, and gives each call the memory that its process had by its readings.
    pub(crate) fn settle_calls(&mut self) {
        // Of two that began at one time, the one that encloses the other comes first.
        self.calls.sort_by_key(|call| (call.from_ns, call.level, Reverse(call.to_ns)));
        self.moments.sort_by_key(|moment| moment.at_ns);
        let processes: HashMap<Pid, &Process> =
            self.processes.iter().filter_map(|process| Some((process.pid?, process))).collect();
        for call in &mut self.calls {
            let Some(caller) = &call.caller else { continue };
            let samples = processes.get(&caller.pid).map(|process| &process.samples);
            call.from_bytes = samples.and_then(|samples| samples.rss_at(call.from_ns));
            call.to_bytes = samples.and_then(|samples| samples.rss_at(call.to_ns));
        }
    }
}

impl Samples {
    /// The resident set at a time: on the straight line between two readings, or the nearest one outside of them.
    #[must_use]
    pub fn rss_at(&self, at_ns: u64) -> Option<u64> {
        let times_ns = self.times_ns();
        let idx = times_ns.partition_point(|&it| it <= at_ns);
        let point = |idx: usize| Some((*times_ns.get(idx)?, self.get(idx, crate::metric::Metric::Rss)?));
        let before = idx.checked_sub(1).and_then(point);
        match (before, point(idx)) {
            (Some(before), Some(next)) => Some(between(before, next, at_ns)),
            (one, other) => one.or(other).map(|(_, bytes)| bytes),
        }
    }
}

/// The value at a time on the straight line between two points; that of the nearer point outside of them.
pub(crate) fn between(before: (u64, u64), next: (u64, u64), at_ns: u64) -> u64 {
    let (from_ns, to_ns) = (before.0, next.0.max(before.0));
    let at_ns = at_ns.clamp(from_ns, to_ns);
    if from_ns == to_ns {
        return next.1;
    }
    let (done, left) = (u128::from(at_ns - from_ns), u128::from(to_ns - at_ns));
    let weighed = u128::from(before.1) * left + u128::from(next.1) * done;
    (weighed / u128::from(to_ns - from_ns)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Bytes, Metric};

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
        assert_eq!(between((0, u64::MAX), (u64::MAX, u64::MAX), 7), u64::MAX);
    }
}
