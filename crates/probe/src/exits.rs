//! What is known of processes at their exit, where each is stopped there to be read (`--exact`).
//!
//! A process's note is written before it gives back its memory, so that whoever finds it gone finds its note as well.

use std::collections::HashMap;

use crate::os::{Exited, Tracer};

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
        exits.sort_by_key(|exited| exited.at_ns);
        exits
    }

    /// The process that does the tracing, which is no part of the program's tree.
    pub(crate) fn tracer_number(&self) -> Option<u32> {
        self.tracer.as_ref().map(Tracer::pid)
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
