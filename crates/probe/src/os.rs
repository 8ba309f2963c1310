//! The one place where the platform is chosen: by module, with equal names, without a trait.
//!
//! Each platform gives `Reader`, `Waiter`, `Signals`, `Floor`, `reap`, `monotonic_ns`, `sharpen_timers` and
//! `describe_system`. `unix.rs` holds what Linux and macOS do alike.

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
pub(crate) use imp::{Floor, Reader, Signals, Waiter, monotonic_ns, reap, sharpen_timers};

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
