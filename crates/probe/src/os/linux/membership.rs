//! What tells of new processes: task records of perf or the process connector, where we may have one of them, or else a
//! look at `/proc`.

use std::collections::HashSet;
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::RawFd;

use super::children;
use super::connector::Connector;
use super::family::Family;
use super::perf::TaskRecords;
use crate::records::Fork;
use crate::tree::Born;

/// In so short a time no program forks so often that a ring is full, at half a millisecond for each fork.
const SAFE_INTERVAL_NS: u64 = 50_000_000;
/// All processors share the room for messages, which is that of five hundred forks on most systems.
const LONGEST_WAIT_NS: u64 = 25_000_000;

/// Between two looks at `/proc`: where nothing else tells of new processes, and beside records, which a program that
/// may be executed but not read stops, and a full ring loses.
const LOOK_EVERY_NS: u64 = 100_000_000;
const LOOK_BESIDE_NS: u64 = 1_000_000_000;
/// A look costs with the number of processes: in so large a tree it rests ten times as long.
const N_MANY: usize = 64;

/// Tells of new processes.
#[derive(Debug)]
pub(crate) struct Membership {
    source: Result<Source, String>,
    /// Present where the whole system is heard of.
    family: Option<Family>,
    forks: Vec<Fork>,
    next_look_ns: u64,
    /// When there may be a look at what was lost.
    soonest_look_ns: u64,
    /// Orphans are adopted by us, so that a look begins at ourselves too.
    is_adopting: bool,
    /// Children that we had before: they are no part of the run.
    strangers: Vec<u32>,
    n_lost: u64,
    /// The two descriptors that a look takes, where it is all there is: those who cannot be read for want of others are
    /// found all the same, and told of.
    reserve: Option<(PipeReader, PipeWriter)>,
}

/// What tells of forks.
#[derive(Debug)]
enum Source {
    Records(TaskRecords, Waking),
    Connector(Connector),
}

/// Whether a ring that fills up ends a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Waking {
    /// Ticks are so near that no ring fills up between them.
    Never,
    WhenHalfFull,
}

impl Source {
    /// What hears of the whole system: it opens at once, and sees what runs already as well.
    fn of_system(waking: Waking) -> Result<Self, String> {
        let records = TaskRecords::of_system().map(|records| Self::Records(records, waking));
        records
            .or_else(|_| Connector::open().map(Self::Connector))
            .map_err(|error| format!("connector: {error}"))
    }

    fn drain(&mut self, forks: &mut Vec<Fork>) -> u64 {
        match self {
            Self::Records(records, _) => records.drain(forks),
            Self::Connector(connector) => connector.drain(forks),
        }
    }
}

impl Membership {
    /// Makes ready for a program that we are about to start, and to be read at this interval.
    pub(crate) fn of_next_child(interval_ns: u64) -> Self {
        become_subreaper();
        let waking = if interval_ns <= SAFE_INTERVAL_NS { Waking::Never } else { Waking::WhenHalfFull };
        let of_program = || TaskRecords::of_next_child().map(|records| Source::Records(records, waking));
        let strangers = children::of(std::process::id());
        Self { is_adopting: true, ..Self::of(waking, Family::of_next_child(), of_program, strangers) }
    }

    /// For a program that runs already.
    pub(crate) fn of_running(number: u32) -> Self {
        let waking = Waking::WhenHalfFull;
        let of_threads = || TaskRecords::of_threads(number).map(|records| Source::Records(records, waking));
        // Who is attached to an ancestor comes of it, and is no part of it.
        let strangers = vec![std::process::id()];
        Self::of(waking, Family::of_running(number), of_threads, strangers)
    }

    /// By what hears of the whole system, or else by what hears of the program alone.
    fn of(
        waking: Waking,
        family: Family,
        of_program: impl FnOnce() -> io::Result<Source>,
        strangers: Vec<u32>,
    ) -> Self {
        let (source, family) = match Source::of_system(waking) {
            Ok(source) => (Ok(source), Some(family)),
            Err(why) => (of_program().map_err(|error| format!("{why}; perf_event_open: {error}")), None),
        };
        let reserve = source.is_err().then(io::pipe).and_then(Result::ok);
        Self {
            source,
            family,
            forks: Vec::new(),
            next_look_ns: 0,
            soonest_look_ns: 0,
            is_adopting: false,
            strangers,
            n_lost: 0,
            reserve,
        }
    }

    /// What it is, for the recording.
    pub(crate) fn describe(&self) -> String {
        const BESIDE: &str = "and now and then a look at the children in /proc";
        match &self.source {
            Ok(Source::Records(records, _)) => {
                format!("task records of perf ({}), {BESIDE}", records.scope())
            }
            Ok(Source::Connector(_)) => format!("the kernel's process connector, {BESIDE}"),
            Err(why) => format!("children in /proc, seen when looked at ({why})"),
        }
    }

    /// How many records of forks and exits were lost for want of room, at least.
    pub(crate) fn n_lost(&self) -> u64 {
        self.n_lost
    }

    /// A descriptor that is readable when new processes should be asked for before the next tick.
    pub(crate) fn fd(&self) -> RawFd {
        match &self.source {
            Ok(Source::Records(records, Waking::WhenHalfFull)) => records.fd(),
            _ => -1,
        }
    }

    /// How long there is room for what is told, without being asked.
    pub(crate) fn longest_wait_ns(&self) -> u64 {
        if matches!(self.source, Ok(Source::Connector(_))) { LONGEST_WAIT_NS } else { u64::MAX }
    }

    /// Appends what is new. `known` gives the processes that are followed already, and is asked for a look alone.
    pub(crate) fn drain(&mut self, known: impl Fn() -> Vec<u32>, now_ns: u64, born: &mut Vec<Born>) {
        self.hear(born);
        if now_ns >= self.next_look_ns {
            let known = known();
            let factor = if known.len() > N_MANY { 10 } else { 1 };
            let look_every_ns = if self.source.is_ok() { LOOK_BESIDE_NS } else { LOOK_EVERY_NS };
            self.next_look_ns = now_ns.saturating_add(look_every_ns * factor);
            self.soonest_look_ns = now_ns.saturating_add(LOOK_EVERY_NS * factor);
            let n_told = born.len();
            self.look(&known, born);
            self.hear_beside(n_told, born);
        }
    }

    /// Takes in what was told during a look, but for those whom it found: they may be gone when their fork is heard of.
    fn hear_beside(&mut self, n_told: usize, born: &mut Vec<Born>) {
        let mut later = Vec::new();
        self.hear(&mut later);
        let found: HashSet<u32> = born[n_told..].iter().map(|born| born.number).collect();
        born.extend(later.into_iter().filter(|born| !found.contains(&born.number)));
    }

    /// Takes in what is told. What of it was lost is soon looked for.
    fn hear(&mut self, born: &mut Vec<Born>) {
        let Ok(source) = &mut self.source else { return };
        self.family.iter_mut().for_each(Family::look_for_dead);
        let n_lost = source.drain(&mut self.forks);
        let family = &mut self.family;
        let is_ours = |fork: &Fork| family.as_mut().is_none_or(|family| family.has(fork));
        let ours = self.forks.drain(..).filter(is_ours);
        born.extend(ours.map(|Fork { number, parent, .. }| Born { number, parent }));
        self.family.iter_mut().for_each(Family::forget_dead);
        if n_lost > 0 {
            self.n_lost += n_lost;
            self.next_look_ns = self.next_look_ns.min(self.soonest_look_ns);
        }
    }

    fn look(&mut self, known: &[u32], born: &mut Vec<Born>) {
        let ourselves = self.is_adopting.then(std::process::id);
        let told: Vec<u32> = born.iter().map(|born| born.number).collect();
        self.reserve = None;
        children::look(known.iter().copied().chain(told).chain(ourselves), &self.strangers, born);
        self.reserve = self.source.is_err().then(io::pipe).and_then(Result::ok);
        if let Some(family) = &mut self.family {
            family.adopt(known.iter().copied().chain(born.iter().map(|born| born.number)));
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
