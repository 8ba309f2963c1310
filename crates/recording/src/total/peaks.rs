//! The highest sums among moments, and what they say of the processes together.

use super::At;
use super::moments::Moment;
use crate::peak::{MarksHold, Peak, PeakKind};

/// Of so many processes each is read at every tick. Of more they take turns, so that their marks are of several ticks.
const MOST_READ_TOGETHER: usize = 64;

/// The sum of all marks is the figure of a run where it lies no further above what was seen than this part of it.
const NEAR: u64 = 10;

/// The highest sums among moments.
#[derive(Clone, Copy, Debug, Default)]
pub struct Peaks {
    /// Of resident sets as they were read.
    sum: Option<At>,
    /// Of proportional sets, and the sum of resident sets then.
    pss: Option<(At, u64)>,
    /// Of unique sets.
    uss: Option<At>,
    risen: Option<At>,
    marked: Option<At>,
    most_alive: usize,
    n_falls: u64,
    has_marks: bool,
}

/// What the highest sums are good for.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Witness {
    /// Whether every process was read, and once more at its exit.
    pub(crate) sees_every_end: bool,
    /// Whether marks are of the interval before.
    pub(crate) begins_marks_anew: bool,
    /// Whether nothing came and went meanwhile.
    pub(crate) marks_hold: MarksHold,
    /// How many living processes could not be read.
    pub(crate) n_unreadable: u64,
}

impl Peaks {
    /// Takes in the next moment.
    pub fn see(&mut self, moment: &Moment) {
        let (at_ns, reach) = (moment.at_ns, &moment.reach);
        let rss_bytes = reach.rss_bytes();
        raise(&mut self.sum, At { at_ns, bytes: rss_bytes });
        raise(&mut self.risen, At { at_ns, bytes: reach.risen_bytes });
        raise(&mut self.marked, At { at_ns, bytes: reach.marked_bytes });
        if let Some(bytes) = moment.pss_bytes
            && self.pss.is_none_or(|(best, _)| bytes > best.bytes)
        {
            self.pss = Some((At { at_ns, bytes }, rss_bytes));
        }
        moment.uss_bytes.into_iter().for_each(|bytes| raise(&mut self.uss, At { at_ns, bytes }));
        self.most_alive = self.most_alive.max(moment.n_alive);
        self.n_falls = reach.n_falls;
        self.has_marks = reach.has_marks;
    }

    /// The highest sum of resident sets at a moment at which they were read.
    #[must_use]
    pub fn sum(&self) -> Option<At> {
        self.sum.filter(|sum| sum.bytes > 0)
    }

    /// The highest sum of proportional sets, of the moments at which every process was read.
    #[must_use]
    pub fn pss(&self) -> Option<At> {
        self.pss.map(|(at, _)| at)
    }

    /// The same of unique sets.
    #[must_use]
    pub fn uss(&self) -> Option<At> {
        self.uss
    }

    /// The sum of resident sets at the moment of the highest proportional ones.
    #[must_use]
    pub fn rss_at_pss_bytes(&self) -> Option<u64> {
        self.pss.map(|(_, bytes)| bytes)
    }

    /// The highest sum as far as it was seen: of what was read, and of what rose between two readings.
    fn seen(&self, witness: Witness) -> Option<At> {
        let seen = if witness.begins_marks_anew { self.marked } else { self.risen };
        seen.filter(|seen| seen.bytes > 0)
    }

    /// What the processes were not above together, where that is known: the sum of their marks.
    ///
    /// It is so where all were read at every tick, each at its exit too, and none became another image unseen.
    pub(crate) fn bound(&self, witness: Witness) -> Option<At> {
        let is_whole = witness.sees_every_end && !witness.begins_marks_anew;
        let is_so = is_whole && self.most_alive <= MOST_READ_TOGETHER && self.n_falls == 0;
        self.marked.filter(|marked| is_so && marked.bytes > 0)
    }

    /// The figure of a tree: the bound where it is near what was seen, or else what was seen.
    pub(crate) fn peak(&self, witness: Witness) -> Option<Peak> {
        let seen = self.seen(witness)?;
        let is_near = |bound: &At| bound.bytes - seen.bytes.min(bound.bytes) <= seen.bytes / NEAR;
        let (At { bytes, at_ns }, kind) = match self.bound(witness).filter(is_near) {
            Some(bound) => (bound, PeakKind::SumOfRss),
            None if witness.n_unreadable > 0 => (seen, PeakKind::SumOfSome),
            // Of what was read alone, nothing is known to have risen between.
            None if !self.has_marks => (seen, PeakKind::Sum),
            None => (seen, PeakKind::SumAsSeen),
        };
        Some(Peak { bytes, at_ns: Some(at_ns), kind })
    }
}

fn raise(best: &mut Option<At>, next: At) {
    if best.is_none_or(|best| next.bytes > best.bytes) {
        *best = Some(next);
    }
}
