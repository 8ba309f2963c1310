//! The memory of a whole tree of processes: what it is not above, what it is not below, and what it is.
//!
//! The sum of resident sets counts a shared page once for each process that maps it, so it is an upper bound at each
//! sampled moment. The sum of proportional sets counts it once. The largest process is a lower bound.

mod largest;
mod merge;
mod moments;
mod peaks;
mod reach;

use std::collections::BTreeMap;

use moments::SetSum;
pub use moments::{Moment, Parts, sum_up};
pub use peaks::Peaks;
pub(crate) use peaks::Witness;
use reach::Known;

use crate::event::{Departure, Pid};
use crate::metric::{Bytes, Metric};
use crate::peak::{Peak, PeakKind};
use crate::recording::{Process, Recording};

/// A value and when it was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct At {
    /// Nanoseconds since the run started.
    pub at_ns: u64,
    /// How much.
    pub bytes: u64,
}

impl At {
    pub(crate) fn peak(self, kind: PeakKind) -> Peak {
        Peak { bytes: self.bytes, at_ns: Some(self.at_ns), kind }
    }
}

/// Sums up a tree, reading by reading in order of time. It takes as much room as there are processes alive.
#[derive(Debug, Default)]
pub struct Total {
    alive: BTreeMap<Pid, Known>,
    /// When those joined that were not read yet.
    joined: BTreeMap<Pid, u64>,
    pss: SetSum,
    uss: SetSum,
    now: Moment,
    peaks: Peaks,
}

impl Total {
    /// Takes in a reading. Those of one tick have one time, and are summed up when the next time comes.
    pub fn sample(&mut self, at_ns: u64, pid: Pid, bytes: &Bytes) {
        self.advance(at_ns);
        let [rss_bytes, mark_bytes] = [Metric::Rss, Metric::Hwm].map(|metric| bytes.get(metric).unwrap_or(0));
        let now = Known { rss_bytes, mark_bytes };
        let before = self.alive.insert(pid, now);
        if before.is_none() {
            self.now.n_alive += 1;
            self.joined.remove(&pid);
        }
        self.now.reach.change(before.unwrap_or_default(), now, now);
        self.pss.add(bytes.get(Metric::Pss));
        self.uss.add(bytes.get(Metric::Uss));
    }

    /// A process is there, and was not read yet.
    pub fn joined(&mut self, at_ns: u64, pid: Pid) {
        self.joined.insert(pid, at_ns);
    }

    /// A process is gone.
    pub fn left(&mut self, at_ns: u64, pid: Pid, departure: &Departure) {
        self.advance(at_ns);
        let joined_ns = self.joined.remove(&pid).unwrap_or(0);
        if let Some(before) = self.alive.remove(&pid) {
            self.now.n_alive -= 1;
            self.now.reach.change(before, before.at_exit(departure), Known::default());
        } else if departure.hwm_bytes.is_some() {
            self.now.reach.came_and_went(joined_ns, at_ns, Known::of_unread(departure));
        }
    }

    /// Sums up the moment that is over when time goes on.
    pub fn advance(&mut self, at_ns: u64) {
        if at_ns == self.now.at_ns {
            return;
        }
        let sets = [&mut self.pss, &mut self.uss].map(|set| std::mem::take(set).whole(self.now.n_alive));
        [self.now.pss_bytes, self.now.uss_bytes] = sets;
        self.peaks.see(&self.now);
        self.now.at_ns = at_ns;
        self.now.reach.begin();
    }

    /// The highest sums of the moments that are over.
    #[must_use]
    pub fn peaks(&self) -> Peaks {
        self.peaks
    }
}

impl Recording {
    /// The sum of resident sets over time: a value at each moment at which it may have changed.
    #[must_use]
    pub fn total_curve(&self) -> Vec<At> {
        let mut curve = Vec::new();
        self.sum_up(|moment| curve.push(At { at_ns: moment.at_ns, bytes: moment.sum_of(0..1) }));
        curve
    }

    /// The sum of proportional or of unique sets, at the moments at which every process was read. Between them it is
    /// unknown.
    #[must_use]
    pub fn set_curve(&self, set: Metric) -> Vec<At> {
        let mut curve = Vec::new();
        if self.processes.iter().any(|process| process.samples.runs(set).next().is_some()) {
            self.sum_up(|moment| {
                let bytes = if set == Metric::Uss { moment.uss_bytes } else { moment.pss_bytes };
                curve.extend(bytes.map(|bytes| At { at_ns: moment.at_ns, bytes }));
            });
        }
        curve
    }

    /// Sums up every reading in order of time.
    pub(crate) fn sum_up(&self, mut each: impl FnMut(&Moment)) -> Peaks {
        let processes: Vec<&Process> = self.processes.iter().collect();
        let mut peaks = Peaks::default();
        sum_up(&processes, Parts::Metrics(&[Metric::Rss]), |moment| {
            peaks.see(moment);
            each(moment);
        });
        peaks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Left;
    use crate::event::{Departure, Event, Kind};

    fn sample(at_ns: u64, pid: u32, rss_bytes: u64, pss_bytes: Option<u64>) -> Event {
        let mut bytes = Bytes::default().with(Metric::Rss, rss_bytes);
        bytes.set(Metric::Pss, pss_bytes);
        Event { at_ns, kind: Kind::Sample { pid: pid.into(), bytes } }
    }

    /// The processes of some events, in the order in which they come.
    fn recording(events: &[Event]) -> Recording {
        let mut processes: Vec<Process> = Vec::new();
        for Event { at_ns, kind } in events {
            let (Kind::Sample { pid, .. } | Kind::Left { pid, .. }) = kind else { continue };
            let known = processes.iter().position(|process| process.pid == Some(*pid));
            let place = known.unwrap_or(processes.len());
            if known.is_none() {
                processes.push(Process { pid: Some(*pid), ..Process::default() });
            }
            match kind {
                Kind::Sample { bytes, .. } => processes[place].samples.push(*at_ns, bytes),
                _ => processes[place].left = Left::at(*at_ns, Departure::default()),
            }
        }
        Recording { processes, ..Recording::default() }
    }

    #[test]
    fn one_moment_is_one_sum_and_what_left_counts_no_more() {
        let left = Event { at_ns: 25, kind: Kind::Left { pid: 2.into(), departure: Departure::default() } };
        let events = [
            sample(10, 1, 5, None),
            sample(10, 2, 7, None),
            sample(20, 1, 6, None),
            left,
            sample(30, 1, 8, None),
        ];
        let curve = recording(&events).total_curve();
        let pairs: Vec<(u64, u64)> = curve.iter().map(|at| (at.at_ns, at.bytes)).collect();
        assert_eq!(pairs, [(10, 12), (20, 13), (25, 6), (30, 8)]);
    }

    #[test]
    fn proportional_sets_count_only_when_every_process_was_read() {
        let events = [
            sample(10, 1, 5, Some(50)),
            sample(10, 2, 7, None),
            sample(20, 1, 5, Some(3)),
            sample(20, 2, 7, Some(4)),
            sample(30, 1, 5, None),
        ];
        let recording = recording(&events);
        let total = recording.sum_up(|_| {});
        assert_eq!(total.sum(), Some(At { at_ns: 10, bytes: 12 }));
        assert_eq!(total.pss(), Some(At { at_ns: 20, bytes: 7 }));
        assert_eq!(total.rss_at_pss_bytes(), Some(12));
        assert_eq!(recording.set_curve(Metric::Pss), [At { at_ns: 20, bytes: 7 }]);
    }

    #[test]
    fn proportional_sets_of_the_last_moment_count_too() {
        let both = |at_ns, pss_bytes| [1, 2].map(|pid| sample(at_ns, pid, 9, Some(pss_bytes)));
        let events: Vec<Event> = [both(10, 3), both(30, 4)].into_iter().flatten().collect();
        let curve = recording(&events).set_curve(Metric::Pss);
        assert_eq!(curve, [At { at_ns: 10, bytes: 6 }, At { at_ns: 30, bytes: 8 }]);
        assert!(recording(&[sample(10, 1, 5, None)]).set_curve(Metric::Pss).is_empty());
    }

    /// The moments of processes that each are a part: when, what the parts come to, and the largest process.
    fn moments(events: &[Event]) -> Vec<(u64, Vec<u64>, u64)> {
        let recording = recording(events);
        let processes: Vec<&Process> = recording.processes.iter().collect();
        let parts: Vec<u8> = (0..processes.len() as u8).collect();
        let mut moments = Vec::new();
        sum_up(&processes, Parts::Processes(Metric::Rss, &parts), |moment| {
            moments.push((moment.at_ns, moment.parts.clone(), moment.largest_bytes));
        });
        moments
    }

    #[test]
    fn parts_and_the_largest_process_are_known_at_every_moment() {
        let left = Event { at_ns: 25, kind: Kind::Left { pid: 2.into(), departure: Departure::default() } };
        let events = [sample(10, 1, 5, None), sample(10, 2, 9, None), sample(20, 2, 7, None), left];
        assert_eq!(moments(&events), [(10, vec![5, 9], 9), (20, vec![5, 7], 7), (25, vec![5, 0], 5)]);
    }

    #[test]
    fn who_leaves_before_it_was_read_takes_nobodys_place() {
        let left = Event { at_ns: 5, kind: Kind::Left { pid: 1.into(), departure: Departure::default() } };
        let events = [left, sample(10, 1, 5, None), sample(8, 2, 9, None), sample(12, 3, 1, None)];
        let expected =
            [(5, vec![0, 0, 0], 0), (8, vec![0, 9, 0], 9), (10, vec![5, 9, 0], 9), (12, vec![5, 9, 1], 9)];
        assert_eq!(moments(&events), expected);
    }

    #[test]
    fn metrics_are_parts_too_and_steps_are_told() {
        let kinds = |at_ns, anon, file| {
            let bytes = Bytes::default().with(Metric::Rss, anon + file).with(Metric::Anon, anon);
            Event { at_ns, kind: Kind::Sample { pid: 1.into(), bytes: bytes.with(Metric::File, file) } }
        };
        let recording = recording(&[kinds(10, 5, 1), kinds(20, 6, 1)]);
        let mut moments = Vec::new();
        let metrics = [Metric::Anon, Metric::File, Metric::Swap];
        sum_up(&[&recording.processes[0]], Parts::Metrics(&metrics), |moment| {
            moments.push((
                moment.sum_of(0..1),
                moment.sum_of(0..3),
                moment.is_step(0..1),
                moment.has_changed(2..3),
            ));
        });
        assert_eq!(moments, [(5, 6, true, true), (6, 7, false, true)]);
    }
}
