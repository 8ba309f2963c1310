//! Signals that are held up for a while, and what a process does to itself: pthread_sigmask(3), sigpending(2), raise(3).

use std::io;
use std::mem::MaybeUninit;

/// Which signals are held up in a process.
pub(super) type Mask = libc::sigset_t;

/// Keeps some signals waiting until it is dropped.
#[derive(Debug)]
pub(super) struct Held {
    before: Mask,
}

impl Held {
    /// Holds them up in the calling thread, which must be the only one: another would get them.
    pub(super) fn begin(signals: &[i32]) -> io::Result<Self> {
        let mut before = MaybeUninit::<Mask>::zeroed();
        // SAFETY: both pointers live through the call, which fills the second.
        let before = unsafe {
            check(libc::pthread_sigmask(libc::SIG_BLOCK, &set_of(signals), before.as_mut_ptr()))?;
            before.assume_init()
        };
        Ok(Self { before })
    }

    /// What was held up before.
    pub(super) fn before(&self) -> Mask {
        self.before
    }
}

/// The signals that wait for this process, a bit for each, the first for signal 1. Async-signal-safe.
pub(super) fn waiting() -> u64 {
    let mut waiting = MaybeUninit::<Mask>::zeroed();
    // SAFETY: the call fills the set, and a zeroed one is valid; sigismember reads it.
    unsafe {
        libc::sigpending(waiting.as_mut_ptr());
        let waiting = waiting.assume_init();
        let is_waiting = |signal: &i32| libc::sigismember(&raw const waiting, *signal) == 1;
        (1..32).filter(is_waiting).map(|signal| 1 << (signal - 1)).sum()
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // It fails for no valid set, and this one the system gave.
        let _ = set_mask(&self.before);
    }
}

fn set_of(signals: &[i32]) -> Mask {
    let mut set = MaybeUninit::<Mask>::zeroed();
    // SAFETY: sigemptyset initialises the set, and the pointer lives through the calls.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for &signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        set.assume_init()
    }
}

/// Sends a signal to this process. Async-signal-safe.
pub(super) fn raise(signal: i32) {
    // SAFETY: raise takes an integer.
    unsafe { libc::raise(signal) };
}

/// Async-signal-safe, for the time between fork and exec.
pub(super) fn set_mask(mask: &Mask) -> io::Result<()> {
    // SAFETY: the pointer lives through the call.
    check(unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, mask, std::ptr::null_mut()) })
}

/// What pthread functions give: 0, or the error itself.
fn check(result: i32) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(result)) }
}
