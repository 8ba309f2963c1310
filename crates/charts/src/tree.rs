//! A tree of processes over time: what all of them used together, and who used it.
//!
//! However many processes there are, there are few curves: the sum, what it is not below, the program, its largest
//! children, and the others summed up in one.

use crate::chart::{Entry, Ground, Ink, Mark};
use crate::content::{Content, peak_alone};
use crate::curve;
use crate::peak_label::{self, Labelling};
use crate::view::View;
use crate::whole::{N_NAMED, Whole, kind_of_sum, process_name};
use mprof_recording::metric::Metric;
use mprof_recording::peak::PeakKind;
use mprof_recording::units::Unit;
use mprof_recording::{Process, Recording};
use std::cmp::Reverse;

/// A process that is so many times smaller than the largest would only lengthen the legend.
const NOTHING_BESIDE: u64 = 50;

/// The curves of a recording that has a tree, and what explains them.
pub(crate) fn content(recording: &Recording, view: &View) -> Content {
    let mut content = Content::default();
    sum(&mut content, recording, view);
    let (named, rest) = ranked(recording, view.metric());
    if !rest.is_empty() && view.metric() != Metric::Pss {
        let points = curve::sum(rest.iter().copied(), &[view.metric()], view.interval_ns).into_iter();
        let series = view.series(points, format!("and {} smaller", rest.len()), Ink::Rest);
        content.add(series, kind_of_sum(recording, view.metric()), view);
    }
    for (rank, process) in named.iter().enumerate() {
        content.process(recording, process, Ink::Child(rank), view);
    }
    if view.metric() == Metric::Rss {
        shared(&mut content, recording, view);
    }
    if view.metric() == Metric::Rss {
        least(&mut content, recording, view);
    }
    in_order(&mut content);
    tint_between_bounds(&mut content);
    content
}

/// What the sum is not below: the largest process of each moment.
fn least(content: &mut Content, recording: &Recording, view: &View) {
    let points = curve::largest(&recording.processes, view.metric(), view.interval_ns);
    let series =
        view.series(points.into_iter(), "largest at each moment, a lower bound".to_owned(), Ink::Least);
    content.add(series, PeakKind::LargestProcess, view);
}

/// The truth lies below the sum of resident sets, and above the largest of them.
fn tint_between_bounds(content: &mut Content) {
    let least = content.series.iter().position(|series| series.ink == Ink::Least);
    let sum = content.series.iter_mut().find(|series| series.ink == Ink::Main(0));
    if let (Some(least), Some(sum)) = (least, sum) {
        sum.ground = Ground::Between(least);
    }
}

fn sum(content: &mut Content, recording: &Recording, view: &View) {
    let Some(whole) = Whole::of(recording, view) else { return };
    let n_summed = recording.processes.iter().filter(|process| !process.samples.is_empty()).count();
    let ink = Ink::Main(0);
    let mut series = whole.series(sum_name(n_summed), ink, view);
    series.ground = Ground::Tinted;
    let mark = whole.mark(ink, Labelling::Full, view).map(|mark| owned(mark, recording, view.show.unit));
    content.marks.extend(mark);
    content.notes.extend(whole.remark);
    content.add(series, kind_of_sum(recording, view.metric()), view);
}

/// The sum of proportional sets, where it was read.
fn shared(content: &mut Content, recording: &Recording, view: &View) {
    let sums = recording.pss_curve();
    if !sums.is_empty() {
        let points = sums.iter().map(|at| (at.at_ns, at.bytes));
        let mut series = view.series(points, "PSS, shared pages once".to_owned(), Ink::Shared);
        // It is read now and then. Where processes joined or left meanwhile, a line would claim what nobody knows.
        let steps_ns = curve::all_steps_ns(&recording.processes);
        let is_step_between = |idx: &usize| {
            let [from_ns, to_ns] = [idx - 1, *idx].map(|idx| series.points[idx].at_ns);
            let next = steps_ns.partition_point(|&step_ns| step_ns <= from_ns);
            steps_ns.get(next).is_some_and(|&step_ns| step_ns <= to_ns)
        };
        series.breaks = (1..series.points.len()).filter(is_step_between).collect();
        content.add(series, PeakKind::HighestSample, view);
    }
}

/// Curves: the sum hides what it is made up of where both are equal, for it comes first; what is read now and
/// then stands on it. Legend: what is about the whole, then each by size, then the rest.
fn in_order(content: &mut Content) {
    content.series.sort_by_key(|series| match series.ink {
        Ink::Rest => (0, Reverse(0)),
        // Where it is a process with a curve of its own, that one is seen.
        Ink::Least => (1, Reverse(0)),
        Ink::Child(rank) => (2, Reverse(rank)),
        Ink::Main(_) => (3, Reverse(0)),
        _ => (4, Reverse(0)),
    });
    content.legend.sort_by_key(|entry| match entry.ink {
        Some(Ink::Main(_)) => 0,
        Some(Ink::Shared | Ink::Least) => 1,
        Some(Ink::Child(_)) => 2,
        _ => 3,
    });
    content.notes.extend(bounds(&content.legend));
}

/// What the signs in a legend mean.
pub(crate) fn bounds(legend: &[Entry]) -> Option<String> {
    let figures: Vec<&str> = legend.iter().map(|entry| entry.value.as_str()).collect();
    peak_label::bounds(&figures)
}

/// The program and its largest children, and all the others. When not every child can be named, none is that is
/// nothing beside the largest.
pub(crate) fn ranked(recording: &Recording, metric: Metric) -> (Vec<&Process>, Vec<&Process>) {
    let mut children: Vec<(u64, &Process)> =
        recording.children().iter().map(|child| (size_bytes(child, metric), child)).collect();
    children.sort_by_key(|&(bytes, _)| Reverse(bytes));
    let least_bytes = children.first().map_or(0, |&(bytes, _)| bytes / NOTHING_BESIDE);
    let n_visible = children.partition_point(|&(bytes, _)| bytes >= least_bytes);
    let n_named = if children.len() > N_NAMED { n_visible.min(N_NAMED) } else { children.len() };
    let mut ranked = children.into_iter().map(|(_, child)| child);
    let named = recording.root().into_iter().chain(ranked.by_ref().take(n_named)).collect();
    (named, ranked.collect())
}

/// How large a process is beside others.
fn size_bytes(process: &Process, metric: Metric) -> u64 {
    match metric {
        Metric::Rss => peak_alone(process).map_or(0, |peak| peak.bytes),
        metric => process.samples.max(metric).map_or(0, |(_, bytes)| bytes),
    }
}

/// The mark that names the process whose own peak exceeds every sum.
fn owned(mut mark: Mark, recording: &Recording, unit: Option<Unit>) -> Mark {
    let is_alone = mark.peak.kind == PeakKind::LargestProcess;
    let is_owner = |process: &&Process| peak_alone(process).is_some_and(|peak| peak.bytes == mark.peak.bytes);
    let owner = recording.processes.iter().find(|process| is_alone && is_owner(process));
    let owner = owner.map(|process| peak_label::of_one(&mark.peak, &process_name(process), unit));
    mark.texts.splice(0..0, owner);
    mark
}

fn sum_name(n_processes: usize) -> String {
    format!("sum of {n_processes} processes")
}
