//! Recordings as pictures.
//!
//! This crate is pure: recordings go in, bytes come out. It opens no file and prints nothing. What is drawn is data
//! first, a [`Chart`] (kinds: [`over_time`], [`side_by_side`]); [`render`] then turns any chart into any [`Format`].
//! A new kind of chart is a file that makes a `Chart`, a new output is a file that draws one.

#![forbid(unsafe_code)]

mod canvas;
pub mod chart;
mod curve;
mod draw;
mod fit;
mod layout;
mod lettering;
mod options;
mod over_time;
mod palette;
mod paper;
mod peak_label;
mod reduce;
mod render;
mod side_by_side;
mod ticks;

pub use chart::Chart;
pub use options::{Error, Named, Options};
pub use over_time::over_time;
pub use render::{Format, render};
pub use side_by_side::side_by_side;
