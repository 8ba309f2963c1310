//! SVG. Letters are outlines, each defined once and used many times, so that no program needs the font or sets it in
//! another one of another width.
//!
//! The words stand over their outlines a second time, as unseen text that can be selected and searched, and the
//! whole chart in words in `<title>` and `<desc>`. Identifiers begin with a name of the drawing, so that several
//! can stand in one page.

use super::{Canvas, Lettering, Spot};
use crate::chart::Chart;
use crate::lettering::Face;
use crate::palette::{self, Color, Pen};
use crate::sheet::Theme;
use std::collections::BTreeMap;
use std::fmt::Write;
use ttf_parser::OutlineBuilder;

/// Stands in the drawing where the name of the drawing belongs, which is known when it is finished.
const NAME: char = '\u{0}';

/// A drawing in the making.
#[derive(Default)]
pub(crate) struct SvgCanvas {
    body: String,
    glyphs: BTreeMap<(Face, u16), String>,
}

impl SvgCanvas {
    /// The file.
    pub(crate) fn finish(self, chart: &Chart, width_px: u32, height_px: u32) -> String {
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" id=\"{NAME}\" role=\"img\" aria-labelledby=\"{NAME}t {NAME}d\" \
             width=\"{width_px}\" height=\"{height_px}\" viewBox=\"0 0 {width_px} {height_px}\" fill=\"none\" \
             stroke-linejoin=\"round\" font-family=\"DejaVu Sans, Verdana, sans-serif\">\n"
        );
        svg += &format!(
            "<title id=\"{NAME}t\">{}</title>\n<desc id=\"{NAME}d\">{}</desc>\n",
            escape(&chart.title),
            escape(&chart.description())
        );
        if chart.sheet.theme == Theme::Auto {
            svg += &dark_style();
        }
        svg += "<defs>\n";
        for ((face, id), outline) in &self.glyphs {
            svg += &format!("<path id=\"{}\" d=\"{outline}\"/>\n", glyph_name(*face, *id));
        }
        svg = svg + "</defs>\n" + &self.body + "</svg>\n";
        let name = format!("m{:016x}", fnv(svg.as_bytes()));
        svg.replace(NAME, &name)
    }

    fn element(&mut self, text: &str) {
        self.body.push_str(text);
        self.body.push('\n');
    }

    /// Words as text, with attributes that say how they look.
    fn words(&mut self, text: &str, from: Spot, lettering: Lettering, looks: &str) {
        let weight = match lettering.face {
            Face::Regular => "",
            Face::Bold => " font-weight=\"bold\"",
        };
        self.element(&format!(
            "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{weight} {looks}>{}</text>",
            number(from.x),
            number(from.y),
            number(lettering.size_px),
            escape(text)
        ));
    }
}

impl Canvas for SvgCanvas {
    fn stroke(&mut self, spots: &[Spot], pen: &Pen) {
        let mut dashes = String::new();
        if !pen.dashes_px.is_empty() {
            let lengths: Vec<String> = pen.dashes_px.iter().map(|&length| number(length)).collect();
            dashes = format!(" stroke-dasharray=\"{}\"", lengths.join(" "));
        }
        let (paint, width) = (paint("stroke", pen.color), number(pen.width_px));
        self.element(&format!(
            "<polyline points=\"{}\" {paint} stroke-width=\"{width}\"{dashes}/>",
            points(spots)
        ));
    }

    fn fill(&mut self, spots: &[Spot], color: Color) {
        self.element(&format!("<polygon points=\"{}\" {}/>", points(spots), paint("fill", color)));
    }

    fn disc(&mut self, center: Spot, radius_px: f32, color: Color) {
        let (x, y, radius) = (number(center.x), number(center.y), number(radius_px));
        self.element(&format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"{radius}\" {}/>", paint("fill", color)));
    }

    fn text(&mut self, text: &str, from: Spot, lettering: Lettering) {
        // Where our font lacks a character, the reader's fonts may have it: these words are text that is seen.
        if lettering.face.missing(text).next().is_some() {
            return self.words(text, from, lettering, &paint("fill", lettering.color));
        }
        let mut uses = String::new();
        for glyph in lettering.face.line(text).glyphs {
            let key = (lettering.face, glyph.id);
            let outline = self.glyphs.entry(key).or_insert_with(|| outline(lettering.face, glyph.id));
            if !outline.is_empty() {
                let name = glyph_name(lettering.face, glyph.id);
                let _ = write!(uses, "<use href=\"#{name}\" x=\"{}\"/>", glyph.x_units);
            }
        }
        let size = lettering.size_px / lettering.face.units_per_em();
        self.element(&format!(
            "<g transform=\"translate({} {}) scale({size:.6} -{size:.6})\" {}>{uses}</g>",
            number(from.x),
            number(from.y),
            paint("fill", lettering.color)
        ));
        let width = number(lettering.face.width_px(text, lettering.size_px));
        let unseen = format!(
            "textLength=\"{width}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"#000\" fill-opacity=\"0\""
        );
        self.words(text, from, lettering, &unseen);
    }

    fn scale(&self) -> f32 {
        1.0
    }
}

/// Text as XML takes it: markup escaped, what XML 1.0 forbids left out.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => {}
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

fn glyph_name(face: Face, id: u16) -> String {
    let prefix = match face {
        Face::Regular => "r",
        Face::Bold => "b",
    };
    format!("{NAME}{prefix}{id}")
}

/// What tells one drawing from others in the same page, and is the same for the same drawing (FNV-1a).
fn fnv(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Exchanges the colours of the theme where the reader prefers a dark one. Others never look at it.
fn dark_style() -> String {
    let mut rules = String::new();
    for (light, dark) in palette::LIGHT.colors().zip(palette::DARK.colors()) {
        let [light, dark] = [light, dark].map(hex);
        for attribute in ["fill", "stroke"] {
            let _ = writeln!(rules, "#{NAME} [{attribute}=\"{light}\"]{{{attribute}:{dark}}}");
        }
    }
    format!("<style>@media (prefers-color-scheme:dark){{\n{rules}}}</style>\n")
}

fn hex(color: Color) -> String {
    let (red, green, blue) = color.rgb;
    format!("#{red:02x}{green:02x}{blue:02x}")
}

fn paint(attribute: &str, color: Color) -> String {
    let solid = format!("{attribute}=\"{}\"", hex(color));
    if color.alpha < 1.0 {
        return format!("{solid} {attribute}-opacity=\"{}\"", number(color.alpha as f32));
    }
    solid
}

fn points(spots: &[Spot]) -> String {
    let mut out = String::with_capacity(spots.len() * 12);
    for spot in spots {
        let _ = write!(out, "{},{} ", number(spot.x), number(spot.y));
    }
    out.truncate(out.trim_end().len());
    out
}

/// A number with at most two decimals.
fn number(value: f32) -> String {
    let text = format!("{value:.2}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

fn outline(face: Face, id: u16) -> String {
    let mut path = PathText(String::new());
    face.outline(id, &mut path);
    path.0
}

/// A glyph's outline as the text of a path. Coordinates of a TrueType font are whole or half numbers.
struct PathText(String);

impl OutlineBuilder for PathText {
    fn move_to(&mut self, x: f32, y: f32) {
        let _ = write!(self.0, "M{x} {y}");
    }
    fn line_to(&mut self, x: f32, y: f32) {
        let _ = write!(self.0, "L{x} {y}");
    }
    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let _ = write!(self.0, "Q{x1} {y1} {x} {y}");
    }
    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let _ = write!(self.0, "C{x1} {y1} {x2} {y2} {x} {y}");
    }
    fn close(&mut self) {
        self.0.push('Z');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_forbids_is_left_out() {
        assert_eq!(
            escape("<a> & \"b\" 'c'\n\u{0}\u{1b}\u{ffff}é"),
            "&lt;a&gt; &amp; &quot;b&quot; &#39;c&#39; é"
        );
    }

    #[test]
    fn numbers_are_short() {
        let texts: Vec<String> = [0.0, -0.001, 12.5, 100.0, 2.345].map(number).into();
        assert_eq!(texts, ["0", "0", "12.5", "100", "2.35"]);
    }
}
