//! The recorder's source of readings: a program and everything that comes of it, read at absolute times to its end.

use std::io;
use std::time::Duration;

use mprof_recording::event::{Event, Exit, Kind, Pid, SAID_AT_ONCE};
use mprof_recording::pump::{Source, State};

use crate::control::{self, AfterTimeout, Attitude, Control, Order, Relation, Whom};
use crate::exits::Exits;
use crate::marking::MarkOn;
use crate::os::{self, Aside, Caught, Exited, Membership, Signals, Watch, Woken};
use crate::outputs::Outputs;
use crate::pace::Pace;
use crate::phases::{Family, Now, Phases};
use crate::program::ExitsSeen;
use crate::sets::SetsRead;
use crate::time::{self, Sleeps, Time};
use crate::tree::{Born, MarksKept, Tree};

mod begin;
mod end;
#[cfg(test)]
#[path = "polling/tests/simulated.rs"]
mod simulated;

/// How often, and how long apart, a program is asked for its first memory: exec may not be through with giving it.
const N_FIRST_TRIES: u32 = 20;
const FIRST_TRY_EVERY: Duration = Duration::from_micros(50);

/// What is said where the time is over and the program cannot be ended.
const NOT_ENDED: &str =
    "the program could not be ended: it runs as another user now, and only that one or root may";

/// How a run is to be recorded.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time between two samples.
    pub interval_ns: u64,
    /// The recording ends after this time.
    pub timeout_ns: Option<u64>,
    /// What becomes of the program then, if we started it.
    pub after_timeout: AfterTimeout,
    /// Whether processes are stopped at their exit, to be read once more.
    pub exits: ExitsSeen,
    /// What a high-water mark is the highest of.
    pub marks: MarksKept,
    /// Which lines of what the program prints make marks.
    pub mark_on: Option<MarkOn>,
    /// How often proportional and unique sets are read.
    pub sets: SetsRead,
    /// What makes the recording, such as `mprof-rs 0.1.0`.
    pub recorder: String,
}

/// Reads a tree of processes at a pace.
#[derive(Debug)]
pub struct Polling {
    root: u32,
    relation: Relation,
    pid: Pid,
    /// Absent when the program could not be opened for reading: it is followed to its end all the same.
    tree: Option<Tree>,
    membership: Membership,
    time: Time,
    sleeps: Sleeps,
    signals: Option<Signals>,
    control: Control,
    pace: Pace,
    started_ns: u64,
    maxrss_floor_bytes: Option<u64>,
    phases: Phases,
    outputs: Outputs,
    /// What is told at the first poll.
    opening: Vec<Event>,
    born: Vec<Born>,
    /// Who came and went since the last tick. It is told at the next one, like everything between them.
    unseen: Vec<Exited>,
    exits: Exits,
    aside: Aside,
    /// Begun when there is a first reading, which comes before.
    watch: Option<Watch>,
}

impl Polling {
    /// The first sample waits for nothing, so that a program of a millisecond has one too.
    fn open(&mut self, events: &mut Vec<Event>) -> io::Result<()> {
        events.append(&mut self.opening);
        for _ in 0..N_FIRST_TRIES {
            let now_ns = self.time.now_ns();
            let is_over = self.wait(now_ns)? == Woken::Exited;
            let at_ns = self.at(now_ns);
            if self.tree.as_mut().is_none_or(|tree| tree.read(at_ns, &mut self.exits, events)) || is_over {
                break;
            }
            std::thread::sleep(FIRST_TRY_EVERY);
        }
        let watched = if self.relation == Relation::Child { std::process::id() } else { self.root };
        // Where the program cannot be read, neither can what surrounds it.
        self.watch = self.tree.is_some().then(|| Watch::begin(watched));
        let limits = self.watch.iter().flat_map(|watch| watch.limits().notes());
        // What can wait is found out while the program runs already.
        let notes = [("counters", Some(os::describe_precision()))].into_iter().chain(limits);
        let notes = notes.filter_map(|(key, text)| Some((key, text?)));
        events.extend(notes.map(|(key, text)| Event { at_ns: 0, kind: Kind::Noted { key, text } }));
        let has_sample = events.iter().any(|event| matches!(event.kind, Kind::Sample { .. }));
        let now_ns = self.time.now_ns();
        if has_sample {
            self.pace.sampled(now_ns);
        } else {
            self.pace.had_nothing(now_ns);
        }
        Ok(())
    }

    fn wait(&mut self, until_ns: u64) -> io::Result<Woken> {
        self.time.wait(until_ns, self.signals.as_ref(), &self.membership)
    }

    /// One tick: who joined, who is gone, and what each holds.
    fn tick(&mut self, now_ns: u64, events: &mut Vec<Event>) {
        let at_ns = self.at(now_ns);
        if let Some(slept_ns) = self.sleeps.look(now_ns, &self.time) {
            events.push(Event {
                at_ns,
                kind: Kind::Noted { key: "suspended", text: time::sleep_text(slept_ns, at_ns) },
            });
        }
        let n_before = events.len();
        self.catch_up(now_ns, events);
        // To take up many takes its time, and the readings are of afterwards.
        let is_one = self.tree.as_ref().is_none_or(Tree::is_one);
        let read_ns = if is_one { at_ns } else { self.at(self.time.now_ns()) };
        let outcome = self.tree.as_mut().map(|tree| tree.read(read_ns, &mut self.exits, events));
        in_order(&mut events[n_before..]);
        match outcome {
            Some(true) => self.pace.sampled(now_ns),
            Some(false) => self.pace.had_nothing(now_ns),
            None => self.pace.failed(now_ns),
        }
        let has_left = events[n_before..].iter().any(|event| matches!(event.kind, Kind::Left { .. }));
        if has_left || self.phases.is_due(now_ns) {
            self.hear(now_ns, events);
        }
        // Several processes may be anywhere.
        if self.tree.as_ref().is_some_and(Tree::is_one) {
            self.aside.step(now_ns);
        } else {
            self.aside.return_home();
        }
    }

    /// Takes up what the program told of its phases, until the next sample is due.
    fn hear(&mut self, now_ns: u64, events: &mut Vec<Event>) {
        let until_ns = self.pace.due_ns();
        let now = Now { started_ns: self.started_ns, now_ns, until_ns };
        self.phases.hear(now, &Family(self.root, self.tree.as_ref()), events);
        let (phases, root) = (&mut self.phases, self.pid);
        self.outputs.read(until_ns, |stream, name| phases.mark(now, root, stream, name, events));
    }

    /// Takes up new processes, and tells of those that came and went.
    fn catch_up(&mut self, now_ns: u64, events: &mut Vec<Event>) {
        self.admit(now_ns, events);
        let at_ns = self.at(now_ns);
        let Some(tree) = &mut self.tree else { return };
        self.unseen.drain(..).for_each(|exited| tree.tell_unseen(&exited, at_ns, events));
    }

    /// Takes up new processes.
    fn admit(&mut self, now_ns: u64, events: &mut Vec<Event>) {
        let Some(tree) = &mut self.tree else {
            // What nobody takes would wake us again and again.
            self.membership.drain(Vec::new, now_ns, &mut self.born);
            return self.born.clear();
        };
        let at_ns = now_ns.saturating_sub(self.started_ns);
        // What came and went since the last tick is known from its exit alone. Its fork may still be told.
        let root = self.root;
        self.unseen.extend(self.exits.take_unseen(|number| number == root || tree.follows(number)));
        self.membership.drain(|| tree.numbers(), now_ns, &mut self.born);
        if self.born.is_empty() {
            return;
        }
        // Who is attached to an ancestor comes of it as well.
        let sentinel = self.signals.as_ref().and_then(Signals::sentinel);
        let ours = [Some(std::process::id()), self.exits.tracer_number(), sentinel];
        for born in self.born.drain(..).filter(|born| !ours.contains(&Some(born.number))) {
            match take_unseen(born, &mut self.unseen) {
                Some(exited) => tree.tell_unseen(&exited, at_ns, events),
                None => tree.add(born, at_ns, &mut self.exits, events),
            }
        }
    }

    fn obey(&mut self, now_ns: u64, events: &mut Vec<Event>) {
        let caught = caught(self.signals.as_ref());
        if caught.iter().any(Caught::is_typed_interrupt) {
            self.control.learn(self.attitude());
        }
        let orders = self.control.orders(&caught, now_ns);
        if self.control.take_warning() {
            let text = control::ALMOST_OUT.to_owned();
            events.push(Event { at_ns: self.at(now_ns), kind: Kind::Noted { key: SAID_AT_ONCE, text } });
        }
        if orders.iter().any(|order| order.to == Whom::Everyone) {
            // What was born since the last tick is meant too.
            self.admit(now_ns, events);
        }
        for Order { to, signal } in orders {
            self.time.send(signal);
            if let (Whom::Everyone, Some(tree)) = (to, &mut self.tree) {
                tree.signal_others(signal);
            }
            if signal == libc::SIGKILL && os::is_beyond_us(self.root) {
                self.control.give_up();
                events.push(Event {
                    at_ns: self.at(now_ns),
                    kind: Kind::Noted { key: "not_ended", text: NOT_ENDED.to_owned() },
                });
            }
        }
    }

    /// One process of the run that catches interrupts is enough: the one that started it may ignore them meanwhile.
    fn attitude(&self) -> Attitude {
        let numbers = self.tree.as_ref().map_or_else(|| vec![self.root], Tree::numbers);
        let is_caught = numbers.into_iter().any(|number| os::catches(number, libc::SIGINT));
        if is_caught { Attitude::Catches } else { Attitude::Else }
    }

    fn at(&self, now_ns: u64) -> u64 {
        now_ns.saturating_sub(self.started_ns)
    }
}

/// The signals that reached us since the last look.
fn caught(signals: Option<&Signals>) -> Vec<Caught> {
    signals.map(Signals::take).unwrap_or_default()
}

/// A process that came and went unseen. Its parent is who started it, and not who adopted it since.
fn take_unseen(born: Born, unseen: &mut Vec<Exited>) -> Option<Exited> {
    let place = unseen.iter().position(|exited| exited.pid == born.number)?;
    Some(Exited { parent: born.parent, ..unseen.remove(place) })
}

/// Who came and went unseen is told when that is learnt, of a time before.
fn in_order(events: &mut [Event]) {
    // Nearly always they are, and sorting takes memory.
    if !events.is_sorted_by_key(|event| event.at_ns) {
        events.sort_by_cached_key(|event| event.at_ns);
    }
}

impl Source for Polling {
    fn poll(&mut self, events: &mut Vec<Event>) -> io::Result<State> {
        if !self.opening.is_empty() {
            self.open(events)?;
            return Ok(State::Running);
        }
        let until_ns = self.phases.due_ns().min(self.pace.due_ns()).min(self.control.next_ns());
        let woken = self.wait(until_ns)?;
        let now_ns = self.time.now_ns();
        match woken {
            Woken::Exited => {
                self.control.heed(&caught(self.signals.as_ref()));
                self.end(events)?;
                return Ok(State::Finished);
            }
            Woken::Called => {
                self.admit(now_ns, events);
                self.obey(now_ns, events);
            }
            Woken::Due if now_ns >= self.control.next_ns() => self.obey(now_ns, events),
            Woken::Due => {}
        }
        if self.control.leaves_program() {
            self.end(events)?;
            return Ok(State::Finished);
        }
        if now_ns >= self.pace.due_ns() {
            self.tick(now_ns, events);
        } else if now_ns >= self.phases.due_ns() {
            self.hear(now_ns, events);
        }
        Ok(State::Running)
    }
}

impl Polling {
    /// Waits for the program without recording: what is left when following it has failed.
    ///
    /// # Errors
    /// When even its end cannot be told.
    pub fn wait_for_exit(&self) -> io::Result<Exit> {
        os::reap(self.root).map(|reaped| reaped.exit)
    }

    /// Whether an interrupt came from a terminal, as by Ctrl-C.
    #[must_use]
    pub fn was_typed_to(&self) -> bool {
        self.control.was_typed_to()
    }
}
