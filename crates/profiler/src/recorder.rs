//! From a source to a recording on disk and an account on stderr: what `run` and `attach` have in common.

use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::Result;
use mprof_probe::Polling;
use mprof_recording::dat::Writer;
use mprof_recording::event::{Event, Exit as ProgramExit, Kind, SAID_AT_ONCE};
use mprof_recording::pump::{Outlet, Sink, pump};
use mprof_recording::summary::{Summary, Tally};

use crate::cli::RecorderArgs;
use crate::exit::{Exit, Misused};
use crate::files::{self, Opened, Replace, Unopened};
use crate::manner::Manner;
use crate::run_report::{self, Kept};
use crate::{console, local_time};
use output::Output;
pub(crate) use progress::Progress;

mod output;
mod progress;

/// What mprof says when it is given nothing to record.
pub(crate) fn no_program() -> Exit {
    println!("A program to run must be provided. Use -h for help");
    Exit::Failure
}

/// Where the recording goes.
pub(crate) struct Destination {
    path: PathBuf,
    /// Absent when it could not be opened: the program then runs unrecorded.
    opened: Option<Opened>,
}

impl Destination {
    /// Opens the recording that was asked for. When it cannot be, that is said, and the program runs unrecorded.
    pub(crate) fn open(args: &RecorderArgs) -> Result<Self> {
        if args.output.as_deref().is_some_and(|path| path == "-") {
            let why = "-o -: standard output is the program's; name a file, or ./- for one of that name";
            return Err(Misused(why.to_owned()).into());
        }
        let replace = if args.overwrite { Replace::Recordings } else { Replace::Never };
        let (path, outcome) = match &args.output {
            Some(path) => (path.clone(), files::create(path, replace)),
            None => files::create_default(local_time::now()),
        };
        let shown = console::shown(&path);
        match outcome.and_then(files::claim) {
            Ok(opened) => Ok(Self { path, opened: Some(opened) }),
            Err(Unopened::Refused(why)) => Err(Misused(format!("{shown}: {why}")).into()),
            Err(Unopened::Failed(error)) => {
                let why = match error.raw_os_error() {
                    Some(libc::ENXIO) => "nobody reads from it; start its reader first".to_owned(),
                    _ => error.to_string(),
                };
                console::complain(&format!(
                    "{shown}: cannot be created, so the program runs unrecorded: {why}"
                ));
                Ok(Self { path, opened: None })
            }
        }
    }

    /// Whether the file was opened and still has a name.
    fn is_there(&self) -> bool {
        let opened = self.opened.as_ref().and_then(|opened| opened.file.metadata().ok());
        opened.is_some_and(|metadata| metadata.nlink() > 0)
    }

    /// Learns where the file is now, and what there is to say of it: it may have been moved while it was written, and
    /// its name be another's.
    fn look_for_it(&mut self) -> Option<String> {
        let Some(Opened { file, .. }) = &self.opened else { return None };
        let is = file.metadata().ok()?;
        let is_it = |path: &Path| {
            std::fs::metadata(path).is_ok_and(|there| (there.dev(), there.ino()) == (is.dev(), is.ino()))
        };
        if is.nlink() == 0 {
            return Some("was removed while it was written".to_owned());
        }
        if !is.is_file() || is_it(&self.path) {
            return None;
        }
        let place = std::fs::read_link(format!("/dev/fd/{}", file.as_raw_fd())).ok();
        let Some(place) = place.filter(|place| is_it(place)) else {
            return Some("is not to be found under that name any more".to_owned());
        };
        let here = std::env::current_dir().unwrap_or_default();
        self.path = place.strip_prefix(here).map(Path::to_owned).unwrap_or(place);
        Some(format!("was moved while it was written, to {}", console::shown(&self.path)))
    }

    /// Nothing was recorded: what we made for it goes away again.
    pub(crate) fn abandon(&self) {
        if self.opened.as_ref().is_some_and(|opened| opened.is_new) {
            // If it stays, it is empty, and nothing is lost.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Records to the end of the run: the figures, and whether the file holds everything.
pub(crate) fn record(
    source: &mut Polling,
    destination: &mut Destination,
    args: &RecorderArgs,
    manner: Manner,
    mut progress: Option<Progress>,
) -> (Summary, bool) {
    let mut tally = Tally::of(args.metric());
    let Destination { path, opened } = &mut *destination;
    let mut output = opened.as_mut().map(|opened| Output::new(opened, path));
    let writer = output.as_mut().map(|output| Writer::new(output, args.mem_lines()));
    let mut writer = writer.map(|writer| writer.with(args.child_lines(manner)).drawing(args.metric()));
    let mut aloud = Aloud { before: if progress.is_some() { progress::CLEARED } else { "" } };
    let mut outlets = vec![Outlet::new("the figures", &mut tally), Outlet::new("what is said", &mut aloud)];
    outlets.extend(writer.iter_mut().map(|writer| Outlet::new("the recording", writer as &mut dyn Sink)));
    outlets.extend(progress.iter_mut().map(|progress| Outlet::new("progress", progress as &mut dyn Sink)));
    let outcome = pump(source, &mut outlets);
    let mut failures: Vec<String> = outlets.iter().filter_map(failure).collect();
    drop(writer);
    let spoilt = output.and_then(|output| output.end(&mut || let_leave(path)).err());
    progress.into_iter().for_each(Progress::end);
    if failures.is_empty() {
        failures.extend(spoilt.map(|why| format!("the recording is not complete: {why}")));
    }
    for failure in &failures {
        console::complain(&format!("{}: {failure}", console::shown(&destination.path)));
    }
    let mut summary = tally.summary();
    if let Err(error) = &outcome {
        console::complain(&format!("the program goes on, but can no longer be followed: {error}"));
        let exit = source.wait_for_exit().ok();
        summary.exit_code = exit.and_then(ProgramExit::code);
        summary.exit_signal = exit.and_then(ProgramExit::signal);
    }
    let is_there = destination.is_there();
    let shown = console::shown(&destination.path);
    if let Some(news) = destination.look_for_it() {
        console::complain(&format!("{shown}: {news}"));
    }
    (summary, outcome.is_ok() && is_there && failures.is_empty())
}

/// The run is over, and its last lines take long: whoever does not want to wait may go.
fn let_leave(path: &Path) {
    mprof_probe::give_up_signals();
    let what = "the run is over, and its last lines wait to be taken; Ctrl-C leaves without them";
    console::complain(&format!("{}: {what}", console::shown(path)));
}

/// Says on stderr what cannot wait for the end.
struct Aloud {
    /// What makes room for it.
    before: &'static str,
}

impl Sink for Aloud {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if let Kind::Noted { key: SAID_AT_ONCE, text } = &event.kind {
            console::say(&format!("{}mprof-rs: {text}", self.before));
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn failure(outlet: &Outlet<'_>) -> Option<String> {
    let error = outlet.failure.as_ref()?;
    Some(format!("{} is not complete: {error}", outlet.name))
}

/// Says what was seen, unless nobody wants to hear it.
pub(crate) fn report(summary: &Summary, destination: &Destination, is_kept: bool, args: &RecorderArgs) {
    let path = &destination.path;
    let kept = match (is_kept, &destination.opened) {
        (true, _) => Kept::Whole(path),
        (false, Some(_)) => Kept::Partly(path),
        (false, None) => Kept::Nowhere,
    };
    if !args.quiet {
        console::say(&run_report::after_run(summary, kept));
    }
}
