//! PNG: every shape is filled with anti-aliasing into a bitmap.

use super::{Canvas, Lettering, Spot};
use crate::lettering::Face;
use crate::palette::{Color, Pen};
use crate::sheet::DPI;
use tiny_skia::{
    FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Stroke, StrokeDash, Transform,
};
use ttf_parser::OutlineBuilder;

const METRES_PER_INCH: f32 = 0.0254;

/// Higher ones make hardly smaller files of charts.
const DEFLATE_LEVEL: u8 = 5;

/// A bitmap to draw on.
pub(crate) struct PngCanvas {
    pixmap: Pixmap,
    scale: f32,
}

impl PngCanvas {
    /// A sheet of paper; `None` when no bitmap can be so large.
    pub(crate) fn new(width_px: u32, height_px: u32, scale: f32, paper: Color) -> Option<Self> {
        let [width, height] = [width_px, height_px].map(|px| (px as f32 * scale).round() as u32);
        let mut pixmap = Pixmap::new(width, height)?;
        pixmap.fill(skia_color(paper));
        Some(Self { pixmap, scale })
    }

    /// The file. The sheet is opaque, so that no alpha channel is written.
    pub(crate) fn finish(self) -> Result<Vec<u8>, png::EncodingError> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.pixmap.width(), self.pixmap.height());
        encoder.set_color(png::ColorType::Rgb);
        // Areas of one colour and sharp edges are smaller as they are than as differences of neighbours, and sooner done.
        encoder.set_filter(png::Filter::NoFilter);
        encoder.set_deflate_compression(png::DeflateCompression::Level(DEFLATE_LEVEL));
        // For programs that ask how large the picture is on paper.
        let per_metre = (self.scale * DPI as f32 / METRES_PER_INCH).round() as u32;
        let dimensions = png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit: png::Unit::Meter };
        encoder.set_pixel_dims(Some(dimensions));
        let mut writer = encoder.write_header()?;
        let rgb: Vec<u8> =
            self.pixmap.data().chunks_exact(4).flat_map(|rgba| [rgba[0], rgba[1], rgba[2]]).collect();
        writer.write_image_data(&rgb)?;
        writer.finish()?;
        Ok(bytes)
    }

    fn to_device(&self) -> Transform {
        Transform::from_scale(self.scale, self.scale)
    }

    fn fill_path(&mut self, path: Option<Path>, color: Color, transform: Transform) {
        let Some(path) = path else { return };
        self.pixmap.fill_path(&path, &paint(color), FillRule::Winding, transform, None);
    }
}

impl Canvas for PngCanvas {
    fn stroke(&mut self, spots: &[Spot], pen: &Pen) {
        let Some(path) = polyline(spots).finish() else { return };
        // Round joins: a mitre would stand out above a spike and tell of memory that never was.
        let stroke = Stroke {
            width: pen.width_px,
            line_join: LineJoin::Round,
            line_cap: LineCap::Butt,
            dash: StrokeDash::new(pen.dashes_px.to_vec(), 0.0),
            ..Stroke::default()
        };
        let transform = self.to_device();
        self.pixmap.stroke_path(&path, &paint(pen.color), &stroke, transform, None);
    }

    fn fill(&mut self, spots: &[Spot], color: Color) {
        let mut builder = polyline(spots);
        builder.close();
        self.fill_path(builder.finish(), color, self.to_device());
    }

    fn disc(&mut self, center: Spot, radius_px: f32, color: Color) {
        let circle = PathBuilder::from_circle(center.x, center.y, radius_px);
        self.fill_path(circle, color, self.to_device());
    }

    fn text(&mut self, text: &str, from: Spot, lettering: Lettering) {
        let size = lettering.size_px / lettering.face.units_per_em();
        for glyph in lettering.face.line(text).glyphs {
            let x = from.x + glyph.x_units as f32 * size;
            let to_sheet = Transform::from_row(size, 0.0, 0.0, -size, x, from.y);
            let path = glyph_path(lettering.face, glyph.id);
            self.fill_path(path, lettering.color, to_sheet.post_concat(self.to_device()));
        }
    }

    fn scale(&self) -> f32 {
        self.scale
    }
}

fn paint(color: Color) -> Paint<'static> {
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(skia_color(color));
    paint
}

fn skia_color(color: Color) -> tiny_skia::Color {
    let (red, green, blue) = color.rgb;
    tiny_skia::Color::from_rgba8(red, green, blue, (color.alpha * 255.0).round() as u8)
}

fn polyline(spots: &[Spot]) -> PathBuilder {
    let mut builder = PathBuilder::new();
    for (idx, spot) in spots.iter().enumerate() {
        if idx == 0 { builder.move_to(spot.x, spot.y) } else { builder.line_to(spot.x, spot.y) }
    }
    builder
}

fn glyph_path(face: Face, id: u16) -> Option<Path> {
    let mut outline = Outline(PathBuilder::new());
    face.outline(id, &mut outline);
    outline.0.finish()
}

/// A glyph's outline on its way from the font to a path.
struct Outline(PathBuilder);

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.0.move_to(x, y);
    }
    fn line_to(&mut self, x: f32, y: f32) {
        self.0.line_to(x, y);
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.0.quad_to(x1, y1, x, y);
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.0.cubic_to(x1, y1, x2, y2, x, y);
    }
    fn close(&mut self) {
        self.0.close();
    }
}
