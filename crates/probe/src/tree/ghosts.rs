//! Processes that are gone and were not ours to reap. When their parents die unreaping, they become ours.

use std::collections::HashMap;
use std::time::Duration;

use mprof_recording::event::Pid;

use crate::os::{self, Reaped};

/// Most were reaped long ago. Forgetting them costs nothing but a zombie that nobody else reaps either.
const MAX_GHOSTS: usize = 4096;

/// A child that we had before the run, and that nobody waits for any more, stands before all others for ever. Then each
/// ghost is asked for by its number, at one of so many occasions, since that costs.
const N_OCCASIONS: u32 = 16;

/// How often, and how long apart, those are looked at who end together with the program: on a busy machine they are given
/// little of a processor to give back their memory in.
const N_LAST_LOOKS: u32 = 1000;
const LAST_LOOK_EVERY: Duration = Duration::from_millis(1);

#[derive(Debug, Default)]
pub(super) struct Ghosts {
    /// By number. Of those who were told of there is nothing more to tell.
    numbers: HashMap<u32, Option<Untold>>,
    n_blocked: u32,
}

/// A process that was never read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Untold {
    pub(super) pid: Pid,
    pub(super) parent: Option<Pid>,
    /// Empty where not even that was seen.
    pub(super) name: String,
}

impl Ghosts {
    /// Remembers a process that someone else is to reap.
    pub(super) fn add(&mut self, number: u32) {
        self.remember(number, None);
    }

    /// The same of one that was never read: if we reap it after all, that tells of it.
    pub(super) fn add_untold(&mut self, untold: Untold) {
        self.remember(untold.pid.number, Some(untold));
    }

    fn remember(&mut self, number: u32, untold: Option<Untold>) {
        if self.numbers.len() >= MAX_GHOSTS {
            self.numbers.clear();
        }
        self.numbers.insert(number, untold);
    }

    /// Whether a process of that number is gone and was not reaped by us: a look at `/proc` may find it again.
    pub(super) fn has(&self, number: u32) -> bool {
        self.numbers.contains_key(&number)
    }

    /// One is reaped: it is given if nothing was told of it.
    pub(super) fn forget(&mut self, number: u32) -> Option<Untold> {
        self.numbers.remove(&number).flatten()
    }

    /// Reaps those that became our children, as init would have, and gives those of whom nothing was told.
    pub(super) fn bury(&mut self) -> Vec<(Untold, Reaped)> {
        let mut untold = Vec::new();
        // Nobody to look for is by far the most frequent case, and asking the system costs.
        if self.numbers.is_empty() {
            return untold;
        }
        while let Some(number) = os::exited_child() {
            let Some(ghost) = self.numbers.remove(&number) else {
                self.bury_behind(&mut untold);
                break;
            };
            untold.extend(ghost.zip(os::reap_if_ours(number)));
        }
        untold
    }

    /// Somebody who is none of them, and none of ours to reap, stands before them.
    fn bury_behind(&mut self, untold: &mut Vec<(Untold, Reaped)>) {
        self.n_blocked = (self.n_blocked + 1) % N_OCCASIONS;
        if self.n_blocked == 0 {
            untold.extend(self.bury_each());
        }
    }

    /// The same of each, whoever stands before them.
    fn bury_each(&mut self) -> Vec<(Untold, Reaped)> {
        let mut untold = Vec::new();
        self.numbers.retain(|&number, ghost| {
            let reaped = os::reap_if_ours(number);
            if reaped.is_some() {
                untold.extend(ghost.take().zip(reaped));
            }
            reaped.is_none()
        });
        untold
    }

    /// The same where the run is over. Who ends in this moment is waited for, a second at most and as long as that is
    /// wanted: to give back memory takes milliseconds, and what it was is known when it is reaped.
    pub(super) fn bury_the_last(&mut self, mut is_wanted: impl FnMut() -> bool) -> Vec<(Untold, Reaped)> {
        let mut untold = self.bury_each();
        for _ in 0..N_LAST_LOOKS {
            if !self.are_dying() || !is_wanted() {
                break;
            }
            std::thread::sleep(LAST_LOOK_EVERY);
            untold.extend(self.bury_each());
        }
        untold
    }

    /// Whether one of whom nothing was told has given back its memory and will be reaped soon.
    fn are_dying(&self) -> bool {
        let mut untold = self.numbers.iter().filter(|(_, ghost)| ghost.is_some());
        untold.any(|(&number, _)| os::exists(number) && os::is_dying(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::tests::{wait_for_zombie, wait_until};
    use std::process::Command;

    /// Whoever has exited can be waited for once.
    #[test]
    fn ghosts_are_buried_behind_a_child_of_somebody_elses() {
        let mut children = ["stranger", "ghost"].map(|_| Command::new("true").spawn().unwrap());
        let mut living = Command::new("sleep").arg("100").spawn().unwrap();
        let numbers = children.each_ref().map(std::process::Child::id);
        numbers.iter().for_each(|&number| wait_for_zombie(number));
        let mut ghosts = Ghosts::default();
        let untold = Untold { pid: Pid::from(numbers[1]), parent: None, name: "ghost".to_owned() };
        ghosts.add_untold(untold.clone());
        ghosts.add_untold(Untold { pid: Pid::from(living.id()), ..untold.clone() });
        let buried: Vec<_> = (0..N_OCCASIONS).flat_map(|_| ghosts.bury()).collect();
        assert!(
            matches!(&buried[..], [(it, reaped)] if *it == untold && reaped.maxrss_bytes > 0),
            "{buried:?}"
        );
        assert!(children[0].wait().unwrap().success());
        assert!(children[1].wait().is_err(), "it was reaped");
        living.kill().unwrap();
        wait_until(|| ghosts.bury().iter().any(|(it, _)| it.pid.number == living.id()));
        assert!(living.wait().is_err(), "it was reaped later, and told of");
        assert!(ghosts.numbers.is_empty());
    }
}
