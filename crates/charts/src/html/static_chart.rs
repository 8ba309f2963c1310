//! The chart as it stands in a page when scripts are off: our SVG, of fewer points.

use super::thin::thinned;
use crate::calls::keep_longest;
use crate::chart::{Chart, Panel};
use crate::sheet::{Sheet, Theme};

/// Columns of points that all curves have together. More would only make the page heavy.
const N_COLUMNS: usize = 3000;
/// And no curve has more than this.
const MOST_COLUMNS: usize = 600;
/// Bands that are drawn, the longest.
const N_BANDS: usize = 300;

/// The same chart alone, with as many points as can be seen, without styles of its own, which the page forbids.
pub(super) fn of(chart: &Chart) -> Chart {
    let n_series: usize = chart.panels.iter().map(|panel| panel.series.len()).sum();
    let n_columns = (N_COLUMNS / n_series.max(1)).clamp(100, MOST_COLUMNS);
    let panels = chart.panels.iter().map(|panel| still(panel, n_columns)).collect();
    let sheet = Sheet { theme: Theme::Light, ..chart.sheet };
    let Chart {
        title,
        note,
        n_columns,
        legend,
        left_out: _,
        account: _,
        name,
        others: _,
        sheet: _,
        panels: _,
    } = chart;
    let (title, note, legend, name) = (title.clone(), note.clone(), legend.clone(), name.clone());
    let (left_out, account, others) = Default::default();
    Chart { title, note, sheet, n_columns: *n_columns, panels, legend, left_out, account, name, others }
}

/// A panel without what would only make the page heavy.
fn still(panel: &Panel, n_columns: usize) -> Panel {
    let Panel { title, remark, time, memory, series, bands, calls, moments, marks, spikes, gaps, limits } =
        panel;
    let mut bands = bands.clone();
    keep_longest(&mut bands, N_BANDS);
    Panel {
        title: title.clone(),
        remark: remark.clone(),
        time: time.clone(),
        memory: memory.clone(),
        series: series.iter().map(|series| thinned(series, time, n_columns)).collect(),
        bands,
        calls: *calls,
        moments: moments.clone(),
        marks: marks.clone(),
        spikes: spikes.clone(),
        gaps: gaps.clone(),
        limits: limits.clone(),
    }
}
