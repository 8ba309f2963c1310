//! The readings of a process that has many, or may come to have many.

use super::ABSENT;
use super::column::Column;
use super::told::{Told, Untold};
use super::values::Values;
use crate::metric::{Bytes, Metric};

/// Readings that are added to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Growing {
    pub(super) at_ns: Vec<u64>,
    pub(super) rss: Values,
    /// Every other metric that occurs, in the order of the table.
    pub(super) columns: Vec<Column>,
}

impl Growing {
    pub(super) fn push(&mut self, at_ns: u64, bytes: &Bytes) {
        let idx = self.next_idx();
        self.at_ns.push(at_ns);
        self.rss.push(bytes.get(Metric::Rss).unwrap_or(ABSENT));
        for metric in Metric::ALL.into_iter().skip(1) {
            match bytes.get(metric) {
                Some(value) => self.column_mut(metric).begin(idx, value),
                None => {
                    if let Some(place) = self.place(metric) {
                        self.columns[place].begin(idx, ABSENT);
                    }
                }
            }
        }
    }

    pub(super) fn push_told(&mut self, at_ns: u64, told: &Told) {
        let idx = self.next_idx();
        self.at_ns.push(at_ns);
        self.rss.push(told.value(Metric::Rss));
        for metric in told.metrics().filter(|&metric| metric != Metric::Rss) {
            self.column_mut(metric).tell(idx, told.value(metric));
        }
    }

    /// Puts what lines told in order of time, and says what holds for what they did not tell.
    pub(super) fn settle(&mut self, untold: Untold) {
        if !self.at_ns.is_sorted() {
            self.sort_told();
        }
        let n_readings = self.at_ns.len();
        for column in &mut self.columns {
            let untold = if column.metric.is_in_every_reading() { untold } else { Untold::Absent };
            column.settle(untold, n_readings);
        }
        self.columns.retain(|column| !column.starts.is_empty());
    }

    fn sort_told(&mut self) {
        let mut order: Vec<u32> = (0..self.next_idx()).collect();
        order.sort_unstable_by_key(|&idx| (self.at_ns[idx as usize], idx));
        self.at_ns = order.iter().map(|&idx| self.at_ns[idx as usize]).collect();
        let rss = self.rss.view();
        self.rss = order.iter().filter_map(|&idx| rss.get(idx as usize)).collect();
        if self.columns.is_empty() {
            return;
        }
        let mut places = vec![0; order.len()];
        for (place, &idx) in (0..).zip(&order) {
            places[idx as usize] = place;
        }
        drop(order);
        self.columns.iter_mut().for_each(|column| column.move_to(&places));
    }

    /// The index that the next reading will have.
    fn next_idx(&self) -> u32 {
        u32::try_from(self.at_ns.len()).unwrap_or(u32::MAX)
    }

    fn place(&self, metric: Metric) -> Option<usize> {
        self.columns.iter().position(|column| column.metric == metric)
    }

    fn column_mut(&mut self, metric: Metric) -> &mut Column {
        let place = self.place(metric).unwrap_or_else(|| {
            let place = self.columns.partition_point(|it| it.metric < metric);
            self.columns.insert(place, Column::new(metric));
            place
        });
        &mut self.columns[place]
    }
}
