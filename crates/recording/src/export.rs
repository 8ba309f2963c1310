//! A recording as tables, for other programs: whole numbers, text, and nothing where nothing was measured.
//!
//! All tables together hold everything that the recording does. Each output gets them row by row.

mod csv;
mod json;
mod table;

pub use csv::write_csv;
pub use json::{schema, write_json};
pub use table::Table;

use std::borrow::Cow;
use std::io;

use crate::metric::Bytes;
use crate::recording::Recording;

/// Takes readings: the process's place among all, the time since the start, and what was read.
pub type EachReading<'a> = &'a mut dyn FnMut(usize, u64, &Bytes) -> io::Result<()>;

/// Gives every reading of a recording, wherever they are: process by process, in order of time.
pub trait Readings {
    /// Hands them on.
    ///
    /// # Errors
    /// Those of where they are, and of who takes them.
    fn each(&mut self, recording: &Recording, each: EachReading<'_>) -> io::Result<()>;
}

/// The readings that the recording itself holds.
#[derive(Clone, Copy, Debug)]
pub struct Held;

impl Readings for Held {
    fn each(&mut self, recording: &Recording, each: EachReading<'_>) -> io::Result<()> {
        let mut processes = recording.processes.iter().enumerate();
        processes.try_for_each(|(place, process)| {
            process.samples.rows().try_for_each(|(at_ns, bytes)| each(place, at_ns, &bytes))
        })
    }
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Whole numbers from zero on: bytes, nanoseconds and counts.
    Number,
    /// Whole numbers that may be negative: exit codes.
    Signed,
    /// Text, which may be anything that a program calls itself.
    Text,
}

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name, with the unit at the end.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether every row has a value.
    pub presence: Presence,
    /// What it means.
    pub meaning: &'static str,
}

/// Whether a column may be empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Every row has a value.
    Always,
    /// Where there is no value, nothing was measured or told.
    WhereKnown,
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    /// Nothing: not zero, and not an empty text.
    Absent,
    /// Of a column of numbers.
    Number(u64),
    /// Of a column of signed numbers.
    Signed(i32),
    /// Of a column of texts.
    Text(Cow<'a, str>),
}

impl From<u64> for Cell<'_> {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<i32> for Cell<'_> {
    fn from(number: i32) -> Self {
        Self::Signed(number)
    }
}

impl From<String> for Cell<'_> {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl<'a> From<&'a str> for Cell<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text.into())
    }
}

impl<'a, T: Into<Cell<'a>>> From<Option<T>> for Cell<'a> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}
