//! The memory of a whole tree of processes: what it is not above, what it is not below, and what it is.
//!
//! The sum of resident sets counts a shared page once for each process that maps it, so it is an upper bound at each
//! sampled moment. The sum of proportional sets counts it once. The largest process is a lower bound.

mod largest;
mod merge;

use std::collections::HashMap;

use largest::Largest;
use merge::{Change, Merge};

use crate::event::Pid;
use crate::metric::{Bytes, Metric};
use crate::recording::{Process, Recording};
use crate::samples::Samples;

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
    alive: HashMap<Pid, u64>,
    moments: Moments,
}

/// The sums of the moments that are over, as far as they are peaks, and that of the moment which is not.
#[derive(Debug, Default)]
struct Moments {
    now: At,
    n_alive: usize,
    n_pss: usize,
    pss_bytes: u64,
    peak: Option<At>,
    pss_peak: Option<At>,
}

impl Total {
    /// Takes in a reading. Those of one tick have one time, and are summed up when the next time comes.
    pub fn sample(&mut self, at_ns: u64, pid: Pid, bytes: &Bytes) -> Option<At> {
        let closed = self.advance(at_ns);
        let rss_bytes = bytes.get(Metric::Rss).unwrap_or(0);
        let before_bytes = self.alive.insert(pid, rss_bytes);
        self.moments.change(before_bytes, Some(rss_bytes));
        self.moments.add_pss(bytes.get(Metric::Pss));
        closed
    }

    /// A process is gone.
    pub fn left(&mut self, at_ns: u64, pid: Pid) -> Option<At> {
        let closed = self.advance(at_ns);
        self.moments.change(self.alive.remove(&pid), None);
        closed
    }

    /// Sums up the moment that is over when time goes on, and gives its sum.
    pub fn advance(&mut self, at_ns: u64) -> Option<At> {
        self.moments.advance(at_ns)
    }

    /// The highest sum of resident sets, of the moments that are over.
    #[must_use]
    pub fn peak(&self) -> Option<At> {
        self.moments.peak.filter(|peak| peak.bytes > 0)
    }

    /// The highest sum of proportional sets, of the moments at which every process was read.
    #[must_use]
    pub fn pss_peak(&self) -> Option<At> {
        self.moments.pss_peak
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

    fn add_pss(&mut self, bytes: Option<u64>) {
        if let Some(bytes) = bytes {
            self.n_pss += 1;
            self.pss_bytes = self.pss_bytes.saturating_add(bytes);
        }
    }

    fn advance(&mut self, at_ns: u64) -> Option<At> {
        if at_ns == self.now.at_ns {
            return None;
        }
        let closed = self.now;
        raise(&mut self.peak, closed);
        if let Some(pss) = self.pss() {
            raise(&mut self.pss_peak, pss);
        }
        (self.n_pss, self.pss_bytes) = (0, 0);
        self.now.at_ns = at_ns;
        Some(closed)
    }

    /// The sum of proportional sets so far at this moment. One that lacks a process says nothing.
    fn pss(&self) -> Option<At> {
        let is_whole = self.n_pss > 0 && self.n_pss >= self.n_alive;
        is_whole.then_some(At { bytes: self.pss_bytes, ..self.now })
    }
}

impl Recording {
    /// The sum of resident sets over time: a value at each moment at which it may have changed.
    #[must_use]
    pub fn total_curve(&self) -> Vec<At> {
        curve_of(&self.processes, &[Metric::Rss])
    }

    /// The sum of proportional sets, at the moments at which every process was read. Between them it is unknown.
    #[must_use]
    pub fn pss_curve(&self) -> Vec<At> {
        if self.processes.iter().all(|process| process.samples.max(Metric::Pss).is_none()) {
            return Vec::new();
        }
        let mut curve = Vec::new();
        sum_up(&self.processes, &[Metric::Rss], |_, pss| curve.extend(pss));
        curve
    }

    /// Sums up every reading in order of time, and gives each moment's sum.
    pub(crate) fn sum_up(&self, mut each: impl FnMut(At)) -> Total {
        sum_up(&self.processes, &[Metric::Rss], |at, _| each(at))
    }
}

/// The sum of some metrics of some processes over time, as [`Recording::total_curve`] gives it for the resident sets
/// of all. A metric that a reading lacks adds nothing.
#[must_use]
pub fn curve_of<'a>(processes: impl IntoIterator<Item = &'a Process>, metrics: &[Metric]) -> Vec<At> {
    let mut curve = Vec::new();
    sum_up(processes, metrics, |at, _| curve.push(at));
    curve
}

/// The largest of some processes over time: what their sum is not below, at each moment at which it may have changed.
#[must_use]
pub fn largest_of(processes: &[Process], metric: Metric) -> Vec<At> {
    let processes: Vec<&Process> = processes.iter().collect();
    let mut largest = Largest::of(processes.len());
    let mut curve = Vec::new();
    let mut now_ns = None;
    for (at_ns, place, change) in Merge::of(&processes) {
        let bytes = match change {
            Change::Reading(idx) => match processes[place].samples.get(idx, metric) {
                None => continue,
                known => known,
            },
            Change::Left => None,
        };
        if let Some(over_ns) = now_ns.replace(at_ns).filter(|&over_ns| over_ns != at_ns) {
            curve.push(At { at_ns: over_ns, bytes: largest.bytes() });
        }
        largest.set(place, bytes);
    }
    curve.extend(now_ns.map(|at_ns| At { at_ns, bytes: largest.bytes() }));
    curve
}

/// Sums up in order of time, and gives each moment's sum: of some metrics, and of proportional sets where known.
fn sum_up<'a>(
    processes: impl IntoIterator<Item = &'a Process>,
    metrics: &[Metric],
    mut each: impl FnMut(At, Option<At>),
) -> Total {
    let processes: Vec<&Process> = processes.into_iter().collect();
    // Within a recording the place of a process is name enough.
    let mut alive: Vec<Option<u64>> = vec![None; processes.len()];
    let mut moments = Moments::default();
    for (at_ns, place, change) in Merge::of(&processes) {
        let pss = moments.pss().filter(|_| at_ns != moments.now.at_ns);
        moments.advance(at_ns).into_iter().for_each(|at| each(at, pss));
        let samples = &processes[place].samples;
        let bytes = match change {
            Change::Reading(idx) => {
                moments.add_pss(samples.get(idx, Metric::Pss));
                Some(summed(samples, idx, metrics))
            }
            Change::Left => None,
        };
        moments.change(std::mem::replace(&mut alive[place], bytes), bytes);
    }
    let pss = moments.pss();
    moments.advance(u64::MAX).into_iter().for_each(|at| each(at, pss));
    Total { alive: HashMap::new(), moments }
}

/// Of a reading what is summed up.
fn summed(samples: &Samples, idx: usize, metrics: &[Metric]) -> u64 {
    let values = metrics.iter().filter_map(|&metric| samples.get(idx, metric));
    values.fold(0, u64::saturating_add)
}

fn raise(best: &mut Option<At>, next: At) {
    if best.is_none_or(|best| next.bytes > best.bytes) {
        *best = Some(next);
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
        assert_eq!(pairs, [(0, 0), (10, 12), (20, 13), (25, 6), (30, 8)]);
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
        assert_eq!(recording.pss_curve(), [At { at_ns: 20, bytes: 7 }]);
    }

    #[test]
    fn proportional_sets_of_the_last_moment_count_too() {
        let both = |at_ns, pss_bytes| [1, 2].map(|pid| sample(at_ns, pid, 9, Some(pss_bytes)));
        let events: Vec<Event> = [both(10, 3), both(30, 4)].into_iter().flatten().collect();
        let curve = recording(&events).pss_curve();
        assert_eq!(curve, [At { at_ns: 10, bytes: 6 }, At { at_ns: 30, bytes: 8 }]);
        assert!(recording(&[sample(10, 1, 5, None)]).pss_curve().is_empty());
    }

    #[test]
    fn the_largest_process_is_known_at_every_moment() {
        let left = Event { at_ns: 25, kind: Kind::Left { pid: 2.into(), departure: Departure::default() } };
        let events = [sample(10, 1, 5, None), sample(10, 2, 9, None), sample(20, 2, 7, None), left];
        let largest = largest_of(&recording(&events).processes, Metric::Rss);
        let pairs: Vec<(u64, u64)> = largest.iter().map(|at| (at.at_ns, at.bytes)).collect();
        assert_eq!(pairs, [(10, 9), (20, 7), (25, 5)]);
    }

    #[test]
    fn some_processes_have_a_sum_of_their_own() {
        let events = [sample(10, 1, 5, None), sample(10, 2, 7, None), sample(20, 3, 9, None)];
        let recording = recording(&events);
        let pairs: Vec<(u64, u64)> =
            curve_of(recording.children(), &[Metric::Rss]).iter().map(|at| (at.at_ns, at.bytes)).collect();
        assert_eq!(pairs, [(0, 0), (10, 7), (20, 16)]);
    }
}
