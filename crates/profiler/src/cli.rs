//! The command line: the verbs, and how a program's arguments are told from ours. Flags stand beside, by what
//! their verbs do.

mod draw;
mod keep;
mod record;
mod tell;

use std::ffi::OsString;

use clap::{CommandFactory, Parser, Subcommand};

use crate::exit;

pub(crate) use draw::{CompareArgs, PlotArgs, TableFormat};
pub(crate) use keep::{CleanArgs, ListArgs, RmArgs};
pub(crate) use record::{AttachArgs, RecorderArgs, RunArgs};
pub(crate) use tell::{CompletionsArgs, PeakArgs, SummaryArgs};

/// How much memory does a program use, over time, and is that number true?
///
/// mprof-rs runs a program, samples its resident memory, and keeps a recording that it draws, sums up and
/// compares. Python's mprof 0.61 can read the recordings, and its recordings are read.
#[derive(Debug, Parser)]
#[command(name = "mprof-rs", version, after_help = HELP_EXAMPLES, after_long_help = HELP_LONG, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Run a program and record its memory
    Run(RunArgs),
    /// Record a program that runs already, until it ends
    Attach(AttachArgs),
    /// Draw memory over time
    Plot(PlotArgs),
    /// Print the peak of each recording
    Peak(PeakArgs),
    /// Print the figures of a run
    Summary(SummaryArgs),
    /// Draw runs side by side, and print a table of their figures
    Compare(CompareArgs),
    /// List the recordings of this folder, with the indexes that stand for them
    List(ListArgs),
    /// Remove recordings
    Rm(RmArgs),
    /// Remove every recording of a default name from this folder
    Clean(CleanArgs),
    /// Print the completions for a shell
    Completions(CompletionsArgs),
}

impl Cli {
    /// Reads the command line of this process, and ends it with a message when it makes no sense.
    pub(crate) fn of_this_process() -> Self {
        Self::parse_from(with_program_marked(std::env::args_os().collect()))
    }
}

/// Puts `--` before the program of a `run`, so that nothing behind it is taken for an option of ours.
fn with_program_marked(mut args: Vec<OsString>) -> Vec<OsString> {
    if args.get(1).is_none_or(|verb| verb != "run") {
        return args;
    }
    let mut idx = 2;
    while let Some(arg) = args.get(idx) {
        match n_words(&arg.to_string_lossy()) {
            Some(n) => idx += n,
            None => {
                if arg != "--" {
                    args.insert(idx, "--".into());
                }
                break;
            }
        }
    }
    args
}

/// How many words an option takes together with its value; nothing for what is not an option.
fn n_words(arg: &str) -> Option<usize> {
    let run = Cli::command().find_subcommand("run").cloned()?;
    let takes_value = |is_it: &dyn Fn(&clap::Arg) -> bool| {
        run.get_arguments().any(|option| is_it(option) && option.get_action().takes_values())
    };
    if let Some(long) = arg.strip_prefix("--") {
        let is_separate = !long.contains('=') && takes_value(&|option| option.get_long() == Some(long));
        return (!long.is_empty()).then_some(1 + usize::from(is_separate));
    }
    let shorts = arg.strip_prefix('-').filter(|shorts| !shorts.is_empty())?;
    // The first that takes a value has the rest of the word for it, or else the next word.
    let place = shorts.chars().position(|short| takes_value(&|option| option.get_short() == Some(short)));
    Some(1 + usize::from(place.is_some_and(|place| place + 1 == shorts.chars().count())))
}

const HELP_EXAMPLES: &str = "\
Examples:
  mprof-rs run ex1 --depth 50        record a workload
  mprof-rs run python3 train.py      record any program
  mprof-rs plot                      draw the newest recording
  mprof-rs compare a.dat b.dat       side by side, with a table

`mprof-rs VERB --help` has more of each; `mprof-rs --help` lists the exit codes.";

const HELP_LONG: &str = exit::HELP;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_well_defined() {
        Cli::command().debug_assert();
    }

    /// The program's part of a command line.
    fn command(args: &[&str]) -> Vec<OsString> {
        let all = ["mprof-rs", "run"].iter().chain(args).map(OsString::from).collect();
        match Cli::try_parse_from(with_program_marked(all)).unwrap().verb {
            Verb::Run(run) => run.command,
            verb => unreachable!("{verb:?}"),
        }
    }

    #[test]
    fn nothing_behind_the_program_is_ours() {
        let cases: [&[&str]; 5] = [
            &["head", "-3", "f"],
            &["head", "-n", "-3"],
            &["prog", "-o", "x", "--interval", "1"],
            &["prog", "--help", "--version", "-T"],
            &["prog", "--", "-1", "--"],
        ];
        for args in cases {
            assert_eq!(command(args), args);
            for options in
                [&["-T", "1", "-o", "out.dat"][..], &["-qT1", "-oX", "--interval=2"], &["-qo", "x"]]
            {
                assert_eq!(command(&[options, args].concat()), args);
            }
            assert_eq!(command(&[&["--"], args].concat()), args);
        }
    }
}
