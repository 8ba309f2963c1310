//! The command line: flags and their help, and how they become plain options.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;

use mprof_probe::{ExitsSeen, MarksKept};
use mprof_recording::dat::MemLines;

use crate::{exit, interval};

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
    /// Draw memory over time, as PNG or SVG
    Plot(PlotArgs),
    /// Print the peak of each recording
    Peak(PeakArgs),
    /// Print the figures of a run
    Summary(SummaryArgs),
    /// Draw runs side by side, and print a table of their figures
    Compare(CompareArgs),
    /// Print the completions for a shell
    Completions(CompletionsArgs),
}

/// Flags of `run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES, args_override_self = true, override_usage = "mprof-rs run [OPTIONS] PROGRAM [ARGS]...")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) recorder: RecorderArgs,

    /// Know the true peak of every process, however short its life (Linux)
    ///
    /// Each process of the tree is stopped at its exit by ptrace and read once more. This makes creating processes
    /// and threads slower, refuses debuggers inside the tree, gives setuid programs no privilege, and shows a stopped
    /// process as traced (state t).
    #[arg(long)]
    pub(crate) exact: bool,

    /// The program: a workload (ex1 … ex5), a name on PATH, or a path; then its arguments, which are its own
    #[arg(required = true, last = true, value_names = ["PROGRAM", "ARGS"])]
    pub(crate) command: Vec<OsString>,
}

/// Flags of `attach`.
#[derive(Debug, Args)]
#[command(after_help = ATTACH_EXAMPLES, args_override_self = true)]
pub(crate) struct AttachArgs {
    #[command(flatten)]
    pub(crate) recorder: RecorderArgs,

    /// The process: its number, or its name
    #[arg(value_name = "PID|NAME")]
    pub(crate) program: String,
}

/// Flags of every verb that records.
#[derive(Debug, Args)]
pub(crate) struct RecorderArgs {
    /// Time between two samples: seconds, or with a unit as 10ms, 500us, 2s
    ///
    /// mprof's default is 0.1 s, ten times as long.
    #[arg(short = 'T', long, value_name = "TIME", default_value = "10ms", value_parser = interval::parse)]
    #[arg(allow_negative_numbers = true)]
    pub(crate) interval: Duration,

    /// The recording to write [default: mprofile_YYYYMMDDhhmmss.dat]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Replace the recording if it exists
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Stop after this time. `run` then ends the program and all that came of it, first with TERM, then with KILL;
    /// `attach` leaves it alone
    #[arg(short, long, value_name = "TIME", value_parser = interval::parse_span)]
    pub(crate) timeout: Option<Duration>,

    /// Let mprof draw the sum of all processes instead of the program alone
    ///
    /// Every process is recorded in any case, and what mprof-rs shows is the same.
    #[arg(short = 'C', long)]
    pub(crate) include_children: bool,

    /// For mprof's sake: every process has its own lines in any case
    #[arg(short = 'M', long, hide_short_help = true)]
    pub(crate) multiprocess: bool,

    /// Know the highest memory inside every interval (Linux)
    ///
    /// The kernel's high-water mark of each process is begun anew after each reading. This alters what the processes
    /// are told of themselves (ru_maxrss), and a reading waits while a process changes its mappings.
    #[arg(long)]
    pub(crate) interval_peaks: bool,

    /// Print nothing at the end but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// Flags of every verb that draws.
#[derive(Debug, Args)]
pub(crate) struct PictureArgs {
    /// The title of the chart
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) title: Option<String>,

    /// Width of the chart in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 1200)]
    pub(crate) width: u32,

    /// Height of the chart in pixels [default: what its content asks for]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) height: Option<u32>,

    /// Pixels of a PNG for each pixel of the chart: 2 for high-density screens and print
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) scale: u32,
}

/// Flags of `plot`.
#[derive(Debug, Args)]
#[command(after_help = PLOT_EXAMPLES)]
pub(crate) struct PlotArgs {
    /// Recordings, by mprof-rs or mprof; several are drawn over each other [default: the newest in this folder]
    #[arg(value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,

    /// The picture to write: .png or .svg [default: the name of the first recording, with .png]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) picture: PictureArgs,
}

/// Flags of `peak`.
#[derive(Debug, Args)]
#[command(after_help = PEAK_HELP)]
pub(crate) struct PeakArgs {
    /// Recordings, by mprof-rs or mprof [default: the newest in this folder]
    #[arg(value_name = "FILES")]
    pub(crate) files: Vec<PathBuf>,
}

/// Flags of `summary`.
#[derive(Debug, Args)]
#[command(after_help = SUMMARY_HELP)]
pub(crate) struct SummaryArgs {
    /// A recording, by mprof-rs or mprof [default: the newest in this folder]
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Print JSON: whole numbers with their unit in the key, null for what was not measured
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `compare`.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub(crate) struct CompareArgs {
    /// Recordings, by mprof-rs or mprof; ratios are to the first
    #[arg(value_name = "FILES", required = true)]
    pub(crate) files: Vec<PathBuf>,

    /// The picture to write: .png or .svg
    #[arg(short, long, value_name = "FILE", default_value = "compare.png")]
    pub(crate) output: PathBuf,

    /// How the table is printed
    #[arg(long, value_enum, default_value_t = TableFormat::Markdown)]
    pub(crate) format: TableFormat,

    #[command(flatten)]
    pub(crate) picture: PictureArgs,
}

/// The forms of a table.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TableFormat {
    /// For people, and for pages that show Markdown
    Markdown,
    /// For programs: whole numbers in bytes and nanoseconds
    Csv,
}

/// Flags of `completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
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

impl RecorderArgs {
    /// What the `MEM` lines hold, which mprof draws.
    pub(crate) fn mem_lines(&self) -> MemLines {
        if self.include_children { MemLines::Sum } else { MemLines::Root }
    }

    /// The options of the probe crate.
    pub(crate) fn options(&self) -> mprof_probe::Options {
        mprof_probe::Options {
            interval_ns: self.interval.as_nanos() as u64,
            timeout_ns: self.timeout.map(|timeout| u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX)),
            exits: ExitsSeen::AsTheyHappen,
            marks: if self.interval_peaks { MarksKept::ForInterval } else { MarksKept::ForLife },
            recorder: concat!("mprof-rs ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl RunArgs {
    /// The options of the probe crate.
    pub(crate) fn options(&self) -> mprof_probe::Options {
        let exits = if self.exact { ExitsSeen::Stopped } else { ExitsSeen::AsTheyHappen };
        mprof_probe::Options { exits, ..self.recorder.options() }
    }
}

impl PictureArgs {
    /// The options of the charts crate.
    pub(crate) fn options(&self) -> mprof_charts::Options {
        mprof_charts::Options {
            width_px: self.width,
            height_px: self.height,
            scale: self.scale,
            title: self.title.clone(),
        }
    }
}

const HELP_EXAMPLES: &str = "\
Examples:
  mprof-rs run ex1 --depth 50        record a workload
  mprof-rs run python3 train.py      record any program
  mprof-rs plot                      draw the newest recording
  mprof-rs compare a.dat b.dat       side by side, with a table

`mprof-rs VERB --help` has more of each; `mprof-rs --help` lists the exit codes.";

const HELP_LONG: &str = exit::HELP;

const RUN_EXAMPLES: &str = "\
Examples:
  mprof-rs run ./server --port 8080           everything behind the program is the program's
  mprof-rs run -T 1ms -o fast.dat make -j2    one sample each millisecond
  mprof-rs run sh -c 'sort big | uniq'        a shell pipeline
  mprof-rs run --timeout 1min ./server        for a minute

The exit status is the program's, and 128+n when signal n ended it.";

const ATTACH_EXAMPLES: &str = "\
Examples:
  mprof-rs attach 4711                        until the process ends, or Ctrl-C
  mprof-rs attach --timeout 10min postgres    by its name, for ten minutes

The program is only read. Its high-water mark may be older than the recording.";

const PLOT_EXAMPLES: &str = "\
Examples:
  mprof-rs plot                               the newest recording here, beside it as PNG
  mprof-rs plot run.dat -o run.svg            for a paper or a page
  mprof-rs plot a.dat b.dat -o both.png       over each other, with a legend
  mprof-rs plot --scale 2 --title 'v2' run.dat";

const PEAK_HELP: &str = "\
A line is as mprof prints it: file, a tab, and the peak in MiB. It is the highest sample, unless a third
column says that it is more than that, such as the kernel's high-water mark, which misses nothing.";

const SUMMARY_HELP: &str = "\
Examples:
  mprof-rs summary run.dat
  mprof-rs summary --json run.dat | jq .peak_bytes";

const COMPARE_EXAMPLES: &str = "\
Examples:
  mprof-rs compare before.dat after.dat       a table, and compare.png
  mprof-rs compare a.dat b.dat c.dat -o abc.svg
  mprof-rs compare --format csv *.dat > runs.csv";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  mprof-rs completions bash > ~/.local/share/bash-completion/completions/mprof-rs
  mprof-rs completions zsh > ~/.zfunc/_mprof-rs
  mprof-rs completions fish > ~/.config/fish/completions/mprof-rs.fish";

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
