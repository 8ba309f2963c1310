//! `profile`, as each Python that is found here understands it.
//!
//! The scripts beside check what Python sees, and say in their last lines what the recorder is to be told: a line for
//! each task, with the phases inside one another. They are run without mprof-rs, with a FIFO that is read here.
//!
//! `MPROF_RS_PYTHONS` names the interpreters, with colons between them; otherwise those of the path and of pyenv are
//! taken, one of each release from 3.8 on. Those that are missing are told.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::harness::Place;

const RELEASES: std::ops::RangeInclusive<u32> = 8..=14;

fn pythons() -> Vec<PathBuf> {
    if let Some(named) = std::env::var_os("MPROF_RS_PYTHONS") {
        return std::env::split_paths(&named).collect();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let versions = fs::read_dir(home.join(".pyenv/versions")).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = versions.map(|entry| entry.path().join("bin")).collect();
    // What pyenv puts on the path runs only the version that is chosen.
    folders.extend(std::env::split_paths(&path).filter(|folder| !folder.ends_with(".pyenv/shims")));
    let mut found = Vec::new();
    for release in RELEASES {
        let name = format!("python3.{release}");
        match folders.iter().map(|folder| folder.join(&name)).find(|path| path.is_file()) {
            Some(path) => found.push(path),
            None => eprintln!("skipped: no {name} was found"),
        }
    }
    found
}

fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/shim")
}

/// What a script told: its exit code, and the marks of each task in a line.
fn told(python: &Path, script: &Path) -> (i32, Vec<String>) {
    let place = Place::new();
    let fifo = place.path("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let mut channel = OpenOptions::new().read(true).write(true).open(&fifo).unwrap();
    let mut command = Command::new(python);
    // Nothing but what Python itself comes with.
    command.args(["-X", "dev", "-s"]).arg(script).stdin(Stdio::null());
    command.env("PYTHONPATH", Path::new(env!("CARGO_MANIFEST_DIR")).join("src/python"));
    let output = command
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("MPROF_RS_PHASES", &fifo)
        .current_dir(place.path(""))
        .output()
        .unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.is_empty(), "{} {}: {stderr}", python.display(), script.display());
    channel.write_all(b"end\n").unwrap();
    let mut text = Vec::new();
    while !text.ends_with(b"end\n") {
        let mut part = [0; 65536];
        let n = channel.read(&mut part).unwrap();
        text.extend_from_slice(&part[..n]);
    }
    (output.status.code().unwrap_or(-1), tasks(str::from_utf8(&text).unwrap()))
}

/// The marks of each task: `name(` where a phase is entered, `)` where the same one is left.
fn tasks(marks: &str) -> Vec<String> {
    let mut tasks: BTreeMap<(&str, &str), Vec<Task>> = BTreeMap::new();
    let mut last_ns = 0;
    for line in marks.lines().take_while(|line| *line != "end") {
        assert!(line.len() < 512, "{line}");
        let words: Vec<&str> = line.splitn(5, ' ').collect();
        let [verb, at_ns, pid, task, name] = words[..] else { unreachable!("{line}") };
        let at_ns: u64 = at_ns.parse().unwrap();
        last_ns = last_ns.max(at_ns);
        let of_task = tasks.entry((pid, task)).or_default();
        // A task's word may serve a later task, when the first is over.
        if of_task.last().is_none_or(|last| last.open.is_empty() && !task_is_thread(task)) {
            of_task.push(Task::default());
        }
        of_task.last_mut().unwrap().push(verb, name);
    }
    let mut lines: Vec<String> = tasks.into_values().flatten().map(|task| task.text).collect();
    lines.sort();
    lines
}

fn task_is_thread(task: &str) -> bool {
    !task.contains('.')
}

#[derive(Default)]
struct Task {
    text: String,
    open: Vec<String>,
}

impl Task {
    fn push(&mut self, verb: &str, name: &str) {
        if verb == "enter" {
            let short = name.replace(' ', "_").replace("é", "");
            let separator = if self.text.is_empty() { "" } else { " " };
            self.text += &format!("{separator}{short}(");
            self.open.push(name.to_owned());
        } else {
            assert_eq!((verb, self.open.pop().as_deref()), ("leave", Some(name)), "{}", self.text);
            self.text += if self.text.ends_with(')') { " )" } else { ")" };
        }
    }
}

/// What a script says that it tells.
fn expected(script: &Path) -> (i32, Vec<String>) {
    let text = fs::read_to_string(script).unwrap();
    let exit = text.lines().find_map(|line| line.strip_prefix("# exit: "));
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        if let Some(marks) = line.strip_prefix("# marks: ") {
            lines.push(marks.to_owned());
        } else if let Some(marks) = line.strip_prefix("# marks+ ") {
            let last = lines.last_mut().unwrap();
            *last += &format!(" {marks}");
        }
    }
    lines.sort();
    (exit.map_or(0, |exit| exit.parse().unwrap()), lines)
}

#[track_caller]
fn check(script: &str) {
    let script = scripts().join(script);
    for python in pythons() {
        assert_eq!(told(&python, &script), expected(&script), "{} {}", python.display(), script.display());
    }
}

#[test]
fn functions_methods_blocks_and_exceptions() {
    check("calls.py");
}

#[test]
fn generators_and_async_functions() {
    check("steps.py");
}

#[test]
fn workers_and_threads() {
    check("workers.py");
}

#[test]
fn forks_and_ends() {
    check("ends.py");
}

#[test]
fn imports_and_the_interpreters_looks() {
    check("imports.py");
}

#[test]
fn a_script_that_looks_for_it_finds_it() {
    check("looks.py");
}

/// Says of each file of ours whether what was compiled of it is there, and is what this Python makes of the source.
const COMPARE: &str = "\
import importlib.util, marshal, os, pathlib
for path in sorted(pathlib.Path(os.environ['PYTHONPATH'].split(':')[0]).glob('*.py')):
    compiled = pathlib.Path(importlib.util.cache_from_source(str(path)))
    if compiled.exists():
        pyc, made = compiled.read_bytes(), compile(path.read_bytes(), path.name, 'exec', dont_inherit=True)
        assert pyc[:4] == importlib.util.MAGIC_NUMBER, 'another release'
        print('same' if marshal.loads(pyc[16:]) == made else 'old: run scripts/python-code ' + path.name)
";

#[test]
fn what_is_compiled_is_compiled_from_the_sources() {
    for python in pythons() {
        let place = Place::new();
        let python = python.to_str().unwrap();
        let outcome = place.mprof(&["run", "-q", python, "-c", COMPARE]);
        let words: Vec<&str> = outcome.stdout.lines().collect();
        // A release that is newer than we are has none.
        assert!(
            words == ["same"; 5] || python.ends_with("3.14") && words.is_empty(),
            "{python}: {outcome:?}"
        );
    }
}
