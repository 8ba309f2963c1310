//! `mprof-rs compare`: runs side by side, as a picture and as a table.

use std::path::{Path, PathBuf};

use anyhow::Result;
use mprof_recording::command::printable;
use mprof_recording::compare::{self, Row};

use super::picture::{self, Target};
use crate::cli::{CompareArgs, CompareView, TableFormat};
use crate::exit::Exit;
use crate::{console, files, listing};

pub(super) fn execute(args: &CompareArgs) -> Result<Exit> {
    let mut target = Target::new(Some(&args.output), None, &args.picture)?;
    args.check(target.format)?;
    let paths = listing::with_folders(&args.files)?;
    target.settle(&paths)?;
    let options = target.options(args.options(target.format), &args.picture);
    let recordings = files::read_all(&paths, options.wanted())?;
    let options = args.show.settle(options, &recordings);
    let labels = names(&paths);
    let named = picture::named(&labels, &recordings);
    console::print(&table(&mprof_charts::rows(&named, &options), args.format)?)?;
    let chart = match args.view {
        CompareView::Panels => mprof_charts::side_by_side(&named, &options),
        CompareView::Overlay => mprof_charts::over_time(&named, &options),
        CompareView::Difference => {
            let align = args.align.map(Into::into).unwrap_or_default();
            mprof_charts::difference(&named, align, &options)
        }
    };
    drop(recordings);
    for label in chart.iter().flat_map(|chart| &chart.left_out) {
        console::complain(&format!("{label}: no samples; it is not in the picture"));
    }
    target.save(chart, &args.picture)?;
    Ok(Exit::Success)
}

fn table(rows: &[Row], format: TableFormat) -> Result<Vec<u8>> {
    match format {
        TableFormat::Markdown => Ok(compare::markdown(rows).into_bytes()),
        TableFormat::Html => Ok(compare::html(rows).into_bytes()),
        TableFormat::Json => Ok(format!("{}\n", compare::json(rows)?).into_bytes()),
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

/// What a table calls the runs: their files without ending and, where those are alike, with their folders and then their endings.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let stems: Vec<String> = paths.iter().map(|path| stem(path)).collect();
    let is_alone = |name: &String| stems.iter().filter(|stem| *stem == name).count() == 1;
    let short: Vec<PathBuf> = paths.iter().map(|path| path.with_extension("")).collect();
    let name = |(path, stem): (&PathBuf, &String)| {
        let without = path.with_extension("");
        match is_alone(stem) {
            true => stem.clone(),
            false if short.iter().filter(|it| **it == without).count() == 1 => console::shown(&without),
            false => console::shown(path),
        }
    };
    paths.iter().zip(&stems).map(name).collect()
}

fn stem(path: &Path) -> String {
    printable(&path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy())
}
