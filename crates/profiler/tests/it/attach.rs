//! `mprof-rs attach`: a program that runs already is read, and otherwise left alone.

use std::process::Command;

use crate::harness::Place;

#[test]
fn the_end_of_the_program_is_the_end_of_the_recording() {
    let place = Place::new();
    let mut child = Command::new("sleep").arg("0.4").spawn().unwrap();
    // The arguments can be read a moment after exec.
    while std::fs::read(format!("/proc/{}/cmdline", child.id())).is_ok_and(|text| text.is_empty()) {}
    let outcome = place.mprof(&["attach", "-T", "5ms", "-o", "out.dat", &child.id().to_string()]);
    assert!(child.wait().unwrap().success());
    outcome.check(0, "· sleep 0.4\nmprof-rs: sleep 0.4 · ended after");
    let file = place.read("out.dat");
    assert!(
        file.contains("META attached ") && file.contains("\nLEFT ") && file.contains(" how=exit "),
        "{file}"
    );
}

#[test]
fn the_end_of_the_time_leaves_the_program_alone() {
    let place = Place::new();
    let mut child = Command::new("sleep").arg("30").spawn().unwrap();
    let outcome = place.mprof(&["attach", "--timeout", "0.1", "-o", "out.dat", &child.id().to_string()]);
    let is_running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    outcome.check(0, "timeout, left running after");
    assert!(is_running);
    assert!(!place.read("out.dat").contains("\nLEFT "));
}

#[test]
fn a_process_that_is_not_there() {
    let place = Place::new();
    place.mprof(&["attach", "4294967295"]).check(3, "4294967295: no such process");
    place.mprof(&["attach", "no-such-name"]).check(3, "no-such-name: no such process");
    assert!(place.files().is_empty());
}
