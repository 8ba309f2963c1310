//! What a program tells of itself while it runs: calls of its phases, and moments.
//!
//! A phase is a name; a call is one time that it was gone through. How the telling comes to us is the probe's business,
//! how it is written the format's. What memory a call used is derived from readings.

use crate::command;
use crate::pid::Pid;

/// The task of a shell, and of a command that `mprof-rs phase` runs.
pub const SHELL: &str = "sh";

/// One call of a phase, or of a function that Python's memory_profiler marked (a `FUNC` line).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// The phase's name, such as `load`, or a function's full name, such as `__main__.load`.
    pub name: String,
    /// Whose call it is; absent in files of mprof.
    pub caller: Option<Caller>,
    /// Time of its entry, in nanoseconds since the run started.
    pub from_ns: u64,
    /// Time of its exit.
    pub to_ns: u64,
    /// Resident set of its process at its entry, where that is known: read, or none of a command that is the phase.
    pub from_bytes: Option<u64>,
    /// Resident set of its process at its exit.
    pub to_bytes: Option<u64>,
    /// How many calls of the same task enclose it.
    pub level: u32,
    /// What ended it when the program did not.
    pub cut: Option<Cut>,
}

impl Call {
    /// Its name, as mprof can read it.
    #[must_use]
    pub fn name_in_mprof(&self) -> String {
        shown_name(&self.name)
    }
}

/// In whose stack a call nests.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Caller {
    /// The process.
    pub pid: Pid,
    /// A thread of it, or whatever else runs one thing at a time: the program's own word.
    pub task: String,
}

/// What ended a call that was not left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Its process ended.
    Process,
    /// The recording ended.
    Recording,
}

impl Cut {
    /// Every kind.
    pub const ALL: [Self; 2] = [Self::Process, Self::Recording];

    /// The word in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Recording => "recording",
        }
    }
}

/// A call that is not over. Its number relates what is told of it later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Tells it from all other calls of the run.
    pub id: u64,
    /// The phase's name.
    pub name: String,
    /// Whose call it is.
    pub caller: Caller,
    /// How many calls of the same task enclose it.
    pub level: u32,
}

/// A moment that the program marked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When, in nanoseconds since the run started.
    pub at_ns: u64,
    /// What it is called.
    pub name: String,
    /// Who marked it.
    pub caller: Caller,
}

impl Entry {
    /// The call, as it looks when something other than the program ends it.
    #[must_use]
    pub fn cut(self, from_ns: u64, to_ns: u64, cut: Cut) -> Call {
        let to_ns = to_ns.max(from_ns);
        let Self { name, caller, level, .. } = self;
        let (caller, cut) = (Some(caller), Some(cut));
        Call { name, caller, from_ns, to_ns, level, cut, ..Call::default() }
    }
}

/// A name that mprof can read and draw: no blank of any kind, and no dollar, behind which it expects mathematics.
pub(crate) fn shown_name(name: &str) -> String {
    let name = command::printable(if name.is_empty() { "_" } else { name });
    name.chars().map(|c| if c.is_whitespace() || "$\\".contains(c) { '_' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mprof_is_shown_a_name_of_one_word_without_mathematics() {
        let cases =
            [("__main__.load", "__main__.load"), ("a b\u{a0}c", "a_b_c"), ("$x$\t", "_x__t"), ("", "_")];
        for (name, shown) in cases {
            assert_eq!(shown_name(name), shown);
        }
    }
}
