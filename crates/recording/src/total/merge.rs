//! The changes of several processes in order of time, without a copy of them.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::recording::Process;

/// Goes through readings and departures in order of time, moment by moment. It takes as much room as there are
/// processes alive, and four bytes for each of the others.
///
/// Most readings are of ticks at which the same processes are read as at the tick before: they need not be sorted.
pub(super) struct Merge<'a> {
    processes: &'a [&'a Process],
    /// Who has readings or a mark at its exit, by the time of the first one, and how many of them have begun.
    order: Vec<u32>,
    n_begun: usize,
    /// Who has begun and goes on, each at a place that is used again.
    cursors: Vec<Cursor<'a>>,
    free: Vec<u32>,
    /// When the next change of each is, but for those that change now.
    waiting: BinaryHeap<Reverse<(u64, u32)>>,
    /// Who changes now.
    changing: Vec<u32>,
    changes: Vec<Change>,
}

/// What happens to a process at a moment. Of one process, changes come in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// Which process it is among all.
    pub(super) process: u32,
    /// Where its state may be held: nobody else has the number from its first reading until it left.
    pub(super) slot: u32,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    /// The reading of this index.
    Reading(u32),
    /// It leaves.
    Left,
}

struct Cursor<'a> {
    /// When its next change is; never, where there is none.
    next_ns: u64,
    process: u32,
    n_read: u32,
    times_ns: &'a [u64],
    /// When it leaves; never, where that is not known, and when it has left.
    left_ns: u64,
}

impl<'a> Cursor<'a> {
    fn of(place: u32, process: &'a Process) -> Self {
        let left_ns = process.left.at_ns().unwrap_or(u64::MAX);
        let mut cursor =
            Self { next_ns: 0, process: place, n_read: 0, times_ns: process.samples.times_ns(), left_ns };
        cursor.look_ahead();
        cursor
    }

    fn look_ahead(&mut self) {
        let reading_ns = self.times_ns.get(self.n_read as usize).copied().unwrap_or(u64::MAX);
        self.next_ns = reading_ns.min(self.left_ns);
    }

    /// Takes the next change. What leaves at the time of its last reading leaves behind it, and what leaves before
    /// readings that follow is told first, as times say.
    fn take(&mut self) -> What {
        let what = if self.times_ns.get(self.n_read as usize) == Some(&self.next_ns) {
            self.n_read += 1;
            What::Reading(self.n_read - 1)
        } else {
            self.left_ns = u64::MAX;
            What::Left
        };
        self.look_ahead();
        what
    }

    /// Whether it is gone for good. Who never left keeps its last reading.
    fn is_over(&self, process: &Process) -> bool {
        self.next_ns == u64::MAX && process.left.is_known()
    }
}

impl<'a> Merge<'a> {
    pub(super) fn of(processes: &'a [&'a Process]) -> Self {
        // Of one that was never read, its exit may tell.
        let tells = |place: &u32| {
            let process = processes[*place as usize];
            !process.samples.is_empty() || process.left.departure().is_some_and(|it| it.hwm_bytes.is_some())
        };
        let mut order: Vec<u32> = (0..processes.len() as u32).filter(tells).collect();
        order.sort_unstable_by_key(|&place| (first_ns(processes[place as usize]), place));
        Self {
            processes,
            order,
            n_begun: 0,
            cursors: Vec::new(),
            free: Vec::new(),
            waiting: BinaryHeap::new(),
            changing: Vec::new(),
            changes: Vec::new(),
        }
    }

    /// Goes on to the next time at which anything changes, and says what does; `None` when nothing does any more.
    pub(super) fn advance(&mut self) -> Option<(u64, &[Change])> {
        let soonest_ns = self.changing.iter().map(|&slot| self.cursors[slot as usize].next_ns).min();
        let waiting_ns = self.waiting.peek().map(|Reverse((at_ns, _))| *at_ns);
        let now_ns = soonest_ns.into_iter().chain(waiting_ns).chain(self.next_beginning_ns()).min()?;
        if now_ns == u64::MAX {
            return None;
        }
        self.put_aside(now_ns);
        while let Some(&Reverse((at_ns, slot))) = self.waiting.peek()
            && at_ns == now_ns
        {
            self.waiting.pop();
            self.changing.push(slot);
        }
        while self.next_beginning_ns() == Some(now_ns) {
            self.begin();
        }
        self.gather(now_ns);
        Some((now_ns, &self.changes))
    }

    fn next_beginning_ns(&self) -> Option<u64> {
        self.order.get(self.n_begun).map(|&place| first_ns(self.processes[place as usize]))
    }

    /// Lets those wait that do not change now, and forgets those that never do.
    fn put_aside(&mut self, now_ns: u64) {
        let (cursors, waiting, free, processes) =
            (&self.cursors, &mut self.waiting, &mut self.free, self.processes);
        self.changing.retain(|&slot| {
            let cursor = &cursors[slot as usize];
            if cursor.next_ns == now_ns {
                return true;
            }
            if cursor.next_ns < u64::MAX {
                waiting.push(Reverse((cursor.next_ns, slot)));
            } else if cursor.is_over(processes[cursor.process as usize]) {
                free.push(slot);
            }
            false
        });
    }

    fn begin(&mut self) {
        let place = self.order[self.n_begun];
        self.n_begun += 1;
        let cursor = Cursor::of(place, self.processes[place as usize]);
        let slot = self.free.pop().unwrap_or(self.cursors.len() as u32);
        match self.cursors.get_mut(slot as usize) {
            Some(over) => *over = cursor,
            None => self.cursors.push(cursor),
        }
        self.changing.push(slot);
    }

    /// Gathers all that changes now.
    fn gather(&mut self, now_ns: u64) {
        self.changes.clear();
        for &slot in &self.changing {
            let cursor = &mut self.cursors[slot as usize];
            while cursor.next_ns == now_ns {
                let what = cursor.take();
                self.changes.push(Change { process: cursor.process, slot, what });
            }
        }
    }
}

fn first_ns(process: &Process) -> u64 {
    let first_ns = process.samples.times_ns().first().copied().unwrap_or(u64::MAX);
    process.left.at_ns().map_or(first_ns, |left_ns| first_ns.min(left_ns))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Left;
    use crate::event::Departure;
    use crate::metric::Bytes;
    use proptest::prelude::*;
    use std::collections::HashMap;

    fn process((mut times_ns, left_ns): (Vec<u64>, Option<u64>)) -> Process {
        times_ns.sort_unstable();
        let left = left_ns.map_or_else(Left::default, |left_ns| Left::at(left_ns, Departure::default()));
        let mut process = Process { left, ..Process::default() };
        times_ns.iter().for_each(|&at_ns| process.samples.push(at_ns, &Bytes::default()));
        process
    }

    /// What sorting all changes would give.
    fn sorted(processes: &[Process]) -> Vec<(u64, bool, usize, What)> {
        let mut all = Vec::new();
        for (place, process) in processes.iter().enumerate().filter(|(_, it)| !it.samples.is_empty()) {
            let readings = process.samples.times_ns().iter().zip(0..);
            all.extend(readings.map(|(&at_ns, idx)| (at_ns, false, place, What::Reading(idx))));
            all.extend(process.left.at_ns().map(|at_ns| (at_ns, true, place, What::Left)));
        }
        all.sort_by_key(|&(at_ns, is_departure, place, _)| (at_ns, is_departure, place));
        all
    }

    proptest! {
        #[test]
        fn it_is_what_sorting_all_would_give(
            all in prop::collection::vec((prop::collection::vec(0..30_u64, 0..20), prop::option::of(0..30_u64)), 0..6),
        ) {
            let processes: Vec<Process> = all.into_iter().map(process).collect();
            let refs: Vec<&Process> = processes.iter().collect();
            let (mut merge, mut merged, mut holders) = (Merge::of(&refs), Vec::new(), HashMap::new());
            let mut before_ns = None;
            while let Some((at_ns, changes)) = merge.advance() {
                prop_assert!(before_ns.replace(at_ns).is_none_or(|before_ns| before_ns < at_ns));
                for change in changes {
                    let is_departure = change.what == What::Left;
                    merged.push((at_ns, is_departure, change.process as usize, change.what));
                    let others = holders.insert(change.slot, change.process).filter(|&it| it != change.process);
                    let is_gone = |it: u32| processes[it as usize].left.at_ns().is_some_and(|left_ns| left_ns <= at_ns);
                    prop_assert!(others.is_none_or(is_gone));
                }
            }
            merged.sort_by_key(|&(at_ns, is_departure, place, _)| (at_ns, is_departure, place));
            prop_assert_eq!(merged, sorted(&processes));
        }
    }
}
