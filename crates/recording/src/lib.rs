//! Recordings of memory over time: what they hold, how they are written and read, and what follows from them.
//!
//! This crate is pure. It opens no file, reads no clock and prints nothing; it takes and gives bytes.
//! [`event`] is the stream that a run is, [`Recording`] the stream gathered up, and [`dat`] the file format,
//! which Python's mprof 0.61 can read as well. Everything shown is derived: [`peak`], [`summary`], [`compare`].

pub mod area;
pub mod call;
pub mod command;
pub mod compare;
pub mod dat;
pub mod difference;
pub mod event;
pub mod export;
pub mod gaps;
mod left;
pub mod metric;
mod note;
mod open_calls;
pub mod peak;
pub mod phases;
mod pid;
pub mod pump;
pub mod recording;
mod root_peak;
mod run_peak;
pub mod samples;
mod seldom;
pub mod summary;
pub mod total;
pub mod trend;
pub mod units;
pub mod window;

pub use left::Left;
pub use recording::{Process, Recording};
pub use seldom::Seldom;
