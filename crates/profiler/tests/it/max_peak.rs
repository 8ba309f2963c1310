//! A limit of the peak: what is above it fails, and says so.

use std::process::Command;

use crate::harness::{Place, fixture};

#[test]
fn a_run_above_the_limit_fails_and_its_program_ends_as_ever() {
    let place = Place::new();
    let run = |limit: &str, manner: &[&str], script: &str| {
        let flags = ["run", "-q", "--max-peak", limit, "--overwrite", "-o", "a.dat", "sh", "-c", script];
        place.mprof(&[manner, &flags].concat())
    };
    let outcome = run("1KiB", &[], "sleep 0.05; echo ran");
    outcome.check(122, "is above --max-peak 1.000 KiB");
    assert_eq!((outcome.stdout.as_str(), outcome.stderr.lines().count()), ("ran\n", 1));
    run("1TiB", &[], "sleep 0.05").check(0, "");
    run("1KiB", &[], "sleep 0.05; exit 5").check(5, "is above --max-peak 1.000 KiB");
    run("1KiB", &[], "sleep 0.05; kill -9 $$").check(137, "is above --max-peak");
    run("1KiB", &["--compat"], "sleep 0.05; exit 5").check(122, "is above --max-peak");
    run("1TiB", &["--compat"], "exit 5").check(0, "");
    run("1000", &[], "echo ran").check(2, "expected a size with its unit");
}

#[test]
fn what_is_attached_to_is_held_to_a_limit_as_well() {
    let place = Place::new();
    let mut sleeper = Command::new("sleep").arg("60").spawn().unwrap();
    let number = sleeper.id().to_string();
    let outcome = place.mprof(&["attach", "-q", "--timeout", "0.3s", "--max-peak", "1KiB", &number]);
    sleeper.kill().unwrap();
    sleeper.wait().unwrap();
    outcome.check(122, "is above --max-peak");
}

#[test]
fn recordings_are_held_to_a_limit_each() {
    let place = Place::new();
    for name in ["true.dat", "nested.dat", "pool_multiprocess.dat"] {
        std::fs::copy(fixture(name), place.path(name)).unwrap();
    }
    let peak = |args: &[&str]| place.mprof(&[&["peak", "--max-peak"], args].concat());
    peak(&["400MiB", "true.dat", "nested.dat"]).check(0, "");
    let outcome = peak(&["300MiB", "nested.dat", "true.dat"]);
    outcome.check(122, "nested.dat: peak 309.0 MiB is above --max-peak 300.0 MiB\n");
    assert_eq!(outcome.stdout.lines().count(), 2);
    peak(&["100MiB", "--func", "__main__.load", "nested.dat"]).check(122, "peak");
    peak(&["300MiB", "nested.dat", "gone.dat"]).check(122, "gone.dat");
}

#[test]
fn a_sum_that_counts_pages_repeatedly_is_no_proof_and_says_what_is() {
    let place = Place::new();
    let path = fixture("pool_multiprocess.dat");
    let peak = |limit: &str| place.mprof(&["peak", "--max-peak", limit, path.to_str().unwrap()]);
    peak("200MiB").check(122, "being a sum over processes: at least 124.7 MiB are certain");
    let proven = peak("124MiB");
    proven.check(122, "is above --max-peak 124.0 MiB");
    assert!(!proven.stderr.contains("no proof"), "{}", proven.stderr);
}
