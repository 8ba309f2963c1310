//! What stands for a recording where it is one curve: its program, or the sum of its processes.

use crate::chart::{Ink, Mark, Series};
use crate::curve::{self, Labelling};
use mprof_recording::command::printable;
use mprof_recording::peak::Peak;
use mprof_recording::{Process, Recording};

/// How many children a legend names. More would be a table, not a legend.
pub(crate) const N_NAMED: usize = 10;

/// A recording as one curve, and its peak.
pub(crate) struct Whole<'a> {
    course: Course<'a>,
    pub(crate) peak: Option<Peak>,
}

enum Course<'a> {
    Program(&'a Process),
    /// The sum of a tree, as points that straight lines may join.
    Sum(Vec<(u64, u64)>),
}

impl<'a> Whole<'a> {
    /// A recording as a whole; `None` when it has no process.
    pub(crate) fn of(recording: &'a Recording) -> Option<Self> {
        let course = if recording.has_tree() {
            Course::Sum(curve::sum(&recording.processes, recording.start.interval_ns))
        } else {
            Course::Program(recording.root()?)
        };
        Some(Self { course, peak: recording.peak() })
    }

    /// The curve, reduced for an axis that ends at `end_ns`.
    pub(crate) fn series(&self, name: String, ink: Ink, end_ns: u64, n_columns: usize) -> Series {
        match &self.course {
            Course::Program(root) => curve::series(root, name, ink, end_ns, n_columns),
            Course::Sum(points) => {
                curve::series_through(points.iter().copied(), name, ink, end_ns, n_columns)
            }
        }
    }

    /// The mark of the peak, if there is one.
    pub(crate) fn mark(&self, ink: Ink, labelling: Labelling) -> Option<Mark> {
        let peak = self.peak?;
        let at_peak = peak.at_ns.and_then(|at_ns| self.bytes_at(at_ns));
        let curve_bytes = at_peak.filter(|&bytes| bytes < peak.bytes);
        Some(Mark { peak, curve_bytes, ink, texts: curve::texts(&peak, labelling) })
    }

    /// The value of the first point that is not before a time.
    fn bytes_at(&self, at_ns: u64) -> Option<u64> {
        match &self.course {
            Course::Program(root) => curve::bytes_at(root, at_ns),
            Course::Sum(points) => {
                let idx = points.partition_point(|&(before_ns, _)| before_ns < at_ns);
                points.get(idx).map(|&(_, bytes)| bytes)
            }
        }
    }
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
