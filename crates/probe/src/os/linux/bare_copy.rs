//! Processes of ours that never call exec, and that serve us from beside: the follower of `--exact`, and the sentinel.
//!
//! They may use async-signal-safe calls only: no allocation, no lock, no panic. They end with us.

use std::ffi::CStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;

use super::{check, raw};

/// Starts a copy, which does what it is there for, and gives its number. It is our child, and its exit sends no signal,
/// so that only a wait with `__WALL` sees it.
///
/// The calling thread must outlive it: the kernel ends it with that thread.
pub(super) fn start(live: impl FnOnce(libc::pid_t)) -> io::Result<u32> {
    // SAFETY: getpid and clone take integers. No flag means a copy as of fork, whose exit sends no signal; the order
    // of clone's arguments, which depends on the machine, is then all the same.
    let (parent, child) = unsafe { (libc::getpid(), libc::syscall(libc::SYS_clone, 0, 0, 0, 0, 0)) };
    if child == 0 {
        live(parent);
        // SAFETY: it ends the copy without running anything of ours, such as a destructor.
        unsafe { libc::_exit(0) };
    }
    check(child as i32).map(|()| child as u32)
}

/// Lets go of all that belongs to us: signals, and descriptors but for those that are kept.
pub(super) fn settle<const N: usize>(name: &CStr, parent: libc::pid_t, kept: [RawFd; N]) {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: the set is initialised by sigfillset; the name is a C string; the rest takes integers.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), std::ptr::null_mut());
        libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong);
        libc::prctl(libc::PR_SET_NAME, name.as_ptr());
        if libc::getppid() != parent {
            libc::_exit(1);
        }
    }
    close_all_but(kept);
}

/// Lets go of what belongs to the recorder, such as a pipe whose reader waits for its end. Kernels before 5.9 cannot.
pub(super) fn close_all_but<const N: usize>(mut kept: [RawFd; N]) {
    kept.sort_unstable();
    let mut before = -1;
    for fd in kept.into_iter().chain([RawFd::MAX]) {
        if fd - before > 1 {
            let (first, last) = ((before + 1) as usize, (fd - 1) as usize);
            // SAFETY: close_range takes integers, and nothing in this process uses the descriptors any more.
            unsafe { raw::call(libc::SYS_close_range, [first, last, 0, 0]) };
        }
        before = fd;
    }
}

/// Ends a copy. It was not reaped, so that its number is still its own.
pub(super) fn end(pid: u32) {
    let _ = super::retry_on_eintr(|| {
        kill(pid);
        // SAFETY: waitpid takes integers and one pointer that may be null.
        unsafe { libc::waitpid(pid as libc::pid_t, std::ptr::null_mut(), libc::__WALL) }
    });
}

/// Tells a copy that was not reaped to end.
pub(super) fn kill(pid: u32) {
    // SAFETY: kill takes integers.
    unsafe { libc::kill(pid as libc::pid_t, libc::SIGKILL) };
}
