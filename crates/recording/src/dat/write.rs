//! Writing a recording as it happens.

use std::io::{self, Write};

use super::{VERSION, decimal};
use crate::command;
use crate::event::{Departure, Event, Exit, Finish, Kind, Pid, Start};
use crate::metric::{Bytes, Metric};
use crate::pump::Sink;

/// How long a line may wait before it is handed to the system. What a killed recorder loses is not more.
const MAX_WAIT_NS: u64 = 50_000_000;

/// Writes events as lines of a `.dat` file.
///
/// Lines are gathered and handed on whole, in one write, so that a cut-off file ends with at most one torn line.
#[derive(Debug)]
pub struct Writer<W: Write> {
    out: W,
    pending: Vec<u8>,
    written_at_ns: u64,
    started_unix_ns: u64,
    root: Option<Pid>,
}

impl<W: Write> Writer<W> {
    /// A writer to a file or any other place.
    pub fn new(out: W) -> Self {
        Self { out, pending: Vec::with_capacity(8192), written_at_ns: 0, started_unix_ns: 0, root: None }
    }

    /// Ends writing and gives the place back.
    ///
    /// # Errors
    /// When the last lines cannot be written.
    pub fn into_inner(mut self) -> io::Result<W> {
        self.hand_on()?;
        Ok(self.out)
    }

    fn hand_on(&mut self) -> io::Result<()> {
        self.out.write_all(&self.pending)?;
        self.pending.clear();
        self.out.flush()
    }

    fn line(&mut self, event: &Event) -> io::Result<()> {
        let unix_ns = self.started_unix_ns.saturating_add(event.at_ns);
        let out = &mut self.pending;
        match &event.kind {
            Kind::Started(start) => {
                self.started_unix_ns = start.unix_ns;
                write_start(out, start)
            }
            Kind::Joined { pid, parent, name } => {
                let is_root = self.root.is_none();
                self.root.get_or_insert(*pid);
                let tag = if is_root { "ROOT" } else { "PROC" };
                write_joined(out, tag, *pid, unix_ns, *parent, name)
            }
            Kind::Sample { pid, bytes } => {
                let child = self.root.is_some_and(|root| root != *pid).then_some(*pid);
                write_sample(out, child, unix_ns, bytes)
            }
            Kind::Left { pid, departure } => write_left(out, *pid, unix_ns, departure),
            Kind::Told { name, value } => {
                write!(out, "TOLD {} ", told_name(name))?;
                decimal::write_seconds(out, unix_ns)?;
                writeln!(out, " {value}")
            }
            Kind::Finished(finish) => write_finish(out, unix_ns, finish),
        }
    }
}

impl<W: Write> Sink for Writer<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.line(event)?;
        let is_rare = !matches!(event.kind, Kind::Sample { .. });
        if is_rare || event.at_ns.saturating_sub(self.written_at_ns) >= MAX_WAIT_NS {
            self.written_at_ns = event.at_ns;
            self.hand_on()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.hand_on()
    }
}

fn write_start(out: &mut Vec<u8>, start: &Start) -> io::Result<()> {
    writeln!(out, "META format mprof-rs {VERSION}")?;
    write!(out, "META start ")?;
    decimal::write_seconds(out, start.unix_ns)?;
    writeln!(out)?;
    if let Some(interval_ns) = start.interval_ns {
        writeln!(out, "META interval_ns {interval_ns}")?;
    }
    for (key, text) in [("recorder", &start.recorder), ("system", &start.system)] {
        if let Some(text) = text {
            writeln!(out, "META {key} {}", command::encode(text.as_bytes()))?;
        }
    }
    let words: Vec<String> = start.argv.iter().map(|arg| command::encode(arg)).collect();
    writeln!(out, "META argv {}", words.join(" "))?;
    writeln!(out, "CMDLINE {}", command::display(&start.argv))
}

fn write_joined(
    out: &mut Vec<u8>,
    tag: &str,
    pid: Pid,
    unix_ns: u64,
    parent: Option<Pid>,
    name: &str,
) -> io::Result<()> {
    write!(out, "{tag} {pid} ")?;
    decimal::write_seconds(out, unix_ns)?;
    match parent {
        Some(parent) => write!(out, " {parent} ")?,
        None => write!(out, " - ")?,
    }
    writeln!(out, "{}", command::encode(name.as_bytes()))
}

/// A sample without a resident set has no place in the format that mprof reads, and no platform gives one.
fn write_sample(out: &mut Vec<u8>, child: Option<Pid>, unix_ns: u64, bytes: &Bytes) -> io::Result<()> {
    let Some(rss_bytes) = bytes.get(Metric::Rss) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "a sample without a resident set"));
    };
    match child {
        Some(pid) => write!(out, "CHLD {pid} ")?,
        None => write!(out, "MEM ")?,
    }
    decimal::write_mib(out, rss_bytes)?;
    out.push(b' ');
    decimal::write_seconds(out, unix_ns)?;
    for (metric, value) in bytes.iter().filter(|(metric, _)| *metric != Metric::Rss) {
        write!(out, " {}={value}", metric.name())?;
    }
    writeln!(out)
}

fn write_left(out: &mut Vec<u8>, pid: Pid, unix_ns: u64, departure: &Departure) -> io::Result<()> {
    write!(out, "LEFT {pid} ")?;
    decimal::write_seconds(out, unix_ns)?;
    match departure.exit {
        Some(Exit::Code(code)) => write!(out, " exit={code}")?,
        Some(Exit::Signal(signal)) => write!(out, " signal={signal}")?,
        None => {}
    }
    if let Some(bytes) = departure.maxrss_bytes {
        write!(out, " maxrss={bytes}")?;
    }
    if let Some(bytes) = departure.maxrss_floor_bytes {
        write!(out, " maxrss_floor={bytes}")?;
    }
    writeln!(out)
}

fn write_finish(out: &mut Vec<u8>, unix_ns: u64, finish: &Finish) -> io::Result<()> {
    write!(out, "END ")?;
    decimal::write_seconds(out, unix_ns)?;
    writeln!(out, " samples={} missed={} late={}", finish.n_samples, finish.n_missed, finish.n_late)
}

/// The name of a told figure as one word.
fn told_name(name: &str) -> String {
    let word_char = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    name.chars().map(word_char).collect()
}
