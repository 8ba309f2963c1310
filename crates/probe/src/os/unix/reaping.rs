//! What is known of a process that is over, and of ourselves: wait4(2), waitid(2), getrusage(2).

use std::io;
use std::mem::MaybeUninit;

use mprof_recording::event::Exit;

use super::{check, retry_on_eintr};
use crate::os::{Reaped, Usage};

/// Reaps a child, waiting for its exit (wait4(2)).
pub(crate) fn reap(pid: u32) -> io::Result<Reaped> {
    wait4(pid, 0)?.ok_or_else(|| io::Error::other("it has not exited"))
}

/// A child of ours that has exited and can be reaped.
pub(crate) fn exited_child() -> Option<u32> {
    peek_exited(libc::P_ALL, 0, 0).ok().flatten().map(|(pid, _)| pid)
}

/// A child that has exited, of those that are meant, which is not reaped by asking, and how (waitid(2)).
pub(crate) fn peek_exited(which: libc::idtype_t, id: u32, options: i32) -> io::Result<Option<(u32, Exit)>> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT | options;
    // SAFETY: the pointer lives through the call.
    check(unsafe { libc::waitid(which, id, info.as_mut_ptr(), options) })?;
    // SAFETY: initialised above; a zeroed siginfo is a valid one, with pid 0, which stays when nothing waits.
    let (pid, status, code) = unsafe {
        let info = info.assume_init();
        (info.si_pid(), info.si_status(), info.si_code)
    };
    let exit = if code == libc::CLD_EXITED { Exit::Code(status) } else { Exit::Signal(status) };
    Ok(u32::try_from(pid).ok().filter(|&pid| pid != 0).map(|pid| (pid, exit)))
}

/// Reaps a process if it is a child of ours that has exited, such as an orphan that became ours.
pub(crate) fn reap_if_ours(pid: u32) -> Option<Reaped> {
    wait4(pid, libc::WNOHANG).ok().flatten()
}

fn wait4(pid: u32, options: i32) -> io::Result<Option<Reaped>> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    let reaped = retry_on_eintr(|| {
        // SAFETY: both pointers live through the call, and a zeroed rusage is a valid one.
        unsafe { libc::wait4(pid as libc::pid_t, &raw mut status, options, usage.as_mut_ptr()) }
    })?;
    if reaped == 0 {
        return Ok(None);
    }
    // SAFETY: initialised above, zeroed and then filled.
    let usage = unsafe { usage.assume_init() };
    let exit = if libc::WIFSIGNALED(status) {
        Exit::Signal(libc::WTERMSIG(status))
    } else {
        Exit::Code(libc::WEXITSTATUS(status))
    };
    Ok(Some(Reaped { exit, maxrss_bytes: usage.ru_maxrss as u64 * MAXRSS_UNIT_BYTES }))
}

/// `ru_maxrss` is in KiB on Linux, and in bytes on macOS.
#[cfg(target_os = "linux")]
const MAXRSS_UNIT_BYTES: u64 = 1024;
#[cfg(target_os = "macos")]
const MAXRSS_UNIT_BYTES: u64 = 1;

/// What we took for ourselves so far (getrusage(2)). Async-signal-safe.
pub(crate) fn own_usage() -> Option<Usage> {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer lives through the call, and a zeroed rusage is a valid one.
    let usage = unsafe {
        if libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr()) != 0 {
            return None;
        }
        usage.assume_init()
    };
    let ns = |time: libc::timeval| time.tv_sec as u64 * 1_000_000_000 + time.tv_usec as u64 * 1000;
    let cpu_ns = ns(usage.ru_utime) + ns(usage.ru_stime);
    Some(Usage { cpu_ns, peak_bytes: usage.ru_maxrss as u64 * MAXRSS_UNIT_BYTES })
}

/// The processor time of the calling thread so far (clock_gettime(2)).
pub(crate) fn thread_cpu_ns() -> u64 {
    // Every thread has it.
    clock_ns(libc::CLOCK_THREAD_CPUTIME_ID).unwrap_or(0)
}

/// What a clock says now, if there is such a clock (clock_gettime(2)).
pub(in crate::os) fn clock_ns(clock: libc::clockid_t) -> Option<u64> {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer lives through the call.
    let result = unsafe { libc::clock_gettime(clock, &raw mut now) };
    (result == 0).then_some(now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64)
}
