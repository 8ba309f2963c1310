//! Any other system: everything compiles, and recording says that it cannot.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::Path;
use std::process::Command;

use mprof_recording::metric::Bytes;

pub(crate) use super::linux_only::{
    Aside, Exited, Mirror, Resetter, Tracer, Watch, borrows_memory, catches, check_numbers, holding,
    is_dying, memory_state, open_terminal, process_cpu_ns,
};
use super::{Exec, Interest, Readiness, Reaped, Usage, Woken};
use crate::running::Running;
use crate::tree::Born;

#[derive(Debug)]
pub(crate) struct Reader;

impl Reader {
    pub(crate) fn open(_: u32) -> io::Result<Self> {
        Err(unsupported())
    }

    pub(crate) fn read(&mut self) -> io::Result<Option<Bytes>> {
        Err(unsupported())
    }

    pub(crate) fn read_unless_asleep(&mut self, _: u64) -> io::Result<Option<Bytes>> {
        Err(unsupported())
    }

    pub(crate) fn read_if_run(&mut self, _: u64) -> io::Result<Option<Bytes>> {
        Err(unsupported())
    }

    pub(crate) fn reset_marks(&mut self, _: &Resetter) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn keeps_mark(&self) -> bool {
        false
    }

    /// No mark is begun anew.
    pub(crate) fn carried_bytes(&self) -> Option<u64> {
        None
    }

    /// There is nothing to give up.
    pub(crate) fn shed(&mut self) {}

    pub(crate) fn knows_name(&mut self, _: &[u8]) {}

    pub(crate) fn take_new_name(&mut self) -> Option<Vec<u8>> {
        None
    }
}

#[derive(Debug)]
pub(crate) struct Waiter;

impl Waiter {
    pub(crate) fn new(_: u32) -> Self {
        Self
    }

    pub(crate) fn wait(&mut self, _: u64, _: Option<&Signals>, _: &Membership) -> io::Result<Woken> {
        Err(unsupported())
    }

    pub(crate) fn send(&self, _: i32) {}
}

#[derive(Debug)]
pub(crate) struct Membership;

impl Membership {
    pub(crate) fn of_next_child(_: u64) -> Self {
        Self
    }

    pub(crate) fn of_running(_: u32) -> Self {
        Self
    }

    /// Nothing is told here, so nothing is lost.
    pub(crate) fn n_lost(&self) -> u64 {
        0
    }

    pub(crate) fn describe(&self) -> String {
        "none".to_owned()
    }

    pub(crate) fn drain(&mut self, _: impl Fn() -> Vec<u32>, _: u64, _: &mut Vec<Born>) {}
}

#[derive(Debug)]
pub(crate) struct Hook;

impl Hook {
    pub(crate) fn install(_: &mut Command, _: Option<Exec<'_>>) -> io::Result<Self> {
        Err(unsupported())
    }

    pub(crate) fn is_refused(&mut self, _: u32) -> bool {
        false
    }

    pub(crate) fn maxrss_floor_bytes(&self) -> Option<u64> {
        None
    }
}

#[derive(Debug)]
pub(crate) struct Signals;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Caught {
    pub(crate) signal: i32,
    pub(crate) origin: Origin,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    System,
    Process,
    ProcessToUs,
    Group,
}

impl Caught {
    pub(crate) fn is_typed_interrupt(&self) -> bool {
        false
    }
}

impl Signals {
    pub(crate) fn hold() -> io::Result<Self> {
        Err(unsupported())
    }

    pub(crate) fn let_through(&self, _: &mut Command) {}

    pub(crate) fn catch(self) -> io::Result<Self> {
        Err(unsupported())
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        unreachable!("nothing is caught here")
    }

    pub(crate) fn take(&self) -> Vec<Caught> {
        Vec::new()
    }

    pub(crate) fn dismiss_sentinel(&mut self) {}

    pub(crate) fn sentinel(&self) -> Option<u32> {
        None
    }
}

pub(crate) fn monotonic_ns() -> u64 {
    0
}

pub(crate) fn with_sleep_ns() -> u64 {
    0
}

pub(crate) fn after_spawn() {}

/// There is no proportional set here, and no unique one.
pub(crate) fn read_sets(_: u32) -> Option<Bytes> {
    None
}

/// The number of the user that we act as: unknown here.
#[must_use]
pub fn own_user() -> u32 {
    0
}

pub(crate) fn own_usage() -> Option<Usage> {
    None
}

pub(crate) fn own_peak_bytes() -> Option<u64> {
    None
}

pub(crate) fn thread_cpu_ns() -> u64 {
    0
}

pub(crate) fn reap(_: u32) -> io::Result<Reaped> {
    Err(unsupported())
}

pub(crate) fn exited_child() -> Option<u32> {
    None
}

pub(crate) fn reap_if_ours(_: u32) -> Option<Reaped> {
    None
}

pub(crate) fn give_environment(_: &mut Command, _: &[(OsString, OsString)]) {}

pub(crate) fn make_fifo(_: &Path) -> io::Result<File> {
    Err(unsupported())
}

pub(crate) fn open_fifo(_: &Path) -> io::Result<File> {
    Err(unsupported())
}

pub(crate) fn ignore_interrupts() -> io::Result<()> {
    Err(unsupported())
}

pub(crate) fn exists(_: u32) -> bool {
    false
}

pub(crate) fn is_beyond_us(_: u32) -> bool {
    false
}

pub(crate) fn send(_: u32, _: i32, _: impl FnOnce() -> bool) {}

/// There are no signals here.
pub fn end_by_interrupt() {}

/// There are no signals here.
pub fn give_up_signals() {}

/// Nothing has to be done here.
pub fn outlive_file_size_limit() {}

pub(crate) fn may_execute(_: &Path) -> bool {
    true
}

/// How far local time is ahead of UTC at a moment: unknown here.
#[must_use]
pub fn local_offset_seconds(_: i64) -> i32 {
    0
}

pub(crate) fn describe_precision() -> String {
    String::new()
}

pub(crate) fn running(_: u32) -> Option<Running> {
    None
}

pub(crate) fn process_numbers() -> io::Result<Vec<u32>> {
    Err(unsupported())
}

/// The system in a few words.
#[must_use]
pub fn describe_system() -> String {
    format!("{} {}", std::env::consts::OS, std::env::consts::ARCH)
}

pub(crate) fn reopen(_: &File) -> io::Result<File> {
    Err(unsupported())
}

pub(crate) fn appends(_: BorrowedFd<'_>) -> bool {
    false
}

pub(crate) fn ignore_signals() {}

pub(crate) fn take_streams() -> io::Result<[OwnedFd; 3]> {
    Err(unsupported())
}

pub(crate) fn wait_for<const N: usize>(
    _: [(Option<BorrowedFd<'_>>, Interest); N],
    _: Option<i32>,
) -> io::Result<[Readiness; N]> {
    Err(unsupported())
}

fn unsupported() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "recording works on Linux and macOS only")
}
