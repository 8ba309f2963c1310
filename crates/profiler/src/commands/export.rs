//! `mprof-rs export`: a recording for other programs, as CSV, JSON or Parquet.

#[cfg(feature = "parquet")]
mod parquet_file;

use std::ffi::OsStr;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result};
use mprof_recording::Recording;
use mprof_recording::export::{Table, write_csv, write_json};
use mprof_recording::samples::Wanted;

use crate::cli::{ExportArgs, ExportFormat, TableName};
use crate::exit::{Exit, Misused};
use crate::{console, files, input};

pub(super) fn execute(args: &ExportArgs) -> Result<Exit> {
    let format = format(args)?;
    let table = table(args, format)?;
    let paths = input::named_or_newest(args.file.as_slice())?;
    if let Some(output) = &args.output {
        files::check_apart(output, &paths)?;
    }
    let recording = files::read(&paths[0], Wanted::ALL)?;
    match args.output.as_deref().filter(|output| *output != Path::new("-")) {
        Some(output) => {
            files::put_in_place(output, |file| {
                let mut out = BufWriter::new(file);
                write(&recording, format, table, &mut out)?;
                out.flush()
            })?;
            console::say(&format!("export: {}", console::shown(output)));
        }
        None => {
            let mut out = BufWriter::new(io::stdout());
            write(&recording, format, table, &mut out)?;
            out.flush()?;
        }
    }
    Ok(Exit::Success)
}

/// The format that was asked for, by its name or by the end of the output's name.
fn format(args: &ExportArgs) -> Result<ExportFormat> {
    let extension = args.output.as_deref().and_then(Path::extension).map(OsStr::to_ascii_lowercase);
    let by_name = match extension.as_deref().and_then(|it| it.to_str()) {
        Some("csv") => Some(ExportFormat::Csv),
        Some("json") => Some(ExportFormat::Json),
        Some("parquet") => Some(ExportFormat::Parquet),
        _ => None,
    };
    let unknown = "name a format: --format csv, json or parquet, or an output that ends so";
    let format = args.format.or(by_name).context(Misused(unknown.to_owned()))?;
    if format == ExportFormat::Parquet {
        check_parquet(args)?;
    }
    Ok(format)
}

fn check_parquet(args: &ExportArgs) -> Result<()> {
    if cfg!(not(feature = "parquet")) {
        let remedy = "this mprof-rs was built without Parquet: build it with `--features parquet`";
        return Err(Misused(remedy.to_owned()).into());
    }
    let is_to_terminal = args.output.is_none() && io::stdout().is_terminal();
    if is_to_terminal {
        return Err(Misused("Parquet is not for a terminal: name a file with -o".to_owned()).into());
    }
    Ok(())
}

/// The table that was asked for. A document of JSON has them all.
fn table(args: &ExportArgs, format: ExportFormat) -> Result<Table> {
    if format == ExportFormat::Json && args.table.is_some() {
        return Err(Misused("JSON has every table: --table is for csv and parquet".to_owned()).into());
    }
    Ok(args.table.map_or(Table::Samples, TableName::table))
}

fn write(
    recording: &Recording,
    format: ExportFormat,
    table: Table,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    match format {
        ExportFormat::Csv => write_csv(recording, table, out),
        ExportFormat::Json => write_json(recording, out),
        #[cfg(feature = "parquet")]
        ExportFormat::Parquet => parquet_file::write_parquet(recording, table, out),
        #[cfg(not(feature = "parquet"))]
        ExportFormat::Parquet => Err(io::ErrorKind::Unsupported.into()),
    }
}
