//! What only Linux has, where it is not: nothing stops a process at its exit, so that `--exact` is refused, with the
//! reason, and nothing tells of memory that lacks.

use std::io;
use std::process::Command;

use mprof_recording::metric::Bytes;

use crate::limits::Limits;
use crate::pressure::Change;
use crate::running::Holding;

/// What a process was when it ended: never known here.
#[derive(Clone, Debug)]
pub(crate) struct Exited {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) at_ns: u64,
    pub(crate) bytes: Bytes,
}

/// Nothing stops a process at its exit here.
#[derive(Debug)]
pub(crate) struct Tracer;

impl Tracer {
    pub(crate) fn prepare(_: &mut Command) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "exits can be traced on Linux only"))
    }

    pub(crate) fn drain(&mut self, _: &mut Vec<Exited>) {}

    pub(crate) fn pid(&self) -> u32 {
        0
    }

    pub(crate) fn failure(&self) -> Option<&io::Error> {
        None
    }
}

/// No mark can be begun anew.
#[derive(Debug)]
pub(crate) struct Resetter;

impl Resetter {
    pub(crate) fn n_refused(&self) -> u64 {
        0
    }

    pub(crate) fn start() -> io::Result<Self> {
        Ok(Self)
    }
}

/// Numbers mean the same everywhere here.
pub(crate) fn check_numbers() -> io::Result<()> {
    Ok(())
}

/// Which signals a process catches is told to nobody here.
pub(crate) fn catches(_: u32, _: i32) -> bool {
    false
}

/// Whoever can be found has memory here.
pub(crate) fn holding(_: u32) -> Holding {
    Holding::Memory
}

/// Nobody stands in our group.
#[derive(Debug)]
pub(crate) struct Sentinel;

impl Sentinel {
    pub(crate) fn post(_: std::os::fd::RawFd, _: &[i32]) -> io::Result<Self> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "a sentinel can be posted on Linux only"))
    }

    pub(crate) fn pid(&self) -> u32 {
        0
    }

    pub(crate) fn pending(&self) -> u64 {
        0
    }
}

/// Nothing is watched.
#[derive(Debug)]
pub(crate) struct Watch;

impl Watch {
    pub(crate) fn begin(_: u32) -> Self {
        Self
    }

    pub(crate) fn limits(&self) -> Limits {
        Limits::default()
    }

    pub(crate) fn change(&self, _: u32, _: impl Fn(u32) -> bool) -> Change {
        Change::default()
    }
}
