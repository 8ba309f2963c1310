//! Begins high-water marks anew (`clear_refs`, proc_pid_clear_refs(5)), in a thread of its own: the write waits while
//! the process changes its mappings, and sampling must not wait with it.
//!
//! Right before a mark is begun anew it is read once more. What it had risen to since the reading is handed to the next
//! one. What rises and falls between that look and the write is lost: the kernel offers no way to do both at once. But
//! memory rises by page faults, and these are counted, so that no fault around both proves that nothing was lost, and
//! the other times are counted.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use mprof_recording::metric::{Bytes, Metric};

use super::{STAT_SIZE, STATUS_SIZE};
use crate::status;

/// Processes that may wait for their turn. Room for them is made once.
const N_WAITING: usize = 1024;

/// Of one processor's time, one part in so many goes to beginning marks anew, however many processes run.
const SHARE: u64 = 4;
/// So much may be spent in advance: what comes in bursts need not wait.
const CREDIT_NS: u64 = 5_000_000;

/// Takes orders until it is dropped.
#[derive(Clone, Debug)]
pub(crate) struct Resetter {
    orders: SyncSender<Arc<Mark>>,
    counts: Arc<Counts>,
}

/// What became of the orders.
#[derive(Debug, Default)]
struct Counts {
    /// Processes whose marks cannot be begun anew.
    n_refused: AtomicU64,
    /// How often a mark was begun anew, and how often something may have come and gone in that moment.
    n_begun: AtomicU64,
    n_unsure: AtomicU64,
    /// Readings that came before the mark was begun anew after the one before, so that it is of more than an interval.
    n_longer: AtomicU64,
}

/// The mark of one process.
#[derive(Debug)]
pub(super) struct Mark {
    status: File,
    stat: File,
    clear_refs: File,
    /// The mark as it was told last.
    told_bytes: AtomicU64,
    /// What the mark had risen to when it was begun anew, to be told with the next reading.
    carried_bytes: AtomicU64,
    is_waiting: AtomicBool,
    /// It cannot be begun anew, and stands for the whole life of the process.
    is_refused: AtomicBool,
    counts: Arc<Counts>,
}

/// A look at a process right before its mark is begun anew.
#[derive(Clone, Copy, Debug)]
struct Look {
    n_faults: Option<u64>,
    rss_bytes: u64,
    hwm_bytes: u64,
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
        Ok(Self { orders, counts: Arc::default() })
    }

    /// How many processes kept their marks, since we may not begin them anew.
    pub(crate) fn n_refused(&self) -> u64 {
        self.counts.n_refused.load(Ordering::Relaxed)
    }

    /// A process keeps its mark for that reason.
    pub(crate) fn refused(&self, error: &io::Error) {
        self.counts.n_refused.fetch_add(u64::from(is_refusal(error)), Ordering::Relaxed);
    }

    /// How often something may have come and gone while a mark was begun anew, of how often one was.
    pub(crate) fn n_unsure(&self) -> (u64, u64) {
        (self.counts.n_unsure.load(Ordering::Relaxed), self.counts.n_begun.load(Ordering::Relaxed))
    }

    /// How many readings have a mark of more than the interval before.
    pub(crate) fn n_longer(&self) -> u64 {
        self.counts.n_longer.load(Ordering::Relaxed)
    }

    pub(super) fn of(&self, pid: u32) -> io::Result<Reset> {
        let mark = Mark {
            status: File::open(format!("/proc/{pid}/status"))?,
            stat: File::open(format!("/proc/{pid}/stat"))?,
            clear_refs: File::options().write(true).open(format!("/proc/{pid}/clear_refs"))?,
            told_bytes: AtomicU64::new(0),
            carried_bytes: AtomicU64::new(0),
            is_waiting: AtomicBool::new(false),
            is_refused: AtomicBool::new(false),
            counts: Arc::clone(&self.counts),
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
    /// waits for that is left to it: its mark is then of a longer time. One that does not lie above what is held now is
    /// what it would be begun anew with.
    pub(super) fn after(&self, bytes: &mut Bytes) {
        let Some(read_bytes) = bytes.get(Metric::Hwm) else { return };
        let carried_bytes = self.mark.carried_bytes.swap(0, Ordering::AcqRel);
        bytes.set(Metric::Hwm, Some(read_bytes.max(carried_bytes)));
        if bytes.get(Metric::Rss) >= Some(read_bytes) {
            return;
        }
        if self.mark.is_waiting.swap(true, Ordering::AcqRel) {
            self.mark.counts.n_longer.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.mark.told_bytes.store(read_bytes, Ordering::Release);
        if self.orders.try_send(self.mark.clone()).is_err() {
            self.mark.counts.n_longer.fetch_add(1, Ordering::Relaxed);
            self.mark.is_waiting.store(false, Ordering::Release);
        }
    }
}

fn serve(marks: &Receiver<Arc<Mark>>) {
    // The shorter the time between a look at a mark and its beginning anew, the less can come and go in it.
    super::come_first();
    let mut text = [0; STATUS_SIZE];
    let mut allowance = Allowance::default();
    for mark in marks {
        mark.begin_anew(&mut text);
        // We come before the program, which would wait for us as long as there are orders.
        let rest = allowance.rest_after(super::thread_cpu_ns(), super::monotonic_ns());
        if !rest.is_zero() {
            thread::sleep(rest);
        }
    }
}

/// What has been spent of a share of the time.
#[derive(Debug, Default)]
struct Allowance {
    cpu_ns: u64,
    now_ns: u64,
    owed_ns: u64,
}

impl Allowance {
    /// How long to rest, by the processor time that was taken in all, so that it stays within the share.
    fn rest_after(&mut self, cpu_ns: u64, now_ns: u64) -> Duration {
        let earned_ns = now_ns.saturating_sub(std::mem::replace(&mut self.now_ns, now_ns)) / SHARE;
        let spent_ns = cpu_ns.saturating_sub(std::mem::replace(&mut self.cpu_ns, cpu_ns));
        self.owed_ns = self.owed_ns.saturating_sub(earned_ns).saturating_add(spent_ns);
        let is_over = self.owed_ns > CREDIT_NS;
        Duration::from_nanos(if is_over { self.owed_ns.saturating_mul(SHARE) } else { 0 })
    }
}

impl Mark {
    fn begin_anew(&self, text: &mut [u8]) {
        let look = self.look(text);
        let hwm_bytes = look.map_or(0, |look| look.hwm_bytes);
        if hwm_bytes > self.told_bytes.load(Ordering::Acquire) {
            self.carried_bytes.fetch_max(hwm_bytes, Ordering::AcqRel);
        }
        match (self.clear_refs.write_at(b"5", 0), look) {
            (Ok(_), Some(look)) => self.counts.begun(look.is_sure(self.n_faults())),
            (Err(error), _) if is_refusal(&error) && !self.is_refused.swap(true, Ordering::Relaxed) => {
                self.counts.n_refused.fetch_add(1, Ordering::Relaxed);
            }
            _ => {}
        }
        self.is_waiting.store(false, Ordering::Release);
    }

    /// The faults are counted first, so that each one that is not in the mark is seen by who counts again.
    fn look(&self, text: &mut [u8]) -> Option<Look> {
        let n_faults = self.n_faults();
        let n = self.status.read_at(text, 0).unwrap_or(0);
        let bytes = status::parse(&text[..n])?;
        Some(Look { n_faults, rss_bytes: bytes.get(Metric::Rss)?, hwm_bytes: bytes.get(Metric::Hwm)? })
    }

    fn n_faults(&self) -> Option<u64> {
        let mut text = [0; STAT_SIZE];
        let n = self.stat.read_at(&mut text, 0).ok()?;
        status::n_faults(&text[..n])
    }
}

impl Look {
    /// Whether the mark tells all until it was begun anew, by the faults there were then: even if each gave the process
    /// a huge page, it did not hold more.
    fn is_sure(&self, n_faults_then: Option<u64>) -> bool {
        let (Some(n_faults), Some(n_faults_then)) = (self.n_faults, n_faults_then) else { return false };
        let most_bytes = n_faults_then.wrapping_sub(n_faults).saturating_mul(largest_page_bytes());
        self.rss_bytes.saturating_add(most_bytes) <= self.hwm_bytes
    }
}

impl Counts {
    fn begun(&self, is_sure: bool) {
        self.n_begun.fetch_add(1, Ordering::Relaxed);
        self.n_unsure.fetch_add(u64::from(!is_sure), Ordering::Relaxed);
    }
}

/// The most that a page fault may give: what one page of page table entries of eight bytes maps.
fn largest_page_bytes() -> u64 {
    let page_bytes = super::page_size() as u64;
    page_bytes * page_bytes / 8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(hwm_bytes: u64) -> Bytes {
        Bytes::default().with(Metric::Rss, 0).with(Metric::Hwm, hwm_bytes)
    }

    #[test]
    fn a_mark_that_nothing_has_fallen_below_stays() {
        let (orders, marks) = sync_channel(1);
        let reset = Resetter { orders, counts: Arc::default() }.of(std::process::id()).unwrap();
        reset.after(&mut reading(0));
        assert!(marks.try_recv().is_err());
        reset.after(&mut reading(1));
        assert!(marks.try_recv().is_ok());
        reset.after(&mut reading(1));
        assert_eq!(reset.mark.counts.n_longer.load(Ordering::Relaxed), 1, "it waits still");
    }

    #[test]
    fn who_has_more_to_do_than_its_share_rests() {
        let mut allowance = Allowance::default();
        assert!((1..1000).all(|n| allowance.rest_after(n * 10_000, n * 1_000_000).is_zero()), "little");
        let mut allowance = Allowance::default();
        let (mut cpu_ns, mut now_ns) = (0, 0);
        for _ in 0..1000 {
            (cpu_ns, now_ns) = (cpu_ns + 100_000, now_ns + 100_000);
            now_ns += allowance.rest_after(cpu_ns, now_ns).as_nanos() as u64;
        }
        assert!(cpu_ns <= now_ns / SHARE + 2 * CREDIT_NS, "{cpu_ns} of {now_ns}");
    }

    /// Nobody serves the orders, as if the thread waited for a process for ever.
    #[test]
    fn a_reading_never_waits_for_a_mark_to_begin_anew() {
        let (orders, marks) = sync_channel(N_WAITING);
        let resetter = Resetter { orders, counts: Arc::default() };
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
        let resetter = Resetter { orders, counts: Arc::default() };
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
        let resetter = Resetter { orders, counts: Arc::default() };
        let mut reset = resetter.of(std::process::id()).unwrap();
        Arc::get_mut(&mut reset.mark).unwrap().clear_refs = File::open("/proc/self/status").unwrap();
        for _ in 0..2 {
            reset.after(&mut reading(1));
            marks.recv().unwrap().begin_anew(&mut [0; STATUS_SIZE]);
        }
        assert!(reset.is_refused() && resetter.of(u32::MAX >> 1).is_err());
        assert_eq!(resetter.n_refused(), 1);
    }

    #[test]
    fn no_fault_is_proof_and_few_are_if_they_cannot_reach_the_mark() {
        const MIB: u64 = 1 << 20;
        let look = |hwm_bytes| Look { n_faults: Some(7), rss_bytes: MIB, hwm_bytes };
        let reaching_bytes = MIB + 2 * largest_page_bytes();
        assert!(look(MIB).is_sure(Some(7)) && look(reaching_bytes).is_sure(Some(9)));
        assert!(!look(MIB).is_sure(Some(8)) && !look(reaching_bytes - 1).is_sure(Some(9)));
        assert!(!look(u64::MAX).is_sure(None));
    }

    /// The faults of a process are its own and nobody's else, so that one that waits has none.
    #[test]
    fn of_a_process_that_waits_nothing_is_lost() {
        let (orders, marks) = sync_channel(1);
        let resetter = Resetter { orders, counts: Arc::default() };
        let mut child =
            std::process::Command::new("cat").stdin(std::process::Stdio::piped()).spawn().unwrap();
        let asleep = |pid| std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap().contains(") S ");
        let reset = resetter.of(child.id()).unwrap();
        for _ in 0..2 {
            while !asleep(child.id()) {}
            reset.after(&mut reading(1));
            marks.recv().unwrap().begin_anew(&mut [0; STATUS_SIZE]);
        }
        assert_eq!(resetter.n_unsure(), (0, 2));
        // Without a count of faults nothing is proven.
        resetter.counts.begun(false);
        assert_eq!(resetter.n_unsure(), (1, 3));
        child.kill().and_then(|()| child.wait()).unwrap();
    }
}
