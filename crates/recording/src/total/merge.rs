//! The changes of several processes in order of time, without a copy of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::recording::Process;

/// Goes through readings and departures in order of time. It takes as much room as there are processes.
///
/// Most readings are of ticks at which the same processes are read as at the tick before: they need not be sorted.
pub(super) struct Merge<'a> {
    cursors: Vec<Cursor<'a>>,
    /// When the next change of each process is, but for those that change now.
    waiting: BinaryHeap<Reverse<(u64, u64)>>,
    now_ns: u64,
    /// Who changes now, by place.
    changing: Vec<u64>,
    /// What changes now: the place, with a mark where it leaves, and the index of a reading. What leaves comes last,
    /// since its last reading may have the same time; else the order is that of the processes.
    changes: Vec<(u64, usize)>,
    n_given: usize,
}

/// Marks a departure in the place of a process.
const LEAVES: u64 = 1 << 63;

/// What happens to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// The reading of this index.
    Reading(usize),
    /// It leaves.
    Left,
}

struct Cursor<'a> {
    times_ns: &'a [u64],
    left_ns: Option<u64>,
    n_read: usize,
}

impl Cursor<'_> {
    /// When its next change comes, and the process's place with a mark when it leaves. What leaves before readings
    /// that follow is told first, as times say.
    fn next(&self, place: u64) -> Option<(u64, u64)> {
        let reading = self.times_ns.get(self.n_read).map(|&at_ns| (at_ns, place));
        let departure = self.left_ns.map(|at_ns| (at_ns, place | LEAVES));
        match (reading, departure) {
            (Some(reading), Some(departure)) => Some(reading.min(departure)),
            (one, other) => one.or(other),
        }
    }
}

impl<'a> Merge<'a> {
    pub(super) fn of(processes: &[&'a Process]) -> Self {
        let cursor = |process: &&'a Process| Cursor {
            times_ns: process.samples.times_ns(),
            left_ns: process.left.map(|(at_ns, _)| at_ns),
            n_read: 0,
        };
        let cursors: Vec<Cursor<'_>> = processes.iter().map(cursor).collect();
        let changing = (0..cursors.len() as u64).collect();
        Self { cursors, waiting: BinaryHeap::new(), now_ns: 0, changing, changes: Vec::new(), n_given: 0 }
    }

    /// Goes on to the next time at which anything changes; `None` when nothing does.
    fn advance(&mut self) -> Option<()> {
        let next_ns = |place: u64| self.cursors[place as usize].next(place).map(|(at_ns, _)| at_ns);
        let soonest_ns = self.changing.iter().filter_map(|&place| next_ns(place)).min();
        let waiting_ns = self.waiting.peek().map(|Reverse((at_ns, _))| *at_ns);
        let now_ns = soonest_ns.into_iter().chain(waiting_ns).min()?;
        let (cursors, waiting) = (&self.cursors, &mut self.waiting);
        self.changing.retain(|&place| match cursors[place as usize].next(place) {
            Some((at_ns, _)) if at_ns == now_ns => true,
            Some((at_ns, _)) => {
                waiting.push(Reverse((at_ns, place)));
                false
            }
            None => false,
        });
        while let Some(&Reverse((at_ns, place))) = waiting.peek()
            && at_ns == now_ns
        {
            waiting.pop();
            self.changing.push(place);
        }
        self.now_ns = now_ns;
        self.gather();
        Some(())
    }

    /// Gathers all that changes now.
    fn gather(&mut self) {
        self.changes.clear();
        self.n_given = 0;
        for &place in &self.changing {
            let cursor = &mut self.cursors[place as usize];
            while let Some((_, marked)) = cursor.next(place).filter(|&(at_ns, _)| at_ns == self.now_ns) {
                self.changes.push((marked, cursor.n_read));
                if marked == place {
                    cursor.n_read += 1;
                } else {
                    cursor.left_ns = None;
                }
            }
        }
        if !self.changes.is_sorted() {
            self.changes.sort_unstable();
            self.changing.sort_unstable();
        }
    }
}

/// When, which process by its place, and what.
impl Iterator for Merge<'_> {
    type Item = (u64, usize, Change);

    fn next(&mut self) -> Option<Self::Item> {
        if self.n_given == self.changes.len() {
            self.advance()?;
        }
        let (marked, idx) = self.changes[self.n_given];
        self.n_given += 1;
        let place = marked & !LEAVES;
        let change = if marked == place { Change::Reading(idx) } else { Change::Left };
        Some((self.now_ns, place as usize, change))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Departure;
    use crate::metric::Bytes;
    use proptest::prelude::*;

    fn process((mut times_ns, left_ns): (Vec<u64>, Option<u64>)) -> Process {
        times_ns.sort_unstable();
        let left = left_ns.map(|left_ns| (left_ns, Departure::default()));
        let mut process = Process { left, ..Process::default() };
        times_ns.iter().for_each(|&at_ns| process.samples.push(at_ns, &Bytes::default()));
        process
    }

    proptest! {
        #[test]
        fn it_is_what_sorting_all_would_give(
            all in prop::collection::vec((prop::collection::vec(0..30_u64, 0..20), prop::option::of(0..30_u64)), 0..6),
        ) {
            let processes: Vec<Process> = all.into_iter().map(process).collect();
            let mut expected = Vec::new();
            for (place, process) in processes.iter().enumerate() {
                let readings = process.samples.times_ns().iter().enumerate();
                expected.extend(readings.map(|(idx, &at_ns)| (at_ns, place, Change::Reading(idx))));
                expected.extend(process.left.map(|(at_ns, _)| (at_ns, place, Change::Left)));
            }
            expected.sort_by_key(|&(at_ns, place, change)| (at_ns, change == Change::Left, place));
            let processes: Vec<&Process> = processes.iter().collect();
            prop_assert_eq!(Merge::of(&processes).collect::<Vec<_>>(), expected);
        }
    }
}
