//! The recorder's source of readings: one process, spawned by us, read at absolute times until it exits.
//!
//! It follows the program itself. Its children are left to the source that will follow the tree.

use std::io;
use std::os::unix::ffi::OsStrExt;

use mprof_recording::command;
use mprof_recording::event::{Departure, Event, Kind, Pid, Start};
use mprof_recording::pump::{Source, State};

use crate::os::{self, Reader, Signals, Waiter, Woken};
use crate::pace::Pace;
use crate::program::{NotRunnable, Program, Spawned};

/// How a run is to be recorded.
#[derive(Clone, Debug)]
pub struct Options {
    /// Time between two samples.
    pub interval_ns: u64,
    /// What makes the recording, such as `mprof-rs 0.1.0`.
    pub recorder: String,
}

/// Reads one process at a pace.
#[derive(Debug)]
pub struct Polling {
    pid: Pid,
    reader: Option<Reader>,
    waiter: Waiter,
    pace: Pace,
    started_ns: u64,
    maxrss_floor_bytes: Option<u64>,
    /// What is told at the first poll.
    opening: Vec<Event>,
}

impl Polling {
    /// Starts the program. It runs from here on, whatever becomes of us.
    ///
    /// # Errors
    /// When the program cannot be executed, or when the system lacks what recording needs.
    pub fn spawn(program: &Program, options: &Options) -> Result<Self, NotRunnable> {
        let refuse = |error: io::Error| NotRunnable::NotExecutable(format!("nothing was started: {error}"));
        let signals = Signals::catch().map_err(refuse)?;
        let start = start(program, options);
        let started_ns = os::monotonic_ns();
        let Spawned { pid, maxrss_floor_bytes } = program.spawn()?;
        let reader = Reader::open(pid).ok();
        os::sharpen_timers();
        let pace = Pace::new(started_ns, options.interval_ns);
        let name = name_of(program);
        let opening = [Kind::Started(start), Kind::Joined { pid, parent: None, name }];
        let opening = opening.into_iter().map(|kind| Event { at_ns: 0, kind }).collect();
        let waiter = Waiter::new(pid, signals);
        Ok(Self { pid, reader, waiter, pace, started_ns, maxrss_floor_bytes, opening })
    }

    fn sample(&mut self, events: &mut Vec<Event>) {
        let now_ns = os::monotonic_ns();
        // A reading that fails is a tick without a sample. The exit is seen by the waiter, never concluded here.
        let reading = self.reader.as_mut().and_then(|reader| reader.read().ok().flatten());
        let Some(bytes) = reading else { return self.pace.failed(now_ns) };
        self.pace.sampled(now_ns);
        events.push(self.event(now_ns, Kind::Sample { pid: self.pid, bytes }));
    }

    fn end(&mut self, events: &mut Vec<Event>) -> io::Result<()> {
        let now_ns = os::monotonic_ns();
        let reaped = os::reap(self.pid)?;
        let departure = Departure {
            exit: Some(reaped.exit),
            maxrss_bytes: Some(reaped.maxrss_bytes),
            maxrss_floor_bytes: self.maxrss_floor_bytes,
        };
        events.push(self.event(now_ns, Kind::Left { pid: self.pid, departure }));
        events.push(self.event(now_ns, Kind::Finished(self.pace.counts())));
        Ok(())
    }

    fn event(&self, now_ns: u64, kind: Kind) -> Event {
        Event { at_ns: now_ns.saturating_sub(self.started_ns), kind }
    }
}

impl Source for Polling {
    fn poll(&mut self, events: &mut Vec<Event>) -> io::Result<State> {
        if !self.opening.is_empty() {
            // The first sample waits for nothing, so that a program of a millisecond has one too.
            events.append(&mut self.opening);
            self.sample(events);
            return Ok(State::Running);
        }
        match self.waiter.wait(self.pace.due_ns())? {
            Woken::Due => {
                self.sample(events);
                Ok(State::Running)
            }
            Woken::Exited => {
                self.end(events)?;
                Ok(State::Finished)
            }
        }
    }
}

fn start(program: &Program, options: &Options) -> Start {
    let since_epoch = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    Start {
        argv: program.argv.iter().map(|arg| arg.as_bytes().to_vec()).collect(),
        unix_ns: since_epoch.map_or(0, |it| it.as_nanos() as u64),
        interval_ns: Some(options.interval_ns),
        recorder: Some(options.recorder.clone()),
        system: Some(os::describe_system()),
    }
}

fn name_of(program: &Program) -> String {
    let name = program.path.file_name().unwrap_or_default();
    command::printable(&name.to_string_lossy())
}
