//! Fewer points for the same picture.
//!
//! Per column of pixels the first, lowest, highest and last reading are kept, in order of time. A line through them
//! covers the same pixels as one through all readings, and no extreme is lost.

use crate::chart::Point;

/// The readings of a curve, reduced for an axis that ends at `end_ns` and is `n_columns` wide.
///
/// One pass, and nothing but the result is held.
pub(crate) fn reduce(
    readings: impl Iterator<Item = (u64, u64)>,
    end_ns: u64,
    n_columns: usize,
) -> Vec<Point> {
    let mut points = Vec::new();
    let mut open: Option<Column> = None;
    for (at_ns, bytes) in readings {
        let point = Point { at_ns, bytes };
        let idx = column_of(at_ns, end_ns, n_columns);
        match &mut open {
            Some(column) if column.idx == idx => column.add(point),
            _ => {
                let full = open.replace(Column::new(idx, point));
                full.into_iter().for_each(|column| column.close(&mut points));
            }
        }
    }
    open.into_iter().for_each(|column| column.close(&mut points));
    points
}

/// The column of a time. Floating point suffices: a reading at a border may fall on either side of it.
fn column_of(at_ns: u64, end_ns: u64, n_columns: usize) -> usize {
    (at_ns as f64 / end_ns.max(1) as f64 * n_columns as f64) as usize
}

/// The extremes of the readings in one column, each with its place in the order.
struct Column {
    idx: usize,
    n_points: usize,
    first: Point,
    lowest: (usize, Point),
    highest: (usize, Point),
    last: Point,
}

impl Column {
    fn new(idx: usize, point: Point) -> Self {
        Self { idx, n_points: 1, first: point, lowest: (0, point), highest: (0, point), last: point }
    }

    fn add(&mut self, point: Point) {
        if point.bytes < self.lowest.1.bytes {
            self.lowest = (self.n_points, point);
        }
        if point.bytes > self.highest.1.bytes {
            self.highest = (self.n_points, point);
        }
        self.last = point;
        self.n_points += 1;
    }

    fn close(self, points: &mut Vec<Point>) {
        let last_place = self.n_points - 1;
        let mut kept = [(0, self.first), self.lowest, self.highest, (last_place, self.last)];
        kept.sort_by_key(|&(place, _)| place);
        let mut before = None;
        for (place, point) in kept {
            if before.replace(place) != Some(place) {
                points.push(point);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// First, lowest, highest and last value per column.
    fn extremes(
        points: impl Iterator<Item = (u64, u64)>,
        end_ns: u64,
        n: usize,
    ) -> BTreeMap<usize, [u64; 4]> {
        let mut columns = BTreeMap::new();
        for (at_ns, bytes) in points {
            let it = columns.entry(column_of(at_ns, end_ns, n)).or_insert([bytes; 4]);
            *it = [it[0], it[1].min(bytes), it[2].max(bytes), bytes];
        }
        columns
    }

    proptest! {
        #[test]
        fn every_column_keeps_its_extremes(
            steps in prop::collection::vec((0u64..50, any::<u64>()), 0..400),
            n_columns in 1usize..60,
        ) {
            let mut at_ns = 0;
            let readings: Vec<(u64, u64)> =
                steps.iter().map(|&(step, bytes)| { at_ns += step; (at_ns, bytes) }).collect();
            let reduced = reduce(readings.iter().copied(), at_ns, n_columns);
            let kept = reduced.iter().map(|point| (point.at_ns, point.bytes));
            prop_assert_eq!(
                extremes(kept, at_ns, n_columns),
                extremes(readings.iter().copied(), at_ns, n_columns)
            );
            prop_assert!(reduced.is_sorted_by_key(|point| point.at_ns));
            prop_assert!(reduced.len() <= 4 * (n_columns + 1));
        }
    }

    #[test]
    fn few_readings_stay_as_they_are() {
        let readings = [(0, 5), (10, 7), (20, 6)];
        let kept: Vec<_> =
            reduce(readings.into_iter(), 20, 100).iter().map(|it| (it.at_ns, it.bytes)).collect();
        assert_eq!(kept, readings);
    }

    #[test]
    fn readings_at_one_time_keep_their_order() {
        let readings = [(0, 5), (0, 9), (0, 1), (0, 4), (0, 6)];
        let kept: Vec<_> = reduce(readings.into_iter(), 0, 100).iter().map(|it| it.bytes).collect();
        assert_eq!(kept, [5, 9, 1, 6]);
    }
}
