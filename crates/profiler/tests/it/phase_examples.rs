//! The programs of docs/phases.md, run as they stand there.

use std::path::Path;
use std::process::Command;

use crate::harness::Place;

const DOCUMENT: &str = include_str!("../../../../docs/phases.md");

/// The program in a language: the first block of the document that is marked with it.
fn program(language: &str) -> &'static str {
    let opening = format!("\n```{language}\n");
    let (_, rest) = DOCUMENT.split_once(&opening).unwrap_or_else(|| panic!("no {language} in the document"));
    rest.split_once("```").unwrap().0
}

/// Whether a tool is here. Where it is not, that is said.
fn has(tool: &str, version: &str) -> bool {
    let is_there = Command::new(tool).arg(version).output().is_ok_and(|output| output.status.success());
    if !is_there {
        eprintln!("SKIPPED: there is no {tool} here");
    }
    is_there
}

/// Runs a program that the document says tells a call and a moment.
#[track_caller]
fn check(place: &Place, command: &[&str]) {
    place
        .mprof(&[&["run", "-q", "--overwrite", "-o", "out.dat", "--nopython"], command].concat())
        .check(0, "");
    let read = mprof_recording::dat::read(place.read("out.dat").as_bytes()).unwrap();
    let names = |of: Vec<&str>| of.join(" ");
    let calls = names(read.recording.calls.iter().map(|call| call.name.as_str()).collect());
    let moments = names(read.recording.moments.iter().map(|moment| moment.name.as_str()).collect());
    assert_eq!((calls.as_str(), moments.as_str()), ("load", "loaded"), "{}", place.read("out.dat"));
    assert!(read.recording.calls.iter().all(|call| call.cut.is_none()), "{:?}", read.recording.calls);
}

/// Compiles a program with a tool whose last argument is the source.
fn compile(place: &Place, tool: &str, args: &[&str], source: &Path) {
    let output = Command::new(tool)
        .args(args)
        .arg(source)
        .current_dir(place.path("."))
        .env("GOCACHE", place.path("cache"))
        .env("GOFLAGS", "-mod=mod")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn c() {
    let place = Place::new();
    let source = place.write("load.c", program("c"));
    if has("cc", "--version") {
        compile(&place, "cc", &["-o", "load"], &source);
        check(&place, &["./load"]);
    }
}

#[test]
fn go() {
    let place = Place::new();
    let source = place.write("load.go", program("go"));
    if has("go", "version") {
        compile(&place, "go", &["build", "-o", "load"], &source);
        check(&place, &["./load"]);
    }
}

#[test]
fn node() {
    let place = Place::new();
    place.write("load.js", program("js"));
    if has("node", "--version") {
        check(&place, &["node", "load.js"]);
    }
}

#[test]
fn python() {
    let place = Place::new();
    place.write("load", program("python"));
    if has("python3", "--version") {
        check(&place, &["python3", "load"]);
    }
}
