//! Stretches of a run in which nothing was read, although the recorder should have.
//!
//! A recorder that was stopped, or a machine that was busy, leaves readings far apart. A line between them would
//! claim what nobody saw.

use crate::recording::{Process, Recording};

/// A stretch that is so many times longer than the usual one between two readings was missed. Less is delay.
pub(crate) const MUCH_LONGER: u64 = 10;

/// So many readings of a file of mprof's say what is usual.
const N_USUAL: usize = 10;

impl Recording {
    /// The stretches in which no process was read, by time: from the last reading before to the first one after.
    ///
    /// Our own files say how often a reading was repeated without being written, so that a long stretch between two
    /// lines is no gap. mprof writes every reading, and what is usual is the median of their distances.
    #[must_use]
    pub fn gaps(&self) -> Vec<(u64, u64)> {
        let Some(root) = self.root() else { return Vec::new() };
        if self.start.recorder.is_none() {
            let of_mem_lines = self.readings_of_mem_lines();
            let usual_ns = usual_ns(of_mem_lines.as_ref().unwrap_or(&root.samples).times_ns());
            return usual_ns.map_or_else(Vec::new, |usual_ns| far_apart(root.samples.times_ns(), usual_ns));
        }
        let mut candidates: Vec<(u64, u64)> =
            self.processes.iter().flat_map(|process| process.silences_ns.iter()).copied().collect();
        candidates.sort_unstable();
        candidates.dedup();
        if !candidates.is_empty() {
            let heard = heard_of_any(&self.processes);
            candidates.retain(|&gap_ns| is_silent(&heard, gap_ns));
        }
        candidates
    }
}

/// Stretches of which something is known of any process, in order and apart from each other.
fn heard_of_any(processes: &[Process]) -> Vec<(u64, u64)> {
    let mut heard: Vec<(u64, u64)> = processes.iter().flat_map(heard_of).collect();
    heard.sort_unstable();
    heard.dedup_by(|next, before| {
        let is_within = next.0 <= before.1;
        before.1 = if is_within { before.1.max(next.1) } else { before.1 };
        is_within
    });
    heard
}

/// From a reading to the last one before a silence, and so on to the last one of all.
fn heard_of(process: &Process) -> impl Iterator<Item = (u64, u64)> + '_ {
    let times_ns = process.samples.times_ns();
    let silences = process.silences_ns.iter();
    let begins = times_ns.first().copied().into_iter().chain(silences.clone().map(|silence| silence.1));
    let ends = silences.map(|silence| silence.0).chain(times_ns.last().copied());
    begins.zip(ends).filter(|(from_ns, to_ns)| from_ns <= to_ns)
}

/// Whether nothing is known between two times.
fn is_silent(heard: &[(u64, u64)], (from_ns, to_ns): (u64, u64)) -> bool {
    let place = heard.partition_point(|stretch| stretch.1 <= from_ns);
    heard.get(place).is_none_or(|stretch| stretch.0 >= to_ns)
}

/// The median of the distances of neighbours, where there are enough. Ends of calls may lie as close as they like, and
/// are not asked.
fn usual_ns(times_ns: &[u64]) -> Option<u64> {
    let mut lengths_ns: Vec<u64> = times_ns.windows(2).map(|pair| pair[1] - pair[0]).collect();
    if lengths_ns.len() < N_USUAL {
        return None;
    }
    let middle = lengths_ns.len() / 2;
    Some(*lengths_ns.select_nth_unstable(middle).1)
}

/// Neighbours that are much farther apart than usual.
fn far_apart(times_ns: &[u64], usual_ns: u64) -> Vec<(u64, u64)> {
    let least_ns = usual_ns.max(1).saturating_mul(MUCH_LONGER);
    let steps = times_ns.windows(2).map(|pair| (pair[0], pair[1]));
    steps.filter(|(from_ns, to_ns)| to_ns - from_ns > least_ns).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Start;
    use crate::metric::{Bytes, Metric};

    fn process(times_ns: impl IntoIterator<Item = u64>, silences_ns: &[(u64, u64)]) -> Process {
        let mut process =
            Process { silences_ns: silences_ns.iter().copied().collect(), ..Process::default() };
        for at_ns in times_ns {
            process.samples.push(at_ns, &Bytes::default().with(Metric::Rss, 1));
        }
        process
    }

    #[track_caller]
    fn check(recorder: Option<&str>, processes: Vec<Process>, expected: &[(u64, u64)]) {
        let start = Start { recorder: recorder.map(str::to_owned), ..Start::default() };
        assert_eq!(Recording { start, processes, ..Recording::default() }.gaps(), expected);
    }

    #[test]
    fn in_files_of_mprof_a_gap_is_much_longer_than_the_median() {
        let regular = (0..20).map(|n| n * 100);
        check(None, vec![process(regular.clone().chain([2900, 3001, 5000]), &[])], &[(3001, 5000)]);
        check(None, vec![process([0, 100, 200, 9000], &[])], &[]);
        check(None, vec![process([], &[])], &[]);
        check(None, vec![process(std::iter::repeat_n(5, 30), &[])], &[]);
    }

    #[test]
    fn in_our_files_it_is_where_every_process_was_silent() {
        let silent = process([0, 10, 500, 510], &[(10, 500)]);
        check(Some("us"), vec![silent.clone()], &[(10, 500)]);
        let later = process([500, 510], &[]);
        check(Some("us"), vec![silent.clone(), later], &[(10, 500)]);
        let awake = process([0, 10, 250, 500], &[]);
        check(Some("us"), vec![silent.clone(), awake], &[]);
        let brief = process([20], &[]);
        check(Some("us"), vec![silent.clone(), brief], &[]);
        let twice = process([0, 10, 250, 500], &[(10, 250), (250, 500)]);
        check(Some("us"), vec![silent, twice.clone()], &[(10, 250), (250, 500)]);
        check(Some("us"), vec![twice], &[(10, 250), (250, 500)]);
    }

    #[test]
    fn calls_beyond_count_make_no_gaps_between_the_readings_of_mprof() {
        let mem = (0..20).map(|tick| format!("MEM 1.000000 {tick}.0000\n"));
        let calls = (0..900).map(|n| format!("FUNC f 1.0000 5.{n:04} 1.0000 5.{n:04} 0\n"));
        let text: String = mem.chain(calls).collect();
        assert_eq!(crate::dat::read(text.as_bytes()).unwrap().recording.gaps(), []);
    }
}
