//! The legend: below the plots, where it hides nothing, in as many columns as fit.

use super::{Align, Layout, Swatch, TEXT_PX, regular};
use crate::canvas::Spot;
use crate::chart::Entry;
use crate::lettering::Face;
use crate::note;
use crate::palette::Tone;

const ROW_PX: f32 = 20.0;
const SWATCH_PX: f32 = 26.0;
/// Between a swatch, a label and its figure.
const GAP_PX: f32 = 8.0;
/// Where a label begins.
const INDENT_PX: f32 = SWATCH_PX + GAP_PX;
/// What stands between the parts of a figure.
const PART: &str = " · ";
const LEAST_LABEL_PX: f32 = 110.0;
const COLUMN_GAP_PX: f32 = 32.0;
/// So many entries may each take a line of their own; more of them stand in two columns at least.
const N_LONG: usize = 4;

/// How a legend is arranged.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Arrangement {
    n_columns: usize,
    n_shown: usize,
    column_px: f32,
    /// Where an entry has no room for its name beside its figure, there is one column, and the figures stand below the
    /// names, on as many lines as they take.
    is_stacked: bool,
    /// How tall each entry is.
    n_lines: Vec<usize>,
}

/// Arranges a legend in a width and a height.
pub(super) fn arrange(entries: &[Entry], width_px: f32, height_px: f32) -> Arrangement {
    let natural_px = entries.iter().map(natural_px).fold(1.0, f32::max);
    let readable_px = entries.iter().map(readable_px).fold(1.0, f32::max);
    let half_px = (width_px / 2.0 - COLUMN_GAP_PX).max(readable_px);
    let widest_px = if entries.len() > N_LONG { half_px } else { width_px };
    let pitch_px = natural_px.min(widest_px) + COLUMN_GAP_PX;
    let n_fitting = (((width_px + COLUMN_GAP_PX) / pitch_px) as usize).clamp(1, entries.len().max(1));
    // A few entries stand in one row or one column: a second row with a single entry looks like a slip.
    let n_columns = if entries.len() <= N_LONG && n_fitting < entries.len() { 1 } else { n_fitting };
    let column_px = (width_px + COLUMN_GAP_PX) / n_columns as f32 - COLUMN_GAP_PX;
    let column_px = column_px.min(natural_px);
    let is_stacked = readable_px > width_px;
    let n_below = |entry: &Entry| if is_stacked { figure_lines(&entry.value, column_px).len() } else { 0 };
    let n_lines: Vec<usize> = entries.iter().map(|entry| 1 + n_below(entry)).collect();
    let all = Arrangement { n_columns, n_shown: n_lines.len(), column_px, is_stacked, n_lines };
    // What says how many are missing takes a row anyway, and above it the first name has one.
    let least_rows = if is_stacked { 2 } else { 1 };
    all.cut_to(((height_px / ROW_PX) as usize).max(least_rows))
}

impl Arrangement {
    /// Leaves out what has no room in so many rows. Where that is every entry, the first one keeps its name at least.
    fn cut_to(mut self, most_rows: usize) -> Self {
        if self.n_fitting(most_rows) == 0 {
            self.n_lines.iter_mut().take(1).for_each(|n_lines| *n_lines = 1);
        }
        Self { n_shown: self.n_fitting(most_rows), ..self }
    }

    fn n_fitting(&self, most_rows: usize) -> usize {
        let mut numbers = (1..=self.n_lines.len()).rev();
        numbers.find(|&n_shown| self.n_rows(n_shown) <= most_rows).unwrap_or(0)
    }

    /// How tall the legend is.
    pub(super) fn height_px(&self) -> f32 {
        self.n_rows(self.n_shown) as f32 * ROW_PX
    }

    /// How many rows so many of the entries take. If they are not all, one place more tells how many are missing.
    fn n_rows(&self, n_shown: usize) -> usize {
        let n_places = n_shown + usize::from(n_shown < self.n_lines.len());
        let n_lines: usize = self.n_lines[..n_shown].iter().sum();
        if self.n_columns > 1 { n_places.div_ceil(self.n_columns) } else { n_lines + n_places - n_shown }
    }

    /// The row that an entry begins in.
    fn row(&self, idx: usize) -> usize {
        if self.n_columns > 1 { idx / self.n_columns } else { self.n_lines[..idx].iter().sum() }
    }

    /// Places the entries row by row.
    pub(super) fn place(&self, entries: &[Entry], left: f32, top: f32, layout: &mut Layout) {
        for (idx, entry) in entries[..self.n_shown].iter().enumerate() {
            self.entry(entry, self.n_lines[idx], self.corner(idx, left, top), layout);
        }
        if self.n_shown < self.n_lines.len() {
            let text = format!("… and {} more", self.n_lines.len() - self.n_shown);
            let from = self.corner(self.n_shown, left, top);
            layout.text(&text, from, regular(TEXT_PX, Tone::Quiet), Align::Left, self.column_px);
        }
    }

    /// Where the baseline of an entry begins.
    fn corner(&self, idx: usize, left: f32, top: f32) -> Spot {
        let column = (idx % self.n_columns) as f32;
        let row = (self.row(idx) + 1) as f32;
        Spot { x: left + column * (self.column_px + COLUMN_GAP_PX), y: top + row * ROW_PX - 5.0 }
    }

    fn entry(&self, entry: &Entry, n_lines: usize, from: Spot, layout: &mut Layout) {
        if let Some(ink) = entry.ink {
            let middle = from.y - 4.5;
            let [from, to] = [from.x, from.x + SWATCH_PX].map(|x| Spot { x, y: middle });
            layout.swatches.push(Swatch { ink, from, to });
        }
        if self.is_stacked {
            return self.stacked(entry, n_lines - 1, from, layout);
        }
        let value_px = Face::Regular.width_px(&entry.value, TEXT_PX);
        let label_px = (self.column_px - SWATCH_PX - value_px - 2.0 * GAP_PX).max(0.0);
        let at = Spot { x: from.x + INDENT_PX, ..from };
        let before = layout.labels.len();
        layout.text(&entry.label, at, regular(TEXT_PX, Tone::Plain), Align::Left, label_px);
        let label_end = layout.labels.get(before).map_or(at.x, |label| label.bounds().right + GAP_PX);
        let value_at = Spot { x: label_end, ..from };
        let value_px = from.x + self.column_px - label_end;
        layout.text(&entry.value, value_at, regular(TEXT_PX, Tone::Quiet), Align::Left, value_px);
    }

    /// A name with so many lines of its figure below, each of which begins as far right as its length lets it.
    fn stacked(&self, entry: &Entry, n_below: usize, from: Spot, layout: &mut Layout) {
        let at = Spot { x: from.x + INDENT_PX, ..from };
        layout.text(&entry.label, at, regular(TEXT_PX, Tone::Plain), Align::Left, self.column_px - INDENT_PX);
        for (line, nth) in figure_lines(&entry.value, self.column_px).iter().take(n_below).zip(1_u8..) {
            let line = whole_words(line, self.column_px);
            let free_px = self.column_px - Face::Regular.width_px(&line, TEXT_PX);
            let x = from.x + free_px.clamp(0.0, INDENT_PX);
            let at = Spot { x, y: from.y + f32::from(nth) * ROW_PX };
            layout.text(&line, at, regular(TEXT_PX, Tone::Quiet), Align::Left, self.column_px);
        }
    }
}

/// A figure in lines that fit below its name: a part of it stays whole where it can.
fn figure_lines(value: &str, column_px: f32) -> Vec<String> {
    let fits = |line: &str, room_px: f32| Face::Regular.width_px(line, TEXT_PX) <= room_px;
    let mut lines: Vec<String> = Vec::new();
    for part in value.split(PART) {
        let longer = lines.last().map(|line| format!("{line}{PART}{part}"));
        match longer.filter(|longer| fits(longer, column_px - INDENT_PX)) {
            Some(longer) => {
                lines.pop();
                lines.push(longer);
            }
            None => lines.extend(note::lines(Some(part), |line| fits(line, column_px))),
        }
    }
    lines
}

/// As many words of a figure as have room, since part of a number is another number.
fn whole_words(value: &str, max_px: f32) -> String {
    let fits = |text: &str| Face::Regular.width_px(text, TEXT_PX) <= max_px;
    let ends = value.match_indices(' ').map(|(end, _)| format!("{}…", &value[..end]));
    let shorter = ends.rev().find(|text| fits(text));
    if fits(value) { value.to_owned() } else { shorter.unwrap_or_default() }
}

/// The least width of an entry: its figure, and of its label what tells it from others.
fn readable_px(entry: &Entry) -> f32 {
    let label_px = Face::Regular.width_px(&entry.label, TEXT_PX);
    natural_px(entry) - (label_px - LEAST_LABEL_PX).max(0.0)
}

fn natural_px(entry: &Entry) -> f32 {
    let label_px = Face::Regular.width_px(&entry.label, TEXT_PX);
    let value_px = Face::Regular.width_px(&entry.value, TEXT_PX);
    SWATCH_PX + label_px + value_px + 2.0 * GAP_PX + 1.0
}
