//! What std does not offer: the recorder's clock, and some numbers of the system.
//!
//! An `Instant` gives no number that another process could compare, so that the clock is asked by the C library's
//! function, which std itself links.

#![expect(unsafe_code, reason = "one call of the C library, for a clock that std has and does not give out")]

use std::ffi::{c_int, c_long};

/// `CLOCK_MONOTONIC`.
#[cfg(target_os = "linux")]
const CLOCK: c_int = 1;
/// `CLOCK_UPTIME_RAW`, which is `mach_absolute_time` in nanoseconds: it stands still while the machine sleeps, as the
/// recorder's clock does there.
#[cfg(target_os = "macos")]
const CLOCK: c_int = 8;

/// Whether the numbers of this file are those of the system: some processors have their own, and where a pointer is
/// narrower than what the kernel calls long, so is what it answers.
pub(super) const IS_KNOWN: bool = !cfg!(any(
    target_arch = "mips",
    target_arch = "mips64",
    target_arch = "mips32r6",
    target_arch = "mips64r6",
    target_arch = "sparc",
    target_arch = "sparc64",
    all(target_arch = "x86_64", target_pointer_width = "32"),
));

#[cfg(target_os = "linux")]
pub(super) const O_NONBLOCK: i32 = 0o4000;
#[cfg(target_os = "macos")]
pub(super) const O_NONBLOCK: i32 = 4;

/// Too many open files, here and in the whole system.
pub(super) const EMFILE: i32 = 24;
pub(super) const ENFILE: i32 = 23;

#[repr(C)]
struct Timespec {
    seconds: c_long,
    nanoseconds: c_long,
}

unsafe extern "C" {
    fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int;
}

/// Nanoseconds of the clock that the recorder uses.
pub(super) fn now_ns() -> u64 {
    let mut now = Timespec { seconds: 0, nanoseconds: 0 };
    // SAFETY: the pointer lives through the call, and where `IS_KNOWN` holds, the clock exists and two longs are its
    // answer. Nobody asks elsewhere.
    unsafe { clock_gettime(CLOCK, &raw mut now) };
    now.seconds as u64 * 1_000_000_000 + now.nanoseconds as u64
}
