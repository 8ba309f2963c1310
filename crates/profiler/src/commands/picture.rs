//! What the verbs that draw have in common: labels, and from a chart to where it goes.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use mprof_charts::{CELL_PX, Chart, Error, Format, Named, Options, sheet::Height};
use mprof_recording::Recording;
use mprof_recording::command::printable;

use crate::cli::PictureArgs;
use crate::exit::{Misused, NothingToShow};
use crate::terminal::{self, Shown};
use crate::{console, files};

/// A picture to be made: of which kind, and where it goes.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) format: Format,
    destination: Destination,
}

#[derive(Debug)]
enum Destination {
    File(PathBuf),
    /// Beside the first recording, by its name.
    Beside,
    Stdout,
}

/// What a legend calls a recording: its file's name, and its command.
pub(super) fn label(path: &Path, recording: &Recording) -> String {
    let name = printable(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy());
    if recording.command.is_empty() { name } else { format!("{name} — {}", recording.command) }
}

/// Recordings with their labels, as the charts crate wants them.
pub(super) fn named<'a>(labels: &'a [String], recordings: &'a [Recording]) -> Vec<Named<'a>> {
    let pairs = labels.iter().zip(recordings);
    pairs.map(|(label, recording)| Named { label, recording }).collect()
}

impl Target {
    /// What the flags ask for. Nothing was read yet, so that a slip costs no time.
    pub(super) fn new(output: Option<&Path>, format: Option<Format>, picture: &PictureArgs) -> Result<Self> {
        let target = match (output, format) {
            (Some(path), _) if path == "-" => Self::to_stdout(format)?,
            (Some(path), Some(format)) => Self { format, destination: Destination::File(path.to_owned()) },
            (Some(path), None) => {
                let format = files::format_of(path).context("nothing was drawn")?;
                Self { format, destination: Destination::File(path.to_owned()) }
            }
            (None, Some(Format::Text)) if !picture.open => Self::to_stdout(format)?,
            (None, None) if terminal::is_stdout() && !picture.open => Self::to_stdout(Some(Format::Text))?,
            (None, format) => {
                Self { format: format.unwrap_or(Format::Png), destination: Destination::Beside }
            }
        };
        if picture.open && matches!(target.destination, Destination::Stdout) {
            return Err(misused("--open shows a file: name one with -o"));
        }
        Ok(target)
    }

    fn to_stdout(format: Option<Format>) -> Result<Self> {
        let names: Vec<&str> = Format::ALL.into_iter().map(Format::name).collect();
        let which = || misused(&format!("-o - needs --format: one of {}", names.join(", ")));
        let format = format.ok_or_else(which)?;
        if matches!(format, Format::Png | Format::Pdf) && terminal::is_stdout() {
            return Err(misused(
                "a terminal cannot show such bytes: send them to a file, as in `-o run.png`",
            ));
        }
        Ok(Self { format, destination: Destination::Stdout })
    }

    /// Decides on the file, now that the recordings are known, and checks that it is none of them.
    pub(super) fn settle(&mut self, recordings: &[PathBuf]) -> Result<()> {
        if let (Destination::Beside, Some(first)) = (&self.destination, recordings.first()) {
            self.destination = Destination::File(files::picture_beside(first, self.format));
        }
        match &self.destination {
            Destination::File(path) => files::check_apart(path, recordings),
            Destination::Beside | Destination::Stdout => Ok(()),
        }
    }

    /// The options of the chart, with its size in cells where it is made of them.
    pub(super) fn options(&self, options: Options, picture: &PictureArgs) -> Options {
        if self.format != Format::Text {
            return options;
        }
        let shown = match self.destination {
            Destination::Stdout => Shown::OnStdout,
            Destination::File(_) | Destination::Beside => Shown::InFile,
        };
        let n_columns = picture.width.unwrap_or_else(terminal::n_columns);
        Options {
            width_px: n_columns.saturating_mul(CELL_PX.0),
            height_px: picture.height.map(|n_lines| n_lines.saturating_mul(CELL_PX.1)),
            letters: Some(terminal::letters(&picture.characters, shown)),
            ..options
        }
    }

    /// Draws a chart, and says where it is.
    pub(super) fn save(&self, chart: Result<Chart, Error>, picture: &PictureArgs) -> Result<()> {
        let chart = chart.map_err(explain)?;
        let bytes = mprof_charts::render(&chart, self.format).map_err(explain)?;
        let path = match &self.destination {
            Destination::Stdout => {
                let bytes = if self.format == Format::Text { on_one_screen(chart, bytes) } else { bytes };
                return console::print(&bytes);
            }
            Destination::File(path) => path,
            Destination::Beside => unreachable!("a target is settled before it is drawn"),
        };
        files::write_picture(path, &bytes)?;
        console::say(&format!("chart: {}", console::shown(path)));
        if picture.open { open(path) } else { Ok(()) }
    }
}

/// The chart as low as the terminal, with a line to spare for the prompt, where it would be higher and that is possible.
fn on_one_screen(mut chart: Chart, bytes: Vec<u8>) -> Vec<u8> {
    let is_natural = matches!(chart.sheet.height, Height::Panel(_));
    let n_lines = bytes.iter().filter(|&&byte| byte == b'\n').count();
    let Some(n_most) = terminal::n_lines().map(|n| n.saturating_sub(1)) else { return bytes };
    if !is_natural || n_lines <= n_most as usize {
        return bytes;
    }
    chart.sheet.height = Height::Total(n_most * CELL_PX.1);
    mprof_charts::render(&chart, Format::Text).unwrap_or(bytes)
}

/// Shows a file in the program that its owner prefers, and does not wait for it.
fn open(path: &Path) -> Result<()> {
    let opener = if std::env::consts::OS == "macos" { "open" } else { "xdg-open" };
    // A path from the root is never taken for an option.
    let path = std::path::absolute(path)?;
    let mut command = Command::new(opener);
    command.arg(path).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // Not of our group: an interrupt from the terminal is not for it.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map(|_| ()).with_context(|| format!("the chart cannot be shown: {opener} cannot be run"))
}

fn explain(error: Error) -> anyhow::Error {
    match error {
        Error::NoRecordings
        | Error::NothingToDraw { .. }
        | Error::NoMetric { .. }
        | Error::OutsideWindow { .. }
        | Error::NotStackable
        | Error::ReadNowAndThen(_)
        | Error::NothingToCompare
        | Error::NothingInCommon { .. } => NothingToShow(error.to_string()).into(),
        Error::Size { .. } | Error::Extent { .. } => Misused(error.to_string()).into(),
        Error::Drawing(_) => anyhow::Error::new(error),
    }
}

fn misused(text: &str) -> anyhow::Error {
    Misused(text.to_owned()).into()
}
