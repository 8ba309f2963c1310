//! The largest of several values that change.

use std::collections::BinaryHeap;

/// So many outdated values may lie about before they are cleared away.
const SLACK: usize = 1 << 10;

/// The value of each process, and the largest of them.
pub(super) struct Largest {
    now: Vec<Option<u64>>,
    /// Every value that there was since it was last cleared, the largest first; those that changed are passed over.
    seen: BinaryHeap<(u64, usize)>,
}

impl Largest {
    /// So many processes, none of which has a value.
    pub(super) fn of(n_processes: usize) -> Self {
        Self { now: vec![None; n_processes], seen: BinaryHeap::new() }
    }

    /// A process has another value, or none any more.
    pub(super) fn set(&mut self, place: usize, bytes: Option<u64>) {
        self.now[place] = bytes;
        self.seen.extend(bytes.map(|bytes| (bytes, place)));
        if self.seen.len() > 2 * self.now.len() + SLACK {
            let known = self.now.iter().enumerate().filter_map(|(place, bytes)| Some(((*bytes)?, place)));
            self.seen = known.collect();
        }
    }

    /// The largest value; zero when there is none.
    pub(super) fn bytes(&mut self) -> u64 {
        while let Some(&(bytes, place)) = self.seen.peek() {
            if self.now[place] == Some(bytes) {
                return bytes;
            }
            self.seen.pop();
        }
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_largest_at_every_moment(changes in prop::collection::vec((0..4_usize, prop::option::of(0..9_u64)), 0..4000)) {
            let mut largest = Largest::of(4);
            let mut known = [None; 4];
            for (place, bytes) in changes {
                largest.set(place, bytes);
                known[place] = bytes;
                prop_assert_eq!(largest.bytes(), known.iter().flatten().copied().max().unwrap_or(0));
                prop_assert!(largest.seen.len() <= 8 + SLACK);
            }
        }
    }
}
