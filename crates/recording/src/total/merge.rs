//! The changes of several processes in order of time, without a copy of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use crate::recording::Process;

/// Goes through readings and departures in order of time. It takes as much room as there are processes.
pub(super) struct Merge<'a> {
    cursors: Vec<Cursor<'a>>,
    /// When the next change of each process is. At one time, what leaves comes last, since its last reading may have
    /// the same time; else the order is that of the processes.
    next: BinaryHeap<Reverse<(u64, u64)>>,
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
        let next = cursors.iter().zip(0..).filter_map(|(cursor, place)| cursor.next(place)).map(Reverse);
        Self { next: next.collect(), cursors }
    }
}

/// When, which process by its place, and what.
impl Iterator for Merge<'_> {
    type Item = (u64, usize, Change);

    fn next(&mut self) -> Option<Self::Item> {
        let mut top = self.next.peek_mut()?;
        let Reverse((at_ns, marked)) = *top;
        let place = marked & !LEAVES;
        let cursor = &mut self.cursors[place as usize];
        let change = if marked == place {
            cursor.n_read += 1;
            Change::Reading(cursor.n_read - 1)
        } else {
            cursor.left_ns = None;
            Change::Left
        };
        match cursor.next(place) {
            Some(next) => *top = Reverse(next),
            None => {
                PeekMut::pop(top);
            }
        }
        Some((at_ns, place as usize, change))
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
