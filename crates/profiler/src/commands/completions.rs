//! `mprof-rs completions`: what a shell needs to complete our command lines.

use anyhow::Result;
use clap::CommandFactory;
use clap_complete::Shell;

use crate::cli::{Cli, CompletionsArgs};
use crate::console;
use crate::exit::Exit;
use crate::manner::Manner;

/// Completes for the name that it is called by: whoever has an `mprof` of ours wants it for that.
pub(super) fn execute(args: &CompletionsArgs, manner: Manner) -> Result<Exit> {
    let name = match manner {
        Manner::Own => "mprof-rs",
        Manner::Mprof => "mprof",
    };
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), name, &mut script);
    let mut script = String::from_utf8(script)?;
    if args.shell == Shell::Bash {
        // clap_complete 4.6 spells a name with a hyphen in two ways, so that no verb would find its flags.
        script = script.replace("mprof__subcmd__rs", "mprof__rs");
    }
    console::print(script.as_bytes())?;
    Ok(Exit::Success)
}
