//! `mprof-rs run`: start a program, record it to its end, and say what was seen.
//!
//! The program comes first. Nothing that goes wrong on our side keeps it from running to its own end.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

use anyhow::Result;
use mprof_probe::{NotRunnable, Options, Polling, Program};
use mprof_recording::dat::Writer;
use mprof_recording::event::Exit as ProgramExit;
use mprof_recording::pump::{Outlet, Sink, pump};
use mprof_recording::summary::{Summary, Tally};

use crate::cli::RunArgs;
use crate::exit::{Exit, Misused};
use crate::facts::{Facts, WithFacts};
use crate::files::{self, Opened, Replace};
use crate::run_report::{self, Kept};
use crate::{console, local_time, workload};

/// Where the recording goes.
struct Destination {
    path: PathBuf,
    /// Absent when it could not be opened: the program then runs unrecorded.
    opened: Option<Opened>,
}

pub(super) fn execute(args: RunArgs) -> Result<Exit> {
    let mut program = find(args.command)?;
    let facts = workload::is_one(&program.path).then(Facts::new).transpose().unwrap_or_default();
    program.env.extend(facts.iter().map(Facts::variable));
    let replace = if args.overwrite { Replace::Always } else { Replace::Never };
    let destination = open(args.output, replace)?;
    let options = Options {
        interval_ns: args.interval.as_nanos() as u64,
        timeout_ns: args.timeout.map(|timeout| u64::try_from(timeout.as_nanos()).unwrap_or(u64::MAX)),
        recorder: concat!("mprof-rs ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let source = match Polling::spawn(&program, &options) {
        Ok(source) => source,
        Err(error) => return Err(nothing_ran(&destination, error)),
    };
    let (summary, is_kept) = record(WithFacts { source, facts }, &destination);
    let path = console::shown(&destination.path);
    let kept = if is_kept { Kept::Whole(&path) } else { Kept::Partly(&path) };
    if !args.quiet {
        console::say(&run_report::after_run(&summary, kept));
    }
    Ok(exit(&summary, is_kept))
}

/// A bare name that is a workload built beside us is that workload. Anything else is found as a shell would.
fn find(argv: Vec<OsString>) -> Result<Program> {
    if let Some(path) = workload::beside_us(&argv[0]) {
        return Ok(Program { path, argv, env: Vec::new() });
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

fn open(output: Option<PathBuf>, replace: Replace) -> Result<Destination> {
    let (path, outcome) = match output {
        Some(path) => {
            let outcome = files::create(&path, replace);
            (path, outcome)
        }
        None => files::create_default(local_time::now()),
    };
    let shown = console::shown(&path);
    match outcome {
        Ok(opened) => Ok(Destination { path, opened: Some(opened) }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Err(Misused(format!("{shown}: exists; choose another name, or replace it with --overwrite"))
                .into())
        }
        Err(error) => {
            console::complain(&format!(
                "{shown}: cannot be created, so the program runs unrecorded: {error}"
            ));
            Ok(Destination { path, opened: None })
        }
    }
}

/// Records to the end of the run: the figures, and whether the file holds everything.
fn record(mut source: WithFacts<Polling>, destination: &Destination) -> (Summary, bool) {
    let mut tally = Tally::default();
    let file = destination.opened.as_ref().map(|opened| &opened.file);
    let mut writer = file.map(|file| {
        // The program runs, so the file is now for this run. A device has no length to take away.
        let _ = file.set_len(0);
        Writer::new(file)
    });
    let mut outlets = vec![Outlet::new("the figures", &mut tally)];
    outlets.extend(writer.iter_mut().map(|writer| Outlet::new("the recording", writer as &mut dyn Sink)));
    let outcome = pump(&mut source, &mut outlets);
    let failures: Vec<String> = outlets.iter().filter_map(failure).collect();
    for failure in &failures {
        console::complain(&format!("{}: {failure}", console::shown(&destination.path)));
    }
    let mut summary = tally.summary();
    if let Err(error) = &outcome {
        console::complain(&format!("the program goes on, but can no longer be followed: {error}"));
        let exit = source.source.wait_for_exit().ok();
        summary.exit_code = exit.and_then(ProgramExit::code);
        summary.exit_signal = exit.and_then(ProgramExit::signal);
    }
    (summary, outcome.is_ok() && destination.opened.is_some() && failures.is_empty())
}

fn failure(outlet: &Outlet<'_>) -> Option<String> {
    let error = outlet.failure.as_ref()?;
    Some(format!("{} is not complete: {error}", outlet.name))
}

/// Nothing was started: what we made for it goes away again.
fn nothing_ran(destination: &Destination, error: NotRunnable) -> anyhow::Error {
    if destination.opened.as_ref().is_some_and(|opened| opened.is_new) {
        // If it stays, it is empty, and nothing is lost.
        let _ = std::fs::remove_file(&destination.path);
    }
    error.into()
}

fn exit(summary: &Summary, is_kept: bool) -> Exit {
    let signal = summary.exit_signal.map(ProgramExit::Signal);
    let program = summary.exit_code.map(ProgramExit::Code).or(signal);
    match program.map(ProgramExit::shell_code) {
        Some(0) if !is_kept => Exit::Incomplete,
        Some(0) => Exit::Success,
        Some(status) => Exit::Program(status as u8),
        None => Exit::Failure,
    }
}
