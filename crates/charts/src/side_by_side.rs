//! Runs side by side: small panels that share both axes, so that heights and lengths can be compared.

use crate::account::Account;
use crate::chart::{Chart, Entry, Ground, Ink, Mark, Panel, Series};
use crate::choices::with_choices;
use crate::content::{Content, of_dotted, spikes};
use crate::curve;
use crate::fit::{bare_axis, fit_axes};
use crate::options::{Error, Named, Options};
use crate::peak_label::{self, Labelling};
use crate::show::{Processes, Stack, Time};
use crate::stack;
use crate::tree::Ranked;
use crate::view::View;
use crate::whole::{Whole, process_name};
use mprof_recording::command::printable;

/// Height of a panel's plot where the caller sets none.
const PANEL_PX: u32 = 230;
/// The least width at which a panel can be read.
const LEAST_WIDTH_PX: u32 = 250;
const MOST_COLUMNS: usize = 4;

/// Draws every recording in a panel of its own. All panels have the same axes, but for a time that is what is done.
///
/// # Errors
///
/// There is no recording, or no reading in any.
pub fn side_by_side(recordings: &[Named<'_>], options: &Options) -> Result<Chart, Error> {
    with_choices(recordings, &[Stack::Processes, Stack::Kinds], options, |options| {
        panels(recordings, options)
    })
}

fn panels(recordings: &[Named<'_>], options: &Options) -> Result<Chart, Error> {
    let n_columns = columns(recordings.len(), options.width_px);
    let views = views(recordings, options, n_columns);
    let stacks = stacks(recordings, &views, options)?;
    let legend = legend_of(stacks.iter().flatten());
    let panels = recordings.iter().zip(views).zip(stacks);
    let panels: Vec<Panel> = panels.map(|((named, view), stack)| panel(named, view, stack)).collect();
    let chart = Chart {
        title: options.title.as_deref().map_or_else(|| "Memory over time".to_owned(), printable),
        note: note(&panels),
        sheet: options.sheet(PANEL_PX),
        n_columns,
        panels,
        legend,
        left_out: Vec::new(),
        account: Account::default(),
        name: String::new(),
        others: Vec::new(),
    };
    Ok(fit_axes(chart, &options.show))
}

/// How to read the marks of the panels.
fn note(panels: &[Panel]) -> Option<String> {
    let peaks: Vec<_> = panels.iter().flat_map(|panel| &panel.marks).map(|mark| mark.peak).collect();
    let dotted = panels.iter().find_map(|panel| of_dotted(&panel.marks, &panel.spikes));
    let notes: Vec<String> = peak_label::key(&peaks).into_iter().chain(dotted).collect();
    peak_label::joined(&notes)
}

/// As many columns as can be read, in rows of equal length where possible: seven are four and three.
fn columns(n_panels: usize, width_px: u32) -> usize {
    let room = (width_px / LEAST_WIDTH_PX) as usize;
    let n_rows = n_panels.div_ceil(room.clamp(1, MOST_COLUMNS));
    n_panels.div_ceil(n_rows)
}

/// What of each recording its panel shows: all have one time axis, but where it is the part of each that is done.
fn views(recordings: &[Named<'_>], options: &Options, n_columns: usize) -> Vec<View> {
    let longest_ns = recordings.iter().map(|named| curve::end_ns(named.recording)).max().unwrap_or(0);
    let view = |named: &Named<'_>| {
        let own_ns = curve::end_ns(named.recording);
        let end_ns = if options.show.time == Time::Done { own_ns } else { longest_ns };
        View::of(named.recording, end_ns, options, n_columns)
    };
    recordings.iter().map(view).collect()
}

/// What of the recordings is stacked. Among others, one that cannot be is drawn as it is; alone, it is an error.
fn stacks(
    recordings: &[Named<'_>],
    views: &[View],
    options: &Options,
) -> Result<Vec<Option<Content>>, Error> {
    let Some(what) = options.show.stack else { return Ok(recordings.iter().map(|_| None).collect()) };
    let stacks = recordings.iter().zip(views).map(|(named, view)| stacked(named, what, view));
    let stacks: Vec<Result<Content, Error>> = stacks.collect();
    if let (true, Some(Err(error))) = (stacks.iter().all(Result::is_err), stacks.first()) {
        return Err(error.clone());
    }
    Ok(stacks.into_iter().map(Result::ok).collect())
}

/// A panel of one recording.
fn panel(named: &Named<'_>, view: View, stack: Option<Content>) -> Panel {
    let is_blank = curve::is_blank(named.recording, view.metric());
    let is_as_it_is = view.show.stack.is_some() && stack.is_none() && !is_blank;
    let content = stack.unwrap_or_else(|| curves(named, &view));
    let title = printable(named.label);
    Panel {
        title: Some(if is_as_it_is { format!("{title} (cannot be stacked)") } else { title }),
        remark: is_blank.then(|| peak_label::in_legend(None, None)),
        time: bare_axis(view.from_ns, view.end_ns),
        memory: bare_axis(0, 0),
        series: content.series,
        marks: content.marks,
        spikes: content.spikes,
        gaps: view.gaps,
        ..Panel::default()
    }
}

/// Layers of one recording, with a short label at its peak.
fn stacked(named: &Named<'_>, what: Stack, view: &View) -> Result<Content, Error> {
    let mut content = match what {
        Stack::Processes => stack::processes(named.recording, view)?,
        Stack::Kinds => stack::kinds(named.recording, view)?,
    };
    let unit = view.show.unit;
    content.marks.iter_mut().for_each(|it| it.texts = peak_label::wordings(&it.peak, Labelling::Short, unit));
    Ok(content)
}

/// One legend for all panels, from the top of a stack to its bottom. The figures of one recording, and the names of
/// its processes, have no place in it.
fn legend_of<'a>(stacks: impl Iterator<Item = &'a Content>) -> Vec<Entry> {
    let mut legend: Vec<Entry> = Vec::new();
    for entry in stacks.flat_map(|content| &content.legend) {
        if legend.iter().all(|known| known.ink != entry.ink) {
            let label = entry.ink.and_then(rank_name).unwrap_or_else(|| entry.label.clone());
            legend.push(Entry { ink: entry.ink, label, value: String::new() });
        }
    }
    legend.sort_by_cached_key(|entry| {
        std::cmp::Reverse(match entry.ink {
            Some(Ink::Layer(height) | Ink::Kind(height)) => height,
            _ => usize::MAX,
        })
    });
    legend
}

/// What a layer of processes is called that is another process in each panel.
fn rank_name(ink: Ink) -> Option<String> {
    match ink {
        Ink::Layer(0) => Some("the program".to_owned()),
        Ink::Layer(1) => Some("its largest process".to_owned()),
        Ink::Layer(2) => Some("its 2nd largest".to_owned()),
        Ink::Layer(3) => Some("its 3rd largest".to_owned()),
        Ink::Layer(rank) => Some(format!("its {rank}th largest")),
        Ink::RestLayer => Some("all smaller ones".to_owned()),
        _ => None,
    }
}

/// The curve and the peak of all processes together. Each of them would be lost at this size, unless it is asked for.
fn curves(named: &Named<'_>, view: &View) -> Content {
    let recording = named.recording;
    let mut content = Content::default();
    if view.show.processes == Processes::Each && recording.processes.len() > 1 {
        let largest = Ranked::of(recording, view.metric()).named;
        let largest = largest.into_iter().map(|place| &recording.processes[place]);
        content
            .series
            .extend(largest.map(|process| view.process(process, process_name(process), Ink::Of(0))));
    }
    if let Some(whole) = Whole::of(recording, view) {
        let to_ns = curve::end_ns(recording);
        let series = whole.series(printable(named.label), Ink::Main(0), view);
        content.series.push(Series { ground: Ground::Tinted, ..series });
        let mark = whole.mark(Ink::Main(0), Labelling::Short, view);
        content.marks.extend(mark.map(|mark| Mark { to_ns, ..mark }));
    }
    if let Some(root) = recording.root().filter(|_| !recording.has_tree()) {
        content.spikes = spikes(recording, root, Ink::Main(0), view);
    }
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_of_equal_length_where_possible() {
        assert_eq!(columns(3, 1200), 3);
        assert_eq!(columns(5, 1200), 3);
        assert_eq!(columns(7, 1200), 4);
        assert_eq!(columns(12, 1200), 4);
        assert_eq!(columns(4, 600), 2);
        assert_eq!(columns(2, 100), 1);
    }
}
