//! Which of the standard streams were closed when we began. Rust opens `/dev/null` in their place before `main`, and the
//! program would find that.

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::sync::atomic::{AtomicU8, Ordering};

/// A bit for each of the descriptors 0, 1 and 2.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Runs before Rust's runtime has changed anything.
#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
static REMEMBER: extern "C" fn() = remember;

extern "C" fn remember() {
    // SAFETY: fcntl with this command takes integers.
    let is_closed = |fd: &i32| unsafe { libc::fcntl(*fd, libc::F_GETFD) } < 0;
    let closed = (0..3).filter(is_closed).fold(0, |closed, fd| closed | 1 << fd);
    CLOSED.store(closed, Ordering::SeqCst);
}

/// Closes them again. Async-signal-safe, for the time between fork and exec.
pub(crate) fn close_again() {
    let closed = CLOSED.load(Ordering::SeqCst);
    for fd in (0..3).filter(|fd| closed & 1 << fd != 0) {
        // SAFETY: close takes an integer, and nothing in this child uses the stream before exec.
        unsafe { libc::close(fd) };
    }
}
