//! `mprof-rs man`: the manual pages, one for each verb, made of the same table as `--help`.

use std::{fs, io, iter};

use anyhow::{Context, Result};
use clap::CommandFactory;
use clap_mangen::Man;

use crate::cli::{Cli, ManArgs};
use crate::console;
use crate::exit::Exit;

pub(super) fn execute(args: &ManArgs) -> Result<Exit> {
    let shown = console::shown(&args.folder);
    fs::create_dir_all(&args.folder).with_context(|| format!("{shown}: cannot be made"))?;
    let mut table = Cli::command().disable_help_subcommand(true);
    table.build();
    for command in iter::once(&table).chain(table.get_subcommands()) {
        // clap_mangen leaves a flag without a word where the short help leaves the flag out.
        let command = command.clone().mut_args(|arg| arg.hide_short_help(false));
        let man = Man::new(command).source(SOURCE);
        let path = args.folder.join(man.get_filename());
        let context = || format!("{}: cannot be written", console::shown(&path));
        fs::write(&path, page(&man).with_context(context)?).with_context(context)?;
    }
    console::say(&format!("manual pages: {shown}/mprof-rs.1 and one for each verb"));
    Ok(Exit::Success)
}

/// What the foot of a page says that it is of.
const SOURCE: &str = concat!("mprof-rs ", env!("CARGO_PKG_VERSION"));

/// A page with its date left out properly, and with examples and tables as they were typed: roff(7) would fill them.
fn page(man: &Man) -> io::Result<String> {
    let mut bytes = Vec::new();
    man.render(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    let text = text.replacen(" 1  \"", " 1 \"\" \"", 1).replace("\n.br\n\n.br\n", "\n\n");
    let mut page = String::new();
    let mut is_typed = false;
    for line in text.replace(".SH EXTRA\n", ".SH NOTES\n").lines() {
        if is_typed != line.starts_with("  ") {
            is_typed = !is_typed;
            page.push_str(if is_typed { ".nf\n" } else { ".fi\n" });
        }
        page.push_str(line.trim_end());
        page.push('\n');
    }
    Ok(page)
}
