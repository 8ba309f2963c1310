//! The one place where the platform is chosen: by module, with equal names, without a trait.
//!
//! Each platform gives the names that are imported below. `unix.rs` holds what Linux and macOS do alike.

use std::ffi::OsString;
use std::path::Path;

use mprof_recording::event::{Departure, Exit};

#[cfg(target_os = "linux")]
#[path = "os/linux/mod.rs"]
mod imp;
#[cfg(target_os = "macos")]
#[path = "os/macos.rs"]
mod imp;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
#[path = "os/unsupported.rs"]
mod imp;

#[cfg(test)]
pub(crate) mod counting;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod environment;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod inherited;
#[cfg(not(target_os = "linux"))]
mod linux_only;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod streams;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod unix;

pub(crate) use imp::{
    Aside, Caught, Exited, Hook, Membership, Mirror, Origin, Reader, Resetter, Signals, Tracer, Waiter,
    Watch, after_spawn, appends, borrows_memory, catches, check_numbers, describe_precision, exists,
    exited_child, give_environment, holding, ignore_interrupts, ignore_signals, is_beyond_us, is_dying,
    make_fifo, may_execute, memory_state, monotonic_ns, open_fifo, open_terminal, own_peak_bytes, own_usage,
    process_cpu_ns, process_numbers, read_sets, reap, reap_if_ours, reopen, running, send, take_streams,
    thread_cpu_ns, wait_for, with_sleep_ns,
};
pub use imp::{
    describe_system, end_by_interrupt, give_up_signals, local_offset_seconds, outlive_file_size_limit,
    own_user,
};

/// All that exec is given.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "std does the rest there"))]
pub(crate) struct Exec<'a> {
    pub(crate) path: &'a Path,
    pub(crate) argv: &'a [OsString],
    /// Variables beside our own.
    pub(crate) added: &'a [(OsString, OsString)],
}

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// The time came.
    Due,
    /// The process has exited.
    Exited,
    /// A signal reached us, or new processes should be asked for.
    Called,
}

/// What a descriptor is waited for. That it has gone is always told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interest {
    Reading,
    Writing,
    Nothing,
}

/// What became of a wait.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Readiness {
    /// It can be read or written without waiting, if only to learn that there will be nothing any more.
    pub(crate) is_ready: bool,
    /// Nobody is at the other end.
    pub(crate) is_gone: bool,
}

/// Who reads the keys that are typed on a terminal in whose place another stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// The program does, from its stdin.
    OfStdin,
    /// Its stdin is something else, so that it may read keys from what it prints on, as `… | vim -` does.
    OfOutput,
}

/// What is known of a process after it was reaped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reaped {
    pub(crate) exit: Exit,
    pub(crate) maxrss_bytes: u64,
}

impl Reaped {
    /// What there is to say of the end of a process that we did not start and read: its `ru_maxrss` may show what
    /// started it.
    pub(crate) fn exit_alone(&self) -> Departure {
        Departure { exit: Some(self.exit), ..Departure::default() }
    }

    /// What there is to say of the end of a process that we started, or of which nothing else is known.
    pub(crate) fn departure(&self, maxrss_floor_bytes: Option<u64>) -> Departure {
        Departure {
            exit: Some(self.exit),
            hwm_bytes: None,
            earlier_bytes: None,
            maxrss_bytes: Some(self.maxrss_bytes),
            maxrss_floor_bytes,
        }
    }
}

/// What a process took for itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) cpu_ns: u64,
    pub(crate) peak_bytes: u64,
}
