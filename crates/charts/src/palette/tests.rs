//! What can be told apart: on paper, in grey, and with every kind of colour vision.

use super::*;

type Matrix = [[f64; 3]; 3];

const NORMAL: Matrix = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
/// How the full lack of one kind of cone looks, in linear RGB (Machado, Oliveira and Fernandes, 2009).
const PROTANOPIA: Matrix =
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]];
const DEUTERANOPIA: Matrix =
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]];
const TRITANOPIA: Matrix =
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]];

fn linear(color: Color) -> [f64; 3] {
    let (red, green, blue) = color.rgb;
    [red, green, blue].map(|value| {
        let share = f64::from(value) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    })
}

fn seen(matrix: &Matrix, rgb: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(rgb).map(|(factor, it)| factor * it).sum::<f64>().clamp(0.0, 1.0))
}

fn xyz([red, green, blue]: [f64; 3]) -> [f64; 3] {
    [
        0.4124 * red + 0.3576 * green + 0.1805 * blue,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        0.0193 * red + 0.1192 * green + 0.9505 * blue,
    ]
}

/// Lightness and two axes of colour (CIELAB, D65).
fn lab(rgb: [f64; 3]) -> [f64; 3] {
    let curved = |value: f64| if value > 0.008856 { value.cbrt() } else { 7.787 * value + 16.0 / 116.0 };
    let [x, y, z] = xyz(rgb);
    let [x, y, z] = [curved(x / 0.9505), curved(y), curved(z / 1.089)];
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

fn lightness(color: Color) -> f64 {
    lab(linear(color))[0]
}

/// The contrast of WCAG 2, from 1 to 21.
fn contrast(one: Color, other: Color) -> f64 {
    let luminances = [one, other].map(|color| xyz(linear(color))[1] + 0.05);
    luminances[0].max(luminances[1]) / luminances[0].min(luminances[1])
}

/// Every ink that one chart may use: the recordings of an overlay, those of many that stand out, or what there is of a tree.
fn charts() -> [Vec<Ink>; 3] {
    let tree = [Ink::Main(0), Ink::Shared, Ink::Rest].into_iter().chain((0..=10).map(Ink::Child));
    let crowd = (0..4).map(Ink::Main).chain([Ink::Others]);
    [(0..10).map(Ink::Main).collect(), crowd.collect(), tree.collect()]
}

#[test]
fn every_curve_and_every_text_stands_out_from_the_paper() {
    for palette in [&LIGHT, &DARK] {
        for ink in charts().concat() {
            let ratio = contrast(palette.pen(ink).color, palette.paper);
            assert!(ratio >= 3.0, "{ink:?} {ratio:.2}");
        }
        for idx in 0..N_KINDS {
            let [fill, edge] = [palette.pen(Ink::Kind(idx)).color, palette.edge(Ink::Kind(idx))];
            assert!(contrast(fill, palette.paper).max(contrast(edge, palette.paper)) >= 3.0, "{idx}");
        }
        assert!(contrast(palette.edge(Ink::Absent), palette.paper) >= 3.0);
        for ground in [palette.paper, palette.band].into_iter().chain(palette.bars) {
            assert!(contrast(palette.text, ground) >= 7.0);
        }
        assert!(contrast(palette.quiet_text, palette.paper) >= 4.5);
        assert!(contrast(palette.axis, palette.paper) >= 3.0);
    }
}

#[test]
fn curves_differ_in_dash_or_lightness() {
    for palette in [&LIGHT, &DARK] {
        for inks in charts() {
            for (idx, &one) in inks.iter().enumerate() {
                for &other in &inks[..idx] {
                    let [a, b] = [palette.pen(one), palette.pen(other)];
                    let difference = (lightness(a.color) - lightness(b.color)).abs();
                    // The program among its children may be all there is below the sum: they differ in width too.
                    let is_apart =
                        a.dashes_px != b.dashes_px || a.width_px != b.width_px || difference >= 10.0;
                    assert!(is_apart, "{one:?} {other:?} {difference:.1}");
                }
            }
        }
    }
}

#[test]
fn colours_differ_for_every_kind_of_colour_vision() {
    for palette in [&LIGHT, &DARK] {
        for vision in [NORMAL, PROTANOPIA, DEUTERANOPIA, TRITANOPIA] {
            // What has no name lies among the layers of those that have one.
            let colors: Vec<Color> = palette.curves.into_iter().chain([palette.rest]).collect();
            let seen: Vec<_> = colors.iter().map(|&color| lab(seen(&vision, linear(color)))).collect();
            for (idx, one) in seen.iter().enumerate() {
                for (before, other) in seen[..idx].iter().enumerate() {
                    let squares: f64 = one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum();
                    assert!(squares.sqrt() >= 10.0, "{before} {idx} {:.1}", squares.sqrt());
                }
            }
        }
    }
}

#[test]
fn bars_of_functions_differ_for_every_kind_of_colour_vision() {
    for palette in [&LIGHT, &DARK] {
        for vision in [NORMAL, PROTANOPIA, DEUTERANOPIA, TRITANOPIA] {
            let bars: Vec<_> = [None].into_iter().chain((0..N_TINTS).map(Some)).collect();
            let seen: Vec<_> = bars.iter().map(|&it| lab(seen(&vision, linear(palette.bar(it))))).collect();
            for (idx, one) in seen.iter().enumerate() {
                for (before, other) in seen[..idx].iter().enumerate() {
                    let squares: f64 = one.iter().zip(other).map(|(a, b)| (a - b).powi(2)).sum();
                    assert!(squares.sqrt() >= 10.0, "{before} {idx} {:.1}", squares.sqrt());
                }
            }
        }
        // Of the first ones, who calls and who is called differ in grey as well.
        let grey = [0, 1, 2, 3].map(|tint| lightness(palette.bar(Some(tint))));
        assert!(grey.windows(2).all(|pair| (pair[0] - pair[1]).abs() >= 10.0), "{grey:?}");
    }
}

#[test]
fn no_two_of_thirty_recordings_look_alike() {
    let pens: Vec<Pen> = (0..30).map(|idx| LIGHT.pen(Ink::Main(idx))).collect();
    for (idx, one) in pens.iter().enumerate() {
        assert!(!pens[..idx].contains(one), "{idx}");
    }
}

#[test]
fn a_colour_of_a_theme_has_one_counterpart() {
    let light: Vec<Color> = LIGHT.colors().collect();
    for (idx, color) in light.iter().enumerate() {
        assert!(!light[..idx].contains(color), "{color:?}");
    }
    assert_eq!(light.len(), DARK.colors().count());
}
