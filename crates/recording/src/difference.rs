//! One run less another, moment by moment.
//!
//! Which moments belong together is for a [`Matching`] to say. Curves are points that straight lines join.

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
#[must_use]
pub fn minus(one: &[(u64, u64)], other: &[(u64, u64)]) -> Vec<(u64, i128)> {
    let mut times_ns: Vec<u64> = Vec::with_capacity(one.len() + other.len());
    times_ns.extend(one.iter().chain(other).map(|&(at_ns, _)| at_ns));
    times_ns.sort_unstable();
    times_ns.dedup();
    let (mut one, mut other) = (Walk::along(one), Walk::along(other));
    let mut points: Vec<(u64, i128)> = Vec::with_capacity(times_ns.len());
    for at_ns in times_ns {
        let (Some(one), Some(other)) = (one.reach(at_ns), other.reach(at_ns)) else { continue };
        let ends = [0, 1].map(|side| i128::from(one[side]) - i128::from(other[side]));
        points.push((at_ns, ends[0]));
        points.extend((ends[1] != ends[0]).then_some((at_ns, ends[1])));
    }
    points
}

/// A curve, gone along from left to right.
struct Walk<'a> {
    points: &'a [(u64, u64)],
    next: usize,
}

impl<'a> Walk<'a> {
    fn along(points: &'a [(u64, u64)]) -> Self {
        Self { points, next: 0 }
    }

    /// The values at a time, coming to it and leaving it; `None` outside of the curve. Times never fall.
    fn reach(&mut self, at_ns: u64) -> Option<[u64; 2]> {
        while self.points.get(self.next).is_some_and(|point| point.0 < at_ns) {
            self.next += 1;
        }
        let &(next_ns, coming) = self.points.get(self.next)?;
        if next_ns > at_ns {
            let before = *self.points.get(self.next.checked_sub(1)?)?;
            let value = window::between(before, (next_ns, coming), at_ns);
            return Some([value; 2]);
        }
        let at = self.points[self.next..].iter().take_while(|point| point.0 == at_ns);
        at.last().map(|&(_, leaving)| [coming, leaving])
    }
}

/// The mean of a difference over time; `None` when it took none.
#[must_use]
pub fn mean(points: &[(u64, i128)]) -> Option<i128> {
    let (first, last) = (points.first()?, points.last()?);
    let doubled: i128 = points
        .windows(2)
        .map(|pair| (pair[0].1.saturating_add(pair[1].1)).saturating_mul(i128::from(pair[1].0 - pair[0].0)))
        .fold(0, i128::saturating_add);
    (doubled / 2).checked_div(i128::from(last.0 - first.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_known_where_both_curves_are() {
        let one = [(0, 10), (10, 20), (20, 20)];
        let other = [(5, 5), (15, 5)];
        assert_eq!(minus(&one, &other), [(5, 10), (10, 15), (15, 15)]);
        assert_eq!(minus(&other, &one), [(5, -10), (10, -15), (15, -15)]);
        assert_eq!(minus(&one, &[]), []);
    }

    #[test]
    fn a_step_stays_a_step() {
        let step = [(0, 1), (10, 1), (10, 9), (20, 9)];
        assert_eq!(minus(&step, &[(0, 1), (20, 1)]), [(0, 0), (10, 0), (10, 8), (20, 8)]);
        assert_eq!(mean(&minus(&step, &[(0, 1), (20, 1)])), Some(4));
        assert_eq!(mean(&[(3, 5)]), None);
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
