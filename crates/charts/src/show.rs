//! What of a recording is drawn, and how: the choices that are about content, not about the sheet.

use crate::chart::{Calls, Scale};
use mprof_recording::metric::Metric;
use mprof_recording::units::Unit;

/// How many processes a legend names beside the program. More would be a table, not a legend.
pub(crate) const N_NAMED: usize = 10;
/// Kinds of resident memory, from the bottom of their stack. Their sum is the resident set.
pub(crate) const KINDS: [Metric; 3] = [Metric::Anon, Metric::File, Metric::Shmem];

/// What is drawn of the recordings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Show {
    /// The kind of memory.
    pub metric: Metric,
    /// A part of the run, from and to, in nanoseconds since its start.
    pub window_ns: Option<(u64, u64)>,
    /// How memory is spread over its axis.
    pub scale: Scale,
    /// The unit of memory; without it, the one that suits.
    pub unit: Option<Unit>,
    /// What the time axis counts.
    pub time: Time,
    /// How calls of functions are drawn; without it, they are not.
    pub calls: Option<Calls>,
    /// What is stacked, if anything.
    pub stack: Option<Stack>,
    /// Whether the trend is drawn.
    pub slope: Slope,
    /// Whether processes are drawn where several recordings are.
    pub processes: Processes,
}

/// What the time axis counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Time {
    /// Time since the start of each run.
    #[default]
    Elapsed,
    /// How much of each run is done, in percent.
    Done,
}

/// What a stack is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stack {
    /// Processes: the largest by name, the others summed up.
    Processes,
    /// Kinds of memory.
    Kinds,
}

/// Whether the trend of a curve is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Slope {
    /// No.
    #[default]
    Hidden,
    /// As a thin line, with its figures in the legend.
    Drawn,
}

/// Whether processes are drawn where several recordings are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Processes {
    /// Each recording is one curve.
    #[default]
    Together,
    /// The largest processes of each recording are thin curves of its ink.
    Each,
}

impl Default for Show {
    fn default() -> Self {
        Self {
            metric: Metric::Rss,
            window_ns: None,
            scale: Scale::Linear,
            unit: None,
            time: Time::Elapsed,
            calls: Some(Calls::Bars),
            stack: None,
            slope: Slope::Hidden,
            processes: Processes::Together,
        }
    }
}
