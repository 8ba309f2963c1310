//! Calls of functions: bars above the plot, or brackets on the curve.

use super::{Curve, Drawn, Plot, Sheet, color, text};
use crate::chart::{Band, Panel};
use crate::layout::{Rect, panel};
use crate::palette::{Palette, Pen};
use crate::paper::fine;
use plotters::element::Rectangle;
use plotters::style::Color as _;

/// Half the height of a bracket, and how far its ends reach.
const BRACKET_PX: f32 = 9.0;
const BRACKET_END_PX: f32 = 4.0;

/// Bands above the plot, a row per level, named where the name fits.
pub(super) fn bands(sheet: &Sheet<'_>, panel: &Panel, rect: Rect, palette: &Palette) -> Drawn {
    let n_rows = panel::n_band_rows(panel);
    for band in panel.bands.iter().filter(|band| band.level < n_rows) {
        let bar = panel::bar(band, n_rows, panel, rect);
        let corners = [(fine(bar.left), fine(bar.top)), (fine(bar.right), fine(bar.bottom))];
        sheet.draw(&Rectangle::new(corners, color(palette.band).filled()))?;
        if let Some(label) = panel::bar_label(band, bar) {
            text(sheet, &label, palette)?;
        }
    }
    Ok(())
}

/// A bracket on the curve where a call began, and one where it ended. Those of an outer call are taller.
pub(super) fn brackets(plot: &Plot<'_>, band: &Band, palette: &Palette) -> Drawn {
    let (Some(ink), Some(ends_bytes)) = (band.ink, band.ends_bytes) else { return Ok(()) };
    let half_px = BRACKET_PX + 3.0 * 3u32.saturating_sub(band.level) as f32;
    for (at_ns, bytes, end_px) in
        [(band.from_ns, ends_bytes[0], BRACKET_END_PX), (band.to_ns, ends_bytes[1], -BRACKET_END_PX)]
    {
        let (x, y) = plot.map_coordinate(&(at_ns, bytes));
        let (end_x, half) = (x + fine(end_px), fine(half_px));
        let points = vec![(end_x, y - half), (x, y - half), (x, y + half), (end_x, y + half)];
        let pen = Pen { dashes_px: &[], ..palette.pen(ink) };
        plot.strip_coord_spec().draw(&Curve { points, pen })?;
    }
    Ok(())
}
