//! Rows for calls: what goes on at one time stands on rows of its own, and callers stand apart.

use mprof_recording::call::{Call, Caller};
use std::collections::HashMap;

/// How many rows there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Of all callers together.
    pub(crate) n_rows: usize,
    /// Levels of one caller.
    pub(crate) n_levels: u32,
}

/// The rows of one caller, from its first call to the end of its last.
#[derive(Debug, Default)]
struct Block {
    from_ns: u64,
    to_ns: u64,
    /// From when on each row is free.
    free_ns: Vec<u64>,
}

/// The row of each call, none for what the bounds leave no row to. The calls come in the order of their beginnings.
///
/// A caller has rows from its first call to the end of its last, the outermost on top; callers of other times may follow
/// on the same rows. Of one caller, what overlaps without being nested moves down: mprof does not tell threads apart.
pub(crate) fn rows(calls: &[&Call], bounds: Bounds) -> Vec<Option<u32>> {
    let (mut blocks, mut places): (Vec<Block>, HashMap<Option<&Caller>, usize>) = Default::default();
    let mut within = Vec::with_capacity(calls.len());
    for call in calls {
        let place = *places.entry(call.caller.as_ref()).or_insert(blocks.len());
        if place == blocks.len() {
            blocks.push(Block { from_ns: call.from_ns, ..Block::default() });
        }
        within.push((place, blocks[place].take(call, bounds)));
    }
    let tops = tops(&blocks, bounds);
    let row = |(place, row): (usize, Option<usize>)| {
        let row = tops[place]? + row?;
        (row < bounds.n_rows).then_some(row as u32)
    };
    within.into_iter().map(row).collect()
}

/// Where the rows of each caller begin.
fn tops(blocks: &[Block], bounds: Bounds) -> Vec<Option<usize>> {
    let mut free_ns = vec![0; bounds.n_rows];
    let top = |block: &Block| {
        let end = |top: usize| (top + block.free_ns.len()).min(bounds.n_rows);
        let is_free = |top: &usize| free_ns[*top..end(*top)].iter().all(|&ns| ns <= block.from_ns);
        let top = (0..bounds.n_rows).find(is_free)?;
        free_ns[top..end(top)].fill(block.to_ns);
        Some(top)
    };
    blocks.iter().map(top).collect()
}

impl Block {
    /// The first free row from the call's level on.
    fn take(&mut self, call: &Call, bounds: Bounds) -> Option<usize> {
        if call.level >= bounds.n_levels {
            return None;
        }
        let is_free = |row: &usize| self.free_ns.get(*row).is_none_or(|&free_ns| free_ns <= call.from_ns);
        let row = (call.level as usize..bounds.n_rows).find(is_free)?;
        self.free_ns.resize(self.free_ns.len().max(row + 1), 0);
        self.free_ns[row] = call.to_ns;
        self.to_ns = self.to_ns.max(call.to_ns);
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mprof_recording::event::Pid;

    const BOUNDS: Bounds = Bounds { n_rows: 5, n_levels: 3 };

    /// Rows of calls with a process, a task, a beginning, an end and a level; process 0 is not told.
    fn check(calls: &[(u32, &str, u64, u64, u32)], expected: &[Option<u32>]) {
        let call = |&(pid, task, from_ns, to_ns, level): &(u32, &str, u64, u64, u32)| {
            let caller = (pid > 0).then(|| Caller { pid: Pid::from(pid), task: task.to_owned() });
            Call { caller, from_ns, to_ns, level, ..Call::default() }
        };
        let calls: Vec<Call> = calls.iter().map(call).collect();
        assert_eq!(rows(&calls.iter().collect::<Vec<_>>(), BOUNDS), expected);
    }

    #[test]
    fn callers_at_one_time_have_rows_of_their_own_and_keep_their_nesting() {
        let calls = [
            (7, "", 0, 90, 0),
            (8, "", 5, 50, 0),
            (7, "", 10, 20, 1),
            (8, "", 12, 30, 1),
            (7, "2", 13, 14, 0),
        ];
        check(&calls, &[Some(0), Some(2), Some(1), Some(3), Some(4)]);
    }

    #[test]
    fn callers_of_other_times_follow_on_the_same_rows() {
        check(&[(7, "", 0, 10, 0), (8, "", 10, 20, 0), (9, "", 15, 20, 0)], &[Some(0), Some(0), Some(1)]);
    }

    #[test]
    fn calls_of_unknown_callers_that_overlap_move_down() {
        check(&[(0, "", 0, 10, 0), (0, "", 5, 12, 0), (0, "", 10, 13, 0)], &[Some(0), Some(1), Some(0)]);
    }

    #[test]
    fn what_is_too_deep_or_too_much_has_no_row() {
        let many: Vec<_> = (1..=7).map(|pid| (pid, "", u64::from(pid), 100, 0)).collect();
        let rows = [Some(0), Some(1), Some(2), Some(3), Some(4), None, None];
        check(&many, &rows);
        check(&[(7, "", 0, 9, 0), (7, "", 1, 8, 3)], &[Some(0), None]);
    }
}
