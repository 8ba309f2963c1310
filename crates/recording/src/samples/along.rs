//! A metric of one process, gone along from reading to reading.

use super::ABSENT;
use super::column::View;
use super::values::Slice;

/// The values of a metric, asked for in the order of the readings.
#[derive(Clone, Debug, Default)]
pub(crate) struct Along<'a> {
    /// A value for each reading, of the resident set.
    dense: Slice<'a>,
    /// Runs of equal values, of every other metric.
    column: Option<View<'a>>,
    n_begun: usize,
}

impl<'a> Along<'a> {
    pub(super) fn new(dense: Slice<'a>, column: Option<View<'a>>) -> Self {
        Self { dense, column, n_begun: 0 }
    }

    /// The value at a reading, which is none before the one that was asked for last.
    #[inline]
    pub(crate) fn at(&mut self, idx: usize) -> Option<u64> {
        let value = match self.dense.get(idx) {
            Some(value) => value,
            None => self.run(idx)?,
        };
        (value != ABSENT).then_some(value)
    }

    fn run(&mut self, idx: usize) -> Option<u64> {
        let column = self.column.as_ref()?;
        while column.starts.get(self.n_begun).is_some_and(|start| start <= idx) {
            self.n_begun += 1;
        }
        column.values.get(self.n_begun.checked_sub(1)?)
    }
}
