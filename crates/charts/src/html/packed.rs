//! The points of a curve as little text: differences in whole steps, as numbers of varying length, in base64.
//!
//! Times and amounts have each a step, the largest that divides them all (a page of memory, a microsecond). Of each
//! point follow its differences to the one before, time first: an even number is twice a rise, an odd one twice a fall
//! less one. A number takes seven bits a byte, the lowest first; all bytes but the last have their highest bit set.

use super::digest::base64;
use crate::chart::Point;
use serde::Serialize;

/// A curve's points.
#[derive(Debug, Serialize)]
pub(super) struct Packed {
    n_points: usize,
    step_ns: u64,
    step_bytes: u64,
    text: String,
}

impl Packed {
    pub(super) fn of(points: &[Point]) -> Self {
        let step_ns = divisor(points.iter().map(|point| point.at_ns));
        let step_bytes = divisor(points.iter().map(|point| point.bytes));
        let mut bytes = Vec::with_capacity(points.len() * 4);
        let (mut at, mut amount) = (0, 0);
        for point in points {
            push_difference(&mut bytes, &mut at, point.at_ns / step_ns);
            push_difference(&mut bytes, &mut amount, point.bytes / step_bytes);
        }
        Self { n_points: points.len(), step_ns, step_bytes, text: base64(&bytes) }
    }
}

/// The largest number that divides all; one where there is none but zero.
fn divisor(numbers: impl Iterator<Item = u64>) -> u64 {
    numbers.fold(0, greatest_common).max(1)
}

fn greatest_common(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn push_difference(bytes: &mut Vec<u8>, before: &mut u64, next: u64) {
    // Wider than the values, so that every difference has its place.
    let difference = i128::from(next) - i128::from(*before);
    let mut rest = if difference < 0 { -difference * 2 - 1 } else { difference * 2 };
    *before = next;
    while rest >= 0x80 {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(pairs: &[(u64, u64)]) -> Packed {
        Packed::of(&pairs.iter().map(|&(at_ns, bytes)| Point { at_ns, bytes }).collect::<Vec<_>>())
    }

    #[test]
    fn regular_readings_take_two_bytes_a_point() {
        let it = packed(&[(10_000, 8192), (20_000, 4096), (30_000, 4096 * 101)]);
        assert_eq!((it.n_points, it.step_ns, it.step_bytes), (3, 10_000, 4096));
        assert_eq!(it.text, base64(&[2, 4, 2, 1, 2, 200, 1]));
    }

    #[test]
    fn zeros_and_extremes_have_their_place() {
        let it = packed(&[(0, 0), (0, u64::MAX), (1, 0)]);
        assert_eq!((it.step_ns, it.step_bytes), (1, u64::MAX));
        assert_eq!(it.text, base64(&[0, 0, 0, 2, 2, 1]));
        assert_eq!(packed(&[(0, u64::MAX), (1, 2)]).step_bytes, 1);
        assert_eq!(packed(&[]).step_ns, 1);
    }
}
