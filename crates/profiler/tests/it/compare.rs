//! `mprof-rs compare`: a table and panels, with recordings of mprof as equals.

use crate::harness::{Place, fixture};

#[test]
fn a_table_on_stdout_and_a_picture_beside() {
    let place = Place::new();
    let (a, b) = (fixture("nested.dat"), fixture("plain_cmd.dat"));
    let outcome = place.mprof(&["compare".as_ref(), a.as_os_str(), b.as_os_str()]);
    outcome.check(0, "chart: compare.png");
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), 4);
    assert!(lines[0].starts_with("| Run "), "{outcome:?}");
    assert!(lines[2].contains("309.0 MiB") && lines[3].contains("1.676 MiB (0.0054 ×)"), "{outcome:?}");
    assert_eq!(place.files(), ["compare.png"]);
}

#[test]
fn csv_is_for_programs() {
    let place = Place::new();
    place.mprof(&["run", "-q", "-o", "a,b.dat", "sleep", "0.05"]).check(0, "");
    let outcome = place.mprof(&["compare", "--format", "csv", "a,b.dat", "-o", "c.svg"]);
    outcome.check(0, "chart: c.svg");
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert!(lines[0].starts_with("run,duration_ns,duration_ns_ratio,"), "{outcome:?}");
    assert!(lines[1].starts_with("\"a,b\","), "{outcome:?}");
}

#[test]
fn files_are_needed_and_a_picture_that_can_be_drawn() {
    let place = Place::new();
    place.mprof(&["compare"]).check(2, "required");
    place.mprof(&["compare", "a.dat", "-o", "a.txt"]).check(2, "a.txt: no such kind of picture");
    place.mprof(&["compare", "a.dat"]).check(1, "a.dat: cannot be read");
}
