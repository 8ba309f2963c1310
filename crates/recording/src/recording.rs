//! A recording: the events of one run in order, gathered by process.
//!
//! It holds raw readings only. What is shown of it (peaks, tables, charts) is derived from it by pure
//! functions, so that a formula can be mended for old files.

pub use crate::call::{Call, Moment};
use crate::event::{Finish, Pid, Start};
use crate::left::Left;
use crate::note::{LOSSES, MARKS_BEGUN_ANEW};
use crate::peak::MarksHold;
use crate::samples::Samples;
use crate::seldom::Seldom;
use std::sync::Arc;

/// One run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recording {
    /// The command on one line, for people.
    pub command: String,
    /// What was known at the start.
    pub start: Start,
    /// The processes of the run. The first is the root: the program itself.
    pub processes: Vec<Process>,
    /// How the run was recorded: what it is about, and what there is to say.
    pub notes: Vec<(String, String)>,
    /// Calls of phases and of marked functions, in the order in which they began.
    pub calls: Vec<Call>,
    /// Moments that the program marked, by time.
    pub moments: Vec<Moment>,
    /// Figures that the program told about itself.
    pub told: Vec<Told>,
    /// When the run ended and what was known then; absent when the recorder was cut off, and in mprof's files.
    pub end: Option<(u64, Finish)>,
}

/// One process of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its number; absent for the root of a file that mprof wrote.
    pub pid: Option<Pid>,
    /// The process that started it, where that is one of the run's.
    pub parent: Option<Pid>,
    /// Its name, where it was told.
    pub name: Option<Arc<str>>,
    /// The names that it took later, as exec gives them.
    pub renamed: Seldom<(u64, Arc<str>)>,
    /// When it became part of the run.
    pub joined_ns: Option<u64>,
    /// Its readings, by time.
    pub samples: Samples,
    /// Readings that are not among the samples because they repeat the one before them.
    pub n_same: u64,
    /// Stretches between two readings that are much longer than the interval, and in which it was not read.
    pub silences_ns: Seldom<(u64, u64)>,
    /// When and how it ended.
    pub left: Left,
    /// What its marks hold, as the run's notes tell.
    pub marks_hold: MarksHold,
}

/// A figure that the program told about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// When it was told.
    pub at_ns: u64,
    /// What it is, such as `calculated_bytes`.
    pub name: String,
    /// Its value.
    pub value: u64,
}

impl Process {
    /// How many readings there are of it.
    #[must_use]
    pub fn n_readings(&self) -> u64 {
        (self.samples.len() as u64).saturating_add(self.n_same)
    }

    /// Whether it was read. Of an orphan that was over before, its reaper tells no more than what it or a child of it
    /// had at most.
    pub(crate) fn is_known(&self) -> bool {
        !self.samples.is_empty()
            || self.left.departure().is_some_and(|departure| departure.hwm_bytes.is_some())
    }

    /// The name that it had last.
    #[must_use]
    pub fn last_name(&self) -> Option<&str> {
        self.renamed.last().map(|(_, name)| &**name).or(self.name.as_deref())
    }
}

impl Recording {
    /// The program itself, if anything was recorded of it.
    #[must_use]
    pub fn root(&self) -> Option<&Process> {
        self.processes.first()
    }

    /// How many processes there are of which it is known what they held: the program, and those that were read, at their
    /// exit at least.
    pub(crate) fn n_known_processes(&self) -> u64 {
        let n_children = self.children().iter().filter(|child| child.is_known()).count();
        (n_children + self.processes.len().min(1)) as u64
    }

    /// Whether there are several processes, each with readings of its own alone.
    #[must_use]
    pub fn has_tree(&self) -> bool {
        self.processes.len() > 1 && (self.start.recorder.is_some() || self.is_tree_of_mprof())
    }

    /// Every process but the root.
    #[must_use]
    pub fn children(&self) -> &[Process] {
        self.processes.get(1..).unwrap_or_default()
    }

    /// What is noted under a key, the first time if that is several times.
    #[must_use]
    pub fn note(&self, key: &str) -> Option<&str> {
        self.notes.iter().find(|(noted, _)| noted == key).map(|(_, text)| text.as_str())
    }

    /// Whether each mark is of the interval before its reading, and not of the whole life.
    #[must_use]
    pub fn begins_marks_anew(&self) -> bool {
        self.note(MARKS_BEGUN_ANEW).is_some()
    }

    /// Whether it lacks something that would have been in it.
    pub(crate) fn has_losses(&self) -> bool {
        LOSSES.iter().any(|key| self.note(key).is_some())
    }

    /// A figure that the program told about itself.
    #[must_use]
    pub fn told(&self, name: &str) -> Option<u64> {
        self.told.iter().rev().find(|told| told.name == name).map(|told| told.value)
    }

    /// How many readings there are, of all processes.
    #[must_use]
    pub fn n_readings(&self) -> u64 {
        self.processes.iter().map(Process::n_readings).fold(0, u64::saturating_add)
    }

    /// From the start to the end, or to the last thing recorded when the end is not known.
    #[must_use]
    pub fn duration_ns(&self) -> u64 {
        let ended = self.end.as_ref().map(|(at_ns, _)| *at_ns);
        ended.unwrap_or_else(|| self.last_ns())
    }

    /// The time of the first reading or call.
    pub(crate) fn first_ns(&self) -> Option<u64> {
        self.first_reading_ns().into_iter().chain(self.calls.iter().map(|call| call.from_ns)).min()
    }

    pub(crate) fn first_reading_ns(&self) -> Option<u64> {
        self.processes.iter().filter_map(|process| process.samples.times_ns().first()).copied().min()
    }

    /// Counts every time from a new zero. What lay before it is put at zero.
    pub(crate) fn rebase(&mut self, zero_ns: u64) {
        for process in &mut self.processes {
            process.samples.rebase(zero_ns);
        }
        for at_ns in self.times_mut() {
            *at_ns = at_ns.saturating_sub(zero_ns);
        }
    }

    /// Every time but those of the readings.
    fn times_mut(&mut self) -> impl Iterator<Item = &mut u64> {
        let processes = self.processes.iter_mut().flat_map(|process| {
            let left = process.left.at_ns_mut();
            let renamed = process.renamed.iter_mut().map(|(at_ns, _)| at_ns);
            let silences = process.silences_ns.iter_mut().flat_map(|(from_ns, to_ns)| [from_ns, to_ns]);
            process.joined_ns.as_mut().into_iter().chain(left).chain(renamed).chain(silences)
        });
        let calls = self.calls.iter_mut().flat_map(|call| [&mut call.from_ns, &mut call.to_ns]);
        let moments = self.moments.iter_mut().map(|moment| &mut moment.at_ns);
        let told = self.told.iter_mut().map(|told| &mut told.at_ns);
        let end = self.end.as_mut().map(|(at_ns, _)| at_ns);
        processes.chain(calls).chain(moments).chain(told).chain(end)
    }

    pub(crate) fn last_ns(&self) -> u64 {
        let samples = self.processes.iter().filter_map(|process| process.samples.times_ns().last());
        let departures = self.processes.iter().filter_map(|process| process.left.at_ns());
        let calls = self.calls.iter().map(|call| &call.to_ns);
        let moments = self.moments.iter().map(|moment| &moment.at_ns);
        samples.chain(calls).chain(moments).copied().chain(departures).max().unwrap_or(0)
    }
}
