//! The thread that reads sets: of all processes in one batch, with whether they stood still meanwhile, and not at all
//! where it is known that none has run, or where a look at their page faults says that nothing is new.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use mprof_recording::metric::{Bytes, Metric};

use super::{MAX_STALL_NS, STEP_PERCENT};
use crate::os;

/// What was read holds no longer although no process has run: others may share with them, and the kernel takes pages.
const LASTS_NS: u64 = 30_000_000_000;
/// How often processes are read that change meanwhile, as long as that takes no longer than one may be held up.
const N_TRIES: usize = 3;

/// Fewer faults than this are nothing new, however little the processes hold.
const FEW_FAULTS: u64 = 256;
/// What a fault brings, but for huge pages.
const PAGE_BYTES: u64 = 4096;

/// What is asked.
#[derive(Clone, Debug)]
pub(super) enum Order {
    /// To read the sets of these processes.
    Read(Vec<u32>),
    /// The same if they have faulted since the last read, and do so no more. Memory that was shared since a fork becomes
    /// each one's own by that, and no resident set tells.
    Look(Vec<u32>),
}

/// What is known of some processes.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) bytes: HashMap<u32, Bytes>,
    /// Whether nobody mapped anything or gave it back while they were read.
    pub(super) is_still: bool,
}

/// What comes of an order.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Nothing where a look was enough.
    pub(super) batch: Option<Batch>,
    /// What it took. Nothing did, when nobody had run.
    pub(super) cost: Option<Cost>,
}

/// What a read took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cost {
    pub(super) duration_ns: u64,
    /// Without the time in which other programs had the processor.
    pub(super) cpu_ns: u64,
}

/// Reads what is ordered.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) orders: SyncSender<Order>,
    pub(super) answers: Receiver<Answer>,
}

/// A thread that reads what it is asked for, until nobody asks any more.
pub(super) fn start() -> Worker {
    let (orders, asked) = sync_channel(1);
    let (done, answers) = sync_channel(1);
    let work = move || {
        let mut known = Known::default();
        for order in asked {
            if done.send(known.answer(order, os::monotonic_ns())).is_err() {
                return;
            }
        }
    };
    // Without the thread, the first order finds nobody, and there are no sets in the recording.
    let _ = thread::Builder::new().name("sets".to_owned()).stack_size(64 << 10).spawn(work);
    Worker { orders, answers }
}

/// What was read last, and what the processor clocks of the processes said before that.
#[derive(Debug, Default)]
struct Known {
    clocks_ns: Clocks,
    bytes: HashMap<u32, Bytes>,
    is_still: bool,
    until_ns: u64,
    /// How often each had faulted when nobody changed anything, and how much more it was at the last look.
    n_faults: HashMap<u32, u64>,
    n_grown: u64,
    /// What the clocks said at the last look.
    looked_clocks_ns: Clocks,
}

/// The processor clock of each process.
type Clocks = Vec<(u32, Option<u64>)>;

impl Known {
    fn answer(&mut self, order: Order, now_ns: u64) -> Answer {
        let (start_ns, start_cpu_ns) = (os::monotonic_ns(), os::thread_cpu_ns());
        let (batch, has_cost) = match order {
            Order::Read(numbers) => self.batch(&numbers, now_ns),
            Order::Look(numbers) if self.is_due(&numbers) => self.batch(&numbers, now_ns),
            Order::Look(_) => (None, true),
        };
        let cost = has_cost.then(|| Cost {
            duration_ns: os::monotonic_ns().saturating_sub(start_ns),
            cpu_ns: os::thread_cpu_ns().saturating_sub(start_cpu_ns),
        });
        Answer { batch, cost }
    }

    /// The sets of these processes, and whether they were read now: they are, unless it is known that none has run.
    fn batch(&mut self, numbers: &[u32], now_ns: u64) -> (Option<Batch>, bool) {
        let clocks_ns = clocks_ns(numbers);
        let have_not_run = clocks_ns == self.clocks_ns && clocks_ns.iter().all(|(_, ns)| ns.is_some());
        let is_known = have_not_run && now_ns < self.until_ns;
        if !is_known {
            let (bytes, n_faults) = read_while_still(numbers, now_ns.saturating_add(MAX_STALL_NS));
            (self.bytes, self.is_still) = (bytes, n_faults.is_some());
            (self.clocks_ns, self.until_ns) = (clocks_ns, now_ns.saturating_add(LASTS_NS));
            if let Some(n_faults) = n_faults {
                self.n_faults = numbers.iter().copied().zip(n_faults).collect();
                self.n_grown = 0;
            }
        }
        (Some(Batch { bytes: self.bytes.clone(), is_still: self.is_still }), !is_known)
    }

    /// Whether these processes have faulted for more since they were read than what they held is worth, and stand now.
    fn is_due(&mut self, numbers: &[u32]) -> bool {
        let n_before = self.n_grown;
        let clocks_ns = clocks_ns(numbers);
        // Who has not run has not faulted.
        if clocks_ns != self.looked_clocks_ns {
            self.n_grown = numbers.iter().map(|&number| self.n_faults_since(number)).sum();
            self.looked_clocks_ns = clocks_ns;
        }
        let sum_bytes: u64 = self.bytes.values().filter_map(|sets| sets.get(Metric::Pss)).sum();
        let few = (sum_bytes / PAGE_BYTES / 100 * STEP_PERCENT).max(FEW_FAULTS);
        self.n_grown > few && self.n_grown.saturating_sub(n_before) <= few
    }

    fn n_faults_since(&self, number: u32) -> u64 {
        let before = self.n_faults.get(&number).copied().unwrap_or(0);
        os::memory_state(number).map_or(0, |(n_faults, _)| n_faults.saturating_sub(before))
    }
}

fn clocks_ns(numbers: &[u32]) -> Clocks {
    numbers.iter().map(|&number| (number, os::process_cpu_ns(number))).collect()
}

/// The sets of these processes, and how often each had faulted if they stood still meanwhile: those who do not are read
/// again until then.
fn read_while_still(numbers: &[u32], until_ns: u64) -> (HashMap<u32, Bytes>, Option<Vec<u64>>) {
    let states = || numbers.iter().map(|&number| os::memory_state(number)).collect::<Vec<_>>();
    let mut before = states();
    let mut n_tries = 0;
    loop {
        n_tries += 1;
        let read = |&number: &u32| Some((number, os::read_sets(number)?));
        let bytes = numbers.iter().filter_map(read).collect();
        let after = states();
        let n_faults = || after.iter().map(|state| state.map(|(n_faults, _)| n_faults)).collect();
        let n_faults: Option<Vec<u64>> = (before == after).then(n_faults).flatten();
        if n_faults.is_some() || n_tries == N_TRIES || os::monotonic_ns() >= until_ns {
            return (bytes, n_faults);
        }
        before = after;
    }
}

#[cfg(test)]
mod tests {
    use super::super::can_read_sets;
    use super::*;
    use std::io::Write;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    /// A process that has come to its sleep.
    fn sleeping() -> Child {
        let child = Command::new("sleep").arg("60").spawn().unwrap();
        let begun = Instant::now();
        while !stands(&child) {
            assert!(begun.elapsed() < Duration::from_secs(20), "it never sleeps");
        }
        child
    }

    fn stands(child: &Child) -> bool {
        let clock_ns = || {
            thread::sleep(Duration::from_millis(100));
            os::process_cpu_ns(child.id())
        };
        clock_ns() == clock_ns()
    }

    /// Has a shell do a line, and waits until it has done it.
    fn tell(shell: &mut Child, line: &str) {
        let before_ns = os::process_cpu_ns(shell.id());
        writeln!(shell.stdin.as_ref().unwrap(), "{line}").unwrap();
        let begun = Instant::now();
        while !stands(shell) || os::process_cpu_ns(shell.id()) == before_ns {
            assert!(begun.elapsed() < Duration::from_secs(20), "{line}");
        }
    }

    /// No process is started by these lines: the shell itself comes to hold 4 MiB more.
    const GROW: &str =
        "x=0123456789abcdef; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do x=$x$x; done";

    #[test]
    fn a_look_finds_many_faults_when_they_have_come_to_an_end() {
        if !can_read_sets() {
            return;
        }
        let mut shell = Command::new("sh").stdin(Stdio::piped()).spawn().unwrap();
        let numbers = [shell.id()];
        tell(&mut shell, "true");
        let mut known = Known::default();
        let read = |known: &mut Known| known.answer(Order::Read(numbers.to_vec()), 5).batch.unwrap().is_still;
        assert!(read(&mut known));
        assert!(!known.is_due(&numbers) && !known.is_due(&numbers), "it has not run");
        tell(&mut shell, "true");
        assert!(!known.is_due(&numbers) && !known.is_due(&numbers), "few faults are nothing new");
        tell(&mut shell, GROW);
        assert!(!known.is_due(&numbers), "it may go on");
        assert!(known.is_due(&numbers));
        assert!(read(&mut known));
        assert!(!known.is_due(&numbers) && !known.is_due(&numbers), "it was read");
        drop(shell.stdin.take());
        shell.wait().unwrap();
    }

    #[test]
    fn who_has_not_run_is_not_read_again_for_a_while() {
        let mut child = sleeping();
        let mut known = Known::default();
        let mut is_read = |numbers: &[u32], now_ns| {
            let answer = known.answer(Order::Read(numbers.to_vec()), now_ns);
            let batch = answer.batch.unwrap();
            assert_eq!(batch.bytes.len(), usize::from(can_read_sets()) * numbers.len());
            answer.cost.is_some()
        };
        let sleeper = child.id();
        let us = std::process::id();
        assert!(is_read(&[sleeper], 5));
        assert!(!is_read(&[sleeper], 6));
        assert!(!is_read(&[sleeper], 5 + LASTS_NS - 1));
        assert!(is_read(&[sleeper], 5 + LASTS_NS), "others may have changed what it shares");
        assert!(is_read(&[sleeper, us], 6 + LASTS_NS), "another is asked for");
        let begun = Instant::now();
        while begun.elapsed().as_millis() < 50 {}
        assert!(is_read(&[sleeper, us], 7 + LASTS_NS), "we have run");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn who_sleeps_stands_still_and_who_has_gone_is_not_known_to() {
        let mut child = sleeping();
        let is_still = |number| read_while_still(&[number], u64::MAX).1.is_some();
        assert_eq!((is_still(child.id()), is_still(u32::MAX >> 1)), (can_read_sets(), false));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
