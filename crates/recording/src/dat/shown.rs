//! What mprof sees of a recording of ours: the choices, and the notes in the file that tell of them.

use std::io::{self, Write};

use crate::metric::{Bytes, Metric};
use crate::peak::{Peak, PeakKind};
use crate::recording::{Process, Recording};
use crate::samples::Samples;

/// What the number on a `MEM` line is, which is what mprof draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemLines {
    /// The root's own.
    Root,
    /// The sum of all processes, as `mprof run -C` writes; the root's own is beside it.
    Sum,
}

/// Whether mprof draws the processes beside the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildLines {
    /// Their readings are `CHLD` lines, as `mprof run -M` writes.
    Shown,
    /// Their readings are `KIN` lines, which mprof passes over.
    Hidden,
}

const MEM: (&str, &str) = ("mem", "sum");
const METRIC: &str = "mem_metric";
const CHILDREN: (&str, &str) = ("children", "hidden");

/// Notes what is not as `run` does it by itself.
pub(super) fn write_notes(
    out: &mut Vec<u8>,
    mem_lines: MemLines,
    metric: Metric,
    child_lines: ChildLines,
) -> io::Result<()> {
    let sum = (mem_lines == MemLines::Sum).then_some(MEM);
    let metric = (metric != Metric::Rss).then_some((METRIC, metric.name()));
    let hidden = (child_lines == ChildLines::Hidden).then_some(CHILDREN);
    let notes = [sum, metric, hidden].into_iter().flatten();
    notes.into_iter().try_for_each(|(key, text)| writeln!(out, "META {key} \"{text}\""))
}

impl Recording {
    /// Whether mprof draws the sum of all processes in the place of the root.
    #[must_use]
    pub fn shows_sum_to_mprof(&self) -> bool {
        self.is_noted(MEM)
    }

    /// The peak of what mprof draws as the program: of the program alone, or of the sum.
    #[must_use]
    pub fn peak_to_mprof(&self) -> Option<Peak> {
        match (self.readings_of_mem_lines(), self.metric_to_mprof()) {
            (Some(samples), _) => Process { samples, ..Process::default() }.peak(),
            (None, Metric::Rss) if self.shows_sum_to_mprof() => self.peak(),
            (None, Metric::Rss) => self.root_peak(),
            (None, set) if self.shows_sum_to_mprof() => self.peak_of_set(set),
            (None, set) => self.root()?.samples.max(set).map(highest_sample),
        }
    }

    /// The peak of the run in the metric that it was recorded for. Only of resident sets does the kernel keep a mark.
    #[must_use]
    pub fn peak_as_recorded(&self) -> Option<Peak> {
        match self.metric_to_mprof() {
            Metric::Rss => self.peak(),
            set => self.peak_of_set(set),
        }
    }

    /// The same of a child.
    #[must_use]
    pub fn child_peak_as_recorded(&self, child: &Process) -> Option<Peak> {
        match self.metric_to_mprof() {
            Metric::Rss => child.peak(),
            set => child.samples.max(set).map(highest_sample),
        }
    }

    fn peak_of_set(&self, set: Metric) -> Option<Peak> {
        let sums = self.set_curve(set);
        let highest = sums.iter().copied().reduce(|best, at| if at.bytes > best.bytes { at } else { best });
        highest.map(|at| highest_sample((at.at_ns, at.bytes)))
    }

    /// The metric that mprof draws: the resident set, unless the recording was made for another.
    #[must_use]
    pub fn metric_to_mprof(&self) -> Metric {
        self.note(METRIC).and_then(Metric::from_name).unwrap_or(Metric::Rss)
    }

    /// The curve that mprof draws, as if it were one of resident sets; nothing where it is the root's own.
    pub(crate) fn drawn_by_mprof(&self) -> Option<Samples> {
        let read = self.readings_of_mem_lines();
        if read.is_some() {
            return read;
        }
        let mut drawn = Samples::default();
        let mut push = |at_ns, bytes| drawn.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
        match (self.metric_to_mprof(), self.shows_sum_to_mprof()) {
            (Metric::Rss, false) => return None,
            (Metric::Rss, true) => self.total_curve().iter().for_each(|at| push(at.at_ns, at.bytes)),
            (set, true) => self.set_curve(set).iter().for_each(|at| push(at.at_ns, at.bytes)),
            (set, false) => self.root()?.samples.iter(set).for_each(|(at_ns, bytes)| push(at_ns, bytes)),
        }
        Some(drawn)
    }

    /// Whether mprof draws the children, and prints their peaks.
    #[must_use]
    pub fn shows_children_to_mprof(&self) -> bool {
        !self.is_noted(CHILDREN)
    }

    pub(super) fn is_noted(&self, (key, text): (&str, &str)) -> bool {
        self.notes.iter().any(|(its_key, its_text)| its_key == key && its_text == text)
    }
}

fn highest_sample((at_ns, bytes): (u64, u64)) -> Peak {
    Peak { bytes, at_ns: Some(at_ns), kind: PeakKind::HighestSample }
}
