//! The figures of a run: for people after `run`, and as JSON for programs.
//!
//! They are gathered event by event, so that a run of days needs no more memory than one of seconds, and what
//! a full disk has swallowed is still summed up. A figure that was not measured is null.

use std::io;

use serde::Serialize;

use crate::command;
use crate::event::{Departure, Event, Exit, Finish, Kind, Pid};
use crate::metric::Bytes;
use crate::peak::{Marks, Peak, PeakKind};
use crate::pump::Sink;
use crate::recording::Recording;

/// The figures of one run. The keys of the JSON are the fields' names, with their unit at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The command on one line.
    pub command: String,
    /// Wall-clock time of the start, in nanoseconds since 1970.
    pub started_unix_ns: u64,
    /// From the start to the end, or to the last reading when the end was not recorded.
    pub duration_ns: u64,
    /// The program's exit code; null when a signal ended it, or when it is not known.
    pub exit_code: Option<i32>,
    /// The signal that ended the program.
    pub exit_signal: Option<i32>,
    /// The program's highest memory.
    pub peak_bytes: Option<u64>,
    /// What kind of number the peak is: `high_water_mark`, `highest_sample` or `reaped_maxrss`.
    pub peak_kind: Option<PeakKind>,
    /// When the peak was first seen, counted from the start.
    pub peak_at_ns: Option<u64>,
    /// The highest resident set among the samples, which the peak may lie above.
    pub highest_sample_bytes: Option<u64>,
    /// Time between samples that was asked for.
    pub interval_ns: Option<u64>,
    /// Samples taken of the program.
    pub n_samples: u64,
    /// Ticks at which no sample could be taken.
    pub n_missed: Option<u64>,
    /// Samples taken more than half an interval late.
    pub n_late: Option<u64>,
    /// Whether the end of the run was recorded.
    pub is_complete: bool,
    /// The size of the result, as the program calculated it.
    pub calculated_bytes: Option<u64>,
    /// What the program wrote to disk, as it told.
    pub file_bytes: Option<u64>,
    /// The time that the program measured itself.
    pub elapsed_ns: Option<u64>,
}

impl Summary {
    /// The figures as one line of JSON for each key.
    ///
    /// # Errors
    /// None in practice: every field can be written.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}

/// Gathers the figures of a run as it goes on.
#[derive(Debug, Default)]
pub struct Tally {
    summary: Summary,
    root: Option<Pid>,
    marks: Marks,
    departure: Option<Departure>,
    ended: bool,
}

impl Tally {
    /// The peak so far.
    #[must_use]
    pub fn peak(&self) -> Option<Peak> {
        self.marks.peak(self.departure.as_ref())
    }

    /// The figures so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let exit = self.departure.and_then(|departure| departure.exit);
        let peak = self.peak();
        Summary {
            exit_code: exit.and_then(Exit::code),
            exit_signal: exit.and_then(Exit::signal),
            peak_bytes: peak.map(|peak| peak.bytes),
            peak_kind: peak.map(|peak| peak.kind),
            peak_at_ns: peak.and_then(|peak| peak.at_ns),
            highest_sample_bytes: self.marks.highest_sample().map(|peak| peak.bytes),
            is_complete: self.ended,
            ..self.summary.clone()
        }
    }

    fn sample(&mut self, at_ns: u64, bytes: &Bytes) {
        self.marks.see(at_ns, bytes);
        self.summary.n_samples += 1;
    }

    fn told(&mut self, name: &str, value: u64) {
        let field = match name {
            "calculated_bytes" => &mut self.summary.calculated_bytes,
            "file_bytes" => &mut self.summary.file_bytes,
            "elapsed_ns" => &mut self.summary.elapsed_ns,
            _ => return,
        };
        *field = Some(value);
    }

    fn finished(&mut self, finish: &Finish) {
        self.summary.n_missed = Some(finish.n_missed);
        self.summary.n_late = Some(finish.n_late);
        self.ended = true;
    }
}

impl Sink for Tally {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.summary.duration_ns = self.summary.duration_ns.max(event.at_ns);
        match &event.kind {
            Kind::Started(start) => {
                self.summary.command = command::display(&start.argv);
                self.summary.started_unix_ns = start.unix_ns;
                self.summary.interval_ns = start.interval_ns;
            }
            Kind::Joined { pid, .. } => {
                self.root.get_or_insert(*pid);
            }
            Kind::Sample { pid, bytes } if self.root == Some(*pid) => self.sample(event.at_ns, bytes),
            Kind::Left { pid, departure } if self.root == Some(*pid) => self.departure = Some(*departure),
            Kind::Told { name, value } => self.told(name, *value),
            Kind::Finished(finish) => self.finished(finish),
            Kind::Sample { .. } | Kind::Left { .. } => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Recording {
    /// The figures of this run.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut tally = Tally::default();
        if let Some(root) = self.root() {
            tally.marks = root.marks();
            tally.departure = root.left.map(|(_, departure)| departure);
            tally.summary.n_samples = root.samples.len() as u64;
        }
        for told in &self.told {
            tally.told(&told.name, told.value);
        }
        if let Some((_, finish)) = &self.end {
            tally.finished(finish);
        }
        tally.summary.command.clone_from(&self.command);
        tally.summary.started_unix_ns = self.start.unix_ns;
        tally.summary.interval_ns = self.start.interval_ns;
        tally.summary.duration_ns = self.duration_ns();
        tally.summary()
    }
}
