//! How finely a page holds its curves.
//!
//! A page has room for so many points. What has more is thinned for it in the end; where it is clear that it will have
//! more, its curves are made no finer than the page can hold, as the rest would only take memory.

use crate::show::N_NAMED;
use mprof_recording::Recording;
use std::cmp::Reverse;

/// The columns that a curve is reduced to where one may zoom in.
pub(crate) const FINEST_COLUMNS: usize = 200_000;

/// Points of a page: some four bytes each. A page of them opens at once, as only the curves that are shown are unpacked.
pub(crate) const MOST_POINTS: usize = 1_600_000;

/// Points that a curve keeps of a column.
const POINTS_OF_COLUMN: usize = 4;
/// Curves of a tree that have readings of all processes: the sum, that of the smaller ones, and the largest.
const N_SUMS: usize = 3;

/// The finest columns in which one chart of a recording is no more than a page can hold.
pub(crate) fn finest_columns(recording: &Recording) -> usize {
    let mut lengths: Vec<usize> = recording.processes.iter().map(|process| process.samples.len()).collect();
    let n_all: usize = lengths.iter().sum();
    if lengths.len() < 2 || n_all <= MOST_POINTS {
        return FINEST_COLUMNS;
    }
    lengths.sort_unstable_by_key(|&length| Reverse(length));
    lengths.truncate(1 + N_NAMED);
    lengths.extend([n_all; N_SUMS]);
    lengths.sort_unstable();
    // The short curves are there in full, and what they leave is for the long ones.
    let mut room = MOST_POINTS;
    for (idx, &length) in lengths.iter().enumerate() {
        let share = room / (lengths.len() - idx);
        if length > share {
            return (share / POINTS_OF_COLUMN).min(FINEST_COLUMNS);
        }
        room -= length;
    }
    FINEST_COLUMNS
}

#[cfg(test)]
mod tests {
    use super::*;
    use mprof_recording::Process;
    use mprof_recording::metric::{Bytes, Metric};

    /// A run of processes with so many readings each.
    fn run(lengths: &[usize]) -> Recording {
        let process = |&length: &usize| {
            let mut process = Process::default();
            (0..length as u64)
                .for_each(|at_ns| process.samples.push(at_ns, &Bytes::default().with(Metric::Rss, 1)));
            process
        };
        Recording { processes: lengths.iter().map(process).collect(), ..Recording::default() }
    }

    #[test]
    fn what_fits_is_as_fine_as_can_be() {
        assert_eq!(finest_columns(&run(&[2_000_000])), FINEST_COLUMNS);
        assert_eq!(finest_columns(&run(&[500_000, 500_000])), FINEST_COLUMNS);
    }

    #[test]
    fn long_curves_share_what_the_short_ones_leave() {
        assert_eq!(finest_columns(&run(&[850_000, 850_000])), MOST_POINTS / 5 / 4);
        assert_eq!(finest_columns(&run(&[1_700_000, 1000])), (MOST_POINTS - 1000) / 4 / 4);
    }
}
