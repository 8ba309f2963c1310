//! Whether memory grows: the slope of Theil and Sen, with its interval.
//!
//! It is the median of the slopes between all pairs of points, so that bursts move it little. The interval is Sen's
//! (1968), from Kendall's statistic: 95 %, for points whose errors do not hang together.

/// So many points are looked at, evenly spread over the time: their pairs are some fifty thousand.
const MOST_POINTS: usize = 320;

/// The quantile of the normal distribution for 95 %.
const Z: f64 = 1.959_964;

/// A slope in bytes per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trend {
    /// The median of all slopes.
    pub bytes_per_s: f64,
    /// Where it lies with 95 %.
    pub low_bytes_per_s: f64,
    /// The upper end of it.
    pub high_bytes_per_s: f64,
    /// The median line's value at time zero, in bytes; it may be less than nothing.
    pub at_zero_bytes: f64,
    /// The time of the first point that it is the trend of.
    pub from_ns: u64,
    /// The time of the last one.
    pub to_ns: u64,
}

impl Trend {
    /// The trend of a curve whose points are in order of time; none of fewer than three points, or of one moment.
    ///
    /// The points are gone through twice and not held, since there may be millions of them.
    #[must_use]
    pub fn of<I: Iterator<Item = (u64, u64)>>(points: impl Fn() -> I) -> Option<Self> {
        let mut extent = Extent::default();
        points().for_each(|point| extent.take(point));
        let mut even = Even::over(&extent)?;
        points().for_each(|point| even.take(point));
        let points = even.finish();
        let mut slopes = slopes(&points);
        if points.len() < 3 || slopes.is_empty() {
            return None;
        }
        slopes.sort_unstable_by(f64::total_cmp);
        let bytes_per_s = median(&slopes);
        let mut rests: Vec<f64> = points.iter().map(|&(s, bytes)| bytes - bytes_per_s * s).collect();
        rests.sort_unstable_by(f64::total_cmp);
        let (low, high) = interval(slopes.len(), &points);
        Some(Self {
            bytes_per_s,
            low_bytes_per_s: slopes[low],
            high_bytes_per_s: slopes[high],
            at_zero_bytes: median(&rests),
            from_ns: extent.from_ns,
            to_ns: extent.to_ns,
        })
    }

    /// Whether it is known to rise, or known to fall.
    #[must_use]
    pub fn is_clear(&self) -> bool {
        self.low_bytes_per_s > 0.0 || self.high_bytes_per_s < 0.0
    }

    /// The line's value at a time, in bytes; nothing is less than zero.
    #[must_use]
    pub fn bytes_at(&self, at_ns: u64) -> u64 {
        (self.at_zero_bytes + self.bytes_per_s * (at_ns as f64 / 1e9)).max(0.0) as u64
    }
}

/// How many points there are, and between which times.
#[derive(Default)]
struct Extent {
    n_points: usize,
    from_ns: u64,
    to_ns: u64,
}

impl Extent {
    fn take(&mut self, (at_ns, _): (u64, u64)) {
        if self.n_points == 0 {
            self.from_ns = at_ns;
        }
        self.n_points += 1;
        self.to_ns = at_ns;
    }
}

/// At most so many values of a curve, evenly spread over its time, in seconds and bytes.
///
/// Where there are more, the curve is read off at even times, because what does not change is not written.
struct Even {
    from_ns: u64,
    to_ns: u64,
    n: usize,
    values: Vec<(f64, f64)>,
    /// When the next value is to be read off.
    next_ns: f64,
    before: Option<(u64, u64)>,
}

impl Even {
    fn over(&Extent { n_points, from_ns, to_ns }: &Extent) -> Option<Self> {
        let n = n_points.clamp(3, MOST_POINTS);
        let is_enough = n_points >= 3 && to_ns > from_ns;
        let (values, next_ns) = (Vec::with_capacity(n), from_ns as f64);
        is_enough.then_some(Self { from_ns, to_ns, n, values, next_ns, before: None })
    }

    /// Reads off what lies between the point before and this one.
    fn take(&mut self, point: (u64, u64)) {
        let Some(before) = self.before.replace(point) else { return };
        while self.next_ns < point.0 as f64 && self.values.len() < self.n {
            self.read_off(before, point);
        }
    }

    fn read_off(&mut self, before: (u64, u64), after: (u64, u64)) {
        let (at_ns, length_ns) = (self.next_ns, (after.0 - before.0) as f64);
        let share = if length_ns > 0.0 { (at_ns - before.0 as f64) / length_ns } else { 0.0 };
        let bytes = before.1 as f64 + (after.1 as f64 - before.1 as f64) * share;
        self.values.push((at_ns / 1e9, bytes));
        let step_ns = (self.to_ns - self.from_ns) as f64 / (self.n - 1) as f64;
        self.next_ns = (self.from_ns as f64 + step_ns * self.values.len() as f64).min(self.to_ns as f64);
    }

    /// The values, of which the last one is that of the last point.
    fn finish(mut self) -> Vec<(f64, f64)> {
        while let Some(last) = self.before.filter(|_| self.values.len() < self.n) {
            self.read_off(last, last);
        }
        self.values
    }
}

/// The slopes between all pairs.
fn slopes(points: &[(f64, f64)]) -> Vec<f64> {
    let pairs =
        points.iter().enumerate().flat_map(|(idx, from)| points[idx + 1..].iter().map(move |to| (from, to)));
    pairs.filter(|(from, to)| to.0 > from.0).map(|(from, to)| (to.1 - from.1) / (to.0 - from.0)).collect()
}

/// The places of the interval's ends among the sorted slopes. Values that are equal make Kendall's statistic narrower.
fn interval(n_slopes: usize, points: &[(f64, f64)]) -> (usize, usize) {
    let n = points.len() as f64;
    let mut values: Vec<f64> = points.iter().map(|point| point.1).collect();
    values.sort_unstable_by(f64::total_cmp);
    let ties = values.chunk_by(|a, b| a == b).map(|tie| tie.len() as f64);
    let ties: f64 = ties.map(|t| t * (t - 1.0) * (2.0 * t + 5.0)).sum();
    let variance = (n * (n - 1.0) * (2.0 * n + 5.0) - ties) / 18.0;
    let half = Z * variance.max(0.0).sqrt();
    let last = n_slopes as f64 - 1.0;
    let low = ((n_slopes as f64 - half) / 2.0).floor().clamp(0.0, last);
    let high = ((n_slopes as f64 + half) / 2.0).ceil().clamp(0.0, last);
    (low as usize, high as usize)
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND_NS: u64 = 1_000_000_000;

    fn curve(n: u64, bytes: impl Fn(u64) -> u64) -> Vec<(u64, u64)> {
        (0..n).map(|s| (s * SECOND_NS, bytes(s))).collect()
    }

    fn of(points: &[(u64, u64)]) -> Option<Trend> {
        Trend::of(|| points.iter().copied())
    }

    /// What mprof's `-s` would draw.
    fn least_squares(points: &[(u64, u64)]) -> f64 {
        let n = points.len() as f64;
        let xy: Vec<(f64, f64)> = points.iter().map(|&(ns, bytes)| (ns as f64 / 1e9, bytes as f64)).collect();
        let (x, y) = (xy.iter().map(|it| it.0).sum::<f64>() / n, xy.iter().map(|it| it.1).sum::<f64>() / n);
        let top: f64 = xy.iter().map(|it| (it.0 - x) * (it.1 - y)).sum();
        top / xy.iter().map(|it| (it.0 - x).powi(2)).sum::<f64>()
    }

    #[test]
    fn a_line_is_its_own_trend() {
        let trend = of(&curve(50, |s| 1000 + 7 * s)).unwrap();
        assert_eq!((trend.bytes_per_s, trend.at_zero_bytes), (7.0, 1000.0));
        assert_eq!((trend.low_bytes_per_s, trend.high_bytes_per_s), (7.0, 7.0));
        assert!(trend.is_clear());
        assert_eq!(trend.bytes_at(10 * SECOND_NS), 1070);
    }

    #[test]
    fn a_few_points_by_hand() {
        // Slopes 1, 2, 2, 3, 2.5, 2: their median is 2.
        let points = [(1, 1), (2, 2), (3, 5), (4, 7)].map(|(s, bytes)| (s * SECOND_NS, bytes));
        let trend = of(&points).unwrap();
        assert!((trend.bytes_per_s - 2.0).abs() < 1e-9, "{trend:?}");
    }

    #[test]
    fn bursts_at_the_end_do_not_make_a_trend() {
        let points = curve(200, |s| if s > 150 && s % 4 == 0 { 900_000 } else { 100_000 + s * 37 % 11 });
        assert!(least_squares(&points) > 500.0, "least squares is fooled: {}", least_squares(&points));
        let trend = of(&points).unwrap();
        assert!(trend.bytes_per_s.abs() < 1.0 && !trend.is_clear(), "{trend:?}");
    }

    #[test]
    fn a_leak_below_bursts_is_found() {
        let points = curve(300, |s| {
            1_000_000 + 250 * s + if s % 10 == 3 { 700_000 - 2000 * s } else { s * 7919 % 40 }
        });
        assert!((least_squares(&points) - 250.0).abs() > 40.0, "{}", least_squares(&points));
        let trend = of(&points).unwrap();
        assert!((trend.bytes_per_s - 250.0).abs() < 5.0 && trend.is_clear(), "{trend:?}");
        assert!(trend.low_bytes_per_s <= trend.bytes_per_s && trend.bytes_per_s <= trend.high_bytes_per_s);
    }

    #[test]
    fn points_that_were_not_written_count_by_their_time() {
        // Flat for 90 seconds, of which only both ends are written, then a short rise.
        let rise = (0..=100).map(|n| (90 * SECOND_NS + n * SECOND_NS / 100, 500 + n));
        let points: Vec<(u64, u64)> = [(0, 500), (89 * SECOND_NS, 500)].into_iter().chain(rise).collect();
        let trend = of(&points).unwrap();
        assert!(trend.bytes_per_s == 0.0 && !trend.is_clear(), "{trend:?}");
    }

    #[test]
    fn millions_of_points_are_few() {
        let trend = of(&curve(100_000, |s| 5 * s)).unwrap();
        assert!((trend.bytes_per_s - 5.0).abs() < 1e-6);
    }

    #[test]
    fn what_has_no_trend() {
        assert_eq!(of(&[]), None);
        assert_eq!(of(&curve(2, |s| s)), None);
        assert_eq!(of(&[(5, 1), (5, 2), (5, 3), (5, 4)]), None);
        assert!(!of(&curve(40, |_| 4096)).unwrap().is_clear());
        assert!(!of(&curve(4, |s| s * s)).unwrap().bytes_per_s.is_nan());
    }
}
