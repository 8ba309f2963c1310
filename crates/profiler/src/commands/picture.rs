//! What the verbs that draw have in common: labels, and from a chart to a file.

use std::path::Path;

use anyhow::{Context, Result};
use mprof_charts::{Chart, Error, Named};
use mprof_recording::Recording;
use mprof_recording::command::printable;

use crate::console;
use crate::exit::{Misused, NothingToShow};
use crate::files;

/// What a legend calls a recording: its file's name, and its command.
pub(super) fn label(path: &Path, recording: &Recording) -> String {
    let name = printable(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
    if recording.command.is_empty() { name } else { format!("{name} — {}", recording.command) }
}

/// Recordings with their labels, as the charts crate wants them.
pub(super) fn named<'a>(labels: &'a [String], recordings: &'a [Recording]) -> Vec<Named<'a>> {
    let pairs = labels.iter().zip(recordings);
    pairs.map(|(label, recording)| Named { label, recording }).collect()
}

/// Draws a chart into a file, and says where it is.
pub(super) fn save(chart: Result<Chart, Error>, path: &Path) -> Result<()> {
    let format = files::format_of(path)?;
    let chart = chart.map_err(explain)?;
    let bytes = mprof_charts::render(&chart, format).map_err(explain)?;
    files::write_picture(path, &bytes)?;
    console::say(&format!("chart: {}", console::shown(path)));
    Ok(())
}

fn explain(error: Error) -> anyhow::Error {
    match error {
        Error::NoRecordings
        | Error::NothingToDraw
        | Error::NoMetric { .. }
        | Error::OutsideWindow { .. }
        | Error::NotStackable
        | Error::NothingToCompare
        | Error::NothingInCommon => NothingToShow(error.to_string()).into(),
        Error::Size { .. } | Error::TooLow { .. } => Misused(error.to_string()).into(),
        Error::Drawing(_) => anyhow::Error::new(error),
    }
}

/// Checks that a picture's name says what kind it is, before anything is read.
pub(super) fn check_name(path: &Path) -> Result<()> {
    files::format_of(path).map(|_| ()).context("nothing was drawn")
}
