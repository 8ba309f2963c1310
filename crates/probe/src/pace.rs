//! When samples are due: at absolute times, so that no delay adds up, with every missed tick counted.

use mprof_recording::event::Finish;

/// The ticks of a run. It reads no clock; the caller says what time it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    interval_ns: u64,
    due_ns: u64,
    counts: Finish,
}

impl Pace {
    /// Ticks from a time on, which is the first.
    pub(crate) fn new(first_ns: u64, interval_ns: u64) -> Self {
        Self { interval_ns: interval_ns.max(1), due_ns: first_ns, counts: Finish::default() }
    }

    /// When the next sample is due.
    pub(crate) fn due_ns(&self) -> u64 {
        self.due_ns
    }

    /// The ticks so far.
    pub(crate) fn counts(&self) -> Finish {
        self.counts
    }

    /// A sample was taken for the tick that was due. Ticks that passed meanwhile are missed.
    pub(crate) fn sampled(&mut self, now_ns: u64) {
        let late_ns = now_ns.saturating_sub(self.due_ns);
        self.counts.n_samples += 1;
        self.counts.n_late += u64::from(late_ns > self.interval_ns / 2);
        self.advance(late_ns);
    }

    /// The tick that was due gave no sample.
    pub(crate) fn failed(&mut self, now_ns: u64) {
        self.counts.n_missed += 1;
        self.advance(now_ns.saturating_sub(self.due_ns));
    }

    fn advance(&mut self, late_ns: u64) {
        let n_passed = late_ns / self.interval_ns;
        self.counts.n_missed += n_passed;
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
        let Finish { n_samples, n_missed, n_late } = pace.counts();
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
    fn a_tick_without_a_sample_is_missed() {
        let mut pace = Pace::new(100, 10);
        pace.failed(103);
        assert_eq!((pace.counts().n_samples, pace.counts().n_missed, pace.due_ns()), (0, 1, 110));
    }
}
