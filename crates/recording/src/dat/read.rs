//! Reading a `.dat` file: ours, and every one that mprof wrote.
//!
//! It comes in pieces of any size. Lines may stand in any order; one that is not understood is named and passed over.

mod meta;
mod scanned;
mod settle;
mod whose;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::line::{self, Line, MAX_LINE_LEN, Reading, Role};
use super::outcome::{Error, Read, Warning};
use super::outline::{Outline, Tracks};
use super::{fast, foreign};
use crate::call::Entry;
use crate::event::Pid;
use crate::gaps::MUCH_LONGER;
use crate::left::Left;
use crate::recording::{Process, Recording};
use crate::samples::{Untold, Wanted};

/// Warnings that are kept word for word. More are counted, so that a wrong file does not fill the memory.
const MAX_WARNINGS: usize = 20;

/// A file of which nothing was understood so far is none of ours, and may have no end.
const MOST_BEFORE_FIRST_LINE: u64 = 2 * MAX_LINE_LEN as u64;
const ANOTHER: &str = "another recording begins here; both are read as one";

/// Reads a file's bytes.
///
/// # Errors
/// When there is nothing to read, nothing is understood, or the format is too new. An odd line is a warning.
pub fn read(bytes: &[u8]) -> Result<Read, Error> {
    let mut reader = Reader::new(Wanted::ALL);
    reader.feed(bytes)?;
    reader.finish()
}

/// Reads a file piece by piece, so that no more than a line of it is held.
#[derive(Debug)]
pub struct Reader {
    /// Until the end, its times are nanoseconds since 1970.
    recording: Recording,
    wanted: Wanted,
    /// Where the readings stay in the file: what it takes to find them again.
    tracks: Option<Tracks>,
    started_unix_ns: Option<u64>,
    root_pid: Option<Pid>,
    /// The file is one of mprof-rs, which keeps a command byte for byte.
    is_ours: bool,
    root: Process,
    children: Vec<Process>,
    /// Where each child is among the children.
    places: HashMap<Pid, u32>,
    /// The names of processes, each once: of a million processes, most bear the same few.
    names: HashSet<Arc<str>>,
    /// Labels of children that are no numbers, in files of mprof.
    labels: HashMap<Vec<u8>, u32>,
    /// Calls that began, and when each did.
    entered: Vec<(u64, Entry)>,
    /// The numbers of calls that are over.
    left_ids: HashSet<u64>,
    /// Where the child of the latest reading is.
    latest_place: usize,
    latest_second: fast::Second,
    command: Vec<u8>,
    /// A quote in the command is open, so that it goes on behind its line.
    has_open_quote: bool,
    /// The first line whose reading is of an earlier time than one of its process before it.
    first_backwards: Option<u64>,
    /// How far the latest readings held when the recorder was cut off.
    same: Option<(u64, u64)>,
    /// The beginning of a line whose end is still to come.
    begun: Vec<u8>,
    /// The first bytes, which tell what kind of file it is.
    head: Vec<u8>,
    n_bytes: u64,
    /// As much of the file as has whole lines.
    n_bytes_of_lines: u64,
    n_lines: u64,
    n_understood: u64,
    warnings: Vec<Warning>,
    n_warnings: u64,
}

impl Reader {
    /// A reader that keeps some metrics of each reading, and everything else of a recording.
    #[must_use]
    pub fn new(wanted: Wanted) -> Self {
        Self {
            recording: Recording::default(),
            wanted,
            tracks: None,
            started_unix_ns: None,
            root_pid: None,
            is_ours: false,
            root: Process::default(),
            children: Vec::new(),
            places: HashMap::new(),
            names: HashSet::new(),
            labels: HashMap::new(),
            entered: Vec::new(),
            left_ids: HashSet::new(),
            latest_place: 0,
            latest_second: fast::Second::default(),
            command: Vec::new(),
            has_open_quote: false,
            first_backwards: None,
            same: None,
            begun: Vec::new(),
            head: Vec::new(),
            n_bytes: 0,
            n_bytes_of_lines: 0,
            n_lines: 0,
            n_understood: 0,
            warnings: Vec::new(),
            n_warnings: 0,
        }
    }

    /// A reader that leaves the readings in the file: of each process, it keeps when the first and the last were.
    #[must_use]
    pub fn of_outline() -> Self {
        Self { tracks: Some(Tracks::default()), ..Self::new(Wanted::only(&[])) }
    }

    /// Takes in the next bytes of the file.
    ///
    /// # Errors
    /// When the format is too new, or the file is none of ours. Nothing more is to be fed then: it may never end.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.take_in(bytes)?;
        self.check_understood()
    }

    /// Whether it may be a recording still, now that a piece of it is taken in.
    fn check_understood(&self) -> Result<(), Error> {
        let is_none = self.n_understood == 0 && self.n_bytes > MOST_BEFORE_FIRST_LINE;
        if is_none { Err(self.no_recording()) } else { Ok(()) }
    }

    fn see_bytes(&mut self, bytes: &[u8]) {
        self.n_bytes += bytes.len() as u64;
        self.head.extend(bytes.iter().take(foreign::HEAD_LEN.saturating_sub(self.head.len())));
    }

    fn take_in(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.see_bytes(bytes);
        let mut rest = bytes;
        if !self.begun.is_empty() {
            let Some(end) = memchr::memchr(b'\n', rest) else {
                self.begin_line(rest);
                return Ok(());
            };
            self.begin_line(&rest[..end]);
            let line = std::mem::take(&mut self.begun);
            self.line(&line)?;
            rest = &rest[end + 1..];
        }
        rest = self.lines(rest)?;
        self.n_bytes_of_lines = self.n_bytes - rest.len() as u64;
        self.begin_line(rest);
        Ok(())
    }

    /// What is left of a text when its whole lines are taken in.
    fn lines<'a>(&mut self, mut rest: &'a [u8]) -> Result<&'a [u8], Error> {
        let mut reading = Reading::default();
        loop {
            while let Some((pid, len)) = fast::reading(rest, &mut self.latest_second, &mut reading) {
                self.plain_reading(pid, &mut reading);
                rest = &rest[len..];
            }
            let Some(end) = memchr::memchr(b'\n', rest) else { return Ok(rest) };
            self.line(&rest[..end])?;
            rest = &rest[end + 1..];
        }
    }

    /// Keeps the beginning of a line. Of one without an end, as in a file of another kind, no more than any line has.
    fn begin_line(&mut self, text: &[u8]) {
        let n_kept = text.len().min(MAX_LINE_LEN.saturating_sub(self.begun.len()));
        self.begun.extend_from_slice(&text[..n_kept]);
    }

    fn line(&mut self, text: &[u8]) -> Result<(), Error> {
        self.n_lines += 1;
        // Editors may put a mark of the encoding before the first line.
        let is_marked = self.n_lines == 1 && text.starts_with(b"\xef\xbb\xbf");
        let text = if is_marked { &text[3..] } else { text };
        let len = text.len() + 1;
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if is_marked || text.len() >= MAX_LINE_LEN || (self.has_open_quote && !self.is_ours) {
            self.tracks.iter_mut().for_each(Tracks::see_intricate);
        }
        if self.continues_command(text) {
            self.continue_command(text);
            return Ok(());
        }
        if text.is_empty() {
            return Ok(());
        }
        if text.len() >= MAX_LINE_LEN {
            self.warn(|| format!("longer than {} MiB, which no line of a recording is", MAX_LINE_LEN >> 20));
            return Ok(());
        }
        match line::parse(text) {
            Ok(line) => {
                self.n_understood += 1;
                self.tracks.iter_mut().for_each(|tracks| tracks.see_line(&line, self.n_lines, len));
                self.take(line)
            }
            Err(expected) => {
                self.warn(|| format!("not understood, expected {expected}"));
                Ok(())
            }
        }
    }

    /// mprof writes a command with a line break in an argument raw. It goes on to the first line that is a record.
    fn continues_command(&mut self, text: &[u8]) -> bool {
        self.has_open_quote = self.has_open_quote && !self.is_ours && !line::is_record(text);
        self.has_open_quote
    }

    fn continue_command(&mut self, text: &[u8]) {
        if self.command.len() + text.len() < MAX_LINE_LEN {
            self.command.push(b'\n');
            self.command.extend_from_slice(text);
        }
    }

    fn no_recording(&self) -> Error {
        foreign::kind(&self.head).map_or(Error::NotARecording, Error::Foreign)
    }

    fn warn(&mut self, why: impl FnOnce() -> String) {
        self.n_warnings += 1;
        if self.warnings.len() < MAX_WARNINGS {
            self.warnings.push(Warning { line: self.n_lines, why: why() });
        }
    }

    /// Takes in a reading that stands as recorders write it.
    fn plain_reading(&mut self, pid: Option<Pid>, reading: &mut Reading) {
        self.n_lines += 1;
        self.n_understood += 1;
        self.has_open_quote = false;
        self.reading(pid, reading);
    }

    /// Takes in a reading, of which nothing is left but what is wanted.
    fn reading(&mut self, pid: Option<Pid>, reading: &mut Reading) {
        let &mut Reading { unix_ns, n_same, .. } = reading;
        let silence_ns = self.silence_ns();
        let place = pid.map(|pid| self.seek(pid));
        let process = match place {
            Some(place) => &mut self.children[place],
            None => &mut self.root,
        };
        if let Some(&last_ns) = process.samples.times_ns().last() {
            if unix_ns < last_ns {
                self.first_backwards.get_or_insert(self.n_lines);
            } else if unix_ns - last_ns > silence_ns && n_same == 0 {
                process.silences_ns.push((last_ns, unix_ns));
            }
        }
        match &mut self.tracks {
            Some(tracks) => tracks.see(place, &mut process.samples, reading),
            None => {
                reading.told.keep(self.wanted);
                process.samples.push_told(unix_ns, &reading.told);
            }
        }
        process.n_same = process.n_same.saturating_add(n_same);
    }

    fn take(&mut self, line: Line<'_>) -> Result<(), Error> {
        match line {
            Line::Root(mut reading) => self.reading(None, &mut reading),
            Line::Child(pid, mut reading) => self.reading(Some(pid), &mut reading),
            Line::Labelled(..) if self.is_ours => self.warn(|| "not understood, expected a number".into()),
            Line::Labelled(label, mut reading) => {
                self.tracks.iter_mut().for_each(Tracks::see_intricate);
                let pid = self.stand_in(label);
                self.reading(Some(pid), &mut reading);
            }
            Line::Command(text) => {
                // mprof appends to a file that is there.
                if !self.is_ours && !self.command.is_empty() {
                    self.warn(|| ANOTHER.into());
                }
                self.command = text.to_vec();
                self.has_open_quote = text.iter().filter(|&&byte| byte == b'\'').count() % 2 == 1;
            }
            Line::Call(call, id) => {
                self.left_ids.extend(id);
                self.recording.calls.push(call);
            }
            Line::Entry(unix_ns, entry) => self.entered.push((unix_ns, entry)),
            Line::Moment(moment) => self.recording.moments.push(moment),
            Line::Meta(key, value) => return self.meta(key, value),
            Line::Joined { pid, unix_ns, parent, name, role } => {
                let name = self.name(name);
                let process = match role {
                    Role::Root => {
                        self.root_pid = Some(pid);
                        &mut self.root
                    }
                    Role::Child => self.child(pid),
                };
                process.pid = Some(pid);
                process.parent = parent;
                process.name = Some(name);
                process.joined_ns = Some(unix_ns);
            }
            Line::Renamed { pid, unix_ns, name } => {
                let name = self.name(name);
                self.child(pid).renamed.push((unix_ns, name));
            }
            Line::Same(unix_ns, n_same) => self.same = Some((unix_ns, n_same)),
            Line::Left(pid, unix_ns, departure) => self.child(pid).left = Left::at(unix_ns, departure),
            Line::Told(told) => self.recording.told.push(told),
            Line::End(unix_ns, finish) => self.recording.end = Some((unix_ns, finish)),
        }
        Ok(())
    }

    /// What is longer between two readings is a stretch in which a process was not read.
    fn silence_ns(&self) -> u64 {
        self.recording.start.interval_ns.map_or(u64::MAX, |ns| ns.saturating_mul(MUCH_LONGER))
    }

    /// The recording, when there are no more bytes.
    ///
    /// # Errors
    /// When there were none, or nothing was understood.
    pub fn finish(mut self) -> Result<Read, Error> {
        self.settle()?;
        Ok(self.read())
    }

    /// The recording without its readings, and the way to them. There is none where they depend on one another, and in
    /// files that are out of order: then nothing of the recording is good for anything, and the file is to be read whole.
    ///
    /// # Errors
    /// When there were no bytes, or nothing was understood.
    pub fn finish_outline(mut self) -> Result<(Read, Option<Outline>), Error> {
        let (n_lines, n_bytes) = (self.n_lines, self.n_bytes_of_lines);
        self.settle()?;
        let tracks = self.tracks.take();
        let outline = tracks.and_then(|tracks| {
            let n_stable = tracks.n_stable(n_lines, n_bytes);
            let same_unix_ns = self.same.map(|(unix_ns, _)| unix_ns);
            let outline = tracks.outline(&self.recording, self.untold(), same_unix_ns, n_stable);
            outline.filter(|_| self.first_backwards.is_none())
        });
        Ok((self.read(), outline))
    }

    /// What holds for what a line does not tell.
    fn untold(&self) -> Untold {
        if self.is_ours { Untold::Holds } else { Untold::Absent }
    }

    fn read(self) -> Read {
        Read { recording: self.recording, warnings: self.warnings, n_warnings: self.n_warnings }
    }

    fn settle(&mut self) -> Result<(), Error> {
        if self.n_bytes == 0 {
            return Err(Error::Empty);
        }
        self.last_line()?;
        if self.n_understood == 0 {
            return Err(self.no_recording());
        }
        self.settle_labels();
        // Not needed any more, and as large as there are processes.
        self.places = HashMap::new();
        self.settle_root();
        self.settle_command();
        self.settle_order();
        self.settle_times();
        Ok(())
    }
}
