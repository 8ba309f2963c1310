//! The one place where the platform is chosen: by module, with equal names, without a trait.
//!
//! Each platform gives `Reader`, `Waiter`, `Signals`, `reap`, `describe_system`, `monotonic_ns`, `own_peak_bytes`,
//! `sharpen_timers` and `MAXRSS_HAS_FLOOR`. `unix.rs` holds what Linux and macOS do alike.

#[cfg(target_os = "linux")]
#[path = "os/linux.rs"]
mod imp;
#[cfg(target_os = "macos")]
#[path = "os/macos.rs"]
mod imp;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
#[path = "os/unsupported.rs"]
mod imp;

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod unix;

pub use imp::describe_system;
pub(crate) use imp::{
    MAXRSS_HAS_FLOOR, Reader, Signals, Waiter, monotonic_ns, own_peak_bytes, reap, sharpen_timers,
};

/// Why a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Woken {
    /// The time came.
    Due,
    /// The process has exited and can be reaped.
    Exited,
}

/// What is known of a process after it was reaped.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reaped {
    pub(crate) exit: mprof_recording::event::Exit,
    pub(crate) maxrss_bytes: u64,
}
