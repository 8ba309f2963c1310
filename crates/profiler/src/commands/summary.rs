//! `mprof-rs summary`: the figures of a run, for people or as JSON.

mod phase_table;

use anyhow::Result;
use mprof_recording::samples::Wanted;
use mprof_recording::summary::Summary;

use crate::cli::SummaryArgs;
use crate::exit::Exit;
use crate::{console, files, input, run_report};

pub(super) fn execute(args: &SummaryArgs) -> Result<Exit> {
    let paths = input::named_or_newest(args.file.as_slice())?;
    let recording = files::read(&paths[0], Wanted::FIGURES)?;
    console::print_by(|out| {
        if args.json {
            recording.write_summary(&mut *out)?;
            writeln!(out)
        } else {
            out.write_all(table(&recording.summary()).as_bytes())
        }
    })?;
    Ok(Exit::Success)
}

fn table(summary: &Summary) -> String {
    let rows = run_report::rows(summary);
    let lines = rows.into_iter().map(|(name, value)| format!("{name:<20} {value}\n"));
    lines.chain([phase_table::table(&summary.phases)]).collect()
}
