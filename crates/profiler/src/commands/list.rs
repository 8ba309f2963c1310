//! `mprof-rs list`: the recordings of this folder that bear default names, a line each, as mprof prints it.

use std::path::Path;

use anyhow::Result;
use chrono::NaiveDateTime;

use crate::exit::Exit;
use crate::manner::Manner;
use crate::{console, files, listing};

/// In mprof's manner a line ends where mprof's ends.
pub(super) fn execute(manner: Manner) -> Result<Exit> {
    let mut lines = String::new();
    for (index, path) in listing::all()?.iter().enumerate() {
        let command = files::command_in(path).filter(|_| manner == Manner::Own);
        let command = command.map(|command| format!("  {command}")).unwrap_or_default();
        lines.push_str(&format!("{index} {}{}{command}\n", console::shown(path), time(path, manner)));
    }
    console::print(lines.as_bytes())?;
    Ok(Exit::Success)
}

/// The start is what the name says it is. In mprof's manner what stands in the place of a time is printed as one.
fn time(path: &Path, manner: Manner) -> String {
    // Of a name that holds more than the time, mprof takes what stands behind the last `_`.
    let middle = listing::middle(path).unwrap_or_default();
    let time = middle.rsplit('_').next().unwrap_or_default();
    let is_time = NaiveDateTime::parse_from_str(time, "%Y%m%d%H%M%S").is_ok();
    if !is_time && manner == Manner::Own {
        return String::new();
    }
    let time: Vec<char> = time.chars().collect();
    let part = |from: usize, to: usize| {
        let text: String = time.iter().take(to).skip(from).collect();
        mprof_recording::command::printable(&text)
    };
    format!(" {}:{}:{} {}/{}/{}", part(8, 10), part(10, 12), part(12, 14), part(6, 8), part(4, 6), part(0, 4))
}
