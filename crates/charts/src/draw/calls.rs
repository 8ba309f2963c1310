//! Calls of functions: bars above the plot, or brackets on the curve.

use super::{Curve, Drawn, Plot, Sheet, color, text};
use crate::chart::{Band, Panel};
use crate::layout::{Rect, panel};
use crate::palette::{Color, Palette};
use crate::paper::fine;
use plotters::element::Rectangle;
use plotters::style::Color as _;

/// Half the height of the innermost brackets, and how far their ends reach.
const BRACKET_PX: f32 = 10.0;
const BRACKET_END_PX: f32 = 6.0;
/// How much larger those of an outer call are, so that brackets at one place stand around each other; and of how many
/// levels that is told.
const OUTER_PX: f32 = 3.5;
const MOST_OUTER: u32 = 3;
/// The foot of a bar, which stands out from the paper where its tint hardly does.
const FOOT_PX: f32 = 1.0;
/// What shows of a band that stands for many calls.
const FAINT: f64 = 0.5;

/// Bands above the plot, named where the name fits. Calls that are too short to be told apart are faint.
pub(super) fn bands(sheet: &Sheet<'_>, panel: &Panel, rect: Rect, palette: &Palette) -> Drawn {
    let n_rows = panel::n_band_rows(panel);
    for band in panel.bands.iter().filter(|band| band.row < n_rows) {
        let bar = panel::bar(band, n_rows, panel, rect);
        let paint = palette.bar(band.tint);
        let paint = if band.n_calls > 1 { Color { alpha: FAINT, ..paint } } else { paint };
        let corners = [(fine(bar.left), fine(bar.top)), (fine(bar.right), fine(bar.bottom))];
        sheet.draw(&Rectangle::new(corners, color(paint).filled()))?;
        let foot = [(corners[0].0, corners[1].1 - fine(FOOT_PX)), corners[1]];
        let edge = Color { alpha: paint.alpha, ..palette.axis };
        sheet.draw(&Rectangle::new(foot, color(edge).filled()))?;
        if let Some(label) = panel::bar_label(band, bar) {
            text(sheet, &label, palette)?;
        }
    }
    Ok(())
}

/// A bracket on the curve where a call began, and one where it ended, as far as the plot reaches: below its axis stand
/// the labels of the time.
pub(super) fn brackets(plot: &Plot<'_>, band: &Band, panel: &Panel, palette: &Palette) -> Drawn {
    let Some(ink) = band.ink else { return Ok(()) };
    let outer_px = OUTER_PX * MOST_OUTER.saturating_sub(band.row) as f32;
    let (half, end_px) = (fine(BRACKET_PX + outer_px), BRACKET_END_PX + outer_px);
    let (_, rows) = plot.get_pixel_range();
    let (left, bottom) = plot.map_coordinate(&(panel.time.from, panel.memory.from));
    let (right, _) = plot.map_coordinate(&(panel.time.end, panel.memory.from));
    let ends = [(band.from_ns, end_px), (band.to_ns, -end_px)];
    for ((at_ns, end_px), bytes) in ends.into_iter().zip(band.ends_bytes) {
        let Some((x, y)) = bytes.map(|bytes| plot.map_coordinate(&(at_ns, bytes))) else { continue };
        let end_x = (x + fine(end_px)).clamp(left, right);
        let [above, below] = [y - half, y + half].map(|y| y.clamp(rows.start, bottom));
        let points = vec![(end_x, above), (x, above), (x, below), (end_x, below)];
        plot.strip_coord_spec().draw(&Curve { points, pen: palette.pen(ink) })?;
    }
    Ok(())
}
