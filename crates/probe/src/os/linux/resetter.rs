//! Begins high-water marks anew (`clear_refs`, proc_pid_clear_refs(5)), in a thread of its own: the write waits while
//! the process changes its mappings, and sampling must not wait with it.
//!
//! Right before a mark is begun anew it is read once more. What it had risen to since the reading is handed to the next
//! one. What rises and falls between that look and the write is lost: the kernel offers no way to do both at once.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use mprof_recording::metric::{Bytes, Metric};

use crate::status;

/// Processes that may wait for their turn. Room for them is made once.
const N_WAITING: usize = 1024;
/// Enough for the file unless a process is in hundreds of groups. Without the mark nothing is handed on.
const STATUS_SIZE: usize = 8192;

/// Takes orders until it is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Resetter {
    orders: SyncSender<Arc<Mark>>,
    /// Processes whose marks cannot be begun anew.
    n_refused: Arc<AtomicU64>,
}

/// The mark of one process.
#[derive(Debug)]
pub(super) struct Mark {
    status: File,
    clear_refs: File,
    /// The mark as it was told last.
    told_bytes: AtomicU64,
    /// What the mark had risen to when it was begun anew, to be told with the next reading.
    carried_bytes: AtomicU64,
    is_waiting: AtomicBool,
    /// It cannot be begun anew, and stands for the whole life of the process.
    is_refused: AtomicBool,
    n_refused: Arc<AtomicU64>,
}

/// Begins the mark of one process anew after each reading.
#[derive(Debug)]
pub(super) struct Reset {
    mark: Arc<Mark>,
    orders: SyncSender<Arc<Mark>>,
}

impl Resetter {
    pub(crate) fn start() -> io::Result<Self> {
        let (orders, marks) = sync_channel(N_WAITING);
        let work = move || serve(&marks);
        thread::Builder::new().name("marks".to_owned()).stack_size(64 << 10).spawn(work)?;
        Ok(Self { orders, n_refused: Arc::default() })
    }

    /// How many processes kept their marks, since we may not begin them anew.
    pub(crate) fn n_refused(&self) -> u64 {
        self.n_refused.load(Ordering::Relaxed)
    }

    pub(super) fn of(&self, pid: u32) -> io::Result<Reset> {
        let clear_refs = File::options().write(true).open(format!("/proc/{pid}/clear_refs"));
        if clear_refs.as_ref().is_err_and(is_refusal) {
            self.n_refused.fetch_add(1, Ordering::Relaxed);
        }
        let mark = Mark {
            status: File::open(format!("/proc/{pid}/status"))?,
            clear_refs: clear_refs?,
            told_bytes: AtomicU64::new(0),
            carried_bytes: AtomicU64::new(0),
            is_waiting: AtomicBool::new(false),
            is_refused: AtomicBool::new(false),
            n_refused: Arc::clone(&self.n_refused),
        };
        Ok(Reset { mark: Arc::new(mark), orders: self.orders.clone() })
    }
}

/// Who is gone has refused nothing.
fn is_refusal(error: &io::Error) -> bool {
    error.kind() != io::ErrorKind::NotFound && error.raw_os_error() != Some(libc::ESRCH)
}

impl Reset {
    /// Whether the mark stands for the whole life of the process after all.
    pub(super) fn is_refused(&self) -> bool {
        self.mark.is_refused.load(Ordering::Relaxed)
    }

    /// What the mark had risen to since the last reading, when it was begun anew.
    pub(super) fn carried_bytes(&self) -> u64 {
        self.mark.carried_bytes.load(Ordering::Acquire)
    }

    /// Completes a reading with what its mark would have told, and orders the mark to be begun anew. One that still
    /// waits for that is left to it: its mark is then of a longer time.
    pub(super) fn after(&self, bytes: &mut Bytes) {
        let Some(read_bytes) = bytes.get(Metric::Hwm) else { return };
        let carried_bytes = self.mark.carried_bytes.swap(0, Ordering::AcqRel);
        bytes.set(Metric::Hwm, Some(read_bytes.max(carried_bytes)));
        if !self.mark.is_waiting.swap(true, Ordering::AcqRel) {
            self.mark.told_bytes.store(read_bytes, Ordering::Release);
            if self.orders.try_send(self.mark.clone()).is_err() {
                self.mark.is_waiting.store(false, Ordering::Release);
            }
        }
    }
}

fn serve(marks: &Receiver<Arc<Mark>>) {
    // The shorter the time between a look at a mark and its beginning anew, the less can come and go in it.
    super::come_first();
    let mut text = [0; STATUS_SIZE];
    for mark in marks {
        mark.begin_anew(&mut text);
    }
}

impl Mark {
    fn begin_anew(&self, text: &mut [u8]) {
        let n = self.status.read_at(text, 0).unwrap_or(0);
        let risen_bytes = status::parse(&text[..n]).and_then(|bytes| bytes.get(Metric::Hwm)).unwrap_or(0);
        if risen_bytes > self.told_bytes.load(Ordering::Acquire) {
            self.carried_bytes.fetch_max(risen_bytes, Ordering::AcqRel);
        }
        let outcome = self.clear_refs.write_at(b"5", 0);
        if outcome.is_err_and(|error| is_refusal(&error)) && !self.is_refused.swap(true, Ordering::Relaxed) {
            self.n_refused.fetch_add(1, Ordering::Relaxed);
        }
        self.is_waiting.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(hwm_bytes: u64) -> Bytes {
        Bytes::default().with(Metric::Rss, 1).with(Metric::Hwm, hwm_bytes)
    }

    /// Nobody serves the orders, as if the thread waited for a process for ever.
    #[test]
    fn a_reading_never_waits_for_a_mark_to_begin_anew() {
        let (orders, marks) = sync_channel(N_WAITING);
        let resetter = Resetter { orders, n_refused: Arc::default() };
        let resets: Vec<Reset> = (0..8).map(|_| resetter.of(std::process::id()).unwrap()).collect();
        for _ in 0..N_WAITING {
            resets.iter().for_each(|reset| reset.after(&mut reading(7)));
        }
        drop(resetter);
        assert_eq!(marks.try_iter().count(), resets.len(), "one that waits is not ordered again");
    }

    #[test]
    fn what_a_mark_had_risen_to_is_told_with_the_next_reading_alone() {
        let (orders, marks) = sync_channel(1);
        let resetter = Resetter { orders, n_refused: Arc::default() };
        let reset = resetter.of(std::process::id()).unwrap();
        reset.after(&mut reading(1));
        marks.recv().unwrap().begin_anew(&mut [0; STATUS_SIZE]);
        let told = |hwm_bytes| {
            let mut bytes = reading(hwm_bytes);
            reset.after(&mut bytes);
            bytes.get(Metric::Hwm).unwrap()
        };
        assert!(told(1) > 1 << 16, "this process holds more than a byte");
        assert_eq!(told(2), 2);
    }

    /// Writing to a file that is open for reading alone is refused, as writing to a mark may be.
    #[test]
    fn a_refusal_is_counted_once_and_an_end_is_none() {
        let (orders, marks) = sync_channel(1);
        let resetter = Resetter { orders, n_refused: Arc::default() };
        let mut reset = resetter.of(std::process::id()).unwrap();
        Arc::get_mut(&mut reset.mark).unwrap().clear_refs = File::open("/proc/self/status").unwrap();
        for _ in 0..2 {
            reset.after(&mut reading(1));
            marks.recv().unwrap().begin_anew(&mut [0; STATUS_SIZE]);
        }
        assert!(reset.is_refused() && resetter.of(u32::MAX >> 1).is_err());
        assert_eq!(resetter.n_refused(), 1);
    }
}
