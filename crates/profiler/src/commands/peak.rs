//! `mprof-rs peak`: the peak of each recording, a line each, as mprof prints it.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use mprof_recording::Recording;
use mprof_recording::peak::{Peak, PeakKind};
use mprof_recording::samples::Wanted;

use crate::cli::PeakArgs;
use crate::exit::{Exit, NothingToShow};
use crate::{console, files};

pub(super) fn execute(args: &PeakArgs) -> Result<Exit> {
    let paths = files::named_or_newest(&args.files)?;
    let mut exit = Exit::Success;
    for path in &paths {
        // One file that cannot be read takes nothing away from the others.
        match files::read(path, Wanted::FIGURES).and_then(|recording| lines(path, &recording)) {
            Ok(text) => std::io::stdout().lock().write_all(text.as_bytes())?,
            Err(error) => {
                console::complain(&format!("{error:#}"));
                exit = if exit == Exit::Success { Exit::of(&error) } else { exit };
            }
        }
    }
    Ok(exit)
}

fn lines(path: &Path, recording: &Recording) -> Result<String> {
    let file = console::shown(path);
    let peak = recording.root_peak();
    let peak = peak.ok_or_else(|| NothingToShow(format!("{file}: there is no sample in it")))?;
    let mut text = format!("{file}\t{:.3} MiB{}\n", mib(&peak), note(&peak));
    for child in recording.children() {
        let pid = child.pid.map_or("?".to_owned(), |pid| pid.to_string());
        if let Some(peak) = child.peak() {
            writeln!(text, "  Child {pid}\t\t\t{:.3} MiB{}", mib(&peak), note(&peak))?;
        }
    }
    Ok(text)
}

fn mib(peak: &Peak) -> f64 {
    peak.bytes as f64 / f64::from(1 << 20)
}

/// What kind of number it is, when it is better than what mprof prints.
fn note(peak: &Peak) -> String {
    match peak.kind {
        PeakKind::HighestSample => String::new(),
        kind => format!("\t{}", kind.label()),
    }
}
