//! What tells of new processes: the kernel's task records where we may have them, or else a look at `/proc`.

use std::os::fd::RawFd;

use super::children;
use super::perf::{Records, TaskRecords};
use crate::tree::Born;

/// Between two looks at every thread of every process lie so many ticks: a look costs with the number of threads.
const N_TICKS_BETWEEN_LOOKS: u32 = 10;

/// In so short a time no program forks so often that a ring is full, at half a millisecond for each fork.
const SAFE_INTERVAL_NS: u64 = 50_000_000;

/// Tells of new processes.
#[derive(Debug)]
pub(crate) enum Membership {
    /// Every fork of a descendant, whenever it happens, and whether to be woken when many wait to be asked for.
    Records(TaskRecords, Waking),
    /// What is alive when we look. Holds why there are no records, and the ticks to the next look.
    Looks { why: String, n_ticks: u32 },
}

/// Whether a ring that fills up ends a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waking {
    /// Ticks are so near that no ring fills up between them.
    Never,
    WhenHalfFull,
}

impl Membership {
    /// Makes ready for a program that we are about to start, and to be read at this interval.
    pub(crate) fn of_next_child(interval_ns: u64) -> Self {
        become_subreaper();
        let waking = if interval_ns <= SAFE_INTERVAL_NS { Waking::Never } else { Waking::WhenHalfFull };
        match TaskRecords::open() {
            Ok(records) => Self::Records(records, waking),
            Err(error) => Self::Looks { why: format!("perf_event_open: {error}"), n_ticks: 0 },
        }
    }

    /// For a program that runs already, whose forks are not told to us.
    pub(crate) fn of_running() -> Self {
        Self::Looks { why: "the program ran before the recorder".to_owned(), n_ticks: 0 }
    }

    /// What it is, for the recording.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Records(..) => "task records of perf: every fork is told".to_owned(),
            Self::Looks { why, .. } => format!("children in /proc, seen when looked at ({why})"),
        }
    }

    /// A descriptor that is readable when new processes should be asked for before the next tick.
    pub(crate) fn fd(&self) -> RawFd {
        match self {
            Self::Records(records, Waking::WhenHalfFull) => records.fd(),
            Self::Records(_, Waking::Never) | Self::Looks { .. } => -1,
        }
    }

    /// Appends what is new. `known` are the processes that are followed already.
    pub(crate) fn drain(&mut self, known: impl Iterator<Item = u32>, born: &mut Vec<Born>) {
        match self {
            Self::Records(records, _) => {
                if records.drain(born) == Records::SomeLost {
                    let told: Vec<u32> = born.iter().map(|born| born.number).collect();
                    children::look(known.chain(told).chain([std::process::id()]), born);
                }
            }
            Self::Looks { n_ticks, .. } => {
                if *n_ticks == 0 {
                    children::look(known.chain([std::process::id()]), born);
                }
                *n_ticks = (*n_ticks + 1) % N_TICKS_BETWEEN_LOOKS;
            }
        }
    }
}

/// Orphans of the program become our children instead of init's, so that they are found, and their end is told to us.
///
/// A child does not inherit it. An orphan sees our number, not 1, as its parent's (prctl(2)).
fn become_subreaper() {
    // SAFETY: PR_SET_CHILD_SUBREAPER takes one integer and touches no memory.
    unsafe { libc::prctl(libc::PR_SET_CHILD_SUBREAPER, 1_u64) };
}
