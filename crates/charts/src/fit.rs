//! The last step of every kind of chart: axes with as many ticks as its plots have room for.

use crate::chart::{Axis, Chart, Ground, Ink, Panel, Point, Scale, Series};
use crate::curve;
use crate::layout::Layout;
use crate::show::{Show, Time};
use crate::ticks;

/// At its very beginning and end, so many parts of its time, a run is always small: a logarithmic axis that reached down
/// to that would be empty for the most part.
const EDGE_PARTS: u64 = 50;

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
    let mut memory = match show.scale {
        Scale::Linear => ticks::memory_axis(label, max_bytes, length_px, show.unit),
        Scale::Log => ticks::log_axis(label, (least_bytes(&chart.panels), max_bytes), length_px, show.unit),
    };
    if show.stack.is_some() {
        memory.label += ", stacked";
    }
    if show.scale == Scale::Log {
        chart.panels.iter_mut().flat_map(|panel| &mut panel.series).for_each(without_tint);
    }
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

/// An area above a logarithmic axis means nothing, as the axis might begin anywhere.
fn without_tint(series: &mut Series) {
    if series.ground == Ground::Tinted {
        series.ground = Ground::Bare;
    }
}

/// The least value but zero among the curves that stand for recordings, or else among all: what a logarithmic axis
/// should reach down to.
fn least_bytes(panels: &[Panel]) -> u64 {
    let all = || panels.iter().flat_map(|panel| &panel.series);
    let of_runs =
        all().filter(|series| matches!(series.ink, Ink::Main(_) | Ink::Others)).filter_map(least_of);
    of_runs.min().or_else(|| all().filter_map(least_of).min()).unwrap_or(1)
}

/// The least value of a curve but zero: of what lies between its edges, or else of all.
fn least_of(series: &Series) -> Option<u64> {
    let (first_ns, last_ns) = (series.points.first()?.at_ns, series.points.last()?.at_ns);
    let edge_ns = (last_ns - first_ns) / EDGE_PARTS;
    let is_inside = |point: &&Point| (first_ns + edge_ns..=last_ns - edge_ns).contains(&point.at_ns);
    let bytes = |point: &Point| Some(point.bytes).filter(|&bytes| bytes > 0);
    let inside = series.points.iter().filter(is_inside).filter_map(bytes).min();
    inside.or_else(|| series.points.iter().filter_map(bytes).min())
}
