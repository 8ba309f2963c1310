//! A progress line on stderr, for people: drawn only on a terminal, at most ten times a second, erased at the end.

use std::{
    env,
    io::{self, IsTerminal, Write},
    time::{Duration, Instant},
};

const PERIOD: Duration = Duration::from_millis(100);
const BAR_COLUMNS: usize = 30;
const ERASE: &str = "\r\x1b[K";

/// How far the run is.
#[derive(Debug)]
pub struct Progress {
    n_slices: usize,
    due: Option<Instant>,
    drawn: bool,
}

impl Progress {
    /// Draws nothing yet, and nothing ever if stderr is no terminal or one that cannot erase a line.
    pub fn on_stderr(n_slices: usize) -> Self {
        let able = io::stderr().is_terminal() && env::var_os("TERM").is_some_and(|term| term != "dumb");
        Self { n_slices, due: able.then(Instant::now), drawn: false }
    }

    /// Redraws the line if it is time.
    pub fn show(&mut self, n_done: usize) {
        let now = Instant::now();
        if self.due.is_some_and(|due| due <= now) {
            self.due = Some(now + PERIOD);
            self.drawn = true;
            write(&line(n_done, self.n_slices));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.drawn {
            write(ERASE);
        }
    }
}

fn line(n_done: usize, n_slices: usize) -> String {
    let n_full = n_done * BAR_COLUMNS / n_slices;
    let percent = n_done * 100 / n_slices;
    format!("{ERASE}[{:<BAR_COLUMNS$}] {percent:3} %  slice {n_done} of {n_slices}", "#".repeat(n_full))
}

fn write(text: &str) {
    // A terminal that has gone away must not end the run.
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fits_a_narrow_terminal() {
        assert_eq!(line(225, 500), "\r\x1b[K[#############                 ]  45 %  slice 225 of 500");
        assert_eq!(line(0, 1), "\r\x1b[K[                              ]   0 %  slice 0 of 1");
    }
}
