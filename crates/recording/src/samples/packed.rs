//! A few readings of one process in one piece of memory: most processes of a large tree live briefly.

use super::column::{Column, Starts, View};
use super::growing::Growing;
use crate::metric::Metric;

/// Their times, their resident sets, and then each other metric: which one it is and how many runs it has in one
/// word, the starts of the runs, and their values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Packed {
    n_readings: u32,
    words: Box<[u64]>,
}

/// A metric's place in the table takes so many bits of the word that a column begins with.
const METRIC_BITS: u32 = 8;

impl Packed {
    pub(super) fn of(growing: &Growing) -> Self {
        let n_runs = growing.columns.iter().map(|column| column.starts.len());
        let mut words =
            Vec::with_capacity(2 * growing.at_ns.len() + n_runs.map(|n| 1 + 2 * n).sum::<usize>());
        words.extend(&growing.at_ns);
        words.extend(&growing.rss);
        for Column { metric, starts, values } in &growing.columns {
            words.push((starts.len() as u64) << METRIC_BITS | *metric as u64);
            words.extend(starts.iter().copied().map(u64::from));
            words.extend(values);
        }
        Self { n_readings: growing.at_ns.len() as u32, words: words.into_boxed_slice() }
    }

    pub(super) fn unpacked(&self) -> Growing {
        let column = |View { metric, starts, values }: View<'_>| Column {
            metric,
            starts: (0..values.len()).filter_map(|run| starts.get(run)).map(|start| start as u32).collect(),
            values: values.to_vec(),
        };
        Growing {
            at_ns: self.times_ns().to_vec(),
            rss: self.rss().to_vec(),
            columns: self.columns().map(column).collect(),
        }
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
            let (starts, columns) = columns.split_at((head >> METRIC_BITS) as usize);
            let (values, next) = columns.split_at(starts.len());
            rest = next;
            let metric = *Metric::ALL.get((head & ((1 << METRIC_BITS) - 1)) as usize)?;
            Some(View { metric, starts: Starts::Words(starts), values })
        })
    }

    fn n(&self) -> usize {
        self.n_readings as usize
    }
}
