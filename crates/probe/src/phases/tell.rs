//! The program's end of the channel, for programs that cannot write to it themselves: shells, and make.
//!
//! Nobody waits here and nothing fails for want of a recorder, so that a script is the same with one and without.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use mprof_recording::event::Exit;

use super::line::{MAX_LINE, ROOT, VARIABLE};
use crate::os;
use crate::program::{ExitsSeen, Given, NotRunnable, Program};

/// The longest name, in bytes. A line has 512, and its other words take less than the rest.
const MAX_NAME: usize = 400;
/// So much is written whole or not at all.
const MOST_AT_ONCE: usize = libc::PIPE_BUF;
/// What the calls and marks of a process nest in: a shell does one thing at a time.
const TASK: &str = mprof_recording::call::SHELL;

/// What a phase or a moment can be called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name(String);

/// Where lines are written to.
#[derive(Debug)]
pub struct Teller {
    /// Absent where nobody records.
    channel: Option<File>,
    n_untold: u64,
    /// Marks that are to be written together, and how many they are.
    gathered: String,
    n_gathered: u64,
}

impl Name {
    /// Takes a name as it is.
    ///
    /// # Errors
    /// Why it cannot stand in a line.
    pub fn new(text: impl AsRef<OsStr>) -> Result<Self, String> {
        let text = text.as_ref().to_str().ok_or("a name is text in UTF-8")?;
        let n_bytes = text.len();
        if text.contains('\n') {
            Err("a name is one line, without a line break".to_owned())
        } else if text.chars().all(|c| c.is_whitespace() || c.is_control()) {
            Err("a name has at least one character that can be seen".to_owned())
        } else if n_bytes > MAX_NAME {
            Err(format!("a name has at most {MAX_NAME} bytes, and this one has {n_bytes}"))
        } else {
            Ok(Self(text.to_owned()))
        }
    }

    /// As much of a text as a name can hold, in characters that can be seen; nothing if there is none.
    pub(crate) fn fitting(text: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(text.get(..2 * MAX_NAME).unwrap_or(text));
        let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        let text = text.trim();
        let text = text[..text.floor_char_boundary(MAX_NAME)].trim_end();
        (!text.is_empty()).then(|| Self(text.to_owned()))
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

impl Teller {
    /// Tells the recorder of this run, if there is one. One that is over is none.
    ///
    /// # Errors
    /// When there is a channel that cannot be written to.
    pub fn of_this_process() -> io::Result<Self> {
        std::env::var_os(VARIABLE).map_or(Ok(Self::of_nobody()), |path| Self::of(Path::new(&path)))
    }

    /// Tells nobody.
    #[must_use]
    pub fn of_nobody() -> Self {
        Self { channel: None, n_untold: 0, gathered: String::new(), n_gathered: 0 }
    }

    fn of(path: &Path) -> io::Result<Self> {
        match os::open_fifo(path) {
            Ok(fifo) => Ok(Self { channel: Some(fifo), ..Self::of_nobody() }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::of_nobody()),
            Err(error) => Err(error),
        }
    }

    /// Whether there is a recorder that could be told.
    #[must_use]
    pub fn is_heard(&self) -> bool {
        self.channel.is_some()
    }

    /// Marks this moment. It is the moment of who started us: we are gone before anybody has looked.
    pub fn mark(&mut self, name: &Name) {
        self.line("mark", os::monotonic_ns(), std::os::unix::process::parent_id(), TASK, name);
    }

    /// Marks the moment at which the run's program, or what came of it, had printed something on a stream. The
    /// recorder hears of it with `hand_over`, or before: of a program that prints a lot, many marks are one write.
    pub(crate) fn mark_of(&mut self, stream: &str, at_ns: u64, name: &Name) {
        if self.gathered.len() + MAX_LINE > MOST_AT_ONCE {
            self.hand_over();
        }
        // Writing to a string does not fail.
        let _ = writeln!(self.gathered, "mark {at_ns} {ROOT} {stream} {}", name.0);
        self.n_gathered += 1;
    }

    /// Writes the marks that were gathered.
    pub(crate) fn hand_over(&mut self) {
        let gathered = std::mem::take(&mut self.gathered);
        let n_gathered = std::mem::take(&mut self.n_gathered);
        if n_gathered > 0 && !self.write(&gathered) {
            self.n_untold += n_gathered;
        }
        self.gathered = gathered;
        self.gathered.clear();
    }

    /// Runs a program to its end, which is one call of a phase, and is told as the program's own. Of a phase without a
    /// name nothing is told.
    ///
    /// # Errors
    /// When the program cannot be run: then nothing is told.
    pub fn around(
        &mut self,
        name: Option<&Name>,
        program: &Program,
    ) -> Result<io::Result<Exit>, NotRunnable> {
        // Without, an interrupt ends us with the command, whose exit status then nobody gets.
        let _ = os::ignore_interrupts();
        let entered_ns = os::monotonic_ns();
        let pid = program.spawn(ExitsSeen::AsTheyHappen, Given::default(), None)?.pid;
        let entered = name.filter(|name| self.line("enter", entered_ns, pid, TASK, name));
        let reaped = os::reap(pid);
        let left_ns = os::monotonic_ns();
        if let Some(name) = entered {
            self.line("leave", left_ns, pid, TASK, name);
        }
        self.confess(pid);
        Ok(reaped.map(|reaped| reaped.exit))
    }

    /// How many lines the recorder has no word of.
    #[must_use]
    pub fn n_untold(&self) -> u64 {
        self.n_untold
    }

    /// Writes a line, whole or not at all, and says whether it was written or nobody wants it.
    fn line(&mut self, verb: &str, at_ns: u64, pid: u32, task: &str, name: &Name) -> bool {
        let is_written = self.write(&format!("{verb} {at_ns} {pid} {task} {}\n", name.0));
        self.n_untold += u64::from(!is_written);
        is_written
    }

    /// A recorder that was behind may have caught up.
    fn confess(&mut self, pid: u32) {
        if self.n_untold > 0 && self.write(&format!("lost - {pid} {TASK} {}\n", self.n_untold)) {
            self.n_untold = 0;
        }
    }

    fn write(&mut self, lines: &str) -> bool {
        debug_assert!(lines.len() <= MOST_AT_ONCE && lines.lines().all(|it| it.len() < MAX_LINE), "{lines}");
        let Some(channel) = &mut self.channel else { return true };
        match channel.write_all(lines.as_bytes()) {
            Ok(()) => true,
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.channel = None;
                true
            }
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_fits_a_line() {
        for name in ["x", " two words ", "größe", &"x".repeat(MAX_NAME)] {
            assert_eq!(Name::new(name), Ok(Name(name.to_owned())));
        }
        let cases =
            [("", "at least"), (" \t", "at least"), ("a\nb", "one line"), (&"ä".repeat(201), "has 402")];
        for (name, why) in cases {
            assert!(Name::new(name).unwrap_err().contains(why), "{name}");
        }
        let latin: &OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"gr\xf6\xdfe");
        assert!(Name::new(latin).unwrap_err().contains("UTF-8"));
        let line = format!("enter {} {} {TASK} {}\n", u64::MAX, u32::MAX, "x".repeat(MAX_NAME));
        assert!(line.len() <= MAX_LINE);
    }

    #[test]
    fn a_full_channel_is_waited_for_by_nobody_and_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("phases");
        let mut reader = os::make_fifo(&path).unwrap();
        let mut teller = Teller::of(&path).unwrap();
        let name = Name::new("x".repeat(MAX_NAME)).unwrap();
        let mut n_marks = 0;
        while teller.n_untold() == 0 {
            teller.mark(&name);
            n_marks += 1;
        }
        assert!(n_marks > 100);
        let mut told = vec![0; 1 << 21];
        let n = io::Read::read(&mut reader, &mut told).unwrap();
        assert_eq!(told[..n].iter().filter(|&&byte| byte == b'\n').count(), n_marks - 1);
        teller.confess(7);
        let n = io::Read::read(&mut reader, &mut told).unwrap();
        assert_eq!((&told[..n], teller.n_untold()), (&b"lost - 7 sh 1\n"[..], 0));
    }

    #[test]
    fn gathered_marks_are_whole_lines_in_order_and_those_without_room_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("phases");
        let mut reader = os::make_fifo(&path).unwrap();
        let mut teller = Teller::of(&path).unwrap();
        let mut n_marks = 0;
        while teller.n_untold() == 0 {
            teller.mark_of("1", n_marks, &Name(format!("mark {n_marks}")));
            n_marks += 1;
        }
        teller.hand_over();
        let mut told = vec![0; 1 << 21];
        let n = io::Read::read(&mut reader, &mut told).unwrap();
        let told = std::str::from_utf8(&told[..n]).unwrap();
        let names: Vec<u64> =
            told.lines().map(|line| line.split(" mark ").nth(1).unwrap().parse().unwrap()).collect();
        assert!(names.is_sorted_by(|a, b| a < b));
        assert_eq!(names.len() as u64 + teller.n_untold(), n_marks);
        teller.mark_of("1", 0, &Name("later".to_owned()));
        teller.hand_over();
        let mut told = vec![0; 99];
        let n = io::Read::read(&mut reader, &mut told).unwrap();
        assert!(told[..n].ends_with(b" later\n"));
    }

    #[test]
    fn without_a_reader_nobody_is_told_and_what_is_no_channel_stays_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("phases");
        let name = Name::new("x").unwrap();
        assert!(Teller::of(&path).unwrap().channel.is_none());
        drop(os::make_fifo(&path).unwrap());
        assert!(Teller::of(&path).unwrap().channel.is_none());
        let reader = os::make_fifo(&folder.path().join("other")).unwrap();
        let mut teller = Teller::of(&folder.path().join("other")).unwrap();
        drop(reader);
        teller.mark(&name);
        assert_eq!(teller.n_untold(), 0);
        let file = folder.path().join("file");
        std::fs::write(&file, "kept").unwrap();
        assert!(Teller::of(&file).is_err());
        assert_eq!(std::fs::read(&file).unwrap(), b"kept");
    }
}
