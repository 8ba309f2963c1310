//! What a relay needs of the system, on Linux and macOS alike: streams that are its own, waiting for several of them,
//! and signals that are not for it.

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use super::unix::{check, retry_on_eintr};
use super::{Interest, Readiness};

/// What a terminal or a service manager sends to all that it finds. A relay ends when what it relays does.
const NOT_FOR_A_RELAY: [i32; 9] = [
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGTERM,
    libc::SIGHUP,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGUSR1,
    libc::SIGUSR2,
];

/// Waits for the first of several descriptors, or for a time (poll(2)).
pub(crate) fn wait_for<const N: usize>(
    fds: [(Option<BorrowedFd<'_>>, Interest); N],
    timeout_ms: Option<i32>,
) -> io::Result<[Readiness; N]> {
    let mut fds = fds.map(|(fd, interest)| libc::pollfd {
        fd: fd.map_or(-1, |fd| fd.as_raw_fd()),
        events: match interest {
            Interest::Reading => libc::POLLIN,
            Interest::Writing => libc::POLLOUT,
            Interest::Nothing => 0,
        },
        revents: 0,
    });
    let timeout_ms = timeout_ms.unwrap_or(-1);
    // SAFETY: the array lives through the call, and the length is its own.
    retry_on_eintr(|| unsafe { libc::poll(fds.as_mut_ptr(), N as libc::nfds_t, timeout_ms) })?;
    Ok(fds.map(|fd| Readiness {
        is_ready: fd.events != 0 && fd.revents != 0,
        is_gone: fd.revents & (libc::POLLERR | libc::POLLHUP) != 0,
    }))
}

/// Leaves every signal alone that means somebody else.
pub(crate) fn ignore_signals() {
    for signal in NOT_FOR_A_RELAY {
        // SAFETY: ignoring installs no code.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// The standard streams of a process that has just begun, as descriptors that can be closed one by one. Whatever else
/// it was given is closed, so that nobody waits for the end of it, and `/dev/null` is in the streams' place.
pub(crate) fn take_streams() -> io::Result<[OwnedFd; 3]> {
    close_inherited();
    let nowhere = File::options().read(true).write(true).open("/dev/null")?;
    let take = |fd: RawFd| -> io::Result<OwnedFd> {
        // SAFETY: fcntl and dup2 take integers, and the first gives a new descriptor or -1.
        unsafe {
            let taken = libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 3);
            check(taken)?;
            check(libc::dup2(nowhere.as_raw_fd(), fd))?;
            Ok(OwnedFd::from_raw_fd(taken))
        }
    };
    let [source, destination, control] = [0, 1, 2].map(take);
    Ok([source?, destination?, control?])
}

fn close_inherited() {
    let entries = fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let numbers: Vec<RawFd> =
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(|&fd| fd > 2).collect();
    for fd in numbers {
        // SAFETY: close takes an integer. Nothing in this process has opened anything yet that lasts.
        unsafe { libc::close(fd) };
    }
}

/// Whether what is written to a descriptor is added at the end of its file.
pub(crate) fn appends(fd: BorrowedFd<'_>) -> bool {
    // SAFETY: fcntl with this command takes integers.
    let flags = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    flags >= 0 && flags & libc::O_APPEND != 0
}
