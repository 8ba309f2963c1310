//! What files of mprof mean and do not say: which lines are of one tick, when a child was gone, whose memory the
//! `MEM` lines are, and that the ends of calls are readings.
//!
//! `mprof run -M` writes the program on `MEM` lines and each child on `CHLD` lines; with `-C` beside it, `MEM` is the
//! sum of them all. Nothing in the file tells which it was, but the numbers mostly do.

use std::collections::HashMap;

use crate::event::{Departure, Pid};
use crate::left::Left;
use crate::metric::{Bytes, Metric};
use crate::recording::{Process, Recording};
use crate::samples::Samples;

/// The key of a note that says what the `MEM` lines of mprof are.
const MEM: &str = "mprof_mem";
/// Its texts: the program alone, or the sum over all processes.
const ALONE: &str = "program";
const SUM: &str = "sum";
/// The note of a file that does not tell.
const UNCLEAR: (&str, &str) = (
    "mem_unclear",
    "mprof's file does not tell whether its MEM lines are the program alone (-M) or the sum over all processes (-C -M)",
);
/// The note that the ends of calls are among the readings.
const CALLS: (&str, &str) = ("mprof_func", "readings");
/// The note of a child that mprof found gone, with its place among the children.
const GHOST: &str = "mprof_ghost";

/// Where a child that vanished makes mprof lose all later ones of the tick, a sum may lie below its children.
const MOST_ODD_TICKS: usize = 10;

impl Recording {
    /// Makes of what mprof wrote what it meant. Readings are in order of time.
    pub(super) fn settle_as_mprofs(&mut self) {
        self.take_out_ghost();
        let Some((root, children)) = self.processes.split_first_mut() else { return };
        let ticks_ns = root.samples.times_ns();
        for child in children.iter_mut() {
            child.samples.put_at_ticks(ticks_ns);
            if let (Some(at_ns), false) = (gone_at(child, ticks_ns), child.left.is_known()) {
                child.left = Left::at(at_ns, Departure::default());
            }
        }
        if !children.is_empty() && self.start.recorder.is_none() {
            let note = self.whose_mem();
            self.notes.push((note.0.to_owned(), note.1.to_owned()));
        }
        self.take_ends_of_calls();
    }

    /// A child that vanished while mprof looked at it is a line of a process 0 without memory.
    fn take_out_ghost(&mut self) {
        let is_ghost = |child: &Process| {
            child.pid == Some(Pid::from(0)) && child.samples.iter(Metric::Rss).all(|(_, bytes)| bytes == 0)
        };
        if let Some(place) = self.children().iter().position(is_ghost) {
            self.processes.remove(place + 1);
            self.notes.push((GHOST.to_owned(), place.to_string()));
        }
    }

    /// What the `MEM` lines follow. Where the children exceed them they are not their sum; else of the lines and the
    /// lines less the children, that is the program which is the steadier one.
    fn whose_mem(&self) -> (&'static str, &'static str) {
        let ticks = self.mem_and_children();
        let n_with_children = ticks.iter().filter(|(_, children)| *children > 0.0).count();
        let n_below = ticks.iter().filter(|(mem, children)| mem < children).count();
        let own_change = change(ticks.iter().map(|(mem, _)| *mem));
        let rest_change = change(ticks.iter().map(|(mem, children)| mem - children));
        if n_below * MOST_ODD_TICKS <= n_with_children && 1.5 * rest_change < own_change {
            (MEM, SUM)
        } else if n_below > 0 || 1.5 * own_change < rest_change {
            (MEM, ALONE)
        } else {
            UNCLEAR
        }
    }

    /// At each tick the number of the `MEM` line, and the sum of the `CHLD` lines.
    fn mem_and_children(&self) -> Vec<(f64, f64)> {
        let Some(root) = self.root() else { return Vec::new() };
        let mut ticks: Vec<(f64, f64)> =
            root.samples.iter(Metric::Rss).map(|(_, bytes)| (bytes as f64, 0.0)).collect();
        let ticks_ns = root.samples.times_ns();
        for (at_ns, bytes) in self.children().iter().flat_map(|child| child.samples.iter(Metric::Rss)) {
            let n_begun = ticks_ns.partition_point(|&tick_ns| tick_ns <= at_ns);
            if let Some(tick) = n_begun.checked_sub(1).and_then(|idx| ticks.get_mut(idx)) {
                tick.1 += bytes as f64;
            }
        }
        ticks
    }

    /// mprof draws the memory at the ends of calls into its curve: the program read it itself there.
    fn take_ends_of_calls(&mut self) {
        let ends: Vec<(u64, u64)> = self.ends_of_calls().collect();
        if let (Some(root), false) = (self.processes.first_mut(), ends.is_empty()) {
            let as_bytes = |bytes| Bytes::default().with(Metric::Rss, bytes);
            ends.iter().for_each(|&(at_ns, bytes)| root.samples.push(at_ns, &as_bytes(bytes)));
            root.samples.sort();
            self.notes.push((CALLS.0.to_owned(), CALLS.1.to_owned()));
        }
    }

    /// The readings at the ends of calls whose process is not told, as mprof's are.
    fn ends_of_calls(&self) -> impl Iterator<Item = (u64, u64)> {
        let calls = self.calls.iter().filter(|call| call.caller.is_none());
        let ends = calls.flat_map(|call| [(call.from_ns, call.from_bytes), (call.to_ns, call.to_bytes)]);
        ends.filter_map(|(at_ns, bytes)| Some((at_ns, bytes?)))
    }

    /// Whether the readings of the first process are known to be the program's alone, in a file of mprof's.
    pub(crate) fn is_tree_of_mprof(&self) -> bool {
        self.is_noted((MEM, ALONE))
    }

    /// Whether the readings of the first process are the sum over all, as `mprof run -C -M` writes them.
    #[must_use]
    pub fn is_summed_by_mprof(&self) -> bool {
        self.is_noted((MEM, SUM))
    }

    /// Whether nothing tells which of both they are.
    #[must_use]
    pub fn is_unclear_of_mprof(&self) -> bool {
        self.is_noted(UNCLEAR)
    }

    /// Whether the file tells when processes left. Of a child, files of mprof only show the tick at which it was gone.
    #[must_use]
    pub fn tells_departures(&self) -> bool {
        !(self.is_summed_by_mprof() || self.is_unclear_of_mprof() || self.is_tree_of_mprof())
    }

    /// Where among the children `mprof peak` prints one without memory, which it found gone.
    #[must_use]
    pub fn ghost_place(&self) -> Option<usize> {
        self.note(GHOST)?.parse().ok()
    }

    /// The readings of the `MEM` lines alone, where those at the ends of calls are among the program's.
    pub(crate) fn readings_of_mem_lines(&self) -> Option<Samples> {
        let root = self.root().filter(|_| self.is_noted(CALLS))?;
        let mut n_ends: HashMap<(u64, u64), u32> = HashMap::new();
        self.ends_of_calls().for_each(|end| *n_ends.entry(end).or_default() += 1);
        let mut readings = Samples::default();
        for (at_ns, bytes) in root.samples.iter(Metric::Rss) {
            match n_ends.get_mut(&(at_ns, bytes)).filter(|n| **n > 0) {
                Some(n) => *n -= 1,
                None => readings.push(at_ns, &Bytes::default().with(Metric::Rss, bytes)),
            }
        }
        Some(readings)
    }
}

impl Recording {
    /// How often the program was read at a tick. The ends of calls are none.
    pub(crate) fn n_readings_of_root(&self) -> u64 {
        let of_mem_lines = self.readings_of_mem_lines().map(|samples| samples.len() as u64);
        of_mem_lines.or(self.root().map(Process::n_readings)).unwrap_or(0)
    }
}

/// The tick at which a child had no line any more.
fn gone_at(child: &Process, ticks_ns: &[u64]) -> Option<u64> {
    let last_ns = child.samples.times_ns().last()?;
    ticks_ns.get(ticks_ns.partition_point(|tick_ns| tick_ns <= last_ns)).copied()
}

/// By how much values change from one to the next, added up.
fn change(values: impl Iterator<Item = f64>) -> f64 {
    let mut before = None;
    values.filter_map(|value| before.replace(value).map(|before: f64| (value - before).abs())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dat;
    use crate::peak::PeakKind::{self, HighestSample, Sum};

    /// A file of ticks: the number of its `MEM` line, and those of its `CHLD` lines, which come some milliseconds later.
    fn read(ticks: &[(u64, &[(u32, u64)])]) -> Recording {
        let mut text = "CMDLINE x\n".to_owned();
        for (tick, (mem, children)) in ticks.iter().enumerate() {
            text.push_str(&format!("MEM {mem}.000000 {tick}.0000\n"));
            for (place, (pid, mib)) in children.iter().enumerate() {
                text.push_str(&format!("CHLD {pid} {mib}.000000 {tick}.00{place}1\n"));
            }
        }
        dat::read(text.as_bytes()).unwrap().recording
    }

    /// The peak in MiB and its kind, and the largest process.
    #[track_caller]
    fn check(ticks: &[(u64, &[(u32, u64)])], peak: (u64, PeakKind), largest_mib: u64) -> Recording {
        let recording = read(ticks);
        let summary = recording.summary();
        assert_eq!((summary.peak_bytes, summary.peak_kind), (Some(peak.0 << 20), Some(peak.1)));
        assert_eq!(summary.largest_process_bytes, Some(largest_mib << 20));
        assert_eq!(recording.peak().map(|peak| (peak.bytes, peak.kind)), Some((peak.0 << 20, peak.1)));
        recording
    }

    #[test]
    fn children_above_the_program_are_beside_it() {
        let ticks: [(u64, &[(u32, u64)]); 3] = [(5, &[]), (6, &[(8, 20), (9, 30)]), (6, &[])];
        let recording = check(&ticks, (56, Sum), 30);
        assert!(recording.has_tree());
        assert_eq!(recording.root_peak().unwrap().bytes, 6 << 20);
    }

    #[test]
    fn a_large_program_that_stands_still_beside_small_children_is_alone() {
        check(&[(90, &[]), (90, &[(8, 20)]), (90, &[(8, 30)]), (91, &[])], (120, Sum), 91);
    }

    #[test]
    fn lines_that_follow_the_children_are_their_sum() {
        let ticks: [(u64, &[(u32, u64)]); 4] =
            [(5, &[]), (26, &[(8, 20)]), (46, &[(8, 20), (9, 20)]), (6, &[])];
        let recording = check(&ticks, (46, Sum), 20);
        assert!(!recording.has_tree() && recording.is_summed_by_mprof());
    }

    #[test]
    fn what_the_numbers_do_not_tell_is_said_and_the_lines_are_no_less_than_the_truth() {
        let recording = check(&[(50, &[(8, 20)]), (50, &[(8, 20)])], (50, HighestSample), 20);
        assert_eq!(recording.summary().warnings, [UNCLEAR.1]);
    }

    #[test]
    fn workers_one_after_the_other_do_not_add_up() {
        check(&[(5, &[(8, 40)]), (5, &[(9, 40)]), (5, &[(10, 40)]), (5, &[])], (45, Sum), 40);
    }

    #[test]
    fn readings_of_a_tick_are_of_one_moment() {
        // What the program frees and a child takes at the same tick is not there twice.
        check(&[(50, &[(8, 1)]), (50, &[(8, 1)]), (1, &[(8, 51)])], (52, Sum), 51);
    }

    #[test]
    fn a_child_that_mprof_found_gone_is_none() {
        let recording = check(&[(5, &[(8, 40), (0, 0)]), (5, &[])], (45, Sum), 40);
        assert_eq!((recording.processes.len(), recording.ghost_place()), (2, Some(1)));
        // Old releases numbered the children from zero.
        assert_eq!(read(&[(5, &[(0, 40)])]).processes.len(), 2);
    }

    #[test]
    fn a_child_may_bear_any_label() {
        let text = "MEM 1.000000 1.0\nCHLD w-1 3.000000 1.0\nCHLD 8 4.000000 1.0\nMEM 1.000000 2.0\nCHLD w-1 5.000000 2.0\n";
        let read = dat::read(text.as_bytes()).unwrap();
        assert_eq!(read.n_warnings, 0);
        let children = read.recording.children();
        let known: Vec<_> = children.iter().map(|it| (it.pid, it.last_name(), it.n_readings())).collect();
        assert_eq!(known, [(None, Some("w-1"), 2), (Some(Pid::from(8)), None, 1)]);
        assert_eq!(read.recording.peak().unwrap().bytes, 8 << 20);
        let ours = dat::read(format!("META format mprof-rs 1\n{text}").as_bytes()).unwrap();
        assert_eq!(ours.n_warnings, 2);
    }

    #[test]
    fn the_ends_of_calls_are_readings_and_mprofs_peak_knows_the_mem_lines_alone() {
        let text = "MEM 1.000000 1.0000\nMEM 4.000000 2.0000\nMEM 2.000000 3.0000\n\
            FUNC f 2.0000 1.5000 9.0000 2.5000 0\nFUNC g 4.0000 2.0000 4.0000 2.0000 0\n";
        let recording = dat::read(text.as_bytes()).unwrap().recording;
        let mib = |peak: Option<crate::peak::Peak>| peak.map(|peak| peak.bytes >> 20);
        assert_eq!((mib(recording.peak()), mib(recording.peak_to_mprof())), (Some(9), Some(4)));
        assert_eq!(recording.summary().root_highest_sample_bytes, Some(9 << 20));
        assert_eq!(recording.phases()[0].peak_bytes, Some(9 << 20));
        assert_eq!(recording.peak_within_to_mprof("f"), Some(4 << 20));
        assert_eq!(recording.readings_of_mem_lines().unwrap().len(), 3);
        assert!(recording.root().unwrap().samples.times_ns().is_sorted());
    }

    #[test]
    fn in_files_of_ours_the_ends_of_calls_are_not_read_but_drawn() {
        let text = "META format mprof-rs 1\nMEM 1.000000 1.0\nFUNC f 9.0 0.5 9.0 1.0 0 pid=7 task=a\n";
        let recording = dat::read(text.as_bytes()).unwrap().recording;
        assert_eq!(recording.peak().unwrap().bytes, 1 << 20);
    }
}
