//! Runs side by side: small panels that share both axes, so that heights and lengths can be compared.

use crate::account::Account;
use crate::chart::{Chart, Entry, Ground, Ink, Panel, Series};
use crate::choices::with_choices;
use crate::content::{Content, spikes};
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
    with_choices(recordings, &[Stack::Kinds], options, |options| panels(recordings, options))
}

fn panels(recordings: &[Named<'_>], options: &Options) -> Result<Chart, Error> {
    let n_columns = columns(recordings.len(), options.width_px);
    let mut legend = Vec::new();
    let longest_ns = recordings.iter().map(|named| curve::end_ns(named.recording)).max().unwrap_or(0);
    let panels = recordings.iter().map(|named| {
        let own_ns = curve::end_ns(named.recording);
        let end_ns = if options.show.time == Time::Done { own_ns } else { longest_ns };
        let view = View::of(named.recording, end_ns, options, n_columns);
        panel(named, view, &mut legend)
    });
    let panels: Vec<Panel> = panels.collect::<Result<_, _>>()?;
    let peaks: Vec<_> = panels.iter().flat_map(|panel| &panel.marks).map(|mark| mark.peak).collect();
    let chart = Chart {
        title: options.title.as_deref().map_or_else(|| "Memory over time".to_owned(), printable),
        note: peak_label::key(&peaks),
        sheet: options.sheet(PANEL_PX),
        n_columns,
        panels,
        legend,
        account: Account::default(),
        name: String::new(),
        others: Vec::new(),
    };
    Ok(fit_axes(chart, &options.show))
}

/// As many columns as can be read, in rows of equal length where possible: seven are four and three.
fn columns(n_panels: usize, width_px: u32) -> usize {
    let room = (width_px / LEAST_WIDTH_PX) as usize;
    let n_rows = n_panels.div_ceil(room.clamp(1, MOST_COLUMNS));
    n_panels.div_ceil(n_rows)
}

/// A panel of one recording. The legend is that of the first one that needs any.
fn panel(named: &Named<'_>, view: View, legend: &mut Vec<Entry>) -> Result<Panel, Error> {
    let recording = named.recording;
    let is_blank = curve::is_blank(recording, view.metric());
    let content = match view.show.stack {
        Some(Stack::Kinds) if !is_blank => kinds(named, &view)?,
        _ => curves(named, &view),
    };
    if legend.is_empty() {
        legend.extend(content.legend);
    }
    Ok(Panel {
        title: Some(printable(named.label)),
        remark: is_blank.then(|| peak_label::in_legend(None, None)),
        time: bare_axis(view.from_ns, view.end_ns),
        memory: bare_axis(0, 0),
        series: content.series,
        marks: content.marks,
        spikes: content.spikes,
        gaps: view.gaps,
        ..Panel::default()
    })
}

/// Kinds of memory on top of each other. Figures of one recording have no place in a legend for all.
fn kinds(named: &Named<'_>, view: &View) -> Result<Content, Error> {
    let mut content = stack::kinds(named.recording, view)?;
    content.legend.iter_mut().for_each(|entry| entry.value.clear());
    content.marks = Whole::of(named.recording, view)
        .and_then(|whole| whole.mark(Ink::Main(0), Labelling::Short, view))
        .into_iter()
        .collect();
    Ok(content)
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
        let series = whole.series(printable(named.label), Ink::Main(0), view);
        content.series.push(Series { ground: Ground::Tinted, ..series });
        content.marks.extend(whole.mark(Ink::Main(0), Labelling::Short, view));
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
