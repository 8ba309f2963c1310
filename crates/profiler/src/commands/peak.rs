//! `mprof-rs peak`: the peak of each recording, a line each, as mprof prints it.

use std::cmp::Reverse;
use std::path::Path;

use anyhow::Result;
use mprof_recording::Recording;
use mprof_recording::command::printable;
use mprof_recording::metric::Metric;
use mprof_recording::peak::{Peak, PeakKind};
use mprof_recording::phases::Phase;
use mprof_recording::samples::Wanted;

use crate::cli::PeakArgs;
use crate::exit::{Exit, NothingToShow};
use crate::manner::Manner;
use crate::{console, files, input};

/// So many children have a line each. The others are smaller.
const MAX_CHILDREN: usize = 200;

/// So many functions are named where another was asked for.
const MAX_NAMED: usize = 20;

/// What mprof prints of a child that it found gone.
const GHOST_LINE: &str = "  Child 0\t\t\t0.000 MiB\n";

pub(super) fn execute(args: &PeakArgs, manner: Manner) -> Result<Exit> {
    let paths = input::chosen(&args.files, manner)?;
    let mut exit = Exit::Success;
    for path in &paths {
        // One file that cannot be read takes nothing away from the others.
        match files::read(path, Wanted::FIGURES).and_then(|recording| told(path, &recording, args, manner)) {
            Ok((text, its_exit)) => {
                console::print(text.as_bytes())?;
                exit = if exit == Exit::Success { its_exit } else { exit };
            }
            Err(error) => {
                console::complain(&format!("{error:#}"));
                exit = if exit == Exit::Success { Exit::of(&error) } else { exit };
            }
        }
    }
    Ok(exit)
}

/// The lines of a recording, and how to end if all others are well.
fn told(path: &Path, recording: &Recording, args: &PeakArgs, manner: Manner) -> Result<(String, Exit)> {
    let (text, peak_bytes) = match &args.func {
        Some(name) => lines_within(path, recording, name, manner)?,
        None => lines(path, recording, manner)?,
    };
    // Within a function it is the memory of one process.
    let certain_bytes = || match &args.func {
        Some(_) => peak_bytes,
        None => recording.summary().certain_bytes(),
    };
    let of = format!("{}: ", console::shown(path));
    let is_above = args
        .max_peak
        .zip(peak_bytes)
        .is_some_and(|(limit, bytes)| limit.is_exceeded(&of, bytes, certain_bytes));
    Ok((text, if is_above { Exit::AboveLimit } else { Exit::Success }))
}

fn lines(path: &Path, recording: &Recording, manner: Manner) -> Result<(String, Option<u64>)> {
    let file = console::shown(path);
    let peak = match manner {
        Manner::Own => recording.peak_as_recorded(),
        Manner::Mprof => recording.peak_to_mprof(),
    };
    let peak = peak.ok_or_else(|| NothingToShow(format!("{file}: there is no sample in it")))?;
    let kind = kind(&peak, recording.metric_to_mprof());
    if manner == Manner::Mprof {
        kind.iter().for_each(|kind| console::say(&console::faint(&format!("{file}: {kind}"))));
    }
    let mut text = format!("{file}\t{}\n", figure(&peak, kind, manner));
    text.push_str(&child_lines(recording, manner));
    Ok((text, Some(peak.bytes)))
}

/// The same within the calls of a function. mprof has the children's peaks of the whole run behind it.
fn lines_within(
    path: &Path,
    recording: &Recording,
    name: &str,
    manner: Manner,
) -> Result<(String, Option<u64>)> {
    let file = console::shown(path);
    if manner == Manner::Mprof {
        let peak_bytes = recording.peak_within_to_mprof(name);
        let text = match peak_bytes {
            Some(bytes) => format!("{file}\t{}\n{}", in_mib(bytes), child_lines(recording, manner)),
            None => format!("{file}\tNaN MiB\n"),
        };
        return Ok((text, peak_bytes));
    }
    let phases = recording.phases();
    let Some(phase) = phases.iter().find(|phase| phase.name == name) else {
        return Err(NothingToShow(format!("{file}: {}: {}", printable(name), alternatives(&phases))).into());
    };
    let peak = phase.peak_bytes.ok_or_else(|| {
        NothingToShow(format!(
            "{file}: {}: there is no sample of the process that called it",
            printable(name)
        ))
    })?;
    Ok((format!("{file}\t{}\n", in_mib(peak)), Some(peak)))
}

/// What there is to choose from, for someone who looked for something else.
fn alternatives(phases: &[Phase]) -> String {
    if phases.is_empty() {
        return "there is no such function, and no other: the program told of none".to_owned();
    }
    let names: Vec<String> = phases.iter().take(MAX_NAMED).map(|phase| printable(&phase.name)).collect();
    let n_more = phases.len() - names.len();
    let more = if n_more > 0 { format!(", and {n_more} more") } else { String::new() };
    format!("there is no such function; there are {}{more}", names.join(", "))
}

/// A line for each child, in the order of the file. Of a great many, those that matter; in mprof's manner all.
fn child_lines(recording: &Recording, manner: Manner) -> String {
    let is_shown = manner == Manner::Own || recording.shows_children_to_mprof();
    let children = recording.children().iter().zip(0_usize..).filter(|_| is_shown);
    let sizes = children.filter_map(|(child, place)| Some((Reverse(child.peak()?.bytes), place)));
    let mut sizes: Vec<(Reverse<u64>, usize)> = sizes.collect();
    let n_left_out = if manner == Manner::Own { sizes.len().saturating_sub(MAX_CHILDREN) } else { 0 };
    if n_left_out > 0 {
        sizes.sort_unstable();
        sizes.truncate(MAX_CHILDREN);
        sizes.sort_unstable_by_key(|&(_, place)| place);
    }
    let ghost = recording.ghost_place().filter(|_| manner == Manner::Mprof);
    let mut text = String::new();
    for (_, place) in sizes {
        if ghost == Some(place) {
            text.push_str(GHOST_LINE);
        }
        let child = &recording.children()[place];
        let label = || child.last_name().map_or_else(|| "?".to_owned(), printable);
        let pid = child.pid.map_or_else(label, |pid| pid.to_string());
        if let Some(peak) = recording.child_peak_as_recorded(child) {
            let kind = kind(&peak, recording.metric_to_mprof());
            text.push_str(&format!("  Child {pid}\t\t\t{}\n", figure(&peak, kind, manner)));
        }
    }
    if ghost.is_some_and(|place| place >= recording.children().len()) {
        text.push_str(GHOST_LINE);
    }
    if n_left_out > 0 {
        text.push_str(&format!("  and {n_left_out} smaller children: mprof-rs summary --json has all\n"));
    }
    text
}

/// The number, and what kind it is when it is better than what mprof prints. In mprof's manner that is not said here,
/// where scripts read.
fn figure(peak: &Peak, kind: Option<String>, manner: Manner) -> String {
    let mib = in_mib(peak.bytes);
    match kind.filter(|_| manner == Manner::Own) {
        Some(kind) => format!("{mib}\t{kind}"),
        None => mib,
    }
}

/// What kind of number a peak is, where it is not the one that mprof prints.
fn kind(peak: &Peak, metric: Metric) -> Option<String> {
    match (peak.kind, metric) {
        (PeakKind::HighestSample, Metric::Rss) => None,
        (kind, Metric::Rss) => Some(kind.label().to_owned()),
        (kind, set) => Some(format!("{} of {}", kind.label(), set.noun())),
    }
}

fn in_mib(bytes: u64) -> String {
    format!("{:.3} MiB", bytes as f64 / f64::from(1 << 20))
}
