//! What is known of processes at their exit, where each is stopped there to be read (`--exact`).
//!
//! A process's note is written before it gives back its memory, so that whoever finds it gone finds its note as well.

use std::collections::HashMap;

use mprof_recording::event::Departure;
use mprof_recording::metric::Metric;

use crate::os::{Exited, Tracer};

impl Exited {
    /// The same departure, with what is known of the process at its exit.
    pub(crate) fn added_to(&self, departure: Departure) -> Departure {
        Departure { hwm_bytes: self.bytes.get(Metric::Hwm), earlier_bytes: self.earlier_bytes, ..departure }
    }
}

/// Notes of exits that nobody has asked for yet.
#[derive(Debug, Default)]
pub(crate) struct Exits {
    tracer: Option<Tracer>,
    notes: HashMap<u32, Exited>,
    drained: Vec<Exited>,
}

impl Exits {
    pub(crate) fn of(tracer: Option<Tracer>) -> Self {
        Self { tracer, ..Self::default() }
    }

    /// The note of a process that was found gone.
    pub(crate) fn take(&mut self, number: u32) -> Option<Exited> {
        if !self.notes.contains_key(&number) {
            self.drain();
        }
        self.notes.remove(&number)
    }

    /// The notes of processes that nobody follows: they came and went unseen.
    pub(crate) fn take_unseen(&mut self, is_followed: impl Fn(u32) -> bool) -> Vec<Exited> {
        if self.tracer.is_none() {
            return Vec::new();
        }
        self.drain();
        let unseen: Vec<u32> = self.notes.keys().copied().filter(|&number| !is_followed(number)).collect();
        let mut exits: Vec<Exited> =
            unseen.into_iter().filter_map(|number| self.notes.remove(&number)).collect();
        // Who a parent is has to be known when its children are told of, although they mostly end before it.
        exits.sort_by_cached_key(|exited| (exited.born_ns, exited.at_ns));
        exits
    }

    /// The process that does the tracing, which is no part of the program's tree.
    pub(crate) fn tracer_number(&self) -> Option<u32> {
        self.tracer.as_ref().map(Tracer::pid)
    }

    /// Whether every process should be told of.
    pub(crate) fn is_tracing(&self) -> bool {
        self.tracer.as_ref().is_some_and(|tracer| tracer.failure().is_none())
    }

    /// Why not every exit was seen, if so.
    pub(crate) fn failure(&self) -> Option<String> {
        self.tracer.as_ref()?.failure().map(ToString::to_string)
    }

    fn drain(&mut self) {
        let Some(tracer) = &mut self.tracer else { return };
        tracer.drain(&mut self.drained);
        self.notes.extend(self.drained.drain(..).map(|exited| (exited.pid, exited)));
    }
}
