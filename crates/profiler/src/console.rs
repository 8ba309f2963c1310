//! What is said to people, on stderr, and where colour is wanted.

use std::io::{IsTerminal, Write};
use std::path::Path;

use mprof_recording::command::printable;

/// Says what went wrong.
pub(crate) fn complain(text: &str) {
    say(&format!("mprof-rs: {text}"));
}

/// Says something on stderr. When nobody can hear it, nothing is lost: it is never data.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
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
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    std::io::stderr().is_terminal() && !is_set("NO_COLOR") && !is_dumb
}
