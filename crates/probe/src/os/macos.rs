//! macOS: libproc for memory (proc_pid_rusage), kqueue for the exit (kqueue(2), `EVFILT_PROC`).
//!
//! Compiled, linted and linked by the checks; never run by them.

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::process::Command;

use mach2::mach_time::{mach_absolute_time, mach_timebase_info};
use mprof_recording::metric::Bytes;

use super::Woken;
pub(crate) use super::unix::{Signals, reap};
use super::unix::{check, retry_on_eintr};
use crate::footprint::{self, Reading};
use crate::ticks;

/// Nothing: macOS begins `ru_maxrss` anew at exec, so that it has no floor.
#[derive(Debug)]
pub(crate) struct Floor;

impl Floor {
    pub(crate) fn watch(_: &mut Command) -> io::Result<Self> {
        Ok(Self)
    }

    pub(crate) fn told(self) -> Option<u64> {
        None
    }
}

/// Reads the memory of one process of the same user. No task port is needed, so no entitlement either.
#[derive(Debug)]
pub(crate) struct Reader {
    pid: libc::c_int,
}

impl Reader {
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        Ok(Self { pid: pid as libc::c_int })
    }

    /// One reading, or nothing when the process has no memory any more.
    pub(crate) fn read(&mut self) -> io::Result<Option<Bytes>> {
        let mut info = MaybeUninit::<libc::rusage_info_v4>::zeroed();
        // SAFETY: the buffer is a rusage_info_v4, the flavour asked for, and lives through the call.
        let result =
            unsafe { libc::proc_pid_rusage(self.pid, libc::RUSAGE_INFO_V4, info.as_mut_ptr().cast()) };
        match check(result) {
            Ok(()) => {
                // SAFETY: initialised above, zeroed and then filled.
                let info = unsafe { info.assume_init() };
                Ok(footprint::to_bytes(&reading(&info)))
            }
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn reading(info: &libc::rusage_info_v4) -> Reading {
    Reading {
        resident_bytes: info.ri_resident_size,
        footprint_bytes: info.ri_phys_footprint,
        footprint_peak_bytes: info.ri_lifetime_max_phys_footprint,
    }
}

/// Waits for a time, for the exit of a child, and for signals to us, whichever comes first.
#[derive(Debug)]
pub(crate) struct Waiter {
    pid: u32,
    /// Absent when the system gives none: the exit is then not noticed, and waiting says why.
    kqueue: io::Result<OwnedFd>,
    /// The child was gone before it could be watched.
    has_exited: bool,
    signals: Signals,
}

impl Waiter {
    pub(crate) fn new(pid: u32, signals: Signals) -> Self {
        let mut has_exited = false;
        let kqueue = open_kqueue().and_then(|kqueue| {
            register(&kqueue, &event(signals.fd() as usize, libc::EVFILT_READ, 0))?;
            let watched = register(&kqueue, &event(pid as usize, libc::EVFILT_PROC, libc::NOTE_EXIT));
            has_exited = matches!(&watched, Err(error) if error.raw_os_error() == Some(libc::ESRCH));
            if has_exited { Ok(kqueue) } else { watched.map(|()| kqueue) }
        });
        Self { pid, kqueue, has_exited, signals }
    }

    /// Waits until a time of the monotonic clock. A signal is dealt with and does not end the wait.
    pub(crate) fn wait(&mut self, until_ns: u64) -> io::Result<Woken> {
        if self.has_exited {
            return Ok(Woken::Exited);
        }
        let kqueue = self.kqueue.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
        loop {
            match next_event(kqueue, until_ns.saturating_sub(monotonic_ns()))? {
                None => return Ok(Woken::Due),
                Some(event) if event.filter == libc::EVFILT_PROC => return Ok(Woken::Exited),
                Some(_) => self.signals.pass_on(self.pid),
            }
        }
    }
}

/// Nanoseconds of the clock that no clock change moves. `CLOCK_MONOTONIC` only counts microseconds here.
pub(crate) fn monotonic_ns() -> u64 {
    let mut base = mach_timebase_info { numer: 0, denom: 0 };
    // SAFETY: the pointer lives through the call; both calls always succeed.
    let ticks = unsafe {
        mach_timebase_info(&raw mut base);
        mach_absolute_time()
    };
    ticks::to_ns(ticks, base.numer, base.denom)
}

/// macOS has no timer slack to set for one thread.
pub(crate) fn sharpen_timers() {}

/// The system in a few words, such as `macos 23.5.0 aarch64`.
#[must_use]
pub fn describe_system() -> String {
    format!("macos {} {}", release().unwrap_or_default(), std::env::consts::ARCH)
}

fn release() -> Option<String> {
    let mut names = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: the buffer lives through the call, and uname ends its strings with a zero.
    let names = unsafe {
        check(libc::uname(names.as_mut_ptr())).ok()?;
        names.assume_init()
    };
    // SAFETY: as above; the field lives as long as `names`.
    let release = unsafe { CStr::from_ptr(names.release.as_ptr()) };
    Some(release.to_string_lossy().into_owned())
}

fn open_kqueue() -> io::Result<OwnedFd> {
    // SAFETY: kqueue takes nothing and gives a new descriptor or -1.
    let fd = unsafe { libc::kqueue() };
    check(fd)?;
    // SAFETY: the descriptor is new, so nothing else owns it. A child does not inherit a kqueue (kqueue(2)).
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn event(ident: usize, filter: i16, fflags: u32) -> libc::kevent {
    libc::kevent { ident, filter, flags: libc::EV_ADD, fflags, data: 0, udata: std::ptr::null_mut() }
}

fn register(kqueue: &OwnedFd, event: &libc::kevent) -> io::Result<()> {
    // SAFETY: one change, which lives through the call, and no room for events.
    check(unsafe { libc::kevent(kqueue.as_raw_fd(), event, 1, std::ptr::null_mut(), 0, std::ptr::null()) })
}

/// Waits for one event, or for the time to pass.
fn next_event(kqueue: &OwnedFd, timeout_ns: u64) -> io::Result<Option<libc::kevent>> {
    let timeout = libc::timespec {
        tv_sec: (timeout_ns / 1_000_000_000) as libc::time_t,
        tv_nsec: (timeout_ns % 1_000_000_000) as libc::c_long,
    };
    let mut ready = event(0, 0, 0);
    let n_ready = retry_on_eintr(|| {
        // SAFETY: no change, room for one event, and both pointers live through the call.
        unsafe {
            libc::kevent(kqueue.as_raw_fd(), std::ptr::null(), 0, &raw mut ready, 1, &raw const timeout)
        }
    })?;
    Ok((n_ready > 0).then_some(ready))
}
