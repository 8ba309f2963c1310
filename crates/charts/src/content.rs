//! What a panel shows, as it is put together: curves, marks and the lines of the legend.

use crate::chart::{Chart, Entry, Ink, Mark, Panel, Point, Series, Spike};
use crate::fit::{bare_axis, fit_axes};
use crate::options::Options;
use crate::peak_label;
use crate::view::View;
use crate::whole::{highest_of, process_name, rises};
use mprof_recording::command::printable;
use mprof_recording::metric::Metric;
use mprof_recording::peak::{Peak, PeakKind};
use mprof_recording::{Process, Recording};

/// Height of the plot where the caller sets none.
const PANEL_PX: u32 = 430;

/// A rise that is so many times smaller than the curve's height cannot be told from it.
const VISIBLE_PART: u64 = 100;

/// Curves with what explains them.
#[derive(Default)]
pub(crate) struct Content {
    pub(crate) series: Vec<Series>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) spikes: Vec<Spike>,
    pub(crate) legend: Vec<Entry>,
    pub(crate) notes: Vec<String>,
}

impl Content {
    /// Adds all of another.
    pub(crate) fn append(&mut self, other: Self) {
        self.series.extend(other.series);
        self.marks.extend(other.marks);
        self.spikes.extend(other.spikes);
        self.legend.extend(other.legend);
        self.notes.extend(other.notes);
    }

    /// Adds a curve, and its peak to the legend.
    pub(crate) fn add(&mut self, series: Series, peak: Option<Peak>, view: &View) {
        if view.is_empty_part(&series) {
            return;
        }
        let value = peak_label::in_legend(peak, view.show.unit);
        self.legend.push(Entry { ink: Some(series.ink), label: series.name.clone(), value });
        self.series.push(series);
    }

    /// Adds the curve of a process, with the rises between its readings.
    pub(crate) fn process(&mut self, recording: &Recording, process: &Process, ink: Ink, view: &View) {
        let series = view.process(process, process_name(process), ink);
        if view.is_empty_part(&series) {
            return;
        }
        let value = peak_label::in_legend(own_peak(recording, process, &series, view), view.show.unit);
        self.legend.push(Entry { ink: Some(ink), label: series.name.clone(), value });
        self.spikes.extend(spikes(recording, process, ink, view));
        self.series.push(series);
    }

    /// A chart of one panel that shows it.
    pub(crate) fn into_chart(self, options: &Options, title: String, view: &View, panel: Panel) -> Chart {
        let Self { series, marks, spikes, legend, notes } = self;
        let panel = Panel {
            time: bare_axis(view.from_ns, view.end_ns),
            memory: bare_axis(0, 0),
            series,
            marks,
            spikes,
            ..panel
        };
        let title = options.title.as_deref().map_or(title, printable);
        let note = peak_label::joined(&notes);
        let sheet = options.sheet(PANEL_PX);
        let (left_out, account, name, others) = Default::default();
        let panels = vec![panel];
        let chart =
            Chart { title, note, sheet, n_columns: 1, panels, legend, left_out, account, name, others };
        fit_axes(chart, &options.show)
    }
}

/// What there is to say where dotted lines can be seen: of rises between two readings, or below the rings of peaks.
pub(crate) fn of_dotted(marks: &[Mark], spikes: &[Spike]) -> Option<String> {
    let has_stem = |mark: &Mark| mark.curve_bytes.is_some_and(|bytes| is_visible(bytes, mark.peak.bytes));
    let is_seen = !spikes.is_empty() || marks.iter().any(has_stem);
    is_seen.then(|| "dotted rise: the kernel's mark between readings".to_owned())
}

/// Whether what rose above a curve can be told from it.
fn is_visible(curve_bytes: u64, bytes: u64) -> bool {
    bytes > curve_bytes && bytes - curve_bytes > bytes / VISIBLE_PART
}

/// The peak of a process alone, in what is shown of it.
pub(crate) fn own_peak(
    recording: &Recording,
    process: &Process,
    series: &Series,
    view: &View,
) -> Option<Peak> {
    let is_whole = view.show.window_ns.is_none() && view.metric() == Metric::Rss;
    if is_whole {
        return peak_alone(recording, process);
    }
    let processes = std::slice::from_ref(process);
    highest_of(&series.points, PeakKind::HighestSample, processes, view.metric(), view)
}

/// The peak of a process in its whole life, without what may be a child's: of the program, it is the one that reports
/// tell.
pub(crate) fn peak_alone(recording: &Recording, process: &Process) -> Option<Peak> {
    let is_root = recording.root().is_some_and(|root| std::ptr::eq(root, process));
    if is_root { recording.root_peak() } else { process.peak_alone() }
}

/// The rises of a process between two readings that only the kernel's mark tells of, one a column of pixels at most.
pub(crate) fn spikes(recording: &Recording, process: &Process, ink: Ink, view: &View) -> Vec<Spike> {
    let metric = view.metric();
    let times_ns = process.samples.times_ns();
    let point = |idx: usize| {
        let bytes = process.samples.get(idx, metric)?;
        Some(Point { at_ns: times_ns[idx], bytes })
    };
    let mut spikes: Vec<Spike> = Vec::new();
    for (idx, bytes) in rises(recording, process, metric).filter(|&(idx, _)| idx > 0) {
        let (Some(from), Some(to)) = (point(idx - 1), point(idx)) else { continue };
        // What came in a gap may have come at any time of it: a line over all of it would say too much.
        let is_in_gap = view.gaps.iter().any(|gap| gap.from_ns < to.at_ns && from.at_ns < gap.to_ns);
        if !is_visible(from.bytes.max(to.bytes), bytes)
            || is_in_gap
            || !view.holds(from.at_ns)
            || !view.holds(to.at_ns)
        {
            continue;
        }
        let spike = Spike { from, to, bytes, ink };
        match spikes.last_mut().filter(|last| to.at_ns - last.from.at_ns < view.column_ns()) {
            Some(last) if last.bytes < bytes => *last = spike,
            Some(_) => {}
            None => spikes.push(spike),
        }
    }
    spikes
}
