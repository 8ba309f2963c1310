//! Processes that are gone and were not ours to reap. When their parents die unreaping, they become ours.

use std::collections::HashSet;

use crate::os;

/// Most were reaped long ago. Forgetting them costs nothing but a zombie that nobody else reaps either.
const MAX_GHOSTS: usize = 4096;

/// A child that we had before the run, and that nobody waits for any more, stands before all others for ever. Then each
/// ghost is asked for by its number, at one of so many occasions, since that costs.
const N_OCCASIONS: u32 = 16;

#[derive(Debug, Default)]
pub(super) struct Ghosts {
    numbers: HashSet<u32>,
    n_blocked: u32,
}

impl Ghosts {
    /// Remembers a process that someone else is to reap.
    pub(super) fn add(&mut self, number: u32) {
        if self.numbers.len() >= MAX_GHOSTS {
            self.numbers.clear();
        }
        self.numbers.insert(number);
    }

    /// Whether a process of that number is gone and was not reaped by us: a look at `/proc` may find it again.
    pub(super) fn has(&self, number: u32) -> bool {
        self.numbers.contains(&number)
    }

    /// Reaps those that became our children, as init would have.
    pub(super) fn bury(&mut self) {
        // Nobody to look for is by far the most frequent case, and asking the system costs.
        if self.numbers.is_empty() {
            return;
        }
        while let Some(number) = os::exited_child() {
            if !self.numbers.remove(&number) {
                return self.bury_behind();
            }
            let _ = os::reap_if_ours(number);
        }
    }

    /// Somebody who is none of them, and none of ours to reap, stands before them.
    fn bury_behind(&mut self) {
        self.n_blocked = (self.n_blocked + 1) % N_OCCASIONS;
        if self.n_blocked == 0 {
            self.numbers.retain(|&number| os::reap_if_ours(number).is_none());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// Whoever has exited can be waited for once.
    #[test]
    fn ghosts_are_buried_behind_a_child_of_somebody_elses() {
        let mut children = ["stranger", "ghost"].map(|_| Command::new("true").spawn().unwrap());
        let numbers = children.each_ref().map(std::process::Child::id);
        while !numbers
            .iter()
            .all(|number| std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap().contains(") Z "))
        {
        }
        let mut ghosts = Ghosts::default();
        ghosts.add(numbers[1]);
        for _ in 0..N_OCCASIONS {
            ghosts.bury();
        }
        assert!(children[0].wait().unwrap().success());
        assert!(children[1].wait().is_err(), "it was reaped");
        assert!(ghosts.numbers.is_empty());
    }
}
