//! Knows of a process that it has not had a processor since its last reading, so that its memory is what it was then.
//!
//! `/proc/PID/schedstat` counts how long the main thread ran, and how often it was given a processor (proc(5) and
//! Documentation/scheduler/sched-stats.rst). It costs a tenth of `status`. A process of one thread that was asleep, and
//! whose counts stand still, cannot have touched a page: its resident set has not risen. The kernel may have taken
//! pages from it, or joined some, so that it is read in full now and then all the same.
//!
//! In large trees its processor clock is asked instead (clock_getcpuclockid(3)), which costs a quarter of that and
//! needs no descriptor. It counts all threads, and shows that one runs at the next tick of the scheduler.

use std::fs::File;
use std::os::unix::fs::FileExt;

use crate::status;

/// Readings in full are no further apart, unless ticks are.
const READ_EVERY_NS: u64 = 100_000_000;
/// How long the counts must have stood still. A thread that runs all the time is counted at each tick of the
/// scheduler, of which the rarest come every 10 ms.
const STILL_FOR_NS: u64 = 25_000_000;
/// Three numbers of at most twenty digits.
const LINE_SIZE: usize = 64;

/// What one process's counts said, and whether it is worth while to ask them. Times are of any one clock.
#[derive(Debug, Default)]
pub(super) struct Stillness {
    counts: Counts,
    line: Vec<u8>,
    clock_ns: Option<u64>,
    /// When the line or the clock was first seen as it is, when the last reading in full began, and when anybody asked.
    since_ns: u64,
    read_ns: u64,
    asked_ns: u64,
    /// The last reading in full found it asleep, alone, and as large as the one before.
    is_asleep: bool,
}

/// The file of the counts.
#[derive(Debug, Default)]
enum Counts {
    #[default]
    Untried,
    Open(File),
    /// The kernel has none, or descriptors are short.
    Without,
}

impl Stillness {
    /// Whether the last reading still holds. Otherwise the process is to be read now, and what was found told.
    pub(super) fn holds(&mut self, pid: u32, now_ns: u64) -> bool {
        let interval_ns = now_ns.saturating_sub(std::mem::replace(&mut self.asked_ns, now_ns));
        let is_still = self.is_asleep && self.stands_still(pid, now_ns);
        let next_ns = now_ns.saturating_add(interval_ns);
        let holds = is_still
            && next_ns.saturating_sub(self.read_ns) <= READ_EVERY_NS
            && now_ns.saturating_sub(self.since_ns) >= STILL_FOR_NS;
        if !holds {
            self.read_ns = now_ns;
        }
        holds
    }

    /// Whether the last reading still holds by the processor clock, up to a tick of the scheduler. Otherwise the process
    /// is to be read now.
    pub(super) fn holds_by_clock(&mut self, pid: u32, now_ns: u64) -> bool {
        let clock_ns = super::process_cpu_ns(pid);
        if clock_ns.is_none() || clock_ns != std::mem::replace(&mut self.clock_ns, clock_ns) {
            self.since_ns = now_ns;
        }
        now_ns.saturating_sub(self.since_ns) >= STILL_FOR_NS
    }

    /// A reading in full, which came after the look at the counts: the text of its status, and whether it gave what the
    /// one before gave.
    pub(super) fn learn(&mut self, is_same: bool, text: &[u8]) {
        self.is_asleep = is_same && status::sleeps_alone(text);
    }

    /// Gives up its descriptor for good.
    pub(super) fn shed(&mut self) {
        self.counts = Counts::Without;
    }

    /// Whether the counts are those of the last look, which this one becomes.
    fn stands_still(&mut self, pid: u32, now_ns: u64) -> bool {
        if matches!(self.counts, Counts::Untried) {
            let opened = File::open(format!("/proc/{pid}/schedstat"));
            self.counts = opened.map_or(Counts::Without, Counts::Open);
        }
        let Counts::Open(schedstat) = &self.counts else { return false };
        let mut text = [0; LINE_SIZE];
        let n = schedstat.read_at(&mut text, 0).unwrap_or(0);
        let is_same = status::has_run(&text[..n]) && self.line == text[..n];
        if !is_same {
            self.line.clear();
            self.line.extend_from_slice(&text[..n]);
            self.since_ns = now_ns;
        }
        is_same
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    use mprof_recording::metric::Metric;

    use super::super::Reader;
    use super::*;

    const ASLEEP: &[u8] = b"Name:\tx\nState:\tS (sleeping)\nThreads:\t1\n";
    const EVERY_NS: u64 = 10_000_000;

    /// Looks at a process at such times as a recorder does, and says at which of so many its last reading held.
    fn looks(stillness: &mut Stillness, pid: u32, from: u64, n: u64) -> Vec<bool> {
        let look = |tick: u64| {
            let holds = stillness.holds(pid, (from + tick) * EVERY_NS);
            if !holds {
                stillness.learn(true, ASLEEP);
            }
            holds
        };
        (1..=n).map(look).collect()
    }

    fn spawn(script: &str) -> Child {
        let child = Command::new("sh")
            .args(["-c", script])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        // Until it has come to its `read`.
        while !status::sleeps_alone(&std::fs::read(format!("/proc/{}/status", child.id())).unwrap()) {
            std::thread::sleep(Duration::from_millis(1));
        }
        child
    }

    fn end(mut child: Child) {
        drop(child.stdin.take());
        child.wait().unwrap();
    }

    #[test]
    fn a_reading_of_a_sleeper_holds_for_a_while_and_not_for_ever() {
        let child = spawn("read line");
        let held = looks(&mut Stillness::default(), child.id(), 0, 40);
        assert!(held[..4].iter().all(|&it| !it), "counts must have stood still for a time: {held:?}");
        let longest = held.split(|&it| !it).map(<[bool]>::len).max();
        assert_eq!(longest, Some(9), "between two readings in full are less than 100 ms: {held:?}");
        end(child);
    }

    #[test]
    fn what_has_run_is_read() {
        let mut child = spawn("while read line; do echo it; done");
        let mut stillness = Stillness::default();
        looks(&mut stillness, child.id(), 0, 6);
        assert_eq!(looks(&mut stillness, child.id(), 6, 1), [true]);
        child.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
        child.stdout.as_mut().unwrap().read_exact(&mut [0; 3]).unwrap();
        assert_eq!(looks(&mut stillness, child.id(), 7, 1), [false]);
        end(child);
    }

    #[test]
    fn who_is_awake_or_has_threads_is_read_always() {
        let child = spawn("read line");
        for text in [&b"State:\tR (running)\nThreads:\t1\n"[..], b"State:\tS (sleeping)\nThreads:\t2\n", b""]
        {
            let mut stillness = Stillness::default();
            for tick in 1..30 {
                assert!(!stillness.holds(child.id(), tick * EVERY_NS));
                stillness.learn(true, text);
            }
        }
        end(child);
    }

    #[test]
    fn readings_in_full_are_no_further_apart_than_said_at_any_interval() {
        let child = spawn("read line");
        for interval_ns in [1, 3, 30, 49, 51, 99, 100, 1000].map(|ms| ms * 1_000_000) {
            let mut stillness = Stillness::default();
            let mut last_ns = 0;
            for now_ns in (1..100).map(|tick| tick * interval_ns) {
                if !stillness.holds(child.id(), now_ns) {
                    assert!(now_ns - last_ns <= READ_EVERY_NS.max(interval_ns), "{interval_ns}");
                    last_ns = now_ns;
                    stillness.learn(true, ASLEEP);
                }
            }
        }
        end(child);
    }

    #[test]
    fn a_clock_that_stands_still_is_believed_after_a_time_and_one_that_moves_or_is_not_there_never() {
        let mut child = spawn("read line; sleep 60 & while :; do :; done");
        let mut stillness = Stillness::default();
        let held: Vec<bool> =
            (1..8).map(|tick| stillness.holds_by_clock(child.id(), tick * EVERY_NS)).collect();
        assert_eq!(held, [false, false, false, true, true, true, true]);
        child.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
        let (began, mut tick) = (Instant::now(), 8);
        while stillness.holds_by_clock(child.id(), tick * EVERY_NS) {
            assert!(began.elapsed() < Duration::from_secs(20));
            tick += 1;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(
            (tick..tick + 20).all(|tick| !stillness.holds_by_clock(child.id(), tick * EVERY_NS)),
            "nobody is there"
        );
    }

    #[test]
    fn what_was_shed_or_is_not_there_is_not_tried_again() {
        let child = spawn("read line");
        let mut shed = Stillness::default();
        shed.shed();
        assert!(looks(&mut shed, child.id(), 0, 30).iter().all(|&it| !it));
        let mut missing = Stillness::default();
        assert!(looks(&mut missing, u32::MAX, 0, 30).iter().all(|&it| !it));
        assert!(matches!(missing.counts, Counts::Without));
        end(child);
    }

    #[test]
    fn a_reader_sees_what_a_sleeper_takes_when_it_wakes() {
        let mut child = spawn("read line; line=$(head -c 3000000 /dev/zero | tr '\\0' x); read other");
        let mut reader = Reader::open(child.id()).unwrap();
        let began = Instant::now();
        let now_ns = || began.elapsed().as_nanos() as u64;
        let mut rss_bytes =
            || reader.read_unless_asleep(now_ns()).unwrap().unwrap().get(Metric::Rss).unwrap();
        let mut before = 0;
        for _ in 0..20 {
            before = rss_bytes();
            std::thread::sleep(Duration::from_millis(5));
        }
        child.stdin.as_mut().unwrap().write_all(b"go\n").unwrap();
        while rss_bytes() < before + 2_000_000 && began.elapsed() < Duration::from_secs(20) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(rss_bytes() >= before + 2_000_000);
        end(child);
    }
}
