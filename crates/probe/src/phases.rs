//! The recorder's end of the channel on which a program tells of its phases.
//!
//! A FIFO in a folder of the run's own. We hold it open for both directions, so that it never ends, and read what is
//! there and no more, so that nobody waits for us and we for nobody. `docs/phases.md` says what is written to it.

mod calls;
mod line;
pub mod tell;

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use mprof_recording::event::{Event, Kind, Pid};

use crate::folder::Folder;
use crate::os::{self, Interest};
use crate::program::Program;
use crate::tree::Tree;
use calls::Calls;
pub(crate) use line::VARIABLE;
use line::{Line, Lines, ROOT, Verb};
use tell::Name;

/// What the FIFO is called, and how the name of its folder begins.
const FIFO: &str = "phases";
const PREFIX: &str = "mprof-rs-";

/// How long a line may lie unread where samples are further apart than that.
const MAX_WAIT_NS: u64 = 100_000_000;
/// And how long it may lie where they are nearer: to look at every one of them would cost as much as a part of it.
const LEAST_WAIT_NS: u64 = 50_000_000;
/// What is read at once, and at most before the next sample. The second is as much as the pipe holds.
const CHUNK: usize = 1 << 16;
const MAX_READ: usize = 1 << 20;
/// How often so much is read when the run is over. Who goes on writing then is not waited for.
const N_LAST_READS: usize = 16;

/// The channel of a run.
#[derive(Debug)]
pub(crate) struct Phases {
    /// Absent where there is none: a program that runs already cannot be told of one.
    channel: Option<Channel>,
    refusal: Option<String>,
    calls: Calls,
    lines: Lines,
    buffer: Vec<u8>,
    heard_ns: u64,
}

/// How much of what was there has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Read {
    Everything,
    APart,
}

/// When lines are read, by the recorder's clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    /// When the run started.
    pub(crate) started_ns: u64,
    pub(crate) now_ns: u64,
    /// Reading stops when it has taken so long.
    pub(crate) until_ns: u64,
}

/// What is known of processes when lines are read.
pub(crate) trait Processes {
    /// The latest process of a number.
    fn latest(&self, number: u32) -> Pid;
    /// Whether there is such a process still.
    fn is_there(&self, number: u32) -> bool;
}

/// The root, and what came of it. A number that is none of theirs may be one that was not told of yet.
pub(crate) struct Family<'a>(pub(crate) u32, pub(crate) Option<&'a Tree>);

impl Processes for Family<'_> {
    fn latest(&self, number: u32) -> Pid {
        let number = if number == ROOT { self.0 } else { number };
        self.1.map_or(Pid::from(number), |tree| tree.latest(number))
    }

    fn is_there(&self, number: u32) -> bool {
        number == self.0
            || number == ROOT
            || self.1.is_some_and(|tree| tree.follows(number))
            || os::exists(number)
    }
}

impl Phases {
    /// A channel of its own for a run.
    pub(crate) fn open() -> Self {
        let (channel, refusal) = match Channel::open() {
            Ok(channel) => (Some(channel), None),
            Err(error) => (None, Some(format!("phases cannot be told: no channel could be made: {error}"))),
        };
        Self { channel, refusal, ..Self::none() }
    }

    /// No channel.
    pub(crate) fn none() -> Self {
        Self {
            channel: None,
            refusal: None,
            calls: Calls::default(),
            lines: Lines::default(),
            buffer: Vec::new(),
            heard_ns: 0,
        }
    }

    /// The program, told where the channel is.
    pub(crate) fn introduced_to(&self, program: &Program) -> Program {
        let mut program = program.clone();
        program.env.extend(self.path().map(|path| (VARIABLE.into(), path.into())));
        program
    }

    /// Where the channel is.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.channel.as_ref().map(|channel| channel.path.as_path())
    }

    /// Why there is no channel, if there should be one.
    pub(crate) fn refusal(&self) -> Option<String> {
        self.refusal.clone()
    }

    /// When lines should be read at the latest.
    pub(crate) fn due_ns(&self) -> u64 {
        if self.channel.is_some() { self.heard_ns.saturating_add(MAX_WAIT_NS) } else { u64::MAX }
    }

    /// Whether it is long enough since the last time that what was told should be read.
    pub(crate) fn is_due(&self, now_ns: u64) -> bool {
        self.channel.is_some() && now_ns >= self.heard_ns.saturating_add(LEAST_WAIT_NS)
    }

    /// Reads what was told since the last time. `events` holds who left since.
    pub(crate) fn hear(&mut self, now: Now, processes: &impl Processes, events: &mut Vec<Event>) {
        self.heard_ns = now.now_ns;
        self.read(now, processes, events);
        if self.calls.is_empty() {
            return;
        }
        let now_ns = now.now_ns.saturating_sub(now.started_ns);
        let left = |event: &Event| match &event.kind {
            Kind::Left { pid, .. } => Some(*pid),
            _ => None,
        };
        let left: HashSet<Pid> = events.iter().filter_map(left).collect();
        self.calls.see_gone(&left, |number| processes.is_there(number), now_ns);
        self.calls.tell_open(now_ns, events);
    }

    /// Takes in a mark that is told in no line: something was printed on a stream.
    pub(crate) fn mark(&mut self, now: Now, pid: Pid, stream: &str, name: &Name, events: &mut Vec<Event>) {
        let (task, name) = (stream.as_bytes(), name.text().as_bytes());
        let line = Line { verb: Verb::Mark, clock_ns: None, number: pid.number, task, name };
        self.calls.take(&line, pid, now.now_ns.saturating_sub(now.started_ns), events);
    }

    /// Counts marks that could not be told.
    pub(crate) fn untold(&mut self, n: u64) {
        self.calls.not_sent(n);
    }

    /// Reads what is left, ends what is open, and tells what was not kept.
    pub(crate) fn end(&mut self, now: Now, processes: &impl Processes, events: &mut Vec<Event>) {
        for _ in 1..N_LAST_READS {
            if self.read(now, processes, events) == Read::Everything {
                break;
            }
        }
        self.hear(now, processes, events);
        let n_left_over = self.n_left_over();
        self.calls.left_over(n_left_over);
        let at_ns = now.now_ns.saturating_sub(now.started_ns);
        self.calls.cut_all(at_ns, events);
        if self.lines.has_begun() {
            self.calls.not_understood();
        }
        let removed = self.channel.as_ref().and_then(Channel::loss);
        for text in self.calls.describe_lapses().into_iter().chain(removed) {
            events.push(Event { at_ns, kind: Kind::Noted { key: "phases_lost", text } });
        }
    }

    fn read(&mut self, now: Now, processes: &impl Processes, events: &mut Vec<Event>) -> Read {
        let Some(channel) = &mut self.channel else { return Read::Everything };
        if channel.is_full() {
            self.calls.was_full();
        }
        self.buffer.resize(CHUNK, 0);
        let (calls, lines) = (&mut self.calls, &mut self.lines);
        for _ in 0..MAX_READ / CHUNK {
            // Nothing there is an error as well (EAGAIN), and any other means that there will be nothing any more.
            let Ok(n) = channel.fifo.read(&mut self.buffer) else { return Read::Everything };
            lines.take(&self.buffer[..n], |text| match line::parse(text) {
                Some((line, n_before)) => {
                    if n_before > 0 {
                        calls.not_understood();
                    }
                    // No clock is believed to be before the run or ahead of ours.
                    let clock_ns = line.clock_ns.unwrap_or(now.now_ns).min(now.now_ns);
                    let at_ns = clock_ns.saturating_sub(now.started_ns);
                    calls.take(&line, processes.latest(line.number), at_ns, events);
                }
                None => calls.not_understood(),
            });
            if n < CHUNK {
                return Read::Everything;
            }
            if os::monotonic_ns() >= now.until_ns {
                break;
            }
        }
        Read::APart
    }

    /// How many lines are there that are not read any more, as far as the channel holds them.
    fn n_left_over(&mut self) -> u64 {
        let Some(channel) = &mut self.channel else { return 0 };
        let mut n_lines = 0;
        for _ in 0..MAX_READ / CHUNK {
            let Ok(n) = channel.fifo.read(&mut self.buffer) else { break };
            n_lines += memchr::memchr_iter(b'\n', &self.buffer[..n]).count() as u64;
        }
        n_lines
    }
}

/// The FIFO and its folder, removed when it is dropped.
#[derive(Debug)]
struct Channel {
    fifo: File,
    folder: Folder,
    path: PathBuf,
}

impl Channel {
    fn open() -> io::Result<Self> {
        let folder = Folder::private(PREFIX, |_| true)?;
        let path = folder.path().join(FIFO);
        match os::make_fifo(&path) {
            Ok(fifo) => Ok(Self { fifo, folder, path }),
            Err(error) => {
                remove(folder.path());
                Err(error)
            }
        }
    }

    /// Whether there is no room for a line.
    fn is_full(&self) -> bool {
        let room = os::wait_for([(Some(self.fifo.as_fd()), Interest::Writing)], Some(0));
        room.is_ok_and(|[room]| !room.is_ready)
    }

    /// Whether the FIFO that writers find is still ours.
    fn loss(&self) -> Option<String> {
        let is_same =
            |found: fs::Metadata, own: fs::Metadata| (found.dev(), found.ino()) == (own.dev(), own.ino());
        let is_there = fs::symlink_metadata(&self.path)
            .is_ok_and(|found| self.fifo.metadata().is_ok_and(|own| is_same(found, own)));
        (!is_there).then(|| {
            "phases: the channel was removed during the run; what was told after that is lost".to_owned()
        })
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        remove(self.folder.path());
        self.folder.tidy_beside(PREFIX, remove);
    }
}

/// What the program has put there beside the FIFO is its own, and stays.
fn remove(folder: &Path) {
    let _ = fs::remove_file(folder.join(FIFO));
    let _ = fs::remove_dir(folder);
}

#[cfg(test)]
#[path = "phases/tests.rs"]
mod tests;
