//! What is drawn, as data.
//!
//! A chart holds whole nanoseconds and bytes, texts, and names of inks. Pixels, colours and fonts are the business
//! of the outputs, so that every output draws every kind of chart.

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
}

/// The size of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Its width, in CSS pixels.
    pub width_px: u32,
    /// Its height.
    pub height: Height,
    /// Device pixels per pixel in bitmaps.
    pub scale: u32,
}

/// How a figure's height is chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Height {
    /// The figure is so tall, in pixels.
    Total(u32),
    /// Each panel's plot is so tall, and the figure as tall as it takes.
    Panel(u32),
}

/// One pair of axes and what stands between them.
#[derive(Clone, Debug, PartialEq)]
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
    /// Peaks.
    pub marks: Vec<Mark>,
}

/// An axis from zero.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it shows, with the unit of its labels.
    pub label: String,
    /// Where it ends; more than zero.
    pub end: u64,
    /// Round values on it.
    pub ticks: Vec<Tick>,
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
    /// What lies below it.
    pub ground: Ground,
}

/// A reading as a point of a curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
}

/// A role among the curves of a chart. The palette decides what it looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// The n-th recording.
    Main(usize),
    /// The n-th named process of a recording.
    Child(usize),
    /// Children without a name of their own in the legend.
    Rest,
    /// The sum of a tree that counts shared pages once. It is read now and then: its readings are dots.
    Shared,
}

/// A stretch of time with a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Band {
    /// What happened in it.
    pub name: String,
    /// Its beginning.
    pub from_ns: u64,
    /// Its end.
    pub to_ns: u64,
    /// How many bands enclose it.
    pub level: u32,
}

/// A peak as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The figure, its time and its kind.
    pub peak: Peak,
    /// Where the curve is at that time, when that is below the peak.
    pub curve_bytes: Option<u64>,
    /// Whose peak it is.
    pub ink: Ink,
    /// Its label, the longest wording first. An output takes the first that fits; none at all means no label.
    pub texts: Vec<String>,
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

impl Chart {
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
