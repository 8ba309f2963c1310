//! What a recording is written to while the run goes on: a file that stays ours alone, or a pipe whose reader may be
//! slow. Neither ever makes the program wait.

use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::files::Opened;

/// So much waits for the reader of a pipe.
const MAX_WAITING: usize = 1 << 20;
/// A reader that takes nothing for so long when the run is over gets no more.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A place to write to.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    opened: &'a mut Opened,
    /// Of a file that was not written to: its name. What it holds of an earlier run goes when there is something to put
    /// in its place.
    unbegun: Option<&'a Path>,
    /// Of a plain file: how long it is if nobody else has touched it. A device and a pipe have no length.
    len: Option<u64>,
    at: u64,
    is_disturbed: bool,
    /// What a pipe had no room for yet.
    waiting: Vec<u8>,
}

impl<'a> Output<'a> {
    /// A file that nothing was written to, or anything that has no length.
    pub(crate) fn new(opened: &'a mut Opened, path: &'a Path) -> Self {
        let len = opened.file.metadata().is_ok_and(|metadata| metadata.is_file()).then_some(0);
        Self { opened, unbegun: Some(path), len, at: 0, is_disturbed: false, waiting: Vec::new() }
    }

    /// Hands on what waits still, and says what is wrong with what was written, if anything is.
    pub(crate) fn end(&mut self) -> Result<(), &'static str> {
        let mut last_taken = Instant::now();
        while !self.waiting.is_empty() && last_taken.elapsed() < PATIENCE {
            let n_before = self.waiting.len();
            self.pass_on().map_err(|_| "its reader has gone before it had everything")?;
            if self.waiting.len() < n_before {
                last_taken = Instant::now();
            }
            std::thread::sleep(LOOK_EVERY);
        }
        self.look();
        match (self.waiting.is_empty(), self.is_disturbed) {
            (false, _) => Err("its reader did not take everything"),
            (true, true) => Err("somebody else wrote to it or cut it off meanwhile"),
            (true, false) => Ok(()),
        }
    }

    fn look(&mut self) {
        let Some(len) = self.len else { return };
        self.is_disturbed |= self.opened.file.metadata().is_ok_and(|metadata| metadata.len() != len);
    }

    /// Gives the reader of a pipe as much as it has room for.
    fn pass_on(&mut self) -> io::Result<()> {
        let mut n_taken = 0;
        let outcome = loop {
            match self.opened.file.write(&self.waiting[n_taken..]) {
                Ok(0) => break Ok(()),
                Ok(n) => n_taken += n,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break Ok(()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
        };
        self.waiting.drain(..n_taken);
        outcome
    }
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.len.is_none() {
            self.waiting.extend_from_slice(bytes);
            self.pass_on()?;
            let is_much = self.waiting.len() > MAX_WAITING;
            return if is_much { Err(io::Error::other("its reader is too slow")) } else { Ok(bytes.len()) };
        }
        let n = match self.unbegun.take() {
            Some(path) => self.opened.begin(path, bytes).map(|()| bytes.len())?,
            None => {
                self.look();
                self.opened.file.write(bytes)?
            }
        };
        self.at += n as u64;
        self.len = self.len.map(|len| len.max(self.at));
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.len.is_none() { self.pass_on() } else { Ok(()) }
    }
}

impl Seek for Output<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = self.opened.file.seek(to)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;
    use std::io::Read;
    use std::os::unix::fs::OpenOptionsExt;

    /// No file's name.
    const NOWHERE: &str = "/no such folder/no such file";

    /// A plain file that is there already, without anything in it or a name.
    fn plain() -> Opened {
        Opened { file: tempfile::tempfile().unwrap(), is_new: false }
    }

    #[track_caller]
    fn check(touch: impl Fn(&File), is_whole: bool) {
        for is_at_end in [false, true] {
            let mut opened = plain();
            let file = opened.file.try_clone().unwrap();
            let mut output = Output::new(&mut opened, Path::new(NOWHERE));
            output.write_all(b"one\ntwo\n").unwrap();
            output.seek(SeekFrom::Current(-4)).unwrap();
            output.write_all(b"2\n  \n").unwrap();
            touch(&file);
            if !is_at_end {
                output.write_all(b"three\n").unwrap();
            }
            assert_eq!(output.end().is_ok(), is_whole);
        }
    }

    #[test]
    fn a_file_that_others_touch_is_not_whole() {
        check(|_| {}, true);
        check(|file| file.set_len(0).unwrap(), false);
        check(|file| file.set_len(99).unwrap(), false);
    }

    #[test]
    fn what_is_replaced_stays_until_there_is_something_in_its_place() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("old");
        std::fs::write(&path, "all of an earlier run").unwrap();
        let len = || path.metadata().unwrap().len();
        let mut opened = Opened { file: File::options().write(true).open(&path).unwrap(), is_new: false };
        let mut output = Output::new(&mut opened, &path);
        output.flush().unwrap();
        assert_eq!(len(), 21);
        output.write_all(b"one\n").unwrap();
        assert_eq!(len(), 4);
        output.write_all(b"two\n").unwrap();
        assert_eq!((len(), output.end()), (8, Ok(())));
    }

    #[test]
    fn a_slow_reader_gets_everything_and_a_pipe_waits_for_nobody() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let mut reader = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        let pipe = File::options().write(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        let mut pipe = Opened { file: pipe, is_new: false };
        let mut output = Output::new(&mut pipe, Path::new(NOWHERE));
        assert!(output.stream_position().is_err(), "nothing can be replaced in it");
        let text: Vec<u8> = (0..300_000_u32).flat_map(u32::to_ne_bytes).collect();
        for piece in text[..900_000].chunks(4096) {
            output.write_all(piece).unwrap();
        }
        let mut read = vec![0; 50_000];
        let n = reader.read(&mut read).unwrap();
        read.truncate(n);
        let rest = std::thread::spawn(move || {
            let mut piece = vec![0; 30_000];
            while read.len() < 900_000 {
                let n = reader.read(&mut piece).unwrap_or(0);
                read.extend_from_slice(&piece[..n]);
            }
            read
        });
        assert_eq!(output.end(), Ok(()));
        assert!(rest.join().unwrap() == text[..900_000]);
    }

    #[test]
    fn what_waits_is_bounded() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let pipe = File::options().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        let mut pipe = Opened { file: pipe, is_new: false };
        let mut output = Output::new(&mut pipe, Path::new(NOWHERE));
        let outcome = (0..1000).try_for_each(|_| output.write_all(&[0; 4096]));
        assert_eq!(outcome.unwrap_err().to_string(), "its reader is too slow");
        assert!(output.waiting.len() <= MAX_WAITING + 4096);
    }
}
