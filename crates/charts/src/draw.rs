//! A laid-out chart onto paper, with plotters.
//!
//! plotters maps times and bytes to the sheet and draws grids, areas, curves and texts; where things stand is the
//! layout's business. Besides [`crate::paper`], this is the only file that knows plotters.

use crate::canvas::Canvas;
use crate::chart::{Axis, Chart, Ground, Ink, Mark, Panel, Point, Series};
use crate::layout::panel::moments_px;
use crate::layout::{Label, Layout, Rect, Swatch};
use crate::lettering::Face;
use crate::options::Error;
use crate::palette::{self, Color, LEVEL, Palette, Pen};
use crate::paper::{Paper, fine};
use mprof_recording::peak::PeakKind;
use plotters::coord::Shift;
use plotters::coord::cartesian::{Cartesian2d, MeshLine};
use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, Drawable, PointCollection, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontDesc, FontFamily, FontStyle, RGBAColor, TextStyle};
use plotters_backend::{BackendCoord, DrawingErrorKind};
use std::convert::Infallible;
use std::ops::Range;

mod calls;
mod unread;

type Sheet<'a> = DrawingArea<Paper<'a>, Shift>;
type Plot<'a> = DrawingArea<Paper<'a>, Cartesian2d<Spread, Spread>>;
type Drawn = Result<(), DrawingAreaErrorKind<Infallible>>;

const DOT_PX: f32 = 4.0;
const RING_PX: f32 = 1.5;
/// The white edge that sets a mark off from its curve.
const HALO_PX: f32 = 1.0;
const STEM: &[f32] = &[2.0, 2.0];
/// The edge between the layers of a stack.
const LAYER_EDGE_PX: f32 = 0.75;
/// How thick the sample of an area is in a legend.
const AREA_PX: f32 = 9.0;
/// A stem that is shorter says nothing that the dot does not.
const LEAST_STEM_PX: f32 = 3.0;

/// Draws a chart on a canvas.
pub(crate) fn draw(chart: &Chart, layout: &Layout, canvas: &mut dyn Canvas) -> Result<(), Error> {
    draw_all(chart, layout, canvas).map_err(|e| Error::Drawing(e.to_string()))
}

fn draw_all(chart: &Chart, layout: &Layout, canvas: &mut dyn Canvas) -> Drawn {
    let sheet: Sheet<'_> = Paper::new(canvas, layout.width_px, layout.height_px).into_drawing_area();
    let palette = Palette::of(chart.sheet.theme);
    sheet.fill(&color(palette.paper))?;
    for (panel, &rect) in chart.panels.iter().zip(&layout.plots) {
        draw_panel(&sheet, panel, rect, palette)?;
    }
    for label in &layout.mark_labels {
        plate(&sheet, label, palette)?;
        text(&sheet, label, palette)?;
    }
    for swatch in &layout.swatches {
        draw_swatch(&sheet, swatch, palette)?;
    }
    for label in &layout.labels {
        text(&sheet, label, palette)?;
    }
    sheet.present()
}

fn draw_swatch(sheet: &Sheet<'_>, swatch: &Swatch, palette: &Palette) -> Drawn {
    let pen = match swatch.ink {
        ink @ (Ink::Layer(_) | Ink::RestLayer | Ink::Kind(_) | Ink::Absent) => {
            Pen { width_px: AREA_PX, ..palette.pen(ink) }
        }
        ink => palette.pen(ink),
    };
    let [from, to] = [swatch.from, swatch.to].map(|spot| (fine(spot.x), fine(spot.y)));
    sheet.draw(&Curve { points: vec![from, to], pen })?;
    if pen.dot_px > 0.0 {
        let middle = (i32::midpoint(from.0, to.0), from.1);
        sheet.draw(&Circle::new(middle, fine(pen.dot_px), color(pen.color).filled()))?;
    }
    Ok(())
}

fn draw_panel(sheet: &Sheet<'_>, panel: &Panel, rect: Rect, palette: &Palette) -> Drawn {
    let sides = (fine(rect.left)..fine(rect.right), fine(rect.bottom)..fine(rect.top));
    let (time, memory) = (Spread(panel.time.clone()), Spread(panel.memory.clone()));
    let plot: Plot<'_> = sheet.apply_coord_spec(Cartesian2d::new(time, memory, sides));
    grid(&plot, &panel.memory, palette)?;
    calls::bands(sheet, panel, rect, palette)?;
    for gap in &panel.gaps {
        unread::hatch(sheet, panel, *gap, rect, palette)?;
    }
    for series in &panel.series {
        ground(&plot, series, panel, palette)?;
    }
    for moment in &panel.moments {
        let from = rect.top - moments_px(panel);
        upright(sheet, from..rect.bottom, rect.x(&panel.time, moment.at_ns), palette)?;
    }
    for limit in &panel.limits {
        across(&plot, limit.bytes, panel, palette.pen(Ink::Limit))?;
    }
    for mark in panel.marks.iter().filter(|mark| mark.peak.at_ns.is_none()) {
        level(&plot, mark, panel, palette)?;
    }
    for series in &panel.series {
        curve(&plot, series, palette)?;
    }
    for spike in &panel.spikes {
        unread::rise(&plot, spike, palette)?;
    }
    for band in &panel.bands {
        calls::brackets(&plot, band, panel, palette)?;
    }
    for mark in &panel.marks {
        peak(&plot, mark, palette)?;
    }
    Ok(())
}

/// A thin line through the whole height of a plot, and beside its name above.
fn upright(sheet: &Sheet<'_>, height: Range<f32>, x: f32, palette: &Palette) -> Drawn {
    let points = vec![(fine(x), fine(height.start)), (fine(x), fine(height.end))];
    sheet.draw(&Curve { points, pen: palette::line(palette.axis, 1.0, STEM) })
}

/// Hairlines at the round values of memory, ticks at those of time, and the base line.
fn grid(plot: &Plot<'_>, memory: &Axis, palette: &Palette) -> Drawn {
    let hairline = |color| palette::line(color, 1.0, &[]);
    plot.draw_mesh(
        |paper, line| {
            match line {
                MeshLine::YMesh(from, to, &bytes) => {
                    let color =
                        if bytes == memory.from.max(memory.origin) { palette.axis } else { palette.grid };
                    paper.stroke([from, to].into_iter(), &hairline(color));
                }
                MeshLine::XMesh((x, bottom), _, _) => {
                    let tick = [(x, bottom), (x, bottom + fine(5.0))];
                    paper.stroke(tick.into_iter(), &hairline(palette.axis));
                }
            }
            Ok(())
        },
        0,
        0,
    )
}

/// What lies below a curve.
fn ground(plot: &Plot<'_>, series: &Series, panel: &Panel, palette: &Palette) -> Drawn {
    let paint = match series.ground {
        Ground::Bare => return Ok(()),
        Ground::Tinted | Ground::Between(_) => palette.tint(series.ink),
        Ground::Layer => palette.pen(series.ink).color,
    };
    if let Ground::Between(idx) = series.ground {
        let floor = panel.series.get(idx).map_or(&[][..], |floor| &floor.points);
        for piece in series.pieces() {
            let is_beside = |point: &&Point| {
                piece.first().is_some_and(|first| first.at_ns <= point.at_ns)
                    && piece.last().is_some_and(|last| point.at_ns <= last.at_ns)
            };
            area(plot, piece, floor.iter().rev().filter(is_beside).map(Point::pair), paint)?;
        }
        return Ok(());
    }
    for piece in series.pieces() {
        let ends =
            [piece.last(), piece.first()].into_iter().flatten().map(|end| (end.at_ns, panel.memory.from));
        area(plot, piece, ends, paint)?;
    }
    Ok(())
}

/// Fills what lies between a curve and a way back.
fn area(plot: &Plot<'_>, there: &[Point], back: impl Iterator<Item = (u64, u64)>, paint: Color) -> Drawn {
    let corners: Vec<(u64, u64)> = there.iter().map(Point::pair).chain(back).collect();
    if there.len() < 2 { Ok(()) } else { plot.draw(&Polygon::new(corners, color(paint))) }
}

fn curve(plot: &Plot<'_>, series: &Series, palette: &Palette) -> Drawn {
    let pen = match series.ground {
        Ground::Layer => palette::line(palette.edge(series.ink), LAYER_EDGE_PX, &[]),
        Ground::Bare | Ground::Tinted | Ground::Between(_) => palette.pen(series.ink),
    };
    for piece in series.pieces() {
        if let [only] = piece {
            disc(plot, only.pair(), pen.width_px.max(pen.dot_px), pen.color)?;
        } else {
            plot.draw(&Curve { points: piece.iter().map(Point::pair).collect(), pen })?;
        }
    }
    for point in series.points.iter().filter(|_| pen.dot_px > 0.0) {
        disc(plot, point.pair(), pen.dot_px, pen.color)?;
    }
    Ok(())
}

/// A line across the plot.
fn across(plot: &Plot<'_>, bytes: u64, panel: &Panel, pen: Pen) -> Drawn {
    plot.draw(&Curve { points: vec![(panel.time.from, bytes), (panel.time.end, bytes)], pen })
}

/// A peak without a time, as long as its run.
fn level(plot: &Plot<'_>, mark: &Mark, panel: &Panel, palette: &Palette) -> Drawn {
    let pen = Pen { width_px: 1.0, dashes_px: LEVEL, ..palette.pen(mark.ink) };
    let (from_ns, to_ns) = mark.level_ns(&panel.time);
    plot.draw(&Curve { points: vec![(from_ns, mark.peak.bytes), (to_ns, mark.peak.bytes)], pen })
}

/// A peak with a time: a dot for what the kernel knows, a ring for the highest sample, a stem down to the curve.
fn peak(plot: &Plot<'_>, mark: &Mark, palette: &Palette) -> Drawn {
    let Some(at_ns) = mark.peak.at_ns else { return Ok(()) };
    let pen = palette.pen(mark.ink);
    let at = (at_ns, mark.peak.bytes);
    if let Some(curve_bytes) = mark.curve_bytes {
        let (_, top) = plot.map_coordinate(&at);
        let (_, bottom) = plot.map_coordinate(&(at_ns, curve_bytes));
        if bottom - top >= fine(LEAST_STEM_PX) {
            let points = vec![(at_ns, curve_bytes), at];
            plot.draw(&Curve { points, pen: Pen { width_px: 1.0, dashes_px: STEM, ..pen } })?;
        }
    }
    match mark.peak.kind {
        PeakKind::HighestSample
        | PeakKind::MarkAtLastSample
        | PeakKind::MarkWithGaps
        | PeakKind::SumOfRss
        | PeakKind::AtEdge
        | PeakKind::SumAsSeen
        | PeakKind::Sum
        | PeakKind::SumInTurn
        | PeakKind::SumOfSome
        | PeakKind::LargestProcess => {
            disc(plot, at, DOT_PX, pen.color)?;
            disc(plot, at, DOT_PX - RING_PX, palette.paper)
        }
        PeakKind::HighWaterMark | PeakKind::ReapedMaxrss => {
            disc(plot, at, DOT_PX + HALO_PX, palette.paper)?;
            disc(plot, at, DOT_PX, pen.color)
        }
    }
}

fn disc(plot: &Plot<'_>, at: (u64, u64), radius_px: f32, paint: Color) -> Drawn {
    plot.draw(&Circle::new(at, fine(radius_px), color(paint).filled()))
}

/// Paper below a label that lies on curves.
fn plate(sheet: &Sheet<'_>, label: &Label, palette: &Palette) -> Drawn {
    let it = label.bounds();
    let corners = [(fine(it.left - 3.0), fine(it.top - 3.0)), (fine(it.right + 3.0), fine(it.bottom + 3.0))];
    let paint = Color { alpha: 0.8, ..palette.paper };
    sheet.draw(&Rectangle::new(corners, color(paint).filled()))
}

fn text(sheet: &Sheet<'_>, label: &Label, palette: &Palette) -> Drawn {
    let style = match label.style.face {
        Face::Regular => FontStyle::Normal,
        Face::Bold => FontStyle::Bold,
    };
    let size = f64::from(fine(label.style.size_px));
    let font = FontDesc::new(FontFamily::SansSerif, size, style);
    let paint = color(palette.letters(label.style.tone));
    let style = TextStyle::from(font).color(&paint).pos(Pos::new(HPos::Left, VPos::Bottom));
    let at = (fine(label.from.x), fine(label.from.y));
    sheet.draw(&Text::new(label.text.as_str(), at, style))
}

fn color(it: Color) -> RGBAColor {
    let (red, green, blue) = it.rgb;
    RGBAColor(red, green, blue, it.alpha)
}

/// A line that knows its dashes.
struct Curve<Coord> {
    points: Vec<Coord>,
    pen: Pen,
}

impl<'a, Coord> PointCollection<'a, Coord> for &'a Curve<Coord> {
    type Point = &'a Coord;
    type IntoIter = &'a [Coord];

    fn point_iter(self) -> &'a [Coord] {
        &self.points
    }
}

impl<Coord> Drawable<Paper<'_>> for Curve<Coord> {
    fn draw<I: Iterator<Item = BackendCoord>>(
        &self,
        points: I,
        paper: &mut Paper<'_>,
        _: (u32, u32),
    ) -> Result<(), DrawingErrorKind<Infallible>> {
        paper.stroke(points, &self.pen);
        Ok(())
    }
}

/// A chart's axis as plotters wants it, with our own round values.
#[derive(Clone)]
struct Spread(Axis);

impl Ranged for Spread {
    type FormatOption = DefaultFormatting;
    type ValueType = u64;

    fn map(&self, value: &u64, (from, to): (i32, i32)) -> i32 {
        from + (self.0.share(*value) * f64::from(to - from)).round() as i32
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<u64> {
        self.0.ticks.iter().map(|tick| tick.at).collect()
    }

    fn range(&self) -> Range<u64> {
        self.0.from..self.0.end
    }
}
