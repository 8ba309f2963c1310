//! The memory of a whole tree of processes: what it is not above, what it is not below, and what it is.
//!
//! The sum of resident sets counts a shared page once for each process that maps it, so it is an upper bound at each
//! sampled moment. The sum of proportional sets counts it once. The largest process is a lower bound.

mod largest;
mod merge;
mod moments;

use std::collections::BTreeMap;

pub use moments::{Moment, Parts, sum_up};
use moments::{Peaks, SetSum};

use crate::event::Pid;
use crate::metric::{Bytes, Metric};
use crate::recording::{Process, Recording};

/// A value and when it was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct At {
    /// Nanoseconds since the run started.
    pub at_ns: u64,
    /// How much.
    pub bytes: u64,
}

/// Sums up a tree, reading by reading in order of time. It takes as much room as there are processes alive.
#[derive(Debug, Default)]
pub struct Total {
    alive: BTreeMap<Pid, u64>,
    moments: Moments,
}

/// The sum of the moment that is not over, and the highest of those that are.
#[derive(Debug, Default)]
struct Moments {
    now: At,
    n_alive: usize,
    pss: SetSum,
    uss: SetSum,
    peaks: Peaks,
}

impl Total {
    /// Takes in a reading. Those of one tick have one time, and are summed up when the next time comes.
    pub fn sample(&mut self, at_ns: u64, pid: Pid, bytes: &Bytes) {
        self.advance(at_ns);
        let rss_bytes = bytes.get(Metric::Rss).unwrap_or(0);
        let before_bytes = self.alive.insert(pid, rss_bytes);
        self.moments.change(before_bytes, Some(rss_bytes));
        self.moments.pss.add(bytes.get(Metric::Pss));
        self.moments.uss.add(bytes.get(Metric::Uss));
    }

    /// A process is gone.
    pub fn left(&mut self, at_ns: u64, pid: Pid) {
        self.advance(at_ns);
        self.moments.change(self.alive.remove(&pid), None);
    }

    /// Sums up the moment that is over when time goes on.
    pub fn advance(&mut self, at_ns: u64) {
        self.moments.advance(at_ns);
    }

    /// The highest sum of resident sets, of the moments that are over.
    #[must_use]
    pub fn peak(&self) -> Option<At> {
        self.moments.peaks.sum.filter(|peak| peak.bytes > 0)
    }

    /// The highest sum of proportional sets, of the moments at which every process was read.
    #[must_use]
    pub fn pss_peak(&self) -> Option<At> {
        self.moments.peaks.pss
    }

    /// The same of unique sets.
    #[must_use]
    pub fn uss_peak(&self) -> Option<At> {
        self.moments.peaks.uss
    }
}

impl Moments {
    /// A process that had so much, or was not there, now has so much, or is not there.
    fn change(&mut self, before_bytes: Option<u64>, bytes: Option<u64>) {
        self.n_alive += usize::from(bytes.is_some());
        self.n_alive -= usize::from(before_bytes.is_some());
        let others_bytes = self.now.bytes.saturating_sub(before_bytes.unwrap_or(0));
        self.now.bytes = others_bytes.saturating_add(bytes.unwrap_or(0));
    }

    fn advance(&mut self, at_ns: u64) {
        if at_ns == self.now.at_ns {
            return;
        }
        let sets = [&mut self.pss, &mut self.uss].map(|set| std::mem::take(set).whole(self.n_alive));
        self.peaks.see(self.now.at_ns, self.now.bytes, sets);
        self.now.at_ns = at_ns;
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
    pub(crate) fn sum_up(&self, mut each: impl FnMut(&Moment)) -> Total {
        let processes: Vec<&Process> = self.processes.iter().collect();
        let mut peaks = Peaks::default();
        sum_up(&processes, Parts::Metrics(&[Metric::Rss]), |moment| {
            peaks.see(moment.at_ns, moment.sum_of(0..1), [moment.pss_bytes, moment.uss_bytes]);
            each(moment);
        });
        Total { alive: BTreeMap::new(), moments: Moments { peaks, ..Moments::default() } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Departure, Event, Kind};

    fn sample(at_ns: u64, pid: u32, rss_bytes: u64, pss_bytes: Option<u64>) -> Event {
        let mut bytes = Bytes::default().with(Metric::Rss, rss_bytes);
        bytes.set(Metric::Pss, pss_bytes);
        Event { at_ns, kind: Kind::Sample { pid: pid.into(), bytes } }
    }

    fn recording(events: &[Event]) -> Recording {
        let mut recording = Recording::default();
        events.iter().for_each(|event| recording.apply(event));
        recording
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
        assert_eq!(total.peak(), Some(At { at_ns: 10, bytes: 12 }));
        assert_eq!(total.pss_peak(), Some(At { at_ns: 20, bytes: 7 }));
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
