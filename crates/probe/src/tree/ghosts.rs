//! Processes that are gone and were not ours to reap. When their parents die unreaping, they become ours.

use std::collections::HashSet;

use crate::os;

/// Most were reaped long ago. Forgetting them costs nothing but a zombie that nobody else reaps either.
const MAX_GHOSTS: usize = 4096;

#[derive(Debug, Default)]
pub(super) struct Ghosts(HashSet<u32>);

impl Ghosts {
    /// Remembers a process that someone else is to reap.
    pub(super) fn add(&mut self, number: u32) {
        if self.0.len() >= MAX_GHOSTS {
            self.0.clear();
        }
        self.0.insert(number);
    }

    /// Whether a process of that number is gone and was not reaped by us: a look at `/proc` may find it again.
    pub(super) fn has(&self, number: u32) -> bool {
        self.0.contains(&number)
    }

    /// Reaps those that became our children, as init would have.
    pub(super) fn bury(&mut self) {
        // Nobody to look for is by far the most frequent case, and asking the system costs.
        if self.0.is_empty() {
            return;
        }
        while let Some(number) = os::exited_child().filter(|number| self.0.remove(number)) {
            let _ = os::reap_if_ours(number);
        }
    }
}
