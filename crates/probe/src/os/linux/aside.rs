//! Steps aside: the recorder runs on another processor than the program, where there is one.
//!
//! A timer fires on the processor that it was set on, so that a recorder which shares one with the program stays there
//! and interrupts it at every tick. Only we move. Where the program runs is its own and the system's affair.

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::fs::File;
use std::mem::MaybeUninit;
use std::os::unix::fs::FileExt;

use super::{STAT_SIZE, check};
use crate::status;

/// Between two looks: a look costs less than a tick, and the system moves a busy program seldom.
const LOOK_EVERY_NS: u64 = 100_000_000;

/// Knows where the program runs, and where we may.
#[derive(Debug)]
pub(crate) struct Aside {
    stat: Option<File>,
    allowed: Option<libc::cpu_set_t>,
    /// Absent before the first tick: to move costs more than a short program is disturbed by us.
    next_ns: Option<u64>,
    /// Whether we may not run everywhere that we were allowed to.
    is_narrowed: bool,
}

impl Aside {
    pub(crate) fn of(pid: u32) -> Self {
        Self {
            stat: File::open(format!("/proc/{pid}/stat")).ok(),
            allowed: allowed(),
            next_ns: None,
            is_narrowed: false,
        }
    }

    /// Leaves the processor that the program is on, if we are on it too. Called at each tick, it looks now and then.
    pub(crate) fn step(&mut self, now_ns: u64) {
        let is_due = self.next_ns.is_some_and(|next_ns| now_ns >= next_ns);
        if is_due || self.next_ns.is_none() {
            self.next_ns = Some(now_ns.saturating_add(LOOK_EVERY_NS));
        }
        let (Some(stat), Some(allowed), true) = (&self.stat, &self.allowed, is_due) else { return };
        // SAFETY: sched_getcpu takes nothing.
        let ours = unsafe { libc::sched_getcpu() };
        match processor_of(stat) {
            Some(theirs) if i32::try_from(theirs) == Ok(ours) => {
                leave(allowed, theirs);
                self.is_narrowed = true;
            }
            _ => {}
        }
    }

    /// Runs wherever we were allowed to, since the program may be anywhere.
    pub(crate) fn return_home(&mut self) {
        if let (Some(allowed), true) = (&self.allowed, std::mem::take(&mut self.is_narrowed)) {
            stay_on(allowed);
        }
    }
}

fn processor_of(stat: &File) -> Option<usize> {
    let mut text = [0; STAT_SIZE];
    let n = stat.read_at(&mut text, 0).ok()?;
    status::processor(&text[..n])
}

/// The processors that we may run on; none where there are more than a set holds.
fn allowed() -> Option<libc::cpu_set_t> {
    let mut set = MaybeUninit::<libc::cpu_set_t>::zeroed();
    // SAFETY: the set lives through the call, which is told how long it is; a zeroed one is empty.
    unsafe {
        check(libc::sched_getaffinity(0, size_of::<libc::cpu_set_t>(), set.as_mut_ptr())).ok()?;
        Some(set.assume_init())
    }
}

/// Runs this thread on any of the processors but one, unless that is the only one.
fn leave(allowed: &libc::cpu_set_t, processor: usize) {
    let mut others = *allowed;
    // SAFETY: the sets live through the calls, and a number beyond their end is left alone.
    unsafe {
        if processor < libc::CPU_SETSIZE as usize {
            libc::CPU_CLR(processor, &mut others);
        }
        if libc::CPU_COUNT(&others) == 0 {
            return;
        }
    }
    stay_on(&others);
}

/// Runs this thread on these processors alone. A refusal leaves us where we are.
fn stay_on(processors: &libc::cpu_set_t) {
    // SAFETY: the set lives through the call, which is told how long it is.
    unsafe { libc::sched_setaffinity(0, size_of::<libc::cpu_set_t>(), processors) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn we_leave_the_processor_that_is_not_ours_alone_and_stay_on_the_only_one() {
        let stay = std::thread::spawn(|| {
            let allowed = allowed().unwrap();
            // SAFETY: sched_getcpu takes nothing, and CPU_COUNT reads a set that lives.
            let (before, n) = unsafe { (libc::sched_getcpu(), libc::CPU_COUNT(&allowed)) };
            leave(&allowed, before as usize);
            leave(&allowed, usize::MAX >> 1);
            leave(&allowed, before as usize);
            // SAFETY: as above.
            (n, before, unsafe { libc::sched_getcpu() })
        });
        let (n, before, after) = stay.join().unwrap();
        assert_eq!(n > 1, before != after, "{before} to {after} of {n}");
    }

    #[test]
    fn who_left_a_processor_may_return_to_it() {
        let stay = std::thread::spawn(|| {
            let mut aside = Aside::of(std::process::id());
            let before = allowed();
            leave(aside.allowed.as_ref().unwrap(), 0);
            aside.is_narrowed = true;
            aside.return_home();
            (before, allowed())
        });
        let (before, after) = stay.join().unwrap();
        // SAFETY: the sets live through the call.
        assert!(unsafe { libc::CPU_EQUAL(&before.unwrap(), &after.unwrap()) });
    }

    #[test]
    fn it_is_known_where_a_process_runs() {
        let aside = Aside::of(std::process::id());
        assert!(processor_of(aside.stat.as_ref().unwrap()).is_some());
    }
}
