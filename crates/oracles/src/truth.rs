//! What an oracle says of itself: one line of JSON on stdout. What it does not know is null, never zero.

use std::io::{self, Write};

use serde::Serialize;

/// What is true of one run, in bytes.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Truth {
    /// The highest resident set of the root process.
    pub(crate) root_peak_bytes: Option<u64>,
    /// The highest resident set of any one process: no total can be lower.
    pub(crate) largest_process_bytes: Option<u64>,
    /// What all processes took together at the height, shared pages once.
    pub(crate) true_total_bytes: Option<u64>,
    /// The sum of their resident sets at that moment, shared pages once for each: no total can be higher.
    pub(crate) sum_rss_bytes: Option<u64>,
    /// How many processes there were in all, the root included.
    pub(crate) n_processes: u64,
    /// How far the kernel's mark of one process may lie off, with a little for what telling this costs.
    pub(crate) slack_bytes: u64,
    /// The work's own time, for oracles that are there to be slowed down.
    pub(crate) elapsed_ns: Option<u64>,
    /// The processor time of that work, which other programs on the machine change less.
    pub(crate) cpu_ns: Option<u64>,
    /// Names that a process gave itself.
    pub(crate) names: Vec<String>,
    /// Why it could not do what it should, so that nothing is to be learnt from this run.
    pub(crate) cannot: Option<String>,
}

impl Truth {
    /// Prints it, at once and whole.
    pub(crate) fn tell(&self) -> io::Result<()> {
        print(&serde_json::to_string(self)?)
    }
}

/// Prints a text for whoever asked. The reader may be gone.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()
}
