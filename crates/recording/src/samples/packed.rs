//! A few readings of one process in one piece of memory: most processes of a large tree live briefly.

use super::ABSENT;
use super::column::{Column, Starts, View};
use super::growing::Growing;
use super::told::{Told, Untold};
use super::values::Slice;
use crate::metric::Metric;

/// Their times, their resident sets, and then each other metric: a word that says which one it is, how many runs it
/// has and where they start, and their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Packed {
    n_readings: u32,
    words: Box<[u64]>,
}

/// How many bits of the word that a column begins with say which metric it is; as many more say how many runs it has,
/// and as many each where one starts.
const BITS: u32 = 8;

fn head(metric: Metric, n_runs: usize, starts: u64) -> u64 {
    metric as u64 | (n_runs as u64) << BITS | starts << (2 * BITS)
}

impl Packed {
    pub(super) fn of(growing: &Growing) -> Self {
        let n_values: usize = growing.columns.iter().map(|column| 1 + column.values.view().len()).sum();
        let mut words = Vec::with_capacity(2 * growing.at_ns.len() + n_values);
        words.extend(&growing.at_ns);
        words.extend(growing.rss.view().iter());
        for Column { metric, starts, values } in &growing.columns {
            let starts = starts.iter().rev().fold(0, |starts, &start| starts << BITS | u64::from(start));
            words.push(head(*metric, values.view().len(), starts));
            words.extend(values.view().iter());
        }
        Self { n_readings: growing.at_ns.len() as u32, words: words.into_boxed_slice() }
    }

    pub(super) fn unpacked(&self) -> Growing {
        let column = |View { metric, starts, values }: View<'_>| Column {
            metric,
            starts: (0..values.len()).filter_map(|run| starts.get(run)).map(|start| start as u32).collect(),
            values: values.iter().collect(),
        };
        Growing {
            at_ns: self.times_ns().to_vec(),
            rss: self.rss().iter().copied().collect(),
            columns: self.columns().map(column).collect(),
        }
    }

    /// The same with what a line tells of the next reading.
    pub(super) fn with_told(&self, at_ns: u64, told: &Told) -> Self {
        let idx = u64::from(self.n_readings);
        let mut metrics = told.metrics().filter(|&metric| metric != Metric::Rss).peekable();
        let mut words = Vec::with_capacity(self.words.len() + 2 + 2 * told.n_metrics());
        words.extend(self.times_ns().iter().chain([&at_ns]).chain(self.rss()));
        words.push(told.value(Metric::Rss));
        let begin = |metric| [head(metric, 1, idx), told.value(metric)];
        for View { metric, starts, values } in self.columns() {
            while let Some(new) = metrics.next_if(|&new| new < metric) {
                words.extend(begin(new));
            }
            let Starts::Bytes(starts, n_runs) = starts else { continue };
            match metrics.next_if(|&told| told == metric) {
                Some(_) => words.push(head(metric, n_runs + 1, starts | idx << (BITS as usize * n_runs))),
                None => words.push(head(metric, n_runs, starts)),
            }
            words.extend(values.iter());
            words.extend(told.is_told(metric).then(|| told.value(metric)));
        }
        words.extend(metrics.flat_map(begin));
        Self { n_readings: self.n_readings + 1, words: words.into_boxed_slice() }
    }

    /// Whether nothing changes when it is settled.
    pub(super) fn is_settled(&self, untold: Untold) -> bool {
        let is_settled = |column: View<'_>| {
            let values = column.values;
            let is_repeated = values.iter().zip(values.iter().skip(1)).any(|(value, next)| value == next);
            untold == Untold::Holds
                && column.metric.is_in_every_reading()
                && values.get(0) != Some(ABSENT)
                && !is_repeated
        };
        self.times_ns().is_sorted() && self.columns().all(is_settled)
    }

    pub(super) fn times_ns(&self) -> &[u64] {
        &self.words[..self.n()]
    }

    pub(super) fn times_ns_mut(&mut self) -> &mut [u64] {
        let n_readings = self.n();
        &mut self.words[..n_readings]
    }

    pub(super) fn rss(&self) -> &[u64] {
        &self.words[self.n()..2 * self.n()]
    }

    pub(super) fn columns(&self) -> impl Iterator<Item = View<'_>> {
        let mut rest = &self.words[2 * self.n()..];
        std::iter::from_fn(move || {
            let (&head, columns) = rest.split_first()?;
            let [metric, n_runs] = [head, head >> BITS].map(|bits| (bits & ((1 << BITS) - 1)) as usize);
            let (values, next) = columns.split_at(n_runs);
            rest = next;
            let starts = Starts::Bytes(head >> (2 * BITS), n_runs);
            Some(View { metric: *Metric::ALL.get(metric)?, starts, values: Slice::Bytes(values) })
        })
    }

    fn n(&self) -> usize {
        self.n_readings as usize
    }
}

#[cfg(test)]
mod tests {
    use super::super::FEW;
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn what_is_told_is_kept_as_if_it_were_many(
            lines in prop::collection::vec((0..9_u64, prop::collection::vec((0..11_usize, 0..3_u64), 0..5)), 0..=FEW),
            untold in prop::sample::select(vec![Untold::Holds, Untold::Absent]),
        ) {
            let (mut packed, mut growing) = (Packed::default(), Growing::default());
            for (at_ns, metrics) in lines {
                let mut told = Told::default();
                for (metric, value) in metrics {
                    told.set(Metric::ALL[metric], value.checked_sub(1));
                }
                packed = packed.with_told(at_ns, &told);
                growing.push_told(at_ns, &told);
                prop_assert_eq!(&packed, &Packed::of(&growing));
                prop_assert_eq!(&packed.unpacked(), &growing);
            }
            let is_settled = packed.is_settled(untold);
            growing.settle(untold);
            prop_assert!(!is_settled || packed == Packed::of(&growing));
        }
    }
}
