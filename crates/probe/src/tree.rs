//! The processes of a run: who joined, what each holds, and who is gone.
//!
//! It follows processes by descriptors that stay open, so that a number which the system uses again is another
//! process. One that cannot be read any more takes away only itself.

use std::io;

use mprof_recording::command;
use mprof_recording::event::{Departure, Event, Kind, Pid};
use mprof_recording::metric::{Bytes, Metric};

use crate::exits::Exits;
use crate::lives::Lives;
use crate::os::{self, Exited, Reader};
use crate::pss::Pss;

/// Above so many processes, those whose resident set stands still are asked for the rest in turns.
const N_READ_IN_FULL: usize = 64;
/// A process of so many is resting when so many ticks found nothing new, and is then looked at every few ticks.
const N_TICKS_TO_REST: u32 = 8;
const N_TICKS_OF_REST: usize = 4;

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

impl MarksKept {
    fn reader(self, number: u32) -> io::Result<Reader> {
        let mut reader = Reader::open(number)?;
        if self == Self::ForInterval {
            reader.reset_marks();
        }
        Ok(reader)
    }
}

/// Every process of a run that is alive.
#[derive(Debug)]
pub(crate) struct Tree {
    root: u32,
    processes: Vec<Process>,
    lives: Lives,
    n_unread: u64,
    n_ticks: usize,
    pss: Pss,
    marks: MarksKept,
    /// What each process held at the last tick.
    rss_bytes: Vec<(u32, u64)>,
}

#[derive(Debug)]
struct Process {
    number: u32,
    parent: u32,
    /// Given when it is first read: before, it may share its parent's memory, and may be gone unread.
    pid: Option<Pid>,
    reader: Reader,
    /// What was read last, and how many ticks since found the same.
    last: Option<Bytes>,
    n_same: u32,
}

impl Tree {
    /// A tree of the root alone, which is known by its name before it can be read.
    pub(crate) fn new(root: u32, name: &[u8], marks: MarksKept) -> io::Result<Self> {
        let mut lives = Lives::default();
        let pid = Some(lives.next(root));
        let mut reader = marks.reader(root)?;
        reader.knows_name(name);
        let root_process = Process { number: root, parent: 0, pid, reader, last: None, n_same: 0 };
        Ok(Self {
            root,
            processes: vec![root_process],
            lives,
            n_unread: 0,
            n_ticks: 0,
            pss: Pss::new(),
            marks,
            rss_bytes: Vec::new(),
        })
    }

    /// The numbers of the processes that are followed.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> + '_ {
        self.processes.iter().map(|process| process.number)
    }

    /// Processes that were over before they could be read.
    pub(crate) fn n_unread(&self) -> u64 {
        self.n_unread
    }

    /// Follows a process from now on. A process that had the number before must be gone.
    pub(crate) fn add(&mut self, born: Born, at_ns: u64, exits: &mut Exits, events: &mut Vec<Event>) {
        if born.number == self.root {
            return;
        }
        self.remove(born.number, at_ns, exits, events);
        match self.marks.reader(born.number) {
            Ok(reader) => {
                let Born { number, parent } = born;
                self.processes.push(Process { number, parent, pid: None, reader, last: None, n_same: 0 });
            }
            Err(_) => match exits.take(born.number) {
                Some(exited) => self.tell_unseen(&exited, at_ns, events),
                None => self.n_unread += 1,
            },
        }
    }

    /// A process is gone. How it ended is known of an orphan that became our child, and what it held at its exit where
    /// it was stopped there.
    fn remove(&mut self, number: u32, at_ns: u64, exits: &mut Exits, events: &mut Vec<Event>) {
        let Some(idx) = self.processes.iter().position(|process| process.number == number) else { return };
        let reaped = os::reap_if_ours(number).map(|reaped| reaped.exit_alone()).unwrap_or_default();
        let pid = self.processes.swap_remove(idx).pid;
        match (pid, exits.take(number)) {
            (Some(pid), exited) => {
                let hwm_bytes = exited.and_then(|exited| exited.bytes.get(Metric::Hwm));
                let departure = Departure { hwm_bytes, ..reaped };
                events.push(Event { at_ns, kind: Kind::Left { pid, departure } });
            }
            (None, Some(exited)) => self.tell_unseen(&exited, at_ns, events),
            (None, None) => self.n_unread += 1,
        }
    }

    /// Tells of a process that was read at its exit alone.
    pub(crate) fn tell_unseen(&mut self, exited: &Exited, at_ns: u64, events: &mut Vec<Event>) {
        let pid = self.lives.next(exited.pid);
        let parent = self.pid_of(exited.parent);
        let mut push = |kind| events.push(Event { at_ns, kind });
        push(Kind::Joined { pid, parent, name: name_text(&exited.name) });
        let departure = Departure { hwm_bytes: exited.bytes.get(Metric::Hwm), ..Departure::default() };
        push(Kind::Left { pid, departure });
    }

    /// Whether a process is followed.
    pub(crate) fn follows(&self, number: u32) -> bool {
        self.processes.iter().any(|process| process.number == number)
    }

    /// Removes the processes that are over, without a reading. The root is the caller's.
    pub(crate) fn remove_exited(&mut self, at_ns: u64, exits: &mut Exits, events: &mut Vec<Event>) {
        for number in self.numbers().collect::<Vec<_>>() {
            if number != self.root && matches!(self.last_look(number), Reading::Over) {
                self.remove(number, at_ns, exits, events);
            }
        }
    }

    fn last_look(&mut self, number: u32) -> Reading {
        let idx = self.processes.iter().position(|process| process.number == number);
        idx.map_or(Reading::Over, |idx| self.read_one(idx, true))
    }

    /// Reads every process, at one time. Says whether the root was among those that could be read.
    pub(crate) fn read(&mut self, at_ns: u64, exits: &mut Exits, events: &mut Vec<Event>) -> bool {
        self.n_ticks += 1;
        self.pss.turn(&self.rss_bytes, at_ns);
        self.rss_bytes.clear();
        let n_processes = self.processes.len();
        let n_turns = n_processes.div_ceil(N_READ_IN_FULL);
        let mut has_root = false;
        let mut gone = Vec::new();
        for idx in 0..n_processes {
            let is_its_turn = (idx + self.n_ticks).is_multiple_of(n_turns);
            let number = self.processes[idx].number;
            match self.read_one(idx, is_its_turn) {
                Reading::Bytes(bytes) => {
                    has_root |= number == self.root;
                    self.tell(idx, at_ns, bytes, events);
                }
                Reading::Over if number != self.root => gone.push(number),
                Reading::Over | Reading::NotYet => {}
            }
        }
        for number in gone {
            self.remove(number, at_ns, exits, events);
        }
        has_root
    }

    fn read_one(&mut self, idx: usize, is_its_turn: bool) -> Reading {
        let n_rest = if self.processes.len() > N_READ_IN_FULL { N_TICKS_OF_REST } else { 1 };
        let process = &mut self.processes[idx];
        if let Some(last) = process.last
            && process.n_same >= N_TICKS_TO_REST
            && !(idx + self.n_ticks).is_multiple_of(n_rest)
        {
            return Reading::Bytes(last);
        }
        if process.pid.is_none() && os::shares_memory(process.number, process.parent) {
            return Reading::NotYet;
        }
        let outcome = if is_its_turn { process.reader.read() } else { process.reader.read_if_changed() };
        match outcome {
            Ok(Some(bytes)) => {
                process.n_same =
                    if process.last == Some(bytes) { process.n_same.saturating_add(1) } else { 0 };
                process.last = Some(bytes);
                Reading::Bytes(bytes)
            }
            // A failure to read is for this tick: the permission may come back, the number may not.
            Err(_) if process.pid.is_some() => Reading::NotYet,
            Ok(None) | Err(_) => Reading::Over,
        }
    }

    /// Tells a reading, and before it what is new about the process.
    fn tell(&mut self, idx: usize, at_ns: u64, mut bytes: Bytes, events: &mut Vec<Event>) {
        let number = self.processes[idx].number;
        self.rss_bytes.push((number, bytes.get(Metric::Rss).unwrap_or(0)));
        bytes.set(Metric::Pss, self.pss.take(number));
        let parent = self.pid_of(self.processes[idx].parent);
        let process = &mut self.processes[idx];
        let new_name = process.reader.take_new_name().map(|name| name_text(&name));
        let mut push = |kind| events.push(Event { at_ns, kind });
        let pid = match (process.pid, new_name) {
            (Some(pid), None) => pid,
            (Some(pid), Some(name)) => {
                push(Kind::Renamed { pid, name });
                pid
            }
            (None, name) => {
                let pid = self.lives.next(process.number);
                process.pid = Some(pid);
                push(Kind::Joined { pid, parent, name: name.unwrap_or_default() });
                pid
            }
        };
        push(Kind::Sample { pid, bytes });
    }

    fn pid_of(&self, number: u32) -> Option<Pid> {
        self.processes.iter().find(|process| process.number == number)?.pid
    }
}

/// What a process gave.
enum Reading {
    Bytes(Bytes),
    /// Nothing yet, or not this time.
    NotYet,
    /// It holds no memory any more.
    Over,
}

/// A name that can be printed anywhere.
pub(crate) fn name_text(name: &[u8]) -> String {
    command::printable(&String::from_utf8_lossy(name))
}
