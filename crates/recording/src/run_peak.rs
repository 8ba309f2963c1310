//! The peaks of a recording: of each of its processes, and of the whole run.

use crate::metric::Metric;
use crate::note::{MARKS_UNSURE, SETS_BOUND};
use crate::peak::{Marks, MarksHold, Peak, PeakKind, SetsSum, highest_of_tree};
use crate::recording::{Process, Recording};
use crate::total::{Peaks, Witness};

impl Process {
    /// The highest readings of this process.
    #[must_use]
    pub fn marks(&self) -> Marks {
        let of = |metric, kind| {
            self.samples.max(metric).map(|(at_ns, bytes)| Peak { bytes, at_ns: Some(at_ns), kind })
        };
        Marks {
            sample: of(Metric::Rss, PeakKind::HighestSample),
            mark: of(Metric::Hwm, PeakKind::HighWaterMark),
        }
    }

    /// The peak of this process, as [`Marks::peak`] gives it.
    #[must_use]
    pub fn peak(&self) -> Option<Peak> {
        let peak = self.marks().peak(self.left.departure().as_ref())?;
        // What a reaper was told stays a figure that may be another's.
        Some(if peak.kind == PeakKind::HighWaterMark { peak.among(self.marks_hold) } else { peak })
    }
}

impl Recording {
    /// What kind of number the sum of its processes is at the moments at which they were read.
    #[must_use]
    pub fn sum_kind(&self) -> PeakKind {
        if self.witness().n_unreadable > 0 { PeakKind::SumOfSome } else { PeakKind::Sum }
    }

    /// The peak of the run: of the program, or of all its processes together when there are several.
    ///
    /// Where mprof has summed up a tree already, it is the peak of its `MEM` lines.
    #[must_use]
    pub fn peak(&self) -> Option<Peak> {
        if self.is_summed_by_mprof() {
            return self.root_peak().map(|peak| Peak { kind: PeakKind::Sum, ..peak });
        }
        if !self.has_tree() {
            let n_unread = self.end.as_ref().map_or(0, |(_, finish)| finish.n_unread);
            return self.root()?.peak().map(|peak| peak.among(self.marks_hold()).beside_unread(n_unread));
        }
        self.peak_of_tree(&self.sum_up(|_| {}), self.largest_peak())
    }

    /// The peak of the largest process: its kind is that of its own figure.
    #[must_use]
    pub fn largest_peak(&self) -> Option<Peak> {
        self.processes.iter().filter_map(Process::peak).max_by_key(|peak| peak.bytes)
    }

    /// The peak of a tree whose highest sums and largest process are known already.
    #[must_use]
    pub fn peak_of_tree(&self, sums: &Peaks, largest: Option<Peak>) -> Option<Peak> {
        highest_of_tree(sums.peak(self.witness()), largest)
    }

    /// What the highest sum of proportional or unique sets is.
    #[must_use]
    pub fn kind_of_sets(&self, set: Metric) -> PeakKind {
        let is_bound = set == Metric::Pss && self.note(SETS_BOUND).is_some();
        PeakKind::of_sets(self.processes.len() as u64, if is_bound { SetsSum::Bound } else { SetsSum::Open })
    }

    /// What its marks hold. Only the end of a run tells that nothing was lost.
    pub(crate) fn marks_hold(&self) -> MarksHold {
        let is_told_late = self.end.is_none() && self.begins_marks_anew();
        let is_lost = is_told_late || self.note(MARKS_UNSURE).is_some();
        if is_lost { MarksHold::NotAll } else { MarksHold::All }
    }

    /// Tells each process what its marks hold, when that is known.
    pub(crate) fn settle_marks(&mut self) {
        let marks_hold = self.marks_hold();
        self.processes.iter_mut().for_each(|process| process.marks_hold = marks_hold);
    }

    /// What the highest sums of its processes are good for.
    pub(crate) fn witness(&self) -> Witness {
        let tells_all = |process: &Process| {
            process.left.departure().is_some_and(|departure| process.marks().tell_all(&departure))
        };
        let finish = self.end.as_ref().map(|(_, finish)| finish);
        let is_whole = finish.is_some_and(|finish| finish.n_unread == 0) && !self.has_losses();
        Witness {
            sees_every_end: is_whole && self.processes.iter().all(tells_all),
            begins_marks_anew: self.begins_marks_anew(),
            marks_hold: self.marks_hold(),
            n_unreadable: finish.map_or(0, |finish| finish.n_unreadable),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Departure;
    use crate::left::Left;
    use crate::metric::Bytes;
    use crate::samples::Samples;

    const MIB: u64 = 1 << 20;

    fn process(readings: &[(u64, u64, Option<u64>)], maxrss_mib: Option<u64>) -> Process {
        let mut samples = Samples::default();
        for &(at_ns, rss_mib, hwm_mib) in readings {
            let mut bytes = Bytes::default().with(Metric::Rss, rss_mib * MIB);
            bytes.set(Metric::Hwm, hwm_mib.map(|mib| mib * MIB));
            samples.push(at_ns, &bytes);
        }
        let departure = Departure {
            exit: None,
            hwm_bytes: None,
            earlier_bytes: None,
            maxrss_bytes: maxrss_mib.map(|mib| mib * MIB),
            maxrss_floor_bytes: Some(3 * MIB),
        };
        Process { samples, left: Left::at(99, departure), ..Process::default() }
    }

    fn check(process: &Process, mib: u64, at_ns: Option<u64>, kind: PeakKind) {
        assert_eq!(process.peak(), Some(Peak { bytes: mib * MIB, at_ns, kind }));
    }

    #[test]
    fn a_mark_above_the_samples_is_the_peak() {
        let process = process(&[(1, 10, Some(10)), (2, 11, Some(80)), (3, 12, Some(80))], Some(80));
        check(&process, 80, Some(2), PeakKind::HighWaterMark);
    }

    #[test]
    fn without_a_mark_it_is_a_sample_and_says_so() {
        check(&process(&[(1, 10, None), (2, 30, None)], None), 30, Some(2), PeakKind::HighestSample);
    }

    #[test]
    fn what_rose_after_the_last_reading_is_told_by_the_reaped_child() {
        check(&process(&[(1, 10, Some(10))], Some(50)), 50, None, PeakKind::ReapedMaxrss);
    }

    #[test]
    fn marks_seen_one_by_one_equal_those_of_the_whole() {
        let process = process(&[(1, 10, Some(10)), (2, 40, Some(70)), (3, 20, Some(70))], None);
        let mut marks = Marks::default();
        for (idx, at_ns) in process.samples.times_ns().iter().enumerate() {
            marks.see(*at_ns, &process.samples.bytes(idx));
        }
        assert_eq!(marks, process.marks());
        assert_eq!(marks.highest_sample().unwrap().bytes, 40 * MIB);
    }

    #[test]
    fn the_mark_at_the_exit_is_the_last_word_on_the_last_image() {
        let mut process = process(&[(1, 10, Some(10))], None);
        let departure = process.left.departure().unwrap();
        process.left = Left::at(99, Departure { hwm_bytes: Some(40 * MIB), ..departure });
        check(&process, 40, None, PeakKind::HighWaterMark);
        process.left = Left::at(99, Departure { hwm_bytes: Some(10 * MIB), ..departure });
        check(&process, 10, Some(1), PeakKind::HighWaterMark);
    }

    #[test]
    fn what_an_exec_has_ended_is_not_lost() {
        let mut process = process(&[(1, 10, Some(10))], None);
        let departure = Departure {
            hwm_bytes: Some(10 * MIB),
            earlier_bytes: Some(64 * MIB),
            ..process.left.departure().unwrap()
        };
        process.left = Left::at(99, departure);
        check(&process, 64, None, PeakKind::ReapedMaxrss);
        let of_root = Departure { earlier_bytes: None, maxrss_bytes: Some(64 * MIB), ..departure };
        process.left = Left::at(99, of_root);
        check(&process, 64, None, PeakKind::ReapedMaxrss);
    }

    #[test]
    fn a_reaped_figure_that_may_be_the_spawners_is_unknown() {
        assert_eq!(process(&[], Some(3)).peak(), None);
        check(&process(&[(1, 2, Some(2))], Some(3)), 2, Some(1), PeakKind::MarkAtLastSample);
        check(&process(&[(1, 2, Some(2))], None), 2, Some(1), PeakKind::MarkAtLastSample);
        check(&process(&[(1, 3, Some(3))], Some(3)), 3, Some(1), PeakKind::HighWaterMark);
    }
}
