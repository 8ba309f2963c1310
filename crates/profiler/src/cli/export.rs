//! Flags of `export`.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use mprof_recording::export::Table;

/// Flags of `export`.
#[derive(Debug, Args)]
#[command(after_help = EXPORT_HELP)]
pub(crate) struct ExportArgs {
    /// A recording, by mprof-rs or mprof; - is what is piped in [default: the newest in this folder]
    #[arg(value_name = "FILE", allow_negative_numbers = true)]
    pub(crate) file: Option<PathBuf>,

    /// The format [default: what the output's name ends in]
    #[arg(long, value_enum)]
    pub(crate) format: Option<ExportFormat>,

    /// The table, of CSV and Parquet [default: samples]
    #[arg(long, value_enum)]
    pub(crate) table: Option<TableName>,

    /// The file to write, which is replaced; - is stdout [default: -]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

/// The formats of an export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// A table: a line of names, then a line for each row; an empty cell is not known
    Csv,
    /// Everything in one document
    Json,
    /// A table for pandas, DuckDB and others, where mprof-rs was built with the feature `parquet`
    Parquet,
}

/// A table's name on the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TableName(Table);

impl TableName {
    pub(crate) fn table(self) -> Table {
        self.0
    }
}

impl ValueEnum for TableName {
    fn value_variants<'a>() -> &'a [Self] {
        const ALL: [TableName; Table::ALL.len()] = {
            let mut all = [TableName(Table::Run); Table::ALL.len()];
            let mut idx = 0;
            while idx < all.len() {
                all[idx] = TableName(Table::ALL[idx]);
                idx += 1;
            }
            all
        };
        &ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.0.name()))
    }
}

const EXPORT_HELP: &str = "\
Sizes are in bytes, times in nanoseconds since the start of the run. CSV and Parquet have one row for each \
reading and process; a reading that repeats the one before it is no row, and lines between rows are exact. \
JSON has every table, by the schema in crates/recording/schema. All tables together give the recording back.

Examples:
  mprof-rs export run.dat -o run.csv
  mprof-rs export run.dat --format csv --table processes | column -ts,
  mprof-rs export run.dat -o run.json
  mprof-rs export run.dat -o run.parquet";
