//! What is to be signalled, and when: signals passed on to the program, and the end of the time it was given.
//!
//! It sends nothing itself and reads no clock, so that it is tested without either.

use mprof_recording::event::{Ending, Exit};

use crate::os::Caught;

/// How long a signal that a process sent may take to have reached the program as well, if it was meant for the whole
/// process group, as timeout(1) and shells do. A program that is alive after that gets it from us, once.
const GRACE_NS: u64 = 200_000_000;
/// Between asking a program to end and making it end.
const TERM_TO_KILL_NS: u64 = 2_000_000_000;

/// Two interrupts from a terminal within this time are someone who wants to get out.
const IMPATIENCE_NS: u64 = 1_000_000_000;

/// A signal to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) to: Whom,
    pub(crate) signal: i32,
}

/// Who is to get a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whom {
    /// The program itself.
    Root,
    /// It and every process that came of it.
    Everyone,
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
    relation: Relation,
    /// Signals to be passed on, each with its time.
    waiting: Vec<(u64, i32)>,
    passed_on: Vec<i32>,
    /// Signals that reached us, however they came.
    seen: Vec<i32>,
    typed_at_ns: Option<u64>,
    is_given_up: bool,
    deadline_ns: Option<u64>,
    kill_ns: Option<u64>,
}

impl Control {
    pub(crate) fn new(relation: Relation, deadline_ns: Option<u64>) -> Self {
        Self {
            relation,
            waiting: Vec::new(),
            passed_on: Vec::new(),
            seen: Vec::new(),
            typed_at_ns: None,
            is_given_up: false,
            deadline_ns,
            kill_ns: None,
        }
    }

    /// When something is to be sent next, if no signal comes before.
    pub(crate) fn next_ns(&self) -> u64 {
        let waiting = self.waiting.iter().map(|&(at_ns, _)| at_ns);
        waiting.chain(self.deadline_ns).chain(self.kill_ns).min().unwrap_or(u64::MAX)
    }

    /// Takes in the signals that reached us, and gives what is to be sent now.
    pub(crate) fn orders(&mut self, caught: &[Caught], now_ns: u64) -> Vec<Order> {
        caught.iter().for_each(|caught| self.catch(*caught, now_ns));
        if self.deadline_ns.is_some_and(|deadline_ns| now_ns >= deadline_ns) {
            self.deadline_ns = None;
            self.kill_ns = Some(now_ns.saturating_add(TERM_TO_KILL_NS));
            return match self.relation {
                // A stopped process takes no other signal before it goes on.
                Relation::Child => to_everyone(&[libc::SIGTERM, libc::SIGCONT]),
                Relation::Stranger => Vec::new(),
            };
        }
        if self.relation == Relation::Child && now_ns >= self.kill_ns() {
            self.kill_ns = Some(now_ns.saturating_add(TERM_TO_KILL_NS));
            return to_everyone(&[libc::SIGKILL]);
        }
        self.due(now_ns).into_iter().map(|signal| Order { to: Whom::Root, signal }).collect()
    }

    /// Whether the recording is over although the program goes on.
    pub(crate) fn leaves_program(&self) -> bool {
        let is_enough = self.has_timed_out() || self.seen.iter().any(|&signal| is_request_to_end(signal));
        self.is_given_up || (self.relation == Relation::Stranger && is_enough)
    }

    /// Whether the time that was given is over.
    pub(crate) fn has_timed_out(&self) -> bool {
        self.kill_ns.is_some()
    }

    /// When a program whose time is over is made to end.
    pub(crate) fn kill_ns(&self) -> u64 {
        self.kill_ns.unwrap_or(u64::MAX)
    }

    /// Why the run ended, given how the program did if it is known.
    pub(crate) fn ending(&self, exit: Option<Exit>) -> Ending {
        let was_heeded = exit.and_then(Exit::signal).is_some_and(|signal| self.seen.contains(&signal));
        let was_passed_on = self.passed_on.iter().any(|&signal| is_request_to_end(signal));
        match (self.has_timed_out(), self.leaves_program() || was_heeded || was_passed_on) {
            (true, _) => Ending::Timeout,
            (false, true) => Ending::Interrupted,
            (false, false) => Ending::Exit,
        }
    }

    /// A terminal sends to the program as well, so that only what a process sent is passed on. A hangup is the
    /// exception: the system sends it to the leader of a session alone.
    fn catch(&mut self, Caught { signal, is_sent }: Caught, now_ns: u64) {
        self.seen.push(signal);
        self.seen.sort_unstable();
        self.seen.dedup();
        if !is_sent && signal == libc::SIGINT {
            let is_second =
                self.typed_at_ns.is_some_and(|at_ns| now_ns.saturating_sub(at_ns) < IMPATIENCE_NS);
            self.is_given_up |= is_second;
            self.typed_at_ns = Some(now_ns);
        }
        if is_sent || signal == libc::SIGHUP {
            self.pass_on(signal, now_ns);
        }
    }

    fn pass_on(&mut self, signal: i32, now_ns: u64) {
        let is_waiting = self.waiting.iter().any(|&(_, it)| it == signal);
        let is_repeated = self.passed_on.contains(&signal);
        match (self.relation, is_waiting, is_repeated) {
            (Relation::Stranger, ..) | (Relation::Child, true, _) => {}
            (Relation::Child, false, true) => self.waiting.push((now_ns, signal)),
            (Relation::Child, false, false) => self.waiting.push((now_ns.saturating_add(GRACE_NS), signal)),
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
}

fn to_everyone(signals: &[i32]) -> Vec<Order> {
    signals.iter().map(|&signal| Order { to: Whom::Everyone, signal }).collect()
}

/// The user signals mean whatever a program wants them to.
fn is_request_to_end(signal: i32) -> bool {
    signal != libc::SIGUSR1 && signal != libc::SIGUSR2
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn sent(signal: i32) -> Caught {
        Caught { signal, is_sent: true }
    }

    fn typed(signal: i32) -> Caught {
        Caught { signal, is_sent: false }
    }

    fn to_root(signal: i32) -> Order {
        Order { to: Whom::Root, signal }
    }

    #[test]
    fn what_a_process_sent_is_passed_on_once_after_its_grace() {
        let mut control = Control::new(Relation::Child, None);
        assert_eq!(control.orders(&[sent(libc::SIGTERM), sent(libc::SIGTERM)], 0), []);
        assert_eq!(control.next_ns(), GRACE_NS);
        assert_eq!(control.orders(&[], GRACE_NS), [to_root(libc::SIGTERM)]);
        assert_eq!(control.orders(&[], GRACE_NS + MS), []);
        assert_eq!(control.ending(Some(Exit::Code(0))), Ending::Interrupted);
    }

    #[test]
    fn who_asks_again_is_heard_at_once() {
        let mut control = Control::new(Relation::Child, None);
        control.orders(&[sent(libc::SIGINT)], 0);
        control.orders(&[], GRACE_NS);
        assert_eq!(control.orders(&[sent(libc::SIGINT)], GRACE_NS + MS), [to_root(libc::SIGINT)]);
    }

    #[test]
    fn a_terminal_tells_the_program_itself_but_for_a_hangup() {
        let mut control = Control::new(Relation::Child, None);
        control.orders(&[typed(libc::SIGINT), typed(libc::SIGHUP)], 0);
        assert_eq!(control.orders(&[], GRACE_NS), [to_root(libc::SIGHUP)]);
    }

    #[test]
    fn an_interrupt_that_the_program_ignored_is_none() {
        let mut control = Control::new(Relation::Child, None);
        control.orders(&[typed(libc::SIGINT)], 0);
        assert_eq!(control.ending(Some(Exit::Code(0))), Ending::Exit);
        assert_eq!(control.ending(Some(Exit::Signal(libc::SIGINT))), Ending::Interrupted);
    }

    #[test]
    fn two_interrupts_in_a_row_get_out_and_two_of_a_session_do_not() {
        let mut control = Control::new(Relation::Child, None);
        control.orders(&[typed(libc::SIGINT)], 0);
        control.orders(&[typed(libc::SIGINT)], 5 * IMPATIENCE_NS);
        assert!(!control.leaves_program());
        control.orders(&[typed(libc::SIGINT)], 5 * IMPATIENCE_NS + 300 * MS);
        assert!(control.leaves_program());
        assert_eq!(control.ending(None), Ending::Interrupted);
    }

    #[test]
    fn a_stranger_is_left_alone() {
        let mut control = Control::new(Relation::Stranger, Some(5 * MS));
        assert_eq!(control.orders(&[], MS), []);
        assert!(!control.leaves_program());
        assert_eq!(control.orders(&[], 5 * MS), []);
        assert_eq!((control.leaves_program(), control.ending(None)), (true, Ending::Timeout));
        let mut control = Control::new(Relation::Stranger, None);
        assert_eq!(control.orders(&[sent(libc::SIGTERM)], 0), []);
        assert_eq!(control.orders(&[], GRACE_NS), []);
        assert_eq!((control.leaves_program(), control.ending(None)), (true, Ending::Interrupted));
    }

    #[test]
    fn time_that_is_over_ends_every_process_first_gently() {
        let mut control = Control::new(Relation::Child, Some(5 * MS));
        assert_eq!(control.orders(&[], 4 * MS), []);
        assert_eq!(control.orders(&[], 5 * MS), to_everyone(&[libc::SIGTERM, libc::SIGCONT]));
        assert_eq!(control.orders(&[], 6 * MS), []);
        assert_eq!(control.orders(&[], 5 * MS + TERM_TO_KILL_NS), to_everyone(&[libc::SIGKILL]));
        assert_eq!(control.ending(Some(Exit::Signal(9))), Ending::Timeout);
    }
}
