//! What a caller chooses, and what can go wrong.

use crate::chart::{Height, Sheet};
use mprof_recording::Recording;
use std::fmt;

/// A recording and what a legend calls it.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    /// Its name among the others, such as its file and command.
    pub label: &'a str,
    /// The run.
    pub recording: &'a Recording,
}

/// How large a chart is and what it is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Width of the figure, in CSS pixels.
    pub width_px: u32,
    /// Height of the whole figure, or more where its content needs more. Without it, the figure is as tall as its
    /// content asks for.
    pub height_px: Option<u32>,
    /// Device pixels per pixel in bitmaps; 2 suits high-density screens and print.
    pub scale: u32,
    /// The title; without it, one that says what is drawn.
    pub title: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self { width_px: 1200, height_px: None, scale: 1, title: None }
    }
}

impl Options {
    /// The sheet to draw on, where each row of panels would like to be so tall.
    pub(crate) fn sheet(&self, panel_px: u32) -> Sheet {
        let height = self.height_px.map_or(Height::Panel(panel_px), Height::Total);
        Sheet { width_px: self.width_px, height, scale: self.scale }
    }

    /// How many columns of device pixels a panel cannot exceed when so many stand in a row.
    pub(crate) fn resolution(&self, n_columns: usize) -> usize {
        (self.width_px as usize).saturating_mul(self.scale as usize) / n_columns.max(1)
    }
}

/// Why there is no picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// No recording was given.
    NoRecordings,
    /// Not one of the recordings holds a reading or a peak.
    NothingToDraw,
    /// A picture of this size cannot be drawn.
    Size {
        /// Width of the figure.
        width_px: u32,
        /// Its height.
        height_px: u32,
        /// Device pixels per pixel.
        scale: u32,
    },
    /// The drawing library refused.
    Drawing(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoRecordings => f.write_str("no recording to draw"),
            Self::NothingToDraw => f.write_str("nothing to draw: no reading in any recording"),
            Self::Size { width_px, height_px, scale } => write!(
                f,
                "cannot draw {width_px}×{height_px} pixels at scale {scale}: choose 200 to 20000 pixels, scale 1 to 8"
            ),
            Self::Drawing(reason) => write!(f, "cannot draw: {reason}"),
        }
    }
}

impl std::error::Error for Error {}
