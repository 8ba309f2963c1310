//! What happens during a run, one thing at a time.
//!
//! Sources produce events, sinks consume them, and a [`crate::Recording`] is the events of one run in order.

use serde::Serialize;

use crate::call::{Call, Entry, Moment};
use crate::metric::Bytes;
pub use crate::pid::Pid;

/// One thing that happened, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Nanoseconds since the run started, by a clock that no clock change moves.
    pub at_ns: u64,
    /// What happened.
    pub kind: Kind,
}

/// The kinds of event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The run started. The first event of a stream.
    Started(Start),
    /// A process became part of the run. The first one to join is the root.
    Joined {
        /// The process.
        pid: Pid,
        /// The process that started it, where that is one of the run's.
        parent: Option<Pid>,
        /// Its name, as the system tells it.
        name: String,
    },
    /// A process took another name, as exec does.
    Renamed {
        /// The process.
        pid: Pid,
        /// Its name from now on.
        name: String,
    },
    /// One reading of one process. All readings of one tick have the tick's time.
    Sample {
        /// The process.
        pid: Pid,
        /// What was read.
        bytes: Bytes,
    },
    /// A process left the run.
    Left {
        /// The process.
        pid: Pid,
        /// How it ended, and what the kernel said of it then.
        departure: Departure,
    },
    /// Something about how the run is recorded, such as what tells of new processes.
    Noted {
        /// What it is about, in one word.
        key: &'static str,
        /// What there is to say.
        text: String,
    },
    /// The program told a figure about itself, such as the size of its result.
    Told {
        /// What it is, such as `calculated_bytes`.
        name: String,
        /// Its value, in the unit that the name ends with.
        value: u64,
    },
    /// A call of a phase began at this time and goes on. A call that is over when it is told of is not told of here.
    Entered(Entry),
    /// A call of a phase is over.
    Called {
        /// The call.
        call: Call,
        /// Its number, where its entry was told.
        id: Option<u64>,
    },
    /// The program marked a moment.
    Marked(Moment),
    /// The run is over. The last event of a stream.
    Finished(Finish),
}

/// What is known when a run starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Start {
    /// The program and its arguments, byte for byte; empty when they were not kept.
    pub argv: Vec<Vec<u8>>,
    /// Wall-clock time of the start, in nanoseconds since 1970.
    pub unix_ns: u64,
    /// Time between two samples that was asked for, in nanoseconds.
    pub interval_ns: Option<u64>,
    /// The program that made the recording, with its version, such as `mprof-rs 0.1.0`.
    pub recorder: Option<String>,
    /// The system it ran on, such as `linux 6.18.44 x86_64`.
    pub system: Option<String>,
}

/// How a process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Departure {
    /// Its exit status; absent when nobody could be told.
    pub exit: Option<Exit>,
    /// The high-water mark that was read when it had come to its exit: its last word.
    pub hwm_bytes: Option<u64>,
    /// The highest that an exec of it has ended: of the images that it was before, and of the children that it had
    /// waited for by then. Told with the mark at the exit, and absent where that was not beyond what its parent had.
    pub earlier_bytes: Option<u64>,
    /// `ru_maxrss` of the reaped process: the largest resident set of it or of any child it waited for.
    pub maxrss_bytes: Option<u64>,
    /// The high-water mark of the image that became the program. Linux folds it into `ru_maxrss` at exec, so a value
    /// that hardly exceeds it says nothing about the program (getrusage(2)).
    pub maxrss_floor_bytes: Option<u64>,
}

/// The exit status of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It exited with this code.
    Code(i32),
    /// A signal with this number ended it.
    Signal(i32),
}

impl Exit {
    /// The exit code, unless a signal ended the process.
    #[must_use]
    pub fn code(self) -> Option<i32> {
        if let Self::Code(code) = self { Some(code) } else { None }
    }

    /// The signal that ended the process, if one did.
    #[must_use]
    pub fn signal(self) -> Option<i32> {
        if let Self::Signal(signal) = self { Some(signal) } else { None }
    }

    /// The status as a shell gives it: the code, or 128 and the signal's number.
    #[must_use]
    pub fn shell_code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128 + signal,
        }
    }
}

/// What is known when a run is over: how it ended, and how well it was recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finish {
    /// Why the recording ended.
    pub how: Ending,
    /// Ticks at which a sample was taken.
    pub n_samples: u64,
    /// Ticks that passed while no sample could be taken.
    pub n_missed: u64,
    /// Samples that were taken more than half an interval after their tick.
    pub n_late: u64,
    /// Processes that were never read: over before they could be, or for want of descriptors.
    pub n_unread: u64,
    /// Those among them that were alive and could not be read: the sums lack them.
    pub n_unreadable: u64,
    /// The highest that the run's cgroup held, where nobody else was in it: page cache and kernel memory included.
    pub cgroup_peak_bytes: Option<u64>,
    /// Half of the samples came no later after their tick than this.
    pub late_median_ns: Option<u64>,
    /// Of a hundred samples, one came later than this.
    pub late_p99_ns: Option<u64>,
    /// Processor time that the recorder took for itself.
    pub own_cpu_ns: Option<u64>,
    /// The recorder's own resident high-water mark.
    pub own_peak_bytes: Option<u64>,
}

/// Why a recording ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The program ended; its exit status says how.
    #[default]
    Exit,
    /// The time that was given was over.
    Timeout,
    /// The recorder was told to stop.
    Interrupted,
    /// The kernel killed the program for want of memory.
    OutOfMemory,
}

impl Ending {
    /// Every way to end.
    pub const ALL: [Self; 4] = [Self::Exit, Self::Timeout, Self::Interrupted, Self::OutOfMemory];

    /// The word in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Timeout => "timeout",
            Self::Interrupted => "interrupted",
            Self::OutOfMemory => "out_of_memory",
        }
    }
}

/// Key of a note that who sits at the terminal is to read at once.
pub const SAID_AT_ONCE: &str = "said";

/// Keys of notes that are limits, whose text is a number of bytes.
pub mod limits {
    /// The lowest limit of the cgroup and those above it, for all its processes together.
    pub const CGROUP: &str = "limit_cgroup";
    /// `RLIMIT_AS`, for each process.
    pub const ADDRESS_SPACE: &str = "limit_address_space";
    /// `RLIMIT_DATA`, for each process.
    pub const DATA: &str = "limit_data";
    /// The memory of the system.
    pub const SYSTEM: &str = "system_memory";
}
