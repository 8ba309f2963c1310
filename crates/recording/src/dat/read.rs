//! Reading a `.dat` file: ours, and every one that mprof wrote.
//!
//! Lines may stand in any order. A line that is not understood is named and passed over.

use std::collections::{HashMap, HashSet};

use super::line::{self, Line, Reading};
use super::{VERSION, decimal};
use crate::command;
use crate::event::Pid;
use crate::gaps::MUCH_LONGER;
use crate::recording::{Process, Recording};

/// Warnings that are kept word for word. More are counted, so that a wrong file does not fill the memory.
const MAX_WARNINGS: usize = 20;

/// A recording, with what was odd about its file.
#[derive(Debug)]
pub struct Read {
    /// What the file holds.
    pub recording: Recording,
    /// The first lines that were not understood.
    pub warnings: Vec<Warning>,
    /// How many there were in all.
    pub n_warnings: u64,
}

/// A line that was passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Its number, from 1.
    pub line: u64,
    /// Why, and what was expected.
    pub why: String,
}

/// Why a file gives no recording at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is nothing in it.
    Empty,
    /// No line of it was understood.
    NotARecording,
    /// It was written in a later version of the format.
    NewerFormat(u32),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => write!(f, "the file is empty: nothing was recorded"),
            Self::NotARecording => {
                write!(
                    f,
                    "not a recording: no line is one that mprof or mprof-rs writes, such as `MEM 1.5 1700000000.0`"
                )
            }
            Self::NewerFormat(version) => {
                write!(
                    f,
                    "written in format {version}, and this mprof-rs reads up to {VERSION}: use a newer mprof-rs"
                )
            }
        }
    }
}

impl std::error::Error for Error {}

/// Reads a file's bytes.
///
/// # Errors
/// When there is nothing to read, nothing is understood, or the format is too new. An odd line is a warning.
pub fn read(bytes: &[u8]) -> Result<Read, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    let mut reader = Reader::default();
    // Editors may put a mark of the encoding before the first line.
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    while let Some(idx) = rest.iter().position(|&byte| byte == b'\n') {
        reader.line(&rest[..idx])?;
        rest = &rest[idx + 1..];
    }
    reader.torn_line(rest);
    reader.finish()
}

/// Gathers lines. Until the end, times are nanoseconds since 1970.
#[derive(Default)]
struct Reader {
    recording: Recording,
    started_unix_ns: Option<u64>,
    root_pid: Option<Pid>,
    /// The file is one of mprof-rs, which keeps a command byte for byte.
    is_ours: bool,
    root: Process,
    children: Vec<Process>,
    /// Where each child is among the children.
    places: HashMap<Pid, usize>,
    /// The numbers of calls that are over.
    left_ids: HashSet<u64>,
    command: Vec<u8>,
    /// A quote in the command is open, so that it goes on behind its line.
    has_open_quote: bool,
    /// How far the latest readings held when the recorder was cut off.
    same: Option<(u64, u64)>,
    n_lines: u64,
    n_understood: u64,
    warnings: Vec<Warning>,
    n_warnings: u64,
}

impl Reader {
    fn line(&mut self, text: &[u8]) -> Result<(), Error> {
        self.n_lines += 1;
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if self.continues_command(text) {
            self.command.push(b'\n');
            self.command.extend_from_slice(text);
            return Ok(());
        }
        if text.is_empty() {
            return Ok(());
        }
        match line::parse(text) {
            Ok(line) => {
                self.n_understood += 1;
                self.take(line)
            }
            Err(expected) => {
                self.warn(format!("not understood, expected {expected}"));
                Ok(())
            }
        }
    }

    /// mprof writes a command with a line break in an argument raw. It goes on to the first line that is a record.
    fn continues_command(&mut self, text: &[u8]) -> bool {
        self.has_open_quote = self.has_open_quote && !self.is_ours && !line::is_record(text);
        self.has_open_quote
    }

    fn torn_line(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        self.n_lines += 1;
        self.warn("the last line has no end: it was cut off and is not read".into());
        self.n_understood += u64::from(line::is_record(text));
    }

    fn warn(&mut self, why: String) {
        self.n_warnings += 1;
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning { line: self.n_lines, why });
        }
    }

    fn take(&mut self, line: Line<'_>) -> Result<(), Error> {
        let silence_ns = self.silence_ns();
        match line {
            Line::Root(reading) => push(&mut self.root, &reading, silence_ns),
            Line::Child(pid, reading) => push(self.child(pid), &reading, silence_ns),
            Line::Command(text) => {
                self.command = text.to_vec();
                self.has_open_quote = text.iter().filter(|&&byte| byte == b'\'').count() % 2 == 1;
            }
            Line::Call(call, id) => {
                self.left_ids.extend(id);
                self.recording.calls.push(call);
            }
            Line::Entry(unix_ns, entry) => self.recording.open_calls.push((unix_ns, entry)),
            Line::Moment(moment) => self.recording.moments.push(moment),
            Line::Meta(key, value) => return self.meta(key, value),
            Line::Joined { pid, unix_ns, parent, name, is_root } => {
                if is_root {
                    self.root_pid = Some(pid);
                }
                let process = if is_root { &mut self.root } else { self.child(pid) };
                process.pid = Some(pid);
                process.parent = parent;
                process.name = Some(name);
                process.joined_ns = Some(unix_ns);
            }
            Line::Renamed { pid, unix_ns, name } => self.child(pid).renamed.push((unix_ns, name)),
            Line::Same(unix_ns, n_same) => self.same = Some((unix_ns, n_same)),
            Line::Left(pid, unix_ns, departure) => self.child(pid).left = Some((unix_ns, departure)),
            Line::Told(told) => self.recording.told.push(told),
            Line::End(unix_ns, finish) => self.recording.end = Some((unix_ns, finish)),
        }
        Ok(())
    }

    fn meta(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        let start = &mut self.recording.start;
        match key {
            b"format" => return self.format(value),
            b"start" => self.start(value),
            b"interval_ns" => start.interval_ns = decimal::read_integer(value),
            b"recorder" => start.recorder = line::one_text(value),
            b"system" => start.system = line::one_text(value),
            b"argv" => start.argv = command::decode(value).unwrap_or_default(),
            _ => self.note(key, value),
        }
        Ok(())
    }

    /// A file that was appended to holds several runs. They are read as one, from the first start on.
    fn start(&mut self, value: &[u8]) {
        let started = decimal::read_seconds(value);
        if self.started_unix_ns.is_some() {
            self.warn("another recording begins here; both are read as one".into());
        }
        self.started_unix_ns = match (self.started_unix_ns, started) {
            (Some(earlier), Some(later)) => Some(earlier.min(later)),
            (earlier, later) => earlier.or(later),
        };
    }

    fn note(&mut self, key: &[u8], value: &[u8]) {
        if let Some(text) = line::one_text(value) {
            self.recording.notes.push((String::from_utf8_lossy(key).into_owned(), text));
        }
    }

    fn format(&mut self, value: &[u8]) -> Result<(), Error> {
        let number = value.strip_prefix(b"mprof-rs ").and_then(decimal::read_integer);
        match number.and_then(|number| u32::try_from(number).ok()) {
            Some(version) if version > VERSION => Err(Error::NewerFormat(version)),
            Some(_) => {
                self.is_ours = true;
                Ok(())
            }
            None => {
                self.warn("not understood, expected META format mprof-rs <version>".into());
                Ok(())
            }
        }
    }

    /// What is longer between two readings is a stretch in which a process was not read.
    fn silence_ns(&self) -> u64 {
        self.recording.start.interval_ns.map_or(u64::MAX, |ns| ns.saturating_mul(MUCH_LONGER))
    }

    fn child(&mut self, pid: Pid) -> &mut Process {
        let place = *self.places.entry(pid).or_insert_with(|| {
            self.children.push(Process { pid: Some(pid), ..Process::default() });
            self.children.len() - 1
        });
        &mut self.children[place]
    }

    fn finish(mut self) -> Result<Read, Error> {
        if self.n_understood == 0 {
            return Err(Error::NotARecording);
        }
        self.settle_root();
        self.settle_command();
        self.settle_times();
        Ok(Read { recording: self.recording, warnings: self.warnings, n_warnings: self.n_warnings })
    }

    /// Lines name the root by its number, and may come before the one that says whose number it is.
    fn settle_root(&mut self) {
        let root_pid = self.root_pid;
        if let Some(idx) = self.children.iter().position(|it| root_pid.is_some() && it.pid == root_pid) {
            let Process { left, renamed, .. } = self.children.remove(idx);
            (self.root.left, self.root.renamed) = (left, renamed);
        }
        let is_known = self.root.pid.is_some() || !self.root.samples.is_empty();
        if is_known || !self.children.is_empty() {
            self.recording.processes.push(std::mem::take(&mut self.root));
        }
        self.recording.processes.append(&mut self.children);
    }

    fn settle_command(&mut self) {
        let argv = &self.recording.start.argv;
        self.recording.command = if argv.is_empty() {
            command::printable(&String::from_utf8_lossy(&self.command))
        } else {
            command::display(argv)
        };
    }

    /// Puts everything in order of time, counted from the start: the one told, or else the first thing recorded.
    fn settle_times(&mut self) {
        let recording = &mut self.recording;
        for process in &mut recording.processes {
            process.samples.sort();
            process.renamed.sort_by_key(|(at_ns, _)| *at_ns);
            if self.is_ours {
                process.samples.carry_forward();
            }
            if let (Some((unix_ns, _)), None) = (self.same, &process.left) {
                process.samples.extend_to(unix_ns);
            }
        }
        if let (Some((_, n_same)), Some(root)) = (self.same, recording.processes.first_mut()) {
            root.n_same = root.n_same.saturating_add(n_same.saturating_sub(1));
        }
        recording.open_calls.retain(|(_, entry)| !self.left_ids.contains(&entry.id));
        recording.cut_open_calls(recording.last_ns());
        recording.settle_calls();
        let start_ns = self.started_unix_ns.or_else(|| recording.first_ns()).unwrap_or(0);
        recording.start.unix_ns = start_ns;
        recording.rebase(start_ns);
    }
}

fn push(process: &mut Process, reading: &Reading, silence_ns: u64) {
    let last_ns = process.samples.times_ns().last().copied().filter(|_| reading.n_same == 0);
    let is_silence = |&last_ns: &u64| reading.unix_ns.saturating_sub(last_ns) > silence_ns;
    process.silences_ns.extend(last_ns.filter(is_silence).map(|last_ns| (last_ns, reading.unix_ns)));
    process.samples.push(reading.unix_ns, &reading.bytes);
    process.n_same = process.n_same.saturating_add(reading.n_same);
}
