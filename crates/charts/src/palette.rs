//! What the inks look like.
//!
//! Neighbours differ in hue for most kinds of colour vision, and in lightness or dash for a grey print.

use crate::chart::Ink;

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

pub(crate) const PAPER: Color = opaque(255, 255, 255);
pub(crate) const TEXT: Color = opaque(0x22, 0x22, 0x22);
pub(crate) const QUIET_TEXT: Color = opaque(0x5f, 0x5f, 0x5f);
pub(crate) const GRID: Color = opaque(0xe3, 0xe3, 0xe3);
pub(crate) const BAND: Color = opaque(0xe6, 0xec, 0xf2);
pub(crate) const AXIS: Color = opaque(0x77, 0x77, 0x77);

const CURVES: [Color; 7] = [
    opaque(0x0b, 0x5a, 0xa6),
    opaque(0xd5, 0x5e, 0x00),
    opaque(0x00, 0x9e, 0x73),
    opaque(0x88, 0x22, 0x55),
    opaque(0x4a, 0xa8, 0xdf),
    opaque(0xb8, 0x86, 0x0b),
    opaque(0x44, 0x44, 0x44),
];

const SOLID: &[f32] = &[];
/// Four, which has no divisor in common with seven colours: a pair of both comes back after 28 curves.
const DASHES: [&[f32]; 4] = [SOLID, &[8.0, 3.0], &[2.5, 2.0], &[9.0, 2.5, 2.0, 2.5]];
/// A line that only leads the eye from one reading to the next.
const SPARSE: &[f32] = &[1.5, 2.5];
const REST: Color = opaque(0xa2, 0xa2, 0xa2);
/// Kinds of memory: from dark to light, so that a grey print keeps them apart.
const KINDS: [Color; 3] = [opaque(0x0b, 0x5a, 0xa6), opaque(0x4a, 0xa8, 0xdf), opaque(0xb8, 0xdc, 0xf2)];
const ABSENT: Color = opaque(0xe5, 0xb4, 0x8a);
const TREND: &[f32] = &[12.0, 3.0];
const LIMIT: Color = opaque(0xb0, 0x24, 0x18);
const LIMIT_DASHES: &[f32] = &[7.0, 3.0];
/// What a stretch without readings is hatched with.
pub(crate) const HATCH: Color = opaque(0xd4, 0xd4, 0xd4);

/// The pen of an ink.
pub(crate) fn pen(ink: Ink) -> Pen {
    let nth = |idx: usize| CURVES[idx % CURVES.len()];
    match ink {
        Ink::Main(idx) => line(nth(idx), 1.75, DASHES[idx % DASHES.len()]),
        Ink::Child(idx) => {
            let round = idx / (CURVES.len() - 1);
            let color = CURVES[1 + idx % (CURVES.len() - 1)];
            line(color, 1.1, DASHES[round % DASHES.len()])
        }
        Ink::Rest => line(REST, 0.9, SOLID),
        Ink::Shared => Pen { dot_px: 2.0, ..line(nth(0), 0.75, SPARSE) },
        Ink::Least => line(nth(0), 1.0, SOLID),
        Ink::Layer(idx) => line(layer(idx), 1.0, SOLID),
        Ink::Kind(idx) => line(KINDS[idx % KINDS.len()], 1.0, SOLID),
        Ink::Absent => line(ABSENT, 1.0, SOLID),
        Ink::Trend(idx) => line(nth(idx), 1.0, TREND),
        Ink::Limit => line(LIMIT, 1.0, LIMIT_DASHES),
    }
}

/// Colours for areas: the curves' own, and then the same much lighter.
fn layer(idx: usize) -> Color {
    let Color { rgb: (red, green, blue), alpha } = CURVES[idx % CURVES.len()];
    let n_lighter = (idx / CURVES.len()).min(2) as u8;
    let lighter = |part: u8| part + (255 - part) / 3 * n_lighter;
    Color { rgb: (lighter(red), lighter(green), lighter(blue)), alpha }
}

/// A pen without dots.
pub(crate) const fn line(color: Color, width_px: f32, dashes_px: &'static [f32]) -> Pen {
    Pen { color, width_px, dashes_px, dot_px: 0.0 }
}

/// The tint below a curve.
pub(crate) fn tint(ink: Ink) -> Color {
    Color { alpha: 0.10, ..pen(ink).color }
}

const fn opaque(red: u8, green: u8, blue: u8) -> Color {
    Color { rgb: (red, green, blue), alpha: 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_of_twenty_recordings_look_alike() {
        let pens: Vec<Pen> = (0..20).map(|idx| pen(Ink::Main(idx))).collect();
        for (idx, one) in pens.iter().enumerate() {
            assert!(!pens[..idx].contains(one), "{idx}");
        }
    }
}
