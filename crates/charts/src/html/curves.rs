//! The curves of a page, each stored once: a metric that equals another costs nothing.
//!
//! All together have so many points at most. Where there are more, each keeps its share of them, with every extreme.

use super::packed::Packed;
use super::thin::thinned;
use crate::chart::{Axis, Chart, Point, Series};
use crate::finest::{FINEST_COLUMNS, MOST_POINTS};
use serde::Serialize;
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// What a line is drawn from: its points, and where it is broken.
type Line<'a> = (&'a [Point], &'a [usize]);

/// The curves of all charts of a page.
pub(super) struct Curves<'a> {
    distinct: Vec<(&'a Series, &'a Axis)>,
    places: HashMap<Line<'a>, usize>,
    n_points: usize,
}

/// A curve as the viewer reads it.
#[derive(Serialize)]
pub(super) struct CurveData {
    points: Packed,
    /// Places of points that no line joins to the one before.
    breaks: Vec<usize>,
}

impl<'a> Curves<'a> {
    pub(super) fn of(chart: &'a Chart) -> Self {
        let mut curves = Self { distinct: Vec::new(), places: HashMap::new(), n_points: 0 };
        for panel in chart.choices().flat_map(|chart| &chart.panels) {
            for series in &panel.series {
                if let Entry::Vacant(entry) = curves.places.entry(line(series)) {
                    entry.insert(curves.distinct.len());
                    curves.distinct.push((series, &panel.time));
                    curves.n_points += series.points.len();
                }
            }
        }
        curves
    }

    /// Where the curve of a series is among all.
    pub(super) fn place(&self, series: &Series) -> usize {
        self.places.get(&line(series)).copied().unwrap_or_default()
    }

    pub(super) fn packed(&self) -> Vec<CurveData> {
        self.distinct.iter().map(|&(series, time)| self.curve(series, time)).collect()
    }

    /// Whether readings may have been left out: here, or where a curve has as many as the finest columns have room for.
    pub(super) fn are_reduced(&self) -> bool {
        let is_at_finest = self.distinct.iter().any(|(series, _)| series.points.len() >= FINEST_COLUMNS);
        is_at_finest || self.n_points > MOST_POINTS
    }

    fn curve(&self, series: &Series, time: &Axis) -> CurveData {
        let thin = columns_of(series, self.n_points).map(|n_columns| thinned(series, time, n_columns));
        let shown = thin.as_ref().unwrap_or(series);
        CurveData { points: Packed::of(&shown.points), breaks: shown.breaks.clone() }
    }
}

fn line(series: &Series) -> Line<'_> {
    (&series.points, &series.breaks)
}

/// Columns that a curve has a right to where the points of all are too many.
fn columns_of(series: &Series, n_points_of_all: usize) -> Option<usize> {
    let share = series.points.len() as f64 / n_points_of_all as f64;
    (n_points_of_all > MOST_POINTS).then_some((MOST_POINTS as f64 * share / 4.0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Detail, Named, Options};
    use crate::over_time;
    use mprof_recording::metric::{Bytes, Metric};
    use mprof_recording::{Process, Recording};

    /// A run whose anonymous memory is all that is resident, beside files that never change.
    fn chart(n_readings: u64) -> Chart {
        let mut root = Process::default();
        for idx in 0..n_readings {
            let bytes = Bytes::default().with(Metric::File, 1 << 20).with(Metric::Swap, 0);
            let own = idx * 7919 % 1009 * 4096;
            root.samples.push(idx * 1000, &bytes.with(Metric::Rss, own).with(Metric::Anon, own));
        }
        let recording = Recording { processes: vec![root], ..Recording::default() };
        let options = Options { detail: Detail::Zoom, ..Options::default() };
        over_time(&[Named { label: "run", recording: &recording }], &options).expect("it has readings")
    }

    #[test]
    fn what_equals_another_is_stored_once_and_what_never_changes_is_two_points() {
        let chart = chart(5000);
        let curves = Curves::of(&chart);
        let (resident, anonymous) = (&chart.panels[0].series[0], &chart.others[0].panels[0].series[0]);
        assert_eq!(
            (&chart.others[0].name[..], curves.place(anonymous)),
            ("anonymous", curves.place(resident))
        );
        let sizes: Vec<usize> = curves.distinct.iter().map(|(series, _)| series.points.len()).collect();
        assert_eq!(sizes[..3], [5000, 2, 2]);
    }

    #[test]
    fn where_points_are_too_many_each_curve_has_its_share() {
        let chart = chart(1000);
        let series = &chart.panels[0].series[0];
        assert_eq!(columns_of(series, MOST_POINTS), None);
        assert_eq!(columns_of(series, 4 * MOST_POINTS), Some(1000 / 16));
    }
}
