//! The largest of several values that change.

use std::collections::BinaryHeap;

/// So many values are looked through; of more, the largest is remembered.
const FEW: usize = 64;

/// So many outdated values may lie about before they are cleared away.
const SLACK: usize = 1 << 10;

/// The value of each process that is alive, and the largest of them.
#[derive(Default)]
pub(super) struct Largest {
    /// Zero where there is none.
    now: Vec<u64>,
    /// Every value that there was since it was last cleared, the largest first; those that changed are passed over.
    seen: BinaryHeap<(u64, u32)>,
}

impl Largest {
    /// The process at a place has another value; zero when it has none any more.
    #[inline]
    pub(super) fn set(&mut self, slot: u32, bytes: u64) {
        match self.now.get_mut(slot as usize) {
            Some(now) => *now = bytes,
            None => self.extend(slot, bytes),
        }
        if self.now.len() > FEW {
            self.see(slot, bytes);
        }
    }

    #[cold]
    fn extend(&mut self, slot: u32, bytes: u64) {
        let n_before = self.now.len();
        self.now.resize(slot as usize, 0);
        if n_before <= FEW {
            self.remember();
        }
        self.now.push(bytes);
    }

    fn see(&mut self, slot: u32, bytes: u64) {
        self.seen.push((bytes, slot));
        if self.seen.len() > 2 * self.now.len() + SLACK {
            self.remember();
        }
    }

    fn remember(&mut self) {
        self.seen = self.now.iter().copied().zip(0..).collect();
    }

    /// The largest value; zero when there is none.
    pub(super) fn bytes(&mut self) -> u64 {
        if self.now.len() <= FEW {
            return self.now.iter().copied().max().unwrap_or(0);
        }
        while let Some(&(bytes, slot)) = self.seen.peek() {
            if self.now[slot as usize] == bytes {
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
        fn it_is_the_largest_at_every_moment(
            n_slots in prop_oneof![1..6_u32, 60..70_u32],
            changes in prop::collection::vec((0..1000_u32, 0..9_u64), 0..4000),
        ) {
            let mut largest = Largest::default();
            let mut known = vec![0; n_slots as usize];
            for (slot, bytes) in changes {
                let slot = slot % n_slots;
                largest.set(slot, bytes);
                known[slot as usize] = bytes;
                prop_assert_eq!(largest.bytes(), known.iter().copied().max().unwrap_or(0));
                prop_assert!(largest.seen.len() <= 2 * n_slots as usize + SLACK);
            }
        }
    }
}
