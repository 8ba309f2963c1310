//! `mprof-rs run`: start a program, record it to its end, and say what was seen.
//!
//! The program comes first. Nothing that goes wrong on our side keeps it from running to its own end.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use anyhow::Result;
use mprof_probe::{NotRunnable, Polling, Program};
use mprof_recording::event::{Ending, Exit as ProgramExit};
use mprof_recording::summary::Summary;

use super::attach;
use crate::cli::RunArgs;
use crate::exit::Exit;
use crate::manner::Manner;
use crate::python::{self, Asked, Shim, Surroundings};
use crate::recorder::{self, Destination};
use crate::{console, workload};

pub(super) fn execute(args: RunArgs, manner: Manner) -> Result<Exit> {
    if args.attach || args.command.is_empty() {
        return attach::execute(args.into_attach()?, manner);
    }
    args.recorder.check()?;
    let options = args.options(manner);
    let (mut program, shim) = prepare(&args.command, args.asked())?;
    program.env.extend(shim.iter().map(Shim::variable_here));
    let mut destination = Destination::open(&args.recorder)?;
    let mut source = match Polling::spawn(&program, &options) {
        Ok(source) => source,
        Err(error) => {
            destination.abandon();
            return Err(error.into());
        }
    };
    let (summary, is_kept) = recorder::record(&mut source, &mut destination, &args.recorder, manner, None);
    recorder::report(&summary, &destination, is_kept, &args.recorder);
    let exit = match exit(&summary, is_kept) {
        // The time was over, and mprof leaves the program to itself.
        Exit::Failure if manner == Manner::Mprof && summary.ended_by == Some(Ending::Timeout) => {
            Exit::Success
        }
        // Whoever ended mprof learns it from its status.
        exit if summary.ended_by == Some(Ending::Interrupted) => exit,
        // mprof passes a status on when it is asked to.
        Exit::Program(_) | Exit::Failure if manner == Manner::Mprof && !args.recorder.exit_code => {
            Exit::Success
        }
        exit => exit,
    };
    Ok(args.recorder.max_peak.map_or(exit, |limit| limit.after_run(&summary, exit)))
}

/// The program to run for a command, and what makes `profile` known to it if it is Python.
fn prepare(typed: &[OsString], asked: Asked) -> Result<(Program, Option<Shim>)> {
    let plan = python::plan(typed, asked, &Surroundings::of_this_process());
    if let Some(option) = plan.kept_out_by {
        console::complain(&format!(
            "with -{option}, Python does not look for what we add, and will not know `profile`"
        ));
    }
    let program = Program { typed: plan.shown, ..find(plan.command)? };
    let shim = plan.has_profile.then(Shim::new).transpose();
    let shim = shim.unwrap_or_else(|error| {
        console::complain(&format!("the program will not know `profile`: {error}"));
        None
    });
    Ok((program, shim))
}

/// A bare name that is a workload built beside us is that workload. Anything else is found as a shell would.
fn find(argv: Vec<OsString>) -> Result<Program> {
    if let Some(path) = workload::beside_us(&argv[0]) {
        return Ok(Program { path, typed: argv.clone(), argv, env: Vec::new() });
    }
    let is_bare = !argv[0].as_encoded_bytes().contains(&b'/');
    let found = Program::find(argv, std::env::var_os("PATH").as_deref());
    found.map_err(|error| match error {
        NotRunnable::NotFound(what) if is_bare => {
            NotRunnable::NotFound(format!("{what}; {}", workload::hint())).into()
        }
        error => error.into(),
    })
}

fn exit(summary: &Summary, is_kept: bool) -> Exit {
    let signal = summary.exit_signal.map(ProgramExit::Signal);
    let program = summary.exit_code.map(ProgramExit::Code).or(signal);
    match program.map(ProgramExit::shell_code) {
        Some(0) if !is_kept => Exit::Incomplete,
        Some(0) => Exit::Success,
        Some(INTERRUPTED) if is_typed(summary) => Exit::Interrupted,
        Some(status) => Exit::Program(status as u8),
        // Given up by interrupts in a row, which are told from others by having been typed: as if one had ended it.
        // Whoever wants to get out of a program wants to get out of a loop around it too.
        None if summary.ended_by == Some(Ending::Interrupted) => Exit::Interrupted,
        None => Exit::Failure,
    }
}

/// The status of what SIGINT ended, as a shell gives it.
const INTERRUPTED: i32 = 130;

/// Whether the program was ended by an interrupt that we got as well, at a terminal. What is read, or written, may
/// come from elsewhere all the same, as in a loop over the lines of a file.
fn is_typed(summary: &Summary) -> bool {
    let is_ended = summary.exit_signal.is_some() && summary.ended_by == Some(Ending::Interrupted);
    is_ended && (io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal())
}
