//! What a caller chooses, and what can go wrong.

use crate::finest::FINEST_COLUMNS;
use crate::sheet::{CELL_PX, DPI, Height, Letters, Sheet, Theme};
use crate::show::{KINDS, Show, Stack};
use mprof_recording::Recording;
use mprof_recording::metric::Metric;
use mprof_recording::samples::Wanted;
use mprof_recording::units;
use std::fmt;
use std::ops::RangeInclusive;

/// A recording and what a legend calls it.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Its name among the others, such as its file and command.
    pub label: &'a str,
    /// The run.
    pub recording: &'a Recording,
}

/// How many pixels of a panel's height make a line of cells.
const LOWER_CELLS: u32 = 26;

/// How large a chart is and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Width of the figure, in CSS pixels.
    pub width_px: u32,
    /// Height of the whole figure, or more where its content needs more. Without it, the figure is as tall as its
    /// content asks for.
    pub height_px: Option<u32>,
    /// Pixels of a bitmap per inch, where a pixel of the figure is 1/96 inch: 192 suits screens of high density,
    /// 300 and more suit print.
    pub dpi: u32,
    /// The colours.
    pub theme: Theme,
    /// What a chart in characters is made of. Its width and height are so many cells of [`CELL_PX`].
    pub letters: Option<Letters>,
    /// The title; without it, one that says what is drawn.
    pub title: Option<String>,
    /// How far one can look into the chart.
    pub detail: Detail,
    /// What is drawn.
    pub show: Show,
}

/// How much of the recordings a chart holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// What can be seen on the sheet at its size.
    #[default]
    Sheet,
    /// As much as one may zoom into, and the account of the runs beside.
    Zoom,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width_px: 1200,
            height_px: None,
            dpi: DPI,
            theme: Theme::Light,
            letters: None,
            title: None,
            detail: Detail::Sheet,
            show: Show::default(),
        }
    }
}

impl Options {
    /// The sheet to draw on, where each row of panels would like to be so tall.
    pub(crate) fn sheet(&self, panel_px: u32) -> Sheet {
        // Cells are larger than what else there is to see: charts of them are lower.
        let panel_px = if self.letters.is_some() { panel_px / LOWER_CELLS * CELL_PX.1 } else { panel_px };
        let height = self.height_px.map_or(Height::Panel(panel_px), Height::Total);
        let Self { width_px, dpi, theme, letters, .. } = *self;
        Sheet { width_px, height, dpi, theme, letters }
    }

    /// The metrics that the chart needs of a recording, so that no more are held. What is offered to a reader to choose
    /// from, and what an error names, takes them all.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        match (self.detail, self.show.metric, self.show.stack) {
            (Detail::Sheet, Metric::Rss, Some(Stack::Kinds)) => {
                Wanted::FIGURES.and(Wanted::only(&KINDS)).and(Wanted::only(&[Metric::Swap]))
            }
            (Detail::Sheet, Metric::Rss, _) => Wanted::FIGURES,
            _ => Wanted::ALL,
        }
    }

    /// How many columns a panel cannot exceed when so many stand in a row: of device pixels, or the finest.
    pub(crate) fn resolution(&self, n_columns: usize) -> usize {
        let device_px = u64::from(self.width_px) * u64::from(self.dpi.max(DPI)) / u64::from(DPI);
        let columns = match self.detail {
            Detail::Sheet => device_px as usize,
            Detail::Zoom => FINEST_COLUMNS,
        };
        columns / n_columns.max(1)
    }
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No recording was given.
    NoRecordings,
    /// Not one of the recordings holds a reading or a peak.
    NothingToDraw {
        /// What the caller calls them.
        labels: Vec<String>,
    },
    /// None of the recordings holds a reading of this metric.
    NoMetric {
        /// What was asked for.
        wanted: Metric,
        /// What they hold.
        known: Vec<Metric>,
    },
    /// The window begins when every run is over.
    OutsideWindow {
        /// Where the window begins, in nanoseconds.
        from_ns: u64,
        /// When the last run ends.
        end_ns: u64,
    },
    /// A difference needs two recordings with readings.
    NothingToCompare,
    /// Two recordings have no call of a marked function in common.
    NothingInCommon {
        /// What the caller calls the first of all.
        first: String,
        /// And the one that has none of its calls.
        other: String,
    },
    /// A stack needs to know each process by itself, and the recording may have summed them up already.
    NotStackable,
    /// Processes are stacked where all are read at once, and this metric is read now and then.
    ReadNowAndThen(Metric),
    /// A picture of this size cannot be drawn.
    Size {
        /// Width of the figure.
        width_px: u32,
        /// Its height.
        height_px: u32,
        /// Pixels of a bitmap per inch.
        dpi: u32,
    },
    /// The figure's width or height does not suit what is to be drawn.
    Extent {
        /// `width` or `height`.
        side: &'static str,
        /// What was asked for.
        given: usize,
        /// The least that there is room in, and the most that can be drawn.
        bounds: RangeInclusive<usize>,
        /// What it is counted in.
        unit: &'static str,
    },
    /// The drawing library refused.
    Drawing(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecordings => f.write_str("no recording to draw"),
            Self::NothingToDraw { labels } => write!(f, "nothing to draw: no reading in {}", labels.join(", ")),
            Self::NoMetric { wanted, known } => {
                let known: Vec<&str> = known.iter().map(|metric| metric.name()).collect();
                let wanted = wanted.name();
                write!(f, "nothing to draw: no reading of {wanted}, and the metrics recorded are {}", known.join(", "))
            }
            Self::OutsideWindow { from_ns, end_ns } => {
                let [end, from] = units::span(*end_ns, *from_ns);
                write!(f, "nothing to draw: the window begins after {from}, and the run is over after {end}")
            }
            Self::NothingToCompare => f.write_str("no difference to draw: it needs two recordings with readings"),
            Self::NothingInCommon { first, other } => write!(
                f,
                "no difference to draw: {first} and {other} have no call of a phase or marked function in common; align them by time or by what is done",
            ),
            Self::NotStackable => f.write_str(
                "no stack can be drawn: the recording does not say whether its MEM lines are sums; mprof-rs run records each process by itself",
            ),
            Self::ReadNowAndThen(metric) => write!(
                f,
                "no stack can be drawn: {} is read now and then, of one process or another; rss and anon are in every reading",
                metric.name()
            ),
            Self::Size { width_px, height_px, dpi } => write!(
                f,
                "cannot draw {width_px}×{height_px} pixels at {dpi} dpi: choose 200 to 20000 pixels, 48 to 1200 dpi, \
                 and no more than 200 million pixels in all"
            ),
            Self::Extent { side, given, bounds, unit } if given < bounds.start() => write!(
                f,
                "a {side} of {given} {unit} is too little for what is to be drawn: choose {} or more",
                bounds.start()
            ),
            Self::Extent { side, given, bounds, unit } => {
                write!(f, "a {side} of {given} {unit} is too much: choose {} or less", bounds.end())
            }
            Self::Drawing(reason) => write!(f, "cannot draw: {reason}"),
        }
    }
}

impl std::error::Error for Error {}
