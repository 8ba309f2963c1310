//! Panels: their plots, the labels of their axes, and the labels of peaks inside.

use super::{
    Align, HEAD_PX, Label, Layout, MARGIN_PX, PANEL_GAP_PX, Rect, Style, TEXT_PX, TICK_PX, label, regular,
};
use crate::canvas::Spot;
use crate::chart::{Band, Calls, Chart, Mark, Panel};
use crate::lettering::{CAPITAL_HEIGHT, Face, set_apart};
use crate::palette::Tone;

/// Room for a panel's title.
const TITLE_PX: f32 = 26.0;
/// From a plot's lower edge to the baselines of its ticks' labels and of its axis's label, and to what follows.
const TICK_BASELINE_PX: f32 = 18.0;
const AXIS_BASELINE_PX: f32 = 38.0;
const BELOW_PX: f32 = 50.0;
const TICK_GAP_PX: f32 = 8.0;
/// Height of a row of bands.
const BAND_PX: f32 = 16.0;
const BAND_TEXT_PX: f32 = 10.0;
/// Height of the row with the names of moments, which is no place for labels of peaks.
const MOMENTS_PX: f32 = 14.0;
/// A name of a moment is clipped to so much, and left out where there is less room.
const MOST_MOMENT_PX: f32 = 160.0;
const LEAST_MOMENT_PX: f32 = 24.0;
/// A name that does not fit is clipped where there is so much room for it.
const LEAST_NAME_PX: f32 = 24.0;
/// Between a mark and its label.
const MARK_GAP_PX: f32 = 9.0;

/// The width of the memory axis's labels.
pub(super) fn gutter_px(chart: &Chart) -> f32 {
    let ticks = chart.panels.iter().flat_map(|panel| &panel.memory.ticks);
    let widths = ticks.map(|tick| Face::Regular.width_px(&tick.label, TICK_PX));
    widths.fold(0.0, f32::max) + TICK_GAP_PX
}

/// What a row of panels needs besides the plots.
pub(super) fn around_px(chart: &Chart) -> f32 {
    let is_titled = chart.panels.iter().any(|panel| panel.title.is_some());
    let title_px = if is_titled { TITLE_PX } else { 0.0 };
    title_px + above_px(chart) + BELOW_PX
}

/// How many rows of bands a panel shows.
pub(crate) fn n_band_rows(panel: &Panel) -> u32 {
    match panel.calls {
        Calls::Bars | Calls::Flame => panel.bands.iter().map(|band| band.row + 1).max().unwrap_or(0),
        Calls::Brackets => 0,
    }
}

/// Room above the plots for bands, and for the names of moments.
fn above_px(chart: &Chart) -> f32 {
    let n_rows = chart.panels.iter().map(n_band_rows).max().unwrap_or(0);
    let bands_px = if n_rows == 0 { 0.0 } else { n_rows as f32 * BAND_PX + 4.0 };
    bands_px + chart.panels.iter().map(moments_px).fold(0.0, f32::max)
}

/// Room for the names of a panel's moments.
pub(crate) fn moments_px(panel: &Panel) -> f32 {
    if panel.moments.is_empty() { 0.0 } else { MOMENTS_PX }
}

/// Where a band is drawn: above the plot and the names of moments, the first row on top.
pub(crate) fn bar(band: &Band, n_rows: u32, panel: &Panel, plot: Rect) -> Rect {
    let rows_px = n_rows as f32 * BAND_PX;
    let top = plot.top - moments_px(panel) - 4.0 - rows_px + band.row as f32 * BAND_PX;
    let left = plot.x(&panel.time, band.from_ns);
    let right = plot.x(&panel.time, band.to_ns).max(left + 1.5);
    // A gap sets a band off from one that follows at once.
    Rect { left, top, right: (right - 1.0).max(left + 1.0), bottom: top + BAND_PX - 2.0 }
}

/// A band's name in its bar: with how long it took, or alone, or its last part, clipped if need be, or none.
pub(crate) fn bar_label(band: &Band, bar: Rect) -> Option<Label> {
    let style = regular(BAND_TEXT_PX, Tone::Plain);
    let from = Spot { x: bar.left + 4.0, y: bar.bottom - 3.5 };
    let room_px = bar.width() - 8.0;
    let fits = |text: &&String| style.face.width_px(text, style.size_px) <= room_px;
    let names = band.names();
    let long = format!("{}  {}", set_apart(&names[0]), band.duration());
    let fitting = std::iter::once(&long).chain(&names).find(fits);
    let text = fitting.or(names.last().filter(|_| room_px >= LEAST_NAME_PX))?;
    label(text, from, style, Align::Left, room_px)
}

/// The names of moments above the plot, each beside its line, where there is room before the next one.
fn moment_labels(panel: &Panel, plot: Rect) -> Vec<Label> {
    let style = regular(BAND_TEXT_PX, Tone::Quiet);
    let xs: Vec<f32> = panel.moments.iter().map(|moment| plot.x(&panel.time, moment.at_ns)).collect();
    let ends = xs.iter().skip(1).copied().chain([plot.right]);
    let named = panel.moments.iter().zip(&xs).zip(ends);
    let labels = named.filter_map(|((moment, &x), end)| {
        let room_px = (end - x - 8.0).min(MOST_MOMENT_PX);
        let from = Spot { x: x + 4.0, y: plot.top - 4.0 };
        if room_px < LEAST_MOMENT_PX { None } else { label(&moment.name, from, style, Align::Left, room_px) }
    });
    labels.collect()
}

/// Places the panels row by row between two edges.
pub(super) fn place(chart: &Chart, left: f32, right: f32, plot_px: f32, layout: &mut Layout) {
    let n_columns = chart.n_columns.max(1);
    let gaps_px = (n_columns - 1) as f32 * PANEL_GAP_PX;
    let width_px = ((right - left - gaps_px) / n_columns as f32).max(1.0);
    let pitch_px = around_px(chart) + plot_px;
    for (idx, panel) in chart.panels.iter().enumerate() {
        let column = idx % n_columns;
        let bottom = HEAD_PX + (idx / n_columns + 1) as f32 * pitch_px - BELOW_PX;
        let left = left + column as f32 * (width_px + PANEL_GAP_PX);
        let plot = Rect { left, top: bottom - plot_px, right: left + width_px, bottom }.on_pixels();
        layout.plots.push(plot);
        title(panel, plot, above_px(chart), layout);
        time_labels(panel, plot, edge_px(n_columns), layout);
        // What the panel below says of the same axis need not be said twice.
        if chart.panels.get(idx + n_columns).is_none_or(|below| below.time.label != panel.time.label) {
            time_title(panel, plot, layout);
        }
        layout.mark_labels.extend(remark(panel, plot));
        layout.labels.extend(moment_labels(panel, plot));
        if column == 0 {
            memory_labels(panel, plot, layout);
        }
        layout.mark_labels.extend(panel.marks.iter().filter_map(|mark| mark_label(panel, mark, plot)));
    }
}

fn title(panel: &Panel, plot: Rect, above_px: f32, layout: &mut Layout) {
    if let Some(title) = &panel.title {
        let bold = Style { face: Face::Bold, size_px: TEXT_PX, tone: Tone::Plain };
        let from = Spot { x: plot.left, y: plot.top - above_px - 8.0 };
        layout.text(title, from, bold, Align::Left, plot.width());
    }
}

fn remark(panel: &Panel, plot: Rect) -> Option<Label> {
    let middle = Spot { x: (plot.left + plot.right) / 2.0, y: (plot.top + plot.bottom) / 2.0 };
    label(panel.remark.as_deref()?, middle, regular(TEXT_PX, Tone::Quiet), Align::Center, plot.width())
}

/// How far the labels of a time axis may stand out beside the plot.
fn edge_px(n_columns: usize) -> f32 {
    if n_columns == 1 { MARGIN_PX - 1.0 } else { PANEL_GAP_PX / 2.0 - 1.0 }
}

/// The labels of the time axis. One that would touch the one before it, or another panel's, is left out.
fn time_labels(panel: &Panel, plot: Rect, edge_px: f32, layout: &mut Layout) {
    let quiet = regular(TICK_PX, Tone::Quiet);
    let (mut free_from, free_to) = (plot.left - edge_px, plot.right + edge_px);
    for tick in &panel.time.ticks {
        let at = Spot { x: plot.x(&panel.time, tick.at), y: plot.bottom + TICK_BASELINE_PX };
        let label = label(&tick.label, at, quiet, Align::Center, f32::INFINITY);
        let fitting = label.filter(|it| it.from.x >= free_from && it.bounds().right <= free_to);
        if let Some(label) = fitting {
            free_from = label.bounds().right + TICK_PX / 2.0;
            layout.labels.push(label);
        }
    }
}

fn time_title(panel: &Panel, plot: Rect, layout: &mut Layout) {
    let middle = (plot.left + plot.right) / 2.0;
    let at = Spot { x: middle, y: plot.bottom + AXIS_BASELINE_PX };
    layout.text(&panel.time.label, at, regular(TEXT_PX, Tone::Quiet), Align::Center, plot.width());
}

fn memory_labels(panel: &Panel, plot: Rect, layout: &mut Layout) {
    let quiet = regular(TICK_PX, Tone::Quiet);
    let mut free_to = f32::INFINITY;
    for tick in &panel.memory.ticks {
        let middle = plot.y(&panel.memory, tick.at);
        let at = Spot { x: plot.left - TICK_GAP_PX, y: middle + CAPITAL_HEIGHT * TICK_PX / 2.0 };
        if at.y < free_to {
            free_to = at.y - TICK_PX;
            layout.text(&tick.label, at, quiet, Align::Right, f32::INFINITY);
        }
    }
}

/// The label of a peak, above its mark and within the plot, in the longest wording that fits.
fn mark_label(panel: &Panel, mark: &Mark, plot: Rect) -> Option<Label> {
    let style = regular(TEXT_PX, Tone::Plain);
    let room_px = plot.width() - 4.0;
    let fits = |text: &&String| style.face.width_px(text, style.size_px) <= room_px;
    let text = mark.texts.iter().find(fits).or(mark.texts.last())?;
    // What has no time is a line as long as the run. It is named at its end, where curves are rarely high.
    let x = plot.x(&panel.time, mark.peak.at_ns.unwrap_or(mark.level_ns(&panel.time).1));
    let capitals_px = CAPITAL_HEIGHT * TEXT_PX;
    let baseline = (plot.y(&panel.memory, mark.peak.bytes) - MARK_GAP_PX).max(plot.top + capitals_px);
    let mut label = label(text, Spot { x, y: baseline }, style, Align::Center, room_px)?;
    let width_px = label.bounds().right - label.from.x;
    label.from.x = label.from.x.min(plot.right - 2.0 - width_px).max(plot.left + 2.0);
    Some(label)
}
