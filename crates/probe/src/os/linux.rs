//! Linux: `/proc/PID/status` for memory (proc(5)), a pidfd for the exit (pidfd_open(2)).

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::FileExt;

use mprof_recording::metric::Bytes;

use super::Woken;
pub(crate) use super::unix::{Signals, monotonic_ns, reap};
use super::unix::{exit_is_waiting, retry_on_eintr};
use crate::status;

/// Linux folds the spawner's high-water mark into `ru_maxrss` at exec.
pub(crate) const MAXRSS_HAS_FLOOR: bool = true;

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

/// Our own resident high-water mark: what a child's `ru_maxrss` may show instead of its own.
pub(crate) fn own_peak_bytes() -> Option<u64> {
    let status = procfs::process::Process::myself().and_then(|me| me.status()).ok()?;
    status.vmhwm.map(|kib| kib * 1024)
}

/// The system in a few words, such as `linux 6.18.44 x86_64`.
#[must_use]
pub fn describe_system() -> String {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("linux {} {}", release.trim(), std::env::consts::ARCH)
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
