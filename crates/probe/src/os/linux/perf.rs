//! New processes as the kernel tells of them: task records of a perf event (perf_event_open(2)).
//!
//! A dummy software event that counts nothing leaves a record of every fork in a ring for each processor. Where we may
//! have it, it is one of the whole system: it costs the program nothing, and we pick out what is ours. Or it is
//! opened on ourselves before the fork, to be inherited by the program and switched on at its exec, which needs no
//! privilege where `perf_event_paranoid` is 2 or less. The first such event in the system makes the kernel patch its
//! scheduler, and us wait some ten milliseconds.

use std::collections::HashSet;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use super::children;
use crate::records::{self, Fork};

const PERF_TYPE_SOFTWARE: u32 = 1;
const PERF_COUNT_SW_DUMMY: u64 = 9;
const PERF_FLAG_FD_CLOEXEC: libc::c_ulong = 8;
/// `_IO('$', 5)`: an event writes into the ring of another one.
const PERF_EVENT_IOC_SET_OUTPUT: u64 = 0x2405;

/// Bits of `perf_event_attr`: exclude_kernel, task, watermark.
const SYSTEM_BITS: u64 = 1 << 5 | 1 << 13 | 1 << 14;
/// And inherit.
const THREAD_BITS: u64 = SYSTEM_BITS | 1 << 1;
/// And disabled, enable_on_exec.
const INHERITED_BITS: u64 = THREAD_BITS | 1 | 1 << 12;

/// Threads that are watched one by one, and how often new ones are looked for meanwhile: what they start is watched too.
const MAX_THREADS: usize = 1024;
const N_ROUNDS: usize = 8;

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
    /// Those of a thread, and of everything that comes of it.
    Thread(u32),
}

/// Tells of new processes.
#[derive(Debug)]
pub(crate) struct TaskRecords {
    scope: Scope,
    rings: Vec<Ring>,
    /// Events of further threads. They write into the same rings.
    others: Vec<OwnedFd>,
    /// Readable when a ring is half full.
    epoll: OwnedFd,
}

impl TaskRecords {
    /// Hears of every process that the system starts.
    pub(crate) fn of_system() -> io::Result<Self> {
        Self::open(Scope::System)
    }

    /// Watches the process that we start next, and everything that comes of it.
    pub(crate) fn of_next_child() -> io::Result<Self> {
        Self::open(Scope::NextChild)
    }

    /// Watches every thread of a process that runs, and of what came of it already. What they start inherits that.
    pub(crate) fn of_threads(number: u32) -> io::Result<Self> {
        let mut records = Self::open(Scope::Thread(number))?;
        let mut watched = HashSet::from([number]);
        for _ in 0..N_ROUNDS {
            let threads = children::threads_below(number).into_iter();
            let new: Vec<u32> = threads.filter(|&thread| watched.insert(thread)).collect();
            if new.is_empty() {
                break;
            }
            if watched.len() > MAX_THREADS {
                return Err(io::Error::other(format!("more than {MAX_THREADS} threads run already")));
            }
            new.into_iter().try_for_each(|thread| records.watch(thread))?;
        }
        Ok(records)
    }

    fn watch(&mut self, thread: u32) -> io::Result<()> {
        for ring in &self.rings {
            match open_event(Scope::Thread(thread), ring.processor) {
                Ok(event) => {
                    // SAFETY: it takes two descriptors, both of which are open.
                    super::check(unsafe {
                        libc::ioctl(event.as_raw_fd(), PERF_EVENT_IOC_SET_OUTPUT as _, ring.fd.as_raw_fd())
                    })?;
                    self.others.push(event);
                }
                // It is gone.
                Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn open(scope: Scope) -> io::Result<Self> {
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
        Ok(Self { scope, rings, others: Vec::new(), epoll })
    }

    /// Whose forks they are, in words.
    pub(crate) fn scope(&self) -> &'static str {
        match self.scope {
            Scope::System => "of the whole system",
            Scope::NextChild => "inherited by the program",
            Scope::Thread(_) => "of each thread, inherited by what it starts",
        }
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    /// Appends the forks since the last call, and gives how many records were lost.
    pub(crate) fn drain(&mut self, forks: &mut Vec<Fork>) -> u64 {
        let n_lost = self.rings.iter_mut().map(|ring| ring.drain(forks)).sum();
        // A child's own fork may stand in the ring of another processor.
        if !forks.is_sorted_by_key(|fork| fork.at_ns) {
            forks.sort_by_cached_key(|fork| fork.at_ns);
        }
        // One that was watched twice tells twice.
        forks.dedup_by_key(|fork| (fork.number, fork.parent));
        n_lost
    }
}

/// The ring of one processor.
#[derive(Debug)]
struct Ring {
    processor: i32,
    fd: OwnedFd,
    pages: NonNull<u8>,
    page_size: usize,
}

// SAFETY: the pages are ours alone, and the kernel does not care which thread reads them.
unsafe impl Send for Ring {}

impl Ring {
    fn open(scope: Scope, processor: i32) -> io::Result<Self> {
        let page_size = super::page_size();
        let fd = open_event(scope, processor)?;
        let pages = map(&fd, (1 + N_RING_PAGES) * page_size)?;
        Ok(Self { processor, fd, pages, page_size })
    }

    fn drain(&mut self, forks: &mut Vec<Fork>) -> u64 {
        let head = self.position(HEAD_OFFSET).load(Ordering::Acquire);
        let tail = self.position(TAIL_OFFSET).load(Ordering::Relaxed);
        if head == tail {
            return 0;
        }
        let walked = records::walk(tail, head, |at| self.word(at), forks);
        self.position(TAIL_OFFSET).store(walked.tail, Ordering::Release);
        walked.n_lost
    }

    /// A word of the ring. Records are aligned to eight bytes, so that no word wraps around its end.
    fn word(&self, at: u64) -> u32 {
        let offset = self.page_size + at as usize % (N_RING_PAGES * self.page_size) / 4 * 4;
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

fn open_event(scope: Scope, processor: i32) -> io::Result<OwnedFd> {
    let (bits, pid) = match scope {
        Scope::System => (SYSTEM_BITS, -1),
        Scope::NextChild => (INHERITED_BITS, 0),
        Scope::Thread(thread) => (THREAD_BITS, thread as libc::pid_t),
    };
    let attr = Attr {
        kind: PERF_TYPE_SOFTWARE,
        size: size_of::<Attr>() as u32,
        config: PERF_COUNT_SW_DUMMY,
        bits,
        wakeup_watermark: (N_RING_PAGES * super::page_size() / 2) as u32,
        ..Attr::default()
    };
    let flags = PERF_FLAG_FD_CLOEXEC;
    // SAFETY: the attributes live through the call and say how long they are.
    let fd = unsafe { libc::syscall(libc::SYS_perf_event_open, &raw const attr, pid, processor, -1, flags) };
    // SAFETY: the descriptor is new, or -1.
    unsafe { owned(fd as i32) }
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

    /// As it is without privilege: a program that runs, with a child that runs, both of which go on to fork.
    #[test]
    fn what_runs_already_is_watched_thread_by_thread() {
        use std::io::{BufRead, BufReader, Write};
        let script = "sh -c 'echo ready; read go; sleep 0.01; sleep 0.01' & read go; sleep 0.01; echo; wait";
        let mut command = std::process::Command::new("sh");
        command.args(["-c", &format!("exec 3<&0; {}", script.replace("' &", "' <&3 &"))]);
        let piped = std::process::Stdio::piped;
        let mut child = command.stdin(piped()).stdout(piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let records = TaskRecords::of_threads(child.id());
        child.stdin.take().unwrap().write_all(b"\n\n\n\n").unwrap();
        assert!(child.wait().unwrap().success());
        let Ok(mut records) = records else {
            let _ = writeln!(io::stderr(), "SKIPPED: {}", records.unwrap_err());
            return;
        };
        let mut forks = Vec::new();
        assert_eq!(records.drain(&mut forks), 0);
        let of_root = forks.iter().filter(|it| it.parent == child.id()).count();
        let numbers: HashSet<u32> = forks.iter().map(|it| it.number).collect();
        assert_eq!(numbers.len(), forks.len(), "nobody is told of twice: {forks:?}");
        assert!(of_root >= 1 && forks.len() > of_root, "{forks:?}");
    }
}
