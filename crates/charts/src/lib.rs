//! Recordings as pictures.
//!
//! This crate is pure: recordings go in, bytes come out. It opens no file and prints nothing. What is drawn is data
//! first, a [`Chart`] (kinds: [`over_time()`], [`side_by_side()`]); [`render()`] then turns any chart into any [`Format`].
//! A new kind of chart is a file that makes a `Chart`, a new output is a file that draws one.
//!
//! ```
//! use mprof_charts::{Format, Named, Options, over_time, render};
//! use mprof_recording::metric::{Bytes, Metric};
//! use mprof_recording::{Process, Recording};
//!
//! let mut root = Process::default();
//! root.samples.push(0, &Bytes::default().with(Metric::Rss, 5 << 20));
//! root.samples.push(1_000_000_000, &Bytes::default().with(Metric::Rss, 9 << 20));
//! let recording = Recording { command: "ls".into(), processes: vec![root], ..Recording::default() };
//!
//! let chart = over_time(&[Named { label: "ls.dat", recording: &recording }], &Options::default())?;
//! let bytes = render(&chart, Format::Svg)?;
//! assert!(bytes.starts_with(b"<svg"));
//! # Ok::<(), mprof_charts::Error>(())
//! ```

#![forbid(unsafe_code)]

pub mod account;
mod calls;
mod canvas;
pub mod chart;
mod choices;
mod compared;
mod content;
mod crowd;
mod curve;
mod difference;
mod draw;
mod finest;
mod fit;
mod html;
mod lanes;
mod layout;
mod lettering;
mod limits;
mod moments;
mod note;
mod options;
mod over_time;
mod overlay;
mod palette;
mod paper;
mod peak_label;
mod reduce;
mod render;
pub mod sheet;
pub mod show;
mod side_by_side;
mod stack;
mod stretch;
mod terminal;
mod ticks;
mod told;
mod tree;
mod trend;
mod view;
mod whole;

pub use chart::Chart;
pub use compared::rows;
pub use difference::{Align, difference};
pub use options::{Detail, Error, Named, Options};
pub use over_time::over_time;
pub use render::{Format, Kind, render};
pub use sheet::{CELL_PX, Charset, Coloring, DPI, Letters, Theme};
pub use show::Show;
pub use side_by_side::side_by_side;
