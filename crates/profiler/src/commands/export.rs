//! `mprof-rs export`: a recording for other programs, as CSV, JSON or Parquet.

#[cfg(feature = "parquet")]
mod parquet_file;

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result};
use mprof_recording::Recording;
use mprof_recording::dat::Outline;
use mprof_recording::export::{EachReading, Held, Readings, Table, write_csv, write_json};
use mprof_recording::metric::Bytes;

use crate::cli::{ExportArgs, ExportFormat, TableName};
use crate::exit::{Exit, Misused};
use crate::{console, files, input};

/// How much is handed to the system at once.
const PIECE_LEN: usize = 64 << 10;

pub(super) fn execute(args: &ExportArgs) -> Result<Exit> {
    let format = format(args)?;
    let table = table(args, format)?;
    let paths = input::named_or_newest(args.file.as_slice())?;
    if let Some(output) = &args.output {
        files::check_apart(output, &paths)?;
    }
    let outlined = files::read_outline(&paths[0])?;
    let readings = InFile { outlined: outlined.in_file.as_ref(), unread: None };
    let mut tables = Tables { recording: &outlined.recording, readings };
    let output = args.output.as_deref().filter(|output| *output != Path::new("-"));
    let written = write_to(output, |out| tables.write(format, table, out));
    if let Some(error) = tables.readings.unread {
        return Err(error).with_context(|| files::unreadable(&paths[0]));
    }
    written?;
    output.iter().for_each(|output| console::say(&format!("export: {}", console::shown(output))));
    Ok(Exit::Success)
}

/// Writes to a file, or to stdout.
fn write_to(
    output: Option<&Path>,
    write: impl FnOnce(&mut (dyn Write + Send)) -> io::Result<()>,
) -> Result<()> {
    if let Some(output) = output {
        return files::put_in_place(output, |file| {
            let mut out = BufWriter::with_capacity(PIECE_LEN, file);
            write(&mut out)?;
            out.flush()
        });
    }
    let mut out = BufWriter::with_capacity(PIECE_LEN, io::stdout());
    write(&mut out).and_then(|()| out.flush()).context("standard output: cannot be written")
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

/// What is exported.
struct Tables<'a> {
    recording: &'a Recording,
    readings: InFile<'a>,
}

impl Tables<'_> {
    fn write(&mut self, format: ExportFormat, table: Table, out: &mut (dyn Write + Send)) -> io::Result<()> {
        match format {
            ExportFormat::Csv => write_csv(self.recording, &mut self.readings, table, out),
            ExportFormat::Json => write_json(self.recording, &mut self.readings, out),
            #[cfg(feature = "parquet")]
            ExportFormat::Parquet => {
                parquet_file::write_parquet(self.recording, &mut self.readings, table, out)
            }
            #[cfg(not(feature = "parquet"))]
            ExportFormat::Parquet => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

/// The readings of a recording, which stay in its file where that can be read again.
struct InFile<'a> {
    outlined: Option<&'a (File, Outline)>,
    /// Why the file gave no more of them: an error that is not of what is written.
    unread: Option<io::Error>,
}

impl Readings for InFile<'_> {
    fn each(&mut self, recording: &Recording, each: EachReading<'_>) -> io::Result<()> {
        let Some((file, outline)) = self.outlined else { return Held.each(recording, each) };
        let mut unwritten = None;
        let mut take = |place: usize, at_ns: u64, bytes: &Bytes| {
            each(place, at_ns, bytes).map_err(|error| {
                unwritten = Some(error);
                io::ErrorKind::Other.into()
            })
        };
        let gone_through = outline.each_reading(recording, &mut &*file, &mut take);
        gone_through.map_err(|error| {
            unwritten.unwrap_or_else(|| {
                self.unread = Some(error);
                io::ErrorKind::Other.into()
            })
        })
    }
}
