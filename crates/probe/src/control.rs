//! What is to be signalled, and when: signals passed on to the program, and the end of the time it was given.
//!
//! It sends nothing itself and reads no clock, so that it is tested without either.

use mprof_recording::event::{Ending, Exit};

use crate::os::{Caught, Origin};

/// A signal that a process sent may have been meant for our whole group, as shells and timeout(1) send it, and the
/// program then has it already. So long it waits for word of that. A sender who tells one process after the other is
/// through by then, and word from the sentinel in our group is not long in coming.
const GRACE_NS: u64 = 20_000_000;
/// The same where no sentinel stands, and nothing but the program's end tells that it had the signal.
const BLIND_GRACE_NS: u64 = 200_000_000;
/// Between asking a program to end and making it end.
const TERM_TO_KILL_NS: u64 = 2_000_000_000;

/// Interrupts from a terminal that follow each other within this time are someone who wants to get out.
const IMPATIENCE_NS: u64 = 1_000_000_000;
/// The same for one who was told that the next one gets out, and had to read it.
const READING_NS: u64 = 2_000_000_000;

/// What is said to one who typed two interrupts to programs that have a handler for them.
pub(crate) const ALMOST_OUT: &str =
    "interrupted twice: a third Ctrl-C within two seconds ends the recording and leaves the program running";

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

/// What the program does with interrupts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attitude {
    /// It has a handler, as who reads commands from a terminal does: two in a row may well be meant for it.
    Catches,
    /// It ends by one or ignores them. If it is there still after one, two are meant for us.
    Else,
}

/// What tells whether a signal reached our whole group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lookout {
    /// A process of ours in the group that does nothing but tell of signals.
    Sentinel,
    /// Nothing.
    None,
}

/// What becomes of a program that we started when its time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AfterTimeout {
    /// It is ended, with everything that came of it.
    End,
    /// The recording ends, and the program goes on.
    Leave,
}

/// What is due to be sent.
#[derive(Debug)]
pub(crate) struct Control {
    relation: Relation,
    after_timeout: AfterTimeout,
    grace_ns: u64,
    /// Signals to be passed on, each with its time.
    waiting: Vec<(u64, i32)>,
    /// Signals that our whole group got, each with the time until which it may still be told as sent to us.
    had_by_all: Vec<(u64, i32)>,
    /// A request to end was passed on.
    has_passed_on_end: bool,
    /// Signals that reached us, however they came.
    seen: Vec<i32>,
    /// Interrupts from the terminal that followed each other, and when the last one did.
    n_typed: u32,
    typed_at_ns: u64,
    attitude: Attitude,
    should_warn: bool,
    is_given_up: bool,
    deadline_ns: Option<u64>,
    kill_ns: Option<u64>,
}

impl Control {
    pub(crate) fn new(relation: Relation, lookout: Lookout, deadline_ns: Option<u64>) -> Self {
        Self {
            relation,
            after_timeout: AfterTimeout::End,
            grace_ns: if lookout == Lookout::Sentinel { GRACE_NS } else { BLIND_GRACE_NS },
            waiting: Vec::new(),
            had_by_all: Vec::new(),
            has_passed_on_end: false,
            seen: Vec::new(),
            n_typed: 0,
            typed_at_ns: 0,
            attitude: Attitude::Else,
            should_warn: false,
            is_given_up: false,
            deadline_ns,
            kill_ns: None,
        }
    }

    /// The same, with what becomes of a program whose time is over.
    pub(crate) fn with(self, after_timeout: AfterTimeout) -> Self {
        Self { after_timeout, ..self }
    }

    /// What the program does with interrupts was found out.
    pub(crate) fn learn(&mut self, attitude: Attitude) {
        self.attitude = attitude;
    }

    /// The program does not end, and nothing that we may do changes that.
    pub(crate) fn give_up(&mut self) {
        self.is_given_up = true;
    }

    /// Whether it should be said, once, that the next interrupt ends the recording.
    pub(crate) fn take_warning(&mut self) -> bool {
        std::mem::take(&mut self.should_warn)
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
            return match (self.relation, self.after_timeout) {
                // A stopped process takes no other signal before it goes on.
                (Relation::Child, AfterTimeout::End) => to_everyone(&[libc::SIGTERM, libc::SIGCONT]),
                (Relation::Stranger, _) | (_, AfterTimeout::Leave) => Vec::new(),
            };
        }
        if !self.is_left_in_time() && now_ns >= self.kill_ns() {
            self.kill_ns = Some(now_ns.saturating_add(TERM_TO_KILL_NS));
            return to_everyone(&[libc::SIGKILL]);
        }
        self.due(now_ns).into_iter().map(|signal| Order { to: Whom::Root, signal }).collect()
    }

    /// Whether the recording is over although the program goes on.
    pub(crate) fn leaves_program(&self) -> bool {
        let is_asked = self.seen.iter().any(|&signal| is_request_to_end(signal));
        self.is_given_up
            || (self.relation == Relation::Stranger && is_asked)
            || (self.is_left_in_time() && self.has_timed_out())
    }

    /// Whether the end of its time is nothing to the program.
    fn is_left_in_time(&self) -> bool {
        self.relation == Relation::Stranger || self.after_timeout == AfterTimeout::Leave
    }

    /// Whether the time that was given is over.
    pub(crate) fn has_timed_out(&self) -> bool {
        self.kill_ns.is_some()
    }

    /// Whether an interrupt was typed.
    pub(crate) fn was_typed_to(&self) -> bool {
        self.n_typed > 0
    }

    /// When a program whose time is over is made to end.
    pub(crate) fn kill_ns(&self) -> u64 {
        self.kill_ns.unwrap_or(u64::MAX)
    }

    /// Why the run ended, given how the program did if it is known.
    pub(crate) fn ending(&self, exit: Option<Exit>) -> Ending {
        let was_heeded = exit.and_then(Exit::signal).is_some_and(|signal| self.seen.contains(&signal));
        match (self.has_timed_out(), self.leaves_program() || was_heeded || self.has_passed_on_end) {
            (true, _) => Ending::Timeout,
            (false, true) => Ending::Interrupted,
            (false, false) => Ending::Exit,
        }
    }

    /// Takes in the signals that reached us while the program ended. They may be why it did, and nothing else comes of
    /// them.
    pub(crate) fn heed(&mut self, caught: &[Caught]) {
        caught.iter().for_each(|caught| self.see(*caught));
        self.n_typed = self.n_typed.max(caught.iter().any(Caught::is_typed_interrupt).into());
    }

    fn see(&mut self, Caught { signal, origin }: Caught) {
        if origin != Origin::Group && !self.seen.contains(&signal) {
            self.seen.push(signal);
        }
    }

    /// A terminal sends to the program as well, so that only what a process sent is passed on. A hangup is the
    /// exception: the system may send it to the leader of a session alone.
    fn catch(&mut self, caught: Caught, now_ns: u64) {
        self.see(caught);
        let Caught { signal, origin } = caught;
        match origin {
            Origin::Group => self.all_have(signal, now_ns),
            Origin::ProcessToUs => self.pass_on(signal, now_ns),
            Origin::Process => self.pass_on_later(signal, now_ns),
            Origin::System if signal == libc::SIGHUP => self.pass_on_later(signal, now_ns),
            Origin::System if signal == libc::SIGINT => self.typed(now_ns),
            Origin::System => {}
        }
    }

    fn typed(&mut self, now_ns: u64) {
        let patience_ns = if self.n_typed == 2 { READING_NS } else { IMPATIENCE_NS };
        let is_in_a_row = self.n_typed > 0 && now_ns.saturating_sub(self.typed_at_ns) < patience_ns;
        self.n_typed = if is_in_a_row { self.n_typed + 1 } else { 1 };
        self.typed_at_ns = now_ns;
        let n_enough = if self.attitude == Attitude::Catches { 3 } else { 2 };
        self.is_given_up |= self.n_typed >= n_enough;
        self.should_warn = self.n_typed == 2 && !self.is_given_up;
    }

    /// Whoever is in our group has it, and so has the program. That we have it too may be told before or after.
    fn all_have(&mut self, signal: i32, now_ns: u64) {
        self.waiting.retain(|&(_, it)| it != signal);
        self.had_by_all.retain(|&(until_ns, it)| it != signal && until_ns > now_ns);
        self.had_by_all.push((now_ns.saturating_add(self.grace_ns), signal));
    }

    /// It may have been meant for our whole group, of which there may be word before or after.
    fn pass_on_later(&mut self, signal: i32, now_ns: u64) {
        if !self.had_by_all.iter().any(|&(until_ns, it)| it == signal && now_ns < until_ns) {
            self.pass_on(signal, now_ns.saturating_add(self.grace_ns));
        }
    }

    fn pass_on(&mut self, signal: i32, at_ns: u64) {
        let is_waiting = self.waiting.iter().any(|&(_, it)| it == signal);
        if self.relation == Relation::Child && !is_waiting {
            self.waiting.push((at_ns, signal));
        }
    }

    /// The signals whose grace is over.
    fn due(&mut self, now_ns: u64) -> Vec<i32> {
        let due: Vec<i32> =
            self.waiting.extract_if(.., |&mut (at_ns, _)| now_ns >= at_ns).map(|(_, it)| it).collect();
        self.has_passed_on_end |= due.iter().any(|&signal| is_request_to_end(signal));
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
#[path = "control/tests.rs"]
mod tests;
