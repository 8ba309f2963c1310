//! The readings of one process over time, a column per metric.
//!
//! Ten million readings must fit in memory, so a reading takes eight bytes per metric that occurs at all.

use crate::metric::{Bytes, Metric};

/// Marks an absent value in a column. No process holds 2^64 - 1 bytes.
const ABSENT: u64 = u64::MAX;

/// Marks a value that was known before and is not any more, until [`Samples::carry_forward`] makes it absent.
pub(crate) const GONE: u64 = u64::MAX - 1;

/// Readings in the order in which they were pushed: by time, in every [`crate::Recording`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Samples {
    at_ns: Vec<u64>,
    columns: Vec<(Metric, Vec<u64>)>,
}

impl Samples {
    /// How many readings there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at_ns.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at_ns.is_empty()
    }

    /// The times of the readings, in nanoseconds since the run started.
    #[must_use]
    pub fn times_ns(&self) -> &[u64] {
        &self.at_ns
    }

    /// Adds a reading.
    pub fn push(&mut self, at_ns: u64, bytes: &Bytes) {
        for (metric, _) in bytes.iter() {
            self.ensure_column(metric);
        }
        self.at_ns.push(at_ns);
        for (metric, column) in &mut self.columns {
            column.push(bytes.get(*metric).unwrap_or(ABSENT));
        }
    }

    /// The value of a metric at a reading.
    #[must_use]
    pub fn get(&self, idx: usize, metric: Metric) -> Option<u64> {
        self.column(metric)?.get(idx).copied().filter(|&bytes| bytes != ABSENT)
    }

    /// The whole reading at an index: no metric at all when there is no such reading.
    #[must_use]
    pub fn bytes(&self, idx: usize) -> Bytes {
        let mut bytes = Bytes::default();
        for (metric, _) in &self.columns {
            bytes.set(*metric, self.get(idx, *metric));
        }
        bytes
    }

    /// `(at_ns, bytes)` of every reading that has the metric.
    pub fn iter(&self, metric: Metric) -> impl Iterator<Item = (u64, u64)> + '_ {
        let values = self.column(metric).unwrap_or_default();
        let all = self.at_ns.iter().copied().zip(values.iter().copied());
        all.filter(|&(_, bytes)| bytes != ABSENT)
    }

    /// The highest value of a metric, with the time at which it was first read.
    #[must_use]
    pub fn max(&self, metric: Metric) -> Option<(u64, u64)> {
        self.iter(metric).reduce(|best, next| if next.1 > best.1 { next } else { best })
    }

    /// Puts the readings in order of time; those of one time keep their order.
    pub fn sort(&mut self) {
        if self.at_ns.is_sorted() {
            return;
        }
        let mut order: Vec<usize> = (0..self.at_ns.len()).collect();
        order.sort_by_key(|&idx| self.at_ns[idx]);
        self.at_ns = order.iter().map(|&idx| self.at_ns[idx]).collect();
        for (_, column) in &mut self.columns {
            *column = order.iter().map(|&idx| column[idx]).collect();
        }
    }

    /// Fills what a reading does not tell from the reading before, for metrics that every reading has.
    pub(crate) fn carry_forward(&mut self) {
        for (metric, column) in &mut self.columns {
            if metric.is_in_every_reading() {
                let mut known = ABSENT;
                for value in column {
                    known = if *value == ABSENT { known } else { *value };
                    *value = if known == GONE { ABSENT } else { known };
                }
            }
        }
    }

    /// Adds the last reading once more, at a later time.
    pub(crate) fn extend_to(&mut self, at_ns: u64) {
        let Some(last) = self.at_ns.len().checked_sub(1) else { return };
        if self.at_ns[last] < at_ns {
            let bytes = self.bytes(last).of_every_reading();
            self.push(at_ns, &bytes);
        }
    }

    /// Counts every time from a new zero. What lay before it is put at zero.
    pub(crate) fn rebase(&mut self, zero_ns: u64) {
        for at_ns in &mut self.at_ns {
            *at_ns = at_ns.saturating_sub(zero_ns);
        }
    }

    fn column(&self, metric: Metric) -> Option<&[u64]> {
        let found = self.columns.iter().find(|(it, _)| *it == metric);
        found.map(|(_, column)| column.as_slice())
    }

    fn ensure_column(&mut self, metric: Metric) {
        if self.column(metric).is_none() {
            let place = self.columns.partition_point(|(it, _)| (*it as usize) < metric as usize);
            self.columns.insert(place, (metric, vec![ABSENT; self.at_ns.len()]));
        }
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
    }

    #[test]
    fn sorting_moves_whole_readings() {
        let mut samples = Samples::default();
        for (at_ns, bytes) in [(9, 90), (3, 30), (6, 60)] {
            samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
        }
        samples.sort();
        assert_eq!(samples.iter(Metric::Rss).collect::<Vec<_>>(), [(3, 30), (6, 60), (9, 90)]);
    }

    #[test]
    fn the_maximum_is_the_first_of_equals() {
        let mut samples = Samples::default();
        for (at_ns, bytes) in [(1, 5), (2, 7), (3, 7)] {
            samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
        }
        assert_eq!(samples.max(Metric::Rss), Some((2, 7)));
        assert_eq!(samples.max(Metric::Hwm), None);
    }
}
