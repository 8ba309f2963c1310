//! Flags of the verbs that tell of phases from inside of a run.

use std::ffi::OsString;

use clap::Args;

/// Flags of `mark`.
#[derive(Debug, Args)]
#[command(after_help = MARK_HELP)]
pub(crate) struct MarkArgs {
    /// What the moment is called: one line of at most 400 bytes
    pub(crate) name: OsString,
}

/// Flags of `phase`.
#[derive(Debug, Args)]
#[command(after_help = PHASE_HELP)]
pub(crate) struct PhaseArgs {
    /// What the phase is called: one line of at most 400 bytes
    pub(crate) name: OsString,

    /// The command; then its arguments, which are its own
    #[arg(required = true, last = true, value_names = ["COMMAND", "ARGS"])]
    pub(crate) command: Vec<OsString>,
}

const MARK_HELP: &str = "\
Examples, in a script that `mprof-rs run` runs:
  mprof-rs mark 'data is loaded'
  mprof-rs mark \"epoch $i\"

A name that cannot be told is complained of, and does no harm: the exit status is 0.
Outside of a run it does nothing, says nothing, and exits with 0.";

const PHASE_HELP: &str = "\
Examples, in a script or a makefile that `mprof-rs run` runs:
  mprof-rs phase sort -- sort -o sorted big
  mprof-rs phase 'load and index' -- sh -c './load | ./index'

The memory of the phase is that of the command's first process. The exit status is the command's, 128+n when \
signal n ended it, 127 when it was not found, and 126 when it cannot be executed. Interrupts of the terminal \
(Ctrl-C) are the command's to follow, as under a shell.
The command runs under any name: one that cannot be told is complained of.
Outside of a run it runs the command and does nothing else.";
