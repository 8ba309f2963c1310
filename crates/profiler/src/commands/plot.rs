//! `mprof-rs plot`: memory over time, as a picture.

use std::path::Path;

use anyhow::Result;
use mprof_recording::{Recording, dat};

use super::picture;
use crate::cli::{Manner, PlotArgs};
use crate::exit::Exit;
use crate::{console, files, input};

pub(super) fn execute(args: &PlotArgs, manner: Manner) -> Result<Exit> {
    if let Some(output) = &args.output {
        picture::check_name(output)?;
    }
    let paths = input::chosen(&args.files, manner)?;
    let output = args.output.clone().unwrap_or_else(|| files::picture_beside(&paths[0]));
    files::check_apart(&output, &paths)?;
    let options = args.options(files::format_of(&output)?);
    let mut recordings = Vec::with_capacity(paths.len());
    for path in &paths {
        let read = files::read(path, options.wanted());
        if manner == Manner::Mprof && is_nothing(&read) {
            say_empty(path);
            return Ok(Exit::Success);
        }
        recordings.push(read?);
    }
    let labels: Vec<String> =
        paths.iter().zip(&recordings).map(|(path, it)| picture::label(path, it)).collect();
    let chart = mprof_charts::over_time(&picture::named(&labels, &recordings), &options);
    picture::save(chart, &output)?;
    Ok(Exit::Success)
}

/// Whether there is no reading in a file that could be read. What is no recording is another matter.
fn is_nothing(read: &Result<Recording>) -> bool {
    match read {
        Ok(recording) => recording.processes.iter().all(|process| process.samples.is_empty()),
        Err(error) => error.downcast_ref() == Some(&dat::Error::Empty),
    }
}

/// What mprof says of a recording without a reading. It takes that for no failure.
fn say_empty(path: &Path) {
    let file = console::shown(path);
    println!("** No memory usage values have been found in the profile file.**\nFile path: {file}");
    println!("File may be empty or invalid.\nIt can be deleted with \"mprof rm {file}\"");
}
