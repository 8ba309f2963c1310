//! What tells of new processes: the kernel's task records where we may have them, or else a look at `/proc`.

use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::RawFd;

use super::children;
use super::perf::TaskRecords;
use crate::tree::Born;

/// In so short a time no program forks so often that a ring is full, at half a millisecond for each fork.
const SAFE_INTERVAL_NS: u64 = 50_000_000;

/// Between two looks at `/proc`: where nothing else tells of new processes, and beside records, which a program that
/// may be executed but not read stops, and a full ring loses.
const LOOK_EVERY_NS: u64 = 100_000_000;
const LOOK_BESIDE_NS: u64 = 1_000_000_000;
/// A look costs with the number of processes: in so large a tree it rests ten times as long.
const N_MANY: usize = 64;

/// Tells of new processes.
#[derive(Debug)]
pub(crate) struct Membership {
    records: Result<(TaskRecords, Waking), String>,
    next_look_ns: u64,
    /// Orphans are adopted by us, so that a look begins at ourselves too.
    is_adopting: bool,
    /// Children that we had before: they are no part of the run.
    strangers: Vec<u32>,
    n_lost: u64,
    /// The two descriptors that a look takes, where it is all there is: those who cannot be read for want of others are
    /// found all the same, and told of.
    reserve: Option<(PipeReader, PipeWriter)>,
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
        let records = TaskRecords::of_next_child().map(|records| (records, waking));
        let records = records.map_err(|error| format!("perf_event_open: {error}"));
        let strangers = children::of(std::process::id());
        Self { is_adopting: true, ..Self::of(records, strangers) }
    }

    /// For a program that runs already. Its forks are told to those alone who may hear of all in the system.
    pub(crate) fn of_running(number: u32) -> Self {
        let records = TaskRecords::of_running(number).map(|records| (records, Waking::WhenHalfFull));
        let records = records.map_err(|error| format!("perf_event_open: {error}"));
        // Who is attached to an ancestor comes of it, and is no part of it.
        let strangers = vec![std::process::id()];
        Self::of(records, strangers)
    }

    fn of(records: Result<(TaskRecords, Waking), String>, strangers: Vec<u32>) -> Self {
        let reserve = records.is_err().then(io::pipe).and_then(Result::ok);
        Self { records, next_look_ns: 0, is_adopting: false, strangers, n_lost: 0, reserve }
    }

    /// What it is, for the recording.
    pub(crate) fn describe(&self) -> String {
        match &self.records {
            Ok((records, _)) => {
                format!(
                    "task records of perf ({}), and now and then a look at the children in /proc",
                    records.scope()
                )
            }
            Err(why) => format!("children in /proc, seen when looked at ({why})"),
        }
    }

    /// How many records of forks and exits a full ring has lost.
    pub(crate) fn n_lost(&self) -> u64 {
        self.n_lost
    }

    /// A descriptor that is readable when new processes should be asked for before the next tick.
    pub(crate) fn fd(&self) -> RawFd {
        match &self.records {
            Ok((records, Waking::WhenHalfFull)) => records.fd(),
            _ => -1,
        }
    }

    /// Appends what is new. `known` gives the processes that are followed already, and is asked for a look alone.
    pub(crate) fn drain(&mut self, known: impl Fn() -> Vec<u32>, now_ns: u64, born: &mut Vec<Born>) {
        let (n_lost, look_every_ns) = match &mut self.records {
            Ok((records, _)) => (records.drain(born), LOOK_BESIDE_NS),
            Err(_) => (0, LOOK_EVERY_NS),
        };
        self.n_lost += n_lost;
        if n_lost > 0 || now_ns >= self.next_look_ns {
            let known = known();
            let factor = if known.len() > N_MANY { 10 } else { 1 };
            self.next_look_ns = now_ns.saturating_add(look_every_ns * factor);
            self.look(&known, born);
        }
    }

    fn look(&mut self, known: &[u32], born: &mut Vec<Born>) {
        let ourselves = self.is_adopting.then(std::process::id);
        let told: Vec<u32> = born.iter().map(|born| born.number).collect();
        self.reserve = None;
        children::look(known.iter().copied().chain(told).chain(ourselves), &self.strangers, born);
        self.reserve = self.records.is_err().then(io::pipe).and_then(Result::ok);
        if let Ok((records, _)) = &mut self.records {
            records.adopt(known.iter().copied().chain(born.iter().map(|born| born.number)));
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
