//! Which of all the processes that the system starts are of the run: those whose forks lead back to the program.

use std::collections::HashSet;

use crate::records::Fork;

/// The processes whose forks are ours, among all of the system.
#[derive(Debug, Default)]
pub(crate) struct Family {
    /// The thread that starts the program. Other threads of its process may start others.
    starter: Option<u32>,
    members: HashSet<u32>,
    /// Members that are gone. What they did may still have to be taken in.
    dead: HashSet<u32>,
    /// How many members were alive when that was looked at.
    n_living: usize,
}

impl Family {
    /// So many more members than there were living ones are let be.
    const N_DEAD: usize = 1024;

    /// What comes of the process that this thread starts next.
    pub(crate) fn of_next_child() -> Self {
        // SAFETY: gettid takes nothing.
        Self { starter: Some(unsafe { libc::gettid() } as u32), ..Self::default() }
    }

    /// A process that runs, and what comes of it from now on.
    pub(crate) fn of_running(number: u32) -> Self {
        Self { members: HashSet::from([number]), ..Self::default() }
    }

    /// Counts processes among ours that nothing has told of.
    pub(crate) fn adopt(&mut self, numbers: impl Iterator<Item = u32>) {
        self.members.extend(numbers);
    }

    /// Whether a new process is ours. A number that the system gave to another family is ours no more.
    pub(crate) fn has(&mut self, fork: &Fork) -> bool {
        if !self.members.contains(&fork.parent) && self.starter != Some(fork.parent_thread) {
            self.members.remove(&fork.number);
            return false;
        }
        self.members.insert(fork.number);
        // A number that is given again.
        self.dead.remove(&fork.number);
        true
    }

    /// Sees who is gone, before it is asked what they did: so all of it will be told.
    pub(crate) fn look_for_dead(&mut self) {
        if self.members.len() > 2 * self.n_living + Self::N_DEAD {
            self.dead = self.members.iter().copied().filter(|&number| !super::exists(number)).collect();
            self.n_living = self.members.len() - self.dead.len();
        }
    }

    /// Forgets them, when it was taken in.
    pub(crate) fn forget_dead(&mut self) {
        for number in self.dead.drain() {
            self.members.remove(&number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fork(number: u32, parent: u32) -> Fork {
        Fork { at_ns: 0, number, parent, parent_thread: parent }
    }

    #[test]
    fn a_family_is_who_came_of_it() {
        let mut family = Family { members: HashSet::from([1]), ..Family::default() };
        let mut has = |number, parent| family.has(&fork(number, parent));
        assert!(has(2, 1) && has(3, 2));
        assert!(!has(5, 4) && !has(6, 5));
        // The number of one that is gone goes to a stranger, whose children are strangers.
        assert!(!has(3, 4) && !has(7, 3));
    }

    #[test]
    fn what_another_thread_starts_is_not_ours() {
        let mut family = Family { starter: Some(11), ..Family::default() };
        assert!(family.has(&Fork { parent_thread: 11, ..fork(20, 10) }) && family.has(&fork(21, 20)));
        assert!(!family.has(&Fork { parent_thread: 12, ..fork(30, 10) }) && !family.has(&fork(31, 30)));
    }

    #[test]
    fn the_dead_are_forgotten() {
        let own = std::process::id();
        let mut family = Family { members: HashSet::from([own]), ..Family::default() };
        // Numbers above pid_max, which is never more than 2^22.
        (1 << 23..(1 << 23) + 10_000).for_each(|number| assert!(family.has(&fork(number, own))));
        family.look_for_dead();
        // What one of them did is told late, and the number of another was given again meanwhile.
        assert!(family.has(&fork(1 << 24, 1 << 23)) && family.has(&fork((1 << 23) + 1, own)));
        family.forget_dead();
        assert_eq!(family.members, HashSet::from([own, 1 << 24, (1 << 23) + 1]));
    }
}
