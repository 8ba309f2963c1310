//! A chart in characters: for terminals, logs and mails.
//!
//! It is drawn from the chart itself, not through plotters: a cell is a thing of its own, and so are its curves of
//! dots, its axes and its letters. Curves are told apart by letters, which a legend explains, with or without colour.

mod dots;
mod page;
mod panel;
mod signs;

use self::page::{Page, Shade};
use self::panel::Place;
use crate::chart::{Chart, Entry, Ink, Panel};
use crate::note;
use crate::options::Error;
use crate::sheet::CELL_PX;
use crate::sheet::Height;

/// The least and the most that can be drawn on, in columns and in lines.
const LEAST_COLUMNS: usize = 10;
const MOST_CELLS: usize = 2000;
/// The least that a panel is drawn on, when several could stand side by side, and when there is no choice.
const READABLE_COLUMNS: usize = 24;
const LEAST_PLOT_LINES: usize = 4;
/// Between panels side by side, and between entries of the legend.
const GAP: usize = 3;
/// The part of a given height that the legend may take.
const LEGEND_SHARE: f32 = 0.4;

/// What stands for curves that are not told apart.
const ALIKE: char = '.';

/// The letters of curves, in the order of the legend.
#[derive(Debug, Default)]
pub(super) struct Key(Vec<(Ink, char)>);

/// How many lines each part takes.
struct Arrangement {
    n_columns: usize,
    n_plot_lines: usize,
    n_legend_lines: usize,
}

/// Draws a chart in characters.
pub(crate) fn text(chart: &Chart) -> Result<String, Error> {
    let n_columns = (chart.sheet.width_px / CELL_PX.0) as usize;
    check("width", n_columns, LEAST_COLUMNS, "columns")?;
    let letters = chart.sheet.letters.unwrap_or_default();
    let mut page = Page::new(n_columns, letters);
    let key = Key::of(chart);
    let arrangement = arrange(chart, &page)?;
    head(chart, &mut page);
    for row in chart.panels.chunks(arrangement.n_columns.max(1)) {
        panels(row, &arrangement, &key, &mut page);
    }
    legend(chart, &arrangement, &key, &mut page);
    Ok(page.finish())
}

fn check(side: &'static str, given: usize, least: usize, unit: &'static str) -> Result<(), Error> {
    let bounds = least..=MOST_CELLS;
    if bounds.contains(&given) { Ok(()) } else { Err(Error::Extent { side, given, bounds, unit }) }
}

fn arrange(chart: &Chart, page: &Page) -> Result<Arrangement, Error> {
    let n_columns = side_by_side(chart, page);
    let n_rows = chart.panels.len().div_ceil(n_columns).max(1);
    let n_around = n_rows * n_around(&chart.panels) + n_head(chart, page);
    let n_entry_lines = chart.legend.len().div_ceil(legend_columns(chart, page));
    let total_px = match chart.sheet.height {
        Height::Total(total_px) => total_px,
        Height::Panel(panel_px) => {
            let n_plot_lines = ((panel_px / CELL_PX.1) as usize).clamp(LEAST_PLOT_LINES, MOST_CELLS);
            return Ok(Arrangement { n_columns, n_plot_lines, n_legend_lines: n_entry_lines });
        }
    };
    let n_lines = (total_px / CELL_PX.1) as usize;
    let n_drawn = n_around + n_rows * LEAST_PLOT_LINES;
    // At the least height the legend has one line: with its share of a lower one it would be told wrongly.
    check("height", n_lines, n_drawn + n_entry_lines.min(1), "lines")?;
    let n_share = ((n_lines as f32 * LEGEND_SHARE) as usize).max(1).min(n_lines - n_drawn);
    let n_legend_lines = n_entry_lines.min(n_share);
    let n_plot_lines = (n_lines - n_around - n_legend_lines) / n_rows;
    Ok(Arrangement { n_columns, n_plot_lines, n_legend_lines })
}

/// How many panels stand side by side.
fn side_by_side(chart: &Chart, page: &Page) -> usize {
    let gutter = gutter(&chart.panels, page);
    let fits = |n: &usize| page.n_columns() + GAP >= gutter + n * (READABLE_COLUMNS + GAP);
    let n_most = chart.n_columns.min(chart.panels.len()).max(1);
    let n_columns = (1..=n_most).rev().find(fits).unwrap_or(1);
    // Rows of equal length where possible.
    let n_rows = chart.panels.len().div_ceil(n_columns).max(1);
    chart.panels.len().div_ceil(n_rows).max(1)
}

/// The width of the labels of the memory axis.
fn gutter(panels: &[Panel], page: &Page) -> usize {
    let ticks = panels.iter().flat_map(|panel| &panel.memory.ticks);
    let widest = ticks.map(|tick| page.width(&tick.label)).max().unwrap_or(0) + 1;
    // However narrow the page, the plot has half of it.
    widest.min(page.n_columns() / 2)
}

/// Lines of a panel besides those of its plot.
fn n_around(panels: &[Panel]) -> usize {
    let n_title = usize::from(panels.iter().any(|panel| panel.title.is_some()));
    n_title + panels.iter().map(panel::n_lines_above).max().unwrap_or(0) + panel::N_AXIS_LINES
}

fn n_head(chart: &Chart, page: &Page) -> usize {
    2 + note_lines(chart, page).len()
}

fn note_lines(chart: &Chart, page: &Page) -> Vec<String> {
    note::lines(chart.note.as_deref(), |line| page.width(line) <= page.n_columns())
}

fn head(chart: &Chart, page: &mut Page) {
    let line = page.add_lines(2);
    let n_columns = page.n_columns();
    page.put(line, 0, &chart.title, n_columns, Shade::Bold);
    let axis = chart.panels.first().map_or("", |panel| panel.memory.label.as_str());
    page.put(line + 1, 0, axis, n_columns, Shade::Quiet);
    for note in note_lines(chart, page) {
        let line = page.add_lines(1);
        page.put(line, 0, &note, n_columns, Shade::Quiet);
    }
}

/// A row of panels.
fn panels(row: &[Panel], arrangement: &Arrangement, key: &Key, page: &mut Page) {
    let n_title = usize::from(row.iter().any(|panel| panel.title.is_some()));
    let n_above_plot = row.iter().map(panel::n_lines_above).max().unwrap_or(0);
    let top = page.add_lines(n_title + n_above_plot + arrangement.n_plot_lines + panel::N_AXIS_LINES);
    let gutter = gutter(row, page);
    let n_columns = arrangement.n_columns;
    let room = page.n_columns() - gutter - (n_columns - 1) * GAP;
    for (idx, panel) in row.iter().enumerate() {
        // One column of each is its axis.
        let place = Place {
            line: top + n_title + n_above_plot,
            column: gutter + idx * (room / n_columns + GAP) + 1,
            n_lines: arrangement.n_plot_lines,
            n_columns: room / n_columns - 1,
        };
        if let Some(title) = &panel.title {
            page.put(top, place.column - 1, title, place.n_columns + 1, Shade::Bold);
        }
        panel::draw(panel, place, key, page);
        if idx == 0 {
            panel::memory_labels(panel, place, gutter, page);
        }
    }
}

fn legend(chart: &Chart, arrangement: &Arrangement, key: &Key, page: &mut Page) {
    if chart.legend.is_empty() {
        return;
    }
    let n_columns = legend_columns(chart, page);
    let n_places = arrangement.n_legend_lines * n_columns;
    let n_all = chart.legend.len();
    let n_shown = if n_all > n_places { n_places - 1 } else { n_all };
    let top = page.add_lines(n_all.min(n_places).div_ceil(n_columns));
    let pitch = (page.n_columns() + GAP) / n_columns;
    let corner = |idx: usize| (top + idx / n_columns, idx % n_columns * pitch);
    for (idx, entry) in chart.legend[..n_shown].iter().enumerate() {
        explain(entry, corner(idx), pitch - GAP, key, page);
    }
    if n_shown < n_all {
        let (line, column) = corner(n_shown);
        page.put(line, column, &format!("… and {} more", n_all - n_shown), pitch - GAP, Shade::Quiet);
    }
}

/// An entry: its letter, what it stands for, and the figure, which is not clipped while there is room for it.
fn explain(entry: &Entry, (line, column): (usize, usize), room: usize, key: &Key, page: &mut Page) {
    if let Some((ink, letter)) = entry.ink.and_then(|ink| key.of_ink(ink).map(|letter| (ink, letter))) {
        page.sign(line, column, letter, Shade::Ink(ink));
    }
    let value = page.width(&entry.value);
    let label = room.saturating_sub(value + 4);
    let n_label = page.put(line, column + 2, &entry.label, label, Shade::Plain);
    let at = column + 2 + n_label + if n_label > 0 { 2 } else { 0 };
    page.put(line, at, &entry.value, (column + room).saturating_sub(at), Shade::Quiet);
}

/// How many entries stand side by side.
fn legend_columns(chart: &Chart, page: &Page) -> usize {
    let widths = chart.legend.iter().map(|entry| page.width(&entry.label) + page.width(&entry.value) + 4);
    let widest = widths.max().unwrap_or(1).clamp(1, page.n_columns());
    ((page.n_columns() + GAP) / (widest + GAP)).clamp(1, chart.legend.len().max(1))
}

impl Key {
    fn of(chart: &Chart) -> Self {
        let inks = chart.legend.iter().filter_map(|entry| entry.ink);
        let (alike, own): (Vec<Ink>, Vec<Ink>) = inks.partition(|ink| *ink == Ink::Others);
        let alike = alike.into_iter().map(|ink| (ink, ALIKE));
        Self(
            own.into_iter()
                .zip(('a'..='z').chain('A'..='Z').chain(std::iter::repeat('#')))
                .chain(alike)
                .collect(),
        )
    }

    /// The letter of an ink; none where the legend does not explain it.
    pub(super) fn of_ink(&self, ink: Ink) -> Option<char> {
        self.0.iter().find(|(it, _)| *it == ink).map(|&(_, letter)| letter)
    }
}
