//! What the inks look like, on light and on dark paper.
//!
//! Curves that may be confused differ in hue for every kind of colour vision, and those of one dash differ in
//! lightness, for a grey print. The tests compute both.

use crate::chart::Ink;
use crate::sheet::Theme;

/// A colour; alpha runs from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Color {
    pub(crate) rgb: (u8, u8, u8),
    pub(crate) alpha: f64,
}

/// How a curve is drawn: its colour, its width, the lengths of its dashes and gaps (none for a solid line), and dots.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pen {
    pub(crate) color: Color,
    pub(crate) width_px: f32,
    pub(crate) dashes_px: &'static [f32],
    /// The radius of a dot at each reading; zero for none.
    pub(crate) dot_px: f32,
}

/// How loud a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Plain,
    Quiet,
}

/// The colours of a theme.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Palette {
    pub(crate) paper: Color,
    pub(crate) text: Color,
    pub(crate) quiet_text: Color,
    pub(crate) grid: Color,
    pub(crate) band: Color,
    pub(crate) axis: Color,
    /// What a stretch without readings is hatched with.
    pub(crate) hatch: Color,
    /// What bars of functions are filled with, to tell one from another.
    bars: [Color; N_TINTS],
    curves: [Color; N_COLORS],
    /// Kinds of memory: in steps of lightness, so that a grey print keeps them apart.
    kinds: [Color; N_KINDS],
    /// What has no name of its own: quiet, and yet no colour of those that have one.
    rest: Color,
    /// Many that only show how the rest of them went.
    others: Color,
    absent: Color,
    limit: Color,
}

const N_COLORS: usize = 7;
/// Functions whose bars have a tint of their own.
pub(crate) const N_TINTS: usize = 6;
const N_KINDS: usize = 3;
/// Layers of a stack that have a colour of their own.
const N_LAYERS: usize = 3 * N_COLORS;

pub(crate) static LIGHT: Palette = Palette {
    paper: opaque(0xff, 0xff, 0xff),
    text: opaque(0x22, 0x22, 0x22),
    quiet_text: opaque(0x5f, 0x5f, 0x5f),
    grid: opaque(0xe3, 0xe3, 0xe3),
    band: opaque(0xe6, 0xec, 0xf2),
    axis: opaque(0x77, 0x77, 0x77),
    bars: [
        opaque(0xa9, 0xdc, 0xfe),
        opaque(0xd2, 0xa8, 0x79),
        opaque(0xf5, 0xe0, 0xa0),
        opaque(0x9d, 0xad, 0xeb),
        opaque(0xbb, 0xbd, 0xa7),
        opaque(0x5c, 0xbe, 0xc3),
    ],
    curves: [
        opaque(0x0b, 0x5a, 0xa6),
        opaque(0xc8, 0x50, 0x00),
        opaque(0x70, 0x1d, 0x50),
        opaque(0x27, 0x87, 0xc2),
        opaque(0x1c, 0x1c, 0x1c),
        opaque(0x14, 0xa3, 0x7a),
        opaque(0x4f, 0x4b, 0x00),
    ],
    kinds: [opaque(0x0a, 0x55, 0x9e), opaque(0x4a, 0xa8, 0xdf), opaque(0xb8, 0xdc, 0xf2)],
    rest: opaque(0x78, 0x78, 0x78),
    others: opaque(0x8f, 0x8f, 0x8f),
    absent: opaque(0xe5, 0xb4, 0x8a),
    limit: opaque(0xb0, 0x24, 0x18),
    hatch: opaque(0xd4, 0xd4, 0xd4),
};

pub(crate) static DARK: Palette = Palette {
    paper: opaque(0x16, 0x18, 0x1d),
    text: opaque(0xe8, 0xe8, 0xe8),
    quiet_text: opaque(0xab, 0xae, 0xb4),
    grid: opaque(0x2f, 0x33, 0x3a),
    band: opaque(0x2a, 0x3a, 0x4c),
    axis: opaque(0x8b, 0x90, 0x98),
    bars: [
        opaque(0x00, 0x56, 0x4a),
        opaque(0x50, 0x1b, 0x27),
        opaque(0x5a, 0x46, 0x25),
        opaque(0x33, 0x20, 0x51),
        opaque(0x55, 0x3f, 0x73),
        opaque(0x3a, 0x26, 0x00),
    ],
    curves: [
        opaque(0x5e, 0xa9, 0xf2),
        opaque(0xf5, 0x8a, 0x35),
        opaque(0xd0, 0x5c, 0x9a),
        opaque(0xb5, 0xe3, 0xff),
        opaque(0x72, 0x72, 0x72),
        opaque(0xa4, 0xf7, 0xd3),
        opaque(0xe6, 0xc8, 0x4f),
    ],
    kinds: [opaque(0x8c, 0xc6, 0xff), opaque(0x3f, 0x82, 0xc4), opaque(0x24, 0x4c, 0x78)],
    rest: opaque(0xa8, 0xac, 0xb2),
    others: opaque(0x80, 0x84, 0x8c),
    absent: opaque(0x9a, 0x62, 0x33),
    limit: opaque(0xff, 0x6b, 0x5e),
    hatch: opaque(0x3d, 0x42, 0x4a),
};

const SOLID: &[f32] = &[];
/// Five, which has no divisor in common with seven or six colours: a pair of both comes back late.
const DASHES: [&[f32]; 5] =
    [SOLID, &[8.0, 3.0], &[2.5, 2.0], &[9.0, 2.5, 2.0, 2.5], &[12.0, 2.5, 2.0, 2.5, 2.0, 2.5]];
/// A line that only leads the eye from one reading to the next.
const SPARSE: &[f32] = &[1.5, 2.5];
const DOTTED: &[f32] = &[1.0, 1.5];
/// A peak of which no curve tells when it was.
pub(crate) const LEVEL: &[f32] = &[6.0, 4.0];
const TREND: &[f32] = &[12.0, 4.0];
const LIMIT: &[f32] = &[7.0, 3.0];

impl Color {
    /// As style sheets write it, without its alpha.
    pub(crate) fn hex(self) -> String {
        let (red, green, blue) = self.rgb;
        format!("#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Palette {
    /// The colours of a theme. What follows the reader is light, and dark where the output can tell.
    pub(crate) fn of(theme: Theme) -> &'static Self {
        match theme {
            Theme::Light | Theme::Auto => &LIGHT,
            Theme::Dark => &DARK,
        }
    }

    /// The pen of an ink.
    pub(crate) fn pen(&self, ink: Ink) -> Pen {
        match ink {
            // A new round begins with another dash, so that no neighbours in the legend are alike in grey.
            Ink::Main(idx) => {
                line(self.curves[idx % N_COLORS], 1.75, DASHES[(idx + idx / N_COLORS) % DASHES.len()])
            }
            Ink::Level(idx) => line(self.curves[idx % N_COLORS], 1.0, LEVEL),
            Ink::Child(idx) => line(self.curves[1 + idx % (N_COLORS - 1)], 1.25, DASHES[idx % DASHES.len()]),
            Ink::Of(idx) => line(self.curves[idx % N_COLORS], 0.75, SOLID),
            Ink::Others => line(self.others, 0.6, SOLID),
            Ink::Rest => line(self.rest, 0.9, DOTTED),
            Ink::Shared => Pen { dot_px: 2.0, ..line(self.curves[0], 0.75, SPARSE) },
            Ink::Least => line(self.curves[0], 1.0, SOLID),
            Ink::RestLayer => line(self.rest, 1.0, SOLID),
            Ink::Call(idx) => line(self.curves[1 + idx % (N_COLORS - 1)], 2.25, SOLID),
            Ink::Layer(idx) => line(self.layer(idx), 1.0, SOLID),
            Ink::Kind(idx) => line(self.kinds[idx % N_KINDS], 1.0, SOLID),
            Ink::Absent => line(self.absent, 1.0, SOLID),
            Ink::Trend(idx) => line(self.curves[idx % N_COLORS], 1.0, TREND),
            // It lies on the one curve there is, which would hide it in any of the curves' colours.
            Ink::OnlyTrend => line(self.text, 1.5, TREND),
            Ink::Limit => line(self.limit, 1.0, LIMIT),
        }
    }

    /// What edges a layer: paper, and for kinds of memory, some of which hardly stand out from it, what does.
    pub(crate) fn edge(&self, ink: Ink) -> Color {
        match ink {
            Ink::Kind(_) => self.kinds[0],
            Ink::Absent => self.curves[1],
            _ => self.paper,
        }
    }

    /// The tint below a curve.
    pub(crate) fn tint(&self, ink: Ink) -> Color {
        Color { alpha: 0.10, ..self.pen(ink).color }
    }

    /// What a bar of calls is filled with: the tint of its function, or that of all others.
    pub(crate) fn bar(&self, tint: Option<usize>) -> Color {
        tint.map_or(self.band, |tint| self.bars[tint % N_TINTS])
    }

    /// The colour of a text.
    pub(crate) fn letters(&self, tone: Tone) -> Color {
        match tone {
            Tone::Plain => self.text,
            Tone::Quiet => self.quiet_text,
        }
    }

    /// Colours for areas: the curves' own, and then the same nearer to the paper.
    fn layer(&self, idx: usize) -> Color {
        let Color { rgb: ink, alpha } = self.curves[idx % N_COLORS];
        let n_thirds = (idx / N_COLORS).min(2) as u16;
        let mixed =
            |ink: u8, paper: u8| ((u16::from(ink) * (3 - n_thirds) + u16::from(paper) * n_thirds) / 3) as u8;
        let (red, green, blue) = self.paper.rgb;
        Color { rgb: (mixed(ink.0, red), mixed(ink.1, green), mixed(ink.2, blue)), alpha }
    }

    /// Every colour, in an order that all themes share.
    pub(crate) fn colors(&self) -> impl Iterator<Item = Color> {
        let Self {
            paper,
            text,
            quiet_text,
            grid,
            band,
            axis,
            hatch,
            bars,
            curves: _,
            kinds,
            rest,
            others,
            absent,
            limit,
        } = self;
        let plain =
            [*paper, *text, *quiet_text, *grid, *band, *axis, *hatch, *rest, *others, *absent, *limit];
        plain.into_iter().chain(*kinds).chain(*bars).chain((0..N_LAYERS).map(|idx| self.layer(idx)))
    }
}

/// A pen without dots.
pub(crate) const fn line(color: Color, width_px: f32, dashes_px: &'static [f32]) -> Pen {
    Pen { color, width_px, dashes_px, dot_px: 0.0 }
}

const fn opaque(red: u8, green: u8, blue: u8) -> Color {
    Color { rgb: (red, green, blue), alpha: 1.0 }
}

#[cfg(test)]
mod tests;
