//! When samples are due: at absolute times, so that no delay adds up, with every missed tick counted.

use mprof_recording::event::Finish;

/// Bins of lateness: the first is below 2 µs, and each next one ends at twice the last's end.
const N_BINS: usize = 40;
const FIRST_BIN_NS: u64 = 2_000;

/// The ticks of a run. It reads no clock; the caller says what time it is.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    interval_ns: u64,
    due_ns: u64,
    n_samples: u64,
    n_missed: u64,
    n_late: u64,
    late_bins: [u64; N_BINS],
}

impl Pace {
    /// Ticks from a time on, which is the first.
    pub(crate) fn new(first_ns: u64, interval_ns: u64) -> Self {
        let interval_ns = interval_ns.max(1);
        Self { interval_ns, due_ns: first_ns, n_samples: 0, n_missed: 0, n_late: 0, late_bins: [0; N_BINS] }
    }

    /// Time between two samples.
    pub(crate) fn interval_ns(&self) -> u64 {
        self.interval_ns
    }

    /// When the next sample is due.
    pub(crate) fn due_ns(&self) -> u64 {
        self.due_ns
    }

    /// A sample was taken for the tick that was due. Ticks that passed meanwhile are missed.
    pub(crate) fn sampled(&mut self, now_ns: u64) {
        let late_ns = now_ns.saturating_sub(self.due_ns);
        self.n_samples += 1;
        self.n_late += u64::from(late_ns > self.interval_ns / 2);
        let n_doublings = (late_ns / FIRST_BIN_NS).checked_ilog2().map_or(0, |log| log as usize + 1);
        self.late_bins[n_doublings.min(N_BINS - 1)] += 1;
        self.advance(late_ns);
    }

    /// There was nothing to read at the tick that was due: the program holds no memory any more.
    pub(crate) fn had_nothing(&mut self, now_ns: u64) {
        self.advance(now_ns.saturating_sub(self.due_ns));
    }

    /// The tick that was due gave no sample although there may have been something to read.
    pub(crate) fn failed(&mut self, now_ns: u64) {
        self.n_missed += 1;
        self.had_nothing(now_ns);
    }

    /// The run is over: ticks that were due before and were not taken are missed.
    pub(crate) fn end(&mut self, now_ns: u64) {
        if now_ns > self.due_ns {
            self.n_missed += 1 + (now_ns - self.due_ns) / self.interval_ns;
        }
    }

    /// What there is to say at the end.
    pub(crate) fn finish(&self) -> Finish {
        Finish {
            n_samples: self.n_samples,
            n_missed: self.n_missed,
            n_late: self.n_late,
            late_median_ns: self.late_ns(0.5),
            late_p99_ns: self.late_ns(0.99),
            ..Finish::default()
        }
    }

    /// The end of the bin below which such a share of the samples lies.
    fn late_ns(&self, share: f64) -> Option<u64> {
        let n_below = (self.n_samples as f64 * share).ceil() as u64;
        let mut n_seen = 0;
        let idx = self.late_bins.iter().position(|n| {
            n_seen += n;
            n_seen >= n_below && n_seen > 0
        })?;
        Some(FIRST_BIN_NS << idx)
    }

    fn advance(&mut self, late_ns: u64) {
        let n_passed = late_ns / self.interval_ns;
        self.n_missed += n_passed;
        self.due_ns = self.due_ns.saturating_add((n_passed + 1).saturating_mul(self.interval_ns));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Samples at these times with ticks every 10: what was counted, and what is due next.
    fn check(times_ns: &[u64], counts: (u64, u64, u64), due_ns: u64) {
        let mut pace = Pace::new(100, 10);
        times_ns.iter().for_each(|&now_ns| pace.sampled(now_ns));
        let Finish { n_samples, n_missed, n_late, .. } = pace.finish();
        assert_eq!((n_samples, n_missed, n_late), counts);
        assert_eq!(pace.due_ns(), due_ns);
    }

    #[test]
    fn delays_do_not_add_up() {
        check(&[103, 114, 121], (3, 0, 0), 130);
    }

    #[test]
    fn a_late_sample_is_counted_and_the_next_is_due_on_the_grid() {
        check(&[108], (1, 0, 1), 110);
    }

    #[test]
    fn ticks_that_passed_are_missed() {
        check(&[100, 147], (2, 3, 1), 150);
        check(&[110], (1, 1, 1), 120);
    }

    #[test]
    fn a_tick_without_a_sample_is_missed_unless_there_was_nothing() {
        let mut pace = Pace::new(100, 10);
        pace.failed(103);
        pace.had_nothing(111);
        assert_eq!((pace.finish().n_samples, pace.finish().n_missed, pace.due_ns()), (0, 1, 120));
    }

    #[test]
    fn ticks_due_before_the_end_are_missed() {
        let mut pace = Pace::new(100, 10);
        pace.sampled(100);
        pace.end(109);
        assert_eq!(pace.finish().n_missed, 0);
        pace.end(131);
        assert_eq!(pace.finish().n_missed, 3);
    }

    #[test]
    fn lateness_is_told_by_the_bin() {
        let mut pace = Pace::new(0, 1_000_000);
        assert_eq!(pace.finish().late_median_ns, None);
        for tick in 0..100 {
            pace.sampled(tick * 1_000_000 + if tick < 98 { 50_000 } else { 700_000 });
        }
        assert_eq!(pace.finish().late_median_ns, Some(64_000));
        assert_eq!(pace.finish().late_p99_ns, Some(1_024_000));
    }
}
