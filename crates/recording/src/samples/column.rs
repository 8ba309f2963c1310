//! A metric over the readings of one process.

use super::ABSENT;
use super::told::Untold;
use super::values::{Slice, Values};
use crate::metric::Metric;

/// A metric as runs: from the reading at a start on, up to the next start, it has one value.
///
/// Before the first start it is absent. Neighbouring runs differ, so that equal readings give equal columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) metric: Metric,
    pub(super) starts: Vec<u32>,
    pub(super) values: Values,
}

/// A column that is looked at, wherever it lies.
#[derive(Clone, Copy, Debug)]
pub(super) struct View<'a> {
    pub(super) metric: Metric,
    pub(super) starts: Starts<'a>,
    pub(super) values: Slice<'a>,
}

/// Where runs start.
#[derive(Clone, Copy, Debug)]
pub(super) enum Starts<'a> {
    Halves(&'a [u32]),
    /// So many bytes of a word, from the lowest on.
    Bytes(u64, usize),
}

impl Starts<'_> {
    #[inline]
    pub(super) fn get(&self, run: usize) -> Option<usize> {
        match self {
            Self::Halves(starts) => starts.get(run).map(|&start| start as usize),
            Self::Bytes(word, n) => (run < *n).then_some((word >> (8 * run) & 0xff) as usize),
        }
    }

    /// How many runs start at a reading or before.
    fn n_until(&self, idx: usize) -> usize {
        match self {
            Self::Halves(starts) => starts.partition_point(|&start| start as usize <= idx),
            Self::Bytes(_, n) => (0..*n).filter_map(|run| self.get(run)).take_while(|&it| it <= idx).count(),
        }
    }
}

impl<'a> View<'a> {
    /// The value at a reading.
    pub(super) fn at(&self, idx: usize) -> u64 {
        self.starts.n_until(idx).checked_sub(1).and_then(|run| self.values.get(run)).unwrap_or(ABSENT)
    }

    /// Which readings have which value.
    pub(super) fn runs(self, n_readings: usize) -> impl Iterator<Item = (std::ops::Range<usize>, u64)> + 'a {
        let Self { starts, values, .. } = self;
        let mut next = starts.get(0).unwrap_or(n_readings);
        values.iter().enumerate().map(move |(run, value)| {
            let start = std::mem::replace(&mut next, starts.get(run + 1).unwrap_or(n_readings));
            (start..next, value)
        })
    }
}

impl Column {
    pub(super) fn new(metric: Metric) -> Self {
        Self { metric, starts: Vec::new(), values: Values::default() }
    }

    pub(super) fn view(&self) -> View<'_> {
        View { metric: self.metric, starts: Starts::Halves(&self.starts), values: self.values.view() }
    }

    /// From this reading on the metric has a value, unless it has it already.
    pub(super) fn begin(&mut self, idx: u32, value: u64) {
        if self.values.last().unwrap_or(ABSENT) != value {
            self.tell(idx, value);
        }
    }

    pub(super) fn tell(&mut self, idx: u32, value: u64) {
        self.starts.push(idx);
        self.values.push(value);
    }

    /// From what lines told to runs.
    pub(super) fn settle(&mut self, untold: Untold, n_readings: usize) {
        match untold {
            // It takes no room: a column may be as long as the recording.
            Untold::Holds => self.values.drop_repeated(&mut self.starts),
            Untold::Absent => self.end_each(n_readings),
        }
    }

    /// Ends each value at the next reading, unless that tells one as well.
    fn end_each(&mut self, n_readings: usize) {
        let ended = Self::new(self.metric);
        let Self { starts, values, .. } = std::mem::replace(self, ended);
        let nexts = starts.iter().skip(1).map(|&next| next as usize).chain([n_readings]);
        for ((&idx, value), next) in starts.iter().zip(values.view().iter()).zip(nexts) {
            self.begin(idx, value);
            if idx as usize + 1 < next {
                self.begin(idx + 1, ABSENT);
            }
        }
    }

    /// Moves what was told of each reading to the reading's new place.
    pub(super) fn move_to(&mut self, places: &[u32]) {
        let starts = self.starts.iter().map(|&idx| places[idx as usize]);
        let mut pairs: Vec<(u32, u64)> = starts.zip(self.values.view().iter()).collect();
        pairs.sort_unstable_by_key(|&(place, _)| place);
        self.starts = pairs.iter().map(|&(place, _)| place).collect();
        self.values = pairs.iter().map(|&(_, value)| value).collect();
    }
}
