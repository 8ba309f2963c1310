//! The command line: the verbs, and how a program's arguments are told from ours. Flags stand beside, by what
//! their verbs do.

mod compat;
mod draw;
mod export;
mod keep;
mod phase;
mod record;
mod tell;
mod vain;

use std::ffi::{OsStr, OsString};

use clap::{Command, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::commands::relay;
use crate::exit::{self, Exit};
use crate::manner::Manner;

pub(crate) use draw::{
    CharacterArgs, ColorName, CompareArgs, CompareView, PictureArgs, PlotArgs, TableFormat,
};
pub(crate) use export::{ExportArgs, ExportFormat, TableName};
pub(crate) use keep::{CleanArgs, ListArgs, RmArgs};
pub(crate) use phase::{MarkArgs, PhaseArgs};
pub(crate) use record::{AttachArgs, RecorderArgs, RunArgs};
pub(crate) use tell::{CompletionsArgs, ManArgs, PeakArgs, SummaryArgs};

/// How much memory does a program use, over time, and is that number true?
///
/// mprof-rs runs a program, samples its resident memory, and keeps a recording that it draws, sums up and
/// compares. Python's mprof 0.61 can read the recordings, and its recordings are read.
#[derive(Debug, Parser)]
#[command(name = "mprof-rs", version, propagate_version = true, after_help = HELP_EXAMPLES, after_long_help = HELP_LONG, max_term_width = 100)]
pub(crate) struct Cli {
    /// Behave as mprof 0.61 does: its defaults, exit codes and words. So does a link to mprof-rs that is named mprof
    // Looked for before anything else is understood (`Manner::of`), since defaults depend on it.
    #[arg(long = "compat", global = true, hide_short_help = true)]
    _compat: bool,

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
    /// Mark a moment of the run that this is called in
    Mark(MarkArgs),
    /// Run a command as a phase of the run that this is called in
    Phase(PhaseArgs),
    /// Draw memory over time
    Plot(PlotArgs),
    /// Print the peak of each recording
    Peak(PeakArgs),
    /// Print the figures of a run
    Summary(SummaryArgs),
    /// Draw runs side by side, and print a table of their figures
    Compare(CompareArgs),
    /// Give a recording to other programs, as CSV, JSON or Parquet
    Export(ExportArgs),
    /// List the recordings of this folder, with the indexes that stand for them
    List(ListArgs),
    /// Remove recordings
    Rm(RmArgs),
    /// Remove every recording of a default name from this folder
    Clean(CleanArgs),
    /// Print the completions for a shell
    Completions(CompletionsArgs),
    /// Write the manual pages into a folder
    Man(ManArgs),
}

impl Cli {
    /// Reads the command line of this process, and the manner that it asks for. When it makes no sense, that is said.
    /// A relay has none, and has lived its life when this returns.
    ///
    /// # Errors
    /// How to end, where nothing is to be done.
    pub(crate) fn of_this_process() -> Result<(Self, Manner), Exit> {
        let args: Vec<OsString> = std::env::args_os().collect();
        if let Some(exit) = relay::execute(&args) {
            return Err(exit);
        }
        let (command, args, manner) = prepared(args);
        let word = args.get(compat::place_of_verb(&args));
        let verb = word.filter(|word| command.find_subcommand(word).is_some()).cloned();
        match command.try_get_matches_from(args).and_then(|matches| Self::from_arg_matches(&matches)) {
            Ok(cli) => Ok((cli, manner)),
            Err(error) if manner == Manner::Mprof => Err(compat::refuse(&error, verb.as_deref())),
            Err(error) => error.exit(),
        }
    }
}

/// The table of flags for a command line, with the program of a `run` marked in it.
fn prepared(args: Vec<OsString>) -> (Command, Vec<OsString>, Manner) {
    let table = Cli::command();
    let args = with_program_marked(args, &table);
    let manner = Manner::of(&args);
    let args = if manner == Manner::Mprof { compat::with_whole_flags(args, &table) } else { args };
    (compat::in_manner(table, manner), args, manner)
}

/// Puts `--` before the program of a `run`, so that nothing behind it is taken for an option of ours.
fn with_program_marked(mut args: Vec<OsString>, table: &Command) -> Vec<OsString> {
    let place = compat::place_of_verb(&args);
    let Some(run) = args.get(place).filter(|verb| *verb == "run").and(table.find_subcommand("run")) else {
        return args;
    };
    let mut idx = place + 1;
    let mut is_python = false;
    while let Some(arg) = args.get(idx) {
        is_python |= arg == "--python";
        match n_words(&arg.to_string_lossy(), run).filter(|_| !is_python || is_ours(arg, run)) {
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

/// Whether a word begins with an option of ours. Behind `--python`, any other is one of the interpreter's.
fn is_ours(arg: &OsStr, run: &Command) -> bool {
    let arg = arg.to_string_lossy();
    let name = arg.trim_start_matches('-').split('=').next().unwrap_or_default();
    let has_name = |option: &clap::Arg| match arg.starts_with("--") {
        true => option.get_long().is_some_and(|long| long.starts_with(name)),
        false => option.get_short().is_some_and(|short| name.starts_with(short)),
    };
    let is_help = ["-h", "--help"].contains(&arg.as_ref());
    is_help || run.get_arguments().any(has_name)
}

/// How many words an option takes together with its value; nothing for what is not an option.
fn n_words(arg: &str, verb: &Command) -> Option<usize> {
    let takes_value = |is_it: &dyn Fn(&clap::Arg) -> bool| {
        verb.get_arguments().any(|option| is_it(option) && option.get_action().takes_values())
    };
    if let Some(long) = arg.strip_prefix("--") {
        // mprof takes the beginning of a name for the name.
        let long = compat::whole_flag(long, verb).unwrap_or(long);
        let is_whole = verb.get_arguments().any(|option| option.get_long() == Some(long));
        let is_meant = |name: &str| if is_whole { name == long } else { name.starts_with(long) };
        let is_separate =
            !long.contains('=') && takes_value(&|option| option.get_long().is_some_and(is_meant));
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
        let (table, all, _) = prepared(all);
        match Cli::from_arg_matches(&table.try_get_matches_from(all).unwrap()).unwrap().verb {
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

    #[test]
    fn the_beginning_of_a_flag_is_mprofs_where_a_flag_of_ours_begins_so_too() {
        for options in [&["--m"][..], &["--m", "--o", "x"], &["--in=1", "--e"], &["--inc", "--t", "1"]] {
            let all = ["mprof", "run"].iter().chain(options).chain(&["prog", "-o"]).map(OsString::from);
            let all: Vec<OsString> = prepared(all.collect()).1;
            let place = all.iter().position(|word| word == "--").unwrap();
            assert_eq!(all[place + 1..], ["prog", "-o"], "{options:?}");
        }
    }

    #[test]
    fn behind_python_options_that_are_none_of_ours_are_the_interpreters() {
        for args in
            [&["-m", "package.module", "-o"][..], &["-u", "x.py"], &["-Wd", "-X", "dev", "x.py"], &["x.py"]]
        {
            for options in
                [&["--python"][..], &["--python", "-T", "1", "-qo", "x"], &["-q", "--python", "--interval=2"]]
            {
                assert_eq!(command(&[options, args].concat()), args);
            }
        }
    }
}
