//! A part of a curve, cut where its lines cross the edges.

/// Cuts a curve, point by point.
#[derive(Clone, Copy, Debug)]
pub struct Clip {
    from_ns: u64,
    to_ns: u64,
    before: Option<(u64, u64)>,
}

impl Clip {
    /// Keeps what lies from one time to another.
    #[must_use]
    pub fn new(from_ns: u64, to_ns: u64) -> Self {
        Self { from_ns, to_ns, before: None }
    }

    /// What is kept up to the next point: where the line to it crosses the edges, and the point itself.
    pub fn take(&mut self, point: (u64, u64)) -> impl Iterator<Item = (u64, u64)> + use<> {
        let last = self.before.replace(point);
        let crossing = |at_ns| {
            let last = last.filter(|&(last_ns, _)| last_ns < at_ns && at_ns < point.0)?;
            Some((at_ns, between(last, point, at_ns)))
        };
        let inside = (self.from_ns..=self.to_ns).contains(&point.0).then_some(point);
        [crossing(self.from_ns), inside, crossing(self.to_ns)].into_iter().flatten()
    }
}

/// The points of a curve from one time to another, and its values at both, where lines between its points cross them.
pub fn clip(
    points: impl Iterator<Item = (u64, u64)>,
    from_ns: u64,
    to_ns: u64,
) -> impl Iterator<Item = (u64, u64)> {
    let mut clip = Clip::new(from_ns, to_ns);
    points.flat_map(move |point| clip.take(point))
}

/// The value of the line between two points at a time between them.
pub(crate) fn between(from: (u64, u64), to: (u64, u64), at_ns: u64) -> u64 {
    let share = (at_ns - from.0) as f64 / (to.0 - from.0) as f64;
    // Where nothing changes, nothing is to be rounded.
    if from.1 == to.1 { from.1 } else { (from.1 as f64 * (1.0 - share) + to.1 as f64 * share).round() as u64 }
}

/// The value at a time on the straight line between two points; that of the nearer point outside of them.
#[must_use]
pub fn exactly_between(before: (u64, u64), next: (u64, u64), at_ns: u64) -> u64 {
    let (from_ns, to_ns) = (before.0, next.0.max(before.0));
    let at_ns = at_ns.clamp(from_ns, to_ns);
    if from_ns == to_ns {
        return next.1;
    }
    let (done, left) = (u128::from(at_ns - from_ns), u128::from(to_ns - at_ns));
    let weighed = u128::from(before.1) * left + u128::from(next.1) * done;
    (weighed / u128::from(to_ns - from_ns)) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_the_largest_values_nothing_overflows() {
        assert_eq!(exactly_between((0, u64::MAX), (u64::MAX, u64::MAX), 7), u64::MAX);
        assert_eq!(exactly_between((10, 100), (20, 300), 15), 200);
    }

    #[track_caller]
    fn check(window_ns: (u64, u64), expected: &[(u64, u64)]) {
        let points = [(10, 0), (20, 100), (40, 100), (50, 0)];
        let clipped: Vec<(u64, u64)> = clip(points.into_iter(), window_ns.0, window_ns.1).collect();
        assert_eq!(clipped, expected, "{window_ns:?}");
    }

    #[test]
    fn lines_are_cut_at_the_edges() {
        check((15, 45), &[(15, 50), (20, 100), (40, 100), (45, 50)]);
        check((20, 40), &[(20, 100), (40, 100)]);
    }

    #[test]
    fn a_window_between_two_points_shows_the_line() {
        check((25, 30), &[(25, 100), (30, 100)]);
        check((12, 14), &[(12, 20), (14, 40)]);
    }

    #[test]
    fn before_and_after_there_is_nothing() {
        check((0, 5), &[]);
        check((60, 70), &[]);
        check((0, 100), &[(10, 0), (20, 100), (40, 100), (50, 0)]);
    }
}
