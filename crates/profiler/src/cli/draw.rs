//! Flags of the verbs that draw.

use std::iter;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use mprof_charts::chart::{Calls, Scale};
use mprof_charts::show::{Processes, Slope, Stack, Time};
use mprof_charts::{Format, Kind, Options, Show};
use mprof_recording::Recording;
use mprof_recording::metric::Metric;
use mprof_recording::units::{NAMED_UNITS, Unit};

use crate::interval::parse_window;

const DEFAULT_WIDTH_PX: u32 = 1200;

/// Flags of every verb that draws.
#[derive(Debug, Args)]
pub(crate) struct PictureArgs {
    /// The title of the chart
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) title: Option<String>,

    /// Width of the chart, in pixels, or in columns of a chart in characters [default: 1200, or the terminal's]
    #[arg(long, value_name = "N", value_parser = whole)]
    pub(crate) width: Option<u32>,

    /// Height of the chart, in pixels, or in lines of a chart in characters [default: what its content asks for]
    #[arg(long, value_name = "N", value_parser = whole)]
    pub(crate) height: Option<u32>,

    /// Pixels of a PNG for each pixel of the chart: 2 for high-density screens and print [default: 1]
    #[arg(long, value_name = "N", value_parser = factor)]
    pub(crate) scale: Option<u32>,

    /// Pixels of a PNG per inch, where a pixel of the chart is 1/96 inch: 300 or 600 for print
    #[arg(long, value_name = "N", value_parser = whole, conflicts_with = "scale")]
    pub(crate) dpi: Option<u32>,

    /// The colours; auto follows the reader's system where the output can tell (SVG, HTML) [default: light, and auto
    /// for HTML]
    #[arg(long, value_enum)]
    pub(crate) theme: Option<ThemeName>,

    #[command(flatten)]
    pub(crate) characters: CharacterArgs,

    /// Show the file in the program that the system has for its kind
    #[arg(long)]
    pub(crate) open: bool,
}

/// Flags of charts in characters.
#[derive(Debug, Args)]
pub(crate) struct CharacterArgs {
    /// Whether a chart in characters has colours; auto: on a terminal, unless NO_COLOR is set
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = ColorName::Auto)]
    pub(crate) color: ColorName,

    /// Draw in ASCII alone, as is done where the locale (LC_ALL, LC_CTYPE, LANG) is not UTF-8
    #[arg(long)]
    pub(crate) ascii: bool,
}

/// When there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorName {
    /// On a terminal, unless the environment says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Flags that say what of the recordings is drawn.
#[derive(Debug, Args)]
#[command(next_help_heading = "What is drawn")]
pub(crate) struct ShowArgs {
    /// The kind of memory. In a page, the one that is shown first: it holds all that the recording does [default: rss,
    /// or what `run --backend` made the recording for]
    #[arg(long, value_name = "NAME", value_parser = metric())]
    metric: Option<Metric>,

    /// A part of the run: two times such as 10,20 (seconds) or 500ms,2s, of which either may be left out
    #[arg(short, long, value_name = "FROM,TO", value_parser = parse_window, allow_hyphen_values = true)]
    pub(super) window: Option<(u64, u64)>,

    /// Memory by equal factors instead of equal steps
    #[arg(long)]
    log: bool,

    /// The unit of memory: KiB, MiB and GiB are powers of 1024, KB, MB and GB of 1000
    #[arg(long, value_name = "UNIT", default_value = "auto", value_parser = unit(), ignore_case = true)]
    unit: ChosenUnit,

    /// The part of each run that is done instead of seconds, so that runs of different length can be compared
    #[arg(long, conflicts_with = "window")]
    pub(super) normalize_time: bool,

    /// Each process on top of the others, the largest by name, instead of lines
    #[arg(long, conflicts_with = "kinds")]
    pub(super) stack: bool,

    /// Anonymous, file and shared memory on top of each other, and above them what was swapped out
    #[arg(long, conflicts_with = "metric")]
    pub(super) kinds: bool,

    /// The trend (Theil and Sen's, which bursts do not bend) with its 95 % interval
    #[arg(short, long)]
    pub(super) slope: bool,

    /// The largest processes of each recording too, where several are drawn; of one alone they always are
    #[arg(long, conflicts_with_all = ["stack", "kinds"])]
    pub(super) children: bool,
}

/// A unit of memory that was asked for, if any.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChosenUnit(Option<Unit>);

/// Flags of `plot`.
#[derive(Debug, Args)]
#[command(after_help = PLOT_EXAMPLES)]
pub(crate) struct PlotArgs {
    /// Recordings, by mprof-rs or mprof; - is what is piped in; several are drawn over each other [default: the newest in
    /// this folder]
    #[arg(value_name = "FILES", allow_negative_numbers = true)]
    pub(crate) files: Vec<PathBuf>,

    /// The picture to write: .png, .svg, .pdf, .html or .txt, or - for standard output; one that is there is
    /// replaced, but no recording is [default: on a terminal,
    /// draw there in characters; else the name of the first recording, with .png]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// The kind of picture, where no name says it; text is the chart in characters
    #[arg(long, value_name = "KIND", value_parser = format_parser())]
    pub(crate) format: Option<Format>,

    /// Leave out calls of marked functions
    #[arg(short = 'n', long, visible_alias = "no-function-ts")]
    pub(crate) no_calls: bool,

    /// Calls of marked functions as a flame: a row for each level, and rows of their own for what goes on beside it
    #[arg(short, long, conflicts_with = "no_calls")]
    pub(crate) flame: bool,

    /// Calls of marked functions as brackets on the curve, as mprof draws them
    #[arg(long, conflicts_with_all = ["flame", "no_calls"])]
    pub(crate) brackets: bool,

    /// For mprof's sake: no window is opened, so that there is nothing to choose
    #[arg(long = "backend", value_name = "NAME", hide = true)]
    _backend: Option<String>,

    #[command(flatten)]
    pub(crate) show: ShowArgs,

    #[command(flatten)]
    pub(crate) picture: PictureArgs,
}

/// Flags of `compare`.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub(crate) struct CompareArgs {
    /// Recordings, by mprof-rs or mprof, or folders of them; - is what is piped in; ratios are to the first
    #[arg(value_name = "FILES", required = true, allow_negative_numbers = true)]
    pub(crate) files: Vec<PathBuf>,

    /// The picture to write: .png, .svg, .pdf, .html or .txt; one that is there is replaced, but no recording is
    #[arg(short, long, value_name = "FILE", default_value = "compare.png")]
    pub(crate) output: PathBuf,

    /// How the recordings are drawn
    #[arg(long, value_enum, default_value_t = CompareView::Panels)]
    pub(crate) view: CompareView,

    /// By what moments of two runs belong together in a difference [default: time]
    #[arg(long, value_enum, value_name = "BY")]
    pub(crate) align: Option<AlignBy>,

    /// How the table is printed
    #[arg(long, value_enum, default_value_t = TableFormat::Markdown)]
    pub(crate) format: TableFormat,

    #[command(flatten)]
    pub(crate) show: ShowArgs,

    #[command(flatten)]
    pub(crate) picture: PictureArgs,
}

/// The colours of a chart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ThemeName {
    /// Dark on white
    Light,
    /// Light on almost black
    Dark,
    /// What the reader's system prefers
    Auto,
}

/// How a comparison is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum CompareView {
    /// Each in a panel of its own
    Panels,
    /// Over each other; of more than 12 runs, the first, the last and those of the highest and the lowest peak stand out
    Overlay,
    /// Over each other, and below how much more or less each holds than the first
    Difference,
}

/// What brings moments of two runs together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum AlignBy {
    /// The time since the start of each
    Time,
    /// The part of each that is done
    Done,
    /// The phases that both went through
    Phase,
}

impl From<AlignBy> for mprof_charts::Align {
    fn from(by: AlignBy) -> Self {
        match by {
            AlignBy::Time => Self::Time,
            AlignBy::Done => Self::Done,
            AlignBy::Phase => Self::Calls,
        }
    }
}

/// The forms of a table.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum TableFormat {
    /// For people, and for pages that show Markdown
    Markdown,
    /// For programs: whole numbers in bytes and nanoseconds
    Csv,
    /// For programs: the same as objects, null for what was not measured
    Json,
    /// For pages
    Html,
}

/// The names of the formats.
fn format_parser() -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(Format::ALL.map(Format::name))
        .map(|name| Format::from_name(&name).expect("the parser lets no other name pass"))
}

impl PictureArgs {
    /// The options of the charts crate.
    fn options(&self, format: Format, show: Show) -> Options {
        Options {
            show,
            width_px: self.width.unwrap_or(DEFAULT_WIDTH_PX),
            height_px: self.height,
            dpi: self.dpi.unwrap_or(self.scale.unwrap_or(1) * mprof_charts::DPI),
            theme: self.theme.map_or(theme_of(format), Into::into),
            letters: None,
            title: self.title.clone(),
            detail: format.detail(),
        }
    }
}

impl ShowArgs {
    /// The options, when the recordings are known: they may all be made for another kind of memory.
    pub(crate) fn settle(&self, options: Options, recordings: &[Recording]) -> Options {
        let [first, others @ ..] = recordings else { return options };
        let metric = first.metric_to_mprof();
        let is_of_all = others.iter().all(|other| other.metric_to_mprof() == metric);
        if self.metric.is_some() || self.kinds || !is_of_all {
            return options;
        }
        Options { show: Show { metric, ..options.show }, ..options }
    }

    fn show(&self, calls: Option<Calls>) -> Show {
        Show {
            metric: self.metric.unwrap_or(Metric::Rss),
            window_ns: self.window,
            scale: if self.log { Scale::Log } else { Scale::Linear },
            unit: self.unit.0,
            time: if self.normalize_time { Time::Done } else { Time::Elapsed },
            calls,
            stack: match (self.stack, self.kinds) {
                (true, _) => Some(Stack::Processes),
                (_, true) => Some(Stack::Kinds),
                _ => None,
            },
            slope: if self.slope { Slope::Drawn } else { Slope::Hidden },
            processes: if self.children { Processes::Each } else { Processes::Together },
        }
    }
}

impl PlotArgs {
    /// The options of the charts crate.
    pub(crate) fn options(&self, format: Format) -> Options {
        let calls = match (self.no_calls, self.flame, self.brackets) {
            (true, _, _) => None,
            (_, true, _) => Some(Calls::Flame),
            (_, _, true) => Some(Calls::Brackets),
            _ => Some(Calls::Bars),
        };
        self.picture.options(format, self.show.show(calls))
    }
}

impl CompareArgs {
    /// The options of the charts crate.
    pub(crate) fn options(&self, format: Format) -> Options {
        self.picture.options(format, self.show.show(None))
    }
}

fn whole(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| "expected a whole number".to_owned())
}

fn factor(text: &str) -> Result<u32, String> {
    let factor = whole(text).ok().filter(|factor| (1..=12).contains(factor));
    factor.ok_or_else(|| "expected a whole number from 1 to 12; for any density there is --dpi".to_owned())
}

/// Understands a metric, and tells shells which there are.
fn metric() -> impl TypedValueParser<Value = Metric> {
    let known = PossibleValuesParser::new(Metric::ALL.map(Metric::name));
    known.try_map(|name| Metric::from_name(&name).ok_or("no metric"))
}

/// Understands a unit, and tells shells which there are.
fn unit() -> impl TypedValueParser<Value = ChosenUnit> {
    let known = PossibleValuesParser::new(iter::once("auto").chain(NAMED_UNITS.map(|unit| unit.symbol)));
    known.map(|name| ChosenUnit(NAMED_UNITS.into_iter().find(|unit| unit.symbol.eq_ignore_ascii_case(&name))))
}

/// The colours where none were chosen.
fn theme_of(format: Format) -> mprof_charts::Theme {
    if format.kind() == Kind::Page { mprof_charts::Theme::Auto } else { mprof_charts::Theme::Light }
}

impl From<ThemeName> for mprof_charts::Theme {
    fn from(name: ThemeName) -> Self {
        match name {
            ThemeName::Light => Self::Light,
            ThemeName::Dark => Self::Dark,
            ThemeName::Auto => Self::Auto,
        }
    }
}

const PLOT_EXAMPLES: &str = "\
Examples:
  mprof-rs plot                               the newest: on the terminal, else beside it as PNG
  mprof-rs plot run.dat -o run.svg            for a page, or .pdf for a paper
  mprof-rs plot a.dat b.dat -o both.png       over each other, with a legend
  mprof-rs plot run.dat -o run.html           to zoom into: one page that works offline
  mprof-rs plot --open                        the newest, as PNG in your viewer of pictures
  mprof-rs plot run.dat --format text | less  in characters
  mprof-rs plot --scale 2 --title 'v2' run.dat
  mprof-rs plot -w 10,20 --slope run.dat      ten seconds of it, with their trend
  mprof-rs plot --stack make.dat              who used it; --kinds: what it was";

const COMPARE_EXAMPLES: &str = "\
Examples:
  mprof-rs compare before.dat after.dat       a table, and compare.png
  mprof-rs compare a.dat b.dat c.dat -o abc.svg
  mprof-rs compare --view difference old.dat new.dat
  mprof-rs compare --format csv runs/ > runs.csv";
