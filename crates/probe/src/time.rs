//! What time it is, and waiting for a time. Tests let it pass as they please.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use mprof_recording::units;

use crate::os::{self, Membership, Signals, Waiter, Woken};

/// So much less than a sleep of the system may be the time between two looks at two clocks.
const LEAST_SLEEP_NS: u64 = 10_000_000;

/// The clocks of a recording.
#[derive(Debug)]
pub(crate) enum Time {
    /// Those of the system.
    Real(Waiter),
    /// Those of a test.
    #[cfg(test)]
    Simulated(simulated::Simulated),
}

/// The wall clock, in nanoseconds since 1970. A recording reads it once.
pub(crate) fn unix_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |it| it.as_nanos() as u64)
}

impl Time {
    /// The system's, with the end of a program to be waited for.
    pub(crate) fn of(root: u32) -> Self {
        Self::Real(Waiter::new(root))
    }

    /// A clock that no clock change moves, and that stands still while the system sleeps.
    pub(crate) fn now_ns(&self) -> u64 {
        match self {
            Self::Real(_) => os::monotonic_ns(),
            #[cfg(test)]
            Self::Simulated(it) => it.now_ns(),
        }
    }

    /// A clock that goes on while the system sleeps.
    fn with_sleep_ns(&self) -> u64 {
        match self {
            Self::Real(_) => os::with_sleep_ns(),
            #[cfg(test)]
            Self::Simulated(it) => it.with_sleep_ns(),
        }
    }

    /// Waits until a time, for the exit of the program, for signals to us, and for new processes.
    pub(crate) fn wait(
        &mut self,
        until_ns: u64,
        signals: Option<&Signals>,
        membership: &Membership,
    ) -> io::Result<Woken> {
        match self {
            Self::Real(waiter) => waiter.wait(until_ns, signals, membership),
            #[cfg(test)]
            Self::Simulated(it) => Ok(it.wait(until_ns)),
        }
    }

    /// Sends a signal to the program.
    pub(crate) fn send(&self, signal: i32) {
        match self {
            Self::Real(waiter) => waiter.send(signal),
            #[cfg(test)]
            Self::Simulated(it) => it.send(signal),
        }
    }
}

/// Notices when the system has slept.
#[derive(Debug, Default)]
pub(crate) struct Sleeps {
    asleep_ns: Option<u64>,
}

impl Sleeps {
    /// How long it slept since the last look, if it did. It is given what the time was a moment ago.
    pub(crate) fn look(&mut self, now_ns: u64, time: &Time) -> Option<u64> {
        let at_most_ns = time.with_sleep_ns().saturating_sub(now_ns);
        if self.asleep_ns.is_some_and(|before_ns| at_most_ns < before_ns.saturating_add(LEAST_SLEEP_NS)) {
            return None;
        }
        // That moment may have been a long one. In this order the difference is never too large.
        self.compare(time.with_sleep_ns().saturating_sub(time.now_ns()))
    }

    fn compare(&mut self, asleep_ns: u64) -> Option<u64> {
        let before_ns = self.asleep_ns.unwrap_or(asleep_ns);
        let slept_ns = asleep_ns.saturating_sub(before_ns);
        let is_sleep = slept_ns >= LEAST_SLEEP_NS;
        if is_sleep || self.asleep_ns.is_none() {
            self.asleep_ns = Some(asleep_ns);
        }
        is_sleep.then_some(slept_ns)
    }
}

/// What to say of a sleep of the system that ended at a time of the recording.
pub(crate) fn sleep_text(slept_ns: u64, at_ns: u64) -> String {
    let at_s = at_ns as f64 / 1e9;
    format!(
        "the system slept for {} at {at_s:.3} s of the recording, which has no time for it",
        units::duration(slept_ns)
    )
}

#[cfg(test)]
pub(crate) mod simulated {
    //! Time that passes only where it is waited for, and then at once.

    use std::cell::Cell;

    use super::*;

    /// A clock, and what happens at which time.
    #[derive(Debug)]
    pub(crate) struct Simulated {
        waiter: Waiter,
        now_ns: Cell<u64>,
        /// The program is killed then.
        end_ns: u64,
        /// When the system sleeps, and for how long.
        pub(crate) sleep: Option<(u64, u64)>,
    }

    impl Simulated {
        pub(crate) fn new(root: u32, end_ns: u64) -> Self {
            let now_ns = Cell::new(1_000);
            Self { waiter: Waiter::new(root), now_ns, end_ns, sleep: None }
        }

        pub(super) fn now_ns(&self) -> u64 {
            self.now_ns.get()
        }

        pub(super) fn with_sleep_ns(&self) -> u64 {
            let slept = self.sleep.filter(|(at_ns, _)| self.now_ns() >= *at_ns);
            self.now_ns() + slept.map_or(0, |(_, slept_ns)| slept_ns)
        }

        pub(super) fn wait(&mut self, until_ns: u64) -> Woken {
            self.now_ns.set(self.now_ns().max(until_ns.min(self.end_ns)));
            if self.now_ns() < self.end_ns {
                return Woken::Due;
            }
            self.send(libc::SIGKILL);
            Woken::Exited
        }

        pub(super) fn send(&self, signal: i32) {
            self.waiter.send(signal);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sleep_is_told_once_and_a_moment_between_two_clocks_is_none() {
        let mut sleeps = Sleeps::default();
        let seen = [5, 900, 5_000_900, 3_600_000_000_000, 3_600_000_000_100].map(|ns| sleeps.compare(ns));
        assert_eq!(seen, [None, None, None, Some(3_599_999_999_995), None]);
    }
}
