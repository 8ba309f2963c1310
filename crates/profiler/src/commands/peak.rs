//! `mprof-rs peak`: the peak of each recording, a line each, as mprof prints it.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

use anyhow::Result;
use mprof_recording::peak::{Peak, PeakKind};
use mprof_recording::{Process, Recording};

use crate::cli::PeakArgs;
use crate::exit::{Exit, NothingToShow};
use crate::files;

pub(super) fn execute(args: PeakArgs) -> Result<Exit> {
    let paths = files::named_or_newest(args.files)?;
    let recordings = files::read_all(&paths)?;
    let mut text = String::new();
    for (path, recording) in paths.iter().zip(&recordings) {
        lines(path, recording, &mut text)?;
    }
    std::io::stdout().lock().write_all(text.as_bytes())?;
    Ok(Exit::Success)
}

fn lines(path: &Path, recording: &Recording, text: &mut String) -> Result<()> {
    let file = path.display();
    let peak = recording
        .root()
        .and_then(Process::peak)
        .ok_or_else(|| NothingToShow(format!("{file}: there is no sample in it")))?;
    writeln!(text, "{file}\t{:.3} MiB{}", mib(&peak), note(&peak))?;
    for child in recording.children() {
        let pid = child.pid.map_or("?".to_owned(), |pid| pid.to_string());
        if let Some(peak) = child.peak() {
            writeln!(text, "  Child {pid}\t\t\t{:.3} MiB{}", mib(&peak), note(&peak))?;
        }
    }
    Ok(())
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
