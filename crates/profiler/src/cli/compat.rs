//! Two manners of one command line: our own, and that of mprof 0.61, for scripts that were written for it.
//!
//! There is one table of flags, the `Args` of each verb. Here is what mprof's manner changes about it: defaults, and
//! what is said when a command line makes no sense. What it changes about the verbs stands with the verbs.
//! docs/mprof.md lists where we differ from 0.61 even then.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use clap::builder::{OsStringValueParser, Resettable, TypedValueParser};
use clap::error::ErrorKind;
use clap::{Arg, ArgAction, Command, Error};

use crate::console;
use crate::exit::Exit;
use crate::interval;
use crate::manner::Manner;

/// The flag that asks for mprof's manner.
const FLAG: &str = "--compat";
/// The name under which we behave so without the flag.
const NAME: &str = "mprof";
/// What a script that asks for the version of its mprof gets to read first.
const VERSION: &str = concat!("0.61.0 (mprof-rs ", env!("CARGO_PKG_VERSION"), ")");

/// The long flags of mprof's verbs, which take any beginning that only one of them has.
const FLAGS: [(&str, &[&str]); 7] = [
    ("run", RECORDER_FLAGS),
    ("attach", RECORDER_FLAGS),
    (
        "plot",
        &["title", "no-function-ts", "output", "window", "flame", "slope", "backend", "version", "help"],
    ),
    ("peak", &["func", "help"]),
    ("list", &["version", "help"]),
    ("rm", &["version", "dry-run", "help"]),
    ("clean", &["version", "dry-run", "help"]),
];
const RECORDER_FLAGS: &[&str] = &[
    "version",
    "python",
    "nopython",
    "interval",
    "include-children",
    "multiprocess",
    "exit-code",
    "attach",
    "timeout",
    "output",
    "backend",
    "help",
];

impl Manner {
    /// The manner that a command line asks for, by the name of the program or by a flag that is not the program's.
    pub(crate) fn of(args: &[OsString]) -> Self {
        let is_so_called =
            args.first().and_then(|path| Path::new(path).file_name()).is_some_and(|it| it == NAME);
        let is_asked_for = args.iter().skip(1).take_while(|arg| *arg != "--").any(|arg| arg == FLAG);
        if is_so_called || is_asked_for { Self::Mprof } else { Self::Own }
    }
}

/// Where a verb stands on a command line, behind what may come before it.
pub(crate) fn place_of_verb(args: &[OsString]) -> usize {
    1 + args.iter().skip(1).take_while(|arg| *arg == FLAG).count()
}

/// The words of a command line with mprof's flags written out, where one of ours begins the same.
pub(crate) fn with_whole_flags(mut args: Vec<OsString>, command: &Command) -> Vec<OsString> {
    let place = place_of_verb(&args);
    let Some(verb) = args.get(place).and_then(|verb| command.find_subcommand(verb)) else { return args };
    for arg in args.iter_mut().skip(place + 1).take_while(|arg| *arg != "--") {
        let Some(long) = arg.to_str().and_then(|arg| arg.strip_prefix("--")) else { continue };
        let name = long.split('=').next().unwrap_or_default();
        if let Some(whole) = whole_flag(name, verb) {
            *arg = format!("--{whole}{}", &long[name.len()..]).into();
        }
    }
    args
}

/// The one flag of mprof's verb that begins so, unless a flag of ours is called just that.
pub(crate) fn whole_flag(name: &str, verb: &Command) -> Option<&'static str> {
    let has_name = |arg: &Arg| arg.get_long_and_visible_aliases().is_some_and(|its| its.contains(&name));
    if verb.get_arguments().any(has_name) {
        return None;
    }
    let (_, flags) = FLAGS.into_iter().find(|(its_name, _)| verb.get_name() == *its_name)?;
    let mut meant = flags.iter().filter(|flag| flag.starts_with(name));
    meant.next().filter(|_| meant.next().is_none()).copied()
}

/// The table of flags in a manner.
pub(crate) fn in_manner(command: Command, manner: Manner) -> Command {
    match manner {
        Manner::Own => command,
        Manner::Mprof => as_mprof(command),
    }
}

/// mprof's defaults. Whatever a verb needs is asked for by the verb itself, in mprof's words.
fn as_mprof(command: Command) -> Command {
    let records = |verb: Command| {
        verb.mut_arg("interval", |arg| arg.default_value("0.1").value_parser(interval::parse_as_mprof))
            .mut_arg("overwrite", |arg| arg.default_value("true").hide(true))
    };
    // An empty word is the name of a file that there is not.
    let any_name = |files: Arg| files.value_parser(OsStringValueParser::new().map(PathBuf::from));
    command
        .mut_subcommands(|verb| verb.infer_long_args(true).args_override_self(true))
        .mut_subcommand("peak", |peak| peak.mut_arg("files", any_name))
        .mut_subcommand("run", |run| records(run).mut_arg("command", |arg| arg.required(false)))
        .mut_subcommand("attach", |attach| {
            let attach = records(attach).mut_arg("program", |arg| arg.required(false));
            attach.args(IN_VAIN.map(ignored))
        })
        // mprof takes both, and then draws neither.
        .mut_subcommand("plot", |plot| {
            plot.mut_arg("flame", |flame| flame.conflicts_with(Resettable::Reset)).mut_arg("files", any_name)
        })
        .mut_subcommand("rm", |rm| rm.mut_arg("files", |arg| any_name(arg).required(false)))
}

/// The flags of `run` that mprof's `attach` takes as well, where they change nothing.
const IN_VAIN: [&str; 3] = ["attach", "python", "nopython"];

fn ignored(name: &'static str) -> Arg {
    let flag = Arg::new(name).long(name).action(ArgAction::SetTrue).hide(true);
    if name == "attach" { flag.short('a') } else { flag }
}

/// What mprof says, and how it ends, where a command line cannot be followed or asks for words alone.
pub(crate) fn refuse(error: &Error, verb: Option<&OsStr>) -> Exit {
    match error.kind() {
        ErrorKind::DisplayVersion => {
            println!("{VERSION}");
            Exit::Success
        }
        ErrorKind::InvalidSubcommand
        | ErrorKind::MissingSubcommand
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            print!("{USAGE}");
            Exit::Failure
        }
        ErrorKind::UnknownArgument if verb.is_none() => {
            console::complain(error.to_string().lines().next().unwrap_or_default());
            print!("{USAGE}");
            Exit::Failure
        }
        _ => error.exit(),
    }
}

const USAGE: &str = "\
Usage: mprof <command> <options> <arguments>

Commands:
  run      record a program
  attach   record a program that runs already, by number or name
  plot     draw recordings
  peak     print the peak of recordings
  list     list the recordings of this folder, with indexes
  rm       remove recordings
  clean    remove all recordings of default names from this folder

This is mprof-rs in the manner of mprof 0.61. It has more commands: mprof --help
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_or_the_flag_chooses() {
        let cases: [(&[&str], Manner); 7] = [
            (&["mprof-rs", "run", "x"], Manner::Own),
            (&["mprof", "run", "x"], Manner::Mprof),
            (&["/usr/local/bin/mprof"], Manner::Mprof),
            (&["mprof-rs", "--compat", "run", "x"], Manner::Mprof),
            (&["mprof-rs", "peak", "--compat"], Manner::Mprof),
            (&["mprof-rs", "run", "--", "x", "--compat"], Manner::Own),
            (&[], Manner::Own),
        ];
        for (args, manner) in cases {
            let args: Vec<OsString> = args.iter().map(OsString::from).collect();
            assert_eq!(Manner::of(&args), manner, "{args:?}");
        }
    }

    #[test]
    fn mprofs_flags_are_known_by_their_beginnings_and_ours_by_their_names() {
        let cases = [
            (
                "mprof plot --t T --o=x.png --w 0,1 --s --f",
                "mprof plot --title T --output=x.png --window 0,1 --slope --flame",
            ),
            (
                "mprof plot --no --b agg --stack --theme dark",
                "mprof plot --no-function-ts --backend agg --stack --theme dark",
            ),
            (
                "mprof run --ex --inter .05 --o q -- ls --o",
                "mprof run --exit-code --interval .05 --output q -- ls --o",
            ),
            (
                "mprof --compat run --exact --overwrite --in -- x",
                "mprof --compat run --exact --overwrite --in -- x",
            ),
            ("mprof run --m --inc -- x", "mprof run --multiprocess --include-children -- x"),
            ("mprof rm --d -1", "mprof rm --dry-run -1"),
            ("mprof export --o x", "mprof export --o x"),
        ];
        let table = <crate::cli::Cli as clap::CommandFactory>::command();
        for (line, expected) in cases {
            let args = line.split(' ').map(OsString::from).collect();
            let expected: Vec<OsString> = expected.split(' ').map(OsString::from).collect();
            assert_eq!(with_whole_flags(args, &table), expected);
        }
    }
}
