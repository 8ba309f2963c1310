//! Memory over time: one run with its processes, or several runs on the same axes.

use crate::chart::{Chart, Entry, Ink, Panel};
use crate::choices::with_choices;
use crate::content::{Content, of_dotted, spikes};
use crate::curve;
use crate::options::{Detail, Error, Named, Options};
use crate::peak_label::{self, Labelling};
use crate::show::{N_NAMED, Slope, Stack};
use crate::told::date;
use crate::view::View;
use crate::whole::{Whole, look_of_only, process_name};
use crate::{calls, limits, moments, overlay, stack, tree, trend};
use mprof_recording::command::printable;
use mprof_recording::{Process, Recording};

/// Draws memory over time.
///
/// One recording shows its processes, and their sum where each was read alone, and labels the peak. Several lie on top
/// of each other, each counted from its own start: its sum, or its program; the legend says which is which.
///
/// # Errors
///
/// There is no recording, no reading of the metric in any, or none in the window.
pub fn over_time(recordings: &[Named<'_>], options: &Options) -> Result<Chart, Error> {
    let stacks: &[Stack] = if recordings.len() == 1 { &[Stack::Processes, Stack::Kinds] } else { &[] };
    with_choices(recordings, stacks, options, |options| match recordings {
        [one] => single(one, options),
        several => Ok(overlay::several(several, options)),
    })
}

/// The program's name for a title: its command, or what the caller calls it.
pub(crate) fn title_of(named: &Named<'_>) -> String {
    let command = &named.recording.command;
    printable(if command.is_empty() { named.label } else { command })
}

fn single(named: &Named<'_>, options: &Options) -> Result<Chart, Error> {
    let recording = named.recording;
    let view = View::of(recording, curve::end_ns(recording), options, 1);
    let mut content = match options.show.stack {
        Some(Stack::Processes) => stack::processes(recording, &view)?,
        Some(Stack::Kinds) => stack::kinds(recording, &view)?,
        None if recording.has_tree() => tree::content(recording, &view),
        None => program(recording, &view),
    };
    if options.show.slope == Slope::Drawn
        && let Some(whole) = Whole::of(recording, &view)
    {
        trend::add(&mut content, &whole, Ink::OnlyTrend, None, &view);
    }
    let calls = options.show.calls;
    let drawn = |calls| calls::drawn(recording, calls, &view, options);
    let drawn = calls.map(drawn).unwrap_or_default();
    content.legend.extend(calls::legend(recording, &drawn.bands, &view));
    content.notes.extend(drawn.notes());
    let highest_bytes = curve::max_bytes(&content.series, &content.marks, &content.spikes);
    let limits = limits::near(recording, highest_bytes, &view);
    content.legend.extend(limits::legend(&limits));
    content.notes.extend(of_dotted(&content.marks, &content.spikes));
    if !view.gaps.is_empty() {
        content.notes.push("hatched: nothing was read".to_owned());
    }
    if options.detail == Detail::Sheet && recording.start.unix_ns > 0 {
        content.notes.push(format!("started {}", date(recording.start.unix_ns)));
    }
    let (calls, gaps) = (calls.unwrap_or_default(), view.gaps.clone());
    let moments = moments::moments(recording, &view);
    let panel = Panel { bands: drawn.bands, calls, moments, gaps, limits, ..Panel::default() };
    Ok(content.into_chart(options, title_of(named), &view, panel))
}

/// The program and its children, where their readings may have been summed up already.
fn program(recording: &Recording, view: &View) -> Content {
    let mut content = children(recording, view);
    if let (Some(root), Some(whole)) = (recording.root(), Whole::of(recording, view)) {
        let name = name_of_mem_lines(recording, root);
        let (ink, ground) = look_of_only(recording, view);
        let mut curve = whole.series(name.clone(), ink, view);
        if content.series.is_empty() {
            curve.ground = ground;
        } else {
            let value = peak_label::in_legend(whole.peak, view.show.unit);
            content.legend.insert(0, Entry { ink: Some(ink), label: name, value });
        }
        content.series.push(curve);
        content.spikes.extend(spikes(recording, root, ink, view));
        content.marks.extend(whole.mark(ink, Labelling::Full, view));
        content.notes.extend(whole.remark);
    }
    content
}

/// What the numbers of the program are, which mprof may have summed up already.
fn name_of_mem_lines(recording: &Recording, root: &Process) -> String {
    if recording.is_summed_by_mprof() {
        format!("sum of {} processes", recording.processes.len())
    } else if recording.is_unclear_of_mprof() {
        "program, or the sum".to_owned()
    } else {
        process_name(root)
    }
}

/// The children's curves, the largest last, and their lines of the legend.
fn children(recording: &Recording, view: &View) -> Content {
    let mut content = Content::default();
    let mut ranked: Vec<_> = recording.children().iter().collect();
    ranked.sort_by_cached_key(|child| std::cmp::Reverse(child.peak().map_or(0, |peak| peak.bytes)));
    for (rank, child) in ranked.iter().take(N_NAMED).enumerate() {
        content.process(recording, child, Ink::Child(rank), view);
    }
    if let Some(largest) = ranked.get(N_NAMED) {
        let label = format!("{} smaller processes", ranked.len() - N_NAMED);
        let value = format!("largest {}", peak_label::in_legend(largest.peak(), view.show.unit));
        content.legend.push(Entry { ink: Some(Ink::Rest), label, value });
    }
    let rest = ranked.iter().skip(N_NAMED).map(|child| view.process(child, process_name(child), Ink::Rest));
    content.series.extend(rest.filter(|series| !series.points.is_empty()));
    content.series.reverse();
    content
}
