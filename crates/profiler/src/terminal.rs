//! The terminal that a chart in characters is printed on: how wide it is, what it can show, and whether it has colours.

use std::env;
use std::io::{self, IsTerminal};

use mprof_charts::{Charset, Coloring, Letters};
use terminal_size::{Height, Width};

use crate::cli::{CharacterArgs, ColorName};
use crate::console;

/// Where nothing says how wide it is.
const COLUMNS: u32 = 80;

/// A chart is drawn so wide on whatever terminal is narrower.
const LEAST_COLUMNS: u32 = 10;

/// Whether standard output is one.
pub(crate) fn is_stdout() -> bool {
    io::stdout().is_terminal()
}

/// Columns that there are room for: what `COLUMNS` says, or the terminal, or 80.
pub(crate) fn n_columns() -> u32 {
    let told = env::var("COLUMNS").ok().and_then(|text| text.trim().parse().ok());
    let told = told.filter(|&n: &u32| n > 0);
    told.or_else(|| size().map(|(columns, _)| columns)).unwrap_or(COLUMNS).max(LEAST_COLUMNS)
}

/// Lines of the terminal, if it is one.
pub(crate) fn n_lines() -> Option<u32> {
    size().map(|(_, lines)| lines)
}

fn size() -> Option<(u32, u32)> {
    if !is_stdout() {
        return None;
    }
    let (Width(columns), Height(lines)) = terminal_size::terminal_size_of(io::stdout())?;
    (columns > 0 && lines > 0).then_some((columns.into(), lines.into()))
}

/// What a chart is made of that goes to standard output, or to a file.
pub(crate) fn letters(args: &CharacterArgs, is_shown: Shown) -> Letters {
    let is_terminal = is_shown == Shown::OnStdout && is_stdout();
    let charset = if args.ascii || !is_utf8() { Charset::Ascii } else { Charset::Unicode };
    let coloring = match args.color {
        ColorName::Always => Coloring::Ansi,
        ColorName::Auto if is_shown == Shown::OnStdout && console::is_colored(is_terminal) => Coloring::Ansi,
        ColorName::Auto | ColorName::Never => Coloring::Plain,
    };
    Letters { charset, coloring }
}

/// Where a chart in characters is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    OnStdout,
    InFile,
}

/// Whether the locale's characters are those of Unicode. The first of the three that is set counts.
fn is_utf8() -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(env::var_os);
    let locale =
        set.filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().to_lowercase()).next();
    locale.is_some_and(|locale| locale.contains("utf-8") || locale.contains("utf8"))
}
