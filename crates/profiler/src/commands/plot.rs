//! `mprof-rs plot`: memory over time, as a picture.

use anyhow::Result;
use mprof_recording::samples::Wanted;

use super::picture;
use crate::cli::PlotArgs;
use crate::exit::Exit;
use crate::files;

pub(super) fn execute(args: PlotArgs) -> Result<Exit> {
    if let Some(output) = &args.output {
        picture::check_name(output)?;
    }
    let paths = files::named_or_newest(&args.files)?;
    let recordings = files::read_all(&paths, Wanted::ALL)?;
    let labels: Vec<String> =
        paths.iter().zip(&recordings).map(|(path, it)| picture::label(path, it)).collect();
    let output = args.output.unwrap_or_else(|| files::picture_beside(&paths[0]));
    files::check_apart(&output, &paths)?;
    let options = args.picture.options(files::format_of(&output)?);
    let chart = mprof_charts::over_time(&picture::named(&labels, &recordings), &options);
    picture::save(chart, &output)?;
    Ok(Exit::Success)
}
