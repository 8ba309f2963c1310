//! Flags of the verbs that record.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use mprof_probe::{AfterTimeout, ExitsSeen, Expression, MarkOn, MarksKept, SetsRead};
use mprof_recording::command::printable;
use mprof_recording::dat::{ChildLines, MemLines};
use mprof_recording::metric::Metric;

use crate::exit::{MaxPeak, Misused};
use crate::interval;
use crate::manner::Manner;
use crate::python::Asked;

/// Flags of `run`.
#[derive(Debug, Args)]
#[command(after_help = RUN_EXAMPLES, args_override_self = true, override_usage = "mprof-rs run [OPTIONS] PROGRAM [ARGS]...")]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) recorder: RecorderArgs,

    /// Know the true peak of every process, however short its life (Linux)
    ///
    /// Each process of the tree is stopped at its exit by ptrace and read once more, and at an exec the kernel says
    /// what it had been before. That figure holds the children too that the process had waited for by then, and what
    /// a fork copied from its parent is not counted. Processes begun with CLONE_UNTRACED escape. This makes creating processes
    /// and threads slower, refuses debuggers inside the tree, gives setuid programs no privilege, and shows a stopped
    /// process as traced (state t).
    #[arg(long)]
    pub(crate) exact: bool,

    /// Mark the moment of each line of the program's output in which this is found
    ///
    /// REGEX is a regular expression of Rust's `regex` crate. The mark is called by the group `name`, or by the first
    /// group, or by what was found. Lines of stdout and of stderr count, without their colours; of one that is written
    /// over and over, as a progress bar, those count whose mark is another one. May be given several times. The output
    /// is not changed, and is handed on before it is looked at, so that the marks of a burst of lines are some
    /// milliseconds late: docs/phases.md says how, and what that costs.
    #[arg(long, value_name = "REGEX", value_parser = Expression::new, allow_hyphen_values = true)]
    pub(crate) mark_on: Vec<Expression>,

    /// Record a program that runs already, as `attach` does: PROGRAM is its number or name
    #[arg(short, long)]
    pub(crate) attach: bool,

    /// Take the program for Python: a script of any name, a module, or options of the interpreter, as in
    /// `--python -m package.module`
    ///
    /// Python programs know `profile`: `@profile` and `with profile.timestamp("name")` record phases, in workers as
    /// well. What is named *.py, an interpreter, and scripts of one are taken for Python without being asked.
    #[arg(long)]
    pub(crate) python: bool,

    /// Take no program for Python: `profile` is not known to it
    #[arg(long)]
    pub(crate) nopython: bool,

    /// The program: a workload (ex1 to ex5), a name on PATH, or a path; then its arguments, which are its own
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
    #[arg(value_name = "PID|NAME", required = true)]
    pub(crate) program: Option<String>,
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
    ///
    /// What is no recording is not replaced. What a recording holds goes when the beginning of the new run is written, a
    /// moment after the program has begun. One that cannot be begun, or a recorder that is killed before, leaves it as
    /// it was. A new file then takes its name, with its permissions. Where that cannot be (another user's file, one with
    /// several names or with access lists, a folder that is closed to us), the old one is emptied and written to, and
    /// killed in that very moment we leave an empty file.
    #[arg(long)]
    pub(crate) overwrite: bool,

    /// Stop after this time; 0 is no limit. `run` then ends the program and all that came of it, first with TERM, then
    /// with KILL; `attach` leaves it alone, and so does `run` under the name `mprof`
    #[arg(short, long, value_name = "TIME", value_parser = interval::parse_limit)]
    pub(crate) timeout: Option<interval::Limit>,

    /// Let mprof draw the sum of all processes instead of the program alone
    ///
    /// Every process is recorded in any case, and what mprof-rs shows is the same.
    #[arg(short = 'C', long)]
    pub(crate) include_children: bool,

    /// For mprof's sake: every process has its own lines in any case
    #[arg(short = 'M', long, hide_short_help = true)]
    pub(crate) multiprocess: bool,

    /// For mprof's sake: `run` has the program's exit status in any case; called `mprof`, with this flag alone
    #[arg(short = 'E', long, hide_short_help = true)]
    pub(crate) exit_code: bool,

    /// What `peak` and `plot` show of the recording, and mprof draws
    ///
    /// The sets are read at every tick then. While one is read, the process cannot change its mappings, and reading
    /// takes the longer the larger it is: milliseconds for each GiB (Linux).
    #[arg(long, value_enum, default_value_t = Backend::Psutil)]
    pub(crate) backend: Backend,

    /// Know the highest memory inside every interval (Linux)
    ///
    /// The kernel's high-water mark of each process is begun anew after each reading. This alters what the processes
    /// are told of themselves (ru_maxrss). While a process changes its mappings, a mark may stand for longer. What rises
    /// and falls in the moment of the beginning, some microseconds, is lost. The page faults of the process tell when
    /// that may have been, and a warning (marks_unsure) says how often: where it says nothing, no page fault was missed.
    /// All of that may take a quarter of one processor; marks that have to wait for it are of more than one interval,
    /// and counted (marks_longer).
    #[arg(long)]
    pub(crate) interval_peaks: bool,

    /// End with 122 and a line on stderr if the peak is above SIZE, as 500MB, 512MiB or 1.5GiB
    ///
    /// It is for tests: the program is not touched, and runs to its end. The peak is the first figure of the account, so
    /// that a limit can be chosen by it. Of several processes it is a sum that may count shared pages repeatedly: the
    /// line says so, with what is certain, and `--backend psutil_pss` compares a sum that does not. A peak that is but a
    /// lower bound, as the account says, may have been higher than a limit that it is not above. A program that fails by
    /// itself keeps its status.
    #[arg(long, value_name = "SIZE", value_parser = MaxPeak::parse)]
    pub(crate) max_peak: Option<MaxPeak>,

    /// Print nothing at the end but errors
    #[arg(short, long)]
    pub(crate) quiet: bool,
}

/// mprof's ways to read memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum Backend {
    /// The resident set
    Psutil,
    /// The resident set as well, which mprof asks ps(1) for
    Posix,
    /// The proportional set (PSS): each page divided by the number of processes that share it
    PsutilPss,
    /// The unique set (USS): the pages that no other process shares
    PsutilUss,
    /// What Python allocated, which mprof refuses as well
    #[value(hide = true)]
    Tracemalloc,
}

impl RecorderArgs {
    /// What the `MEM` lines hold, which mprof draws.
    pub(crate) fn mem_lines(&self) -> MemLines {
        if self.include_children { MemLines::Sum } else { MemLines::Root }
    }

    /// Whether mprof draws the children. In its own manner it does when it is asked to.
    pub(crate) fn child_lines(&self, manner: Manner) -> ChildLines {
        let is_hidden = manner == Manner::Mprof && !self.multiprocess;
        if is_hidden { ChildLines::Hidden } else { ChildLines::Shown }
    }

    /// Refuses what can be typed and not be done.
    ///
    /// # Errors
    /// Why, and what can be done instead.
    pub(crate) fn check(&self) -> Result<(), Misused> {
        let why = match self.backend {
            Backend::Psutil | Backend::Posix => return Ok(()),
            Backend::PsutilPss | Backend::PsutilUss if mprof_probe::can_read_sets() => return Ok(()),
            Backend::PsutilPss | Backend::PsutilUss => {
                "this system does not tell it: /proc/PID/smaps_rollup is missing"
            }
            Backend::Tracemalloc => {
                "it shows what one Python function allocated, from inside of Python; mprof refuses it as well"
            }
        };
        let name = self.backend.to_possible_value().map_or_else(String::new, |it| it.get_name().to_owned());
        Err(Misused(format!("--backend {name}: {why}")))
    }

    /// The metric that the `MEM` lines hold.
    pub(crate) fn metric(&self) -> Metric {
        match self.backend {
            Backend::PsutilPss => Metric::Pss,
            Backend::PsutilUss => Metric::Uss,
            Backend::Psutil | Backend::Posix | Backend::Tracemalloc => Metric::Rss,
        }
    }

    /// The options of the probe crate. When time is over, mprof leaves the program alone.
    pub(crate) fn options(&self, manner: Manner) -> mprof_probe::Options {
        mprof_probe::Options {
            after_timeout: match manner {
                Manner::Own => AfterTimeout::End,
                Manner::Mprof => AfterTimeout::Leave,
            },
            interval_ns: self.interval.as_nanos() as u64,
            timeout_ns: self.timeout.and_then(interval::Limit::ns),
            exits: ExitsSeen::AsTheyHappen,
            marks: if self.interval_peaks { MarksKept::ForInterval } else { MarksKept::ForLife },
            mark_on: None,
            sets: if self.metric() == Metric::Rss { SetsRead::NowAndThen } else { SetsRead::EveryTick },
            recorder: concat!("mprof-rs ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl RunArgs {
    /// What makes marks, and who reads it: we ourselves, as another process.
    fn mark_on(&self) -> Option<MarkOn> {
        let expressions = self.mark_on.clone();
        let is_wanted = !expressions.is_empty();
        is_wanted.then(|| MarkOn { expressions, program: std::env::current_exe().unwrap_or_default() })
    }

    /// The same, as `attach` takes it.
    ///
    /// # Errors
    /// When it is more than one word: what stands behind the program is none of our options.
    pub(crate) fn into_attach(self) -> Result<AttachArgs, Misused> {
        if self.attach && !self.mark_on.is_empty() {
            return Err(Misused(
                "--mark-on: what a program prints that runs already cannot be read along".to_owned(),
            ));
        }
        let mut words = self.command.into_iter().map(|word| word.to_string_lossy().into_owned());
        match (words.next(), words.next()) {
            (program, None) => Ok(AttachArgs { recorder: self.recorder, program }),
            (_, Some(word)) => Err(Misused(format!(
                "{}: one program is attached to; options come before it",
                printable(&word)
            ))),
        }
    }

    /// What was said about the program. As mprof has it, asking for Python outdoes refusing it.
    pub(crate) fn asked(&self) -> Asked {
        match (self.python, self.nopython) {
            (true, _) => Asked::Python,
            (false, true) => Asked::NoPython,
            (false, false) => Asked::Nothing,
        }
    }

    /// The options of the probe crate.
    pub(crate) fn options(&self, manner: Manner) -> mprof_probe::Options {
        let exits = if self.exact { ExitsSeen::Stopped } else { ExitsSeen::AsTheyHappen };
        mprof_probe::Options { exits, mark_on: self.mark_on(), ..self.recorder.options(manner) }
    }
}

const RUN_EXAMPLES: &str = "\
Examples:
  mprof-rs run ./server --port 8080           everything behind the program is the program's
  mprof-rs run -T 1ms -o fast.dat make -j2    one sample each millisecond
  mprof-rs run sh -c 'sort big | uniq'        a shell pipeline
  mprof-rs run script.py --fast               a Python script, with its @profile functions
  mprof-rs run --python -m package.module     a Python module, with its @profile functions
  mprof-rs run --timeout 1min ./server        for a minute
  mprof-rs run -q --max-peak 2GiB pytest      fails above 2 GiB
  mprof-rs run --mark-on '^Epoch [0-9]+' ./train   a mark for each such line

The exit status is the program's, and 128+n when signal n ended it; where that was a Ctrl-C, it ends mprof-rs as \
well, as a signal, so that the loop of a shell ends too.
Ctrl-C is the program's to follow. Where it does not end, a second one within a second ends the recording and \
leaves the program running; where it has a handler for Ctrl-C, as an interpreter does, a third one does. That, too, \
ends mprof-rs by the signal.
Orphans of the program become children of mprof-rs, so that none of them sees 1 as its parent's number (Linux).";

const ATTACH_EXAMPLES: &str = "\
Examples:
  mprof-rs attach 4711                        until the process ends, or Ctrl-C
  mprof-rs attach --timeout 10min postgres    by its name, for ten minutes

At a terminal, a line says each second for how long it has recorded, and what the program holds.
The program is only read, and goes on after Ctrl-C, which ends the recording, and mprof-rs as a signal, so that the \
loop of a shell ends too.
Its high-water mark may be older than the recording.";
