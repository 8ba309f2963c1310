//! What there is to say of recordings beside their curves: facts and tables, for outputs that have room for them.
//!
//! Texts are for people. The figure behind a text, where there is one, is what a table is sorted by.

use mprof_recording::units::Unit;

/// Facts and tables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Account {
    /// How one run went and how well it was recorded; empty where there are several.
    pub facts: Vec<Fact>,
    /// Figures in rows.
    pub tables: Vec<Table>,
    /// Whether there were more readings than curves may hold together.
    pub is_reduced: bool,
    /// The unit of memory that was asked for, if any.
    pub unit: Option<Unit>,
}

/// One thing that is known of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// What there is to say.
    pub text: String,
}

/// Figures in rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// What the rows are.
    pub title: String,
    /// The heads of the columns.
    pub columns: Vec<Column>,
    /// The rows. The first cell of each is the name by which curves call it too.
    pub rows: Vec<Vec<Cell>>,
    /// How many rows there would be besides.
    pub n_left_out: usize,
}

/// The head of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// What it shows.
    pub title: String,
    /// What its cells hold.
    pub holds: Holds,
}

/// What the cells of a column hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// Words, which begin at the left.
    Words,
    /// Figures, which end at the right.
    Figures,
}

/// A cell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cell {
    /// What is shown.
    pub text: String,
    /// The figure that it shows, in bytes, nanoseconds or pieces.
    pub figure: Option<f64>,
}
