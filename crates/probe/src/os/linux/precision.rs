//! Whether this kernel counts resident pages exactly, found out by trying.
//!
//! Since Linux 6.2 the counters are kept per processor and summed up in batches; some kernels give readers the exact
//! sum all the same, and the numbers of releases do not tell which. The stored high-water mark is batched on all.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::status;

/// Pages that are touched one by one: fewer than any batch, so that of batched ones not even the first is counted unless
/// a batch happens to be full.
const N_PAGES: usize = 4;
/// Counters of which a resident set is the sum: file, anonymous, shared memory.
const N_COUNTERS: u64 = 3;

/// What there is to know of a reading's precision, for the recording.
pub(crate) fn describe() -> String {
    let bound_kib = batch_bound_bytes() / 1024;
    let readings = match counts_each_page() {
        Some(true) => "readings are exact".to_owned(),
        Some(false) => format!("readings are batched and may be off by {bound_kib} KiB"),
        None => "whether readings are exact could not be tried".to_owned(),
    };
    format!("{readings}; the kernel's stored marks are batched and may lag by {bound_kib} KiB")
}

/// The most that batched counters can hold back: all but one page of a batch, on every processor, in each counter
/// (`percpu_counter_batch` in lib/percpu_counter.c).
fn batch_bound_bytes() -> u64 {
    let n_processors = super::n_processors() as u64;
    let batch = (2 * n_processors).max(32);
    (batch - 1) * n_processors * N_COUNTERS * super::page_size() as u64
}

/// Touches pages and looks whether each is counted at once.
fn counts_each_page() -> Option<bool> {
    let statm = File::open("/proc/self/statm").ok()?;
    let page_size = super::page_size();
    let len = N_PAGES * page_size;
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new anonymous mapping at a place of the kernel's choice disturbs nothing.
    let pages = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0) };
    if pages == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the mapping is ours and of this length. One huge page would hide what is to be seen.
    unsafe { libc::madvise(pages, len, libc::MADV_NOHUGEPAGE) };
    let mut before = resident_pages(&statm);
    let mut is_exact = before.is_some();
    for idx in 0..N_PAGES {
        // SAFETY: the page lies within the mapping, which nothing else knows of.
        unsafe { pages.cast::<u8>().add(idx * page_size).write_volatile(1) };
        let now = resident_pages(&statm);
        is_exact &= now == before.map(|before| before + 1);
        before = now;
    }
    // SAFETY: the mapping is ours, of this length, and nothing borrows from it.
    unsafe { libc::munmap(pages, len) };
    before.map(|_| is_exact)
}

fn resident_pages(statm: &File) -> Option<u64> {
    let mut text = [0; 160];
    let n = statm.read_at(&mut text, 0).ok()?;
    status::resident_pages(&text[..n])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bound_is_stated_in_kib() {
        let text = describe();
        assert!(text.contains("may lag by ") && text.ends_with(" KiB"), "{text}");
        assert!(batch_bound_bytes() >= 31 * 3 * 4096);
    }
}
