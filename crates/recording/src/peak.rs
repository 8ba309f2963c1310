//! The highest memory of a process, with what kind of number it is.
//!
//! A kernel's mark, a sample and a reaped child's figure are different things, and every peak says which it is. What
//! follows from a whole recording is in `run_peak.rs`.

use serde::Serialize;

use crate::event::Departure;
use crate::metric::{Bytes, Metric};

/// How far above its floor `ru_maxrss` may lie and still show nothing but the spawner: the copied image touches some
/// more pages between telling its size and exec, and the kernel counts pages in batches.
const FLOOR_MARGIN_BYTES: u64 = 256 << 10;

/// The highest memory of a process, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peak {
    /// How much.
    pub bytes: u64,
    /// The reading at which it was first seen. It was reached at that moment or in the interval before.
    /// Absent for what only the reaped child tells.
    pub at_ns: Option<u64>,
    /// What kind of number it is.
    pub kind: PeakKind,
}

/// What kind of number a peak is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PeakKind {
    /// The kernel's own high-water mark: nothing between two readings was missed.
    HighWaterMark,
    /// `ru_maxrss` at the exit, or at an exec before it: the largest of every image that the process was, and of the
    /// children that it waited for.
    ReapedMaxrss,
    /// The kernel's mark at the last reading, where nothing tells whether it rose afterwards: a lower bound.
    ///
    /// So it is for processes that others reap, and for a recording that was cut off.
    MarkAtLastSample,
    /// The kernel's mark where it was begun anew while memory came: what was gone again then is in none, so that it is
    /// a lower bound.
    MarkWithGaps,
    /// The highest of the readings. The true peak may be higher.
    HighestSample,
    /// The value of the curve where a part of a run begins or ends, between readings that are not in it: no sample.
    AtEdge,
    /// What several processes were not above together: the sum of their marks, each read at its exit too. Pages that
    /// they share count once for each.
    SumOfRss,
    /// The highest sum of the resident sets of several processes as far as it was seen: at the readings, with the
    /// marks that rose between them. What rose unseen is not in it.
    SumAsSeen,
    /// The highest sum of the samples of several processes, shared pages counted once for each: it may have been
    /// higher between two of them, and bounds nothing.
    Sum,
    /// The highest sum of sets of several processes that were read one after another, while what they share may have
    /// changed: a page may be counted in full in one and in part in another.
    SumInTurn,
    /// The highest sum of resident sets where some of the processes could not be read: it bounds nothing.
    SumOfSome,
    /// The peak of the largest of several processes, where it exceeds every sampled sum: a lower bound of what they
    /// held together.
    LargestProcess,
}

impl PeakKind {
    /// Whether it is a sum of resident sets, of several processes.
    #[must_use]
    pub fn is_sum_of_rss(self) -> bool {
        matches!(self, Self::SumOfRss | Self::SumAsSeen | Self::Sum | Self::SumOfSome)
    }

    /// What a sum of proportional or unique sets is, of so many processes. They are read one after another.
    pub(crate) fn of_sets(n_processes: u64, sets: SetsSum) -> Self {
        if n_processes <= 1 || sets == SetsSum::Bound { Self::HighestSample } else { Self::SumInTurn }
    }

    /// What a figure is when the true one may lie above it.
    pub(crate) fn as_lower_bound(self) -> Self {
        if self == Self::HighWaterMark { Self::MarkAtLastSample } else { self }
    }

    /// The words for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::HighWaterMark => "high-water mark",
            Self::ReapedMaxrss => "largest process at exit (ru_maxrss)",
            Self::MarkAtLastSample => "high-water mark at the last sample, a lower bound",
            Self::MarkWithGaps => "high-water mark with gaps, a lower bound",
            Self::HighestSample => "highest sample",
            Self::AtEdge => "the curve at the edge, between two samples",
            Self::SumOfRss => "sum of RSS, an upper bound",
            Self::SumAsSeen => "sum of the RSS that each rose to, not a bound",
            Self::Sum => "highest sample; sum over processes, shared pages counted repeatedly",
            Self::SumInTurn => "highest sum read process by process, not a bound",
            Self::SumOfSome => "sum of RSS of the processes that could be read; not a bound",
            Self::LargestProcess => "largest process alone, a lower bound",
        }
    }
}

/// What the highest sum of sets is to the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SetsSum {
    /// Not above it: nothing changed while it was read.
    Bound,
    #[default]
    Open,
}

/// What the kernel's marks of a run hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MarksHold {
    /// All that there was.
    #[default]
    All,
    /// Not what came and went while one was begun anew.
    NotAll,
}

/// The highest readings of one process so far. It takes no more room as a run grows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    pub(crate) sample: Option<Peak>,
    pub(crate) mark: Option<Peak>,
}

impl Marks {
    /// Takes a reading into account.
    pub fn see(&mut self, at_ns: u64, bytes: &Bytes) {
        raise(&mut self.sample, at_ns, bytes.get(Metric::Rss), PeakKind::HighestSample);
        raise(&mut self.mark, at_ns, bytes.get(Metric::Hwm), PeakKind::HighWaterMark);
    }

    /// The highest resident set that was read.
    #[must_use]
    pub fn highest_sample(&self) -> Option<Peak> {
        self.sample
    }

    /// The peak of the process: the kernel's mark where the end confirms it, and above it what the reaped child tells.
    ///
    /// One read gives the mark and the resident set together, so that the mark is never the lower of the two.
    /// Without an end, or with one that tells nothing, the mark is as old as the last reading: a lower bound.
    #[must_use]
    pub fn peak(&self, departure: Option<&Departure>) -> Option<Peak> {
        let Some(departure) = departure else { return self.read() };
        let own = self.confirmed(departure);
        let beyond_bytes = departure.beyond_bytes();
        if beyond_bytes > own.map(|own| own.bytes) {
            return beyond_bytes.map(|bytes| Peak { bytes, at_ns: None, kind: PeakKind::ReapedMaxrss });
        }
        own
    }

    /// What was read, which may have risen since.
    fn read(&self) -> Option<Peak> {
        let kept = self.mark.or(self.sample)?;
        Some(Peak { kind: kept.kind.as_lower_bound(), ..kept })
    }

    /// The mark of the last image: confirmed at its exit, or by a `ru_maxrss` that does not exceed it.
    pub(crate) fn confirmed(&self, departure: &Departure) -> Option<Peak> {
        let kept = self.mark.or(self.sample);
        if let Some(hwm_bytes) = departure.hwm_bytes {
            let at_exit = Peak { bytes: hwm_bytes, at_ns: None, kind: PeakKind::HighWaterMark };
            let kept = kept.filter(|kept| kept.bytes >= hwm_bytes);
            return Some(kept.map_or(at_exit, |kept| Peak { kind: PeakKind::HighWaterMark, ..kept }));
        }
        let is_last_word =
            departure.maxrss_bytes.is_some_and(|bytes| self.mark.is_some_and(|it| it.bytes >= bytes));
        if is_last_word { kept } else { self.read() }
    }
}

impl Marks {
    /// Whether an exit leaves nothing open: the last image was read at it, and no image before had more than was seen.
    pub(crate) fn tell_all(&self, departure: &Departure) -> bool {
        let is_seen = |bytes| self.mark.is_none_or(|mark| bytes <= mark.bytes);
        departure.hwm_bytes.is_some() && departure.earlier_bytes.is_none_or(is_seen)
    }
}

impl Peak {
    /// Whether nothing that came later can exceed it.
    pub(crate) fn is_final(self) -> bool {
        matches!(self.kind, PeakKind::HighWaterMark | PeakKind::ReapedMaxrss)
    }

    /// The same where marks were begun anew: what the kernel says at the end is of the time since then as well.
    #[must_use]
    pub fn among(self, marks: MarksHold) -> Self {
        match marks {
            MarksHold::All => self,
            MarksHold::NotAll if !self.is_final() => self,
            MarksHold::NotAll => Self { kind: PeakKind::MarkWithGaps, ..self },
        }
    }

    /// The same as the figure of a run of which so many processes were never read: a mark of one of them is no more
    /// than that.
    pub(crate) fn beside_unread(self, n_unread: u64) -> Self {
        let is_mark = matches!(
            self.kind,
            PeakKind::HighWaterMark | PeakKind::MarkAtLastSample | PeakKind::MarkWithGaps
        );
        if n_unread > 0 && is_mark { Self { kind: PeakKind::LargestProcess, ..self } } else { self }
    }
}

impl Departure {
    /// What the process had at most in images before its last, or its waited-for children, as far as it is not who
    /// spawned it.
    fn beyond_bytes(&self) -> Option<u64> {
        let floor_bytes = self.maxrss_floor_bytes.map_or(0, |bytes| bytes.saturating_add(FLOOR_MARGIN_BYTES));
        self.maxrss_bytes.filter(|&bytes| bytes > floor_bytes).max(self.earlier_bytes)
    }
}

/// The peak of a tree. A spike between two samples, or in a process too short for one, may exceed every sum.
pub(crate) fn highest_of_tree(sum: Option<Peak>, largest: Option<Peak>) -> Option<Peak> {
    let largest = largest.map(|largest| Peak { kind: PeakKind::LargestProcess, ..largest });
    sum.filter(|sum| largest.is_none_or(|largest| sum.bytes >= largest.bytes)).or(largest)
}

fn raise(best: &mut Option<Peak>, at_ns: u64, bytes: Option<u64>, kind: PeakKind) {
    if let Some(bytes) = bytes
        && best.is_none_or(|best| bytes > best.bytes)
    {
        *best = Some(Peak { bytes, at_ns: Some(at_ns), kind });
    }
}
