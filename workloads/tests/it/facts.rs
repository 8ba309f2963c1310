//! What is printed, and what the harness is told.

use std::{fs, process::Stdio};

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

fn facts(name: &str, args: &[&str]) -> Vec<(String, u64)> {
    let folder = folder();
    let file = folder.path().join("facts");
    fs::write(&file, "kept 1\n").unwrap();
    let run =
        example(name, folder.path()).args(SMALL).args(args).env("MPROF_RS_FACTS", &file).output().unwrap();
    assert!(run.status.success());
    let text = fs::read_to_string(file).unwrap();
    text.lines()
        .map(|line| line.split_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

#[test]
fn facts_are_appended() {
    let facts = facts("ex1", &[]);
    assert_eq!(facts[0], ("kept".to_owned(), 1));
    assert_eq!(facts[1].0, "elapsed_ns");
    assert_eq!(facts[2..], [("calculated_bytes".to_owned(), 8 * N_SMALL_VALUES as u64)]);
}

#[test]
fn the_size_is_taken_before_the_output_goes() {
    for (name, _) in STORES {
        let facts = facts(name, &["--discard"]);
        let (what, file_bytes) = &facts[3];
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
        .env("MPROF_RS_FACTS", "/no/such/folder/facts")
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
