//! What no reading shows: stretches in which nothing was read, and rises between two readings.

use super::{Curve, Drawn, Plot, STEM, Sheet};
use crate::chart::{Gap, Panel, Spike};
use crate::layout::Rect;
use crate::palette::{self, Palette, Pen};
use crate::paper::fine;

/// Between the lines of a hatch, and the least width that is hatched.
const HATCH_PX: f32 = 7.0;
const LEAST_GAP_PX: f32 = 2.0;

/// A rise between two readings: somewhere between them it was so high.
pub(super) fn rise(plot: &Plot<'_>, spike: &Spike, palette: &Palette) -> Drawn {
    let pen = Pen { width_px: 0.75, dashes_px: STEM, dot_px: 0.0, ..palette.pen(spike.ink) };
    let height = [spike.from, spike.to].map(|reading| (reading.at_ns, spike.bytes));
    let points = vec![spike.from.pair(), height[0], height[1], spike.to.pair()];
    plot.draw(&Curve { points, pen })
}

/// Slanting hairlines over a stretch in which nothing was read.
pub(super) fn hatch(sheet: &Sheet<'_>, panel: &Panel, gap: Gap, rect: Rect, palette: &Palette) -> Drawn {
    let [left, right] =
        [gap.from_ns, gap.to_ns].map(|at_ns| rect.x(&panel.time, at_ns).clamp(rect.left, rect.right));
    let pen = palette::line(palette.hatch, 1.0, &[]);
    let height_px = rect.height();
    let mut foot = left - height_px;
    while right - left >= LEAST_GAP_PX && foot < right {
        // The line climbs one pixel a pixel from its foot, and is cut off at the sides.
        let (from, to) = (foot.max(left), (foot + height_px).min(right));
        let points = [from, to].map(|x| (fine(x), fine(rect.bottom - (x - foot))));
        if to > from {
            sheet.draw(&Curve { points: points.to_vec(), pen })?;
        }
        foot += HATCH_PX;
    }
    Ok(())
}
