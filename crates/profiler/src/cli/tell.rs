//! Flags of the verbs that print.

use std::path::PathBuf;

use clap::Args;
use clap_complete::Shell;

use crate::exit::MaxPeak;

/// Flags of `peak`.
#[derive(Debug, Args)]
#[command(after_help = PEAK_HELP)]
pub(crate) struct PeakArgs {
    /// The peak within the calls of this function or phase
    #[arg(long, value_name = "NAME")]
    pub(crate) func: Option<String>,

    /// End with 122 and a line on stderr for each peak above SIZE, as 500MB, 512MiB or 1.5GiB
    #[arg(long, value_name = "SIZE", value_parser = MaxPeak::parse)]
    pub(crate) max_peak: Option<MaxPeak>,

    /// Recordings, by mprof-rs or mprof; - is what is piped in [default: the newest in this folder]
    #[arg(value_name = "FILES", allow_negative_numbers = true)]
    pub(crate) files: Vec<PathBuf>,
}

/// Flags of `summary`.
#[derive(Debug, Args)]
#[command(after_help = SUMMARY_HELP)]
pub(crate) struct SummaryArgs {
    /// A recording, by mprof-rs or mprof; - is what is piped in [default: the newest in this folder]
    #[arg(value_name = "FILE", allow_negative_numbers = true)]
    pub(crate) file: Option<PathBuf>,

    /// Print JSON: whole numbers with their unit in the key, null for what was not measured
    #[arg(long)]
    pub(crate) json: bool,
}

/// Flags of `completions`.
#[derive(Debug, Args)]
#[command(after_help = COMPLETIONS_EXAMPLES)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: Shell,
}

/// Flags of `man`.
#[derive(Debug, Args)]
#[command(after_help = MAN_EXAMPLES)]
pub(crate) struct ManArgs {
    /// The folder that they go to; it is made when there is none
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

const MAN_EXAMPLES: &str = "\
Examples:
  mprof-rs man ~/.local/share/man/man1     then `man mprof-rs`, `man mprof-rs-run`
  mprof-rs man . && man -l mprof-rs.1";

const PEAK_HELP: &str = "\
A line is as mprof prints it: file, a tab, and the peak in MiB. It is the peak of the run, as `summary` has it: of \
the program, or of all its processes together when there are several, with a line for each child. It is the \
highest sample where no third column says what else it is, such as the high-water mark, which misses nothing. \
With --func it is the highest sample within the calls, of the process that called; where no sample fell into a \
call, what lies between the samples around it.";

const SUMMARY_HELP: &str = "\
Examples:
  mprof-rs summary run.dat
  mprof-rs summary --json run.dat | jq .peak_bytes
  mprof-rs summary --json run.dat | jq '.phases[] | {name, peak_bytes}'

Where the program told of phases, a table has one on each line: how often it was called, how long it took in \
all, the highest sample within its calls (or between samples, where none fell into one), and by how much \
memory grew from their entries to their exits.";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  mprof-rs completions bash > ~/.local/share/bash-completion/completions/mprof-rs
  mprof-rs completions zsh > ~/.zfunc/_mprof-rs
  mprof-rs completions fish > ~/.config/fish/completions/mprof-rs.fish";
