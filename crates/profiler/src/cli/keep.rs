//! Flags of the verbs that keep a folder in order.

use std::path::PathBuf;

use clap::Args;

/// Flags of `list`.
#[derive(Debug, Args)]
#[command(after_help = LIST_HELP)]
pub(crate) struct ListArgs {}

/// Flags of `rm`.
#[derive(Debug, Args)]
#[command(after_help = RM_EXAMPLES)]
pub(crate) struct RmArgs {
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Recordings: files, or indexes of `list`, with -1 for the newest
    #[arg(value_name = "FILES|INDEXES", required = true, allow_negative_numbers = true)]
    pub(crate) files: Vec<PathBuf>,
}

/// Flags of `clean`.
#[derive(Debug, Args)]
#[command(after_help = CLEAN_HELP)]
pub(crate) struct CleanArgs {
    /// Show what would be removed, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

const LIST_HELP: &str = "\
A line is as mprof prints it: index, name, time and date, of each mprofile_??????????????.dat here, the \
oldest first; then the command. Where a name holds no time, none is printed. Verbs that read recordings take \
the index in place of a name, from the end as well: -1 is the newest.";

const RM_EXAMPLES: &str = "\
Examples:
  mprof-rs rm 0 -1                 the oldest and the newest of this folder
  mprof-rs rm --dry-run run.dat    only say what would be removed";

const CLEAN_HELP: &str = "\
It removes each mprofile_??????????????.dat of this folder. Recordings that -o named stay.";
