//! The chart as it stands in a page when scripts are off: our SVG, of fewer points.

use super::thin::thinned;
use crate::chart::Chart;
use crate::sheet::Theme;
use std::cmp::Reverse;

/// Columns of points that all curves have together. More would only make the page heavy.
const N_COLUMNS: usize = 3000;
/// And no curve has more than this.
const MOST_COLUMNS: usize = 600;
/// Bands that are drawn, the longest.
const N_BANDS: usize = 300;

/// The same chart with as many points as can be seen, without styles of its own, which the page forbids.
pub(super) fn of(chart: &Chart) -> Chart {
    let n_series: usize = chart.panels.iter().map(|panel| panel.series.len()).sum();
    let n_columns = (N_COLUMNS / n_series.max(1)).clamp(100, MOST_COLUMNS);
    let mut chart = chart.clone();
    chart.sheet.theme = Theme::Light;
    for panel in &mut chart.panels {
        for series in &mut panel.series {
            *series = thinned(series, &panel.time, n_columns);
        }
        panel.bands.sort_by_key(|band| Reverse(band.to_ns.saturating_sub(band.from_ns)));
        panel.bands.truncate(N_BANDS);
    }
    chart
}
