//! The peak of the program itself.
//!
//! What its reaper is told (`ru_maxrss`) is the largest of it and of every child that it waited for. It is the
//! program's own only where what is known of the others leaves no other explanation.

use crate::event::Departure;
use crate::peak::{Marks, Peak, PeakKind};
use crate::recording::{Process, Recording};

/// How far a child's mark at its last reading may lie below what it had at its exit.
const CHILD_SLACK_BYTES: u64 = 1 << 20;

/// What is known of the processes beside the program.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Others {
    /// The peak of the largest, as far as it was seen.
    pub(crate) largest: Option<Peak>,
    /// Whether each of them was seen, and its peak is known to its end.
    pub(crate) are_known: bool,
}

impl Others {
    /// Whether one of them may have held so much.
    fn may_have_held(&self, bytes: u64) -> bool {
        let explains = |child: Peak| child.bytes.saturating_add(CHILD_SLACK_BYTES) >= bytes;
        !self.are_known || self.largest.is_some_and(explains)
    }
}

impl Marks {
    /// The peak of a program beside others: where its reaper's figure may be one of theirs, it is the program's mark.
    /// What it had before an exec is then not known, and what it had after its last reading neither.
    pub(crate) fn peak_beside(&self, departure: Option<&Departure>, others: Others) -> Option<Peak> {
        let peak = self.peak(departure)?;
        let Some(departure) = departure.filter(|_| peak.kind == PeakKind::ReapedMaxrss) else {
            return Some(peak);
        };
        if !others.may_have_held(peak.bytes) {
            return Some(peak);
        }
        let own = self.confirmed(departure)?;
        let has_earlier = departure.earlier_bytes.is_some_and(|bytes| bytes > own.bytes);
        Some(if has_earlier { Peak { kind: own.kind.as_lower_bound(), ..own } } else { own })
    }
}

impl Process {
    /// The peak of this process alone, whatever the children had that it waited for.
    #[must_use]
    pub fn peak_alone(&self) -> Option<Peak> {
        let departure = self.left.departure();
        let peak = self.marks().peak_beside(departure.as_ref(), Others::default())?;
        Some(peak.among(self.marks_hold))
    }
}

impl Recording {
    /// The peak of the program itself.
    #[must_use]
    pub fn root_peak(&self) -> Option<Peak> {
        let root = self.root()?;
        let departure = root.left.departure();
        Some(root.marks().peak_beside(departure.as_ref(), self.others())?.among(self.marks_hold()))
    }

    /// What is known of the processes beside the program, where each was read alone.
    pub(crate) fn others(&self) -> Others {
        let others = if self.has_tree() { self.children() } else { &[] };
        let is_final =
            |process: &Process| process.left.is_known() && process.peak().is_some_and(Peak::is_final);
        let is_root_unread = self.root().is_some_and(|root| root.samples.is_empty());
        let n_unread = self.end.as_ref().map_or(0, |(_, finish)| finish.n_unread);
        let are_all_seen = n_unread <= u64::from(is_root_unread) && !self.has_losses();
        Others {
            largest: others.iter().filter_map(Process::peak).max_by_key(|peak| peak.bytes),
            are_known: are_all_seen && others.iter().all(is_final),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metric::{Bytes, Metric};

    const MIB: u64 = 1 << 20;

    /// A program whose mark was 10 MiB when it was read, and what its reaper was told.
    fn beside(departure: Departure, others: Others) -> Option<(u64, PeakKind)> {
        let mut marks = Marks::default();
        marks.see(1, &Bytes::default().with(Metric::Rss, 10 * MIB).with(Metric::Hwm, 10 * MIB));
        let peak = marks.peak_beside(Some(&departure), others)?;
        Some((peak.bytes / MIB, peak.kind))
    }

    fn told(maxrss_mib: u64) -> Departure {
        Departure { maxrss_bytes: Some(maxrss_mib * MIB), ..Departure::default() }
    }

    fn child(mib: u64, kind: PeakKind) -> Option<Peak> {
        Some(Peak { bytes: mib * MIB, at_ns: None, kind })
    }

    #[test]
    fn alone_a_program_has_what_its_reaper_was_told() {
        let alone = Others { largest: None, are_known: true };
        assert_eq!(beside(told(64), alone), Some((64, PeakKind::ReapedMaxrss)));
    }

    #[test]
    fn what_a_child_may_have_held_is_not_the_programs() {
        let rose_unseen = Others { largest: child(20, PeakKind::MarkAtLastSample), are_known: false };
        assert_eq!(beside(told(64), rose_unseen), Some((10, PeakKind::MarkAtLastSample)));
        assert_eq!(beside(told(64), Others::default()), Some((10, PeakKind::MarkAtLastSample)));
        let explains = Others { largest: child(64, PeakKind::HighWaterMark), are_known: true };
        assert_eq!(beside(told(64), explains), Some((10, PeakKind::MarkAtLastSample)));
        assert_eq!(beside(told(10), rose_unseen), Some((10, PeakKind::HighWaterMark)));
        assert_eq!(Marks::default().peak_beside(Some(&told(64)), rose_unseen), None);
    }

    #[test]
    fn what_no_child_had_is_the_programs_own() {
        let small = Others { largest: child(20, PeakKind::HighWaterMark), are_known: true };
        assert_eq!(beside(told(64), small), Some((64, PeakKind::ReapedMaxrss)));
    }

    #[test]
    fn the_mark_at_the_exit_is_the_programs_unless_an_image_before_had_more() {
        let explains = Others { largest: child(64, PeakKind::HighWaterMark), are_known: true };
        let at_exit = Departure { hwm_bytes: Some(10 * MIB), ..told(64) };
        assert_eq!(beside(at_exit, explains), Some((10, PeakKind::HighWaterMark)));
        let after_exec = Departure { earlier_bytes: Some(64 * MIB), ..at_exit };
        assert_eq!(beside(after_exec, explains), Some((10, PeakKind::MarkAtLastSample)));
    }
}
