//! What is said to people, on stderr, and where colour is wanted.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result};
use mprof_recording::command::printable;

/// Says what went wrong.
pub(crate) fn complain(text: &str) {
    say(&format!("mprof-rs: {text}"));
}

/// Says something on stderr. When nobody can hear it, nothing is lost: it is never data.
pub(crate) fn say(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints what was asked for.
///
/// # Errors
/// When nobody can take it. The reader of a pipe may have seen enough.
pub(crate) fn print(bytes: &[u8]) -> Result<()> {
    print_by(|out| out.write_all(bytes))
}

/// Prints what is written piece by piece, since all of it at once may be too much to hold.
///
/// # Errors
/// When nobody can take it. The reader of a pipe may have seen enough.
pub(crate) fn print_by(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let written = write(&mut out).and_then(|()| out.flush());
    written.context("standard output: cannot be written")
}

/// A file's name without anything that a terminal would obey.
pub(crate) fn shown(path: &Path) -> String {
    printable(&path.to_string_lossy())
}

/// Text that stands out, on a terminal whose owner does not mind (no-color.org).
pub(crate) fn strong(text: &str) -> String {
    if has_style() { format!("\x1b[1m{text}\x1b[0m") } else { text.to_owned() }
}

/// Text of less weight.
pub(crate) fn faint(text: &str) -> String {
    if has_style() { format!("\x1b[2m{text}\x1b[0m") } else { text.to_owned() }
}

fn has_style() -> bool {
    is_colored(io::stderr().is_terminal())
}

/// Whether colour is wanted where its owner was not asked: on a terminal, unless the environment says otherwise
/// (no-color.org, bixense.com/clicolors).
pub(crate) fn is_colored(is_terminal: bool) -> bool {
    let value = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    if value("NO_COLOR").is_some() {
        return false;
    }
    if value("CLICOLOR_FORCE").is_some_and(|value| value != "0") {
        return true;
    }
    let is_dumb = value("TERM").is_some_and(|term| term == "dumb");
    is_terminal && !is_dumb && value("CLICOLOR").is_none_or(|value| value != "0")
}
