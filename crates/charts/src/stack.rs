//! Stacks: what a total is made up of, layer on layer, so that the uppermost edge is the total itself.
//!
//! Each layer's edge is the sum of everything up to it, made of the same readings as the total. Since a sum is exact
//! at every moment at which one of its processes was written, no layer needs to be guessed.

use crate::chart::{Entry, Ground, Ink, Series};
use crate::content::{Content, own_peak};
use crate::curve::{self, Sum, SumCurve};
use crate::options::Error;
use crate::peak_label::{self, Labelling};
use crate::show::KINDS;
use crate::tree::{Ranked, bounds};
use crate::view::View;
use crate::whole::{Whole, highest_of, kind_of_sum, process_name};
use mprof_recording::metric::Metric;
use mprof_recording::peak::PeakKind;
use mprof_recording::total::{Moment, Parts, sum_up};
use mprof_recording::{Process, Recording};
use std::ops::Range;

/// The edges of layers, gathered moment by moment.
struct Layers {
    /// What the stack is made of, of all parts that are summed up.
    parts: Range<usize>,
    edges: Vec<SumCurve>,
    /// The parts by themselves.
    alone: Vec<SumCurve>,
    total: SumCurve,
}

impl Layers {
    fn of(parts: Range<usize>, view: &View) -> Self {
        let curves = || parts.clone().map(|_| SumCurve::new(view)).collect();
        Self { edges: curves(), alone: curves(), total: SumCurve::new(view), parts }
    }

    fn take(&mut self, moment: &Moment) {
        let Some(sum) = Sum::of(moment, self.parts.clone()) else { return };
        self.total.take(sum);
        let first = self.parts.start;
        for (part, (edge, alone)) in self.parts.clone().zip(self.edges.iter_mut().zip(&mut self.alone)) {
            if sum.bytes > 0 {
                edge.stacked_from(moment.at_ns);
            }
            Sum::of(moment, first..part + 1).into_iter().for_each(|sum| edge.take(sum));
            Sum::of(moment, part..part + 1).into_iter().for_each(|sum| alone.take(sum));
        }
    }

    /// Each layer with its edge as a curve, and its highest value by itself.
    fn draw(self, looks: Vec<Look<'_>>, recording: &Recording, content: &mut Content, view: &View) {
        let end_ns = self.total.end_ns();
        for ((edge, alone), look) in self.edges.into_iter().zip(self.alone).zip(looks) {
            let series = view.drawn(edge.points(end_ns), look.name.clone(), look.ink);
            content.series.push(Series { ground: Ground::Layer, ..series });
            let alone = alone.series(String::new(), look.ink, view);
            let highest = match look.is_of {
                Of::One(process) => own_peak(recording, process, &alone, view),
                Of::Several(kind) => {
                    highest_of(&alone.points, kind, &recording.processes, view.metric(), view)
                }
            };
            let value = peak_label::in_legend(highest, view.show.unit);
            content.legend.push(Entry { ink: Some(look.ink), label: look.name, value });
        }
    }
}

/// How a layer is drawn, and what it is of.
struct Look<'a> {
    name: String,
    ink: Ink,
    is_of: Of<'a>,
}

/// What a layer is of.
#[derive(Clone, Copy)]
enum Of<'a> {
    /// A process, of which the kernel keeps a mark.
    One(&'a Process),
    /// Anything else, with the kind of number that its highest value is.
    Several(PeakKind),
}

/// The processes of a run on top of each other: the program at the bottom, the largest by name, the others summed up.
pub(crate) fn processes(recording: &Recording, view: &View) -> Result<Content, Error> {
    check(recording)?;
    if !view.metric().is_in_every_reading() {
        return Err(Error::ReadNowAndThen(view.metric()));
    }
    let ranked = Ranked::of(recording, view.metric());
    let of = ranked.parts(recording);
    let mut layers = Layers::of(0..ranked.n_parts(), view);
    let whole = sums(recording, view, Parts::Processes(view.metric(), &of), layers.parts.clone(), |moment| {
        layers.take(moment);
    });
    let named = ranked.named.iter().enumerate().map(|(layer, &place)| Look {
        name: process_name(&recording.processes[place]),
        ink: Ink::Layer(layer),
        is_of: Of::One(&recording.processes[place]),
    });
    let rest = ranked.has_rest().then(|| Look {
        name: ranked.rest_name(),
        ink: Ink::RestLayer,
        is_of: Of::Several(kind_of_sum(recording, view.metric())),
    });
    let mut content = Content::default();
    layers.draw(named.chain(rest).collect(), recording, &mut content, view);
    finish(&mut content, whole, view);
    Ok(content)
}

/// Anonymous, file and shared memory on top of each other, and above them what was swapped out.
pub(crate) fn kinds(recording: &Recording, view: &View) -> Result<Content, Error> {
    check(recording)?;
    let is_known = |metric: &Metric| !curve::is_blank(recording, *metric);
    if !KINDS.iter().any(is_known) {
        let known = Metric::ALL.into_iter().filter(is_known).collect();
        return Err(Error::NoMetric { wanted: Metric::Anon, known });
    }
    let is_some = |metric: &Metric| recording.processes.iter().any(|process| has_any(process, *metric));
    let kinds: Vec<Metric> = KINDS.into_iter().chain([Metric::Swap]).filter(is_some).collect();
    let metrics: Vec<Metric> = [view.metric()].into_iter().chain(kinds.iter().copied()).collect();
    let mut layers = Layers::of(1..metrics.len(), view);
    let whole = sums(recording, view, Parts::Metrics(&metrics), 0..1, |moment| layers.take(moment));
    let kind = if recording.has_tree() { PeakKind::Sum } else { PeakKind::HighestSample };
    let is_of = Of::Several(kind);
    let looks = kinds.into_iter().map(|metric| Look { name: name_of(metric), ink: ink_of(metric), is_of });
    let mut content = Content::default();
    layers.draw(looks.collect(), recording, &mut content, view);
    finish(&mut content, whole, view);
    content.notes.extend(peak_label::repeated(kind));
    Ok(content)
}

/// Whether each process was read by itself.
fn check(recording: &Recording) -> Result<(), Error> {
    let is_summed = recording.processes.len() > 1 && !recording.has_tree();
    if is_summed { Err(Error::NotStackable) } else { Ok(()) }
}

/// Goes through all moments, and says what stands for the recording as a whole.
fn sums<'a>(
    recording: &'a Recording,
    view: &View,
    parts: Parts<'_>,
    summed: Range<usize>,
    mut each: impl FnMut(&Moment),
) -> Option<Whole<'a>> {
    if recording.has_tree() {
        return Some(Whole::of_tree(recording, view, parts, summed, each));
    }
    let processes: Vec<&Process> = recording.processes.iter().collect();
    sum_up(&processes, parts, &mut each);
    Whole::of(recording, view)
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

fn ink_of(metric: Metric) -> Ink {
    KINDS.into_iter().position(|kind| kind == metric).map_or(Ink::Absent, Ink::Kind)
}

/// From the top to the bottom, with the peak of the whole.
fn finish(content: &mut Content, whole: Option<Whole<'_>>, view: &View) {
    content.series.reverse();
    content.legend.reverse();
    if let Some(whole) = whole {
        content.marks.extend(whole.mark(Ink::Main(0), Labelling::Full, view));
        content.notes.extend(whole.remark);
    }
    content.notes.extend(bounds(&content.legend));
}
