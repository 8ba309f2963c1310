//! `mprof-rs attach`: record a program that runs already, for as long as it lives.

use anyhow::{Context, Result};
use mprof_probe::{Polling, Running};
use mprof_recording::command::{display, printable};

use crate::cli::AttachArgs;
use crate::console;
use crate::exit::{Exit, NothingToShow};
use crate::facts::WithFacts;
use crate::recorder::{self, Destination};

pub(super) fn execute(args: &AttachArgs) -> Result<Exit> {
    let running = find(&args.program)?;
    let options = args.recorder.options();
    let source = Polling::attach(&running, &options).with_context(|| {
        format!("process {}: may not be read; try as its user, or as root", running.number)
    })?;
    let destination = Destination::open(&args.recorder)?;
    let (summary, is_kept) =
        recorder::record(WithFacts { source, facts: None }, &destination, &args.recorder);
    recorder::report(&summary, &destination, is_kept, &args.recorder);
    Ok(if is_kept { Exit::Success } else { Exit::Incomplete })
}

/// The process that is meant. Of several it is the one with the lowest number, and that is said.
fn find(hint: &str) -> Result<Running> {
    let found = Running::find(hint)?;
    let n_others = found.len().saturating_sub(1);
    let shown = printable(hint);
    let running = found.into_iter().next().ok_or_else(|| {
        NothingToShow(format!("{shown}: no such process, neither by its number nor by its name"))
    })?;
    let others = if n_others > 0 { format!(" ({n_others} more go by that name)") } else { String::new() };
    console::say(&format!("mprof-rs: attached to {} · {}{others}", running.number, display(&running.argv)));
    Ok(running)
}
