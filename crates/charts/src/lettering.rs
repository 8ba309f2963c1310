//! Letters: the embedded font, how wide a text is, and how it is cut to fit.
//!
//! Text is laid out left to right, one glyph per character, with kerning. What the font lacks becomes the
//! replacement character, so that any text can be drawn.

use std::sync::OnceLock;
use ttf_parser::{Face as Font, GlyphId, OutlineBuilder};

/// A cut of the font.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Face {
    Regular,
    Bold,
}

impl Face {
    pub(crate) const ALL: [Self; 2] = [Self::Regular, Self::Bold];
}

/// A glyph of a line of text, and how far from its beginning it stands, in units of the font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Glyph {
    pub(crate) id: u16,
    /// The character that it shows, which is the replacement character for what the font lacks.
    pub(crate) shows: char,
    pub(crate) x_units: i32,
}

/// A line of text, laid out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) glyphs: Vec<Glyph>,
    pub(crate) width_units: i32,
}

/// Height of a capital letter in proportion to the size. Texts are centred by it.
pub(crate) const CAPITAL_HEIGHT: f32 = 0.729;

const REGULAR: &[u8] = include_bytes!("../assets/DejaVuSans.subset.ttf");
const BOLD: &[u8] = include_bytes!("../assets/DejaVuSans-Bold.subset.ttf");

impl Face {
    /// The line with every glyph in its place.
    pub(crate) fn line(self, text: &str) -> Line {
        let mut line = Line::default();
        let mut before = None;
        for c in text.chars().filter(|&c| !is_joiner(c)) {
            self.append(c, before, &mut line);
            before = line.glyphs.last().map(|glyph| GlyphId(glyph.id));
        }
        line
    }

    /// Characters of a text that the font lacks.
    pub(crate) fn missing(self, text: &str) -> impl Iterator<Item = char> + '_ {
        let is_missing = |c: &char| !is_joiner(*c) && self.font().glyph_index(*c).is_none();
        text.chars().filter(is_missing).collect::<Vec<_>>().into_iter()
    }

    /// How wide a text is at a size.
    pub(crate) fn width_px(self, text: &str, size_px: f32) -> f32 {
        self.px(self.line(text).width_units, size_px)
    }

    /// A length of the font, at a size.
    pub(crate) fn px(self, units: i32, size_px: f32) -> f32 {
        units as f32 * size_px / f32::from(self.font().units_per_em())
    }

    /// The text, cut and ended with `…` when it is wider than that.
    pub(crate) fn clip(self, text: &str, size_px: f32, max_px: f32) -> String {
        if self.width_px(text, size_px) <= max_px {
            return text.to_owned();
        }
        let ellipsis_px = self.width_px("…", size_px);
        let mut line = Line::default();
        let mut fitting = 0;
        for (idx, c) in text.char_indices() {
            if self.px(line.width_units, size_px) + ellipsis_px <= max_px {
                fitting = idx;
            }
            self.append(c, None, &mut line);
            if self.px(line.width_units, size_px) > max_px {
                break;
            }
        }
        format!("{}…", text[..fitting].trim_end())
    }

    /// Walks along the outline of a glyph, in units of the font with y upwards.
    pub(crate) fn outline(self, id: u16, builder: &mut dyn OutlineBuilder) {
        // A glyph without an outline, such as the blank, leaves the builder as it was.
        let _ = self.font().outline_glyph(GlyphId(id), builder);
    }

    /// Size at which a unit of the font is one pixel.
    pub(crate) fn units_per_em(self) -> f32 {
        f32::from(self.font().units_per_em())
    }

    /// How far it is from a glyph to the next.
    pub(crate) fn advance_units(self, id: u16) -> i32 {
        self.font().glyph_hor_advance(GlyphId(id)).map_or(0, i32::from)
    }

    /// The font itself, for outputs that carry it along.
    pub(crate) fn font(self) -> &'static Font<'static> {
        static FONTS: [OnceLock<Font<'static>>; 2] = [const { OnceLock::new() }; 2];
        FONTS[self as usize]
            .get_or_init(|| Font::parse(self.file(), 0).expect("the embedded font is well-formed"))
    }

    /// The font's file.
    pub(crate) fn file(self) -> &'static [u8] {
        [REGULAR, BOLD][self as usize]
    }

    /// What the font is called in documents.
    pub(crate) fn name(self) -> &'static str {
        ["DejaVuSans", "DejaVuSans-Bold"][self as usize]
    }

    fn append(self, c: char, before: Option<GlyphId>, line: &mut Line) {
        let font = self.font();
        let shows = if font.glyph_index(c).is_some() { c } else { char::REPLACEMENT_CHARACTER };
        let id = font.glyph_index(shows).unwrap_or_default();
        let kerning = before.map_or(0, |before| self.kerning(before, id));
        line.glyphs.push(Glyph { id: id.0, shows, x_units: line.width_units + kerning });
        line.width_units += kerning + self.advance_units(id.0);
    }

    fn kerning(self, left: GlyphId, right: GlyphId) -> i32 {
        let tables = self.font().tables().kern.into_iter().flat_map(|kern| kern.subtables);
        let mut found = tables.filter_map(|table| table.glyphs_kerning(left, right));
        found.next().map_or(0, i32::from)
    }
}

/// A name, with its letters set apart where they run from right to left: a figure beside it stays on its own side.
pub(crate) fn set_apart(name: &str) -> String {
    if name.contains(is_right_to_left) { format!("\u{2068}{name}\u{2069}") } else { name.to_owned() }
}

/// Letters of scripts that run from right to left.
pub(crate) fn is_right_to_left(c: char) -> bool {
    matches!(c, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// Characters that only tell how others are joined: they have no glyph.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{2066}'..='\u{2069}' | '\u{fe00}'..='\u{fe0f}' | '\u{2060}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kerning_brings_letters_together() {
        let apart = Face::Regular.width_px("A", 10.0) + Face::Regular.width_px("V", 10.0);
        assert!(Face::Regular.width_px("AV", 10.0) < apart);
    }

    #[test]
    fn any_character_has_a_glyph() {
        let line = Face::Regular.line("a\u{0}\n🦀\u{5d0}é");
        assert_eq!(line.glyphs.len(), 6);
        assert!(line.glyphs.iter().all(|glyph| glyph.id != 0));
    }

    #[test]
    fn a_clipped_text_fits() {
        let long = "python3 train.py --épochs 300 🦀".repeat(40);
        for max_px in [0.0, 9.0, 50.0, 333.0] {
            let clipped = Face::Bold.clip(&long, 12.0, max_px);
            assert!(clipped.ends_with('…'));
            assert!(Face::Bold.width_px(&clipped, 12.0) <= max_px.max(12.0), "{clipped}");
        }
        assert_eq!(Face::Bold.clip("short", 12.0, 300.0), "short");
    }
}
