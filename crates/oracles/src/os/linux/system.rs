//! System calls, each as one function. What they mean is in the oracles.

#![expect(unsafe_code, reason = "an oracle misbehaves on purpose, below what std allows")]

use std::io;
use std::time::Duration;

/// No process of an oracle outlives this, even if whoever should end it was killed.
const LONGEST_LIFE_S: u32 = 300;

pub(super) fn sleep_ms(ms: u64) {
    std::thread::sleep(Duration::from_millis(ms));
}

/// The processor time of this process so far.
pub(super) fn cpu_ns() -> u64 {
    clock_ns(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// The clock that every process of the system reads alike.
pub(super) fn monotonic_ns() -> u64 {
    clock_ns(libc::CLOCK_MONOTONIC)
}

fn clock_ns(clock: libc::clockid_t) -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the pointer lives through the call, and the clocks that are asked for always exist.
    unsafe { libc::clock_gettime(clock, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// A child of ours.
#[derive(Debug)]
pub(super) struct Child {
    pub(super) pid: u32,
}

/// Forks a child that does one thing and is gone. An oracle has one thread when it forks.
pub(super) fn fork(act: impl FnOnce() -> io::Result<()>) -> io::Result<Child> {
    // SAFETY: there is one thread, so that the child finds no lock held by another.
    go_on(unsafe { libc::fork() }, act)
}

/// The same, out of sight of whoever traces us (clone(2)).
pub(super) fn fork_untraced(act: impl FnOnce() -> io::Result<()>) -> io::Result<Child> {
    let flags = libc::CLONE_UNTRACED | libc::SIGCHLD;
    // SAFETY: as above; no stack of its own means a copy as of fork, and then the order of the rest is all the same.
    go_on(unsafe { libc::syscall(libc::SYS_clone, flags, 0, 0, 0, 0) } as libc::pid_t, act)
}

/// What parent and child do once there are two.
fn go_on(forked: libc::pid_t, act: impl FnOnce() -> io::Result<()>) -> io::Result<Child> {
    match forked {
        -1 => Err(io::Error::last_os_error()),
        0 => {
            // SAFETY: alarm takes an integer.
            unsafe { libc::alarm(LONGEST_LIFE_S) };
            exit_now(i32::from(act().is_err()))
        }
        pid => Ok(Child { pid: pid as u32 }),
    }
}

impl Child {
    /// Waits for a child that must succeed.
    pub(super) fn wait(&self) -> io::Result<()> {
        match self.reap()? {
            0 => Ok(()),
            status => Err(io::Error::other(format!("a child ended with wait status {status:#x}"))),
        }
    }

    /// Waits for a child, however it ends.
    pub(super) fn reap(&self) -> io::Result<i32> {
        let mut status = 0;
        // SAFETY: the pointer lives through the call.
        check(unsafe { libc::waitpid(self.pid as i32, &raw mut status, 0) })?;
        Ok(status)
    }
}

/// Ends the process here and now, without anything that std would do at an end.
pub(super) fn exit_now(status: i32) -> ! {
    // SAFETY: _exit takes an integer and does not return.
    unsafe { libc::_exit(status) }
}

/// Ends the calling thread alone, even if it is the main one. The C library is not asked, for it would unwind.
pub(super) fn exit_thread() -> ! {
    loop {
        // SAFETY: exit ends this thread, whose memory nobody borrows.
        unsafe { libc::syscall(libc::SYS_exit, 0) };
    }
}

/// Waits until somebody kills us.
pub(super) fn wait_for_the_end() -> ! {
    loop {
        // SAFETY: pause takes nothing.
        unsafe { libc::pause() };
    }
}

pub(super) fn kill(pid: u32, signal: i32) -> io::Result<()> {
    // SAFETY: kill takes two integers. The pid is a descendant's or our own.
    check(unsafe { libc::kill(pid as i32, signal) })
}

pub(super) fn parent() -> u32 {
    // SAFETY: getppid takes nothing.
    unsafe { libc::getppid() as u32 }
}

/// Becomes the leader of a new session, without a terminal.
pub(super) fn new_session() -> io::Result<()> {
    // SAFETY: setsid takes nothing.
    check(unsafe { libc::setsid() })
}

/// Becomes another user for good.
pub(super) fn become_user(user: u32) -> io::Result<()> {
    // SAFETY: both take integers.
    unsafe {
        check(libc::setgid(user))?;
        check(libc::setuid(user))
    }
}

/// Goes to namespaces where nobody else is.
pub(super) fn leave_namespaces() -> io::Result<()> {
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNS | libc::CLONE_NEWUTS | libc::CLONE_NEWIPC;
    // SAFETY: unshare takes an integer.
    check(unsafe { libc::unshare(flags) })
}

/// From now on only SIGKILL ends the process and what it forks, and children need no reaping.
pub(super) fn ignore_requests_to_end() {
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGCHLD] {
        // SAFETY: to ignore a signal installs no code.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
}

/// Gives the process a name of at most 15 bytes.
pub(super) fn set_name(name: &std::ffi::CStr) -> io::Result<()> {
    // SAFETY: the string ends with a zero and lives through the call.
    check(unsafe { libc::prctl(libc::PR_SET_NAME, name.as_ptr()) })
}

/// Closes every descriptor that there is.
pub(super) fn close_everything() -> io::Result<()> {
    // SAFETY: what owns a descriptor here never uses it again, since the process only sleeps and ends.
    check(unsafe { libc::syscall(libc::SYS_close_range, 0, u32::MAX, 0) } as i32)
}

fn check(result: i32) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
