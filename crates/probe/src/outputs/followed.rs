//! A file to which a program prints. It is opened once more, so that nothing about the program's descriptor changes.

use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;

use crate::marking::{Expression, Watcher};
use crate::os;
use crate::phases::Read;
use crate::phases::tell::Name;

/// What is read at once, and at most at one hearing: we may have a priority that the program has not.
const PIECE: usize = 1 << 15;
const MAX_READ: usize = 1 << 20;

/// A file, and how far it was read.
#[derive(Debug)]
pub(super) struct Followed {
    stream: &'static str,
    file: File,
    offset: u64,
    watcher: Watcher,
    buffer: Vec<u8>,
    n_unread: u64,
}

impl Followed {
    pub(super) fn open(stream: &'static str, file: &File, expressions: Vec<Expression>) -> io::Result<Self> {
        let opened = os::reopen(file);
        let opened = opened.map_err(|error| io::Error::other(format!("its file cannot be read: {error}")))?;
        let offset = if os::appends(file.as_fd()) {
            file.metadata()?.len()
        } else {
            (&mut &*file).stream_position()?
        };
        let watcher = Watcher::new(expressions);
        Ok(Self { stream, file: opened, offset, watcher, buffer: vec![0; PIECE], n_unread: 0 })
    }

    /// Reads what was added, a bounded part of it at once, until it takes too long. Says whether there was no more.
    pub(super) fn read(&mut self, until_ns: u64, mut each: impl FnMut(&'static str, &Name)) -> Read {
        for _ in 0..MAX_READ / PIECE {
            // A file that cannot be read any more has nothing to tell.
            let n = self.file.read_at(&mut self.buffer, self.offset).unwrap_or(0);
            if n == 0 {
                self.start_over_if_cut();
                return Read::Everything;
            }
            self.offset += n as u64;
            let stream = self.stream;
            self.watcher.take(&self.buffer[..n], |name| each(stream, name));
            if os::monotonic_ns() >= until_ns {
                break;
            }
        }
        Read::APart
    }

    /// Takes what has begun for a line.
    pub(super) fn end(&mut self, mut each: impl FnMut(&'static str, &Name)) {
        let stream = self.stream;
        self.watcher.end(|name| each(stream, name));
        self.n_unread = self.len().saturating_sub(self.offset);
    }

    pub(super) fn loss(&self) -> Option<String> {
        let Self { stream, n_unread, .. } = self;
        (*n_unread > 0).then(|| format!("{stream}: the last {n_unread} bytes were not looked at"))
    }

    /// A file that was cut, as by who rotates logs, goes on at its new end.
    fn start_over_if_cut(&mut self) {
        self.offset = self.offset.min(self.len());
    }

    fn len(&self) -> u64 {
        self.file.metadata().map_or(self.offset, |it| it.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn marks(followed: &mut Followed) -> Vec<String> {
        let mut names = Vec::new();
        followed.read(u64::MAX, |_, name| names.push(name.text().to_owned()));
        names
    }

    fn open(file: &File) -> Followed {
        Followed::open("stdout", file, vec![Expression::new("mark .").unwrap()]).unwrap()
    }

    #[test]
    fn what_is_added_is_read_from_where_the_program_begins() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"mark 0\n").unwrap();
        let mut followed = open(file.as_file());
        assert_eq!(marks(&mut followed), [""; 0]);
        file.write_all(b"mark 1\nmark").unwrap();
        assert_eq!(marks(&mut followed), ["mark 1"]);
        file.write_all(b" 2\n").unwrap();
        assert_eq!(marks(&mut followed), ["mark 2"]);
        let mut added = File::options().append(true).open(file.path()).unwrap();
        let mut followed = open(&added);
        added.write_all(b"mark 3\nmark 4").unwrap();
        assert_eq!(marks(&mut followed), ["mark 3"]);
        let mut last = Vec::new();
        followed.end(|_, name| last.push(name.text().to_owned()));
        assert_eq!((last.as_slice(), followed.loss()), (&["mark 4".to_owned()][..], None));
    }

    #[test]
    fn a_file_that_was_cut_goes_on_and_what_takes_too_long_is_told() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"mark 0 and more\n").unwrap();
        let mut followed = open(&file);
        file.set_len(0).unwrap();
        file.rewind().unwrap();
        assert_eq!(marks(&mut followed), [""; 0]);
        file.write_all(b"mark 1\n").unwrap();
        assert_eq!(marks(&mut followed), ["mark 1"]);
        file.write_all(&vec![b'\n'; MAX_READ + 1]).unwrap();
        assert_eq!(
            followed.read(u64::MAX, |_, _| {}),
            Read::APart,
            "the program waits for no more than that"
        );
        assert_eq!(followed.read(u64::MAX, |_, _| {}), Read::Everything);
        file.write_all(&vec![b'\n'; 3 * PIECE]).unwrap();
        followed.read(0, |_, _| {});
        followed.end(|_, _| {});
        assert_eq!(followed.loss().unwrap(), "stdout: the last 65536 bytes were not looked at");
    }
}
