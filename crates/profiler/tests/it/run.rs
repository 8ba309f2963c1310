//! `mprof-rs run`: the program's own affairs stay its own, and what is recorded is there.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;

use crate::harness::{BINARY, Place};

#[test]
fn standard_streams_are_the_programs_and_the_account_is_on_stderr() {
    let place = Place::new();
    let outcome = place.mprof(&["run", "-o", "out.dat", "sh", "-c", "echo out; echo err >&2; sleep 0.1"]);
    assert_eq!(outcome.stdout, "out\n");
    outcome.check(0, "err\nmprof-rs: sh -c 'echo out; echo err >&2; sleep 0.1' · exit 0 after");
    outcome.check(0, "mprof-rs plot out.dat");
    assert!(!outcome.stderr.contains('\x1b'), "no colour where there is no terminal");
}

#[test]
fn quiet_says_nothing() {
    let place = Place::new();
    let outcome = place.mprof(&["run", "--quiet", "-o", "out.dat", "true"]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
    assert!(place.read("out.dat").contains("\nEND "));
}

#[test]
fn the_exit_status_is_the_programs() {
    let place = Place::new();
    for (script, code) in
        [("exit 0", 0), ("exit 7", 7), ("exit 255", 255), ("kill -9 $$", 137), ("kill -15 $$", 143)]
    {
        assert_eq!(place.mprof(&["run", "sh", "-c", script]).code, code, "{script}");
    }
}

#[test]
fn default_names_hold_the_time_and_never_meet() {
    let place = Place::new();
    for _ in 0..3 {
        place.mprof(&["run", "true"]).check(0, "recording mprofile_");
    }
    let files = place.files();
    assert_eq!(files.len(), 3, "{files:?}");
    for name in files {
        let digits = name.strip_prefix("mprofile_").and_then(|it| it.strip_suffix(".dat")).unwrap();
        assert!(digits.len() == 14 && digits.bytes().all(|byte| byte.is_ascii_digit()), "{name}");
    }
}

#[test]
fn a_recording_is_replaced_only_when_asked() {
    let place = Place::new();
    place.write("out.dat", "MEM 1.0 1.0\n");
    let outcome = place.mprof(&["run", "-o", "out.dat", "sh", "-c", "echo ran"]);
    outcome.check(2, "out.dat: exists; choose another name, or replace it with --overwrite");
    assert_eq!((outcome.stdout.as_str(), place.read("out.dat").as_str()), ("", "MEM 1.0 1.0\n"));
    place.mprof(&["run", "--overwrite", "-o", "out.dat", "true"]).check(0, "recording out.dat");
    assert!(place.read("out.dat").starts_with("META format mprof-rs 1\n"));
}

#[test]
fn what_is_no_recording_is_not_replaced() {
    let place = Place::new();
    for notes in ["precious", "MEM usage of the server, 12.5 1.0\n", "MEM 1.0 2.0", "META data\n", "FUNC x\n"]
    {
        place.write("notes.txt", notes);
        for manner in [&["run", "--overwrite"][..], &["--compat", "run"]] {
            let outcome = place.mprof(&[manner, &["-o", "notes.txt", "sh", "-c", "echo ran"]].concat());
            outcome.check(2, "notes.txt: is no recording, and is not replaced; choose another name");
            assert_eq!((outcome.stdout.as_str(), place.read("notes.txt").as_str()), ("", notes));
        }
    }
    place.write("empty", "");
    place.mprof(&["run", "--overwrite", "-o", "empty", "true"]).check(0, "recording empty");
}

#[test]
fn a_link_to_nothing_leads_to_the_recording() {
    let place = Place::new();
    std::os::unix::fs::symlink("real.dat", place.path("link.dat")).unwrap();
    place.mprof(&["run", "-o", "link.dat", "true"]).check(0, "recording link.dat");
    assert!(place.read("real.dat").starts_with("META format mprof-rs 1\n"));
    place.mprof(&["run", "-o", "link.dat", "true"]).check(2, "link.dat: exists");
}

#[test]
fn a_program_that_is_not_found() {
    let place = Place::new();
    let outcome = place.mprof(&["run", "no-such-program"]);
    outcome.check(127, "no-such-program: no such program on PATH; the workloads");
    place.mprof(&["run", "./no-such-program"]).check(127, "./no-such-program: no such file");
    assert!(place.files().is_empty());
}

#[test]
fn a_program_that_cannot_be_executed() {
    let place = Place::new();
    place.write("notes.txt", "text");
    place.mprof(&["run", "./notes.txt"]).check(126, "./notes.txt: is not executable");
    place.mprof(&["run", "/"]).check(126, "/: is a directory");
    place.script("broken", "#!/no/such/interpreter\n");
    place.mprof(&["run", "./broken"]).check(127, "its interpreter");
    assert_eq!(place.files(), ["broken", "notes.txt"]);
}

#[test]
fn intervals_that_are_none() {
    let place = Place::new();
    for (interval, why) in
        [("0", "more than zero"), ("-1", "more than zero"), ("soon", "expected seconds"), ("1us", "shortest")]
    {
        place.mprof(&["run", "-T", interval, "true"]).check(2, why);
    }
    assert!(place.files().is_empty());
}

#[test]
fn an_option_that_is_none_of_ours_is_not_a_program() {
    Place::new().mprof(&["run", "--bogus", "true"]).check(2, "unexpected argument '--bogus'");
    Place::new().mprof(&["run"]).check(2, "PROGRAM");
}

#[test]
fn what_could_not_be_started_leaves_an_earlier_recording_alone() {
    let place = Place::new();
    place.script("broken", "#!/no/such/interpreter\n");
    place.write("out.dat", "MEM 1.0 1.0\n");
    place.mprof(&["run", "--overwrite", "-o", "out.dat", "./broken"]).check(127, "its interpreter");
    assert_eq!(place.read("out.dat"), "MEM 1.0 1.0\n");
}

#[test]
fn names_are_never_printed_raw() {
    let place = Place::new();
    let outcome = place.mprof(&["run", "-o", "a\x1b[31m.dat", "true"]);
    outcome.check(0, r"a\u{1b}[31m.dat");
    assert!(!outcome.stderr.contains('\x1b'));
}

#[test]
fn time_that_is_over_ends_the_whole_tree() {
    let place = Place::new();
    let script = "trap '' TERM; sleep 30 & echo $!; wait; sleep 30";
    let outcome = place.mprof(&["run", "--timeout", "0.3", "-o", "out.dat", "sh", "-c", script]);
    outcome.check(137, "timeout, killed by signal 9 (exit 137) after");
    let child: u32 = outcome.stdout.trim().parse().unwrap();
    let is_over = || {
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).unwrap_or_default();
        stat.is_empty() || stat.contains(") Z ")
    };
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while !is_over() {
        assert!(std::time::Instant::now() < patience, "the child is gone too");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    assert!(place.read("out.dat").contains(" how=timeout "));
}

#[test]
fn what_is_ignored_stays_ignored() {
    let place = Place::new();
    let alone = "trap '' PIPE HUP; grep SigIgn /proc/self/status";
    let recorded = format!("trap '' PIPE HUP; exec {BINARY} run -q -o out.dat grep SigIgn /proc/self/status");
    let sh = |line: &str| place.command("/bin/sh".as_ref(), &["-c", line]).stdout;
    assert_eq!(sh(&recorded), sh(alone));
}

#[test]
fn a_recording_that_is_removed_is_missed() {
    let place = Place::new();
    let outcome = place.mprof(&["run", "-o", "out.dat", "rm", "out.dat"]);
    outcome.check(125, "out.dat: was removed while it was written");
}

#[test]
fn an_ignored_sigchld_is_the_programs_affair() {
    let place = Place::new();
    let line = format!("trap '' CHLD; exec {BINARY} run -q -o out.dat sh -c 'sleep 0.1; exit 3'");
    assert_eq!(place.command("/bin/sh".as_ref(), &["-c", &line]).code, 3);
}

#[test]
fn a_command_of_any_bytes_is_kept() {
    let place = Place::new();
    let odd = OsString::from_vec(b"a\nb 'c' \"d\" \xff\\".to_vec());
    let args = ["run", "-o", "out.dat", "printf", "%s"].map(OsString::from);
    let args: Vec<OsString> = args.into_iter().chain([odd]).collect();
    let outcome = place.mprof(&args);
    assert_eq!(outcome.code, 0);
    assert!(place.read("out.dat").contains(r#"META argv "printf" "%s" "a\nb 'c' \"d\" \xff\\""#));
    assert!(place.mprof(&["summary", "out.dat"]).stdout.contains(r"printf %s"));
}

#[test]
fn the_interval_asked_for_is_kept_and_every_tick_is_accounted_for() {
    let place = Place::new();
    place.mprof(&["run", "-T", "5ms", "-o", "out.dat", "sleep", "0.3"]).check(0, "at 5.0 ms");
    assert!(place.read("out.dat").contains("\nMETA interval_ns 5000000\n"));
    let json = place.mprof(&["summary", "--json", "out.dat"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let figure = |key: &str| json[key].as_u64().unwrap();
    let n_due = figure("duration_ns") / 5_000_000;
    let n_ticks = figure("n_samples") + figure("n_missed");
    // A tick at which the program had no memory yet, on its way into exec, is neither.
    assert!((n_due / 2..=n_due + 3).contains(&n_ticks), "{n_ticks} ticks of {n_due}");
}

#[test]
fn options_may_be_written_together_with_their_values() {
    let place = Place::new();
    place.mprof(&["run", "-qT5ms", "-oa.dat", "true", "-oX"]).check(0, "");
    place.mprof(&["run", "-T=5ms", "--output=b.dat", "-q", "--", "true"]).check(0, "");
    assert_eq!(place.files(), ["a.dat", "b.dat"]);
}

#[test]
fn a_bare_name_is_the_workload_beside_the_binary_and_it_may_tell_figures() {
    let place = Place::new();
    // By another process, for the reason that `script` has one.
    let copied = std::process::Command::new("cp").arg(BINARY).arg(place.path("mprof-rs")).status();
    assert!(copied.unwrap().success());
    place.script(
        "ex1",
        "#!/bin/sh\necho \"fact - $$ main calculated_bytes 32000\" > \"$MPROF_RS_PHASES\"\necho \"$0 $1\"\n",
    );
    let outcome = place.command(&place.path("mprof-rs"), &["run", "-o", "out.dat", "ex1", "--depth"]);
    assert!(outcome.stdout.contains("ex1 --depth"), "{outcome:?}");
    let json = place.mprof(&["summary", "--json", "out.dat"]).stdout;
    assert!(json.contains("\"calculated_bytes\": 32000"), "{json}");
    place.command(&place.path("mprof-rs"), &["run", "ex2"]).check(127, "the workloads are ex1");
}

#[test]
fn the_program_finds_nothing_in_its_environment_but_where_phases_are_told() {
    let place = Place::new();
    let alone = place.command("/usr/bin/env".as_ref(), &["-0"]);
    let recorded = place.mprof(&["run", "-q", "/usr/bin/env", "-0"]);
    let sorted = |text: &str| text.split('\0').map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
    let (alone, recorded) = (sorted(&alone.stdout), sorted(&recorded.stdout));
    let new: Vec<&String> = recorded.difference(&alone).collect();
    assert!(matches!(new[..], [new] if new.starts_with("MPROF_RS_PHASES=/")), "{new:?}");
    assert!(alone.is_subset(&recorded));
}

#[test]
fn what_is_sent_to_us_alone_reaches_the_program() {
    let place = Place::new();
    let trap = "trap 'echo got; exit 9' TERM; kill -TERM $PPID; while :; do sleep 0.01; done";
    let outcome = place.mprof(&["run", "-o", "out.dat", "sh", "-c", trap]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (9, "got\n"), "{outcome:?}");
    assert!(place.read("out.dat").contains(" exit=9 "));
}
