//! PDF: what is drawn, as the operators of a page. Text is text, in a font that the file brings along.
//!
//! `file.rs` makes a document of it.

mod file;

use self::file::{Document, Used};
use super::{Canvas, Lettering, Spot};
use crate::chart::Chart;
use crate::lettering::{Face, Line};
use crate::options::Error;
use crate::palette::{Color, Pen};
use pdf_writer::types::LineJoinStyle;
use pdf_writer::{Content, Finish, Name, Str, TextStr};
use std::collections::BTreeSet;

/// Points, of which an inch has 72, in a pixel, of which it has 96.
const PT_PER_PX: f32 = 0.75;
/// How far the handles of a quarter of a circle are from its ends, in radii.
const QUARTER: f32 = 0.552_285;

/// A page to draw on.
pub(crate) struct PdfCanvas {
    content: Content,
    faces: [Used; 2],
    /// Every opacity that is not full, in percent.
    opacities: BTreeSet<u8>,
}

impl PdfCanvas {
    /// An empty page of that height.
    pub(crate) fn new(height_px: u32) -> Self {
        let mut content = Content::new();
        content.begin_marked_content_with_properties(Name(b"Figure")).properties().identify(0);
        // From here on everything is in pixels, and y runs downwards.
        content.transform([PT_PER_PX, 0.0, 0.0, -PT_PER_PX, 0.0, height_px as f32 * PT_PER_PX]);
        content.set_line_join(LineJoinStyle::RoundJoin);
        Self { content, faces: Face::ALL.map(Used::new), opacities: BTreeSet::new() }
    }

    /// The file.
    pub(crate) fn finish(mut self, chart: &Chart, width_px: u32, height_px: u32) -> Result<Vec<u8>, Error> {
        self.content.end_marked_content();
        let document = Document {
            title: &chart.title,
            description: &chart.description(),
            width_pt: width_px as f32 * PT_PER_PX,
            height_pt: height_px as f32 * PT_PER_PX,
            content: &self.content.finish(),
            faces: &self.faces,
            opacities: &self.opacities,
        };
        document.bytes()
    }

    /// Draws with an opacity, which is no operand but a state.
    fn with_opacity(&mut self, color: Color, draw: impl FnOnce(&mut Content)) {
        let percent = (color.alpha * 100.0).round() as u8;
        if percent >= 100 {
            return draw(&mut self.content);
        }
        self.opacities.insert(percent);
        self.content.save_state();
        self.content.set_parameters(Name(file::opacity_name(percent).as_bytes()));
        draw(&mut self.content);
        self.content.restore_state();
    }

    /// Shows glyphs, each where the line has it.
    fn show(&mut self, line: &Line, from: Spot, lettering: Lettering) {
        let used = &mut self.faces[lettering.face as usize];
        let thousandths = |units: i32| units as f32 * 1000.0 / lettering.face.units_per_em();
        self.content.begin_text();
        self.content.set_font(Name(file::font_name(lettering.face)), lettering.size_px);
        self.content.set_text_matrix([1.0, 0.0, 0.0, -1.0, from.x, from.y]);
        let mut shown = self.content.show_positioned();
        let mut items = shown.items();
        let (mut numbers, mut x_units) = (Vec::new(), 0);
        for glyph in &line.glyphs {
            if glyph.x_units != x_units {
                items.show(Str(&std::mem::take(&mut numbers)));
                items.adjust(thousandths(x_units - glyph.x_units));
            }
            numbers.extend(used.take(glyph).to_be_bytes());
            x_units = glyph.x_units + lettering.face.advance_units(glyph.id);
        }
        items.show(Str(&numbers));
        items.finish();
        shown.finish();
        self.content.end_text();
    }
}

impl Canvas for PdfCanvas {
    fn stroke(&mut self, spots: &[Spot], pen: &Pen) {
        if spots.len() < 2 {
            return;
        }
        self.with_opacity(pen.color, |content| {
            let [red, green, blue] = rgb(pen.color);
            content.set_stroke_rgb(red, green, blue).set_line_width(pen.width_px);
            content.set_dash_pattern(pen.dashes_px.iter().copied(), 0.0);
            trace(content, spots);
            content.stroke();
        });
    }

    fn fill(&mut self, spots: &[Spot], color: Color) {
        self.with_opacity(color, |content| {
            let [red, green, blue] = rgb(color);
            content.set_fill_rgb(red, green, blue);
            trace(content, spots);
            content.close_path().fill_nonzero();
        });
    }

    fn disc(&mut self, center: Spot, radius_px: f32, color: Color) {
        self.with_opacity(color, |content| {
            let [red, green, blue] = rgb(color);
            content.set_fill_rgb(red, green, blue);
            circle(content, center, radius_px);
            content.fill_nonzero();
        });
    }

    fn text(&mut self, text: &str, from: Spot, lettering: Lettering) {
        let line = lettering.face.line(text);
        let [red, green, blue] = rgb(lettering.color);
        self.content.set_fill_rgb(red, green, blue);
        // What the font lacks is copied and found all the same.
        let is_shown = line.glyphs.iter().map(|glyph| glyph.shows).eq(text.chars());
        if is_shown {
            return self.show(&line, from, lettering);
        }
        let mut marked = self.content.begin_marked_content_with_properties(Name(b"Span"));
        marked.properties().actual_text(TextStr(text));
        marked.finish();
        self.show(&line, from, lettering);
        self.content.end_marked_content();
    }

    fn scale(&self) -> f32 {
        1.0
    }
}

fn rgb(color: Color) -> [f32; 3] {
    let (red, green, blue) = color.rgb;
    [red, green, blue].map(|part| f32::from(part) / 255.0)
}

fn trace(content: &mut Content, spots: &[Spot]) {
    for (idx, spot) in spots.iter().enumerate() {
        let (x, y) = (round(spot.x), round(spot.y));
        if idx == 0 {
            content.move_to(x, y)
        } else {
            content.line_to(x, y)
        };
    }
}

/// Hundredths of a pixel are fine enough, and short.
fn round(px: f32) -> f32 {
    (px * 100.0).round() / 100.0
}

fn circle(content: &mut Content, Spot { x, y }: Spot, radius: f32) {
    let handle = radius * QUARTER;
    content.move_to(x + radius, y);
    // Each quarter by the directions to its beginning and to its end.
    for (from, to) in [
        ((1.0, 0.0), (0.0, 1.0)),
        ((0.0, 1.0), (-1.0, 0.0)),
        ((-1.0, 0.0), (0.0, -1.0)),
        ((0.0, -1.0), (1.0, 0.0)),
    ] {
        let near = |along: f32, across: f32, at: f32| at + along * radius + across * handle;
        let (x1, y1) = (near(from.0, to.0, x), near(from.1, to.1, y));
        let (x2, y2) = (near(to.0, from.0, x), near(to.1, from.1, y));
        content.cubic_to(x1, y1, x2, y2, x + to.0 * radius, y + to.1 * radius);
    }
    content.close_path();
}
