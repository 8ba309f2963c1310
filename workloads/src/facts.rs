//! The figures of a finished run, and what of them a recorder is told.

use std::time::Duration;

/// The figures of a finished run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How long the article's timer would have run: from before the array is made until its last slice is stored.
    pub elapsed: Duration,
    /// What the array's values take.
    pub calculated_bytes: usize,
    /// The sizes of the output's files, before `--discard` removes them, if there is an output.
    pub file_bytes: Option<u64>,
}

impl Facts {
    /// Tells whoever records us. Numbers and not the printed text, because that is rounded.
    pub fn tell(&self) {
        mprof_phases::fact("elapsed_ns", u64::try_from(self.elapsed.as_nanos()).unwrap_or(u64::MAX));
        mprof_phases::fact("calculated_bytes", self.calculated_bytes as u64);
        if let Some(file_bytes) = self.file_bytes {
            mprof_phases::fact("file_bytes", file_bytes);
        }
    }
}
