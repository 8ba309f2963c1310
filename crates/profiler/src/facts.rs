//! What a workload tells about itself, on a private file of the run.
//!
//! The file's name is in the variable `MPROF_RS_FACTS`, which workloads alone are given: no other program's
//! environment is touched. Each line is a name and a whole number.

use std::ffi::OsString;
use std::io::{self, Read};

use mprof_recording::event::{Event, Kind};
use mprof_recording::pump::{Source, State};
use tempfile::NamedTempFile;

/// The variable that names the file.
const VARIABLE: &str = "MPROF_RS_FACTS";
/// More than a workload has to tell. What lies beyond is not read.
const MAX_SIZE: u64 = 4096;

/// A file for figures, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Facts(NamedTempFile);

impl Facts {
    /// A new file that only its owner can read.
    pub(crate) fn new() -> io::Result<Self> {
        tempfile::Builder::new().prefix("mprof-rs-facts-").tempfile().map(Self)
    }

    /// What the program needs to know to find the file.
    pub(crate) fn variable(&self) -> (OsString, OsString) {
        (VARIABLE.into(), self.0.path().into())
    }

    fn read(&self) -> Vec<(String, u64)> {
        let mut text = String::new();
        let outcome = self.0.reopen().and_then(|file| file.take(MAX_SIZE).read_to_string(&mut text));
        if outcome.is_err() {
            return Vec::new();
        }
        text.lines().filter_map(parse_line).collect()
    }
}

/// A source with what the program told, put before the end of the run.
#[derive(Debug)]
pub(crate) struct WithFacts<S> {
    pub(crate) source: S,
    pub(crate) facts: Option<Facts>,
}

impl<S: Source> Source for WithFacts<S> {
    fn poll(&mut self, events: &mut Vec<Event>) -> io::Result<State> {
        let state = self.source.poll(events)?;
        if state == State::Finished
            && let Some(facts) = self.facts.take()
            && let Some(last) = events.pop()
        {
            let at_ns = last.at_ns;
            let told = facts.read().into_iter();
            events.extend(told.map(|(name, value)| Event { at_ns, kind: Kind::Told { name, value } }));
            events.push(last);
        }
        Ok(state)
    }
}

fn parse_line(line: &str) -> Option<(String, u64)> {
    let (name, value) = line.split_once(' ')?;
    Some((name.to_owned(), value.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mprof_recording::event::Finish;
    use std::io::Write;

    struct AtItsEnd;

    impl Source for AtItsEnd {
        fn poll(&mut self, events: &mut Vec<Event>) -> io::Result<State> {
            events.push(Event { at_ns: 9, kind: Kind::Finished(Finish::default()) });
            Ok(State::Finished)
        }
    }

    #[test]
    fn what_was_told_comes_before_the_end_and_nonsense_is_passed_over() {
        let facts = Facts::new().unwrap();
        let path = facts.variable().1;
        let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
        file.write_all(b"file_bytes 8\nnonsense\nelapsed_ns -1\ncalculated_bytes 16\n").unwrap();
        let mut events = Vec::new();
        WithFacts { source: AtItsEnd, facts: Some(facts) }.poll(&mut events).unwrap();
        let told = |name: &str, value| Kind::Told { name: name.into(), value };
        let kinds: Vec<Kind> = events.into_iter().map(|event| event.kind).collect();
        let end = Kind::Finished(Finish::default());
        assert_eq!(kinds, [told("file_bytes", 8), told("calculated_bytes", 16), end]);
        assert!(!std::path::Path::new(&path).exists());
    }
}
