//! What an output must be able to do: lines, areas, discs and text, in pixels with fractions.
//!
//! Each output is a file here. Chart code never sees one; it draws on [`crate::paper::Paper`].

mod pdf;
mod png;
mod svg;

pub(crate) use self::pdf::PdfCanvas;
pub(crate) use self::png::PngCanvas;
pub(crate) use self::svg::{SvgCanvas, escape};

use crate::lettering::Face;
use crate::palette::{Color, Pen};

/// A place on the sheet, in pixels from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spot {
    pub(crate) x: f32,
    pub(crate) y: f32,
}

/// The looks of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Lettering {
    pub(crate) face: Face,
    pub(crate) size_px: f32,
    pub(crate) color: Color,
}

/// A sheet that can be drawn on.
pub(crate) trait Canvas {
    /// Draws a line through the spots.
    fn stroke(&mut self, spots: &[Spot], pen: &Pen);
    /// Fills the area that the spots enclose.
    fn fill(&mut self, spots: &[Spot], color: Color);
    /// Fills a circle.
    fn disc(&mut self, center: Spot, radius_px: f32, color: Color);
    /// Writes a text whose baseline begins at a spot.
    fn text(&mut self, text: &str, from: Spot, lettering: Lettering);
    /// Device pixels per pixel: what straight lines are aligned to.
    fn scale(&self) -> f32;
}
