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
    let mut reduction = Reduction::new(end_ns, n_columns);
    readings.for_each(|reading| reduction.push(reading));
    reduction.finish()
}

/// A curve that is reduced while it comes.
pub(crate) struct Reduction {
    columns: Columns,
    points: Vec<Point>,
    open: Option<Column>,
}

impl Reduction {
    /// For an axis that ends at `end_ns` and is `n_columns` wide.
    pub(crate) fn new(end_ns: u64, n_columns: usize) -> Self {
        let columns = Columns { end_ns: end_ns.max(1), n: n_columns.max(1) as u64 };
        Self { columns, points: Vec::new(), open: None }
    }

    #[inline]
    pub(crate) fn push(&mut self, (at_ns, bytes): (u64, u64)) {
        let point = Point { at_ns, bytes };
        match &mut self.open {
            Some(column) if at_ns < column.next_ns => column.add(point),
            _ => {
                let full = self.open.replace(Column::new(self.columns.next_ns(at_ns), point));
                full.into_iter().for_each(|column| column.close(&mut self.points));
            }
        }
    }

    pub(crate) fn finish(mut self) -> Vec<Point> {
        self.open.take().into_iter().for_each(|column| column.close(&mut self.points));
        self.points
    }
}

/// Columns of equal width, of which the last ends at a time. What lies at that time, or behind, has columns of its own.
struct Columns {
    end_ns: u64,
    n: u64,
}

impl Columns {
    /// The column of a time.
    fn of(&self, at_ns: u64) -> u64 {
        (u128::from(at_ns) * u128::from(self.n) / u128::from(self.end_ns)) as u64
    }

    /// The first time of the column that follows a time's own.
    fn next_ns(&self, at_ns: u64) -> u64 {
        let next = u128::from(self.of(at_ns)) + 1;
        let next_ns = (next * u128::from(self.end_ns)).div_ceil(u128::from(self.n));
        u64::try_from(next_ns).unwrap_or(u64::MAX)
    }
}

/// The extremes of the readings in one column, each with its place in the order.
struct Column {
    /// The first time of the next column.
    next_ns: u64,
    n_points: usize,
    first: Point,
    lowest: (usize, Point),
    highest: (usize, Point),
    last: Point,
}

impl Column {
    fn new(next_ns: u64, point: Point) -> Self {
        Self { next_ns, n_points: 1, first: point, lowest: (0, point), highest: (0, point), last: point }
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
        kept.sort_unstable_by_key(|&(place, _)| place);
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

    /// The lowest and the highest value of a drawn curve in each column, lines between points included.
    ///
    /// Equal lines give equal figures, so that floating point is exact enough to compare.
    fn extents(points: &[(u64, u64)], columns: &Columns) -> BTreeMap<u64, (f64, f64)> {
        let mut extents = BTreeMap::new();
        let mut see = |column: u64, value: f64| {
            let it = extents.entry(column).or_insert((value, value));
            *it = (it.0.min(value), it.1.max(value));
        };
        points.iter().for_each(|&(at_ns, bytes)| see(columns.of(at_ns), bytes as f64));
        for pair in points.windows(2) {
            let [(from_ns, from), (to_ns, to)] =
                [pair[0], pair[1]].map(|(ns, bytes)| (ns as f64, bytes as f64));
            for border in columns.of(pair[0].0) + 1..=columns.of(pair[1].0) {
                let border_ns = border as f64 * columns.end_ns as f64 / columns.n as f64;
                let share = ((border_ns - from_ns) / (to_ns - from_ns)).clamp(0.0, 1.0);
                let value = from + (to - from) * share;
                [border - 1, border].into_iter().for_each(|column| see(column, value));
            }
        }
        extents
    }

    /// Readings with gaps, at equal times, alone, and with values of all sizes.
    fn readings() -> impl Strategy<Value = Vec<(u64, u64)>> {
        let step = prop_oneof![6 => 0..4_u64, 3 => 0..50_u64, 1 => 0..5000_u64];
        let value = prop_oneof![0..10_u64, 0..1_u64 << 50];
        let offset = 0..100_u64;
        (offset, prop::collection::vec((step, value), 0..400)).prop_map(|(mut at_ns, steps)| {
            let place = |(step, bytes)| {
                at_ns += step;
                (at_ns, bytes)
            };
            steps.into_iter().map(place).collect()
        })
    }

    proptest! {
        #[test]
        fn the_reduced_curve_covers_what_the_whole_one_covers(
            readings in readings(),
            n in prop_oneof![1..60_u64, 60..3000_u64],
            behind_ns in prop_oneof![Just(0), 0..900_u64],
        ) {
            let end_ns = (readings.last().map_or(0, |last| last.0) + behind_ns).max(1);
            let reduced: Vec<(u64, u64)> =
                reduce(readings.iter().copied(), end_ns, n as usize).iter().map(Point::pair).collect();
            let columns = Columns { end_ns, n };
            prop_assert_eq!(extents(&reduced, &columns), extents(&readings, &columns));
            prop_assert!(reduced.is_sorted_by_key(|point| point.0));
            prop_assert!(reduced.len() as u64 <= 4 * (n + 1));
            let max = |points: &[(u64, u64)]| points.iter().map(|point| point.1).max();
            prop_assert_eq!(max(&reduced), max(&readings));
        }

        #[test]
        fn a_time_lies_before_the_next_column_and_not_before_its_own(at_ns: u64, end_ns in 1..u64::MAX, n in 1..9999_u64) {
            let columns = Columns { end_ns, n };
            let next_ns = columns.next_ns(at_ns);
            prop_assert!(at_ns < next_ns || next_ns == u64::MAX);
            prop_assert!(next_ns == u64::MAX || columns.of(next_ns) > columns.of(at_ns));
            prop_assert_eq!(columns.of(next_ns - 1), columns.of(at_ns));
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
