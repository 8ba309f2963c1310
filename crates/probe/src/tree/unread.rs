//! Processes that were never read: over before they could be, or alive and not to be read, for want of descriptors or of
//! permission. Only the latter are missing in a sum.

use std::collections::HashSet;

use crate::os;

/// So many numbers are remembered. A process beyond that may count again each time it is looked for.
const MAX_KNOWN: usize = 1 << 16;

#[derive(Debug, Default)]
pub(super) struct Unread {
    n_over: u64,
    n_alive: u64,
    /// The numbers of the latter: a look at `/proc` finds them again and again.
    known: HashSet<u32>,
}

impl Unread {
    /// A process was gone when its turn to be read came.
    pub(super) fn was_over(&mut self) {
        self.n_over += 1;
    }

    /// A process could not be opened.
    pub(super) fn lose(&mut self, number: u32) {
        if !os::exists(number) {
            self.n_over += 1;
        } else if self.known.insert(number) {
            self.n_alive += 1;
        }
        if self.known.len() >= MAX_KNOWN {
            self.known.clear();
        }
    }

    pub(super) fn n(&self) -> u64 {
        self.n_over + self.n_alive
    }

    pub(super) fn n_alive(&self) -> u64 {
        self.n_alive
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_lives_is_missing_once_and_one_that_is_gone_is_missing_in_no_sum() {
        let mut unread = Unread::default();
        unread.lose(std::process::id());
        unread.lose(std::process::id());
        unread.lose(u32::MAX >> 1);
        unread.was_over();
        assert_eq!((unread.n(), unread.n_alive()), (3, 1));
    }
}
