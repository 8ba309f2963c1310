//! `mprof-rs plot`: memory over time, as a picture.

use std::path::{Path, PathBuf};

use anyhow::Result;
use mprof_recording::samples::Wanted;
use mprof_recording::{Recording, dat};

use super::picture::{self, Target};
use crate::cli::PlotArgs;
use crate::exit::Exit;
use crate::manner::Manner;
use crate::{console, files, input};

pub(super) fn execute(args: &PlotArgs, manner: Manner) -> Result<Exit> {
    let output = args.output.as_ref().map(|path| as_written(path, manner));
    let mut target = Target::new(output.as_deref(), args.format, &args.picture)?;
    let mut paths = input::chosen(&args.files, manner)?;
    if manner == Manner::Own {
        args.check(paths.len(), target.format)?;
    }
    target.settle(&paths)?;
    let options = target.options(args.options(target.format), &args.picture);
    let Readable { recordings, failure, empty } = read_what_can_be(&mut paths, options.wanted(), manner);
    if let Some(path) = &empty {
        say_empty(path);
        return Ok(Exit::Success);
    }
    if let (Some(exit), []) = (failure, &recordings[..]) {
        return Ok(exit);
    }
    let options = args.show.settle(options, &recordings);
    let labels: Vec<String> =
        paths.iter().zip(&recordings).map(|(path, it)| picture::label(path, it)).collect();
    let chart = mprof_charts::over_time(&picture::named(&labels, &recordings), &options);
    // A page is as large as a recording may be, and needs none of it any more.
    drop(recordings);
    target.save(chart, &args.picture)?;
    Ok(failure.unwrap_or(Exit::Success))
}

/// The file that a name means. To matplotlib, one without an extension is a PNG, and gets its extension.
fn as_written(path: &Path, manner: Manner) -> PathBuf {
    let is_bare = path.extension().is_none() && path.as_os_str() != files::STDIN;
    if manner == Manner::Mprof && is_bare { path.with_added_extension("png") } else { path.to_owned() }
}

/// What could be read of the files that were named.
#[derive(Default)]
struct Readable {
    recordings: Vec<Recording>,
    /// How the first that could not be read would have us end.
    failure: Option<Exit>,
    /// The first without a reading, which ends a plot in mprof's manner.
    empty: Option<PathBuf>,
}

/// Reads every recording that can be read, and keeps their paths. Of the others it says why they cannot.
fn read_what_can_be(paths: &mut Vec<PathBuf>, wanted: Wanted, manner: Manner) -> Readable {
    let mut readable = Readable::default();
    paths.retain(|path| {
        let read = files::read(path, wanted);
        match read {
            read if manner == Manner::Mprof && is_nothing(&read) => {
                readable.empty.get_or_insert_with(|| path.clone());
                false
            }
            Ok(recording) => {
                readable.recordings.push(recording);
                true
            }
            Err(error) => {
                console::complain(&format!("{error:#}"));
                readable.failure.get_or_insert(Exit::of(&error));
                false
            }
        }
    });
    readable
}

/// Whether there is no reading in a file that could be read. What is no recording is another matter.
fn is_nothing(read: &Result<Recording>) -> bool {
    match read {
        // The ends of calls are none to mprof.
        Ok(recording) => {
            let is_empty = recording.processes.iter().all(|process| process.samples.is_empty());
            is_empty || recording.peak_to_mprof().is_none()
        }
        Err(error) => error.downcast_ref() == Some(&dat::Error::Empty),
    }
}

/// What mprof says of a recording without a reading. It takes that for no failure.
fn say_empty(path: &Path) {
    let file = console::shown(path);
    println!("** No memory usage values have been found in the profile file.**\nFile path: {file}");
    println!("File may be empty or invalid.\nIt can be deleted with \"mprof rm {file}\"");
}
