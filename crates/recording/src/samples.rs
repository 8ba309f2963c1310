//! The readings of one process over time: times, resident sets, and every other metric where it changes.
//!
//! Ten million readings must fit in memory. A reading takes twelve bytes, and eight for each other metric that
//! differs from the reading before: most of them stand still most of the time. What is no whole KiB takes four more.
//! A million processes must fit as well: who has few readings has them in one piece.

mod along;
mod column;
mod growing;
mod packed;
mod told;
mod values;

pub(crate) use along::Along;
use column::View;
use growing::Growing;
use packed::Packed;
pub use told::Wanted;
pub(crate) use told::{Told, Untold};
use values::Slice;

use crate::metric::{Bytes, Metric};

/// Marks an absent value. No process holds 2^64 - 1 bytes.
const ABSENT: u64 = u64::MAX;

/// Up to so many readings are packed.
const FEW: usize = 4;

/// Readings in the order in which they were pushed: by time, in every [`crate::Recording`].
///
/// Of one process, fewer than 2^32 readings are held: more would take 48 GiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Samples(Store);

/// Few readings are packed and many are not, so that equal readings are held alike.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Store {
    Packed(Packed),
    Growing(Box<Growing>),
}

impl Default for Samples {
    fn default() -> Self {
        Self(Store::Packed(Packed::default()))
    }
}

impl Samples {
    /// How many readings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.times_ns().len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.times_ns().is_empty()
    }

    /// The times of the readings, in nanoseconds since the run started.
    #[must_use]
    pub fn times_ns(&self) -> &[u64] {
        match &self.0 {
            Store::Packed(packed) => packed.times_ns(),
            Store::Growing(growing) => &growing.at_ns,
        }
    }

    /// Adds a reading.
    pub fn push(&mut self, at_ns: u64, bytes: &Bytes) {
        self.change(|growing| growing.push(at_ns, bytes));
    }

    /// Adds what a line tells. Before anything is asked of them, such readings are [settled](Self::settle).
    pub(crate) fn push_told(&mut self, at_ns: u64, told: &Told) {
        match &mut self.0 {
            Store::Packed(packed) if packed.times_ns().len() < FEW => *packed = packed.with_told(at_ns, told),
            _ => self.change(|growing| growing.push_told(at_ns, told)),
        }
    }

    /// The value of a metric at a reading.
    #[must_use]
    pub fn get(&self, idx: usize, metric: Metric) -> Option<u64> {
        let value = if metric == Metric::Rss {
            self.rss().get(idx)?
        } else if idx < self.len() {
            self.column(metric)?.at(idx)
        } else {
            ABSENT
        };
        (value != ABSENT).then_some(value)
    }

    /// The values of a metric, to be asked for in the order of the readings: that takes no search.
    pub(crate) fn along(&self, metric: Metric) -> Along<'_> {
        let rss = if metric == Metric::Rss { self.rss() } else { Slice::default() };
        Along::new(rss, self.column(metric))
    }

    /// The whole reading at an index: no metric at all when there is no such reading.
    #[must_use]
    pub fn bytes(&self, idx: usize) -> Bytes {
        let mut bytes = Bytes::default();
        bytes.set(Metric::Rss, self.get(idx, Metric::Rss));
        for column in self.columns() {
            bytes.set(column.metric, self.get(idx, column.metric));
        }
        bytes
    }

    /// `(at_ns, bytes)` of every reading that has the metric.
    pub fn iter(&self, metric: Metric) -> impl Iterator<Item = (u64, u64)> + '_ {
        let rss = if metric == Metric::Rss { self.rss() } else { Slice::default() };
        let at_ns = self.times_ns();
        let dense = at_ns.iter().copied().zip(rss.iter());
        let runs = self.column(metric).map(|column| column.runs(self.len()));
        let held = runs
            .into_iter()
            .flatten()
            .flat_map(move |(readings, value)| at_ns[readings].iter().map(move |&at_ns| (at_ns, value)));
        dense.chain(held).filter(|&(_, bytes)| bytes != ABSENT)
    }

    /// From which reading to which a metric other than the resident set had which value. It is a step for each change.
    pub fn runs(&self, metric: Metric) -> impl Iterator<Item = (std::ops::Range<usize>, u64)> + '_ {
        let runs = self.column(metric).map(|column| column.runs(self.len()));
        runs.into_iter().flatten().filter(|&(_, value)| value != ABSENT)
    }

    /// Every reading in turn, whole. One pass over all of them takes a step for each, whatever it holds.
    pub fn rows(&self) -> impl Iterator<Item = (u64, Bytes)> + '_ {
        let columns: Vec<View<'_>> = self.columns().collect();
        let mut next_runs = vec![0; columns.len()];
        let mut bytes = Bytes::default();
        self.times_ns().iter().zip(self.rss().iter()).enumerate().map(move |(idx, (&at_ns, rss_bytes))| {
            bytes.set(Metric::Rss, (rss_bytes != ABSENT).then_some(rss_bytes));
            for (column, next) in columns.iter().zip(&mut next_runs) {
                if column.starts.get(*next) == Some(idx) {
                    let value = column.values.get(*next).unwrap_or(ABSENT);
                    bytes.set(column.metric, (value != ABSENT).then_some(value));
                    *next += 1;
                }
            }
            (at_ns, bytes)
        })
    }

    /// The highest value of a metric, with the time at which it was first read.
    #[must_use]
    pub fn max(&self, metric: Metric) -> Option<(u64, u64)> {
        if metric == Metric::Rss {
            return self.rss().max().map(|(idx, bytes)| (self.times_ns()[idx], bytes));
        }
        let best = self.runs(metric).reduce(|best, next| if next.1 > best.1 { next } else { best });
        best.map(|(readings, value)| (self.times_ns()[readings.start], value))
    }

    /// Puts the readings in order of time; those of one time keep their order.
    pub fn sort(&mut self) {
        if self.columns().next().is_none() {
            self.settle(Untold::Absent);
        } else if !self.times_ns().is_sorted() {
            let mut rows: Vec<(u64, Bytes)> = self.rows().collect();
            rows.sort_by_cached_key(|&(at_ns, _)| at_ns);
            *self = Self::default();
            rows.iter().for_each(|(at_ns, bytes)| self.push(*at_ns, bytes));
        }
    }

    /// Puts what lines told in order of time, and says what holds for what they did not tell.
    pub(crate) fn settle(&mut self, untold: Untold) {
        match &self.0 {
            Store::Packed(packed) if packed.is_settled(untold) => {}
            _ => self.change(|growing| growing.settle(untold)),
        }
    }

    /// Moves each reading back to the tick that it came after, unless the reading before it is of that tick.
    pub(crate) fn put_at_ticks(&mut self, ticks_ns: &[u64]) {
        let mut latest_ns = None;
        for at_ns in self.times_ns_mut() {
            let n_begun = ticks_ns.partition_point(|tick_ns| tick_ns <= at_ns);
            let tick_ns = n_begun.checked_sub(1).map(|idx| ticks_ns[idx]);
            *at_ns = tick_ns.filter(|tick_ns| Some(*tick_ns) > latest_ns).unwrap_or(*at_ns);
            latest_ns = Some(*at_ns);
        }
    }

    /// Adds the last reading once more, at a later time.
    pub(crate) fn extend_to(&mut self, at_ns: u64) {
        let Some(last) = self.len().checked_sub(1) else { return };
        if self.times_ns()[last] < at_ns {
            let bytes = self.bytes(last).of_every_reading();
            self.push(at_ns, &bytes);
        }
    }

    /// Counts every time from a new zero. What lay before it is put at zero.
    pub(crate) fn rebase(&mut self, zero_ns: u64) {
        self.times_ns_mut().iter_mut().for_each(|at_ns| *at_ns = at_ns.saturating_sub(zero_ns));
    }

    /// Moves the last reading to another time.
    pub(crate) fn set_last_ns(&mut self, at_ns: u64) {
        self.times_ns_mut().last_mut().into_iter().for_each(|last_ns| *last_ns = at_ns);
    }

    fn times_ns_mut(&mut self) -> &mut [u64] {
        match &mut self.0 {
            Store::Packed(packed) => packed.times_ns_mut(),
            Store::Growing(growing) => &mut growing.at_ns,
        }
    }

    /// Changes the readings, and packs them if they are few.
    fn change(&mut self, change: impl FnOnce(&mut Growing)) {
        match &mut self.0 {
            Store::Growing(growing) => change(growing),
            Store::Packed(packed) => {
                let mut growing = packed.unpacked();
                change(&mut growing);
                self.0 = if growing.at_ns.len() <= FEW {
                    Store::Packed(Packed::of(&growing))
                } else {
                    Store::Growing(Box::new(growing))
                };
            }
        }
    }

    fn rss(&self) -> Slice<'_> {
        match &self.0 {
            Store::Packed(packed) => Slice::Bytes(packed.rss()),
            Store::Growing(growing) => growing.rss.view(),
        }
    }

    /// Every metric but the resident set, in the order of the table.
    fn columns(&self) -> impl Iterator<Item = View<'_>> {
        let (packed, growing) = match &self.0 {
            Store::Packed(packed) => (Some(packed), None),
            Store::Growing(growing) => (None, Some(growing)),
        };
        let grown = growing.into_iter().flat_map(|growing| &growing.columns).map(column::Column::view);
        packed.into_iter().flat_map(Packed::columns).chain(grown)
    }

    fn column(&self, metric: Metric) -> Option<View<'_>> {
        self.columns().find(|column| column.metric == metric)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_that_comes_late_is_absent_before() {
        let mut samples = Samples::default();
        samples.push(5, &Bytes::default().with(Metric::Rss, 10));
        samples.push(6, &Bytes::default().with(Metric::Rss, 20).with(Metric::Hwm, 30));
        assert_eq!(samples.get(0, Metric::Hwm), None);
        assert_eq!(samples.iter(Metric::Hwm).collect::<Vec<_>>(), [(6, 30)]);
        assert_eq!(samples.bytes(1).get(Metric::Rss), Some(20));
        assert_eq!(samples.get(2, Metric::Hwm), None);
    }

    #[test]
    fn sorting_moves_whole_readings() {
        let mut samples = Samples::default();
        for (at_ns, bytes) in [(9, 90), (3, 30), (6, 60)] {
            samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes).with(Metric::Anon, bytes + 1));
        }
        samples.sort();
        assert_eq!(samples.iter(Metric::Rss).collect::<Vec<_>>(), [(3, 30), (6, 60), (9, 90)]);
        assert_eq!(samples.iter(Metric::Anon).collect::<Vec<_>>(), [(3, 31), (6, 61), (9, 91)]);
    }

    #[test]
    fn the_maximum_is_the_first_of_equals() {
        let mut samples = Samples::default();
        for (at_ns, bytes) in [(1, 5), (2, 7), (3, 7)] {
            samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes).with(Metric::Swap, bytes));
        }
        assert_eq!(samples.max(Metric::Rss), Some((2, 7)));
        assert_eq!(samples.max(Metric::Swap), Some((2, 7)));
        assert_eq!(samples.max(Metric::Hwm), None);
    }

    /// What was told at (time, mark, proportional set), and what it comes to.
    fn check(told: &[(u64, Option<u64>, Option<u64>)], untold: Untold, expected: &[(u64, Option<u64>)]) {
        let mut samples = Samples::default();
        for &(at_ns, hwm, pss) in told {
            let mut told = Told::default();
            told.set(Metric::Rss, Some(at_ns));
            for (metric, value) in [(Metric::Hwm, hwm), (Metric::Pss, pss)] {
                value.into_iter().for_each(|value| told.set(metric, Some(value)));
            }
            samples.push_told(at_ns, &told);
        }
        samples.settle(untold);
        let rows: Vec<(u64, Option<u64>)> =
            samples.rows().map(|(at_ns, bytes)| (at_ns, bytes.get(Metric::Hwm))).collect();
        assert_eq!(rows, expected);
        for (idx, (at_ns, bytes)) in samples.rows().enumerate() {
            assert_eq!(samples.bytes(idx), bytes);
            let pss = told.iter().find(|it| it.0 == at_ns).and_then(|it| it.2);
            assert_eq!(bytes.get(Metric::Pss), pss, "what is read now and then does not hold");
        }
    }

    #[test]
    fn what_a_line_does_not_tell_holds_in_our_files_and_is_absent_in_others() {
        let told = [(1, None, Some(4)), (5, None, None), (2, Some(7), None), (3, None, Some(4))];
        let held = [(1, None), (2, Some(7)), (3, Some(7)), (5, Some(7))];
        check(&told, Untold::Holds, &held);
        check(&told, Untold::Absent, &[(1, None), (2, Some(7)), (3, None), (5, None)]);
    }

    #[test]
    fn few_readings_take_little_room() {
        assert!(size_of::<Samples>() <= 24);
    }

    #[test]
    fn what_is_not_wanted_is_not_kept() {
        let mut told = Told::default();
        Metric::ALL.into_iter().for_each(|metric| told.set(metric, Some(1)));
        told.keep(Wanted::only(&[Metric::Hwm]));
        let mut samples = Samples::default();
        samples.push_told(1, &told);
        samples.settle(Untold::Holds);
        assert_eq!(samples.bytes(0), Bytes::default().with(Metric::Rss, 1).with(Metric::Hwm, 1));
    }
}
