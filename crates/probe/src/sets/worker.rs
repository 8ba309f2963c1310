//! The thread that reads sets: of all processes in one batch, with whether they stood still meanwhile, and not at all
//! where it is known that none has run.

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use mprof_recording::metric::Bytes;

use super::MAX_STALL_NS;
use crate::os;

/// What was read holds no longer although no process has run: others may share with them, and the kernel takes pages.
const LASTS_NS: u64 = 30_000_000_000;
/// How often processes are read that change meanwhile, as long as that takes no longer than one may be held up.
const N_TRIES: usize = 3;

/// What is known of some processes.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) bytes: HashMap<u32, Bytes>,
    /// Whether nobody mapped anything or gave it back while they were read.
    pub(super) is_still: bool,
    /// What it took to read. Nothing was, when they had not run.
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
    pub(super) orders: SyncSender<Vec<u32>>,
    pub(super) batches: Receiver<Batch>,
}

/// A thread that reads what it is asked for, until nobody asks any more.
pub(super) fn start() -> Worker {
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
    is_still: bool,
    until_ns: u64,
}

impl Known {
    /// The sets of these processes: read now, unless it is known that none of them has run.
    fn batch(&mut self, numbers: Vec<u32>, now_ns: u64) -> Batch {
        let clock_ns = |number| (number, os::process_cpu_ns(number));
        let clocks_ns: Vec<_> = numbers.into_iter().map(clock_ns).collect();
        let have_not_run = clocks_ns == self.clocks_ns && clocks_ns.iter().all(|(_, ns)| ns.is_some());
        if have_not_run && now_ns < self.until_ns {
            return Batch { bytes: self.bytes.clone(), is_still: self.is_still, cost: None };
        }
        let start_cpu_ns = os::thread_cpu_ns();
        (self.bytes, self.is_still) = read_while_still(&clocks_ns, now_ns.saturating_add(MAX_STALL_NS));
        (self.clocks_ns, self.until_ns) = (clocks_ns, now_ns.saturating_add(LASTS_NS));
        let cost = Cost {
            duration_ns: os::monotonic_ns().saturating_sub(now_ns),
            cpu_ns: os::thread_cpu_ns().saturating_sub(start_cpu_ns),
        };
        Batch { bytes: self.bytes.clone(), is_still: self.is_still, cost: Some(cost) }
    }
}

/// The sets of these processes, and whether they stood still meanwhile: those who do not are read again until then.
fn read_while_still(clocks_ns: &[(u32, Option<u64>)], until_ns: u64) -> (HashMap<u32, Bytes>, bool) {
    let numbers = || clocks_ns.iter().map(|&(number, _)| number);
    let states = || numbers().map(os::memory_state).collect::<Vec<_>>();
    let mut before = states();
    let mut n_tries = 0;
    loop {
        n_tries += 1;
        let bytes = numbers().filter_map(|number| Some((number, os::read_sets(number)?))).collect();
        let after = states();
        let is_still = before == after && after.iter().all(Option::is_some);
        if is_still || n_tries == N_TRIES || os::monotonic_ns() >= until_ns {
            return (bytes, is_still);
        }
        before = after;
    }
}

#[cfg(test)]
mod tests {
    use super::super::can_read_sets;
    use super::*;

    /// A process that has come to its sleep.
    fn sleeping() -> std::process::Child {
        let child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let clock_ns = || {
            thread::sleep(std::time::Duration::from_millis(100));
            os::process_cpu_ns(child.id())
        };
        while clock_ns() != clock_ns() {}
        child
    }

    #[test]
    fn who_has_not_run_is_not_read_again_for_a_while() {
        let mut child = sleeping();
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

    #[test]
    fn who_sleeps_stands_still_and_who_has_gone_is_not_known_to() {
        let mut child = sleeping();
        let is_still = |number| read_while_still(&[(number, None)], u64::MAX).1;
        assert_eq!((is_still(child.id()), is_still(u32::MAX >> 1)), (can_read_sets(), false));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
