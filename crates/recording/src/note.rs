//! What a recorder notes of a run that figures depend on, by its key.

/// Notes that tell of processes, or of ends of them, that were not seen.
pub(crate) const LOSSES: [&str; 3] = ["membership_lost", "exits_refused", "exits_missed"];
/// The note which says that marks are of the interval before.
pub(crate) const MARKS_BEGUN_ANEW: &str = "marks";
/// The note which says how often memory may have come and gone while they were begun anew. It comes at the end.
pub(crate) const MARKS_UNSURE: &str = "marks_unsure";
/// The note which says that nothing changed while the highest sum of proportional sets was read. It comes at the end.
pub(crate) const SETS_BOUND: &str = "sets_bound";
