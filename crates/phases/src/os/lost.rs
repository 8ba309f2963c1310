//! How many lines could not be sent, until somebody is told.

use std::sync::atomic::{AtomicU64, Ordering};

/// The process in the upper half and the number in the lower: a copy of the process has lost none of them.
static LOST: AtomicU64 = AtomicU64::new(0);

/// Counts lines that could not be sent.
pub(super) fn add(pid: u32, n: u32) {
    let more = |it| Some(u64::from(pid) << 32 | u64::from(of(it, pid).saturating_add(n)));
    // It has no failure, as there is always a next value.
    let _ = LOST.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
}

/// What this process has lost, which is forgotten by that.
pub(super) fn take(pid: u32) -> u32 {
    of(LOST.swap(0, Ordering::Relaxed), pid)
}

fn of(lost: u64, pid: u32) -> u32 {
    if (lost >> 32) as u32 == pid { lost as u32 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_is_told_once_and_by_who_lost_it() {
        assert_eq!(take(7), 0);
        add(7, 2);
        add(7, 1);
        assert_eq!((take(7), take(7)), (3, 0));
        add(7, 5);
        assert_eq!(take(8), 0);
        add(7, u32::MAX);
        add(7, 1);
        assert_eq!(take(7), u32::MAX);
        add(7, 5);
        add(8, 1);
        assert_eq!(take(8), 1);
    }
}
