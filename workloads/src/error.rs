//! What can go wrong in a run, in words that say what to do.

use std::{fmt, io, path::PathBuf};

use crate::room::Shortage;

/// Why a run ended early.
#[derive(Debug)]
pub enum Error {
    /// The run would not fit, which was seen before it began.
    Shortage(Shortage),
    /// The system refused memory after all.
    Memory(io::Error),
    /// The system refused to watch for signals.
    Signals(io::Error),
    /// The output could not be made or written.
    Output(PathBuf, io::Error),
    /// There is something at the output's place that is not ours to replace.
    Foreign(PathBuf, &'static str),
    /// A signal asked for an end.
    Interrupted(i32),
    /// The results could not be printed.
    Stdout(io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shortage(shortage) => shortage.fmt(f),
            Self::Memory(error) => write!(f, "cannot reserve memory for the array: {error}"),
            Self::Signals(error) => write!(f, "cannot watch for signals: {error}"),
            Self::Output(path, error) => write!(f, "cannot write {}: {error}", path.display()),
            Self::Foreign(path, what) => {
                write!(f, "{} {what}; choose another place with --output", path.display())
            }
            Self::Interrupted(signal) => write!(f, "interrupted by signal {signal}"),
            Self::Stdout(error) => write!(f, "cannot print the results: {error}"),
        }
    }
}

impl std::error::Error for Error {}
