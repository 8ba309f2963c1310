//! The last step of every kind of chart: axes with as many ticks as its plots have room for.

use crate::chart::{Axis, Chart};
use crate::curve::{self, DRAWN};
use crate::layout::Layout;
use crate::ticks;

/// An axis to that value, before its ticks are known.
pub(crate) fn bare_axis(end: u64) -> Axis {
    Axis { end: end.max(1), ..Axis::default() }
}

/// The chart with its axes: one of memory for all panels, and a time axis for each.
pub(crate) fn fit_axes(mut chart: Chart) -> Chart {
    let Some(plot) = Layout::of(&chart).plots.first().copied() else { return chart };
    let highest = chart.panels.iter().map(|panel| curve::max_bytes(&panel.series, &panel.marks));
    let memory = ticks::memory_axis(DRAWN.label(), highest.max().unwrap_or(0), plot.height() as u32);
    for panel in &mut chart.panels {
        panel.time = ticks::time_axis(panel.time.end, plot.width() as u32);
        panel.memory = memory.clone();
    }
    chart
}
