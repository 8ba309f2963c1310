//! What reading a file gives: a recording with what was odd about it, or why there is none.

use super::VERSION;
use crate::recording::Recording;

/// A recording, with what was odd about its file.
#[derive(Debug)]
pub struct Read {
    /// What the file holds.
    pub recording: Recording,
    /// The first lines that were not understood, and where time begins to run backwards, in order of lines.
    pub warnings: Vec<Warning>,
    /// How many there were in all.
    pub n_warnings: u64,
}

/// A line that was passed over, or that is odd.
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
    /// It is a file of another kind: what it is, and what to do with it.
    Foreign(&'static str),
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
            Self::Foreign(kind) => write!(f, "not a recording but {kind}"),
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
