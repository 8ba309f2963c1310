//! `mprof-rs completions`: what a shell needs to complete our command lines.

use anyhow::Result;
use clap::CommandFactory;

use crate::cli::{Cli, CompletionsArgs};
use crate::console;
use crate::exit::Exit;

pub(super) fn execute(args: &CompletionsArgs) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "mprof-rs", &mut script);
    console::print(&script)?;
    Ok(Exit::Success)
}
