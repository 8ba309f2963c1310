//! The cases: what is in the folder, and a line of shell that calls `mprof`.

mod around;
mod keeping;
mod programs;
mod projects;
mod python;
mod reading;
mod scripts;

use super::stage::Folder;

/// One line of shell, run under the real mprof and under ours.
pub(super) struct Case {
    pub(super) name: &'static str,
    pub(super) folder: Folder,
    pub(super) line: &'static str,
}

const fn case(name: &'static str, folder: Folder, line: &'static str) -> Case {
    Case { name, folder, line }
}

/// All of them.
pub(super) fn all() -> Vec<&'static Case> {
    let recording = [programs::CASES, projects::CASES, python::CASES, scripts::CASES];
    [keeping::CASES, reading::CASES, around::CASES].into_iter().chain(recording).flatten().collect()
}
