//! Curves as dots, two by four in a cell.
//!
//! A column of dots shows every value that a curve has in its time, so that no extreme is lost between two dots.

use crate::canvas::Spot;
use crate::layout::Rect;
use crate::sheet::Charset;

const BRAILLE: u32 = 0x2800;
/// The bits of a braille character, from its upper left dot downwards, and then those of its right column.
const BITS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];

/// The dots in a cell, and the last curve that set one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) dots: u8,
    pub(super) owner: usize,
}

/// A field of cells.
pub(super) struct Dots {
    n_columns: usize,
    n_lines: usize,
    cells: Vec<Cell>,
}

impl Dots {
    pub(super) fn new(n_columns: usize, n_lines: usize) -> Self {
        Self { n_columns, n_lines, cells: vec![Cell::default(); n_columns * n_lines] }
    }

    /// The field in units of dots.
    pub(super) fn rect(&self) -> Rect {
        Rect { left: 0.0, top: 0.0, right: 2.0 * self.n_columns as f32, bottom: 4.0 * self.n_lines as f32 }
    }

    pub(super) fn get(&self, line: usize, column: usize) -> Cell {
        self.cells[line * self.n_columns + column]
    }

    /// Draws a straight line of a curve. What lies outside is left out.
    pub(super) fn line(&mut self, one: Spot, other: Spot, owner: usize) {
        let (from, to) = if one.x <= other.x { (one, other) } else { (other, one) };
        let Rect { right, .. } = self.rect();
        if to.x < 0.0 || from.x > right {
            return;
        }
        let last = right - 1.0;
        let (first, last) =
            (from.x.floor().clamp(0.0, last) as usize, to.x.floor().clamp(0.0, last) as usize);
        if first == last {
            return self.run(first, from.y, to.y, owner);
        }
        let slope = (to.y - from.y) / (to.x - from.x);
        let y_at = |x: f32| from.y + (x.clamp(from.x, to.x) - from.x) * slope;
        for column in first..=last {
            self.run(column, y_at(column as f32), y_at((column + 1) as f32), owner);
        }
    }

    /// Sets all dots of a column between two heights.
    fn run(&mut self, column: usize, one: f32, other: f32, owner: usize) {
        let Rect { bottom, .. } = self.rect();
        let (from, to) = (one.min(other), one.max(other));
        if !(to >= 0.0 && from <= bottom) {
            return;
        }
        let row = |y: f32| y.floor().clamp(0.0, bottom - 1.0) as usize;
        for row in row(from)..=row(to) {
            let cell = &mut self.cells[row / 4 * self.n_columns + column / 2];
            cell.dots |= BITS[column % 2][row % 4];
            cell.owner = owner;
        }
    }
}

impl Cell {
    /// The character for the dots; nothing where there are none.
    pub(super) fn character(self, charset: Charset) -> Option<char> {
        match (self.dots, charset) {
            (0, _) => None,
            (dots, Charset::Unicode) => char::from_u32(BRAILLE + u32::from(dots)),
            (dots, Charset::Ascii) => Some(slope(dots)),
        }
    }
}

/// The character of ASCII that looks most like some dots.
fn slope(dots: u8) -> char {
    let rows = |column: usize| (0..4).filter(move |&row| dots & BITS[column][row] != 0);
    let n_rows = (0..4).filter(|&row| dots & (BITS[0][row] | BITS[1][row]) != 0).count();
    let middle = |column: usize| {
        let n = rows(column).count();
        (n > 0).then(|| rows(column).sum::<usize>() as f32 / n as f32)
    };
    match (middle(0), middle(1)) {
        (Some(left), Some(right)) if left - right >= 1.0 => '/',
        (Some(left), Some(right)) if right - left >= 1.0 => '\\',
        _ if n_rows >= 3 => '|',
        (Some(it), None) | (None, Some(it)) => level(it),
        (Some(left), Some(right)) => level(f32::midpoint(left, right)),
        (None, None) => ' ',
    }
}

/// The flat character at a height, from 0 at the top to 3.
fn level(row: f32) -> char {
    match row {
        it if it < 0.75 => '\'',
        it if it < 2.25 => '-',
        it if it < 2.75 => '.',
        _ => '_',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(dots: &Dots, charset: Charset) -> Vec<String> {
        let line = |line: usize| {
            (0..dots.n_columns).map(|it| dots.get(line, it).character(charset).unwrap_or(' ')).collect()
        };
        (0..dots.n_lines).map(line).collect()
    }

    fn at(x: f32, y: f32) -> Spot {
        Spot { x, y }
    }

    #[test]
    fn lines_are_made_of_dots() {
        let mut dots = Dots::new(4, 2);
        dots.line(at(0.0, 8.0), at(8.0, 0.0), 0);
        assert_eq!(text(&dots, Charset::Unicode), ["  ⣠⠞", "⣠⠞⠁ "]);
        assert_eq!(text(&dots, Charset::Ascii), ["  _/", "_/' "]);
        let mut dots = Dots::new(4, 1);
        dots.line(at(0.0, 0.0), at(3.9, 0.0), 0);
        dots.line(at(4.0, 0.0), at(4.0, 4.0), 0);
        dots.line(at(6.0, 4.0), at(8.0, 4.0), 0);
        assert_eq!(text(&dots, Charset::Unicode), ["⠉⠉⡇⣀"]);
        assert_eq!(text(&dots, Charset::Ascii), ["''|_"]);
    }

    #[test]
    fn what_lies_outside_is_left_out() {
        let mut dots = Dots::new(2, 1);
        dots.line(at(-9.0, -9.0), at(-5.0, 2.0), 0);
        dots.line(at(0.0, 5.0), at(9.0, 99.0), 0);
        dots.line(at(5.0, 0.0), at(99.0, 0.0), 0);
        assert_eq!(text(&dots, Charset::Unicode), ["  "]);
        dots.line(at(-1e9, 2.0), at(1e9, 2.0), 0);
        assert_eq!(text(&dots, Charset::Unicode), ["⠤⠤"]);
    }

    proptest! {
        #[test]
        fn no_extreme_is_lost(points in prop::collection::vec((0.0f32..40.0, 0.0f32..32.0), 2..50)) {
            let mut dots = Dots::new(20, 8);
            let mut points = points;
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            for pair in points.windows(2) {
                dots.line(at(pair[0].0, pair[0].1), at(pair[1].0, pair[1].1), 3);
            }
            for (x, y) in points {
                let cell = dots.get(y as usize / 4, x as usize / 2);
                prop_assert!(cell.dots & BITS[x as usize % 2][y as usize % 4] != 0);
                prop_assert_eq!(cell.owner, 3);
            }
        }
    }
}
