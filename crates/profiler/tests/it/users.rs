//! Recording without privilege, and programs that become another user, and end when the time is over, or do not and
//! are told of.

use std::collections::HashSet;

use crate::harness::{BINARY, Outcome, Place};

/// A folder that everyone may use, with a recorder and a program that makes whoever runs it root (setpriv(1)). Nothing
/// where nobody else can be run as.
fn place() -> Option<Place> {
    let place = Place::new();
    place.script(
        "prepare",
        "#!/bin/sh\ncp \"$(command -v setpriv)\" become && cp \"$1\" recorder && chmod 4755 become && chmod 755 .",
    );
    let is_prepared = place.command(&place.path("prepare"), &[BINARY]).code == 0;
    let may_become = is_prepared && {
        let outcome = as_nobody(&place, &["./become", "--reuid", "0", "id", "-u", "-r"]);
        outcome.stdout.trim() == "0"
    };
    if !may_become {
        eprintln!("SKIPPED: nobody else can be run as here (it takes root)");
    }
    may_become.then_some(place)
}

fn as_nobody(place: &Place, args: &[&str]) -> Outcome {
    let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    place.command("setpriv".as_ref(), &[&nobody, args].concat())
}

const RUN: [&str; 6] = ["./recorder", "run", "-o", "/dev/null", "--timeout", "0.3"];

/// Root may end whoever it was that the program became.
#[test]
fn a_child_that_became_nobody_is_ended_in_time() {
    let Some(place) = place() else { return };
    let line = "setpriv --reuid 65534 sleep 20 > /dev/null 2>&1; true";
    let outcome = place.command(&place.path("recorder"), &[&RUN[1..], &["sh", "-c", line]].concat());
    outcome.check(143, "timeout, killed by signal 15");
    assert!(outcome.stderr.contains("(2 processes)") && !outcome.stderr.contains("on, with"), "{outcome:?}");
}

#[test]
fn a_program_that_we_may_not_end_is_left_and_told_of() {
    let Some(place) = place() else { return };
    let program = ["./become", "--reuid", "0", "sh", "-c", "exec sleep 5 > /dev/null 2>&1"];
    let outcome = as_nobody(&place, &[&RUN[..], &program].concat());
    outcome.check(1, "timeout, left running after");
    assert!(outcome.stderr.contains("could not be ended: it runs as another user"), "{outcome:?}");
}

/// The shell goes at once, and its child after its sleep.
#[test]
fn who_survives_the_end_of_the_time_is_told_of() {
    let Some(place) = place() else { return };
    let line = "./become --reuid 0 sleep 20 > /dev/null 2>&1; true";
    let outcome = as_nobody(&place, &[&RUN[..], &["sh", "-c", line]].concat());
    outcome.check(143, "timeout, killed by signal 15");
    assert!(outcome.stderr.contains("1 process runs on, with "), "{outcome:?}");
    let (_, number) = outcome.stderr.split_once(" at the last reading: sleep (").unwrap();
    let number = number.split(')').next().unwrap();
    assert_eq!(place.command("kill".as_ref(), &[number]).code, 0, "it is alive");
}

/// Most live for less than an interval: each of them is read, or counted as unread.
#[test]
fn nobody_hears_of_every_process_too() {
    let Some(place) = place() else { return };
    let line = "i=0; while [ $i -lt 40 ]; do (:); (: & :) & i=$((i + 1)); done; wait";
    let record = "folder=$(mktemp -d) && ./recorder run -q -o $folder/a.dat sh -c \"$1\" && cat $folder/a.dat; \
        rm -r $folder";
    let recording = as_nobody(&place, &["sh", "-c", record, "sh", line]).stdout;
    if recording.contains("META membership \"children in /proc, seen when looked at") {
        eprintln!("SKIPPED: neither perf nor the process connector is to be had here without privilege");
        return;
    }
    if recording.contains("META membership_lost") {
        eprintln!("SKIPPED: others started too much meanwhile");
        return;
    }
    let readings = recording.lines().filter_map(|line| line.strip_prefix("CHLD "));
    let n_read = readings.filter_map(|rest| rest.split(' ').next()).collect::<HashSet<_>>().len();
    let unread = recording.rsplit_once(" unread=").and_then(|(_, rest)| rest.split_whitespace().next());
    assert_eq!(n_read + unread.unwrap().parse::<usize>().unwrap(), 120, "{recording}");
}
