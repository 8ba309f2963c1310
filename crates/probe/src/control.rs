//! What is to be signalled, and when: signals passed on to the program, and the end of the time it was given.
//!
//! It sends nothing itself and reads no clock, so that it is tested without either.

use mprof_recording::event::Ending;

use crate::os::Caught;

/// How long a signal that a process sent may take to have reached the program as well, if it was meant for the whole
/// process group, as timeout(1) and shells do. A program that is alive after that gets it from us, once.
const GRACE_NS: u64 = 200_000_000;
/// Between asking a program to end and making it end.
const TERM_TO_KILL_NS: u64 = 2_000_000_000;

/// A signal to be sent: to one process, or to every one of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) number: Option<u32>,
    pub(crate) signal: i32,
}

/// Whose program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// We started it: it is signalled, ended in time, and reaped.
    Child,
    /// It ran before us and will run after us: nothing of ours reaches it.
    Stranger,
}

/// What is due to be sent.
#[derive(Debug)]
pub(crate) struct Control {
    root: u32,
    relation: Relation,
    /// Signals to be passed on, each with its time.
    waiting: Vec<(u64, i32)>,
    passed_on: Vec<i32>,
    deadline_ns: Option<u64>,
    kill_ns: Option<u64>,
    was_interrupted: bool,
}

impl Control {
    pub(crate) fn new(root: u32, relation: Relation, deadline_ns: Option<u64>) -> Self {
        Self {
            root,
            relation,
            waiting: Vec::new(),
            passed_on: Vec::new(),
            deadline_ns,
            kill_ns: None,
            was_interrupted: false,
        }
    }

    /// When something is to be sent next, if no signal comes before.
    pub(crate) fn next_ns(&self) -> u64 {
        let waiting = self.waiting.iter().map(|&(at_ns, _)| at_ns);
        waiting.chain(self.deadline_ns).chain(self.kill_ns).min().unwrap_or(u64::MAX)
    }

    /// Takes in the signals that reached us, and gives what is to be sent now.
    pub(crate) fn orders(&mut self, caught: &[Caught], now_ns: u64) -> Vec<Order> {
        for caught in caught {
            self.catch(*caught, now_ns);
        }
        if self.relation == Relation::Stranger {
            self.kill_ns = self.deadline_ns.filter(|&deadline_ns| now_ns >= deadline_ns);
            return Vec::new();
        }
        let mut orders: Vec<Order> =
            self.due(now_ns).into_iter().map(|signal| self.to_root(signal)).collect();
        if self.deadline_ns.is_some_and(|deadline_ns| now_ns >= deadline_ns) {
            self.deadline_ns = None;
            self.kill_ns = Some(now_ns.saturating_add(TERM_TO_KILL_NS));
            // A stopped process takes no other signal before it goes on.
            orders.extend([libc::SIGTERM, libc::SIGCONT].map(|signal| Order { number: None, signal }));
        }
        if self.kill_ns.is_some_and(|kill_ns| now_ns >= kill_ns) {
            self.kill_ns = Some(now_ns.saturating_add(TERM_TO_KILL_NS));
            orders.push(Order { number: None, signal: libc::SIGKILL });
        }
        orders
    }

    /// Whether the recording is over although the program goes on.
    pub(crate) fn leaves_program(&self) -> bool {
        self.relation == Relation::Stranger && self.ending().is_some()
    }

    /// Whether the program was ended because its time was over.
    pub(crate) fn has_timed_out(&self) -> bool {
        self.kill_ns.is_some()
    }

    /// Why the run ended, when it was not of itself.
    pub(crate) fn ending(&self) -> Option<Ending> {
        match (self.has_timed_out(), self.was_interrupted) {
            (true, _) => Some(Ending::Timeout),
            (false, true) => Some(Ending::Interrupted),
            (false, false) => None,
        }
    }

    /// A terminal sends to the program as well, so that only what a process sent is passed on. A hangup is the
    /// exception: the system sends it to the leader of a session alone.
    fn catch(&mut self, Caught { signal, is_sent }: Caught, now_ns: u64) {
        self.was_interrupted |= signal != libc::SIGUSR1 && signal != libc::SIGUSR2;
        if self.relation == Relation::Stranger || !is_sent && signal != libc::SIGHUP {
            return;
        }
        let is_waiting = self.waiting.iter().any(|&(_, it)| it == signal);
        let is_repeated = self.passed_on.contains(&signal);
        match (is_waiting, is_repeated) {
            (true, _) => {}
            (false, true) => self.waiting.push((now_ns, signal)),
            (false, false) => self.waiting.push((now_ns.saturating_add(GRACE_NS), signal)),
        }
    }

    /// The signals whose grace is over.
    fn due(&mut self, now_ns: u64) -> Vec<i32> {
        let due: Vec<i32> =
            self.waiting.extract_if(.., |&mut (at_ns, _)| now_ns >= at_ns).map(|(_, it)| it).collect();
        self.passed_on.extend(&due);
        self.passed_on.sort_unstable();
        self.passed_on.dedup();
        due
    }

    fn to_root(&self, signal: i32) -> Order {
        Order { number: Some(self.root), signal }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: u32 = 7;
    const MS: u64 = 1_000_000;

    fn sent(signal: i32) -> Caught {
        Caught { signal, is_sent: true }
    }

    fn to_root(signal: i32) -> Order {
        Order { number: Some(ROOT), signal }
    }

    #[test]
    fn what_a_process_sent_is_passed_on_once_after_its_grace() {
        let mut control = Control::new(ROOT, Relation::Child, None);
        assert_eq!(control.orders(&[sent(libc::SIGTERM), sent(libc::SIGTERM)], 0), []);
        assert_eq!(control.next_ns(), GRACE_NS);
        assert_eq!(control.orders(&[], GRACE_NS), [to_root(libc::SIGTERM)]);
        assert_eq!(control.orders(&[], GRACE_NS + MS), []);
        assert_eq!(control.ending(), Some(Ending::Interrupted));
    }

    #[test]
    fn who_asks_again_is_heard_at_once() {
        let mut control = Control::new(ROOT, Relation::Child, None);
        control.orders(&[sent(libc::SIGINT)], 0);
        control.orders(&[], GRACE_NS);
        assert_eq!(control.orders(&[sent(libc::SIGINT)], GRACE_NS + MS), [to_root(libc::SIGINT)]);
    }

    #[test]
    fn a_terminal_tells_the_program_itself_but_for_a_hangup() {
        let mut control = Control::new(ROOT, Relation::Child, None);
        let typed = |signal| Caught { signal, is_sent: false };
        control.orders(&[typed(libc::SIGINT), typed(libc::SIGHUP)], 0);
        assert_eq!(control.orders(&[], GRACE_NS), [to_root(libc::SIGHUP)]);
    }

    #[test]
    fn a_stranger_is_left_alone() {
        let mut control = Control::new(ROOT, Relation::Stranger, Some(5 * MS));
        assert_eq!(control.orders(&[], MS), []);
        assert!(!control.leaves_program());
        assert_eq!(control.orders(&[], 5 * MS), []);
        assert_eq!((control.leaves_program(), control.ending()), (true, Some(Ending::Timeout)));
        let mut control = Control::new(ROOT, Relation::Stranger, None);
        assert_eq!(control.orders(&[sent(libc::SIGTERM)], GRACE_NS), []);
        assert_eq!((control.leaves_program(), control.ending()), (true, Some(Ending::Interrupted)));
    }

    #[test]
    fn time_that_is_over_ends_every_process_first_gently() {
        let mut control = Control::new(ROOT, Relation::Child, Some(5 * MS));
        assert_eq!(control.orders(&[], 4 * MS), []);
        let all = |signal| Order { number: None, signal };
        assert_eq!(control.orders(&[], 5 * MS), [all(libc::SIGTERM), all(libc::SIGCONT)]);
        assert_eq!(control.orders(&[], 6 * MS), []);
        assert_eq!(control.orders(&[], 5 * MS + TERM_TO_KILL_NS), [all(libc::SIGKILL)]);
        assert_eq!(control.ending(), Some(Ending::Timeout));
    }
}
