//! Linux: `/proc/PID/status` for memory (proc(5)), a pidfd for the exit (pidfd_open(2)).

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::fs::File;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use mprof_recording::metric::Bytes;

use super::Woken;
use super::unix::{MAXRSS_UNIT_BYTES, retry_on_eintr};
pub(crate) use super::unix::{Signals, reap};
use crate::status;

#[cfg_attr(not(test), expect(dead_code, reason = "`run --exact` is not wired yet"))]
#[path = "linux/tracer.rs"]
mod tracer;

/// Enough for the file unless a process is in hundreds of groups; it grows then.
const STATUS_SIZE: usize = 4096;

/// Reads the memory of one process, through one file that stays open and follows the process through exec.
#[derive(Debug)]
pub(crate) struct Reader {
    status: File,
    text: Vec<u8>,
}

impl Reader {
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        let status = File::open(format!("/proc/{pid}/status"))?;
        Ok(Self { status, text: vec![0; STATUS_SIZE] })
    }

    /// One reading, or nothing when the process has no memory any more.
    pub(crate) fn read(&mut self) -> io::Result<Option<Bytes>> {
        match self.status.read_at(&mut self.text, 0) {
            Ok(n) if n == self.text.len() => {
                self.text.resize(2 * n, 0);
                self.read()
            }
            Ok(n) => Ok(status::parse(&self.text[..n])),
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => self.read(),
            Err(error) => Err(error),
        }
    }
}

/// Waits for a time, for the exit of a child, and for signals to us, whichever comes first.
#[derive(Debug)]
pub(crate) struct Waiter {
    pid: u32,
    /// Absent where the kernel has no pidfd: the exit is then noticed at the next tick.
    pidfd: Option<OwnedFd>,
    signals: Signals,
}

impl Waiter {
    pub(crate) fn new(pid: u32, signals: Signals) -> Self {
        Self { pid, pidfd: pidfd_open(pid).ok(), signals }
    }

    /// Waits until a time of the monotonic clock. A signal is dealt with and does not end the wait.
    pub(crate) fn wait(&mut self, until_ns: u64) -> io::Result<Woken> {
        loop {
            let left_ns = until_ns.saturating_sub(monotonic_ns());
            let mut fds =
                [self.pidfd.as_ref().map_or(-1, AsRawFd::as_raw_fd), self.signals.fd()].map(to_read);
            let n_ready = ppoll(&mut fds, left_ns)?;
            if fds[1].revents != 0 {
                self.signals.pass_on(self.pid);
            }
            if fds[0].revents != 0 || (self.pidfd.is_none() && exit_is_waiting(self.pid)) {
                return Ok(Woken::Exited);
            }
            if n_ready == 0 {
                return Ok(Woken::Due);
            }
        }
    }
}

/// Lets the kernel wake this thread at the nanosecond asked for, instead of up to 50 µs later (prctl(2)).
///
/// Called after the spawn, since a child inherits the setting.
pub(crate) fn sharpen_timers() {
    // SAFETY: PR_SET_TIMERSLACK takes one integer and touches no memory.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64) };
}

/// The system in a few words, such as `linux 6.18.44 x86_64`.
#[must_use]
pub fn describe_system() -> String {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("linux {} {}", release.trim(), std::env::consts::ARCH)
}

/// Nanoseconds of the clock that no clock change moves.
pub(crate) fn monotonic_ns() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer lives through the call, and CLOCK_MONOTONIC always exists.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// Tells how large a child was just before its exec: the least that its `ru_maxrss` can be (getrusage(2)).
///
/// Linux hands the high-water mark of the spawning image down through exec. A hook that runs in the child makes std
/// fork instead of sharing our memory until the exec, so that this is the small copy's mark and not ours.
#[derive(Debug)]
pub(crate) struct Floor(io::PipeReader);

impl Floor {
    /// Arranges for a command to tell.
    pub(crate) fn watch(command: &mut Command) -> io::Result<Self> {
        let (reader, writer) = io::pipe()?;
        let tell = move || {
            let bytes = own_maxrss_bytes().to_ne_bytes();
            // SAFETY: write is async-signal-safe, as everything between fork and exec must be. If it fails,
            // the floor is unknown, and the program runs all the same.
            unsafe { libc::write(writer.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) };
            Ok(())
        };
        // SAFETY: the hook makes two system calls and touches nothing that a lock of another thread guards.
        unsafe { command.pre_exec(tell) };
        Ok(Self(reader))
    }

    /// What the child told. The command must be gone, so that nobody holds the other end any more.
    pub(crate) fn told(mut self) -> Option<u64> {
        let mut bytes = [0; size_of::<u64>()];
        self.0.read_exact(&mut bytes).ok()?;
        Some(u64::from_ne_bytes(bytes))
    }
}

fn own_maxrss_bytes() -> u64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: the pointer lives through the call, and a zeroed rusage is a valid one.
    let usage = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, usage.as_mut_ptr());
        usage.assume_init()
    };
    usage.ru_maxrss as u64 * MAXRSS_UNIT_BYTES
}

/// Whether a child could be reaped now.
pub(crate) fn exit_is_waiting(pid: u32) -> bool {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: the pointer lives through the call; a zeroed siginfo has pid 0, which stays when nothing waits.
    unsafe {
        libc::waitid(libc::P_PID, pid, info.as_mut_ptr(), options) == 0 && info.assume_init().si_pid() != 0
    }
}

fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open takes two integers and gives a new descriptor, close-on-exec, or -1.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid as libc::pid_t, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, so nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

fn to_read(fd: i32) -> libc::pollfd {
    libc::pollfd { fd, events: libc::POLLIN, revents: 0 }
}

fn ppoll(fds: &mut [libc::pollfd], timeout_ns: u64) -> io::Result<usize> {
    let timeout = libc::timespec {
        tv_sec: (timeout_ns / 1_000_000_000) as libc::time_t,
        tv_nsec: (timeout_ns % 1_000_000_000) as libc::c_long,
    };
    retry_on_eintr(|| {
        // SAFETY: the slice and the timeout live through the call, and the length is the slice's.
        unsafe {
            libc::ppoll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, &raw const timeout, std::ptr::null())
        }
    })
    .map(|n| n as usize)
}
