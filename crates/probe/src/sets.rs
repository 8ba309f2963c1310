//! Proportional and unique sets: at every tick where they are asked for, and within a budget where they are not.
//!
//! Reading them walks the page tables of a process and keeps it from changing its mappings meanwhile, for a time that
//! grows with its size. So unasked it is done in a thread, seldom, and near new maxima of the sum: a read is followed
//! by a hundred times its processor time of rest, one that would take too long is not begun, and a single process,
//! which shares with nobody of the run, is never read. What was shared since a fork and is written to becomes each one's
//! own, and the sum of RSS does not tell: so page faults are looked at in small trees, which costs little, and a read
//! follows when they have come to an end. The higher the sum has risen since the last read, the more of
//! the coming rest may be drawn in advance: what is spent on the way up would lack at the top, and nobody knows which
//! maximum is the last. While no process of the run runs, its sets stand still, and what was read is handed out again.
//!
//! Processes are read one after another. What one of them begins to share meanwhile is counted in full where it was read
//! before and in part where it is read after, so that the sum may exceed what there was. So each is asked before and
//! after how often it has faulted and what it holds. Where nobody's answer has changed, the sum is a lower bound; where
//! one has, all are read once more, soon and then again later, and at last the sum bounds nothing.

use std::collections::HashMap;
use std::sync::mpsc::TrySendError;

use mprof_recording::metric::{Bytes, Metric};

use crate::os;

mod worker;

use worker::{Answer, Batch, Order, Worker};

/// Rest after a read, as a multiple of its processor time: one percent of the time is spent reading.
const REST: u64 = 100;
/// Between reads while the sum stands still.
const PAUSE_NS: u64 = 1_000_000_000;
/// Between looks at the page faults of a tree of at most so many processes.
const LOOK_EVERY_NS: u64 = 50_000_000;
const N_LOOKED_AT: usize = 64;
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
/// So many times in succession, sums that bound nothing are held back for one that does: who rises stands soon after.
const N_HELD_BACK: u32 = 2;
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

    /// Whether the highest sum of proportional sets is what the processes held at least.
    pub(crate) fn are_bound(&self) -> bool {
        if let Self::Budget(budget) = self { budget.highest.is_bound() } else { false }
    }

    /// A tick begins. The resident sets of the last one say what reading would cost.
    pub(crate) fn turn(&mut self, rss_bytes: &[(u32, u64)], now_ns: u64) {
        if let Self::Budget(budget) = self {
            budget.turn(rss_bytes, now_ns);
        }
    }
}

/// The highest sums of proportional sets: of processes that stood still meanwhile, and of others.
#[derive(Debug, Default)]
struct Highest {
    still_bytes: u64,
    moving_bytes: u64,
}

impl Highest {
    fn see(&mut self, batch: &Batch) {
        let sum_bytes: u64 = batch.bytes.values().filter_map(|sets| sets.get(Metric::Pss)).sum();
        let highest = if batch.is_still { &mut self.still_bytes } else { &mut self.moving_bytes };
        *highest = sum_bytes.max(*highest);
    }

    fn most_bytes(&self) -> u64 {
        self.still_bytes.max(self.moving_bytes)
    }

    fn is_bound(&self) -> bool {
        self.still_bytes > 0 && self.still_bytes >= self.moving_bytes
    }
}

/// The order that is not answered yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Out {
    #[default]
    Nothing,
    Look,
    /// With the sum at the last read before it, which holds still if this one is held back.
    Read {
        before_sum_bytes: u64,
    },
}

/// Asks for sets now and then, and hands them out.
#[derive(Debug)]
pub(crate) struct Budget {
    worker: Option<Worker>,
    out: Out,
    next_ns: u64,
    read_at_ns: u64,
    looked_at_ns: u64,
    read_sum_bytes: u64,
    n_held_back: u32,
    last_sum_bytes: u64,
    ns_per_gib: u64,
    bytes: HashMap<u32, Bytes>,
    highest: Highest,
}

impl Budget {
    fn new() -> Self {
        Self {
            worker: None,
            out: Out::Nothing,
            next_ns: 0,
            read_at_ns: 0,
            looked_at_ns: 0,
            read_sum_bytes: 0,
            n_held_back: 0,
            last_sum_bytes: 0,
            ns_per_gib: FIRST_NS_PER_GIB,
            bytes: HashMap::new(),
            highest: Highest::default(),
        }
    }

    /// What was read of a process since the last tick.
    fn take(&mut self, number: u32) -> Option<Bytes> {
        if self.bytes.is_empty() { None } else { self.bytes.remove(&number) }
    }

    /// Takes in what was read, and asks for more when it is time. The resident sets say what it would cost.
    fn turn(&mut self, rss_bytes: &[(u32, u64)], now_ns: u64) {
        if let ([] | [_], Out::Nothing) = (rss_bytes, self.out) {
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
        if rss_bytes.len() < 2 || self.out != Out::Nothing || stall_ns > MAX_STALL_NS {
            return;
        }
        // The sum of proportional sets is never above that of the resident ones, and a maximum of those is read anyway.
        let may_be_news = !is_new_maximum && sum_bytes > self.highest.most_bytes();
        let numbers = || rss_bytes.iter().map(|&(number, _)| number).collect();
        if credit_ns.is_some_and(may_read) {
            self.ask(Order::Read(numbers()), Out::Read { before_sum_bytes: self.read_sum_bytes });
            self.read_at_ns = now_ns;
            self.read_sum_bytes = self.read_sum_bytes.max(sum_bytes);
        } else if may_be_news
            && rss_bytes.len() <= N_LOOKED_AT
            && now_ns >= self.looked_at_ns.saturating_add(LOOK_EVERY_NS)
            && may_read(CREDIT_NS / 2)
        {
            self.ask(Order::Look(numbers()), Out::Look);
            self.looked_at_ns = now_ns;
        }
    }

    fn receive(&mut self, rss_bytes: &[(u32, u64)], now_ns: u64) {
        let Some(answer) = self.worker.as_ref().and_then(|worker| worker.answers.try_recv().ok()) else {
            return;
        };
        let out = std::mem::take(&mut self.out);
        let Answer { batch, cost } = answer;
        let cpu_ns = cost.map_or(0, |cost| cost.cpu_ns);
        self.next_ns = now_ns.max(self.next_ns).saturating_add(cpu_ns.saturating_mul(REST));
        let Some(batch) = batch else { return };
        let n_read = batch.bytes.len() as u64;
        self.hand_out(batch, out);
        let Some(cost) = cost else { return };
        // What a process costs whatever its size, and that we were held up now and then, says nothing of the next read.
        let n_gib =
            (rss_bytes.iter().map(|&(_, bytes)| bytes).sum::<u64>() as f64 / f64::from(1 << 30)).max(0.05);
        let walk_ns = cost.duration_ns.saturating_sub(n_read * NS_PER_PROCESS);
        let measured = (walk_ns as f64 / n_gib) as u64;
        self.ns_per_gib = (3 * self.ns_per_gib + measured.min(4 * FIRST_NS_PER_GIB)) / 4;
    }

    /// What was read is there to be taken, unless another read may soon give what bounds something.
    fn hand_out(&mut self, batch: Batch, out: Out) {
        if !batch.is_still && self.n_held_back < N_HELD_BACK {
            self.n_held_back += 1;
            if let Out::Read { before_sum_bytes } = out {
                self.read_sum_bytes = before_sum_bytes;
            }
            return;
        }
        if batch.is_still {
            self.n_held_back = 0;
        }
        self.highest.see(&batch);
        self.bytes = batch.bytes;
    }

    fn ask(&mut self, order: Order, out: Out) {
        let worker = self.worker.get_or_insert_with(worker::start);
        match worker.orders.try_send(order) {
            Ok(()) => self.out = out,
            // The thread could not be started. There is nothing more to ask it.
            Err(TrySendError::Disconnected(_) | TrySendError::Full(_)) => self.next_ns = u64::MAX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

    #[test]
    fn sums_are_a_bound_unless_a_higher_one_was_read_while_something_changed() {
        let mut highest = Highest::default();
        let mut is_bound_after = |is_still, bytes| {
            let bytes = HashMap::from([(1, Bytes::default().with(Metric::Pss, bytes))]);
            highest.see(&Batch { bytes, is_still });
            highest.is_bound()
        };
        assert!(!is_bound_after(false, 5));
        assert!(!is_bound_after(true, 4) && is_bound_after(true, 5));
        assert!(is_bound_after(false, 5) && !is_bound_after(false, 6));
    }

    #[test]
    fn what_bounds_nothing_is_held_back_for_a_while() {
        let mut budget = Budget::new();
        let mut hands_out = |is_still| {
            budget.bytes.clear();
            let bytes = HashMap::from([(1, Bytes::default().with(Metric::Pss, 5))]);
            budget.hand_out(Batch { bytes, is_still }, Out::Look);
            !budget.bytes.is_empty()
        };
        assert!(hands_out(true) && !hands_out(false) && !hands_out(false) && hands_out(false));
        assert!(hands_out(false), "it is always so");
        assert!(hands_out(true) && !hands_out(false));
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
        (budget.out, budget.next_ns) = (Out::Nothing, next_ns);
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

    /// A budget whose orders come to us, and that takes our answers.
    fn asking_us() -> (Budget, Receiver<Order>, SyncSender<Answer>) {
        let ((orders, asked), (done, answers)) = (sync_channel(1), sync_channel(1));
        (Budget { worker: Some(Worker { orders, answers }), ..Budget::new() }, asked, done)
    }

    /// A look that read while something changed says nothing of the read before it, which was handed out.
    #[test]
    fn a_look_that_is_held_back_leaves_the_last_read_as_it_is() {
        let (mut budget, asked, done) = asking_us();
        let answer = |is_still| {
            let bytes = HashMap::from([(1, Bytes::default().with(Metric::Pss, 5))]);
            done.send(Answer { batch: Some(Batch { bytes, is_still }), cost: None }).unwrap();
        };
        assert!(is_asked(&mut budget, 1, &[50, 50]) && matches!(asked.recv(), Ok(Order::Read(_))));
        answer(true);
        let now_ns = LOOK_EVERY_NS;
        assert!(!is_asked(&mut budget, now_ns, &[50, 50]) && matches!(asked.recv(), Ok(Order::Look(_))));
        answer(false);
        assert!(!is_asked(&mut budget, now_ns + 1, &[50, 50]), "nothing has grown");
        assert_eq!(budget.n_held_back, 1);
    }

    #[test]
    fn a_read_that_is_held_back_is_done_once_more() {
        let (mut budget, asked, done) = asking_us();
        assert!(is_asked(&mut budget, 1, &[50, 50]) && matches!(asked.recv(), Ok(Order::Read(_))));
        done.send(Answer { batch: Some(Batch::default()), cost: None }).unwrap();
        assert!(is_asked(&mut budget, 2, &[50, 50]));
    }
}
