//! One run less another, moment by moment.
//!
//! Which moments belong together is for a [`Matching`] to say. Curves are points that straight lines join.

use std::iter::Peekable;

use crate::call::Call;
use crate::recording::Recording;
use crate::window;

/// Brings times of one run to those of another, by moments that are known to be the same in both.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matching {
    /// Moments of the one and of the other, both rising. Between two of them time passes evenly, and outside as it is.
    anchors: Vec<(u64, u64)>,
}

impl Matching {
    /// Each moment is its own.
    #[must_use]
    pub fn of_times() -> Self {
        Self { anchors: vec![(0, 0)] }
    }

    /// The runs begin and end together.
    #[must_use]
    pub fn of_ends(one_ns: u64, other_ns: u64) -> Self {
        Self { anchors: vec![(0, 0), (one_ns.max(1), other_ns)] }
    }

    /// The outermost calls of the same name begin and end together, in their order; `None` when there is none.
    #[must_use]
    pub fn of_calls(one: &Recording, other: &Recording) -> Option<Self> {
        let (one, mut rest) = (outermost(one), &outermost(other)[..]);
        let mut anchors: Vec<(u64, u64)> = Vec::new();
        let mut n_matched = 0;
        for call in one {
            let Some(place) = rest.iter().position(|it| it.name == call.name) else { continue };
            let same = rest[place];
            rest = &rest[place + 1..];
            n_matched += 1;
            for anchor in [(call.from_ns, same.from_ns), (call.to_ns, same.to_ns)] {
                if anchors.last().is_none_or(|last| anchor.0 > last.0 && anchor.1 >= last.1) {
                    anchors.push(anchor);
                }
            }
        }
        (n_matched > 0).then_some(Self { anchors })
    }

    /// The time of the other run that is this one's.
    #[must_use]
    pub fn apply(&self, at_ns: u64) -> u64 {
        let place = self.anchors.partition_point(|&(one_ns, _)| one_ns <= at_ns);
        let before = place.checked_sub(1).and_then(|place| self.anchors.get(place));
        match (before, self.anchors.get(place)) {
            (Some(&before), Some(&after)) => window::between(before, after, at_ns),
            (Some(&(one_ns, other_ns)), None) => other_ns.saturating_add(at_ns - one_ns),
            // What comes before the first moment in common takes as long as it took the other run.
            (None, Some(&first)) => window::between((0, 0), first, at_ns),
            (None, None) => at_ns,
        }
    }
}

fn outermost(recording: &Recording) -> Vec<&Call> {
    recording.calls.iter().filter(|call| call.level == 0).collect()
}

/// The points of a curve less another, where both have a value. A step of either is a step of the difference.
///
/// Neither is held: they may have millions of points.
pub fn minus(
    one: impl Iterator<Item = (u64, u64)>,
    other: impl Iterator<Item = (u64, u64)>,
) -> impl Iterator<Item = (u64, i128)> {
    let (mut one, mut other) = (Walk::along(one), Walk::along(other));
    let mut step = None;
    std::iter::from_fn(move || {
        while step.is_none() {
            // Behind the end of either there is nothing.
            let at_ns = one.next_ns()?.min(other.next_ns()?);
            let (Some(one), Some(other)) = (one.reach(at_ns), other.reach(at_ns)) else { continue };
            let ends = [0, 1].map(|side| i128::from(one[side]) - i128::from(other[side]));
            step = (ends[1] != ends[0]).then_some((at_ns, ends[1]));
            return Some((at_ns, ends[0]));
        }
        step.take()
    })
}

/// A curve, gone along from left to right.
struct Walk<I: Iterator<Item = (u64, u64)>> {
    points: Peekable<I>,
    before: Option<(u64, u64)>,
}

impl<I: Iterator<Item = (u64, u64)>> Walk<I> {
    fn along(points: I) -> Self {
        Self { points: points.peekable(), before: None }
    }

    /// The time of the next point.
    fn next_ns(&mut self) -> Option<u64> {
        self.points.peek().map(|&(at_ns, _)| at_ns)
    }

    /// The values at a time, coming to it and leaving it; `None` outside of the curve. Times rise.
    fn reach(&mut self, at_ns: u64) -> Option<[u64; 2]> {
        let &(next_ns, coming) = self.points.peek()?;
        if next_ns > at_ns {
            let value = window::between(self.before?, (next_ns, coming), at_ns);
            return Some([value; 2]);
        }
        while let Some(point) = self.points.next_if(|point| point.0 == at_ns) {
            self.before = Some(point);
        }
        self.before.map(|(_, leaving)| [coming, leaving])
    }
}

/// How far a difference goes, and its mean over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The least.
    pub least: i128,
    /// The most.
    pub most: i128,
    /// The mean; none where the difference took no time.
    pub mean: Option<i128>,
}

impl Extent {
    /// The extent of a difference; none of one without points.
    #[must_use]
    pub fn of(mut points: impl Iterator<Item = (u64, i128)>) -> Option<Self> {
        let (first_ns, first) = points.next()?;
        let mut extent = Self { least: first, most: first, mean: None };
        let (mut before, mut doubled) = ((first_ns, first), 0_i128);
        for (at_ns, value) in points {
            (extent.least, extent.most) = (extent.least.min(value), extent.most.max(value));
            let length_ns = i128::from(at_ns - before.0);
            doubled = doubled.saturating_add(before.1.saturating_add(value).saturating_mul(length_ns));
            before = (at_ns, value);
        }
        extent.mean = (doubled / 2).checked_div(i128::from(before.0 - first_ns));
        Some(extent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn less(one: &[(u64, u64)], other: &[(u64, u64)]) -> Vec<(u64, i128)> {
        minus(one.iter().copied(), other.iter().copied()).collect()
    }

    #[test]
    fn a_difference_is_known_where_both_curves_are() {
        let one = [(0, 10), (10, 20), (20, 20)];
        let other = [(5, 5), (15, 5)];
        assert_eq!(less(&one, &other), [(5, 10), (10, 15), (15, 15)]);
        assert_eq!(less(&other, &one), [(5, -10), (10, -15), (15, -15)]);
        assert_eq!(less(&one, &[]), []);
    }

    #[test]
    fn a_step_stays_a_step() {
        let step = [(0, 1), (10, 1), (10, 9), (20, 9)];
        let difference = less(&step, &[(0, 1), (20, 1)]);
        assert_eq!(difference, [(0, 0), (10, 0), (10, 8), (20, 8)]);
        let extent = Extent { least: 0, most: 8, mean: Some(4) };
        assert_eq!(Extent::of(difference.into_iter()), Some(extent));
        assert_eq!(Extent::of([(3, 5)].into_iter()), Some(Extent { least: 5, most: 5, mean: None }));
        assert_eq!(Extent::of([].into_iter()), None);
    }

    #[test]
    fn runs_are_matched_from_end_to_end() {
        let matching = Matching::of_ends(200, 100);
        assert_eq!([0, 50, 200, 260].map(|at_ns| matching.apply(at_ns)), [0, 25, 100, 160]);
        assert_eq!(Matching::of_ends(0, 0).apply(0), 0);
    }

    #[test]
    fn runs_are_matched_by_the_calls_that_both_made() {
        let call = |name: &str, from_ns, to_ns| Call { name: name.into(), from_ns, to_ns, ..Call::default() };
        let recording = |calls: Vec<Call>| Recording { calls, ..Recording::default() };
        let one = recording(vec![call("load", 10, 30), call("only", 30, 40), call("fit", 40, 80)]);
        let other = recording(vec![call("load", 20, 30), call("fit", 30, 50), call("more", 60, 70)]);
        let matching = Matching::of_calls(&one, &other).unwrap();
        let times_ns = [0, 5, 10, 20, 30, 40, 60, 80, 90].map(|at_ns| matching.apply(at_ns));
        assert_eq!(times_ns, [0, 10, 20, 25, 30, 30, 40, 50, 60]);
        assert_eq!(Matching::of_calls(&recording(vec![call("x", 0, 1)]), &other), None);
    }
}
