//! Proportional and unique sets: at every tick where they are asked for, and within a budget where they are not.
//!
//! Reading them walks the page tables of a process and keeps it from changing its mappings meanwhile, for a time that
//! grows with its size. So unasked it is done in a thread, seldom, and near new maxima of the sum: a read is followed
//! by a hundred times its processor time of rest, one that would take too long is not begun, and a single process,
//! which shares with nobody of the run, is never read. The higher the sum has risen since the last read, the more of
//! the coming rest may be drawn in advance: what is spent on the way up would lack at the top, and nobody knows which
//! maximum is the last. While no process of the run runs, its sets stand still, and what was read is handed out again.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use mprof_recording::metric::Bytes;

use crate::os;

/// Rest after a read, as a multiple of its processor time: one percent of the time is spent reading.
const REST: u64 = 100;
/// Between reads while the sum stands still.
const PAUSE_NS: u64 = 1_000_000_000;
/// What was read holds no longer although no process has run: others may share with them, and the kernel takes pages.
const LASTS_NS: u64 = 30_000_000_000;
/// A new maximum is one that is so much above the sum at the last read.
const STEP_PERCENT: u64 = 2;
/// The sum has grown when it is above that by this part of it, and is read then although it still rises.
const GROWTH: u64 = 6;
/// How much rest may be owed: for a sum that has grown, and half of that for a new maximum that stands.
const CREDIT_NS: u64 = 5_000_000_000;
/// A sum below this is not worth any of it while it rises.
const SMALL_BYTES: u64 = 16 << 20;
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

/// What is known of some processes.
#[derive(Debug, Default)]
struct Batch {
    bytes: HashMap<u32, Bytes>,
    /// What it took to read. Nothing was, when they had not run.
    cost: Option<Cost>,
}

/// What a read took.
#[derive(Clone, Copy, Debug)]
struct Cost {
    duration_ns: u64,
    /// Without the time in which other programs had the processor.
    cpu_ns: u64,
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
        let has_grown = sum_bytes > (self.read_sum_bytes + self.read_sum_bytes / GROWTH).max(SMALL_BYTES);
        let is_new_maximum = sum_bytes > self.read_sum_bytes + self.read_sum_bytes / 100 * STEP_PERCENT;
        // While the sum still rises, most reads would be spent before the maximum is there.
        let is_rising = sum_bytes > self.last_sum_bytes + self.last_sum_bytes / 100;
        self.last_sum_bytes = sum_bytes;
        let credit_ns = match (has_grown, is_new_maximum && !is_rising) {
            (true, _) => Some(CREDIT_NS),
            (false, true) => Some(CREDIT_NS / 2),
            (false, false) => (now_ns >= self.read_at_ns.saturating_add(PAUSE_NS)).then_some(0),
        };
        let may_read = |credit_ns: u64| now_ns.saturating_add(credit_ns) >= self.next_ns;
        if rss_bytes.len() > 1
            && !self.is_reading
            && credit_ns.is_some_and(may_read)
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
        self.bytes = batch.bytes;
        let Some(cost) = batch.cost else { return };
        self.next_ns = now_ns.max(self.next_ns).saturating_add(cost.cpu_ns.saturating_mul(REST));
        // What a process costs whatever its size, and that we were held up now and then, says nothing of the next read.
        let n_gib =
            (rss_bytes.iter().map(|&(_, bytes)| bytes).sum::<u64>() as f64 / f64::from(1 << 30)).max(0.05);
        let walk_ns = cost.duration_ns.saturating_sub(self.bytes.len() as u64 * NS_PER_PROCESS);
        let measured = (walk_ns as f64 / n_gib) as u64;
        self.ns_per_gib = (3 * self.ns_per_gib + measured.min(4 * FIRST_NS_PER_GIB)) / 4;
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
        let mut known = Known::default();
        for numbers in asked {
            if done.send(known.batch(numbers, os::monotonic_ns())).is_err() {
                return;
            }
        }
    };
    // Without the thread, the first order finds nobody, and there are no sets in the recording.
    let _ = thread::Builder::new().name("sets".to_owned()).stack_size(64 << 10).spawn(work);
    Worker { orders, batches }
}

/// What was read last, and what the processor clocks of the processes said before that.
#[derive(Debug, Default)]
struct Known {
    clocks_ns: Vec<(u32, Option<u64>)>,
    bytes: HashMap<u32, Bytes>,
    until_ns: u64,
}

impl Known {
    /// The sets of these processes: read now, unless it is known that none of them has run.
    fn batch(&mut self, numbers: Vec<u32>, now_ns: u64) -> Batch {
        let clock_ns = |number| (number, os::process_cpu_ns(number));
        let clocks_ns: Vec<_> = numbers.into_iter().map(clock_ns).collect();
        let have_not_run = clocks_ns == self.clocks_ns && clocks_ns.iter().all(|(_, ns)| ns.is_some());
        if have_not_run && now_ns < self.until_ns {
            return Batch { bytes: self.bytes.clone(), cost: None };
        }
        let start_cpu_ns = os::thread_cpu_ns();
        let sets = |&(number, _): &(u32, _)| Some((number, os::read_sets(number)?));
        self.bytes = clocks_ns.iter().filter_map(sets).collect();
        (self.clocks_ns, self.until_ns) = (clocks_ns, now_ns.saturating_add(LASTS_NS));
        let cost = Cost {
            duration_ns: os::monotonic_ns().saturating_sub(now_ns),
            cpu_ns: os::thread_cpu_ns().saturating_sub(start_cpu_ns),
        };
        Batch { bytes: self.bytes.clone(), cost: Some(cost) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_not_run_is_not_read_again_for_a_while() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        thread::sleep(std::time::Duration::from_millis(200));
        let mut known = Known::default();
        let mut is_read = |numbers: &[u32], now_ns| {
            let batch = known.batch(numbers.to_vec(), now_ns);
            assert_eq!(batch.bytes.len(), usize::from(can_read_sets()) * numbers.len());
            batch.cost.is_some()
        };
        let sleeper = child.id();
        let us = std::process::id();
        assert!(is_read(&[sleeper], 5));
        assert!(!is_read(&[sleeper], 6));
        assert!(!is_read(&[sleeper], 5 + LASTS_NS - 1));
        assert!(is_read(&[sleeper], 5 + LASTS_NS), "others may have changed what it shares");
        assert!(is_read(&[sleeper, us], 6 + LASTS_NS), "another is asked for");
        let begun = std::time::Instant::now();
        while begun.elapsed().as_millis() < 50 {}
        assert!(is_read(&[sleeper, us], 7 + LASTS_NS), "we have run");
        child.kill().unwrap();
        child.wait().unwrap();
    }

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

    /// A reading is over, and so much rest is owed.
    fn owe(budget: &mut Budget, next_ns: u64) {
        budget.worker = None;
        (budget.is_reading, budget.next_ns) = (false, next_ns);
    }

    #[test]
    fn a_read_is_followed_by_a_rest_and_then_a_new_maximum_is_near() {
        let mut budget = Budget::new();
        assert!(!is_asked(&mut budget, 1, &[5, 5]), "it rises");
        assert!(is_asked(&mut budget, 2, &[5, 5]));
        owe(&mut budget, 50);
        assert!(!is_asked(&mut budget, 51, &[5, 5]), "nothing is new");
        assert!(!is_asked(&mut budget, 52, &[5, 6]), "it rises");
        assert!(is_asked(&mut budget, 53, &[5, 6]), "a new maximum");
    }

    #[test]
    fn the_more_the_sum_has_grown_the_more_rest_may_be_owed() {
        let mut budget = Budget::new();
        assert!(is_asked(&mut budget, 1, &[50, 50]), "from nothing");
        owe(&mut budget, 1 + CREDIT_NS);
        assert!(!is_asked(&mut budget, 2, &[50, 55]), "it rises by little");
        assert!(!is_asked(&mut budget, 3, &[50, 55]), "it stands, and too much is owed for that");
        assert!(is_asked(&mut budget, 4, &[60, 60]), "it has grown");
        owe(&mut budget, 5 + CREDIT_NS / 2);
        assert!(!is_asked(&mut budget, 5, &[60, 66]), "it rises by little");
        assert!(is_asked(&mut budget, 6, &[60, 66]), "it stands");
        owe(&mut budget, 8 + CREDIT_NS);
        assert!(!is_asked(&mut budget, 7, &[600, 66]), "no more than so much is owed");
    }
}
