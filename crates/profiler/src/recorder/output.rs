//! What a recording is written to while the run goes on: a file that stays ours alone, or a pipe whose reader may be
//! slow. Neither ever makes the program wait.

mod plain;

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::files::Opened;
use plain::{Aside, Plain};

/// So much waits for the reader of a pipe. Who has more for a disk is held up.
const MAX_WAITING: usize = 1 << 20;
/// A reader that takes nothing for so long when the run is over gets no more.
const PATIENCE: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Who waits for the end to be written does not do so for longer without being told why.
const LONG: Duration = Duration::from_secs(1);

/// A place to write to.
#[derive(Debug)]
pub(crate) struct Output<'a> {
    opened: &'a mut Opened,
    at: u64,
    way: Way<'a>,
}

/// How it is written to.
#[derive(Debug)]
enum Way<'a> {
    /// A plain file that was not written to, and its name. What it holds of an earlier run goes when there is something
    /// to put in its place.
    Unbegun(&'a Path),
    /// Where no thread could be started.
    Plain(Plain),
    Aside(Aside),
    /// A device or a pipe, which has no length, and what it had no room for yet.
    Pipe(Vec<u8>),
}

impl<'a> Output<'a> {
    /// A file that nothing was written to, or anything that has no length.
    pub(crate) fn new(opened: &'a mut Opened, path: &'a Path) -> Self {
        let is_plain = opened.file.metadata().is_ok_and(|metadata| metadata.is_file());
        let way = if is_plain { Way::Unbegun(path) } else { Way::Pipe(Vec::new()) };
        Self { opened, at: 0, way }
    }

    /// Hands on what waits still, and says what is wrong with what was written, if anything is. Where that takes long,
    /// it is told.
    pub(crate) fn end(self, on_long_wait: &mut dyn FnMut()) -> Result<(), String> {
        let mut plain = match self.way {
            Way::Unbegun(_) => return Ok(()),
            Way::Plain(plain) => Ok(plain),
            Way::Aside(aside) => aside.end(on_long_wait).and_then(|(plain, failure)| {
                self.opened.file = plain.file();
                failure.map_or(Ok(plain), Err)
            }),
            Way::Pipe(mut waiting) => return empty(&mut waiting, &self.opened.file, on_long_wait),
        }
        .map_err(|error| error.to_string())?;
        let why = "somebody else wrote to it or cut it off meanwhile";
        if plain.is_disturbed() { Err(why.to_owned()) } else { Ok(()) }
    }
}

/// Puts the beginning of a recording in the place of what a file holds.
fn begin(opened: &mut Opened, path: &Path, beginning: &[u8]) -> io::Result<Plain> {
    opened.begin(path, beginning)?;
    Ok(Plain::new(Arc::clone(&opened.file), beginning.len() as u64))
}

/// Waits for the reader of a pipe to take the rest.
fn empty(waiting: &mut Vec<u8>, pipe: &File, on_long_wait: &mut dyn FnMut()) -> Result<(), String> {
    let began = Instant::now();
    let mut last_taken = began;
    let mut is_told = false;
    while !waiting.is_empty() {
        if !is_told && began.elapsed() >= LONG {
            on_long_wait();
            is_told = true;
        }
        let n_before = waiting.len();
        pass_on(waiting, pipe).map_err(|_| "its reader has gone before it had everything")?;
        if waiting.len() < n_before {
            last_taken = Instant::now();
        } else if last_taken.elapsed() >= PATIENCE {
            return Err("its reader did not take everything".to_owned());
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Ok(())
}

/// Gives the reader of a pipe as much as it has room for.
fn pass_on(waiting: &mut Vec<u8>, mut pipe: &File) -> io::Result<()> {
    let mut n_taken = 0;
    let outcome = loop {
        match pipe.write(&waiting[n_taken..]) {
            Ok(0) => break Ok(()),
            Ok(n) => n_taken += n,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => break Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => break Err(error),
        }
    };
    waiting.drain(..n_taken);
    outcome
}

impl Write for Output<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.way {
            Way::Unbegun(path) => {
                self.way = match Aside::start(self.opened.clone(), path.to_owned()) {
                    Ok(aside) => {
                        aside.write(bytes, 0)?;
                        Way::Aside(aside)
                    }
                    Err(_) => Way::Plain(begin(self.opened, path, bytes)?),
                };
            }
            Way::Plain(plain) => plain.write(bytes, self.at)?,
            Way::Aside(aside) => aside.write(bytes, self.at)?,
            Way::Pipe(waiting) => {
                waiting.extend_from_slice(bytes);
                pass_on(waiting, &self.opened.file)?;
                if waiting.len() > MAX_WAITING {
                    waiting.clear();
                    return Err(io::Error::other("its reader is too slow"));
                }
            }
        }
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.way {
            Way::Pipe(waiting) => pass_on(waiting, &self.opened.file),
            Way::Unbegun(_) | Way::Plain(_) | Way::Aside(_) => Ok(()),
        }
    }
}

impl Seek for Output<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.at = match (&self.way, to) {
            (Way::Pipe(_), to) => (&*self.opened.file).seek(to)?,
            (_, SeekFrom::Start(at)) => at,
            (_, SeekFrom::Current(by)) => self.at.saturating_add_signed(by),
            (_, SeekFrom::End(_)) => return Err(io::ErrorKind::Unsupported.into()),
        };
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
        Opened { file: tempfile::tempfile().unwrap().into(), is_new: false }
    }

    /// Another thread writes.
    fn wait_for(len: u64, is: impl Fn() -> u64) {
        let until = Instant::now() + Duration::from_secs(20);
        while is() != len && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(is(), len);
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
            wait_for(9, || file.metadata().unwrap().len());
            touch(&file);
            if !is_at_end {
                output.write_all(b"three\n").unwrap();
            }
            assert_eq!(output.end(&mut || ()).is_ok(), is_whole);
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
        let mut opened =
            Opened { file: File::options().write(true).open(&path).unwrap().into(), is_new: false };
        let mut output = Output::new(&mut opened, &path);
        output.flush().unwrap();
        assert_eq!(len(), 21);
        output.write_all(b"one\n").unwrap();
        wait_for(4, len);
        output.write_all(b"two\n").unwrap();
        wait_for(8, len);
        assert_eq!((output.end(&mut || ()), len()), (Ok(()), 8));
    }

    #[test]
    fn a_slow_reader_gets_everything_and_a_pipe_waits_for_nobody() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let mut reader = File::options().read(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        let pipe = File::options().write(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        let mut pipe = Opened { file: pipe.into(), is_new: false };
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
        assert_eq!(output.end(&mut || ()), Ok(()));
        assert!(rest.join().unwrap() == text[..900_000]);
    }

    #[test]
    fn a_reader_that_takes_nothing_is_waited_for_and_that_is_told_once() {
        let (_reader, pipe) = io::pipe().unwrap();
        let mut pipe = Opened { file: File::from(std::os::fd::OwnedFd::from(pipe)).into(), is_new: false };
        rustix::io::ioctl_fionbio(&pipe.file, true).unwrap();
        let mut output = Output::new(&mut pipe, Path::new(NOWHERE));
        output.write_all(&[0; 200_000]).unwrap();
        let mut n_told = 0;
        assert_eq!(output.end(&mut || n_told += 1), Err("its reader did not take everything".to_owned()));
        assert_eq!(n_told, 1);
    }

    #[test]
    fn what_waits_is_bounded() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let pipe = File::options().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        let mut pipe = Opened { file: pipe.into(), is_new: false };
        let mut output = Output::new(&mut pipe, Path::new(NOWHERE));
        let outcome = (0..1000).try_for_each(|_| output.write_all(&[0; 4096]));
        assert_eq!(outcome.unwrap_err().to_string(), "its reader is too slow");
        assert!(matches!(output.way, Way::Pipe(waiting) if waiting.capacity() <= 4 * MAX_WAITING));
    }
}
