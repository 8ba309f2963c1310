//! The line at the terminal of whoever attached to a program: for how long it has been recorded, and what it holds.
//!
//! `run` has none: its terminal is the program's.

use std::collections::HashMap;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::os::unix::fs::MetadataExt;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use mprof_recording::event::{Event, Kind, Pid};
use mprof_recording::metric::Metric;
use mprof_recording::pump::Sink;
use mprof_recording::units;
use rustix::process::getpgrp;
use rustix::termios::{tcgetpgrp, tcgetwinsize};

use crate::console;

const EVERY_NS: u64 = 1_000_000_000;
/// How often, and how long apart, the terminal is waited for before whoever sits at it may go.
const N_LOOKS: u32 = 100;
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// Takes back the line that the cursor is in.
pub(super) const CLEARED: &str = "\r\x1b[K";

/// What it takes to say it: the last reading of everyone, and a thread that may be held up by a terminal.
pub(crate) struct Progress {
    rss_bytes: HashMap<Pid, u64>,
    sum_bytes: u64,
    highest_bytes: u64,
    tick_ns: u64,
    told_at_ns: u64,
    teller: Teller,
}

struct Teller {
    /// Until there are no more.
    lines: Option<SyncSender<String>>,
    thread: JoinHandle<()>,
}

impl Progress {
    /// Nothing where nobody looks: stderr is no terminal of ours, or one that another program has, or the very one that
    /// the process of that number prints to.
    pub(crate) fn of(number: u32) -> Option<Self> {
        if !is_ours() || prints_there(number) {
            return None;
        }
        let (lines, told) = sync_channel(1);
        let builder = thread::Builder::new().name("progress".to_owned()).stack_size(64 << 10);
        let thread = builder.spawn(move || tell(&told)).ok()?;
        let teller = Teller { lines: Some(lines), thread };
        let rss_bytes = HashMap::new();
        Some(Self { rss_bytes, sum_bytes: 0, highest_bytes: 0, tick_ns: 0, told_at_ns: 0, teller })
    }

    /// Waits until the line is taken back, once nothing else is left to do: a terminal may stand still, and whoever does
    /// not want to wait for it may go.
    pub(super) fn end(self) {
        let Teller { thread, .. } = self.teller;
        for _ in 0..N_LOOKS {
            if thread.is_finished() {
                return;
            }
            thread::sleep(LOOK_EVERY);
        }
        mprof_probe::give_up_signals();
        // One that failed has told nothing, and nothing depends on it.
        let _ = thread.join();
    }

    fn read(&mut self, pid: Pid, bytes: u64) {
        let before = self.rss_bytes.insert(pid, bytes).unwrap_or(0);
        self.sum_bytes = self.sum_bytes - before + bytes;
    }

    /// All readings of a tick have its time: with another time, they are all there.
    fn turn_to(&mut self, at_ns: u64) {
        if at_ns == self.tick_ns {
            return;
        }
        self.highest_bytes = self.highest_bytes.max(self.sum_bytes);
        self.tick_ns = at_ns;
        if at_ns - self.told_at_ns.min(at_ns) >= EVERY_NS && !self.rss_bytes.is_empty() {
            self.told_at_ns = at_ns;
            let line = self.line();
            // A terminal that stands still has the line before.
            let _ = self.teller.lines.as_ref().map(|lines| lines.try_send(line));
        }
    }

    fn line(&self) -> String {
        let [now, highest] = [self.sum_bytes, self.highest_bytes].map(units::bytes);
        let processes = match self.rss_bytes.len() {
            1 => String::new(),
            n => format!(" · {} processes", units::counted(n as u64)),
        };
        format!("{}{processes} · RSS {now} · highest sample {highest}", units::duration(self.tick_ns))
    }
}

impl Sink for Progress {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.turn_to(event.at_ns);
        match &event.kind {
            Kind::Sample { pid, bytes } => self.read(*pid, bytes.get(Metric::Rss).unwrap_or(0)),
            Kind::Left { pid, .. } => self.sum_bytes -= self.rss_bytes.remove(pid).unwrap_or(0),
            _ => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.teller.lines = None;
        Ok(())
    }
}

/// Writes each line over the one before, and takes the last one back.
fn tell(lines: &Receiver<String>) {
    let show = |text: &str| io::stderr().lock().write_all(text.as_bytes());
    for line in lines.iter().filter(|line| is_in_front() && fits(line)) {
        if show(&format!("{CLEARED}{}", console::faint(&line))).is_err() {
            return;
        }
    }
    if is_in_front() {
        let _ = show(CLEARED);
    }
}

/// Whether stderr is a terminal that obeys.
fn is_ours() -> bool {
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term.is_empty() || term == "dumb");
    !is_dumb && io::stderr().is_terminal()
}

/// Whether a line has room in one of the terminal's, as wide as it is now. In two it could not be written over.
fn fits(line: &str) -> bool {
    let n_columns = tcgetwinsize(io::stderr()).map_or(0, |size| size.ws_col);
    n_columns == 0 || line.chars().count() < n_columns.into()
}

/// Whether the terminal listens to us: in the background, its lines are those of the shell and of other programs.
fn is_in_front() -> bool {
    tcgetpgrp(io::stderr()).is_ok_and(|front| front == getpgrp())
}

/// Whether a process prints to our terminal, where that can be told.
fn prints_there(number: u32) -> bool {
    let ours = fs::metadata("/dev/fd/2").map(|terminal| terminal.rdev()).ok();
    let theirs = |stream: u32| fs::metadata(format!("/proc/{number}/fd/{stream}")).map(|it| it.rdev()).ok();
    ours.is_some() && [1, 2].into_iter().any(|stream| theirs(stream) == ours)
}
