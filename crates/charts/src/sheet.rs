//! What a figure is drawn on: its size, its colours, and the characters that it may be made of.

/// Pixels of a figure per inch on paper, as CSS has it.
pub const DPI: u32 = 96;

/// The colours of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark on white.
    #[default]
    Light,
    /// Light on almost black.
    Dark,
    /// What the reader's system prefers, in outputs that can tell: SVG and HTML. Others are light.
    Auto,
}

/// How wide and how high a cell of a terminal is, in pixels of the figure.
pub const CELL_PX: (u32, u32) = (8, 16);
/// The size of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its width, in CSS pixels.
    pub width_px: u32,
    /// Its height.
    pub height: Height,
    /// Pixels of a bitmap per inch, of which a chart's own pixels take 96.
    pub dpi: u32,
    /// The colours.
    pub theme: Theme,
    /// What it is made of where it is made of characters.
    pub letters: Option<Letters>,
}

impl Sheet {
    /// Pixels of a bitmap for each pixel of the figure.
    pub(crate) fn scale(&self) -> f32 {
        self.dpi as f32 / DPI as f32
    }
}

/// How a figure's height is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Height {
    /// The figure is so tall, in pixels.
    Total(u32),
    /// Each panel's plot is so tall, and the figure as tall as it takes.
    Panel(u32),
}

/// What a chart in characters is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Letters {
    /// The characters.
    pub charset: Charset,
    /// The colours.
    pub coloring: Coloring,
}

/// The characters of a chart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Charset {
    /// All: curves are dots of Braille, eight in a cell.
    #[default]
    Unicode,
    /// What every log can show.
    Ascii,
}

/// Whether a chart in characters has colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Coloring {
    /// No.
    #[default]
    Plain,
    /// Those of the terminal, by escape sequences.
    Ansi,
}
