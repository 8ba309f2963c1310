//! What only Linux has, where it is not: nothing stops a process at its exit, so that `--exact` is refused, with the
//! reason, and nothing tells of memory that lacks.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::Command;

use mprof_recording::metric::Bytes;

use super::Keys;
use crate::limits::Limits;
use crate::pressure::Change;
use crate::running::Holding;

/// What a process was when it ended: never known here.
#[derive(Clone, Debug)]
pub(crate) struct Exited {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) name: Vec<u8>,
    pub(crate) born_ns: Option<u64>,
    pub(crate) at_ns: u64,
    pub(crate) bytes: Bytes,
    pub(crate) earlier_bytes: Option<u64>,
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

/// The system does not say on which processor a program runs.
#[derive(Debug)]
pub(crate) struct Aside;

impl Aside {
    pub(crate) fn of(_: u32) -> Self {
        Self
    }

    pub(crate) fn return_home(&mut self) {}

    pub(crate) fn step(&mut self, _: u64) {}
}

/// No mark can be begun anew.
#[derive(Debug)]
pub(crate) struct Resetter;

impl Resetter {
    pub(crate) fn n_refused(&self) -> u64 {
        0
    }

    pub(crate) fn refused(&self, _: &io::Error) {}

    pub(crate) fn n_unsure(&self) -> (u64, u64) {
        (0, 0)
    }

    pub(crate) fn n_longer(&self) -> u64 {
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

/// It says when sets need not be read again, and there are none here.
pub(crate) fn process_cpu_ns(_: u32) -> Option<u64> {
    None
}

/// It says whether sets were read while nothing changed, and there are none here.
pub(crate) fn memory_state(_: u32) -> Option<(u64, u64)> {
    None
}

/// Not asked here: a child between vfork and exec is read as what it shows.
pub(crate) fn borrows_memory(_: u32, _: u32) -> bool {
    false
}

/// Nobody is waited for here, since there are no orphans of ours.
pub(crate) fn is_dying(_: u32) -> bool {
    false
}

/// Which signals a process catches is told to nobody here.
pub(crate) fn catches(_: u32, _: i32) -> bool {
    false
}

/// Whoever can be found has memory here.
pub(crate) fn holding(_: u32) -> Holding {
    Holding::Memory
}

/// Which signals wait for a process is told to nobody here.
#[derive(Debug)]
pub(crate) struct Waiting;

impl Waiting {
    pub(crate) fn of_us() -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) fn signals(&self) -> u64 {
        0
    }
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

    pub(crate) fn release(&self) {}
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

/// No terminal stands in the place of another: poll(2) does not wait for terminals everywhere.
#[derive(Debug)]
pub(crate) enum Mirror {}

pub(crate) fn open_terminal(_: BorrowedFd<'_>) -> io::Result<(OwnedFd, OwnedFd)> {
    Err(io::Error::new(io::ErrorKind::Unsupported, "a terminal can be read along with on Linux only"))
}

impl Mirror {
    pub(crate) fn new(_: OwnedFd, _: BorrowedFd<'_>, _: Keys) -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }

    pub(crate) fn patience_ms(&self) -> i32 {
        match *self {}
    }

    pub(crate) fn read(&mut self, _: &mut Vec<u8>) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn rest(&mut self) -> &'static [u8] {
        match *self {}
    }

    pub(crate) fn show(&self, _: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match *self {}
    }

    pub(crate) fn keyboard(&self) -> Option<BorrowedFd<'_>> {
        match *self {}
    }

    pub(crate) fn pass_keys(&mut self) {
        match *self {}
    }

    pub(crate) fn follow(&mut self) {
        match *self {}
    }
}

impl AsFd for Mirror {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match *self {}
    }
}
