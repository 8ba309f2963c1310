//! `mprof-rs run`: start a program, record it to its end, and say what was seen.
//!
//! The program comes first. Nothing that goes wrong on our side keeps it from running to its own end.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mprof_probe::{NotRunnable, Options, Polling, Program};
use mprof_recording::dat::Writer;
use mprof_recording::pump::{Outlet, Sink, pump};
use mprof_recording::summary::{Summary, Tally};

use crate::cli::RunArgs;
use crate::exit::{Exit, Misused};
use crate::facts::{Facts, WithFacts};
use crate::files::{self, Replace};
use crate::run_report::{self, Kept};
use crate::{console, local_time, workload};

/// Where the recording goes.
struct Destination {
    path: PathBuf,
    /// Absent when it could not be created: the program then runs unrecorded.
    file: Option<File>,
}

pub(super) fn execute(args: RunArgs) -> Result<Exit> {
    check_words(&args.command)?;
    let mut program = find(args.command)?;
    let facts = workload::is_one(&program.path).then(Facts::new).transpose().unwrap_or_default();
    program.env.extend(facts.iter().map(Facts::variable));
    let replace = if args.overwrite { Replace::Always } else { Replace::Never };
    let destination = open(args.output, replace)?;
    let options = Options {
        interval_ns: args.interval.as_nanos() as u64,
        timeout_ns: None,
        recorder: concat!("mprof-rs ", env!("CARGO_PKG_VERSION")).to_owned(),
    };
    let source = match Polling::spawn(&program, &options) {
        Ok(source) => source,
        Err(error) => return Err(nothing_ran(&destination, error)),
    };
    let (summary, is_kept) = record(WithFacts { source, facts }, &destination)?;
    let path = destination.path.display().to_string();
    let kept = if is_kept { Kept::Whole(&path) } else { Kept::Partly(&path) };
    if !args.quiet {
        console::say(&run_report::after_run(&summary, kept));
    }
    Ok(exit(&summary, is_kept))
}

/// An option that is none of ours would otherwise be taken for the program.
fn check_words(command: &[OsString]) -> Result<()> {
    let name = command[0].to_string_lossy();
    if name.starts_with('-') {
        let text = format!("{name}: no such option of run; a program of that name would be ./{name}");
        return Err(Misused(text).into());
    }
    Ok(())
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
    match outcome {
        Ok(file) => Ok(Destination { path, file: Some(file) }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let shown = path.display();
            Err(Misused(format!("{shown}: exists; choose another name, or replace it with --overwrite"))
                .into())
        }
        Err(error) => {
            let shown = path.display();
            console::complain(&format!(
                "{shown}: cannot be created, so the program runs unrecorded: {error}"
            ));
            Ok(Destination { path, file: None })
        }
    }
}

/// Records to the end of the run: the figures, and whether the file holds everything.
fn record(mut source: WithFacts<Polling>, destination: &Destination) -> Result<(Summary, bool)> {
    let mut tally = Tally::default();
    let mut writer = destination.file.as_ref().map(Writer::new);
    let mut outlets = vec![Outlet::new("the figures", &mut tally)];
    outlets.extend(writer.iter_mut().map(|writer| Outlet::new("the recording", writer as &mut dyn Sink)));
    let outcome = pump(&mut source, &mut outlets);
    let failures: Vec<String> = outlets.iter().filter_map(failure).collect();
    for failure in &failures {
        console::complain(&format!("{}: {failure}", destination.path.display()));
    }
    outcome.context("the program can no longer be followed")?;
    Ok((tally.summary(), destination.file.is_some() && failures.is_empty()))
}

fn failure(outlet: &Outlet<'_>) -> Option<String> {
    let error = outlet.failure.as_ref()?;
    Some(format!("{} is not complete: {error}", outlet.name))
}

/// Nothing was started: the empty file goes away again.
fn nothing_ran(destination: &Destination, error: NotRunnable) -> anyhow::Error {
    if destination.file.is_some() && is_empty(&destination.path) {
        // It is empty and ours. If it stays, nothing is lost.
        let _ = std::fs::remove_file(&destination.path);
    }
    error.into()
}

fn is_empty(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|metadata| metadata.is_file() && metadata.len() == 0)
}

fn exit(summary: &Summary, is_kept: bool) -> Exit {
    let status = summary.exit_code.or(summary.exit_signal.map(|signal| 128 + signal));
    match status {
        Some(0) if !is_kept => Exit::Incomplete,
        Some(0) => Exit::Success,
        Some(status) => Exit::Program(status as u8),
        None => Exit::Failure,
    }
}
