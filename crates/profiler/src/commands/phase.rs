//! `mprof-rs phase`: a command that is a phase of the run that we are called in. It ends as the command ends.

use std::env;

use anyhow::Result;
use mprof_probe::{NotRunnable, Program};

use super::mark::{name, teller, warn_of_loss};
use crate::cli::PhaseArgs;
use crate::console;
use crate::exit::Exit;

pub(super) fn execute(args: PhaseArgs) -> Result<Exit> {
    let mut teller = teller();
    let name = name(&args.name, &teller);
    let program = Program::find(args.command, env::var_os("PATH").as_deref());
    let ended = match program.and_then(|program| teller.around(name.as_ref(), &program)) {
        Ok(ended) => ended?.shell_code(),
        Err(error) => {
            console::complain(&error.to_string());
            status(&error)
        }
    };
    warn_of_loss(&teller);
    Ok(Exit::Program(ended as u8))
}

/// Of a command that never ran, in either manner: mprof has no such verb.
fn status(error: &NotRunnable) -> i32 {
    match error {
        NotRunnable::NotFound(_) => 127,
        NotRunnable::NotExecutable(_) => 126,
    }
}
