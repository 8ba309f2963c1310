//! Calls of functions: bars above the plot, or brackets on the curve.

use super::{Curve, Drawn, Plot, Sheet, color, text};
use crate::chart::{Band, Panel};
use crate::layout::{Rect, panel};
use crate::palette::{Color, Palette, Pen};
use crate::paper::fine;
use plotters::element::Rectangle;
use plotters::style::Color as _;

/// Half the height of a bracket, and how far its ends reach.
const BRACKET_PX: f32 = 9.0;
const BRACKET_END_PX: f32 = 4.0;
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
        if let Some(label) = panel::bar_label(band, bar) {
            text(sheet, &label, palette)?;
        }
    }
    Ok(())
}

/// A bracket on the curve where a call began, and one where it ended, as far as the plot reaches. Those of an outer call
/// are taller.
pub(super) fn brackets(plot: &Plot<'_>, band: &Band, palette: &Palette) -> Drawn {
    let Some(ink) = band.ink else { return Ok(()) };
    let half = fine(BRACKET_PX + 3.0 * 3u32.saturating_sub(band.row) as f32);
    let (columns, rows) = plot.get_pixel_range();
    let ends = [(band.from_ns, BRACKET_END_PX), (band.to_ns, -BRACKET_END_PX)];
    for ((at_ns, end_px), bytes) in ends.into_iter().zip(band.ends_bytes) {
        let Some((x, y)) = bytes.map(|bytes| plot.map_coordinate(&(at_ns, bytes))) else { continue };
        let end_x = (x + fine(end_px)).clamp(columns.start, columns.end);
        let [above, below] = [y - half, y + half].map(|y| y.clamp(rows.start, rows.end));
        let points = vec![(end_x, above), (x, above), (x, below), (end_x, below)];
        let pen = Pen { dashes_px: &[], ..palette.pen(ink) };
        plot.strip_coord_spec().draw(&Curve { points, pen })?;
    }
    Ok(())
}
