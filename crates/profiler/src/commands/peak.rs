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
use crate::manner::Manner;
use crate::{console, files, input};

pub(super) fn execute(args: &PeakArgs, manner: Manner) -> Result<Exit> {
    let paths = input::chosen(&args.files, manner)?;
    let mut exit = Exit::Success;
    for path in &paths {
        // One file that cannot be read takes nothing away from the others.
        match files::read(path, Wanted::FIGURES).and_then(|recording| lines(path, &recording, manner)) {
            Ok(text) => std::io::stdout().lock().write_all(text.as_bytes())?,
            Err(error) => {
                console::complain(&format!("{error:#}"));
                exit = if exit == Exit::Success { Exit::of(&error) } else { exit };
            }
        }
    }
    Ok(exit)
}

fn lines(path: &Path, recording: &Recording, manner: Manner) -> Result<String> {
    let file = console::shown(path);
    let peak = if recording.shows_sum_to_mprof() { recording.peak() } else { recording.root_peak() };
    let peak = peak.ok_or_else(|| NothingToShow(format!("{file}: there is no sample in it")))?;
    if manner == Manner::Mprof && peak.kind != PeakKind::HighestSample {
        console::say(&console::faint(&format!("{file}: {}", peak.kind.label())));
    }
    let mut text = format!("{file}\t{}\n", figure(&peak, manner));
    let is_shown = manner == Manner::Own || recording.shows_children_to_mprof();
    for child in recording.children().iter().filter(|_| is_shown) {
        let pid = child.pid.map_or("?".to_owned(), |pid| pid.to_string());
        if let Some(peak) = child.peak() {
            writeln!(text, "  Child {pid}\t\t\t{}", figure(&peak, manner))?;
        }
    }
    Ok(text)
}

/// The number, and what kind it is when it is better than what mprof prints. In mprof's manner that is not said here,
/// where scripts read.
fn figure(peak: &Peak, manner: Manner) -> String {
    let mib = peak.bytes as f64 / f64::from(1 << 20);
    match (peak.kind, manner) {
        (PeakKind::HighestSample, _) | (_, Manner::Mprof) => format!("{mib:.3} MiB"),
        (kind, Manner::Own) => format!("{mib:.3} MiB\t{}", kind.label()),
    }
}
