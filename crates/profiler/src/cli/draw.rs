//! Flags of the verbs that draw.

use std::path::PathBuf;

use clap::{Args, ValueEnum, value_parser};

/// Flags of every verb that draws.
#[derive(Debug, Args)]
pub(crate) struct PictureArgs {
    /// The title of the chart
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) title: Option<String>,

    /// Width of the chart in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 1200)]
    pub(crate) width: u32,

    /// Height of the chart in pixels [default: what its content asks for]
    #[arg(long, value_name = "PIXELS")]
    pub(crate) height: Option<u32>,

    /// Pixels of a PNG for each pixel of the chart: 2 for high-density screens and print
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = value_parser!(u32).range(1..=12))]
    pub(crate) scale: u32,

    /// Pixels of a PNG per inch, where a pixel of the chart is 1/96 inch: 300 or 600 for print
    #[arg(long, value_name = "N", conflicts_with = "scale")]
    pub(crate) dpi: Option<u32>,

    /// The colours; auto follows the reader's system where the output can tell (SVG)
    #[arg(long, value_enum, default_value_t = ThemeName::Light)]
    pub(crate) theme: ThemeName,
}

/// Flags of `plot`.
#[derive(Debug, Args)]
#[command(after_help = PLOT_EXAMPLES)]
pub(crate) struct PlotArgs {
    /// Recordings, by mprof-rs or mprof; several are drawn over each other [default: the newest in this folder]
    #[arg(value_name = "FILES", allow_negative_numbers = true)]
    pub(crate) files: Vec<PathBuf>,

    /// The picture to write: .png, .svg, .pdf or .html [default: the name of the first recording, with .png]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) picture: PictureArgs,
}

/// Flags of `compare`.
#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub(crate) struct CompareArgs {
    /// Recordings, by mprof-rs or mprof, or folders of them; ratios are to the first
    #[arg(value_name = "FILES", required = true, allow_negative_numbers = true)]
    pub(crate) files: Vec<PathBuf>,

    /// The picture to write: .png, .svg, .pdf or .html
    #[arg(short, long, value_name = "FILE", default_value = "compare.png")]
    pub(crate) output: PathBuf,

    /// How the table is printed
    #[arg(long, value_enum, default_value_t = TableFormat::Markdown)]
    pub(crate) format: TableFormat,

    #[command(flatten)]
    pub(crate) picture: PictureArgs,
}

/// The colours of a chart.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum ThemeName {
    /// Dark on white
    Light,
    /// Light on almost black
    Dark,
    /// What the reader's system prefers
    Auto,
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

impl PictureArgs {
    /// The options of the charts crate.
    pub(crate) fn options(&self, format: mprof_charts::Format) -> mprof_charts::Options {
        mprof_charts::Options {
            width_px: self.width,
            height_px: self.height,
            dpi: self.dpi.unwrap_or(self.scale * mprof_charts::DPI),
            theme: self.theme.into(),
            title: self.title.clone(),
            detail: format.detail(),
        }
    }
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
  mprof-rs plot                               the newest recording here, beside it as PNG
  mprof-rs plot run.dat -o run.svg            for a page, or .pdf for a paper
  mprof-rs plot a.dat b.dat -o both.png       over each other, with a legend
  mprof-rs plot run.dat -o run.html           to zoom into: one page that works offline
  mprof-rs plot --scale 2 --title 'v2' run.dat";

const COMPARE_EXAMPLES: &str = "\
Examples:
  mprof-rs compare before.dat after.dat       a table, and compare.png
  mprof-rs compare a.dat b.dat c.dat -o abc.svg
  mprof-rs compare --format csv *.dat > runs.csv";
