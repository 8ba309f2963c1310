//! A curve of fewer points, with the extremes of all, and with its breaks.

use crate::chart::{Axis, Point, Series};
use crate::reduce::reduce;

/// The same curve in so many columns of its axis.
pub(super) fn thinned(series: &Series, time: &Axis, n_columns: usize) -> Series {
    // Columns are counted from time zero, of which a window may show a small part.
    let shown = (time.end - time.from).max(1) as f64 / time.end.max(1) as f64;
    let n_columns = (n_columns as f64 / shown) as usize;
    let (mut points, mut breaks) = (Vec::new(), Vec::new());
    for piece in series.pieces() {
        if !points.is_empty() {
            breaks.push(points.len());
        }
        points.extend(reduce(piece.iter().map(Point::pair), time.end, n_columns.max(1)));
    }
    Series { name: series.name.clone(), ink: series.ink, points, breaks, ground: series.ground }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Ground, Ink};

    fn series(breaks: Vec<usize>) -> Series {
        let points = (0..9000).map(|idx| Point { at_ns: idx, bytes: idx * 7919 % 10_007 }).collect();
        Series { name: String::new(), ink: Ink::Rest, points, breaks, ground: Ground::Bare }
    }

    fn extremes(points: &[Point]) -> (Option<u64>, Option<u64>) {
        let bytes = || points.iter().map(|it| it.bytes);
        (bytes().min(), bytes().max())
    }

    #[test]
    fn extremes_stay_and_breaks_stay_where_they_were() {
        let series = series(vec![4500]);
        let time = Axis { end: 9000, ..Axis::default() };
        let thin = thinned(&series, &time, 100);
        assert!(thin.points.len() <= 4 * 102, "{}", thin.points.len());
        assert_eq!(extremes(&thin.points), extremes(&series.points));
        assert_eq!(thin.breaks.iter().map(|&idx| thin.points[idx].at_ns).collect::<Vec<_>>(), [4500]);
    }

    #[test]
    fn a_window_has_as_many_columns_as_the_whole() {
        let time = Axis { from: 8000, end: 9000, ..Axis::default() };
        let mut series = series(Vec::new());
        series.points.drain(..8000);
        assert!(thinned(&series, &time, 100).points.len() > 200);
    }
}
