//! From a chart to bytes.

use crate::canvas::{PngCanvas, SvgCanvas};
use crate::chart::Chart;
use crate::draw::draw;
use crate::layout::Layout;
use crate::options::Error;

/// A kind of picture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A bitmap.
    Png,
    /// A vector drawing.
    Svg,
}

impl Format {
    /// Every format.
    pub const ALL: [Self; 2] = [Self::Png, Self::Svg];

    /// The ending of its files' names.
    #[must_use]
    pub fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Svg => "svg",
        }
    }

    /// The format whose files end like that, in whatever case.
    #[must_use]
    pub fn from_extension(extension: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.extension().eq_ignore_ascii_case(extension))
    }
}

/// Draws a chart. The same chart gives the same bytes.
///
/// # Errors
///
/// The sheet is too small or too large to draw on.
pub fn render(chart: &Chart, format: Format) -> Result<Vec<u8>, Error> {
    let layout = Layout::of(chart);
    let (width_px, height_px, scale) = (layout.width_px, layout.height_px, chart.sheet.scale);
    let too_large = Error::Size { width_px, height_px, scale };
    let sides = 200..=20_000;
    if !sides.contains(&width_px) || !sides.contains(&height_px) || !(1..=8).contains(&scale) {
        return Err(too_large);
    }
    match format {
        Format::Png => {
            let mut canvas = PngCanvas::new(width_px, height_px, scale).ok_or(too_large)?;
            draw(chart, &layout, &mut canvas)?;
            canvas.finish().map_err(|e| Error::Drawing(e.to_string()))
        }
        Format::Svg => {
            let mut canvas = SvgCanvas::default();
            draw(chart, &layout, &mut canvas)?;
            Ok(canvas.finish(chart, width_px, height_px).into_bytes())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_extension() {
        assert_eq!(Format::from_extension("PNG"), Some(Format::Png));
        assert_eq!(Format::from_extension("svg"), Some(Format::Svg));
        assert_eq!(Format::from_extension("docx"), None);
    }
}
