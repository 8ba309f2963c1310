//! `mprof-rs attach`: record a program that runs already, for as long as it lives.

use std::io;
use std::time::Duration;

use anyhow::{Result, bail};
use mprof_probe::{Holding, Polling, Running, number_in};
use mprof_recording::command::{display, printable};
use mprof_recording::event::Ending;

use crate::cli::AttachArgs;
use crate::console;
use crate::exit::{Exit, NothingToShow};
use crate::interval::Limit;
use crate::manner::Manner;
use crate::recorder::{self, Destination, Progress};

/// mprof looks at a program for an hour, unless it is told another time.
const MPROFS_HOUR: Limit = Limit::After(Duration::from_secs(3600));

pub(super) fn execute(args: AttachArgs, manner: Manner) -> Result<Exit> {
    let AttachArgs { mut recorder, program } = args;
    let Some(program) = program else { return Ok(recorder::no_program()) };
    if manner == Manner::Mprof {
        recorder.timeout.get_or_insert(MPROFS_HOUR);
    }
    recorder.check()?;
    let (running, introduction) = find(&program)?;
    let options = recorder.options(manner);
    let mut source = Polling::attach(&running, &options).map_err(|error| refusal(&running, error))?;
    let mut destination = Destination::open(&recorder)?;
    // From here on whoever interrupts us ends a recording.
    console::say(&introduction);
    let progress = if recorder.quiet { None } else { Progress::of(running.number) };
    let (summary, is_kept) = recorder::record(&mut source, &mut destination, &recorder, manner, progress);
    recorder::report(&summary, &destination, is_kept, &recorder);
    let exit = match is_kept {
        // As with whatever else is typed an interrupt, a loop of a shell is left.
        _ if summary.ended_by == Some(Ending::Interrupted) && source.was_typed_to() => Exit::Interrupted,
        true => Exit::Success,
        false => Exit::Incomplete,
    };
    Ok(recorder.max_peak.map_or(exit, |limit| limit.after_run(&summary, exit)))
}

/// The process that is meant, and what to say of it. Of several it is the one with the lowest number of those that live.
fn find(hint: &str) -> Result<(Running, String)> {
    let found = Running::find(hint)?;
    let n_others = found.len().saturating_sub(1);
    let shown = printable(hint);
    let place = found.iter().position(|it| it.holding() == Holding::Memory).unwrap_or(0);
    let running = found.into_iter().nth(place).ok_or_else(|| {
        NothingToShow(format!("{shown}: no such process, neither by its number nor by its name"))
    })?;
    let number = running.number;
    match running.holding() {
        Holding::Memory => {}
        Holding::NothingMore => return Err(has_ended(number).into()),
        Holding::NothingEver => {
            bail!("{number}: is a thread of the kernel, and has no memory that could be recorded")
        }
    }
    let thread = number_in(hint).filter(|&thread| thread != number);
    let thread = thread.map_or_else(String::new, |thread| format!(", of which {thread} is a thread"));
    let others = if n_others > 0 { format!(" ({n_others} more go by that name)") } else { String::new() };
    let introduction = format!("mprof-rs: attached to {number}{thread} · {}{others}", display(&running.argv));
    Ok((running, introduction))
}

fn has_ended(number: u32) -> NothingToShow {
    NothingToShow(format!("{number}: has just ended, and there is nothing left to record"))
}

/// Why a process that was there a moment ago cannot be followed.
fn refusal(running: &Running, error: io::Error) -> anyhow::Error {
    match error.kind() {
        io::ErrorKind::NotFound => has_ended(running.number).into(),
        _ => anyhow::Error::new(error)
            .context(format!("process {}: may not be read; try as its user, or as root", running.number)),
    }
}
