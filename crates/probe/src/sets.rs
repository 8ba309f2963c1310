//! Proportional and unique sets: at every tick where they are asked for, and within a budget where they are not.
//!
//! Reading them walks the page tables of a process and keeps it from changing its mappings meanwhile, for a time that
//! grows with its size. So unasked it is done in a thread, seldom, and near new maxima of the sum: a read is followed
//! by a hundred times its duration of rest, one that would take too long is not begun, and a single process, which
//! shares with nobody of the run, is never read.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use mprof_recording::metric::Bytes;

use crate::os;

/// Rest after a read, as a multiple of its duration: one percent of the time is spent reading.
const REST: u64 = 100;
/// Between reads while the sum stands still.
const PAUSE_NS: u64 = 1_000_000_000;
/// A new maximum is one that is so much above the sum at the last read.
const STEP_PERCENT: u64 = 2;
/// What reading may hold up one process.
const MAX_STALL_NS: u64 = 5_000_000;
/// What a GiB costs until it was measured: pages of 4 KiB, on a slow machine.
const FIRST_NS_PER_GIB: u64 = 3_500_000;
/// What a process costs however small it is.
const NS_PER_PROCESS: u64 = 100_000;

/// How often proportional and unique sets are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetsRead {
    /// Of trees, in about one percent of the time.
    NowAndThen,
    /// With every reading, whatever it costs the program.
    EveryTick,
}

/// Whether this system tells proportional and unique sets.
#[must_use]
pub fn can_read_sets() -> bool {
    os::read_sets(std::process::id()).is_some()
}

/// What hands out the sets of a process.
#[derive(Debug)]
pub(crate) enum Sets {
    Budget(Budget),
    EveryTick,
}

impl Default for Sets {
    fn default() -> Self {
        Self::new(SetsRead::NowAndThen)
    }
}

impl Sets {
    pub(crate) fn new(read: SetsRead) -> Self {
        match read {
            SetsRead::NowAndThen => Self::Budget(Budget::new()),
            SetsRead::EveryTick => Self::EveryTick,
        }
    }

    /// Whether no reading goes without them.
    pub(crate) fn are_in_every_reading(&self) -> bool {
        matches!(self, Self::EveryTick)
    }

    /// The sets of a process, as far as they are to be had with its reading.
    pub(crate) fn take(&mut self, number: u32) -> Option<Bytes> {
        match self {
            Self::Budget(budget) => budget.take(number),
            Self::EveryTick => os::read_sets(number),
        }
    }

    /// A tick begins. The resident sets of the last one say what reading would cost.
    pub(crate) fn turn(&mut self, rss_bytes: &[(u32, u64)], now_ns: u64) {
        if let Self::Budget(budget) = self {
            budget.turn(rss_bytes, now_ns);
        }
    }
}

/// What was read of some processes, and how long it took.
#[derive(Debug, Default)]
struct Batch {
    bytes: HashMap<u32, Bytes>,
    duration_ns: u64,
}

/// Asks for sets now and then, and hands them out.
#[derive(Debug)]
pub(crate) struct Budget {
    worker: Option<Worker>,
    is_reading: bool,
    next_ns: u64,
    read_at_ns: u64,
    read_sum_bytes: u64,
    last_sum_bytes: u64,
    ns_per_gib: u64,
    bytes: HashMap<u32, Bytes>,
}

#[derive(Debug)]
struct Worker {
    orders: SyncSender<Vec<u32>>,
    batches: Receiver<Batch>,
}

impl Budget {
    fn new() -> Self {
        Self {
            worker: None,
            is_reading: false,
            next_ns: 0,
            read_at_ns: 0,
            read_sum_bytes: 0,
            last_sum_bytes: 0,
            ns_per_gib: FIRST_NS_PER_GIB,
            bytes: HashMap::new(),
        }
    }

    /// What was read of a process since the last tick.
    fn take(&mut self, number: u32) -> Option<Bytes> {
        if self.bytes.is_empty() { None } else { self.bytes.remove(&number) }
    }

    /// Takes in what was read, and asks for more when it is time. The resident sets say what it would cost.
    fn turn(&mut self, rss_bytes: &[(u32, u64)], now_ns: u64) {
        if let ([] | [_], false) = (rss_bytes, self.is_reading) {
            self.last_sum_bytes = rss_bytes.first().map_or(0, |&(_, bytes)| bytes);
            return;
        }
        self.receive(rss_bytes, now_ns);
        let sum_bytes: u64 = rss_bytes.iter().map(|&(_, bytes)| bytes).sum();
        let largest_bytes = rss_bytes.iter().map(|&(_, bytes)| bytes).max().unwrap_or(0);
        let stall_ns = (largest_bytes >> 20).saturating_mul(self.ns_per_gib) >> 10;
        let is_new_maximum = sum_bytes > self.read_sum_bytes + self.read_sum_bytes / 100 * STEP_PERCENT;
        // While the sum still rises, a read would be spent before the maximum is there.
        let is_rising = sum_bytes > self.last_sum_bytes + self.last_sum_bytes / 100;
        self.last_sum_bytes = sum_bytes;
        let is_wanted = is_new_maximum && !is_rising || now_ns >= self.read_at_ns.saturating_add(PAUSE_NS);
        if rss_bytes.len() > 1
            && !self.is_reading
            && now_ns >= self.next_ns
            && is_wanted
            && stall_ns <= MAX_STALL_NS
        {
            self.ask(rss_bytes.iter().map(|&(number, _)| number).collect());
            self.read_at_ns = now_ns;
            self.read_sum_bytes = self.read_sum_bytes.max(sum_bytes);
        }
    }

    fn receive(&mut self, rss_bytes: &[(u32, u64)], now_ns: u64) {
        let Some(batch) = self.worker.as_ref().and_then(|worker| worker.batches.try_recv().ok()) else {
            return;
        };
        self.is_reading = false;
        self.next_ns = now_ns.saturating_add(batch.duration_ns.saturating_mul(REST));
        // What a process costs whatever its size, and that we were held up now and then, says nothing of the next read.
        let n_gib =
            (rss_bytes.iter().map(|&(_, bytes)| bytes).sum::<u64>() as f64 / f64::from(1 << 30)).max(0.05);
        let walk_ns = batch.duration_ns.saturating_sub(batch.bytes.len() as u64 * NS_PER_PROCESS);
        let measured = (walk_ns as f64 / n_gib) as u64;
        self.ns_per_gib = (3 * self.ns_per_gib + measured.min(4 * FIRST_NS_PER_GIB)) / 4;
        self.bytes = batch.bytes;
    }

    fn ask(&mut self, numbers: Vec<u32>) {
        let worker = self.worker.get_or_insert_with(start_worker);
        match worker.orders.try_send(numbers) {
            Ok(()) => self.is_reading = true,
            // The thread could not be started. There is nothing more to ask it.
            Err(TrySendError::Disconnected(_) | TrySendError::Full(_)) => self.next_ns = u64::MAX,
        }
    }
}

/// A thread that reads what it is asked for, until nobody asks any more.
fn start_worker() -> Worker {
    let (orders, asked) = sync_channel::<Vec<u32>>(1);
    let (done, batches) = sync_channel(1);
    let work = move || {
        for numbers in asked {
            let start_ns = os::monotonic_ns();
            let bytes =
                numbers.into_iter().filter_map(|number| Some((number, os::read_sets(number)?))).collect();
            let batch = Batch { bytes, duration_ns: os::monotonic_ns().saturating_sub(start_ns) };
            if done.send(batch).is_err() {
                return;
            }
        }
    };
    // Without the thread, the first order finds nobody, and there are no sets in the recording.
    let _ = thread::Builder::new().name("sets".to_owned()).stack_size(64 << 10).spawn(work);
    Worker { orders, batches }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The budget, as it stands after these turns: each a time, and the resident sets then.
    fn is_asked(budget: &mut Budget, now_ns: u64, rss_mib: &[u64]) -> bool {
        let rss_bytes: Vec<(u32, u64)> = rss_mib.iter().map(|mib| (u32::MAX, mib << 20)).collect();
        budget.turn(&rss_bytes, now_ns);
        budget.read_at_ns == now_ns
    }

    #[test]
    fn one_process_is_never_read() {
        assert!(!is_asked(&mut Budget::new(), 5_000_000_000, &[100]));
    }

    #[test]
    fn a_process_that_would_be_held_up_is_not_read() {
        assert!(!is_asked(&mut Budget::new(), 5_000_000_000, &[100, 4096]));
        assert!(is_asked(&mut Budget::new(), 5_000_000_000, &[100, 1024]));
    }

    #[test]
    fn a_read_is_followed_by_a_rest_and_then_a_new_maximum_is_near() {
        let mut budget = Budget::new();
        assert!(!is_asked(&mut budget, 1, &[10, 10]), "it rises");
        assert!(is_asked(&mut budget, 2, &[10, 10]));
        budget.worker = None;
        (budget.is_reading, budget.next_ns) = (false, 50);
        assert!(!is_asked(&mut budget, 49, &[10, 20]), "it rests");
        assert!(!is_asked(&mut budget, 51, &[10, 10]), "nothing is new");
        assert!(!is_asked(&mut budget, 52, &[10, 20]), "it rises");
        assert!(is_asked(&mut budget, 53, &[10, 20]), "a new maximum");
    }
}
