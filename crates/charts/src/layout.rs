//! Where everything goes, in pixels: margins, panels, legend, and every text with its place.
//!
//! Pure geometry, so that "no text overlaps another, none is cut off" can be tested without drawing.

mod legend;
pub(crate) mod panel;

use crate::canvas::Spot;
use crate::chart::{Axis, Chart, Ink};
use crate::lettering::{CAPITAL_HEIGHT, Face};
use crate::note;
use crate::palette::Tone;
use crate::sheet::Height;

const MARGIN_PX: f32 = 20.0;
const TITLE_PX: f32 = 16.0;
const TEXT_PX: f32 = 12.0;
const TICK_PX: f32 = 11.0;
/// Baselines of the title and of the line below it, which tells what the memory axis shows.
const TITLE_BASELINE_PX: f32 = 34.0;
const SUBTITLE_BASELINE_PX: f32 = 58.0;
/// Where the panels begin.
const HEAD_PX: f32 = 70.0;
/// At the foot of the figure, for a note that has no place at its head.
const NOTE_PX: f32 = 20.0;
/// The part of a given height that a legend may take from the plots.
const LEGEND_SHARE: f32 = 0.5;
const PANEL_GAP_PX: f32 = 26.0;
const FOOT_PX: f32 = 14.0;
/// However low the sheet, a plot keeps so much.
const LEAST_PLOT_PX: f32 = 60.0;

/// A rectangle on the sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f32,
    pub(crate) top: f32,
    pub(crate) right: f32,
    pub(crate) bottom: f32,
}

/// The looks of a text, but for its colour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Style {
    pub(crate) face: Face,
    pub(crate) size_px: f32,
    pub(crate) tone: Tone,
}

/// A text in its place: its baseline begins at `from`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Label {
    pub(crate) text: String,
    pub(crate) from: Spot,
    pub(crate) style: Style,
}

/// A sample of a curve's ink, beside its name.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Swatch {
    pub(crate) ink: Ink,
    pub(crate) from: Spot,
    pub(crate) to: Spot,
}

/// A chart's geometry.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layout {
    pub(crate) width_px: u32,
    pub(crate) height_px: u32,
    /// The area between the axes of each panel.
    pub(crate) plots: Vec<Rect>,
    /// Texts outside the plots.
    pub(crate) labels: Vec<Label>,
    /// Texts inside the plots, which lie on curves.
    pub(crate) mark_labels: Vec<Label>,
    pub(crate) swatches: Vec<Swatch>,
}

/// Which end of a text is given.
#[derive(Clone, Copy)]
enum Align {
    Left,
    Center,
    Right,
}

impl Rect {
    pub(crate) fn width(&self) -> f32 {
        self.right - self.left
    }

    pub(crate) fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// The rectangle with its edges between pixels, so that hairlines on them are crisp.
    fn on_pixels(self) -> Self {
        let Self { left, top, right, bottom } = self;
        Self { left: left.round(), top: top.round(), right: right.round(), bottom: bottom.round() }
    }

    /// Where a time stands.
    pub(crate) fn x(&self, axis: &Axis, at_ns: u64) -> f32 {
        self.left + self.width() * axis.share(at_ns) as f32
    }

    /// Where an amount of memory stands.
    pub(crate) fn y(&self, axis: &Axis, bytes: u64) -> f32 {
        self.bottom - self.height() * axis.share(bytes) as f32
    }
}

impl Label {
    /// The room it takes, by the height of its capitals.
    pub(crate) fn bounds(&self) -> Rect {
        let width_px = self.style.face.width_px(&self.text, self.style.size_px);
        let top = self.from.y - CAPITAL_HEIGHT * self.style.size_px;
        Rect { left: self.from.x, top, right: self.from.x + width_px, bottom: self.from.y }
    }
}

impl Layout {
    /// Places everything in a chart.
    pub(crate) fn of(chart: &Chart) -> Self {
        let width_px = chart.sheet.width_px as f32;
        let left = MARGIN_PX + panel::gutter_px(chart);
        let right = (width_px - MARGIN_PX).max(left + 1.0);
        let n_rows = chart.panels.len().div_ceil(chart.n_columns.max(1)).max(1) as f32;
        let note_px = foot_note(chart, right - left).len() as f32 * NOTE_PX;
        let around_px = n_rows * panel::around_px(chart) + HEAD_PX + FOOT_PX + note_px;
        let legend_room_px = match chart.sheet.height {
            Height::Total(total) => {
                // As tall as it is asked for, a sheet must not be too low because of what the legend took.
                let free_px = total as f32 - around_px;
                (free_px * LEGEND_SHARE).min(free_px - n_rows * LEAST_PLOT_PX)
            }
            Height::Panel(_) => f32::INFINITY,
        };
        let legend = legend::arrange(&chart.legend, right - left, legend_room_px);
        let outside_px = around_px + legend.height_px();
        let plot_px = match chart.sheet.height {
            Height::Total(total) => (total as f32 - outside_px) / n_rows,
            Height::Panel(panel) => panel as f32,
        };
        // A sheet that is too low for its content grows.
        let plot_px = plot_px.max(LEAST_PLOT_PX);
        let height_px = (outside_px + n_rows * plot_px).ceil() as u32;
        let mut layout = Self { width_px: chart.sheet.width_px, height_px, ..Self::default() };
        layout.head(chart, left, right);
        panel::place(chart, left, right, plot_px, &mut layout);
        let legend_top = HEAD_PX + n_rows * (panel::around_px(chart) + plot_px);
        legend.place(&chart.legend, left, legend_top, &mut layout);
        layout
    }

    /// The title, and below it what the memory axis shows and how to read the marks.
    fn head(&mut self, chart: &Chart, left: f32, right: f32) {
        let title = Style { face: Face::Bold, size_px: TITLE_PX, tone: Tone::Plain };
        self.text(&chart.title, Spot { x: left, y: TITLE_BASELINE_PX }, title, Align::Left, right - left);
        let axis = chart.panels.first().map_or("", |panel| panel.memory.label.as_str());
        let quiet = regular(TEXT_PX, Tone::Quiet);
        let from = Spot { x: left, y: SUBTITLE_BASELINE_PX };
        self.text(axis, from, quiet, Align::Left, right - left);
        let note = chart.note.as_deref().unwrap_or_default();
        if note_fits(chart, right - left) {
            let to = Spot { x: right, y: SUBTITLE_BASELINE_PX };
            self.text(note, to, quiet, Align::Right, right - left);
        }
        for (line, n_below) in foot_note(chart, right - left).iter().rev().zip(0u16..) {
            let y = self.height_px as f32 - FOOT_PX - f32::from(n_below) * NOTE_PX;
            self.text(line, Spot { x: left, y }, quiet, Align::Left, right - left);
        }
    }

    /// Adds a text, cut where it would be wider than that.
    fn text(&mut self, text: &str, at: Spot, style: Style, align: Align, max_px: f32) {
        self.labels.extend(label(text, at, style, align, max_px));
    }
}

/// Whether the note stands beside the memory axis's label; else it goes to the foot of the figure.
fn note_fits(chart: &Chart, width_px: f32) -> bool {
    let axis = chart.panels.first().map_or("", |panel| panel.memory.label.as_str());
    let note = chart.note.as_deref().unwrap_or_default();
    let texts_px = [axis, note].map(|text| Face::Regular.width_px(text, TEXT_PX));
    note.is_empty() || texts_px[0] + texts_px[1] + 2.0 * TEXT_PX <= width_px
}

/// The lines of a note that stands at the foot of the figure.
fn foot_note(chart: &Chart, width_px: f32) -> Vec<String> {
    let fits = |line: &str| Face::Regular.width_px(line, TEXT_PX) <= width_px;
    if note_fits(chart, width_px) { Vec::new() } else { note::lines(chart.note.as_deref(), fits) }
}

/// A text in its place; `None` when there is no room for a single letter.
fn label(text: &str, at: Spot, style: Style, align: Align, max_px: f32) -> Option<Label> {
    let text = style.face.clip(text, style.size_px, max_px);
    let width_px = style.face.width_px(&text, style.size_px);
    let x = match align {
        Align::Left => at.x,
        Align::Center => at.x - width_px / 2.0,
        Align::Right => at.x - width_px,
    };
    let is_visible = width_px > 0.0 && width_px <= max_px;
    is_visible.then_some(Label { text, from: Spot { x, y: at.y }, style })
}

fn regular(size_px: f32, tone: Tone) -> Style {
    Style { face: Face::Regular, size_px, tone }
}

#[cfg(test)]
mod tests;
