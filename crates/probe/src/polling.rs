//! The recorder's source of readings: a program and everything that comes of it, read at absolute times to its end.

use std::io;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use mprof_recording::event::{Departure, Event, Exit, Finish, Kind, Pid, Start};
use mprof_recording::metric::Metric;
use mprof_recording::pump::{Source, State};

use crate::control::{Control, Order, Relation, Whom};
use crate::exits::Exits;
use crate::os::{self, Membership, Signals, Waiter, Woken};
use crate::pace::Pace;
use crate::program::{ExitsSeen, NotRunnable, Program, Spawned};
use crate::running::Running;
use crate::tree::{Born, MarksKept, Tree, name_text};

/// How often, and how long apart, a program is asked for its first memory: exec may not be through with giving it.
const N_FIRST_TRIES: u32 = 20;
const FIRST_TRY_EVERY: Duration = Duration::from_micros(50);

/// How often, and how long apart, processes are looked at that are to end because the time is over: for five seconds.
const N_LAST_LOOKS: u32 = 500;
const LAST_LOOK_EVERY: Duration = Duration::from_millis(10);

/// How a run is to be recorded.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time between two samples.
    pub interval_ns: u64,
    /// The program and what comes of it is ended after this time.
    pub timeout_ns: Option<u64>,
    /// Whether processes are stopped at their exit, to be read once more.
    pub exits: ExitsSeen,
    /// What a high-water mark is the highest of.
    pub marks: MarksKept,
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
    waiter: Waiter,
    signals: Option<Signals>,
    control: Control,
    pace: Pace,
    started_ns: u64,
    maxrss_floor_bytes: Option<u64>,
    marks: MarksKept,
    /// What is told at the first poll.
    opening: Vec<Event>,
    born: Vec<Born>,
    exits: Exits,
    ended_by: Option<Exit>,
}

impl Polling {
    /// Starts the program. It runs from here on, whatever becomes of us.
    ///
    /// # Errors
    /// When the program cannot be executed.
    pub fn spawn(program: &Program, options: &Options) -> Result<Self, NotRunnable> {
        // Without signals of our own the program can still be run and recorded.
        let signals = Signals::catch().ok();
        let membership = Membership::of_next_child(options.interval_ns);
        let precision = os::describe_precision();
        let argv = program.argv.iter().map(|arg| arg.as_bytes().to_vec()).collect();
        let start = start(argv, options);
        let spawn_ns = os::monotonic_ns();
        let Spawned { pid: root, maxrss_floor_bytes, tracer } = program.spawn(options.exits)?;
        os::after_spawn();
        let exits = tracer.as_ref().map(|tracer| match tracer {
            Ok(_) => ("exits", "every process is stopped at its exit by ptrace, and read".to_owned()),
            Err(error) => ("exits_refused", format!("processes cannot be stopped at their exit: {error}")),
        });
        let (exits_key, exits) = exits.map_or(("exits", None), |(key, text)| (key, Some(text)));
        let (tree, refusal) = match Tree::new(root, file_name(program), options.marks) {
            Ok(tree) => (Some(tree), None),
            Err(error) => (None, Some(format!("the program cannot be read: {error}"))),
        };
        let notes = [
            ("counters", Some(precision)),
            ("membership", Some(membership.describe())),
            (exits_key, exits),
            ("marks", note_of(options.marks)),
            ("unread", refusal),
        ];
        let opening = opening(start, &notes, root, file_name(program));
        let mut polling = Self::follow(root, Relation::Child, tree, membership, signals, options);
        (polling.opening, polling.started_ns) = (opening, spawn_ns);
        polling.maxrss_floor_bytes = maxrss_floor_bytes;
        polling.exits = Exits::of(tracer.and_then(Result::ok));
        Ok(polling)
    }

    /// Follows a program that runs already. It is read and nothing else: no signal of ours reaches it, and when the
    /// recording ends first, it goes on.
    ///
    /// # Errors
    /// When there is no such process, or when it may not be read.
    pub fn attach(running: &Running, options: &Options) -> io::Result<Self> {
        let tree = Tree::new(running.number, &running.name, options.marks)?.with_old_marks();
        let signals = Signals::catch().ok();
        let membership = Membership::of_running(running.number);
        let precision = os::describe_precision();
        os::after_spawn();
        let attached =
            "the program ran before; its high-water mark may be older than the recording".to_owned();
        let notes = [
            ("counters", Some(precision)),
            ("membership", Some(membership.describe())),
            ("attached", Some(attached)),
            ("marks", note_of(options.marks)),
        ];
        let opening = opening(start(running.argv.clone(), options), &notes, running.number, &running.name);
        let mut polling =
            Self::follow(running.number, Relation::Stranger, Some(tree), membership, signals, options);
        polling.opening = opening;
        Ok(polling)
    }

    fn follow(
        root: u32,
        relation: Relation,
        tree: Option<Tree>,
        membership: Membership,
        signals: Option<Signals>,
        options: &Options,
    ) -> Self {
        let now_ns = os::monotonic_ns();
        let deadline_ns = options.timeout_ns.map(|ns| now_ns.saturating_add(ns));
        Self {
            root,
            relation,
            pid: Pid::from(root),
            tree,
            membership,
            waiter: Waiter::new(root),
            signals,
            control: Control::new(relation, deadline_ns),
            pace: Pace::new(now_ns, options.interval_ns),
            started_ns: now_ns,
            maxrss_floor_bytes: None,
            marks: options.marks,
            opening: Vec::new(),
            born: Vec::new(),
            exits: Exits::default(),
            ended_by: None,
        }
    }

    /// The first sample waits for nothing, so that a program of a millisecond has one too.
    fn open(&mut self, events: &mut Vec<Event>) -> io::Result<()> {
        events.append(&mut self.opening);
        for _ in 0..N_FIRST_TRIES {
            let now_ns = os::monotonic_ns();
            let is_over = self.wait(now_ns)? == Woken::Exited;
            let at_ns = self.at(now_ns);
            if self.tree.as_mut().is_none_or(|tree| tree.read(at_ns, &mut self.exits, events)) || is_over {
                break;
            }
            std::thread::sleep(FIRST_TRY_EVERY);
        }
        let has_sample = events.iter().any(|event| matches!(event.kind, Kind::Sample { .. }));
        let now_ns = os::monotonic_ns();
        if has_sample {
            self.pace.sampled(now_ns);
        } else {
            self.pace.had_nothing(now_ns);
        }
        Ok(())
    }

    fn wait(&mut self, until_ns: u64) -> io::Result<Woken> {
        self.waiter.wait(until_ns, self.signals.as_ref(), &self.membership)
    }

    /// One tick: who joined, who is gone, and what each holds.
    fn tick(&mut self, events: &mut Vec<Event>) {
        let now_ns = os::monotonic_ns();
        let at_ns = self.at(now_ns);
        self.admit(now_ns, events);
        match self.tree.as_mut().map(|tree| tree.read(at_ns, &mut self.exits, events)) {
            Some(true) => self.pace.sampled(now_ns),
            Some(false) => self.pace.had_nothing(now_ns),
            None => self.pace.failed(now_ns),
        }
    }

    /// Takes up new processes.
    fn admit(&mut self, now_ns: u64, events: &mut Vec<Event>) {
        let Some(tree) = &mut self.tree else { return };
        let at_ns = now_ns.saturating_sub(self.started_ns);
        // What came and went since the last tick is known from its exit alone. Its fork may still be told.
        let root = self.root;
        let unseen = self.exits.take_unseen(|number| number == root || tree.follows(number));
        self.membership.drain(|| tree.numbers(), now_ns, &mut self.born);
        let ours = self.exits.tracer_number();
        let is_news =
            |born: &Born| Some(born.number) != ours && unseen.iter().all(|it| it.pid != born.number);
        for born in self.born.drain(..).filter(is_news) {
            tree.add(born, at_ns, &mut self.exits, events);
        }
        for exited in &unseen {
            let at_ns = exited.at_ns.saturating_sub(self.started_ns);
            tree.tell_unseen(exited, at_ns, events);
        }
    }

    fn obey(&mut self, events: &mut Vec<Event>) {
        let now_ns = os::monotonic_ns();
        let caught = self.signals.as_ref().map(Signals::take).unwrap_or_default();
        let orders = self.control.orders(&caught, now_ns);
        if orders.iter().any(|order| order.to == Whom::Everyone) {
            // What was born since the last tick is meant too.
            self.admit(now_ns, events);
        }
        for Order { to, signal } in orders {
            let mut numbers = vec![self.root];
            if to == Whom::Everyone {
                numbers.extend(self.living_others());
            }
            numbers.into_iter().for_each(|number| os::send(number, signal));
        }
    }

    /// The time is over and the root is gone: ends what came of it, which may have ignored the first request.
    fn outlast(&mut self, events: &mut Vec<Event>) {
        for _ in 0..N_LAST_LOOKS {
            let now_ns = os::monotonic_ns();
            self.admit(now_ns, events);
            let others = self.living_others();
            if others.is_empty() {
                return;
            }
            if now_ns >= self.control.kill_ns() {
                others.into_iter().for_each(|number| os::send(number, libc::SIGKILL));
            }
            std::thread::sleep(LAST_LOOK_EVERY);
        }
    }

    /// Every process of the tree that is alive at this moment, but for the root.
    fn living_others(&mut self) -> Vec<u32> {
        let root = self.root;
        self.tree.iter_mut().flat_map(Tree::living).filter(|&number| number != root).collect()
    }

    fn end(&mut self, events: &mut Vec<Event>) -> io::Result<()> {
        if self.control.has_timed_out() && self.relation == Relation::Child {
            self.outlast(events);
        }
        let now_ns = os::monotonic_ns();
        let at_ns = self.at(now_ns);
        self.pace.end(now_ns);
        let departure = self.departure()?;
        if let Some(tree) = &mut self.tree {
            tree.remove_exited(at_ns, &mut self.exits, events);
        }
        self.admit(now_ns, events);
        events.extend(
            departure.map(|departure| Event { at_ns, kind: Kind::Left { pid: self.pid, departure } }),
        );
        if self.membership.n_lost() > 0 {
            let text = format!("{} records of forks and exits were lost", self.membership.n_lost());
            events.push(Event { at_ns, kind: Kind::Noted { key: "membership_lost", text } });
        }
        if let Some(text) = self.exits.failure() {
            let text = format!("not every process was stopped at its exit: {text}");
            events.push(Event { at_ns, kind: Kind::Noted { key: "exits_missed", text } });
        }
        events.push(Event { at_ns, kind: Kind::Finished(self.finish()) });
        Ok(())
    }

    /// How the program ended, if it did. Only of a child is more known than that.
    fn departure(&mut self) -> io::Result<Option<Departure>> {
        match self.relation {
            _ if self.control.leaves_program() => Ok(None),
            Relation::Child => {
                let reaped = os::reap(self.root)?.departure(self.maxrss_floor_bytes);
                let hwm_bytes = self.exits.take(self.root).and_then(|exited| exited.bytes.get(Metric::Hwm));
                // Marks that were reset took the process's own maximum with them.
                let is_whole = self.marks == MarksKept::ForLife;
                let maxrss_bytes = reaped.maxrss_bytes.filter(|_| is_whole);
                let hwm_bytes = hwm_bytes.filter(|_| is_whole);
                Ok(Some(Departure { hwm_bytes, maxrss_bytes, ..reaped }))
            }
            Relation::Stranger => Ok(Some(Departure::default())),
        }
    }

    fn finish(&self) -> Finish {
        let usage = os::own_usage();
        Finish {
            how: self.control.ending(self.ended_by),
            n_unread: self.tree.as_ref().map_or(0, Tree::n_unread),
            own_cpu_ns: usage.map(|usage| usage.cpu_ns),
            own_peak_bytes: usage.map(|usage| usage.peak_bytes),
            ..self.pace.finish()
        }
    }

    fn at(&self, now_ns: u64) -> u64 {
        now_ns.saturating_sub(self.started_ns)
    }
}

impl Source for Polling {
    fn poll(&mut self, events: &mut Vec<Event>) -> io::Result<State> {
        if !self.opening.is_empty() {
            self.open(events)?;
            return Ok(State::Running);
        }
        let until_ns = self.pace.due_ns().min(self.control.next_ns());
        match self.wait(until_ns)? {
            Woken::Exited => {
                self.end(events)?;
                return Ok(State::Finished);
            }
            Woken::Called => {
                self.admit(os::monotonic_ns(), events);
                self.obey(events);
            }
            Woken::Due if os::monotonic_ns() >= self.control.next_ns() => self.obey(events),
            Woken::Due => {}
        }
        if self.control.leaves_program() {
            self.end(events)?;
            return Ok(State::Finished);
        }
        if os::monotonic_ns() >= self.pace.due_ns() {
            self.tick(events);
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
}

fn start(argv: Vec<Vec<u8>>, options: &Options) -> Start {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Start {
        argv,
        unix_ns: since_epoch.map_or(0, |it| it.as_nanos() as u64),
        interval_ns: Some(options.interval_ns),
        recorder: Some(options.recorder.clone()),
        system: Some(os::describe_system()),
    }
}

/// What is told before the first reading.
fn opening(start: Start, notes: &[(&'static str, Option<String>)], root: u32, name: &[u8]) -> Vec<Event> {
    let notes = notes.iter().filter_map(|(key, text)| Some(Kind::Noted { key, text: text.clone()? }));
    let joined = Kind::Joined { pid: Pid::from(root), parent: None, name: name_text(name) };
    let kinds = [Kind::Started(start)].into_iter().chain(notes).chain([joined]);
    kinds.map(|kind| Event { at_ns: 0, kind }).collect()
}

fn note_of(marks: MarksKept) -> Option<String> {
    let text = "each mark is of the interval before; the processes' own ru_maxrss was reset with it";
    (marks == MarksKept::ForInterval).then(|| text.to_owned())
}

fn file_name(program: &Program) -> &[u8] {
    program.path.file_name().unwrap_or_default().as_bytes()
}
