//! `mprof-rs man`: the manual pages, one for each verb, made of the same table as `--help`.

use std::fs;

use anyhow::{Context, Result};
use clap::CommandFactory;

use crate::cli::{Cli, ManArgs};
use crate::console;
use crate::exit::Exit;

pub(super) fn execute(args: &ManArgs) -> Result<Exit> {
    let shown = console::shown(&args.folder);
    fs::create_dir_all(&args.folder).with_context(|| format!("{shown}: cannot be made"))?;
    clap_mangen::generate_to(Cli::command(), &args.folder)
        .with_context(|| format!("{shown}: a page cannot be written"))?;
    console::say(&format!("manual pages: {shown}/mprof-rs.1 and one for each verb"));
    Ok(Exit::Success)
}
