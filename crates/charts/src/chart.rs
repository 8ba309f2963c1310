//! What is drawn, as data.
//!
//! A chart holds whole nanoseconds and bytes, texts, and names of inks. Pixels, colours and fonts are the business
//! of the outputs, so that every output draws every kind of chart.

use crate::account::Account;
use crate::sheet::Sheet;
use mprof_recording::peak::Peak;

/// A figure: a title, panels that share one memory axis, and a legend.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// What the figure is called, on one line.
    pub title: String,
    /// How to read the marks, where the labels do not say it.
    pub note: Option<String>,
    /// How large the figure is to be.
    pub sheet: Sheet,
    /// How many panels stand in a row.
    pub n_columns: usize,
    /// The panels, row by row.
    pub panels: Vec<Panel>,
    /// What the inks stand for; empty when there is only one.
    pub legend: Vec<Entry>,
    /// The labels of runs that are not drawn, since nothing was read of them.
    pub left_out: Vec<String>,
    /// What there is to say of the runs beside their curves; empty where no output has room for it.
    pub account: Account,
    /// What the chart is called among those that a reader may choose from.
    pub name: String,
    /// The others of them: the same recordings in the other metrics that they hold, and as stacks. Empty where the output
    /// shows one.
    pub others: Vec<Chart>,
}

/// One pair of axes and what stands between them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Panel {
    /// Its own title, where there are several panels.
    pub title: Option<String>,
    /// What is said where nothing can be drawn.
    pub remark: Option<String>,
    /// Time since the run's start, in nanoseconds.
    pub time: Axis,
    /// Memory, in bytes.
    pub memory: Axis,
    /// The curves. Later ones lie above earlier ones.
    pub series: Vec<Series>,
    /// Stretches of time with a name, such as calls of functions.
    pub bands: Vec<Band>,
    /// How the bands are drawn.
    pub calls: Calls,
    /// Moments with a name, by time.
    pub moments: Vec<Moment>,
    /// Peaks.
    pub marks: Vec<Mark>,
    /// Rises between two readings that only the kernel saw, by time.
    pub spikes: Vec<Spike>,
    /// Stretches of time in which nothing was read, by time.
    pub gaps: Vec<Gap>,
    /// What the memory was not allowed to exceed.
    pub limits: Vec<Limit>,
}

/// An axis: what it shows, from where to where.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// What it shows, with the unit of its labels.
    pub label: String,
    /// The unit of its labels, for values that an output writes itself.
    pub unit: AxisUnit,
    /// How values are spread over it.
    pub scale: Scale,
    /// Where it begins.
    pub from: u64,
    /// Where it ends; more than where it begins.
    pub end: u64,
    /// The value that stands for zero, on an axis of differences. What is less is negative.
    pub origin: u64,
    /// Round values on it.
    pub ticks: Vec<Tick>,
}

/// A unit and how many nanoseconds or bytes it is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AxisUnit {
    /// Its symbol, such as `MiB`, `s` or `%`.
    pub symbol: &'static str,
    /// How much of the axis's values it is.
    pub size: f64,
}

/// How values are spread over an axis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal steps are equally far apart.
    #[default]
    Linear,
    /// Equal factors are equally far apart. What lies below the beginning of the axis, such as zero, lies on it.
    Log,
}

/// A round value on an axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tick {
    /// Where it is.
    pub at: u64,
    /// The value in the axis's unit.
    pub label: String,
}

/// A curve, already reduced to what can be seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// Whose it is.
    pub name: String,
    /// How it is drawn.
    pub ink: Ink,
    /// Its points, by time.
    pub points: Vec<Point>,
    /// Places of points, in order, that no line joins to the point before: nothing was read between them.
    pub breaks: Vec<usize>,
    /// What lies below it.
    pub ground: Ground,
}

/// A reading as a point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Point {
    /// When, since the run's start.
    pub at_ns: u64,
    /// How much.
    pub bytes: u64,
}

/// What lies between a curve and the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// A light tint of the ink: for the one curve that stands for a panel's recording.
    Tinted,
    /// Nothing.
    Bare,
    /// A light tint of the ink down to another series of the panel, named by its place: the truth lies between them.
    Between(usize),
    /// A layer of a stack: the ink itself, without holes. Layers come from the top of the stack to its bottom, so that
    /// each covers what does not belong to the one before. A layer's own height is what it has above the next one.
    Layer,
}

/// A role among the curves of a chart. The palette decides what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The n-th recording.
    Main(usize),
    /// The same where no reading tells more than its peak.
    Level(usize),
    /// Recordings that are drawn alike, where there are too many for each to have ink of its own.
    Others,
    /// The n-th named process of a recording.
    Child(usize),
    /// A process of the n-th recording, among those of others.
    Of(usize),
    /// Children without a name of their own in the legend.
    Rest,
    /// The sum of a tree that counts shared pages once. It is read now and then: its readings are dots.
    Shared,
    /// What a sum is not below.
    Least,
    /// The n-th layer of a stack of processes.
    Layer(usize),
    /// The layer of those without a name of their own in the legend.
    RestLayer,
    /// The n-th function of those whose calls are drawn.
    Call(usize),
    /// The n-th kind of resident memory.
    Kind(usize),
    /// Memory that is not resident, such as what was swapped out.
    Absent,
    /// The trend of the n-th recording.
    Trend(usize),
    /// The trend of the only recording.
    OnlyTrend,
    /// A limit, and what it is about.
    Limit,
}

/// A stretch of time with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// What happened in it; empty for several.
    pub name: String,
    /// Who called, where there are several callers.
    pub caller: String,
    /// Its beginning.
    pub from_ns: u64,
    /// Its end.
    pub to_ns: u64,
    /// How long the whole call took: more than what is shown where it reaches beyond a part of a run.
    pub took_ns: u64,
    /// The row that it stands on, counted from the top. What goes on at one time stands on several.
    pub row: u32,
    /// The memory at its beginning and at its end, where it was told and is shown.
    pub ends_bytes: [Option<u64>; 2],
    /// How many calls it stands for: one, or several that are too short to be drawn one by one.
    pub n_calls: usize,
    /// Which function it is a call of, where that is told by its ink.
    pub ink: Option<Ink>,
    /// Which of the functions it is a call of that have a tint of their own; of others and of several calls, none.
    pub tint: Option<usize>,
}

/// A moment with a name, that the program marked. Those that cannot be told apart are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at_ns: u64,
    /// Its name, or that of the first of several with their number.
    pub name: String,
}

/// How calls of functions are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Calls {
    /// As bars above the plot, rows for the outer levels of each caller.
    #[default]
    Bars,
    /// As bars above the plot, a row for every level of each caller.
    Flame,
    /// As a pair of brackets on the curve for each call, as mprof draws them.
    Brackets,
}

/// A rise between two readings of which only its height is known, from the kernel's high-water mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spike {
    /// The reading before it.
    pub from: Point,
    /// The reading after it, which tells of it.
    pub to: Point,
    /// How high it was.
    pub bytes: u64,
    /// Whose it is.
    pub ink: Ink,
}

/// A stretch of time in which nothing was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The last reading before it.
    pub from_ns: u64,
    /// The first reading after it.
    pub to_ns: u64,
}

/// An amount of memory that was not to be exceeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How much.
    pub bytes: u64,
    /// What sets it, with the figure.
    pub label: String,
}

/// A peak as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The figure, its time and its kind.
    pub peak: Peak,
    /// Where the curve is at that time, when that is below the peak.
    pub curve_bytes: Option<u64>,
    /// Where the line of a peak without a time ends: with its run.
    pub to_ns: u64,
    /// Whose peak it is.
    pub ink: Ink,
    /// Its label, the longest wording first. An output takes the first that fits; none at all means no label.
    pub texts: Vec<String>,
}

impl Mark {
    /// The line of a peak without a time, on an axis. However short the run was, it can be seen.
    pub(crate) fn level_ns(&self, time: &Axis) -> (u64, u64) {
        let least_ns = time.from + time.end.saturating_sub(time.from) / 100;
        (time.from, self.to_ns.max(least_ns).min(time.end))
    }
}

/// A line of the legend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The ink that it explains; absent for a remark.
    pub ink: Option<Ink>,
    /// What the ink stands for. It is clipped where space is short.
    pub label: String,
    /// The figure that belongs to it, never clipped.
    pub value: String,
}

impl Point {
    /// Time and memory.
    pub(crate) fn pair(&self) -> (u64, u64) {
        (self.at_ns, self.bytes)
    }
}

impl Axis {
    /// How far along the axis a value lies: 0 at its beginning, 1 at its end, and beyond for what lies outside.
    #[must_use]
    pub fn share(&self, value: u64) -> f64 {
        let (from, end) = (self.from as f64, self.end as f64);
        match self.scale {
            Scale::Linear => (value as f64 - from) / (end - from),
            Scale::Log => (value.max(self.from) as f64 / from).ln() / (end / from).ln(),
        }
    }
}

impl Series {
    /// The stretches that lines join, in order.
    pub fn pieces(&self) -> impl Iterator<Item = &[Point]> {
        let ends = self.breaks.iter().copied().chain([self.points.len()]);
        let mut from = 0;
        let pieces = ends.map(move |end| &self.points[std::mem::replace(&mut from, end)..end]);
        pieces.filter(|piece| !piece.is_empty())
    }
}

impl Chart {
    /// This chart and those that a reader may choose instead.
    pub fn choices(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.others)
    }

    /// What recordings and programs have named.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let panels = || self.panels.iter();
        let titles = panels().filter_map(|panel| panel.title.as_deref());
        let bands = panels().flat_map(|panel| &panel.bands).map(|band| band.name.as_str());
        let moments = panels().flat_map(|panel| &panel.moments).map(|moment| moment.name.as_str());
        let entries = self.legend.iter().map(|entry| entry.label.as_str());
        std::iter::once(self.title.as_str()).chain(titles).chain(bands).chain(moments).chain(entries)
    }

    /// The chart in words, for those who cannot see it.
    #[must_use]
    pub fn description(&self) -> String {
        let mut sentences = Vec::new();
        for panel in &self.panels {
            let about = panel.title.as_deref().map_or(String::new(), |title| format!("{title}: "));
            sentences.push(format!("{about}{} over {}", panel.memory.label, panel.time.label));
            sentences.extend(panel.remark.clone());
            sentences.extend(panel.marks.iter().filter_map(|mark| mark.texts.first().cloned()));
        }
        sentences.extend(self.legend.iter().map(|entry| format!("{}: {}", entry.label, entry.value)));
        sentences.extend(self.note.clone());
        sentences.join(". ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linear_axis_may_begin_anywhere() {
        let axis = Axis { from: 100, end: 300, ..Axis::default() };
        assert_eq!([100, 150, 300, 0].map(|value| axis.share(value)), [0.0, 0.25, 1.0, -0.5]);
    }

    #[test]
    fn on_a_logarithmic_axis_factors_are_equally_far_apart_and_zero_lies_at_its_beginning() {
        let axis = Axis { scale: Scale::Log, from: 10, end: 1000, ..Axis::default() };
        let shares = [0, 10, 100, 1000].map(|value| (axis.share(value) * 1e9).round() / 1e9);
        assert_eq!(shares, [0.0, 0.0, 0.5, 1.0]);
    }

    #[test]
    fn a_curve_falls_into_pieces_at_its_breaks() {
        let points: Vec<Point> = (0..5).map(|at_ns| Point { at_ns, bytes: 1 }).collect();
        let series =
            Series { name: String::new(), ink: Ink::Rest, points, breaks: vec![2, 4], ground: Ground::Bare };
        let pieces: Vec<Vec<u64>> =
            series.pieces().map(|piece| piece.iter().map(|point| point.at_ns).collect()).collect();
        assert_eq!(pieces, [vec![0, 1], vec![2, 3], vec![4]]);
    }
}
