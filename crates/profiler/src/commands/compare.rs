//! `mprof-rs compare`: runs side by side, as a picture and as a table.

use std::io::Write;
use std::path::Path;

use anyhow::Result;
use mprof_recording::command::printable;
use mprof_recording::compare::{self, Row};
use mprof_recording::samples::Wanted;

use super::picture;
use crate::cli::{CompareArgs, TableFormat};
use crate::exit::Exit;
use crate::{files, listing};

pub(super) fn execute(args: &CompareArgs) -> Result<Exit> {
    picture::check_name(&args.output)?;
    let paths = args.files.iter().map(|word| listing::one(word)).collect::<Result<Vec<_>>>()?;
    files::check_apart(&args.output, &paths)?;
    let recordings = files::read_all(&paths, Wanted::FIGURES)?;
    let labels: Vec<String> = paths.iter().map(|path| stem(path)).collect();
    let rows: Vec<Row> = labels.iter().zip(&recordings).map(|(name, it)| Row::new(name, it)).collect();
    std::io::stdout().lock().write_all(&table(&rows, args.format)?)?;
    let options = args.picture.options(files::format_of(&args.output)?);
    let chart = mprof_charts::side_by_side(&picture::named(&labels, &recordings), &options);
    picture::save(chart, &args.output)?;
    Ok(Exit::Success)
}

fn table(rows: &[Row], format: TableFormat) -> Result<Vec<u8>> {
    match format {
        TableFormat::Markdown => {
            Ok(compare::markdown(&compare::titles(), &compare::cells(rows)).into_bytes())
        }
        TableFormat::Csv => {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(compare::csv_titles())?;
            for cells in compare::csv_cells(rows) {
                writer.write_record(cells)?;
            }
            Ok(writer.into_inner()?)
        }
    }
}

/// The name of a file without its ending: what a table calls a run.
fn stem(path: &Path) -> String {
    printable(&path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy())
}
