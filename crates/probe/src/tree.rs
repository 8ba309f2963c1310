//! The processes of a run: who joined, what each holds, and who is gone.
//!
//! It follows processes by descriptors that stay open, so that a number which the system uses again is another
//! process. One that cannot be read any more takes away only itself.

use std::collections::HashMap;
use std::io;

use mprof_recording::command;
use mprof_recording::event::{Departure, Event, Kind, Pid};
use mprof_recording::metric::{Bytes, Metric};

use crate::exits::Exits;
use crate::lives::Lives;
use crate::os::{self, Exited, Reader, Reaped, Resetter};
use crate::sets::{Sets, SetsRead};

mod account;
mod apart;
mod ghosts;
mod process;
mod survivors;
#[cfg(test)]
mod tests;
mod unread;

use apart::Apart;
use ghosts::{Ghosts, Untold};
use process::{Effort, Process, Reading, open};
use unread::Unread;

/// Above so many processes, those that do not run are read in turns, some at each tick.
const N_READ_IN_FULL: usize = 64;
const N_IN_TURN: usize = 16;

/// A process that was started by one of the run's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Born {
    pub(crate) number: u32,
    pub(crate) parent: u32,
}

/// What a high-water mark is the highest of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarksKept {
    /// Of the whole life of the process: it is only read.
    ForLife,
    /// Of the interval since the reading before: it is reset after each, which alters the process's own `ru_maxrss`
    /// and waits while the process changes its mappings (Linux).
    ForInterval,
}

/// Every process of a run that is alive.
#[derive(Debug)]
pub(crate) struct Tree {
    root: u32,
    processes: Vec<Process>,
    /// Where each number is among the processes.
    places: HashMap<u32, usize>,
    lives: Lives,
    /// Present if marks are begun anew.
    resetter: Option<Resetter>,
    sets: Sets,
    /// What each process held at the last tick.
    rss_bytes: Vec<(u32, u64)>,
    ghosts: Ghosts,
    unread: Unread,
    /// How many were not stopped at their exit although all should be.
    n_escaped: u64,
    swapped: Apart,
    hugetlb: Apart,
    n_ticks: usize,
    /// When the run started, on the clock of `monotonic_ns`, and when everyone was read last, since then.
    started_ns: u64,
    read_ns: u64,
    /// The processes ran before the recording, so that what their marks say at first is older than it.
    has_old_marks: bool,
}

impl Tree {
    /// A tree of the root alone, which is known by its name before it can be read.
    pub(crate) fn new(root: u32, name: &[u8], marks: MarksKept) -> io::Result<Self> {
        os::check_numbers()?;
        let resetter = (marks == MarksKept::ForInterval).then(Resetter::start).transpose()?;
        let mut reader = open(root, resetter.as_ref(), || ())?;
        reader.knows_name(name);
        let mut lives = Lives::default();
        let pid = lives.next(root);
        Ok(Self {
            root,
            processes: vec![Process { is_told: true, ..Process::new(pid, None, reader) }],
            places: HashMap::from([(root, 0)]),
            lives,
            resetter,
            sets: Sets::default(),
            rss_bytes: Vec::new(),
            ghosts: Ghosts::default(),
            unread: Unread::default(),
            n_escaped: 0,
            swapped: Apart::default(),
            hugetlb: Apart::default(),
            n_ticks: 0,
            started_ns: 0,
            read_ns: 0,
            has_old_marks: false,
        })
    }

    /// The processes run already: only what rises from now on is of the recording.
    pub(crate) fn with_old_marks(self) -> Self {
        Self { has_old_marks: true, ..self }
    }

    /// Proportional and unique sets are read as often as that.
    pub(crate) fn with_sets(self, read: SetsRead) -> Self {
        Self { sets: Sets::new(read), ..self }
    }

    /// When the run started.
    pub(crate) fn starts_at(&mut self, started_ns: u64) {
        self.started_ns = started_ns;
    }

    /// The numbers of the processes that are followed.
    pub(crate) fn numbers(&self) -> Vec<u32> {
        self.processes.iter().map(|process| process.pid.number).collect()
    }

    /// Whether there is one process and no more.
    pub(crate) fn is_one(&self) -> bool {
        self.processes.len() == 1
    }

    /// Sends a signal to each process that is alive at this moment, but for the root.
    pub(crate) fn signal_others(&mut self, signal: i32) {
        let root = self.root;
        for process in self.processes.iter_mut().filter(|process| process.pid.number != root) {
            os::send(process.pid.number, signal, || process.is_alive());
        }
    }

    /// Whether a process is alive beside the root.
    pub(crate) fn has_living_others(&mut self) -> bool {
        let root = self.root;
        self.processes.iter_mut().any(|process| process.pid.number != root && process.is_alive())
    }

    /// The latest process of a number.
    pub(crate) fn latest(&self, number: u32) -> Pid {
        self.lives.latest(number)
    }

    /// Whether a process is followed.
    pub(crate) fn follows(&self, number: u32) -> bool {
        self.places.contains_key(&number)
    }

    /// Whether a process is or was followed.
    pub(crate) fn has_followed(&self, number: u32) -> bool {
        self.lives.has_used(number)
    }

    /// Follows a process from now on. One that is followed and alive is the same, told twice; otherwise it is gone,
    /// and its number is another's.
    pub(crate) fn add(&mut self, born: Born, at_ns: u64, exits: &mut Exits, events: &mut Vec<Event>) {
        if let Some(&place) = self.places.get(&born.number) {
            if born.number == self.root || self.processes[place].is_alive() {
                return;
            }
            self.remove(born.number, at_ns, exits, events);
        }
        match self.reader(born.number) {
            Ok(reader) => {
                let (pid, parent) = self.take_up(born);
                self.places.insert(born.number, self.processes.len());
                self.processes.push(Process::new(pid, parent, reader));
            }
            Err(_) => match exits.take(born.number) {
                Some(exited) => self.tell_unseen(&Exited { parent: born.parent, ..exited }, at_ns, events),
                None => {
                    // Who lives on, and cannot be opened for want of descriptors, will be told at its exit.
                    let is_news = !self.ghosts.has(born.number) && !os::exists(born.number);
                    self.n_escaped += u64::from(exits.is_tracing() && is_news);
                    self.lose(born, at_ns, events);
                }
            },
        }
    }

    /// A process cannot be opened: it is gone, or waits for us as an orphan, or is hidden from us.
    fn lose(&mut self, born: Born, at_ns: u64, events: &mut Vec<Event>) {
        if let Some(reaped) = os::reap_if_ours(born.number) {
            self.unread.was_over();
            return tell_orphan(self.untold(born), &reaped, at_ns, events);
        }
        if !self.ghosts.has(born.number) {
            self.unread.lose(born.number);
            let untold = self.untold(born);
            self.ghosts.add_untold(untold);
        }
    }

    fn untold(&mut self, born: Born) -> Untold {
        let (pid, parent) = self.take_up(born);
        Untold { pid, parent, name: String::new() }
    }

    /// Who a process and its parent are among all that had their numbers. Asked for at the fork, since the parent may
    /// be gone when there is something to tell of the child, and its number another's.
    fn take_up(&mut self, born: Born) -> (Pid, Option<Pid>) {
        let parent = self.lives.has_used(born.parent).then(|| self.lives.latest(born.parent));
        (self.lives.next(born.number), parent)
    }

    /// Where descriptors are short, the others give up those that they can do without.
    fn reader(&mut self, number: u32) -> io::Result<Reader> {
        let processes = &mut self.processes;
        let spare = || processes.iter_mut().for_each(|process| process.reader.shed());
        open(number, self.resetter.as_ref(), spare)
    }

    /// Tells of a process that nobody followed, and that was read at its exit alone.
    pub(crate) fn tell_unseen(&mut self, exited: &Exited, at_ns: u64, events: &mut Vec<Event>) {
        let (pid, parent) = self.take_up(Born { number: exited.pid, parent: exited.parent });
        self.tell_exited(pid, parent, exited, at_ns, events);
    }

    /// Tells of a process that was read at its exit alone: it lived since then, or for as long as nobody looked.
    fn tell_exited(
        &mut self,
        pid: Pid,
        parent: Option<Pid>,
        exited: &Exited,
        at_ns: u64,
        events: &mut Vec<Event>,
    ) {
        self.ghosts.add(exited.pid);
        let left_ns = exited.at_ns.saturating_sub(self.started_ns).clamp(self.read_ns, at_ns);
        let born_ns = exited.born_ns.map_or(0, |born_ns| born_ns.saturating_sub(self.started_ns));
        let joined = Kind::Joined { pid, parent, name: name_text(&exited.name) };
        events.push(Event { at_ns: born_ns.clamp(self.read_ns, left_ns), kind: joined });
        let departure = exited.added_to(Departure::default());
        events.push(Event { at_ns: left_ns, kind: Kind::Left { pid, departure } });
    }

    /// Reaps orphans that were gone before. One that was met in the middle of its exit is told of by that alone.
    fn bury(&mut self, at_ns: u64, events: &mut Vec<Event>) {
        for (untold, reaped) in self.ghosts.bury() {
            tell_orphan(untold, &reaped, at_ns, events);
        }
    }

    /// The same at the end of the run: of those too who end in this moment.
    pub(crate) fn bury_the_last(
        &mut self,
        is_wanted: impl FnMut() -> bool,
        at_ns: u64,
        events: &mut Vec<Event>,
    ) {
        for (untold, reaped) in self.ghosts.bury_the_last(is_wanted) {
            tell_orphan(untold, &reaped, at_ns, events);
        }
    }

    /// Reads every process, at one time. Says whether the root was among those that could be read.
    pub(crate) fn read(&mut self, at_ns: u64, exits: &mut Exits, events: &mut Vec<Event>) -> bool {
        self.n_ticks += 1;
        self.read_ns = at_ns;
        self.sets.turn(&self.rss_bytes, at_ns);
        self.rss_bytes.clear();
        self.swapped.begin();
        self.hugetlb.begin();
        let mut has_root = false;
        let mut gone = Vec::new();
        for place in 0..self.processes.len() {
            let effort = self.effort(place);
            let process = &mut self.processes[place];
            let number = process.pid.number;
            match process.read(effort, at_ns) {
                Reading::Bytes(bytes) => {
                    has_root |= number == self.root;
                    self.tell(place, at_ns, bytes, events);
                }
                Reading::Over if number != self.root => gone.push(number),
                Reading::Over | Reading::NotYet => {}
            }
        }
        self.swapped.end();
        self.hugetlb.end();
        gone.into_iter().for_each(|number| self.remove(number, at_ns, exits, events));
        self.bury(at_ns, events);
        has_root
    }

    /// Removes the processes that are over, without telling a reading. The root is the caller's.
    pub(crate) fn remove_exited(&mut self, at_ns: u64, exits: &mut Exits, events: &mut Vec<Event>) {
        let root = self.root;
        let is_over = |process: &mut Process| process.pid.number != root && !process.is_alive();
        let gone = self.processes.iter_mut().filter_map(|it| is_over(it).then_some(it.pid.number));
        let gone: Vec<u32> = gone.collect();
        gone.into_iter().for_each(|number| self.remove(number, at_ns, exits, events));
        self.bury(at_ns, events);
    }

    /// Small trees are read at each tick. In large ones a process that has not run is read in its turn.
    fn effort(&self, place: usize) -> Effort {
        let n_processes = self.processes.len();
        let is_root = self.processes[place].pid.number == self.root;
        if n_processes <= N_READ_IN_FULL || is_root || self.sets.are_in_every_reading() {
            return Effort::UnlessAsleep;
        }
        let has_turn = (place + self.n_ticks).is_multiple_of(n_processes.div_ceil(N_IN_TURN));
        if has_turn { Effort::Full } else { Effort::IfRun }
    }

    /// A process is gone. How it ended is known of an orphan that became our child, and what it held at its exit where
    /// it was stopped there.
    fn remove(&mut self, number: u32, at_ns: u64, exits: &mut Exits, events: &mut Vec<Event>) {
        let Some(place) = self.places.remove(&number) else { return };
        let mut process = self.processes.swap_remove(place);
        if let Some(moved) = self.processes.get(place) {
            self.places.insert(moved.pid.number, place);
        }
        let is_known = self.ghosts.has(number);
        let whole = os::reap_if_ours(number);
        let reaped = whole.map(|reaped| reaped.exit_alone());
        let is_met_again = is_known && !process.is_told;
        if reaped.is_none() && !is_met_again {
            self.ghosts.add(number);
        }
        match (process.is_told, exits.take(number)) {
            (true, exited) => {
                self.n_escaped += u64::from(exited.is_none() && exits.is_tracing());
                let reaped = reaped.unwrap_or_default();
                let departure = exited.map_or(reaped, |exited| exited.added_to(reaped));
                events.push(Event { at_ns, kind: Kind::Left { pid: process.pid, departure } });
            }
            (false, Some(exited)) => self.tell_exited(process.pid, process.parent, &exited, at_ns, events),
            // A look has found it once more, who was known and waited for its parent, or for us.
            (false, None) if is_known => {
                let untold = whole.and_then(|whole| Some((self.ghosts.forget(number)?, whole)));
                untold.into_iter().for_each(|(untold, whole)| tell_orphan(untold, &whole, at_ns, events));
            }
            (false, None) => {
                self.n_escaped += u64::from(exits.is_tracing());
                self.unread.was_over();
                let untold = process.untold();
                match whole {
                    Some(reaped) => tell_orphan(untold, &reaped, at_ns, events),
                    None => self.ghosts.add_untold(untold),
                }
            }
        }
    }

    /// Tells a reading, and before it what is new about the process.
    fn tell(&mut self, place: usize, at_ns: u64, mut bytes: Bytes, events: &mut Vec<Event>) {
        let process = &mut self.processes[place];
        let pid = process.pid;
        process.sift_mark(self.has_old_marks, &mut bytes);
        let name = process.reader.take_new_name().map(|name| name_text(&name));
        if let Some(name) = &name {
            process.name.clone_from(name);
        }
        let is_new = !std::mem::replace(&mut process.is_told, true);
        let parent = process.parent;
        match (is_new, name) {
            (true, name) => {
                let name = name.unwrap_or_default();
                events.push(Event { at_ns, kind: Kind::Joined { pid, parent, name } });
            }
            (false, Some(name)) => events.push(Event { at_ns, kind: Kind::Renamed { pid, name } }),
            (false, None) => {}
        }
        self.swapped.add(bytes.get(Metric::Swap).unwrap_or(0));
        self.hugetlb.add(bytes.get(Metric::Hugetlb).unwrap_or(0));
        self.rss_bytes.push((pid.number, bytes.get(Metric::Rss).unwrap_or(0)));
        let sets = self.sets.take(pid.number).unwrap_or_default();
        sets.iter().for_each(|(metric, value)| bytes.set(metric, Some(value)));
        events.push(Event { at_ns, kind: Kind::Sample { pid, bytes } });
    }
}

/// Tells of an orphan that was never read and that we reaped: its `ru_maxrss` is all that is known of its memory.
fn tell_orphan(Untold { pid, parent, name }: Untold, reaped: &Reaped, at_ns: u64, events: &mut Vec<Event>) {
    let joined = Kind::Joined { pid, parent, name };
    let left = Kind::Left { pid, departure: reaped.departure(None) };
    events.extend([joined, left].map(|kind| Event { at_ns, kind }));
}

/// A name that can be printed anywhere.
pub(crate) fn name_text(name: &[u8]) -> String {
    command::printable(&String::from_utf8_lossy(name))
}
