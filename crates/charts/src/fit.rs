//! The last step of every kind of chart: axes with as many ticks as its plots have room for.

use crate::chart::{Axis, Chart, Ink, Panel, Scale, Series};
use crate::curve;
use crate::layout::Layout;
use crate::show::{Show, Time};
use crate::ticks;

/// An axis between two values, before its ticks are known.
pub(crate) fn bare_axis(from: u64, end: u64) -> Axis {
    Axis { from, end: end.max(from.saturating_add(1)), ..Axis::default() }
}

/// The chart with its axes: one of memory for all panels, and a time axis for each.
pub(crate) fn fit_axes(mut chart: Chart, show: &Show) -> Chart {
    let Some(plot) = Layout::of(&chart).plots.first().copied() else { return chart };
    let highest =
        chart.panels.iter().map(|panel| curve::max_bytes(&panel.series, &panel.marks, &panel.spikes));
    let limits = chart.panels.iter().flat_map(|panel| &panel.limits).map(|limit| limit.bytes);
    let max_bytes = highest.chain(limits).max().unwrap_or(0);
    let (label, length_px) = (show.metric.label(), plot.height() as u32);
    let memory = match show.scale {
        Scale::Linear => ticks::memory_axis(label, max_bytes, length_px, show.unit),
        Scale::Log => ticks::log_axis(label, (least_bytes(&chart.panels), max_bytes), length_px, show.unit),
    };
    for panel in &mut chart.panels {
        let width_px = plot.width() as u32;
        panel.time = match show.time {
            Time::Elapsed => ticks::time_axis(panel.time.from, panel.time.end, width_px),
            Time::Done => ticks::done_axis(panel.time.end, width_px),
        };
        panel.memory = memory.clone();
    }
    chart
}

/// The least value but zero among the curves that stand for recordings, or else among all: what a logarithmic axis
/// should reach down to.
fn least_bytes(panels: &[Panel]) -> u64 {
    let all = || panels.iter().flat_map(|panel| &panel.series);
    let least = |series: &mut dyn Iterator<Item = &Series>| {
        let points = series.flat_map(|series| &series.points);
        points.map(|point| point.bytes).filter(|&bytes| bytes > 0).min()
    };
    let of_runs = least(&mut all().filter(|series| matches!(series.ink, Ink::Main(_))));
    of_runs.or_else(|| least(&mut all())).unwrap_or(1)
}
