//! What stands for a recording where it is one curve: its program, or the sum of its processes.

use crate::chart::{Ink, Mark, Point, Series};
use crate::curve;
use crate::peak_label::{self, Labelling};
use crate::view::{View, highest, points_of};
use mprof_recording::command::printable;
use mprof_recording::metric::Metric;
use mprof_recording::peak::{Peak, PeakKind};
use mprof_recording::total::At;
use mprof_recording::{Process, Recording, units, window};

/// How many processes a legend names beside the program. More would be a table, not a legend.
pub(crate) const N_NAMED: usize = 10;

/// A recording as one curve, and its peak in what is shown of it.
pub(crate) struct Whole<'a> {
    course: Course<'a>,
    pub(crate) peak: Option<Peak>,
    /// What there is to say of the peak where it is not that of the whole run.
    pub(crate) remark: Option<String>,
}

enum Course<'a> {
    Program(&'a Process),
    /// The sum of a tree, as points that straight lines may join.
    Sum(Vec<(u64, u64)>),
}

impl<'a> Whole<'a> {
    /// A recording as a whole; `None` when it has no process.
    pub(crate) fn of(recording: &'a Recording, view: &View) -> Option<Self> {
        let course = if recording.has_tree() {
            Course::Sum(sum_of(recording, view))
        } else {
            Course::Program(recording.root()?)
        };
        let mut whole = Self { course, peak: None, remark: None };
        let of_run = recording.peak().filter(|_| view.metric() == Metric::Rss);
        whole.peak = match of_run {
            Some(peak)
                if view.show.window_ns.is_none() || peak.at_ns.is_some_and(|at_ns| view.holds(at_ns)) =>
            {
                Some(peak)
            }
            _ => whole.peak_in(recording, view),
        };
        let is_elsewhere = |of_run: &Peak| whole.peak.is_none_or(|peak| peak.bytes < of_run.bytes);
        whole.remark = of_run.filter(is_elsewhere).map(|peak| elsewhere(&peak, view));
        Some(whole)
    }

    /// The highest of what is shown: of the curve, or of a kernel's mark that rose meanwhile.
    fn peak_in(&self, recording: &Recording, view: &View) -> Option<Peak> {
        let sample = match &self.course {
            Course::Program(root) => highest_in(points_of(root, view.metric()), view),
            Course::Sum(points) => highest_in(points.iter().copied(), view),
        };
        let kind = match self.course {
            Course::Program(_) => PeakKind::HighestSample,
            Course::Sum(_) => kind_of_sum(recording, view.metric()),
        };
        let sample = sample.map(|(at_ns, bytes)| Peak { bytes, at_ns: Some(at_ns), kind });
        let (marked, kind) = match &self.course {
            Course::Program(root) => (std::slice::from_ref(*root), PeakKind::HighWaterMark),
            Course::Sum(_) => (&recording.processes[..], PeakKind::LargestProcess),
        };
        let marks = marked.iter().filter_map(|process| highest_mark(recording, process, view));
        let mark = marks.max_by_key(|&(at_ns, bytes)| (bytes, std::cmp::Reverse(at_ns)));
        let mark = mark.map(|(at_ns, bytes)| Peak { bytes, at_ns: Some(at_ns), kind });
        let is_higher = |mark: &Peak| sample.is_none_or(|sample| mark.bytes > sample.bytes);
        mark.filter(is_higher).or(sample)
    }

    /// The curve.
    pub(crate) fn series(&self, name: String, ink: Ink, view: &View) -> Series {
        match &self.course {
            Course::Program(root) => view.process(root, name, ink),
            Course::Sum(points) => view.series(points.iter().copied(), name, ink),
        }
    }

    /// Every point of the curve that is shown.
    pub(crate) fn points(&self, view: &View) -> Vec<(u64, u64)> {
        match &self.course {
            Course::Program(root) => {
                window::clip(points_of(root, view.metric()), view.from_ns, view.end_ns).collect()
            }
            Course::Sum(points) => window::clip(points.iter().copied(), view.from_ns, view.end_ns).collect(),
        }
    }

    /// The mark of the peak, if there is one.
    pub(crate) fn mark(&self, ink: Ink, labelling: Labelling, view: &View) -> Option<Mark> {
        let peak = self.peak?;
        let at_peak = peak.at_ns.and_then(|at_ns| self.bytes_at(at_ns, view.metric()));
        let curve_bytes = at_peak.filter(|&bytes| bytes < peak.bytes);
        let mut texts = peak_label::wordings(&peak, labelling, view.show.unit);
        if let (Some(_), Labelling::Full, Some(longest)) = (&self.remark, labelling, texts.first_mut()) {
            *longest = longest.replacen("peak", "peak of this part", 1);
        }
        Some(Mark { peak, curve_bytes, ink, texts })
    }

    /// The value of the first point that is not before a time.
    fn bytes_at(&self, at_ns: u64, metric: Metric) -> Option<u64> {
        match &self.course {
            Course::Program(root) => {
                let idx = root.samples.times_ns().partition_point(|&before_ns| before_ns < at_ns);
                root.samples.get(idx, metric)
            }
            Course::Sum(points) => {
                let idx = points.partition_point(|&(before_ns, _)| before_ns < at_ns);
                points.get(idx).map(|&(_, bytes)| bytes)
            }
        }
    }
}

/// The sum of a tree's processes. Proportional sets are summed up where every process was read.
fn sum_of(recording: &Recording, view: &View) -> Vec<(u64, u64)> {
    if view.metric() == Metric::Pss {
        return recording.pss_curve().iter().map(|at: &At| (at.at_ns, at.bytes)).collect();
    }
    curve::sum(&recording.processes, &[view.metric()], view.interval_ns)
}

/// What a sum of a metric is beside the truth.
pub(crate) fn kind_of_sum(recording: &Recording, metric: Metric) -> PeakKind {
    match metric {
        Metric::Rss => recording.sum_kind(),
        Metric::Pss | Metric::Footprint => PeakKind::HighestSample,
        _ => PeakKind::Sum,
    }
}

fn highest_in(points: impl Iterator<Item = (u64, u64)>, view: &View) -> Option<(u64, u64)> {
    let shown: Box<dyn Iterator<Item = (u64, u64)>> = match view.show.window_ns {
        Some(_) => Box::new(window::clip(points, view.from_ns, view.end_ns)),
        None => Box::new(points),
    };
    shown.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// The kernel's highest mark, of those that rose in what is shown.
fn highest_mark(recording: &Recording, process: &Process, view: &View) -> Option<(u64, u64)> {
    let rises = rises(recording, process, view.metric());
    let shown = rises.filter(|&(idx, _)| view.holds(process.samples.times_ns()[idx]));
    let highest = shown.max_by_key(|&(idx, bytes)| (bytes, std::cmp::Reverse(idx)));
    highest.map(|(idx, bytes)| (process.samples.times_ns()[idx], bytes))
}

/// The places of readings at which the kernel's mark tells of what happened since the reading before, with the mark.
pub(crate) fn rises<'a>(
    recording: &Recording,
    process: &'a Process,
    metric: Metric,
) -> impl Iterator<Item = (usize, u64)> + 'a {
    let mark = match metric {
        Metric::Rss => Some(Metric::Hwm),
        Metric::Footprint => Some(Metric::FootprintPeak),
        _ => None,
    };
    // A mark is of the whole life, and news when it has risen; or it is of the interval before.
    let is_of_interval = recording.notes.iter().any(|(key, _)| key == "marks");
    let mut before_bytes = 0;
    let runs = mark.into_iter().flat_map(|mark| process.samples.runs(mark));
    runs.flat_map(move |(readings, bytes)| {
        let is_rise = bytes > std::mem::replace(&mut before_bytes, bytes);
        let n_told = if is_of_interval { readings.len() } else { usize::from(is_rise) };
        readings.take(n_told).map(move |idx| (idx, bytes))
    })
}

/// Where the run's own peak is, when it is not in what is shown.
fn elsewhere(peak: &Peak, view: &View) -> String {
    let figure = peak_label::short(peak, view.show.unit);
    let when = peak.at_ns.map_or_else(String::new, |at_ns| format!(" at {}", units::duration(at_ns)));
    format!("the run's peak, {figure}{when}, lies outside")
}

/// The highest point of a curve as a peak of some kind.
pub(crate) fn peak_of(points: &[Point], kind: PeakKind) -> Option<Peak> {
    highest(points).map(|point| Peak { bytes: point.bytes, at_ns: Some(point.at_ns), kind })
}

/// What a legend calls a process: the name that it had last, and its number.
pub(crate) fn process_name(process: &Process) -> String {
    let name = process.last_name().filter(|name| !name.is_empty()).map(printable);
    match (name, process.pid) {
        (Some(name), Some(pid)) => format!("{name} ({pid})"),
        (Some(name), None) => name,
        (None, Some(pid)) => format!("process {pid}"),
        (None, None) => "program".to_owned(),
    }
}
