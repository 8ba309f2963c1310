//! What stands for a recording where it is one curve: its program, or the sum of its processes.

use crate::chart::{Ground, Ink, Mark, Point, Series};
use crate::curve::{self, Joining, Sum, SumCurve};
use crate::lettering::set_apart;
use crate::peak_label::{self, Labelling};
use crate::view::{View, highest, points_of};
use mprof_recording::command::printable;
use mprof_recording::metric::Metric;
use mprof_recording::peak::{Peak, PeakKind};
use mprof_recording::total::{At, Moment, Parts, Peaks, sum_up};
use mprof_recording::{Process, Recording, units, window};
use std::ops::Range;

/// A recording as one curve, and its peak in what is shown of it.
pub(crate) struct Whole<'a> {
    course: Course<'a>,
    pub(crate) peak: Option<Peak>,
    /// What there is to say of the peak where it is not that of the whole run.
    pub(crate) remark: Option<String>,
}

enum Course<'a> {
    Program(&'a Process),
    /// The sum of a tree, and what is shown of its curve.
    Sum(&'a Recording, Vec<Point>),
}

impl<'a> Whole<'a> {
    /// A recording as a whole; `None` when it has no process.
    pub(crate) fn of(recording: &'a Recording, view: &View) -> Option<Self> {
        if recording.has_tree() && !view.metric().is_in_every_reading() {
            return Some(Self::of_sets(recording, view));
        }
        if recording.has_tree() {
            let parts = [view.metric()];
            return Some(Self::of_tree(recording, view, Parts::Metrics(&parts), 0..1, |_| {}));
        }
        let root = recording.root()?;
        let of_run = recording.peak().filter(|_| view.metric() == Metric::Rss);
        let course = Course::Program(root);
        Some(
            Self { course, peak: None, remark: None }
                .with_peak(of_run, view, |whole| peak_in(recording, root, whole, view)),
        )
    }

    /// The sum of a tree, which is made of some parts of it. It takes one pass over the readings, in which every
    /// moment is shown to whoever wants to see it too.
    pub(crate) fn of_tree(
        recording: &'a Recording,
        view: &View,
        parts: Parts<'_>,
        summed: Range<usize>,
        mut also: impl FnMut(&Moment),
    ) -> Self {
        let is_of_run = view.metric() == Metric::Rss;
        let largest = recording.largest_peak().filter(|_| is_of_run);
        let mark = highest_mark(recording, &recording.processes, PeakKind::LargestProcess, view);
        let (mut sum_curve, mut sums) = (SumCurve::new(view), Peaks::default());
        let kind = kind_of_sum(recording, view.metric());
        let processes: Vec<&Process> = recording.processes.iter().collect();
        let is_known = !curve::is_blank(recording, view.metric());
        sum_up(&processes, parts, |moment| {
            if let Some(sum) = Sum::of(moment, summed.clone()).filter(|_| is_known) {
                sum_curve.take(sum);
            }
            sums.see(moment);
            also(moment);
        });
        let points = sum_curve.points(0);
        let shown = points.iter().map(Point::pair).filter(|&(at_ns, _)| view.is_read(at_ns));
        let sample =
            highest_read(shown, kind).map(|peak| as_edge(peak, &recording.processes, view.metric(), view));
        let of_run = recording.peak_of_tree(&sums, largest).filter(|_| is_of_run);
        let course = Course::Sum(recording, points);
        Self { course, peak: None, remark: None }.with_peak(of_run, view, |_| higher(sample, mark))
    }

    /// The sum of proportional or unique sets where every process was read.
    fn of_sets(recording: &'a Recording, view: &View) -> Self {
        let sums = recording.set_curve(view.metric());
        let mut cut = view.cut();
        sums.iter().for_each(|at| cut.push((at.at_ns, at.bytes)));
        let points = cut.finish();
        let shown = sums.iter().map(|at| (at.at_ns, at.bytes)).filter(|&(at_ns, _)| view.holds(at_ns));
        let peak = highest_read(shown, recording.kind_of_sets(view.metric()));
        Self { course: Course::Sum(recording, points), peak, remark: None }
    }

    /// With the peak of the run, or with that of what is shown where it lies outside.
    fn with_peak(
        mut self,
        of_run: Option<Peak>,
        view: &View,
        shown: impl FnOnce(&Self) -> Option<Peak>,
    ) -> Self {
        let is_shown =
            |peak: &Peak| view.show.window_ns.is_none() || peak.at_ns.is_some_and(|at_ns| view.holds(at_ns));
        self.peak = of_run.filter(is_shown).or_else(|| shown(&self));
        let is_elsewhere = |of_run: &Peak| self.peak.is_none_or(|peak| peak.bytes < of_run.bytes);
        self.remark = of_run.filter(is_elsewhere).map(|peak| elsewhere(&peak, view));
        self
    }

    /// The curve.
    pub(crate) fn series(&self, name: String, ink: Ink, view: &View) -> Series {
        match &self.course {
            Course::Program(root) => view.process(root, name, ink),
            Course::Sum(_, points) => view.drawn(points.clone(), name, ink),
        }
    }

    /// Every point of the curve that is shown. Those of a program are not held.
    pub(crate) fn points(&self, view: &View) -> Box<dyn Iterator<Item = (u64, u64)> + '_> {
        let points: Box<dyn Iterator<Item = (u64, u64)>> = match &self.course {
            Course::Program(root) => Box::new(points_of(root, view.metric())),
            Course::Sum(recording, _) => Box::new(points_of_sum(recording, view).into_iter()),
        };
        match view.show.window_ns {
            Some(_) => Box::new(window::clip(points, view.from_ns, view.end_ns)),
            None => points,
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
        Some(Mark { peak, curve_bytes, to_ns: view.end_ns, ink, texts })
    }

    /// The value of the curve at a time at which there may be a peak.
    fn bytes_at(&self, at_ns: u64, metric: Metric) -> Option<u64> {
        match &self.course {
            Course::Program(root) => {
                let idx = root.samples.times_ns().partition_point(|&before_ns| before_ns < at_ns);
                root.samples.get(idx, metric)
            }
            Course::Sum(_, points) => drawn_at(points, at_ns),
        }
    }
}

/// The value of a curve at a time, as it is drawn; nothing before its first point and behind its last.
fn drawn_at(points: &[Point], at_ns: u64) -> Option<u64> {
    let next = points.partition_point(|point| point.at_ns < at_ns);
    let after = points.get(next)?.pair();
    match next.checked_sub(1) {
        _ if after.0 == at_ns => Some(after.1),
        Some(before) => Some(window::exactly_between(points[before].pair(), after, at_ns)),
        None => None,
    }
}

fn points_of_sum(recording: &Recording, view: &View) -> Vec<(u64, u64)> {
    if !view.metric().is_in_every_reading() {
        return recording.set_curve(view.metric()).iter().map(|at: &At| (at.at_ns, at.bytes)).collect();
    }
    if curve::is_blank(recording, view.metric()) {
        return Vec::new();
    }
    let processes: Vec<&Process> = recording.processes.iter().collect();
    let (mut joining, mut points) = (Joining::new(view.interval_ns), Vec::new());
    sum_up(&processes, Parts::Metrics(&[view.metric()]), |moment| {
        Sum::of(moment, 0..1).into_iter().for_each(|sum| joining.take(sum, |point| points.push(point)));
    });
    joining.finish(0, |point| points.push(point));
    points
}

/// The highest of what is shown of a program: of its curve, or of a kernel's mark that rose meanwhile.
fn peak_in(recording: &Recording, root: &Process, whole: &Whole<'_>, view: &View) -> Option<Peak> {
    // What does not change is not read twice, and is shown up to the edges; what is read now and then is not.
    let is_held = view.metric().is_in_every_reading();
    let held = is_held.then(|| whole.points(view)).into_iter().flatten();
    let read = root.samples.iter(view.metric()).filter(|&(at_ns, _)| !is_held && view.holds(at_ns));
    let shown = held.chain(read).filter(|&(at_ns, _)| view.is_read(at_ns));
    let sample = highest_read(shown, PeakKind::HighestSample);
    let sample = sample.map(|peak| as_edge(peak, std::slice::from_ref(root), view.metric(), view));
    let mark = highest_mark(recording, std::slice::from_ref(root), PeakKind::HighWaterMark, view);
    higher(sample, mark.map(|mark| mark.among(root.marks_hold)))
}

/// The highest of some readings, and of equals the first.
fn highest_read(readings: impl Iterator<Item = (u64, u64)>, kind: PeakKind) -> Option<Peak> {
    let highest = readings.reduce(|best, next| if next.1 > best.1 { next } else { best });
    highest.map(|(at_ns, bytes)| Peak { bytes, at_ns: Some(at_ns), kind })
}

/// What a peak is that may be no reading: at the edges of a window, the curve goes on from a reading before to one behind.
/// A sum stays one, and bounds nothing anyway.
fn as_edge(peak: Peak, processes: &[Process], metric: Metric, view: &View) -> Peak {
    let is_edge =
        |at_ns: u64| view.show.window_ns.is_some() && (at_ns == view.from_ns || at_ns == view.end_ns);
    let is_read = |at_ns: u64| processes.iter().all(|process| is_read_at(process, at_ns, metric));
    let is_between = peak.at_ns.is_some_and(|at_ns| is_edge(at_ns) && !is_read(at_ns));
    if is_between && !peak.kind.is_sum_of_rss() { Peak { kind: PeakKind::AtEdge, ..peak } } else { peak }
}

/// Whether what a curve says of a process at a time was read: there, or on both sides alike, for what does not change
/// is not written again. Before its first reading and behind its last there is nothing between two.
fn is_read_at(process: &Process, at_ns: u64, metric: Metric) -> bool {
    let value = |idx| process.samples.get(idx, metric);
    match process.samples.times_ns().binary_search(&at_ns) {
        Ok(idx) => value(idx).is_some(),
        Err(idx) if idx == 0 || idx == process.samples.len() => true,
        Err(idx) => metric.is_in_every_reading() && value(idx - 1) == value(idx),
    }
}

/// A mark where it tells more than the samples.
fn higher(sample: Option<Peak>, mark: Option<Peak>) -> Option<Peak> {
    mark.filter(|mark| sample.is_none_or(|sample| mark.bytes > sample.bytes)).or(sample)
}

/// What the curve of the only recording looks like. Of what is read now and then nobody knows what was between.
pub(crate) fn look_of_only(recording: &Recording, view: &View) -> (Ink, Ground) {
    let metric = view.metric();
    if metric.is_in_every_reading() || recording.metric_to_mprof() == metric {
        (Ink::Main(0), Ground::Tinted)
    } else {
        (Ink::Shared, Ground::Bare)
    }
}

/// What a sum of a metric is beside the truth.
pub(crate) fn kind_of_sum(recording: &Recording, metric: Metric) -> PeakKind {
    match metric {
        Metric::Rss => recording.sum_kind(),
        Metric::Pss | Metric::Uss => recording.kind_of_sets(metric),
        // A page table belongs to one process, and so does an address.
        Metric::Footprint | Metric::PageTables | Metric::Vms => PeakKind::HighestSample,
        _ => PeakKind::Sum,
    }
}

/// The kernel's highest mark of some processes, of those that rose in what is shown.
fn highest_mark(recording: &Recording, processes: &[Process], kind: PeakKind, view: &View) -> Option<Peak> {
    let marks = processes.iter().filter_map(|process| {
        let times_ns = process.samples.times_ns();
        let shown = rises(recording, process, view.metric()).filter(|&(idx, _)| view.holds(times_ns[idx]));
        let highest = shown.max_by_key(|&(idx, bytes)| (bytes, std::cmp::Reverse(idx)));
        highest.map(|(idx, bytes)| (times_ns[idx], bytes))
    });
    let highest = marks.max_by_key(|&(at_ns, bytes)| (bytes, std::cmp::Reverse(at_ns)));
    highest.map(|(at_ns, bytes)| Peak { bytes, at_ns: Some(at_ns), kind })
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
    let is_of_interval = recording.begins_marks_anew();
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

/// The highest point of a curve as a peak of some kind; the curve is of some processes, of which a metric was read.
pub(crate) fn highest_of(
    points: &[Point],
    kind: PeakKind,
    processes: &[Process],
    metric: Metric,
    view: &View,
) -> Option<Peak> {
    let peak = highest(points).map(|point| Peak { bytes: point.bytes, at_ns: Some(point.at_ns), kind });
    peak.map(|peak| as_edge(peak, processes, metric, view))
}

/// What a legend calls a process: the name that it had last, and its number.
pub(crate) fn process_name(process: &Process) -> String {
    let name = process.last_name().filter(|name| !name.is_empty()).map(printable);
    match (name, process.pid) {
        (Some(name), Some(pid)) => format!("{} ({pid})", set_apart(&name)),
        (Some(name), None) => name,
        (None, Some(pid)) => format!("process {pid}"),
        (None, None) => "program".to_owned(),
    }
}
