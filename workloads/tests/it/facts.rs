//! What is printed, and what a recorder is told.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::run::{N_SMALL_VALUES, SMALL, STORES, example, folder, run_small};

#[test]
fn the_articles_two_lines() {
    let folder = folder();
    for (name, bytes) in [("ex1", 8), ("ex2", 4), ("ex3", 4), ("ex4", 4), ("ex5", 4)] {
        let output = run_small(name, folder.path(), &[]);
        let stdout = String::from_utf8(output.stdout).unwrap();
        let lines: Vec<&str> = stdout.lines().collect();
        let seconds = lines[0].strip_prefix("elapsed time = ").and_then(|rest| rest.strip_suffix(" sec"));
        assert!(seconds.unwrap().parse::<f64>().unwrap() < 60.0, "{name}");
        let storage =
            if bytes == 8 { "calculated storage = 4.8e-05 GB" } else { "calculated storage = 2.4e-05 GB" };
        assert_eq!(lines[1..], [storage], "{name}");
        assert!(output.stderr.is_empty(), "{name}");
    }
}

/// What a recorder is told of the run: names and values.
fn facts(name: &str, args: &[&str]) -> Vec<(String, u64)> {
    let folder = folder();
    let channel = folder.path().join("phases");
    assert!(Command::new("mkfifo").arg(&channel).status().unwrap().success());
    // Open for both directions, so that opening does not wait, and what is told stays in it.
    let fifo = File::options().read(true).write(true).open(&channel).unwrap();
    let run = example(name, folder.path())
        .args(SMALL)
        .args(args)
        .env("MPROF_RS_PHASES", &channel)
        .output()
        .unwrap();
    assert!(run.status.success());
    let mut last = File::options().append(true).open(&channel).unwrap();
    last.write_all(b"end\n").unwrap();
    let lines = BufReader::new(fifo).lines().map(Result::unwrap).take_while(|line| line != "end");
    let fact = |line: String| {
        let told = line.strip_prefix("fact ")?.splitn(4, ' ').last()?.split_once(' ')?;
        Some((told.0.to_owned(), told.1.parse().unwrap()))
    };
    lines.filter_map(fact).collect()
}

#[test]
fn facts_are_told() {
    let facts = facts("ex1", &[]);
    assert_eq!(facts[0].0, "elapsed_ns");
    assert_eq!(facts[1..], [("calculated_bytes".to_owned(), 8 * N_SMALL_VALUES as u64)]);
}

#[test]
fn the_size_is_taken_before_the_output_goes() {
    for (name, _) in STORES {
        let facts = facts(name, &["--discard"]);
        let (what, file_bytes) = &facts[2];
        let metadata_bytes = file_bytes - 4 * N_SMALL_VALUES as u64;
        assert_eq!(what, "file_bytes");
        assert!((100..4096).contains(&metadata_bytes), "{name} {metadata_bytes}");
    }
}

#[test]
fn facts_that_cannot_be_told_are_no_failure() {
    let folder = folder();
    let output = example("ex1", folder.path())
        .args(SMALL)
        .env("MPROF_RS_PHASES", "/no/such/folder/phases")
        .output()
        .unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    let folder = folder();
    let mut child = example("ex1", folder.path()).args(SMALL).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}
