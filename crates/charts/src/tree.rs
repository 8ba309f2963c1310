//! A tree of processes over time: what all of them used together, and who used it.
//!
//! However many processes there are, there are few curves: the sum, what it is not below, the program, its largest
//! children, and the others summed up in one.

use crate::chart::{Entry, Ground, Ink, Mark, Point, Series};
use crate::content::{Content, peak_alone};
use crate::curve::{self, Sum, SumCurve};
use crate::peak_label::{self, Labelling};
use crate::show::N_NAMED;
use crate::view::View;
use crate::whole::{Whole, highest_of, kind_of_sum, look_of_only, process_name};
use mprof_recording::metric::Metric;
use mprof_recording::peak::{Peak, PeakKind};
use mprof_recording::total::{Moment, Parts};
use mprof_recording::units::Unit;
use mprof_recording::{Process, Recording};
use std::cmp::Reverse;

/// A process that is so many times smaller than the largest would only lengthen the legend.
const NOTHING_BESIDE: u64 = 20;
/// So few children are all named.
const FEW: usize = 4;

/// The program and its largest children, and all the others, as places among the processes.
pub(crate) struct Ranked {
    pub(crate) named: Vec<usize>,
    rest: Vec<usize>,
}

/// What is drawn of a tree beside its sum, gathered moment by moment.
struct Beside {
    rest: SumCurve,
    least: SumCurve,
    /// The sums of proportional sets.
    shared: Vec<(u64, u64)>,
}

/// The curves of a recording that has a tree, and what explains them.
pub(crate) fn content(recording: &Recording, view: &View) -> Content {
    let ranked = Ranked::of(recording, view.metric());
    let mut content = Content::default();
    let mut beside = Beside { rest: SumCurve::new(view), least: SumCurve::new(view), shared: Vec::new() };
    let whole = match view.metric() {
        Metric::Pss | Metric::Uss => Whole::of(recording, view),
        metric => {
            let (of, n_parts) = (ranked.parts(recording), ranked.n_parts());
            let parts = Parts::Processes(metric, &of);
            Some(Whole::of_tree(recording, view, parts, 0..n_parts, |moment| beside.take(moment, &ranked)))
        }
    };
    whole.into_iter().for_each(|whole| sum(&mut content, whole, recording, view));
    if ranked.has_rest() && view.metric().is_in_every_reading() {
        let series = beside.rest.series(ranked.rest_name(), Ink::Rest, view);
        let highest = highest_sum(&series, recording, view);
        content.add(series, highest, view);
    }
    let numbers = ranked.numbers(recording, view.metric());
    for (&place, number) in ranked.named.iter().zip(numbers) {
        content.process(recording, &recording.processes[place], Ink::Child(number), view);
    }
    if view.metric() == Metric::Rss {
        shared(&mut content, beside.shared, recording, view);
        largest(&mut content, beside.least, recording, view);
    }
    in_order(&mut content);
    tint_between_bounds(&mut content);
    content
}

impl Beside {
    fn take(&mut self, moment: &Moment, ranked: &Ranked) {
        let (n_named, n_parts) = (ranked.named.len(), ranked.n_parts());
        Sum::of(moment, n_named..n_parts).into_iter().for_each(|sum| self.rest.take(sum));
        let (at_ns, is_step) = (moment.at_ns, moment.is_step(0..n_parts));
        self.least.take(Sum { at_ns, bytes: moment.largest_bytes, is_step });
        self.shared.extend(moment.pss_bytes.map(|bytes| (moment.at_ns, bytes)));
    }
}

/// The truth lies below the sum of resident sets, and above the largest of them.
fn tint_between_bounds(content: &mut Content) {
    let least = content.series.iter().position(|series| series.ink == Ink::Least);
    let sum = content.series.iter_mut().find(|series| series.ink == Ink::Main(0));
    if let (Some(least), Some(sum)) = (least, sum) {
        sum.ground = Ground::Between(least);
    }
}

fn sum(content: &mut Content, whole: Whole<'_>, recording: &Recording, view: &View) {
    let n_summed = recording.processes.iter().filter(|process| !process.samples.is_empty()).count();
    let (ink, ground) = look_of_only(recording, view);
    let mut series = whole.series(sum_name(n_summed), ink, view);
    series.ground = ground;
    let mark = whole.mark(ink, Labelling::Full, view).map(|mark| owned(mark, recording, view.show.unit));
    content.marks.extend(mark);
    content.notes.extend(whole.remark);
    // The legend has the figure that the mark has: two peaks of one curve would have to be explained.
    let peak = whole.peak.or_else(|| highest_sum(&series, recording, view));
    content.add(series, peak, view);
}

fn highest_sum(series: &Series, recording: &Recording, view: &View) -> Option<Peak> {
    let kind = kind_of_sum(recording, view.metric());
    highest_of(&series.points, kind, &recording.processes, view.metric(), view)
}

/// What the sum is not below. Its figure is that of the process whose line has the highest one, which the kernel's mark
/// may tell: one from samples beside it would contradict.
fn largest(content: &mut Content, least: SumCurve, recording: &Recording, view: &View) {
    let kind = PeakKind::LargestProcess;
    let series = least.series("largest at each moment".to_owned(), Ink::Least, view);
    let sampled = highest_of(&series.points, kind, &recording.processes, Metric::Rss, view);
    let is_whole = view.show.window_ns.is_none();
    let own =
        recording.processes.iter().filter(|_| is_whole).filter_map(|process| peak_alone(recording, process));
    let own = own.map(|peak| Peak { kind, ..peak });
    content.add(series, own.chain(sampled).max_by_key(|peak| peak.bytes), view);
}

/// The sum of proportional sets, where it was read.
fn shared(content: &mut Content, sums: Vec<(u64, u64)>, recording: &Recording, view: &View) {
    if !sums.is_empty() {
        let mut series = view.series(sums.into_iter(), "PSS, shared pages divided".to_owned(), Ink::Shared);
        // It is read now and then. Where processes joined or left meanwhile, a line would claim what nobody knows.
        let steps_ns = curve::all_steps_ns(&recording.processes);
        let is_step_between = |idx: &usize| {
            let [from_ns, to_ns] = [idx - 1, *idx].map(|idx| series.points[idx].at_ns);
            let next = steps_ns.partition_point(|&step_ns| step_ns <= from_ns);
            steps_ns.get(next).is_some_and(|&step_ns| step_ns <= to_ns)
        };
        let is_beyond = |idx: &usize| rises_above(&series.points[idx - 1..=*idx], &content.series);
        let is_false = |idx: &usize| is_step_between(idx) || is_beyond(idx);
        series.breaks = (1..series.points.len()).filter(is_false).collect();
        let kind = kind_of_sum(recording, Metric::Pss);
        let highest = highest_of(&series.points, kind, &recording.processes, Metric::Pss, view);
        content.add(series, highest, view);
    }
}

/// Whether a line between two readings of the shared sum would rise above the sum, which it cannot.
fn rises_above(ends: &[Point], curves: &[Series]) -> bool {
    let ([from, to], Some(sum)) = (ends, curves.iter().find(|series| series.ink == Ink::Main(0))) else {
        return false;
    };
    let line = |at_ns: u64| {
        let share = (at_ns - from.at_ns) as f64 / (to.at_ns - from.at_ns) as f64;
        from.bytes as f64 + share * (to.bytes as f64 - from.bytes as f64)
    };
    let first = sum.points.partition_point(|point| point.at_ns <= from.at_ns);
    let between = sum.points[first..].iter().take_while(|point| point.at_ns < to.at_ns);
    between.into_iter().any(|point| (point.bytes as f64) < line(point.at_ns))
}

/// Curves: the sum hides what it is made up of where both are equal, for it comes first; what is read now and
/// then stands on it. Legend: what is about the whole, then each by size, then the rest.
fn in_order(content: &mut Content) {
    content.series.sort_by_cached_key(|series| match series.ink {
        Ink::Rest => (0, Reverse(0)),
        // Where it is a process with a curve of its own, that one is seen.
        Ink::Least => (1, Reverse(0)),
        Ink::Child(rank) => (2, Reverse(rank)),
        Ink::Main(_) => (3, Reverse(0)),
        _ => (4, Reverse(0)),
    });
    content.legend.sort_by_cached_key(|entry| match entry.ink {
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

impl Ranked {
    /// Where there are more than a few, no child is named that is nothing beside the largest process.
    pub(crate) fn of(recording: &Recording, metric: Metric) -> Self {
        let mut children: Vec<(Reverse<u64>, usize)> = (1..recording.processes.len())
            .map(|place| (Reverse(size_bytes(&recording.processes[place], metric)), place))
            .collect();
        children.sort_unstable();
        let root_bytes = recording.processes.first().map_or(0, |root| size_bytes(root, metric));
        let largest_bytes = children.first().map_or(0, |&(Reverse(bytes), _)| bytes.max(root_bytes));
        let least_bytes = largest_bytes / NOTHING_BESIDE;
        let n_visible = children.partition_point(|&(Reverse(bytes), _)| bytes >= least_bytes);
        let n_named = if children.len() > FEW { n_visible.min(N_NAMED) } else { children.len() };
        let mut ranked = children.into_iter().map(|(_, place)| place);
        let root = (!recording.processes.is_empty()).then_some(0);
        let named = root.into_iter().chain(ranked.by_ref().take(n_named)).collect();
        Self { named, rest: ranked.collect() }
    }

    /// Parts of the whole: one for each that is named, in their order, and one for all the others.
    pub(crate) fn parts(&self, recording: &Recording) -> Vec<u8> {
        let mut parts = vec![self.named.len() as u8; recording.processes.len()];
        self.named.iter().zip(0..).for_each(|(&place, part)| parts[place] = part);
        parts
    }

    /// The numbers of the named among the inks. Whoever is named among the resident sets has the same in every metric,
    /// so that a process keeps its colour; the others come after them.
    fn numbers(&self, recording: &Recording, metric: Metric) -> Vec<usize> {
        if metric == Metric::Rss {
            return (0..self.named.len()).collect();
        }
        let of_rss = Self::of(recording, Metric::Rss).named;
        let mut others = N_NAMED + 1..;
        let number = |place: &usize| of_rss.iter().position(|it| it == place).or_else(|| others.next());
        self.named.iter().filter_map(number).collect()
    }

    /// How many parts there are.
    pub(crate) fn n_parts(&self) -> usize {
        self.named.len() + usize::from(!self.rest.is_empty())
    }

    /// What all the others are called, if there are any.
    pub(crate) fn rest_name(&self) -> String {
        format!("and {} smaller", self.rest.len())
    }

    pub(crate) fn has_rest(&self) -> bool {
        !self.rest.is_empty()
    }
}

/// How large a process is beside others.
fn size_bytes(process: &Process, metric: Metric) -> u64 {
    match metric {
        Metric::Rss => process.peak_alone().map_or(0, |peak| peak.bytes),
        metric => process.samples.max(metric).map_or(0, |(_, bytes)| bytes),
    }
}

/// The mark that names the process whose own peak exceeds every sum.
fn owned(mut mark: Mark, recording: &Recording, unit: Option<Unit>) -> Mark {
    let is_alone = mark.peak.kind == PeakKind::LargestProcess;
    let is_owner =
        |process: &&Process| peak_alone(recording, process).is_some_and(|peak| peak.bytes == mark.peak.bytes);
    let owner = recording.processes.iter().find(|process| is_alone && is_owner(process));
    let owner = owner.map(|process| peak_label::of_one(&mark.peak, &process_name(process), unit));
    mark.texts.splice(0..0, owner);
    mark
}

fn sum_name(n_processes: usize) -> String {
    format!("sum of {n_processes} processes")
}
