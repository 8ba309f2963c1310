//! Any other system: everything compiles, and recording says that it cannot.

use std::io;
use std::process::Command;

use mprof_recording::metric::Bytes;

use super::{Reaped, Woken};

#[derive(Debug)]
pub(crate) struct Reader;

impl Reader {
    pub(crate) fn open(_: u32) -> io::Result<Self> {
        Err(unsupported())
    }

    pub(crate) fn read(&mut self) -> io::Result<Option<Bytes>> {
        Err(unsupported())
    }
}

#[derive(Debug)]
pub(crate) struct Waiter;

impl Waiter {
    pub(crate) fn new(_: u32, _: Signals) -> Self {
        Self
    }

    pub(crate) fn wait(&mut self, _: u64) -> io::Result<Woken> {
        Err(unsupported())
    }
}

#[derive(Debug)]
pub(crate) struct Floor;

impl Floor {
    pub(crate) fn watch(_: &mut Command) -> io::Result<Self> {
        Err(unsupported())
    }

    pub(crate) fn told(self) -> Option<u64> {
        None
    }
}

#[derive(Debug)]
pub(crate) struct Signals;

impl Signals {
    pub(crate) fn catch() -> io::Result<Self> {
        Err(unsupported())
    }
}

pub(crate) fn monotonic_ns() -> u64 {
    0
}

pub(crate) fn reap(_: u32) -> io::Result<Reaped> {
    Err(unsupported())
}

pub(crate) fn sharpen_timers() {}

/// The system in a few words.
#[must_use]
pub fn describe_system() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "recording works on Linux and macOS only")
}
