//! A relay: a process that hands on what a program prints, as soon as it is read and unchanged, and tells the recorder
//! of the marks in it. What it has read goes on before it is looked at; what is printed meanwhile waits in the pipe.
//!
//! It is the recorder's own program under another name, so that it outlives the recorder: a recorder that is killed
//! costs the program not a byte. It ends when nobody can print any more. Its standard streams are what is printed,
//! where that goes, and a socket to the recorder: `ASK` asks to be told when all is handed on that was printed before.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;

use crate::marking::{Expression, Watcher};
use crate::os::{self, Interest, Keys, Mirror};
use crate::phases::tell::{Name, Teller};

/// The name under which our program is a relay.
pub const NAME: &str = "mprof-relay";

/// The recorder's only word. The answer is how many marks could not be told, in eight bytes.
pub(crate) const ASK: u8 = b'?';

/// What is read at once: as much as a pipe mostly holds.
const PIECE: usize = 1 << 16;
/// A pipe takes so much at once or not at all (`PIPE_BUF`), so that lines of several writers do not mix.
const WHOLE: usize = if libc::PIPE_BUF < 4096 { libc::PIPE_BUF } else { 4096 };
/// More than was printed before the recorder asked: a pipe holds no more.
const MAX_AFTER_ASKED: usize = 1 << 20;

/// Lives the life of a relay, of what its arguments say: the stream, whether it is a terminal, and the expressions.
///
/// # Errors
/// When it cannot even begin.
pub fn live(args: &[OsString]) -> io::Result<()> {
    let [source, destination, control] = os::take_streams()?;
    os::ignore_signals();
    // Nobody should find a folder in use because of us.
    let _ = std::env::set_current_dir("/");
    let mut args = args.iter().map(|arg| arg.to_string_lossy().into_owned());
    let stream = args.next().unwrap_or_default();
    let kind = args.next().unwrap_or_default();
    let expressions = args.filter_map(|text| Expression::new(&text).ok()).collect();
    let source = match kind.as_str() {
        TERMINAL => Source::Terminal(Mirror::new(source, destination.as_fd(), Keys::OfStdin)?),
        TERMINAL_ALONE => Source::Terminal(Mirror::new(source, destination.as_fd(), Keys::OfOutput)?),
        _ => Source::Pipe { file: source.into(), buffer: vec![0; PIECE] },
    };
    let mut relay = Relay {
        source: Some(source),
        destination: Some(Destination::new(destination)),
        control: Some(control.into()),
        teller: Teller::of_this_process().unwrap_or_else(|_| Teller::of_nobody()),
        watcher: Watcher::new(expressions),
        stream,
        piece: Vec::new(),
        n_left_to_ask: None,
    };
    while relay.source.is_some() || relay.control.is_some() {
        relay.turn()?;
    }
    Ok(())
}

/// What the second argument says of a stream.
pub(crate) const TERMINAL: &str = "terminal";
/// A terminal that is not the program's stdin as well.
pub(crate) const TERMINAL_ALONE: &str = "terminal-alone";
pub(crate) const PIPE: &str = "pipe";

#[derive(Debug)]
struct Relay {
    /// Absent when nobody prints any more, or when nobody wants it.
    source: Option<Source>,
    destination: Option<Destination>,
    /// Absent when there is no recorder any more.
    control: Option<UnixStream>,
    teller: Teller,
    watcher: Watcher,
    stream: String,
    piece: Vec<u8>,
    /// How much may still be handed on before the recorder, who has asked, is answered.
    n_left_to_ask: Option<usize>,
}

/// Where what is printed is read.
#[derive(Debug)]
enum Source {
    Pipe { file: File, buffer: Vec<u8> },
    Terminal(Mirror),
}

/// Where it goes.
#[derive(Debug)]
struct Destination {
    file: File,
    /// A FIFO with a name: another reader may come.
    has_name: bool,
    /// Others may write to it beside us.
    is_pipe: bool,
}

impl Relay {
    fn turn(&mut self) -> io::Result<()> {
        let patience_ms = match &self.source {
            _ if self.n_left_to_ask.is_some() => Some(0),
            Some(Source::Terminal(mirror)) => Some(mirror.patience_ms()),
            _ => None,
        };
        let fds = [
            (self.source.as_ref().map(Source::as_fd), Interest::Reading),
            (self.destination.as_ref().and_then(Destination::watched), Interest::Nothing),
            (self.control.as_ref().map(AsFd::as_fd), Interest::Reading),
            (self.source.as_ref().and_then(Source::keyboard), Interest::Reading),
        ];
        let [source, destination, control, keyboard] = os::wait_for(fds, patience_ms)?;
        if control.is_ready {
            self.listen();
        } else if destination.is_gone {
            self.close();
        } else if let (true, Some(Source::Terminal(mirror))) = (keyboard.is_ready, &mut self.source) {
            // Before the output, which may never pause: a person types less than a program prints.
            mirror.pass_keys();
        } else if source.is_ready && self.n_left_to_ask != Some(0) {
            self.pass_on();
        } else {
            self.rest();
        }
        Ok(())
    }

    /// The recorder asks, or is no more.
    fn listen(&mut self) {
        let mut word = [0; 16];
        match self.control.as_mut().map(|control| control.read(&mut word)) {
            Some(Ok(n)) if n > 0 => self.n_left_to_ask = Some(MAX_AFTER_ASKED),
            _ => {
                self.control = None;
                self.teller = Teller::of_nobody();
                self.watcher = Watcher::new(Vec::new());
                self.n_left_to_ask = None;
            }
        }
    }

    /// Hands on first, and looks at it then.
    fn pass_on(&mut self) {
        use io::ErrorKind::{Interrupted, WouldBlock};
        let (Some(source), Some(destination)) = (&mut self.source, &mut self.destination) else { return };
        match source.read(&mut self.piece) {
            Err(error) if matches!(error.kind(), Interrupted | WouldBlock) => return,
            Err(_) => {
                self.rest();
                return self.close();
            }
            Ok(()) => {}
        }
        let seen_ns = os::monotonic_ns();
        let outcome = match source {
            Source::Pipe { .. } => destination.take(&self.piece),
            Source::Terminal(mirror) => {
                mirror.follow();
                mirror.show(|| destination.take(&self.piece))
            }
        };
        let (teller, stream) = (&mut self.teller, &self.stream);
        self.watcher.take(&self.piece, |name| teller.mark_of(stream, seen_ns, name));
        teller.hand_over();
        if let Some(n_left) = &mut self.n_left_to_ask {
            *n_left = n_left.saturating_sub(self.piece.len());
        }
        if outcome.is_err() {
            self.close();
        }
    }

    /// There is nothing to hand on.
    fn rest(&mut self) {
        if let (Some(Source::Terminal(mirror)), Some(destination)) = (&mut self.source, &mut self.destination)
            && destination.take(mirror.rest()).is_err()
        {
            self.close();
        }
        if self.n_left_to_ask.take().is_some() {
            self.end_line();
            let n_untold = self.teller.n_untold();
            if let Some(control) = &mut self.control {
                // A recorder that does not wait for the answer is gone, which is noticed next.
                let _ = control.write_all(&n_untold.to_le_bytes());
            }
        }
    }

    fn end_line(&mut self) {
        let (teller, stream, now_ns) = (&mut self.teller, &self.stream, os::monotonic_ns());
        self.watcher.end(|name: &Name| teller.mark_of(stream, now_ns, name));
        teller.hand_over();
    }

    /// Nobody prints or nobody reads: both are told that they have no other end.
    fn close(&mut self) {
        self.end_line();
        self.source = None;
        self.destination = None;
    }
}

impl Source {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Pipe { file, .. } => file.as_fd(),
            Self::Terminal(mirror) => mirror.as_fd(),
        }
    }

    fn keyboard(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Terminal(mirror) => mirror.keyboard(),
            Self::Pipe { .. } => None,
        }
    }

    /// Reads what is there. The end is an error.
    fn read(&mut self, piece: &mut Vec<u8>) -> io::Result<()> {
        match self {
            Self::Terminal(mirror) => mirror.read(piece),
            Self::Pipe { file, buffer } => {
                let n = file.read(buffer)?;
                piece.clear();
                piece.extend_from_slice(&buffer[..n]);
                if n == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
            }
        }
    }
}

impl Destination {
    fn new(fd: OwnedFd) -> Self {
        let file = File::from(fd);
        let place = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let is_pipe = file.metadata().is_ok_and(|it| it.file_type().is_fifo());
        let has_name = is_pipe && place.is_ok_and(|path| path.is_absolute());
        Self { file, has_name, is_pipe }
    }

    /// What tells that nobody reads any more. A FIFO with a name would tell it again and again while it waits for another
    /// reader, so that we would never sleep: there, the next write tells.
    fn watched(&self) -> Option<BorrowedFd<'_>> {
        (!self.has_name).then(|| self.file.as_fd())
    }

    /// Writes all of it. Others may have made it one that refuses instead of waiting.
    fn take(&mut self, mut rest: &[u8]) -> io::Result<()> {
        while !rest.is_empty() {
            let n = if self.is_pipe { whole_lines(rest) } else { rest.len() };
            match self.file.write(&rest[..n]) {
                Ok(n) => rest = &rest[n..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    os::wait_for([(Some(self.file.as_fd()), Interest::Writing)], None)?;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}

/// As many bytes as a pipe takes at once, up to the end of a line where there is one.
fn whole_lines(bytes: &[u8]) -> usize {
    if bytes.len() <= WHOLE {
        return bytes.len();
    }
    memchr::memrchr(b'\n', &bytes[..WHOLE]).map_or(WHOLE, |idx| idx + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::OpenOptionsExt;

    /// Whether a destination that has lost its reader wakes us.
    fn wakes(destination: &Destination) -> bool {
        let gone = os::wait_for([(destination.watched(), Interest::Nothing)], Some(0)).unwrap();
        gone[0].is_gone
    }

    #[test]
    fn a_reader_that_is_gone_wakes_us_unless_another_may_come() {
        let (reader, writer) = io::pipe().unwrap();
        let mut pipe = Destination::new(writer.into());
        assert!(!wakes(&pipe));
        drop(reader);
        assert!(wakes(&pipe) && pipe.take(b"x").is_err());
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        let reader = os::make_fifo(&path).unwrap();
        let writer = File::options().write(true).custom_flags(libc::O_NONBLOCK).open(&path).unwrap();
        let mut fifo = Destination::new(writer.into());
        fifo.take(b"x").unwrap();
        drop(reader);
        assert!(!wakes(&fifo), "we would never sleep");
        assert_eq!(fifo.take(b"x").unwrap_err().kind(), io::ErrorKind::BrokenPipe);
    }

    #[test]
    fn lines_are_written_whole_where_they_fit() {
        assert_eq!(whole_lines(b"a\nb"), 3);
        let long = [vec![b'a'; 4000], vec![b'\n'], vec![b'b'; 4000]].concat();
        assert_eq!((whole_lines(&long), whole_lines(&long[4001..])), (4001, 4000));
        assert_eq!(whole_lines(&vec![b'a'; 9000]), WHOLE);
    }
}
