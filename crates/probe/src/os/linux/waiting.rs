//! The signals that wait for a process as a whole, whoever asks.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use super::STATUS_SIZE;
use crate::status;

/// A process that can be asked, by whoever has this.
#[derive(Debug)]
pub(crate) struct Waiting(File);

impl Waiting {
    /// Of ourselves, also in a copy of us.
    pub(crate) fn of_us() -> io::Result<Self> {
        File::open("/proc/self/status").map(Self)
    }

    pub(super) fn of(number: u32) -> io::Result<Self> {
        File::open(format!("/proc/{number}/status")).map(Self)
    }

    /// A bit for each signal, the first for signal 1; none where that cannot be read. Async-signal-safe.
    pub(crate) fn signals(&self) -> u64 {
        let mut text = [0; STATUS_SIZE];
        let n = self.0.read_at(&mut text, 0).ok();
        n.and_then(|n| status::pending(&text[..n])).unwrap_or(0)
    }
}
