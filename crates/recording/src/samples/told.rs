//! What lines tell of readings, and what is kept of it.

use super::ABSENT;
use crate::metric::Metric;

/// What one line of a file tells of a process: only the metrics that differ from the line before.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    /// A bit for each metric that is told.
    set: u16,
    /// Of what is not told, anything.
    values: [u64; Metric::ALL.len()],
}

/// What holds for a metric that a reading does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Untold {
    /// It is as it was, but for what is read only now and then.
    Holds,
    /// It was not read.
    Absent,
}

impl PartialEq for Told {
    fn eq(&self, other: &Self) -> bool {
        self.set == other.set && self.metrics().all(|metric| self.value(metric) == other.value(metric))
    }
}

impl Told {
    /// Begins anew: nothing is told.
    pub(crate) fn clear(&mut self) {
        self.set = 0;
    }

    /// Takes in a value; `None` when it is not known any more.
    pub(crate) fn set(&mut self, metric: Metric, bytes: Option<u64>) {
        self.set |= 1 << metric as u16;
        self.values[metric as usize] = bytes.unwrap_or(ABSENT);
    }

    /// The metrics that are told.
    pub(crate) fn metrics(&self) -> impl Iterator<Item = Metric> + use<> {
        let mut rest = self.set;
        std::iter::from_fn(move || {
            let metric = *Metric::ALL.get(rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(metric)
        })
    }

    /// Whether anything is told of a metric.
    pub(super) fn is_told(&self, metric: Metric) -> bool {
        self.set & 1 << metric as u16 != 0
    }

    /// How many metrics are told.
    pub(super) fn n_metrics(&self) -> usize {
        self.set.count_ones() as usize
    }

    /// What is told of a metric; absent as well when nothing is.
    pub(super) fn value(&self, metric: Metric) -> u64 {
        if self.is_told(metric) { self.values[metric as usize] } else { ABSENT }
    }

    /// What is told of a metric, if it is known.
    pub(crate) fn get(&self, metric: Metric) -> Option<u64> {
        Some(self.value(metric)).filter(|&value| value != ABSENT)
    }

    /// Puts what is told behind other values, and says of which metrics it is.
    pub(crate) fn unload(&self, into: &mut Vec<u64>) -> u16 {
        into.extend(self.metrics().map(|metric| self.values[metric as usize]));
        self.set
    }

    /// Takes in what was unloaded, and gives what stands behind it.
    pub(crate) fn load<'a>(&mut self, metrics: u16, from: &'a [u64]) -> &'a [u64] {
        self.set = metrics;
        let (own, behind) = from.split_at(self.n_metrics().min(from.len()));
        let places = self.metrics().map(|metric| metric as usize);
        own.iter().zip(places).for_each(|(&value, place)| self.values[place] = value);
        behind
    }

    /// Forgets what nobody wants to know.
    pub(crate) fn keep(&mut self, wanted: Wanted) {
        self.set &= wanted.0;
    }
}

/// Metrics that are kept of a recording, besides the resident set. What is not kept takes no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted(u16);

impl Wanted {
    /// Every metric.
    pub const ALL: Self = Self(u16::MAX);

    /// What peaks, summaries and sums of processes are made of.
    pub const FIGURES: Self = Self::only(&[Metric::Hwm, Metric::Pss, Metric::Uss]);

    /// These metrics, and the resident set.
    #[must_use]
    pub const fn only(metrics: &[Metric]) -> Self {
        let (mut bits, mut idx) = (1 << Metric::Rss as u16, 0);
        while idx < metrics.len() {
            bits |= 1 << metrics[idx] as u16;
            idx += 1;
        }
        Self(bits)
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
