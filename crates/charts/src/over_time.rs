//! Memory over time: one run with its processes, or several runs on the same axes.

use crate::account::Account;
use crate::chart::{Band, Chart, Entry, Ground, Ink, Mark, Panel, Series};
use crate::curve::{self, Labelling};
use crate::fit::{bare_axis, fit_axes};
use crate::options::{Error, Named, Options};
use crate::peak_label;
use crate::tree::Tree;
use crate::whole::{N_NAMED, Whole, process_name};
use mprof_recording::command::printable;
use mprof_recording::recording::Call;
use mprof_recording::{Process, Recording};

/// Height of the plot where the caller sets none.
const PANEL_PX: u32 = 430;

/// Draws memory over time.
///
/// One recording shows its processes, and their sum where each was read alone, and labels the peak. Several lie on top
/// of each other, each counted from its own start: its sum, or its program; the legend says which is which.
///
/// # Errors
///
/// There is no recording, or no reading in any.
pub fn over_time(recordings: &[Named<'_>], options: &Options) -> Result<Chart, Error> {
    match recordings {
        [] => Err(Error::NoRecordings),
        all if all.iter().all(|named| curve::is_blank(named.recording)) => Err(Error::NothingToDraw),
        [one] => Ok(single(one, options)),
        several => Ok(overlay(several, options)),
    }
    .map(|chart| Chart { account: Account::for_detail(recordings, options.detail), ..chart })
}

/// The program's name for a title: its command, or what the caller calls it.
pub(crate) fn title_of(named: &Named<'_>) -> String {
    let command = &named.recording.command;
    printable(if command.is_empty() { named.label } else { command })
}

fn single(named: &Named<'_>, options: &Options) -> Chart {
    let recording = named.recording;
    let end_ns = curve::end_ns(recording);
    let Tree { series, marks, legend, note } = if recording.has_tree() {
        Tree::of(recording, end_ns, options)
    } else {
        program(recording, end_ns, options)
    };
    let panel = Panel { bands: bands(recording, end_ns, options), ..panel(end_ns, series, marks) };
    chart(options, title_of(named), note, panel, legend)
}

/// The program and its children, where their readings may have been summed up already.
fn program(recording: &Recording, end_ns: u64, options: &Options) -> Tree {
    let mut legend = Vec::new();
    let mut series = children(recording, end_ns, options, &mut legend);
    let mut marks = Vec::new();
    if let (Some(root), Some(whole)) = (recording.root(), Whole::of(recording)) {
        let mut curve = whole.series(process_name(root), Ink::Main(0), end_ns, options.resolution(1));
        if series.is_empty() {
            curve.ground = Ground::Tinted;
        } else {
            legend.insert(0, entry(root, Ink::Main(0)));
        }
        series.push(curve);
        marks.extend(whole.mark(Ink::Main(0), Labelling::Full));
    }
    Tree { series, marks, legend, note: None }
}

fn overlay(recordings: &[Named<'_>], options: &Options) -> Chart {
    let ends = recordings.iter().map(|named| curve::end_ns(named.recording));
    let end_ns = ends.max().unwrap_or(0);
    let (mut series, mut marks, mut legend) = (Vec::new(), Vec::new(), Vec::new());
    for (idx, named) in recordings.iter().enumerate() {
        let ink = Ink::Main(idx);
        let label = printable(named.label);
        let whole = Whole::of(named.recording);
        let peak = whole.as_ref().and_then(|whole| whole.peak);
        if let Some(whole) = whole {
            series.push(whole.series(label.clone(), ink, end_ns, options.resolution(1)));
            marks.extend(whole.mark(ink, Labelling::InLegend));
        }
        legend.push(Entry { ink: peak.map(|_| ink), label, value: peak_label::in_legend(peak) });
    }
    let note = peak_label::key(&marks.iter().map(|mark| mark.peak).collect::<Vec<_>>());
    let title = format!("Memory of {} runs over time", recordings.len());
    chart(options, title, note, panel(end_ns, series, marks), legend)
}

/// The children's curves, the largest last, and their lines of the legend.
fn children(recording: &Recording, end_ns: u64, options: &Options, legend: &mut Vec<Entry>) -> Vec<Series> {
    let mut ranked: Vec<(u64, &Process)> =
        recording.children().iter().map(|child| (child.peak().map_or(0, |peak| peak.bytes), child)).collect();
    ranked.sort_by_key(|&(bytes, _)| std::cmp::Reverse(bytes));
    let mut series = Vec::new();
    for (rank, &(_, child)) in ranked.iter().enumerate() {
        let ink = if rank < N_NAMED { Ink::Child(rank) } else { Ink::Rest };
        if rank < N_NAMED {
            legend.push(entry(child, ink));
        }
        series.push(curve::series(child, process_name(child), ink, end_ns, options.resolution(1)));
    }
    legend.extend(rest(&ranked));
    series.reverse();
    series
}

/// The line of the legend for the children that it does not name.
fn rest(ranked: &[(u64, &Process)]) -> Option<Entry> {
    let (_, largest) = ranked.get(N_NAMED)?;
    let label = format!("{} smaller processes", ranked.len() - N_NAMED);
    let value = format!("largest {}", peak_label::in_legend(largest.peak()));
    Some(Entry { ink: Some(Ink::Rest), label, value })
}

fn entry(process: &Process, ink: Ink) -> Entry {
    Entry { ink: Some(ink), label: process_name(process), value: peak_label::in_legend(process.peak()) }
}

/// The calls of marked functions. Those that would be narrower than a pixel are left out, however many there are.
fn bands(recording: &Recording, end_ns: u64, options: &Options) -> Vec<Band> {
    let least_ns = end_ns / options.resolution(1).max(1) as u64;
    let is_visible = |call: &&Call| call.to_ns.saturating_sub(call.from_ns) >= least_ns;
    let band = |call: &Call| Band {
        name: printable(&call.name),
        from_ns: call.from_ns,
        to_ns: call.to_ns,
        level: call.level,
        ends_bytes: call.from_bytes.zip(call.to_bytes).map(<[u64; 2]>::from),
    };
    recording.calls.iter().filter(is_visible).map(band).collect()
}

fn panel(end_ns: u64, series: Vec<Series>, marks: Vec<Mark>) -> Panel {
    Panel { time: bare_axis(end_ns), memory: bare_axis(0), series, marks, ..Panel::default() }
}

fn chart(options: &Options, title: String, note: Option<String>, panel: Panel, legend: Vec<Entry>) -> Chart {
    let title = options.title.as_deref().map_or(title, printable);
    let sheet = options.sheet(PANEL_PX);
    fit_axes(Chart {
        title,
        note,
        sheet,
        n_columns: 1,
        panels: vec![panel],
        legend,
        account: Account::default(),
    })
}
