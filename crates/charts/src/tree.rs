//! A tree of processes over time: what all of them used together, and who used it.
//!
//! However many processes there are, there are few curves: the sum, the program, its largest children, and the others
//! summed up in one.

use crate::chart::{Entry, Ground, Ink, Mark, Series};
use crate::curve::{self, Labelling};
use crate::options::Options;
use crate::peak_label;
use crate::whole::{N_NAMED, Whole, process_name};
use mprof_recording::peak::{Peak, PeakKind};
use mprof_recording::total::At;
use mprof_recording::{Process, Recording};
use std::cmp::Reverse;

/// A process that is so many times smaller than the largest would only lengthen the legend.
const NOTHING_BESIDE: u64 = 50;

/// What is drawn of a tree.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) series: Vec<Series>,
    pub(crate) marks: Vec<Mark>,
    pub(crate) legend: Vec<Entry>,
    pub(crate) note: Option<String>,
}

/// The scale that every curve of a chart is reduced for.
#[derive(Clone, Copy)]
struct Grain {
    end_ns: u64,
    n_columns: usize,
    interval_ns: Option<u64>,
}

impl Tree {
    /// The curves of a recording that has a tree, and what explains them.
    pub(crate) fn of(recording: &Recording, end_ns: u64, options: &Options) -> Self {
        let interval_ns = recording.start.interval_ns;
        let grain = Grain { end_ns, n_columns: options.resolution(1), interval_ns };
        let mut tree = Self::default();
        tree.sum(recording, grain);
        let (named, rest) = ranked(recording);
        tree.rest(&rest, grain);
        for (rank, process) in named.iter().enumerate() {
            tree.process(process, Ink::Child(rank), grain);
        }
        tree.shared(&recording.pss_curve(), grain);
        tree.in_order();
        tree
    }

    fn sum(&mut self, recording: &Recording, grain: Grain) {
        let Some(whole) = Whole::of(recording) else { return };
        let n_summed = recording.processes.iter().filter(|process| !process.samples.is_empty()).count();
        let ink = Ink::Main(0);
        let mut series = whole.series(sum_name(n_summed), ink, grain.end_ns, grain.n_columns);
        series.ground = Ground::Tinted;
        let mark = whole.mark(ink, Labelling::Full).map(|mark| owned(mark, recording));
        self.marks.extend(mark);
        self.add(series, recording.sum_kind());
    }

    fn process(&mut self, process: &Process, ink: Ink, grain: Grain) {
        let series = curve::series(process, process_name(process), ink, grain.end_ns, grain.n_columns);
        let value = peak_label::in_legend(own_peak(process));
        self.legend.push(Entry { ink: Some(ink), label: series.name.clone(), value });
        self.series.push(series);
    }

    /// Those that are not named, summed up.
    fn rest(&mut self, processes: &[&Process], grain: Grain) {
        if !processes.is_empty() {
            let name = format!("and {} smaller", processes.len());
            let points = curve::sum(processes.iter().copied(), grain.interval_ns).into_iter();
            let series = curve::series_through(points, name, Ink::Rest, grain.end_ns, grain.n_columns);
            self.add(series, PeakKind::SumOfRss);
        }
    }

    fn shared(&mut self, sums: &[At], grain: Grain) {
        if !sums.is_empty() {
            let points = sums.iter().map(|at| (at.at_ns, at.bytes));
            let name = "PSS, shared pages once".to_owned();
            let series = curve::series_through(points, name, Ink::Shared, grain.end_ns, grain.n_columns);
            self.add(series, PeakKind::HighestSample);
        }
    }

    /// Adds a curve with the highest of its points in the legend.
    fn add(&mut self, series: Series, kind: PeakKind) {
        let highest = series.points.iter().max_by_key(|point| (point.bytes, Reverse(point.at_ns)));
        let peak = highest.map(|point| Peak { bytes: point.bytes, at_ns: Some(point.at_ns), kind });
        let value = peak_label::in_legend(peak);
        self.legend.push(Entry { ink: Some(series.ink), label: series.name.clone(), value });
        self.series.push(series);
    }

    /// Curves: the sum hides what it is made up of where both are equal, for it comes first; what is read now and
    /// then stands on it. Legend: what is about the whole, then each by size, then the rest.
    fn in_order(&mut self) {
        self.series.sort_by_key(|series| match series.ink {
            Ink::Rest => (0, Reverse(0)),
            Ink::Child(rank) => (1, Reverse(rank)),
            Ink::Main(_) => (2, Reverse(0)),
            Ink::Least | Ink::Layer(_) | Ink::Kind(_) | Ink::Absent => (3, Reverse(0)),
            Ink::Shared | Ink::Trend(_) | Ink::Limit => (4, Reverse(0)),
        });
        self.legend.sort_by_key(|entry| match entry.ink {
            Some(Ink::Main(_)) => 0,
            Some(Ink::Shared | Ink::Least) => 1,
            Some(Ink::Child(_) | Ink::Layer(_) | Ink::Kind(_) | Ink::Absent) => 2,
            Some(Ink::Rest | Ink::Trend(_) | Ink::Limit) | None => 3,
        });
        let figures: Vec<&str> = self.legend.iter().map(|entry| entry.value.as_str()).collect();
        self.note = peak_label::bounds(&figures);
    }
}

/// The program and its largest children, and all the others. When not every child can be named, none is that is
/// nothing beside the largest.
fn ranked(recording: &Recording) -> (Vec<&Process>, Vec<&Process>) {
    let peak_bytes = |process: &Process| own_peak(process).map_or(0, |peak| peak.bytes);
    let mut children: Vec<(u64, &Process)> =
        recording.children().iter().map(|child| (peak_bytes(child), child)).collect();
    children.sort_by_key(|&(bytes, _)| Reverse(bytes));
    let least_bytes = children.first().map_or(0, |&(bytes, _)| bytes / NOTHING_BESIDE);
    let n_visible = children.partition_point(|&(bytes, _)| bytes >= least_bytes);
    let n_named = if children.len() > N_NAMED { n_visible.min(N_NAMED) } else { children.len() };
    let mut ranked = children.into_iter().map(|(_, child)| child);
    let named = recording.root().into_iter().chain(ranked.by_ref().take(n_named)).collect();
    (named, ranked.collect())
}

/// The peak of a process alone. What its reaper was told may be that of a process that it waited for.
fn own_peak(process: &Process) -> Option<Peak> {
    let is_own = |peak: &Peak| peak.kind != PeakKind::ReapedMaxrss;
    process.peak().filter(is_own).or_else(|| process.marks().peak(None))
}

/// The mark that names the process whose own peak exceeds every sum.
fn owned(mut mark: Mark, recording: &Recording) -> Mark {
    let is_alone = mark.peak.kind == PeakKind::LargestProcess;
    let is_owner = |process: &&Process| own_peak(process).is_some_and(|peak| peak.bytes == mark.peak.bytes);
    let owner = recording.processes.iter().find(|process| is_alone && is_owner(process));
    let owner = owner.map(|process| peak_label::of_one(&mark.peak, &process_name(process)));
    mark.texts.splice(0..0, owner);
    mark
}

fn sum_name(n_processes: usize) -> String {
    format!("sum of {n_processes} processes")
}
