//! Every exit code, and which error gives which.

mod max_peak;

use std::io;
use std::process::ExitCode;

use mprof_probe::NotRunnable;

use crate::manner::Manner;
pub(crate) use max_peak::MaxPeak;

/// How `mprof-rs` ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: done.
    Success,
    /// 1: a file could not be read or written, or is not what it should be.
    Failure,
    /// 2: the command line makes no sense. The parser of the command line gives the same code.
    Usage,
    /// 3: there is nothing to show: no recording, or none with a reading.
    Nothing,
    /// 122: the peak is above the limit that was given. No shell, `timeout` or `xargs` has a meaning for it.
    AboveLimit,
    /// 125: the program succeeded and its recording is not complete.
    Incomplete,
    /// 126: the program was found and cannot be executed.
    NotExecutable,
    /// 127: the program was not found.
    NotFound,
    /// 255, in mprof's manner alone: there is no recording to draw, which was said.
    NoInput,
    /// Any other: the exit status of the program, 128 + n when signal n ended it.
    Program(u8),
    /// 130, by the signal itself: an interrupt from the terminal ended the program; or, where we were attached to it or it
    /// would not end, the recording.
    Interrupted,
    /// 0: the reader of our output has seen enough.
    Unread,
}

/// What the exit codes mean, for `--help`.
pub(crate) const HELP: &str = "\
Exit status:
  0    done
  1    a file cannot be read or written, or is no recording
  2    the command line makes no sense
  3    there is nothing to show: no recording, or none with a reading
  122  the peak is above --max-peak
  run  the program's own status, 128+n when signal n ended it;
       127 not found, 126 not executable, 125 the program succeeded and its recording is incomplete";

/// There is nothing to show.
#[derive(Debug)]
pub(crate) struct NothingToShow(pub(crate) String);

/// There is no recording, which was said already, in mprof's words.
#[derive(Debug)]
pub(crate) struct NoInput;

/// The command line makes no sense, in a way that its parser cannot see.
#[derive(Debug)]
pub(crate) struct Misused(pub(crate) String);

impl std::fmt::Display for NothingToShow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for Misused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::fmt::Display for NoInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("there is no recording")
    }
}

impl std::error::Error for NothingToShow {}
impl std::error::Error for NoInput {}
impl std::error::Error for Misused {}

impl Exit {
    /// The code that an error asks for.
    pub(crate) fn of(error: &anyhow::Error) -> Self {
        if error.is::<Misused>() {
            return Self::Usage;
        }
        if error.is::<NothingToShow>() {
            return Self::Nothing;
        }
        if error.is::<NoInput>() {
            return Self::NoInput;
        }
        if is_unread(error) {
            return Self::Unread;
        }
        match error.downcast_ref::<NotRunnable>() {
            Some(NotRunnable::NotFound(_)) => Self::NotFound,
            Some(NotRunnable::NotExecutable(_)) => Self::NotExecutable,
            None => Self::Failure,
        }
    }

    /// Whether the error behind it is none that anyone wants to read.
    pub(crate) fn is_silent(self) -> bool {
        matches!(self, Self::Unread | Self::NoInput)
    }

    /// The code in a manner. mprof knows fewer.
    pub(crate) fn code_in(self, manner: Manner) -> ExitCode {
        let is_error = matches!(self, Self::Nothing | Self::NotExecutable | Self::NotFound);
        let exit = if manner == Manner::Mprof && is_error { Self::Failure } else { self };
        exit.code().into()
    }

    /// Ends us by the signal that ended the program, for a shell that waits for us: it goes on with its loop where a
    /// program exits after an interrupt, whatever the status, and leaves it where one is ended by it.
    pub(crate) fn follow(self) {
        if self == Self::Interrupted {
            mprof_probe::end_by_interrupt();
        }
    }

    fn code(self) -> u8 {
        match self {
            Self::Success | Self::Unread => 0,
            Self::Failure => 1,
            Self::Usage => 2,
            Self::Nothing => 3,
            Self::AboveLimit => 122,
            Self::Incomplete => 125,
            Self::NotExecutable => 126,
            Self::NotFound => 127,
            Self::Interrupted => 130,
            Self::NoInput => 255,
            Self::Program(code) => code,
        }
    }
}

/// `mprof-rs summary | head -1` is no failure.
fn is_unread(error: &anyhow::Error) -> bool {
    let io_error = error.downcast_ref::<io::Error>();
    io_error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
