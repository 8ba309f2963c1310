//! Memory that is there to the byte: mapped, touched page by page, and unmapped when dropped.

#![expect(unsafe_code, reason = "an oracle maps memory itself, so that no allocator is in between")]

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

pub(super) const MIB: u64 = 1 << 20;

/// The smallest page; a huge one is touched more than once, which changes nothing.
const PAGE_BYTES: usize = 4096;

/// A mapping of whole pages.
#[derive(Debug)]
pub(super) struct Mapping {
    start: *mut u8,
    len: usize,
}

impl Mapping {
    /// Private memory, every page touched, and never in huge pages.
    pub(super) fn touched(bytes: u64) -> io::Result<Self> {
        let mapping = Self::untouched(bytes)?;
        mapping.touch(0, bytes);
        Ok(mapping)
    }

    /// Private memory that is not there yet.
    pub(super) fn untouched(bytes: u64) -> io::Result<Self> {
        let mapping = Self::map(bytes, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, None)?;
        mapping.advise(libc::MADV_NOHUGEPAGE)?;
        Ok(mapping)
    }

    /// Private memory that one system call puts there.
    pub(super) fn populated(bytes: u64) -> io::Result<Self> {
        Self::map(bytes, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_POPULATE, None)
    }

    /// Memory that children share for writing.
    pub(super) fn shared(bytes: u64) -> io::Result<Self> {
        Self::map(bytes, libc::MAP_SHARED | libc::MAP_ANONYMOUS, None)
    }

    /// Memory in transparent huge pages, where the system gives them.
    pub(super) fn huge(bytes: u64) -> io::Result<Self> {
        let mapping = Self::map(bytes, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, None)?;
        mapping.advise(libc::MADV_HUGEPAGE)?;
        mapping.touch(0, bytes);
        Ok(mapping)
    }

    /// Memory from the reserved pool of huge pages.
    pub(super) fn hugetlb(bytes: u64) -> io::Result<Self> {
        let mapping = Self::map(bytes, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_HUGETLB, None)?;
        mapping.touch(0, bytes);
        Ok(mapping)
    }

    /// A file, shared with whoever else maps it.
    pub(super) fn file(file: &File, bytes: u64) -> io::Result<Self> {
        Self::map(bytes, libc::MAP_SHARED, Some(file))
    }

    /// Writes a byte to each page from one offset to another.
    pub(super) fn touch(&self, from: u64, to: u64) {
        for offset in (from as usize..(to as usize).min(self.len)).step_by(PAGE_BYTES) {
            // SAFETY: the offset is below the mapping's length, and nothing else refers to these bytes.
            unsafe { self.start.add(offset).write_volatile(1) };
        }
    }

    fn map(bytes: u64, flags: i32, file: Option<&File>) -> io::Result<Self> {
        let len = bytes as usize;
        let fd = file.map_or(-1, AsRawFd::as_raw_fd);
        let protection = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: no address is asked for, so that no other mapping is replaced.
        let start = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, fd, 0) };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self { start: start.cast(), len })
    }

    /// Gives advice; a kernel that was built without huge pages knows none about them.
    fn advise(&self, advice: i32) -> io::Result<()> {
        // SAFETY: the range is a mapping of our own, and the advice changes no contents.
        let result = unsafe { libc::madvise(self.start.cast(), self.len, advice) };
        let error = io::Error::last_os_error();
        if result < 0 && error.raw_os_error() != Some(libc::EINVAL) { Err(error) } else { Ok(()) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the range is a mapping of our own, and nothing refers to it any more.
        unsafe { libc::munmap(self.start.cast(), self.len) };
    }
}
