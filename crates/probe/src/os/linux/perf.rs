//! New processes as the kernel tells of them: task records of a perf event (perf_event_open(2)).
//!
//! A dummy software event that counts nothing leaves a record of every fork in a ring for each processor. Where we may
//! have it, it is one of the whole system: it costs the program nothing, and we pick out what is ours. Otherwise it is
//! opened on ourselves before the fork, to be inherited by the program and switched on at its exec, which needs no
//! privilege where `perf_event_paranoid` is 2 or less. The first such event in the system makes the kernel patch its
//! scheduler, and us wait some ten milliseconds.

use std::collections::HashSet;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::tree::Born;

const PERF_TYPE_SOFTWARE: u32 = 1;
const PERF_COUNT_SW_DUMMY: u64 = 9;
const PERF_FLAG_FD_CLOEXEC: libc::c_ulong = 8;
const PERF_RECORD_LOST: u32 = 2;
const PERF_RECORD_FORK: u32 = 7;

/// Bits of `perf_event_attr`: exclude_kernel, task, watermark.
const SYSTEM_BITS: u64 = 1 << 5 | 1 << 13 | 1 << 14;
/// And disabled, inherit, enable_on_exec.
const INHERITED_BITS: u64 = SYSTEM_BITS | 1 | 1 << 1 | 1 << 12;

/// Pages of a ring, a power of two: room for the forks and exits of a thousand processes between two ticks, on each
/// processor.
const N_RING_PAGES: usize = 16;
/// Where the head and the tail of the ring stand in its first page (`perf_event_mmap_page`).
const HEAD_OFFSET: usize = 1024;
const TAIL_OFFSET: usize = 1032;

/// `perf_event_attr`, version 0 (linux/perf_event.h): what all kernels with task records know.
#[repr(C)]
#[derive(Default)]
struct Attr {
    kind: u32,
    size: u32,
    config: u64,
    sample_period: u64,
    sample_type: u64,
    read_format: u64,
    bits: u64,
    wakeup_watermark: u32,
    breakpoint_kind: u32,
    breakpoint_address: u64,
}

/// Whose forks are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// Those of every process in the system, which only the privileged may see.
    System,
    /// Those of the process that we start next, and of everything that comes of it.
    NextChild,
}

/// Tells of new processes.
#[derive(Debug)]
pub(crate) struct TaskRecords {
    rings: Vec<Ring>,
    /// Readable when a ring is half full.
    epoll: OwnedFd,
    forks: Vec<Fork>,
    /// Present where the whole system is heard of.
    family: Option<Family>,
}

impl TaskRecords {
    /// Opens the rings. The process that we start next is watched, and everything that comes of it.
    pub(crate) fn of_next_child() -> io::Result<Self> {
        // SAFETY: gettid takes nothing.
        let starter = unsafe { libc::gettid() } as u32;
        let family = Family { starter: Some(starter), ..Family::default() };
        Self::open(Scope::System, Some(family)).or_else(|_| Self::open(Scope::NextChild, None))
    }

    /// Watches what comes of a process that runs, and of those that are made known. It needs privilege.
    pub(crate) fn of_running(number: u32) -> io::Result<Self> {
        Self::open(Scope::System, Some(Family { members: HashSet::from([number]), ..Family::default() }))
    }

    fn open(scope: Scope, family: Option<Family>) -> io::Result<Self> {
        let n_processors = super::n_processors();
        // SAFETY: epoll_create1 takes a flag and gives a new descriptor or -1.
        let epoll = unsafe { owned(libc::epoll_create1(libc::EPOLL_CLOEXEC))? };
        let mut rings = Vec::new();
        for processor in 0..n_processors {
            match Ring::open(scope, processor as i32) {
                Ok(ring) => rings.push(ring),
                // A processor that is switched off has no ring.
                Err(error) if error.raw_os_error() == Some(libc::ENODEV) => {}
                Err(error) => return Err(error),
            }
        }
        for ring in &rings {
            let mut event = libc::epoll_event { events: libc::EPOLLIN as u32, u64: 0 };
            // SAFETY: both descriptors are open, and the event lives through the call.
            let result = unsafe {
                libc::epoll_ctl(epoll.as_raw_fd(), libc::EPOLL_CTL_ADD, ring.fd.as_raw_fd(), &raw mut event)
            };
            super::check(result)?;
        }
        Ok(Self { rings, epoll, forks: Vec::new(), family })
    }

    /// Whose forks they are, in words.
    pub(crate) fn scope(&self) -> &'static str {
        if self.family.is_some() { "of the whole system" } else { "inherited by the program" }
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    /// Appends the processes that were started since the last call, and gives how many records were lost.
    pub(crate) fn drain(&mut self, born: &mut Vec<Born>) -> u64 {
        let n_lost = self.rings.iter_mut().map(|ring| ring.drain(&mut self.forks)).sum();
        // A child's own fork may stand in the ring of another processor.
        self.forks.sort_by_key(|fork| fork.at_ns);
        let family = &mut self.family;
        let is_ours = |fork: &Fork| family.as_mut().is_none_or(|family| family.has(fork));
        born.extend(
            self.forks.drain(..).filter(is_ours).map(|Fork { number, parent, .. }| Born { number, parent }),
        );
        n_lost
    }

    /// Counts processes among ours that no record has told of.
    pub(crate) fn adopt(&mut self, numbers: impl Iterator<Item = u32>) {
        if let Some(family) = &mut self.family {
            family.members.extend(numbers);
        }
    }
}

/// A record of a fork.
#[derive(Clone, Copy, Debug)]
struct Fork {
    /// By perf's own clock, the same on all processors.
    at_ns: u64,
    number: u32,
    parent: u32,
    /// The thread of the parent that made it.
    parent_thread: u32,
}

/// The processes whose forks are ours, among all of the system.
#[derive(Debug, Default)]
struct Family {
    /// The thread that starts the program. Other threads of its process may start others.
    starter: Option<u32>,
    members: HashSet<u32>,
    /// How many members there were when the dead were sorted out.
    n_living: usize,
}

impl Family {
    /// So many more members than there were living ones are let be.
    const N_DEAD: usize = 1024;

    /// Whether a new process is ours. A number that the system gave to another family is ours no more.
    fn has(&mut self, fork: &Fork) -> bool {
        if !self.members.contains(&fork.parent) && self.starter != Some(fork.parent_thread) {
            self.members.remove(&fork.number);
            return false;
        }
        self.members.insert(fork.number);
        if self.members.len() > 2 * self.n_living + Self::N_DEAD {
            self.members.retain(|&number| super::exists(number));
            self.n_living = self.members.len();
        }
        true
    }
}

/// The ring of one processor.
#[derive(Debug)]
struct Ring {
    fd: OwnedFd,
    pages: NonNull<u8>,
    page_size: usize,
}

// SAFETY: the pages are ours alone, and the kernel does not care which thread reads them.
unsafe impl Send for Ring {}

impl Ring {
    fn open(scope: Scope, processor: i32) -> io::Result<Self> {
        let page_size = super::page_size();
        let (bits, pid) = match scope {
            Scope::System => (SYSTEM_BITS, -1),
            Scope::NextChild => (INHERITED_BITS, 0),
        };
        let attr = Attr {
            kind: PERF_TYPE_SOFTWARE,
            size: size_of::<Attr>() as u32,
            config: PERF_COUNT_SW_DUMMY,
            bits,
            wakeup_watermark: (N_RING_PAGES * page_size / 2) as u32,
            ..Attr::default()
        };
        // SAFETY: the attributes live through the call and say how long they are.
        let fd = unsafe {
            libc::syscall(
                libc::SYS_perf_event_open,
                &raw const attr,
                pid,
                processor,
                -1,
                PERF_FLAG_FD_CLOEXEC,
            )
        };
        // SAFETY: the descriptor is new, or -1.
        let fd = unsafe { owned(fd as i32)? };
        let pages = map(&fd, (1 + N_RING_PAGES) * page_size)?;
        Ok(Self { fd, pages, page_size })
    }

    fn drain(&mut self, forks: &mut Vec<Fork>) -> u64 {
        let head = self.position(HEAD_OFFSET).load(Ordering::Acquire);
        let mut tail = self.position(TAIL_OFFSET).load(Ordering::Relaxed);
        let mut n_lost = 0;
        while tail < head {
            let kind = self.word(tail);
            let size = u64::from(self.word(tail + 4) >> 16);
            match kind {
                PERF_RECORD_FORK => forks.extend(self.fork(tail + 8)),
                // `id, lost`, of eight bytes each.
                PERF_RECORD_LOST => n_lost += u64::from(self.word(tail + 16)),
                _ => {}
            }
            // A record is never shorter than its header. If this one is, nothing behind it can be trusted.
            tail = if size < 8 { head } else { tail + size };
        }
        self.position(TAIL_OFFSET).store(tail, Ordering::Release);
        n_lost
    }

    /// `pid, ppid, tid, ptid, time`: a new thread has the pid of the one that made it.
    fn fork(&self, at: u64) -> Option<Fork> {
        let (number, parent) = (self.word(at), self.word(at + 4));
        let at_ns = u64::from(self.word(at + 16)) | u64::from(self.word(at + 20)) << 32;
        (number != parent).then_some(Fork { at_ns, number, parent, parent_thread: self.word(at + 12) })
    }

    /// A word of the ring. Records are aligned to eight bytes, so that no word wraps around its end.
    fn word(&self, at: u64) -> u32 {
        let offset = self.page_size + at as usize % (N_RING_PAGES * self.page_size);
        // SAFETY: the offset lies within the mapping and is a multiple of four; the kernel writes only behind `head`.
        unsafe { self.pages.add(offset).cast::<u32>().read() }
    }

    fn position(&self, offset: usize) -> &AtomicU64 {
        // SAFETY: the offset lies within the first page, aligned to eight, and the kernel accesses it atomically.
        unsafe { self.pages.add(offset).cast::<AtomicU64>().as_ref() }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, of this length, and nothing borrows from it any more.
        unsafe { libc::munmap(self.pages.as_ptr().cast(), (1 + N_RING_PAGES) * self.page_size) };
    }
}

fn map(fd: &OwnedFd, len: usize) -> io::Result<NonNull<u8>> {
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    // SAFETY: a new mapping at a place of the kernel's choice disturbs nothing.
    let pages =
        unsafe { libc::mmap(std::ptr::null_mut(), len, protection, libc::MAP_SHARED, fd.as_raw_fd(), 0) };
    if pages == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    NonNull::new(pages.cast()).ok_or_else(|| io::Error::other("mapped at zero"))
}

/// # Safety
/// The descriptor must be new, or -1.
unsafe fn owned(fd: i32) -> io::Result<OwnedFd> {
    super::check(fd)?;
    // SAFETY: as the caller promises.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fork(number: u32, parent: u32) -> Fork {
        Fork { at_ns: 0, number, parent, parent_thread: parent }
    }

    #[test]
    fn a_family_is_who_came_of_it() {
        let mut family = Family { members: HashSet::from([1]), ..Family::default() };
        let mut has = |number, parent| family.has(&fork(number, parent));
        assert!(has(2, 1) && has(3, 2));
        assert!(!has(5, 4) && !has(6, 5));
        // The number of one that is gone goes to a stranger, whose children are strangers.
        assert!(!has(3, 4) && !has(7, 3));
    }

    #[test]
    fn what_another_thread_starts_is_not_ours() {
        let mut family = Family { starter: Some(11), ..Family::default() };
        assert!(family.has(&Fork { parent_thread: 11, ..fork(20, 10) }) && family.has(&fork(21, 20)));
        assert!(!family.has(&Fork { parent_thread: 12, ..fork(30, 10) }) && !family.has(&fork(31, 30)));
    }

    #[test]
    fn the_dead_are_forgotten() {
        let own = std::process::id();
        let mut family = Family { members: HashSet::from([own]), ..Family::default() };
        // Numbers above pid_max, which is never more than 2^22.
        (1 << 23..(1 << 23) + 10_000).for_each(|number| assert!(family.has(&fork(number, own))));
        assert!(family.members.len() <= 2 + Family::N_DEAD && family.members.contains(&own));
    }
}
