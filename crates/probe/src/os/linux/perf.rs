//! New processes as the kernel tells of them: task records of a perf event (perf_event_open(2)).
//!
//! A dummy software event that counts nothing is opened on ourselves before the fork, to be inherited by the program
//! and switched on at its exec. From then on every fork of any descendant leaves a record in a ring for each
//! processor, wherever the descendant was moved to. It needs no privilege where `perf_event_paranoid` is 2 or less.

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

/// Bits of `perf_event_attr`: disabled, inherit, exclude_kernel, enable_on_exec, task, watermark.
const ATTR_BITS: u64 = 1 | 1 << 1 | 1 << 5 | 1 << 12 | 1 << 13 | 1 << 14;

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

/// Tells of new processes.
#[derive(Debug)]
pub(crate) struct TaskRecords {
    rings: Vec<Ring>,
    /// Readable when a ring is half full.
    epoll: OwnedFd,
}

impl TaskRecords {
    /// Opens the rings. The process that we start next is watched, and everything that comes of it.
    pub(crate) fn open() -> io::Result<Self> {
        let n_processors = super::n_processors();
        // SAFETY: epoll_create1 takes a flag and gives a new descriptor or -1.
        let epoll = unsafe { owned(libc::epoll_create1(libc::EPOLL_CLOEXEC))? };
        let mut rings = Vec::new();
        for processor in 0..n_processors {
            match Ring::open(processor as i32) {
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
        Ok(Self { rings, epoll })
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.epoll.as_raw_fd()
    }

    /// Appends the processes that were started since the last call, and gives how many records were lost.
    pub(crate) fn drain(&mut self, born: &mut Vec<Born>) -> u64 {
        self.rings.iter_mut().map(|ring| ring.drain(born)).sum()
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
    fn open(processor: i32) -> io::Result<Self> {
        let page_size = super::page_size();
        let attr = Attr {
            kind: PERF_TYPE_SOFTWARE,
            size: size_of::<Attr>() as u32,
            config: PERF_COUNT_SW_DUMMY,
            bits: ATTR_BITS,
            wakeup_watermark: (N_RING_PAGES * page_size / 2) as u32,
            ..Attr::default()
        };
        // SAFETY: the attributes live through the call and say how long they are.
        let fd = unsafe {
            libc::syscall(libc::SYS_perf_event_open, &raw const attr, 0, processor, -1, PERF_FLAG_FD_CLOEXEC)
        };
        // SAFETY: the descriptor is new, or -1.
        let fd = unsafe { owned(fd as i32)? };
        let pages = map(&fd, (1 + N_RING_PAGES) * page_size)?;
        Ok(Self { fd, pages, page_size })
    }

    fn drain(&mut self, born: &mut Vec<Born>) -> u64 {
        let head = self.position(HEAD_OFFSET).load(Ordering::Acquire);
        let mut tail = self.position(TAIL_OFFSET).load(Ordering::Relaxed);
        let mut n_lost = 0;
        while tail < head {
            let kind = self.word(tail);
            let size = u64::from(self.word(tail + 4) >> 16);
            match kind {
                PERF_RECORD_FORK => born.extend(self.fork(tail + 8)),
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

    /// `pid, ppid, tid, ptid`: a new thread has the pid of the one that made it.
    fn fork(&self, at: u64) -> Option<Born> {
        let (number, parent) = (self.word(at), self.word(at + 4));
        (number != parent).then_some(Born { number, parent })
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
