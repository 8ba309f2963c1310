//! Stacks: what a total is made up of, layer on layer, so that the uppermost edge is the total itself.
//!
//! Each layer's edge is the sum of everything up to it, made of the same readings as the total. Since a sum is exact
//! at every moment at which one of its processes was written, no layer needs to be guessed.

use crate::chart::Entry;
use crate::chart::{Ground, Ink, Series};
use crate::content::Content;
use crate::curve;
use crate::options::Error;
use crate::peak_label::{self, Labelling};
use crate::tree::{bounds, ranked};
use crate::view::View;
use crate::whole::{Whole, kind_of_sum, peak_of, process_name};
use mprof_recording::metric::Metric;
use mprof_recording::peak::PeakKind;
use mprof_recording::{Process, Recording};

/// Kinds of resident memory, from the bottom of their stack. Their sum is the resident set.
const KINDS: [Metric; 3] = [Metric::Anon, Metric::File, Metric::Shmem];

/// The processes of a run on top of each other: the program at the bottom, the largest by name, the others summed up.
pub(crate) fn processes(recording: &Recording, view: &View) -> Result<Content, Error> {
    if recording.processes.len() > 1 && !recording.has_tree() {
        return Err(Error::NotStackable);
    }
    if view.metric() == Metric::Pss {
        return Err(Error::NotStackable);
    }
    let (named, rest) = ranked(recording, view.metric());
    let total = curve::sum(&recording.processes, &[view.metric()], view.interval_ns);
    let mut content = Content::default();
    for n_below in 1..=named.len() {
        let process = named[n_below - 1];
        let below = named[..n_below].iter().copied();
        let points = curve::edge(below, &[view.metric()], view.interval_ns, span_ns(&total));
        let own = view.process(process, process_name(process), Ink::Rest);
        let value = peak_label::in_legend(peak_of(&own.points, PeakKind::HighestSample), view.show.unit);
        layer(&mut content, points, own.name, Ink::Layer(n_below - 1), value, view);
    }
    if !rest.is_empty() {
        let own = curve::sum(rest.iter().copied(), &[view.metric()], view.interval_ns);
        let own = view.series(own.into_iter(), format!("and {} smaller", rest.len()), Ink::Rest);
        let kind = kind_of_sum(recording, view.metric());
        let value = peak_label::in_legend(peak_of(&own.points, kind), view.show.unit);
        layer(&mut content, total, own.name, Ink::RestLayer, value, view);
    }
    finish(&mut content, recording, view);
    Ok(content)
}

/// Anonymous, file and shared memory on top of each other, and above them what was swapped out.
pub(crate) fn kinds(recording: &Recording, view: &View) -> Result<Content, Error> {
    if recording.processes.len() > 1 && !recording.has_tree() {
        return Err(Error::NotStackable);
    }
    let is_known = |metric: &Metric| !curve::is_blank(recording, *metric);
    if !KINDS.iter().any(is_known) {
        let known = Metric::ALL.into_iter().filter(is_known).collect();
        return Err(Error::NoMetric { wanted: Metric::Anon, known });
    }
    let mut content = Content::default();
    let total = curve::sum(&recording.processes, &KINDS, view.interval_ns);
    let mut below = Vec::new();
    let is_some = |metric: &Metric| recording.processes.iter().any(|process| has_any(process, *metric));
    for (idx, metric) in KINDS.into_iter().chain([Metric::Swap]).enumerate().filter(|(_, it)| is_some(it)) {
        below.push(metric);
        let own = curve::sum(&recording.processes, &[metric], view.interval_ns);
        let own = view.series(own.into_iter(), name_of(metric), Ink::Rest);
        let edge = curve::edge(&recording.processes, &below, view.interval_ns, span_ns(&total));
        let kind = if recording.has_tree() { PeakKind::Sum } else { PeakKind::HighestSample };
        let value = peak_label::in_legend(peak_of(&own.points, kind), view.show.unit);
        let ink = if metric == Metric::Swap { Ink::Absent } else { Ink::Kind(idx) };
        layer(&mut content, edge, own.name, ink, value, view);
    }
    finish(&mut content, recording, view);
    Ok(content)
}

/// From when to when there is anything to stack.
fn span_ns(total: &[(u64, u64)]) -> (u64, u64) {
    (total.first().map_or(0, |point| point.0), total.last().map_or(0, |point| point.0))
}

fn has_any(process: &Process, metric: Metric) -> bool {
    process.samples.max(metric).is_some_and(|(_, bytes)| bytes > 0)
}

fn name_of(metric: Metric) -> String {
    match metric {
        Metric::Anon => "anonymous: heap, stack, private copies".to_owned(),
        Metric::File => "of files".to_owned(),
        Metric::Shmem => "shared memory".to_owned(),
        Metric::Swap => "swapped out, not resident".to_owned(),
        other => other.label().to_owned(),
    }
}

fn layer(content: &mut Content, edge: Vec<(u64, u64)>, name: String, ink: Ink, value: String, view: &View) {
    let edge = view.series(edge.into_iter(), name.clone(), ink);
    content.series.push(Series { ground: Ground::Layer, ..edge });
    content.legend.push(Entry { ink: Some(ink), label: name, value });
}

/// From the top to the bottom, with the peak of the whole.
fn finish(content: &mut Content, recording: &Recording, view: &View) {
    content.series.reverse();
    content.legend.reverse();
    if let Some(whole) = Whole::of(recording, view) {
        content.marks.extend(whole.mark(Ink::Main(0), Labelling::Full, view));
        content.notes.extend(whole.remark);
    }
    content.notes.extend(bounds(&content.legend));
}
