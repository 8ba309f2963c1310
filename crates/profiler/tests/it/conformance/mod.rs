//! mprof-rs beside the real mprof 0.61, case by case. What differs is listed in docs/mprof.md, with the case and the
//! aspect: an unlisted difference fails, and so does a listed one that is none any more.
//!
//! It runs where `MPROF_RS_PYTHON` names a Python with memory_profiler, as in python.rs.

mod cases;
mod stage;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::harness::BINARY;
use cases::Case;
use stage::{Aspect, Outcome};

/// At a time. Most of a case is waiting for Python to start, or for a program to end.
const N_PLAYERS: usize = 4;

/// A case and what differs in it.
type Difference = (String, Aspect);

#[test]
fn what_differs_from_mprof_is_listed() {
    let Some(python) = crate::python::python() else { return };
    let theirs = stage::path_with(&python.with_file_name("mprof"));
    let ours = stage::path_with(Path::new(BINARY));
    let next = AtomicUsize::new(0);
    let found = Mutex::new(BTreeSet::new());
    let report = Mutex::new(String::new());
    let listed = listed();
    let cases = cases::all();
    let play = || {
        while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            let home = theirs.path("");
            let outcomes =
                [&theirs, &ours].map(|it| stage::play(&it.path(""), &home, case.folder, case.line));
            for aspect in Aspect::ALL {
                let difference = (case.name.to_owned(), aspect);
                if aspect.differs(&outcomes[0], &outcomes[1]) {
                    if !listed.contains(&difference) {
                        report.lock().unwrap().push_str(&told(case, aspect, &outcomes));
                    }
                    found.lock().unwrap().insert(difference);
                }
            }
        }
    };
    std::thread::scope(|scope| (0..N_PLAYERS).for_each(|_| drop(scope.spawn(play))));
    let found = found.into_inner().unwrap();
    let report = report.into_inner().unwrap();
    assert!(report.is_empty(), "differences that docs/mprof.md does not list:\n{report}");
    let stale: Vec<&Difference> = listed.difference(&found).collect();
    assert!(stale.is_empty(), "docs/mprof.md lists differences that are none: {stale:?}");
}

#[test]
fn the_list_names_cases_that_there_are() {
    let cases = cases::all();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name).collect();
    assert_eq!(names.len(), cases.len(), "two cases have one name");
    let unknown: Vec<Difference> =
        listed().into_iter().filter(|(name, _)| !names.contains(name.as_str())).collect();
    assert!(unknown.is_empty(), "docs/mprof.md names cases that there are not: {unknown:?}");
}

fn told(case: &Case, aspect: Aspect, [theirs, ours]: &[Outcome; 2]) -> String {
    format!("\n{} {}: {}\nmprof {theirs:#?}\nmprof-rs {ours:#?}\n", case.name, aspect.name(), case.line)
}

/// What docs/mprof.md lists, in the last column of its table: cases, each with what differs in it.
fn listed() -> BTreeSet<Difference> {
    let text = include_str!("../../../../../docs/mprof.md");
    let (_, table) = text.split_once("## What differs").unwrap();
    let rows =
        table.lines().take_while(|line| !line.starts_with("## ")).filter(|line| line.starts_with("| "));
    let cells = rows
        .skip(1)
        .filter_map(|row| row.trim_end_matches([' ', '|']).rsplit_once("| "))
        .map(|(_, cell)| cell);
    cells.flat_map(|cell| cell.split("; ")).filter(|item| *item != "n/a").flat_map(differences).collect()
}

/// Reads `` `case` exit stdout ``.
fn differences(item: &str) -> Vec<Difference> {
    let (name, aspects) = item.trim_start_matches('`').split_once("` ").unwrap();
    let aspect = |word: &str| Aspect::ALL.into_iter().find(|it| it.name() == word).unwrap();
    aspects.split(' ').map(|word| (name.to_owned(), aspect(word))).collect()
}
