//! What there is to say of a tree beside its readings: who was never read, whose marks stand.

use super::Tree;
use crate::os::Resetter;

impl Tree {
    /// Processes that were never read, for whatever reason.
    pub(crate) fn n_unread(&self) -> u64 {
        self.unread.n() + self.processes.iter().filter(|process| !process.is_told).count() as u64
    }

    /// Processes that were seen, and that nothing stopped at their exit although everyone should be stopped there.
    pub(crate) fn n_escaped(&self) -> u64 {
        self.n_escaped
    }

    /// Those among them that were alive all the same.
    pub(crate) fn n_unreadable(&self) -> u64 {
        self.unread.n_alive()
    }

    /// What the root's mark had risen to since its last reading, when it was begun anew.
    pub(crate) fn carried_bytes(&self) -> Option<u64> {
        let &place = self.places.get(&self.root)?;
        self.processes[place].reader.carried_bytes()
    }

    /// The most that the processes had swapped out, if it rose at all.
    pub(crate) fn swapped_bytes(&self) -> u64 {
        self.swapped.risen_bytes()
    }

    /// The most that the processes had of hugetlbfs.
    pub(crate) fn hugetlb_bytes(&self) -> u64 {
        self.hugetlb.most_bytes()
    }

    /// Processes whose marks were to be begun anew and could not be.
    pub(crate) fn n_marks_kept(&self) -> u64 {
        self.resetter.as_ref().map_or(0, Resetter::n_refused)
    }

    /// How often something may have come and gone while a mark was begun anew, of how often one was.
    pub(crate) fn n_unsure_marks(&self) -> (u64, u64) {
        self.resetter.as_ref().map_or((0, 0), Resetter::n_unsure)
    }

    /// How many readings have a mark of more than the interval before.
    pub(crate) fn n_longer_marks(&self) -> u64 {
        self.resetter.as_ref().map_or(0, Resetter::n_longer)
    }

    /// Whether the highest sum of proportional sets is what the processes held at least.
    pub(crate) fn are_sets_bound(&self) -> bool {
        self.sets.are_bound()
    }
}
