//! A process of ours that stands in our process group and tells which signals reach it.
//!
//! The kernel does not say whether a signal was sent to us or to our whole group. Nobody sends one to the sentinel, so
//! that what it gets was for the group. It shares our memory, so that posting it costs next to nothing, and it does
//! nothing but wait and write a byte: it makes bare system calls on a stack of its own, since the C library's state, with
//! `errno`, is our thread's. It ends with us.

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::RawFd;
use std::ptr::NonNull;

use super::super::unix::{Caught, Origin, check};
use super::namespace::check_numbers;
use super::waiting::Waiting;
use super::{bare_copy, raw};

/// Its stack: two small functions deep.
const STACK_SIZE: usize = 16 << 10;
/// Bytes of a signal set as the kernel has it.
const KERNEL_SET_SIZE: usize = 8;

#[derive(Debug)]
pub(crate) struct Sentinel {
    pid: u32,
    waiting: Option<Waiting>,
    /// What the sentinel stands on and looks at, until it is dead.
    post: NonNull<Post>,
}

#[repr(C, align(16))]
struct Post {
    stack: MaybeUninit<[u8; STACK_SIZE]>,
    outbox: RawFd,
    parent: libc::pid_t,
    watched: u64,
}

impl Sentinel {
    /// Posts one that writes a byte for each of these signals.
    ///
    /// The calling thread must outlive it: the kernel ends it with that thread.
    pub(crate) fn post(outbox: RawFd, signals: &[i32]) -> io::Result<Self> {
        let watched = signals.iter().map(|signal| 1 << (signal - 1)).sum();
        // SAFETY: getpid takes nothing.
        let parent = unsafe { libc::getpid() };
        let post = NonNull::from(Box::leak(Box::new(Post {
            stack: MaybeUninit::uninit(),
            outbox,
            parent,
            watched,
        })));
        let mut before = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: the set is initialised by sigfillset. Signals are held up meanwhile, so that it never gets one
        // unwatched, and none of our handlers ever runs in it. The post outlives the sentinel, and it alone uses it.
        let child = unsafe {
            let mut all = MaybeUninit::<libc::sigset_t>::uninit();
            libc::sigfillset(all.as_mut_ptr());
            libc::sigprocmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
            let stack_end = (&raw mut (*post.as_ptr()).stack).add(1).cast();
            let child = libc::clone(watch, stack_end, libc::CLONE_VM, post.as_ptr().cast());
            libc::sigprocmask(libc::SIG_SETMASK, before.as_ptr(), std::ptr::null_mut());
            child
        };
        if let Err(error) = check(child) {
            free(post);
            return Err(error);
        }
        let waiting = check_numbers().and_then(|()| Waiting::of(child as u32)).ok();
        Ok(Self { pid: child as u32, waiting, post })
    }

    /// It is a child of ours and no part of the program's tree.
    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Ends it, and waits for nothing. The drop does.
    pub(crate) fn release(&self) {
        bare_copy::kill(self.pid);
    }

    /// The signals that reached it and that it has not told of yet, a bit for each.
    pub(crate) fn pending(&self) -> u64 {
        self.waiting.as_ref().map_or(0, Waiting::signals)
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        bare_copy::end(self.pid);
        free(self.post);
    }
}

/// Frees what no sentinel stands on.
fn free(post: NonNull<Post>) {
    // SAFETY: it came from a box, and whoever used it is dead or was never born.
    drop(unsafe { Box::from_raw(post.as_ptr()) });
}

/// The sentinel's life. All signals are blocked in it.
extern "C" fn watch(post: *mut libc::c_void) -> libc::c_int {
    // SAFETY: the post lives as long as this process does.
    let Post { outbox, parent, watched, .. } = unsafe { &*post.cast::<Post>() };
    // SAFETY: the name is a C string, and the rest takes integers.
    unsafe {
        raw::call(libc::SYS_prctl, [libc::PR_SET_PDEATHSIG as usize, libc::SIGKILL as usize, 0, 0]);
        raw::call(libc::SYS_prctl, [libc::PR_SET_NAME as usize, c"mprof-sentinel".as_ptr() as usize, 0, 0]);
        if raw::call(libc::SYS_getppid, [0; 4]) != *parent as isize {
            raw::call(libc::SYS_exit_group, [1, 0, 0, 0]);
        }
    }
    bare_copy::close_all_but([*outbox]);
    loop {
        let set = std::ptr::from_ref(watched) as usize;
        // SAFETY: the set lives through the call and is as long as the size says; nothing is asked about the signal.
        let signal = unsafe { raw::call(libc::SYS_rt_sigtimedwait, [set, 0, 0, KERNEL_SET_SIZE]) };
        if signal > 0 {
            let byte = Caught { signal: signal as i32, origin: Origin::Group }.byte();
            // SAFETY: the byte lives through the call. A full or closed socket loses it.
            unsafe { raw::call(libc::SYS_write, [*outbox as usize, &raw const byte as usize, 1, 0]) };
        }
    }
}
