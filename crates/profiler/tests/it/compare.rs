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
    place.mprof(&["compare", "a.dat", "-o", "a.doc"]).check(2, "a.doc: no such kind of picture");
    place.mprof(&["compare", "a.dat"]).check(1, "a.dat: cannot be read");
}

#[test]
fn json_and_html_hold_the_same_table() {
    let place = Place::new();
    let recording = fixture("nested.dat");
    let table = |format: &str| {
        let words = ["compare", "--format", format, "-o", "c.svg"].map(AsRef::as_ref);
        let words: Vec<&std::ffi::OsStr> = words.into_iter().chain([recording.as_os_str()]).collect();
        place.mprof(&words).stdout
    };
    let runs: serde_json::Value = serde_json::from_str(&table("json")).unwrap();
    assert_eq!((&runs[0]["run"], &runs[0]["peak_bytes"]), (&"nested".into(), &323_960_832.into()));
    assert!(runs[0]["mean_bytes"].as_u64() < runs[0]["peak_bytes"].as_u64(), "{runs}");
    assert!(table("html").contains("<td>nested</td>"));
}

#[test]
fn a_folder_means_the_recordings_in_it() {
    let place = Place::new();
    for folder in ["a", "b"] {
        std::fs::create_dir(place.path(folder)).unwrap();
        std::fs::copy(fixture("nested.dat"), place.path(folder).join("run.dat")).unwrap();
    }
    std::fs::write(place.path("a").join("notes.dat"), "nothing of the kind").unwrap();
    let outcome = place.mprof(&["compare", "a", "b/run.dat"]);
    outcome.check(0, "chart: compare.png");
    assert!(outcome.stdout.contains("| a/run |") && outcome.stdout.contains("| b/run |"), "{outcome:?}");
    std::fs::create_dir(place.path("empty")).unwrap();
    place.mprof(&["compare", "empty"]).check(3, "empty: no recording (.dat) is in this folder");
}

#[test]
fn runs_of_a_folder_are_in_the_order_in_which_people_count() {
    let place = Place::new();
    for nth in [10, 9, 1] {
        std::fs::copy(fixture("nested.dat"), place.path(format!("run{nth}.dat"))).unwrap();
    }
    let table = place.mprof(&["compare", "--format", "csv", "."]).stdout;
    let names: Vec<&str> = table.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(names, ["run1", "run9", "run10"], "{table}");
}

#[test]
fn a_difference_tells_of_a_run_that_cannot_be_in_it() {
    let place = Place::new();
    let run = |word: &str| format!("CMDLINE {word}\nMEM 1.0 1.0\nMEM 2.0 2.0\n");
    std::fs::write(place.path("a.dat"), run("a")).unwrap();
    std::fs::write(place.path("b.dat"), "CMDLINE b\n").unwrap();
    std::fs::write(place.path("c.dat"), run("c")).unwrap();
    let outcome = place.mprof(&["compare", "--view", "difference", "-o", "d.svg", "a.dat", "b.dat", "c.dat"]);
    outcome.check(0, "mprof-rs: b: no samples; it is not in the picture");
}

#[test]
fn a_difference_is_drawn_by_time_by_what_is_done_or_by_phases() {
    let place = Place::new();
    let line = |text: &str| format!("CMDLINE x\nMEM 1.0 0.0\nMEM 3.0 5.0\nMEM 2.0 10.0\n{text}");
    place.write("a.dat", line("FUNC load 1.0 1.0 2.0 4.0 0\n"));
    place.write("b.dat", line("FUNC load 1.0 2.0 2.0 8.0 0\n"));
    place.write("c.dat", line(""));
    let drawn = |words: &[&str]| {
        let all = [&["compare", "--view", "difference", "-o", "d.svg"], words].concat();
        let outcome = place.mprof(&all);
        (outcome.code, outcome.stderr)
    };
    assert_eq!(drawn(&["a.dat", "b.dat"]).0, 0);
    assert!(place.read("d.svg").contains("difference, "));
    assert_eq!(drawn(&["a.dat", "b.dat", "--align", "done"]).0, 0);
    assert_eq!(drawn(&["a.dat", "b.dat", "--align", "phase"]).0, 0);
    let (code, stderr) = drawn(&["a.dat", "c.dat", "--align", "phase"]);
    assert!(code == 3 && stderr.contains("no call of a phase"), "{stderr}");
    let (code, stderr) = drawn(&["a.dat"]);
    assert!(code == 3 && stderr.contains("two recordings"), "{stderr}");
    place
        .mprof(&["compare", "--align", "done", "a.dat", "b.dat"])
        .check(2, "--align is for --view difference");
}

#[test]
fn runs_of_one_stem_are_told_apart() {
    let place = Place::new();
    for name in ["5", "5.dat"] {
        std::fs::copy(fixture("true.dat"), place.path(name)).unwrap();
    }
    let outcome = place.mprof(&["compare", "5", "5.dat"]);
    outcome.check(0, "chart: compare.png");
    let names: Vec<&str> = outcome.stdout.lines().skip(2).filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(names, ["5", "5.dat"], "{outcome:?}");
}

#[test]
fn the_table_is_of_what_is_drawn() {
    let place = Place::new();
    let recording = fixture("nested.dat");
    let compare = |flags: &[&str]| {
        let outcome = place.mprof(&[&["compare", recording.to_str().unwrap()], flags].concat());
        outcome.check(0, "chart: compare.png");
        outcome.stdout
    };
    let part = compare(&["--window", "0,1", "--unit", "MB"]);
    assert!(
        part.starts_with("Memory is the resident set (RSS), from 0 s to 1.00 s of each run:\n\n| Run"),
        "{part}"
    );
    assert!(part.contains(" MB ") && !part.contains("MiB"), "{part}");
    let json: serde_json::Value =
        serde_json::from_str(&compare(&["--window", "0,1", "--format", "json"])).unwrap();
    assert_eq!((&json[0]["metric"], &json[0]["window_to_ns"]), (&"rss".into(), &1_000_000_000.into()));
    assert_eq!(json[0]["duration_ns"], 1_000_000_000);
    let whole: serde_json::Value = serde_json::from_str(&compare(&["--format", "json"])).unwrap();
    assert!(json[0]["peak_bytes"].as_u64() < whole[0]["peak_bytes"].as_u64(), "{json} {whole}");
}
