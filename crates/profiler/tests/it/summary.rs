//! `mprof-rs summary`: figures with their units, and null for what nobody measured.

use serde_json::Value;

use crate::harness::{BINARY, Place, fixture};

fn json(place: &Place, file: &str) -> Value {
    let outcome = place.mprof(&["summary", "--json", file]);
    outcome.check(0, "");
    serde_json::from_str(&outcome.stdout).unwrap()
}

#[test]
fn a_run_of_ours() {
    let place = Place::new();
    place.mprof(&["run", "-q", "-o", "a.dat", "sh", "-c", "sleep 0.1; exit 3"]).check(3, "");
    let json = json(&place, "a.dat");
    assert_eq!(json["exit_code"], 3);
    assert_eq!(json["exit_signal"], Value::Null);
    assert_eq!(json["interval_ns"], 10_000_000);
    assert_eq!(json["is_complete"], true);
    assert_eq!(json["calculated_bytes"], Value::Null);
    assert!(json["duration_ns"].as_u64().unwrap() >= 100_000_000);
    assert!(json["n_samples"].as_u64().unwrap() + json["n_missed"].as_u64().unwrap() >= 8);
    assert!(json["peak_bytes"].as_u64().unwrap() >= json["root_highest_sample_bytes"].as_u64().unwrap());
}

#[test]
fn a_signal_is_no_exit_code() {
    let place = Place::new();
    place
        .mprof(&["run", "-o", "a.dat", "sh", "-c", "kill -9 $$"])
        .check(137, "killed by signal 9 (exit 137)");
    let json = json(&place, "a.dat");
    assert_eq!((&json["exit_code"], &json["exit_signal"]), (&Value::Null, &Value::from(9)));
}

#[test]
fn a_file_of_mprof_has_nulls_where_mprof_kept_nothing() {
    let place = Place::new();
    let json = json(&place, fixture("plain_cmd.dat").to_str().unwrap());
    assert_eq!(json["command"], "sh -c 'sleep 0.5; exit 3'");
    assert_eq!(json["peak_kind"], "highest_sample");
    assert_eq!(json["peak_bytes"], 1_757_184);
    for key in ["exit_code", "n_missed", "n_late", "interval_ns", "file_bytes", "elapsed_ns"] {
        assert_eq!(json[key], Value::Null, "{key}");
    }
}

#[test]
fn for_people_it_is_a_list() {
    let place = Place::new();
    let outcome = place.mprof(&["summary", fixture("plain_cmd.dat").to_str().unwrap()]);
    assert!(outcome.stdout.contains("peak                 1.676 MiB  highest sample"), "{outcome:?}");
    assert!(outcome.stdout.contains("end                  end not recorded"), "{outcome:?}");
}

#[test]
fn readings_that_are_not_understood_are_not_the_programs_haste() {
    let place = Place::new();
    place.write("odd.dat", format!("CMDLINE [\"a\"]\n{}", "MEM many 1.0\n".repeat(5)));
    let outcome = place.mprof(&["summary", "odd.dat"]);
    outcome.check(0, "odd.dat:2: not understood");
    let peak = "peak                 unknown: the recording has no sample that could be read\n";
    assert!(outcome.stdout.contains(peak), "{outcome:?}");
}

#[test]
fn a_recording_can_be_piped_in() {
    let place = Place::new();
    let piped = place.command(
        "sh".as_ref(),
        &["-c", &format!("{BINARY} summary --json - < {}", fixture("plain_cmd.dat").display())],
    );
    piped.check(0, "");
    let named = place.mprof(&["summary", "--json", fixture("plain_cmd.dat").to_str().unwrap()]);
    assert_eq!(piped.stdout, named.stdout);
    place.mprof(&["summary", "-"]).check(1, "-: the file is empty");
}

#[test]
fn phases_are_a_table_and_a_list() {
    let place = Place::new();
    let file = fixture("nested.dat");
    let phases = json(&place, file.to_str().unwrap())["phases"].clone();
    let names: Vec<_> = phases.as_array().unwrap().iter().map(|phase| &phase["name"]).collect();
    assert_eq!(names, ["__main__.main", "__main__.load", "__main__.transform"]);
    assert_eq!((&phases[1]["n_calls"], &phases[1]["n_cut"]), (&Value::from(3), &Value::from(0)));
    // What it loads, each time: 70.5312 - 22.8438 MiB, and so on.
    let loaded_mib = phases[1]["growth_bytes"].as_i64().unwrap() as f64 / f64::from(1 << 20);
    assert!((loaded_mib - (47.6874 + 95.371 + 143.0546)).abs() < 0.001, "{loaded_mib}");
    let table = place.mprof(&["summary", file.to_str().unwrap()]).stdout;
    assert!(table.contains("\nphase               calls  duration  peak within"), "{table}");
    let none = place.mprof(&["summary", fixture("plain_cmd.dat").to_str().unwrap()]).stdout;
    assert!(!none.contains("phase"), "{none}");
}

#[test]
fn the_account_after_a_run_says_what_the_recording_says() {
    let place = Place::new();
    // A child comes and goes unseen between two ticks, beside one that is seen and ends with the program.
    let script =
        "(x=$(printf %08000000d 1); sleep 0.45; : $x) & sleep 0.43; (y=$(printf %06000000d 1); : $y); wait";
    for flags in [&["--exact"][..], &[]] {
        let fixed = ["run", "-T", "200ms", "--overwrite", "-o", "out.dat"];
        let account = place.mprof(&[&fixed[..], flags, &["bash", "-c", script]].concat()).stderr;
        let told = account.lines().find_map(|line| line.strip_prefix("  peak ")).unwrap().trim();
        let summary = place.mprof(&["summary", "out.dat"]).stdout;
        let kept = summary.lines().find_map(|line| line.strip_prefix("peak ")).unwrap().trim();
        assert_eq!(told, kept, "{account}\n{summary}");
    }
}
