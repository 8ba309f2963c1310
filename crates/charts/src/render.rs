//! From a chart to bytes, in any format.

use crate::canvas::{PdfCanvas, PngCanvas, SvgCanvas};
use crate::chart::Chart;
use crate::draw::draw;
use crate::html;
use crate::layout::Layout;
use crate::lettering::Face;
use crate::options::{Detail, Error};
use crate::palette::Palette;
use crate::sheet::Height;
use crate::terminal;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// A kind of picture file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// A bitmap.
    Png,
    /// A vector drawing for pages.
    Svg,
    /// A vector drawing for paper.
    Pdf,
    /// A page to zoom into, which stands alone.
    Html,
    /// Characters, for terminals and logs.
    Text,
}

/// What is known of a format.
struct Row {
    format: Format,
    name: &'static str,
    extension: &'static str,
    kind: Kind,
}

/// What a format's bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Dots in rows: its resolution matters.
    Bitmap,
    /// Shapes.
    Vector,
    /// Data, and what draws them for its reader.
    Page,
    /// Letters and signs in lines. Its sheet is measured in cells.
    Characters,
}

const TABLE: [Row; 5] = [
    Row { format: Format::Png, name: "png", extension: "png", kind: Kind::Bitmap },
    Row { format: Format::Svg, name: "svg", extension: "svg", kind: Kind::Vector },
    Row { format: Format::Pdf, name: "pdf", extension: "pdf", kind: Kind::Vector },
    Row { format: Format::Html, name: "html", extension: "html", kind: Kind::Page },
    Row { format: Format::Text, name: "text", extension: "txt", kind: Kind::Characters },
];

/// Sides of a figure that can be drawn.
const SIDES_PX: std::ops::RangeInclusive<u32> = 200..=20_000;
const DPIS: std::ops::RangeInclusive<u32> = 48..=1200;
/// More pixels than these would take a gigabyte of memory.
const MOST_PX: f64 = 2e8;

impl Format {
    /// Every format.
    pub const ALL: [Self; TABLE.len()] = {
        let (mut all, mut idx) = ([Self::Png; TABLE.len()], 0);
        while idx < TABLE.len() {
            all[idx] = TABLE[idx].format;
            idx += 1;
        }
        all
    };

    fn row(self) -> &'static Row {
        let row = TABLE.iter().find(|row| row.format == self);
        row.expect("the table has a row for every format")
    }

    /// What a flag calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The ending of its files' names.
    #[must_use]
    pub fn extension(self) -> &'static str {
        self.row().extension
    }

    /// What its bytes are.
    #[must_use]
    pub fn kind(self) -> Kind {
        self.row().kind
    }

    /// How much of the recordings its charts should hold.
    #[must_use]
    pub fn detail(self) -> Detail {
        match self.kind() {
            Kind::Page => Detail::Zoom,
            Kind::Bitmap | Kind::Vector | Kind::Characters => Detail::Sheet,
        }
    }

    /// The format that a flag calls so.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
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
    let noted = match format {
        Format::Png | Format::Pdf => with_missing_noted(chart),
        Format::Svg | Format::Html | Format::Text => Cow::Borrowed(chart),
    };
    let chart = &*noted;
    match format {
        Format::Png => png(chart, &laid_out(chart)?),
        Format::Svg => svg(chart).map(String::into_bytes),
        Format::Pdf => {
            let layout = laid_out(chart)?;
            let mut canvas = PdfCanvas::new(layout.height_px);
            draw(chart, &layout, &mut canvas)?;
            canvas.finish(chart, layout.width_px, layout.height_px)
        }
        Format::Html => laid_out(chart).and_then(|_| html::page(chart, svg)).map(String::into_bytes),
        Format::Text => terminal::text(chart).map(String::into_bytes),
    }
}

/// The chart with a note of the characters that our font lacks, if it has any.
fn with_missing_noted(chart: &Chart) -> Cow<'_, Chart> {
    let missing: BTreeSet<char> = chart.names().flat_map(|name| Face::Regular.missing(name)).collect();
    let note = match missing.len() {
        0 => return Cow::Borrowed(chart),
        1 => "1 character is not in the font; SVG, pages and terminals show it".to_owned(),
        n => format!("{n} characters are not in the font; SVG, pages and terminals show them"),
    };
    let note = chart.note.iter().cloned().chain([note]).collect::<Vec<_>>().join(" · ");
    Cow::Owned(Chart { note: Some(note), ..chart.clone() })
}

fn svg(chart: &Chart) -> Result<String, Error> {
    let (layout, mut canvas) = (laid_out(chart)?, SvgCanvas::default());
    draw(chart, &layout, &mut canvas)?;
    Ok(canvas.finish(chart, layout.width_px, layout.height_px))
}

fn png(chart: &Chart, layout: &Layout) -> Result<Vec<u8>, Error> {
    let paper = Palette::of(chart.sheet.theme).paper;
    let canvas = PngCanvas::new(layout.width_px, layout.height_px, chart.sheet.scale(), paper);
    let mut canvas = canvas.ok_or_else(|| size_error(chart, layout))?;
    draw(chart, layout, &mut canvas)?;
    canvas.finish().map_err(|e| Error::Drawing(e.to_string()))
}

/// Where everything goes, if it can be drawn.
fn laid_out(chart: &Chart) -> Result<Layout, Error> {
    let layout = Layout::of(chart);
    let (width_px, dpi) = (layout.width_px, chart.sheet.dpi);
    let height_px = match chart.sheet.height {
        Height::Total(total_px) => total_px,
        Height::Panel(_) => layout.height_px,
    };
    let scale = f64::from(chart.sheet.scale());
    let device_px = f64::from(width_px) * f64::from(height_px) * scale * scale;
    let is_possible = SIDES_PX.contains(&width_px) && SIDES_PX.contains(&height_px) && DPIS.contains(&dpi);
    if !is_possible || device_px > MOST_PX {
        return Err(size_error(chart, &layout));
    }
    if layout.height_px > height_px {
        let bounds = layout.height_px as usize..=*SIDES_PX.end() as usize;
        return Err(Error::Extent { side: "height", given: height_px as usize, bounds, unit: "pixels" });
    }
    Ok(layout)
}

fn size_error(chart: &Chart, layout: &Layout) -> Error {
    let height_px = match chart.sheet.height {
        Height::Total(total_px) => total_px,
        Height::Panel(_) => layout.height_px,
    };
    Error::Size { width_px: layout.width_px, height_px, dpi: chart.sheet.dpi }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_known_by_its_extension() {
        for format in Format::ALL {
            assert_eq!(Format::from_extension(&format.extension().to_uppercase()), Some(format));
            assert_eq!(Format::from_name(format.name()), Some(format));
        }
        assert_eq!(Format::from_extension("docx"), None);
    }
}
