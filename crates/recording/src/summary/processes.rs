//! The figures of each process of a run, and the JSON that holds them beside those of the run.

use std::io;

use serde::{Serialize, Serializer};

use super::Summary;
use crate::peak::PeakKind;
use crate::recording::Recording;

/// The figures of one process.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ProcessSummary {
    /// Its number, with a life behind a point when the number was used again.
    pub pid: Option<String>,
    /// The process that started it.
    pub parent: Option<String>,
    /// The name that it had last.
    pub name: Option<String>,
    /// When it became part of the run.
    pub joined_ns: Option<u64>,
    /// When it left.
    pub left_ns: Option<u64>,
    /// Its peak.
    pub peak_bytes: Option<u64>,
    /// What kind of number the peak is.
    pub peak_kind: Option<PeakKind>,
    /// Readings of it.
    pub n_samples: u64,
}

impl Recording {
    /// The figures of this run as JSON, a key on each line, with those of each process.
    ///
    /// # Errors
    /// Those of who takes the text.
    pub fn write_summary(&self, out: impl io::Write) -> io::Result<()> {
        let document = Document { summary: &self.summary(), processes: ProcessSummaries(self) };
        serde_json::to_writer_pretty(out, &document).map_err(io::Error::from)
    }
}

/// The figures of a run with those of its processes. These may be a million, so that they are not gathered first.
#[derive(Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    summary: &'a Summary,
    processes: ProcessSummaries<'a>,
}

struct ProcessSummaries<'a>(&'a Recording);

impl Serialize for ProcessSummaries<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let n_processes = self.0.processes.len();
        serializer.collect_seq((0..n_processes).filter_map(|place| self.0.process_summary(place)))
    }
}

impl Recording {
    /// The figures of the process at a place.
    #[must_use]
    pub fn process_summary(&self, place: usize) -> Option<ProcessSummary> {
        let process = self.processes.get(place)?;
        // Of lines that may be a sum, nobody knows what the program's own part is.
        let peak = match place {
            0 => self.root_peak().filter(|_| !self.is_summed_by_mprof()),
            _ => process.peak(),
        };
        Some(ProcessSummary {
            pid: process.pid.map(|pid| pid.to_string()),
            parent: process.parent.map(|pid| pid.to_string()),
            name: process.last_name().map(str::to_owned),
            joined_ns: process.joined_ns,
            left_ns: process.left.at_ns(),
            peak_bytes: peak.map(|peak| peak.bytes),
            peak_kind: peak.map(|peak| peak.kind),
            n_samples: if place == 0 { self.n_readings_of_root() } else { process.n_readings() },
        })
    }
}
