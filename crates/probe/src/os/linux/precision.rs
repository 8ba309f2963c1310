//! How exactly this kernel counts resident pages, found out by trying.
//!
//! Since Linux 6.2 the counters are kept per processor and summed up in batches; some kernels give readers the exact
//! sum all the same. Before, each thread kept what its last page faults brought to itself. Changes of either kind were
//! taken over into older releases, so that the number of one does not tell. The stored mark is batched on all.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::status;

/// Pages that are touched one by one: fewer than any batch, so that of batched ones not even the first is counted unless
/// a batch happens to be full.
const N_PAGES: usize = 4;
/// Counters of which a resident set is the sum: file, anonymous, shared memory.
const N_COUNTERS: u64 = 3;
/// The least batch of a processor, in pages.
const SMALLEST_BATCH: u64 = 32;
/// Page faults that a thread may keep to itself: so many were, on Linux 6.1 (`TASK_RSS_EVENTS_THRESH` in mm/memory.c).
const N_KEPT_FAULTS: u64 = 65;
/// What one fault in a mapped file may bring, beside pages of it that are in memory (`fault_around_bytes`).
const AROUND_BYTES: u64 = 64 << 10;

/// When a page that was touched is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counting {
    /// For who reads it, at once.
    AtOnce,
    /// When a processor's batch is full.
    PerProcessor,
    /// When a thread has had some faults, or gives memory back.
    PerThread,
}

/// What was read in a trial, in pages.
#[derive(Debug)]
struct Trial {
    /// Before the first page was touched, and behind each.
    touched: [u64; N_PAGES + 1],
    /// After one of them was given back.
    given_back: u64,
}

/// What there is to know of a reading's precision, for the recording.
pub(crate) fn describe() -> String {
    text(trial().map(|trial| trial.counting()))
}

fn text(counting: Option<Counting>) -> String {
    let bound_kib = batch_bound_bytes() / 1024;
    let readings = match counting {
        Some(Counting::AtOnce) => "readings are exact".to_owned(),
        Some(Counting::PerProcessor) => format!("readings are batched and may be off by {bound_kib} KiB"),
        Some(Counting::PerThread) => return text_per_thread(),
        None => "whether readings are exact could not be tried".to_owned(),
    };
    format!("{readings}; the kernel's stored marks are batched and may lag by {bound_kib} KiB")
}

fn text_per_thread() -> String {
    let page_bytes = super::page_size() as u64;
    let [kib, file_kib] =
        [page_bytes, page_bytes.max(AROUND_BYTES)].map(|bytes| N_KEPT_FAULTS * bytes / 1024);
    format!(
        "readings and the kernel's stored marks are batched, and may lag by {N_KEPT_FAULTS} page faults of each \
         thread, which are {kib} KiB, or {file_kib} KiB of mapped files"
    )
}

/// The most that batched counters can hold back: all but one page of a batch, on every processor, in each counter
/// (`percpu_counter_batch` in lib/percpu_counter.c).
fn batch_bound_bytes() -> u64 {
    let n_processors = super::n_processors() as u64;
    let batch = (2 * n_processors).max(SMALLEST_BATCH);
    (batch - 1) * n_processors * N_COUNTERS * super::page_size() as u64
}

impl Trial {
    /// A thread that gives memory back hands in what it kept, and a processor does not. What a full batch hands in is
    /// more than was touched. Pages of our own that come meanwhile are few.
    fn counting(&self) -> Counting {
        if self.touched.windows(2).all(|pair| pair[1] > pair[0]) {
            return Counting::AtOnce;
        }
        let n_handed_in = self.given_back.saturating_sub(self.touched[N_PAGES]);
        let is_per_thread = (1..SMALLEST_BATCH / 2).contains(&n_handed_in);
        if is_per_thread { Counting::PerThread } else { Counting::PerProcessor }
    }
}

/// Touches pages and looks when each is counted.
fn trial() -> Option<Trial> {
    let statm = File::open("/proc/self/statm").ok()?;
    let len = N_PAGES * super::page_size();
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: a new anonymous mapping at a place of the kernel's choice disturbs nothing.
    let pages = unsafe { libc::mmap(std::ptr::null_mut(), len, protection, flags, -1, 0) };
    if pages == libc::MAP_FAILED {
        return None;
    }
    // SAFETY: the mapping is ours and of this length. One huge page would hide what is to be seen.
    unsafe { libc::madvise(pages, len, libc::MADV_NOHUGEPAGE) };
    let trial = try_with(pages.cast(), &statm);
    // SAFETY: the mapping is ours, of this length, and nothing borrows from it.
    unsafe { libc::munmap(pages, len) };
    trial
}

/// Begins with a page that is given back, so that what this thread has kept until then is none of the trial's: nor is our
/// own code, which comes into memory when it first runs.
fn try_with(pages: *mut u8, statm: &File) -> Option<Trial> {
    touch(pages, 0);
    resident_pages(statm)?;
    give_back(pages);
    let mut touched = [resident_pages(statm)?; N_PAGES + 1];
    for idx in 0..N_PAGES {
        touch(pages, idx);
        touched[idx + 1] = resident_pages(statm)?;
    }
    give_back(pages);
    Some(Trial { touched, given_back: resident_pages(statm)? })
}

fn touch(pages: *mut u8, idx: usize) {
    // SAFETY: it is one of the pages of the mapping, which nothing else knows of.
    unsafe { pages.add(idx * super::page_size()).write_volatile(1) };
}

/// Gives the first page back.
fn give_back(pages: *mut u8) {
    // SAFETY: it is the first page of the mapping, and nobody wants what it holds.
    unsafe { libc::madvise(pages.cast(), super::page_size(), libc::MADV_DONTNEED) };
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
        assert!(batch_bound_bytes() >= 31 * 3 * 4096);
        for counting in [Counting::AtOnce, Counting::PerProcessor] {
            let text = text(Some(counting));
            assert!(text.contains("marks are batched and may lag by ") && text.ends_with(" KiB"), "{text}");
        }
        let text = text(Some(Counting::PerThread));
        assert!(text.contains(" 65 page faults of each thread, which are "), "{text}");
    }

    #[track_caller]
    fn check(touched: [u64; N_PAGES + 1], given_back: u64, counting: Counting) {
        let trial = Trial { touched, given_back };
        assert_eq!(trial.counting(), counting, "{trial:?}");
    }

    #[test]
    fn each_way_of_counting_is_told_by_what_is_read() {
        check([200, 201, 202, 203, 204], 203, Counting::AtOnce);
        check([200, 202, 203, 204, 205], 204, Counting::AtOnce);
        check([200, 200, 200, 200, 200], 203, Counting::PerThread);
        check([200, 200, 200, 200, 200], 204, Counting::PerThread);
        check([200, 200, 200, 200, 200], 200, Counting::PerProcessor);
        check([200, 200, 232, 232, 232], 232, Counting::PerProcessor);
        check([200, 200, 200, 200, 200], 231, Counting::PerProcessor);
    }

    /// The number of a release says when counters became a processor's, but for what others took over.
    #[test]
    fn this_kernel_is_told() {
        // Another thread of the tests may let go of a page just then.
        let countings: Vec<Counting> = (0..10).map(|_| trial().unwrap().counting()).collect();
        let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
        let numbers: Vec<u32> = release.split(['.', '-']).map_while(|it| it.parse().ok()).collect();
        if numbers < vec![6, 2] && !release.contains(".el") {
            let is_other = countings.iter().any(|it| *it != Counting::PerProcessor);
            assert!(is_other, "{release}: {countings:?}");
        }
        if numbers >= vec![6, 16] {
            assert!(countings.contains(&Counting::AtOnce), "{release}: {countings:?}");
        }
    }
}
