//! `mprof-rs summary`: the figures of a run, for people or as JSON.

mod phase_table;

use std::io::Write;

use anyhow::Result;
use mprof_recording::samples::Wanted;
use mprof_recording::summary::Summary;

use crate::cli::SummaryArgs;
use crate::exit::Exit;
use crate::{files, run_report};

pub(super) fn execute(args: &SummaryArgs) -> Result<Exit> {
    let paths = files::named_or_newest(args.file.as_slice())?;
    let summary = files::read(&paths[0], Wanted::FIGURES)?.summary();
    let text = if args.json { format!("{}\n", summary.to_json()?) } else { table(&summary) };
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Success)
}

fn table(summary: &Summary) -> String {
    let rows = run_report::rows(summary);
    let lines = rows.into_iter().map(|(name, value)| format!("{name:<20} {value}\n"));
    lines.chain([phase_table::table(&summary.phases)]).collect()
}
