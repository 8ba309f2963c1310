//! A tree of processes: everyone is found, and the total lies between its bounds.
//!
//! The largest process is the lower bound of any total, and the sum of resident sets the upper one.

use crate::recorded::{ORACLE, Run, record, record_by};

/// What must be so of every tree that holds still for a while: bounds in order, everyone seen.
#[track_caller]
fn check_held(oracle: &[&str]) {
    let Some(run) = record(&[], oracle) else { return };
    run.check_sum("sum_rss_peak_bytes", "sum_rss_bytes");
    run.check_equal("largest_process_bytes", "largest_process_bytes");
    check_bounds(&run);
    assert!(run.processes().len() as u64 >= run.known("n_processes"), "{run:#?}");
}

/// What must be so even if a process was too short to be seen.
#[track_caller]
fn check_largest(oracle: &[&str]) {
    let Some(run) = record(&[], oracle) else { return };
    run.check_equal("largest_process_bytes", "largest_process_bytes");
    check_bounds(&run);
}

/// What is said of the root may be its reaped `ru_maxrss`, which is that of the largest child that it waited for.
#[track_caller]
fn check_bounds(run: &Run) {
    let root_at_least = run.known("root_peak_bytes").saturating_sub(run.known("slack_bytes"));
    assert!(run.said("root_peak_bytes") >= root_at_least, "{run:#?}");
    assert!(run.said("root_peak_bytes") <= run.said("largest_process_bytes"), "{run:#?}");
    assert!(run.said("largest_process_bytes") <= run.said("peak_bytes"), "{run:#?}");
    assert_eq!(run.answer["exit_code"], 0, "{run:#?}");
}

#[test]
fn memory_shared_since_the_fork() {
    check_held(&["fork-cow", "32", "4", "600"]);
}

/// The sum of RSS stands where it stood, and what the tree holds becomes a multiple. It is held for so long that even a
/// machine with much else to do reads it meanwhile.
#[test]
fn memory_shared_since_the_fork_that_everyone_writes_to() {
    let Some(run) = record(&[], &["cow-break", "16", "4", "300", "5000"]) else { return };
    if !run.answer["pss_peak_bytes"].is_null() {
        run.check_sum("pss_peak_bytes", "true_total_bytes");
    }
}

#[test]
fn memory_shared_on_purpose() {
    check_held(&["shared", "32", "4", "600"]);
}

#[test]
fn memory_of_everyones_own() {
    check_held(&["private", "32", "4", "600"]);
}

#[test]
fn a_session_of_its_own() {
    check_held(&["setsid", "32", "600"]);
}

/// The process in the middle lives too short to be seen by sampling, so that it may lack.
#[test]
fn an_orphan() {
    let Some(run) = record(&[], &["double-fork", "32", "600"]) else { return };
    run.check_sum("sum_rss_peak_bytes", "sum_rss_bytes");
    run.check_equal("largest_process_bytes", "largest_process_bytes");
    check_bounds(&run);
    assert!(run.processes().len() >= 2, "{run:#?}");
}

/// At this pace nobody is read but the root. Of an orphan that we reap, the kernel tells us the peak. `cat` ends when it
/// does.
#[test]
fn an_orphan_that_was_never_read() {
    let script = format!("({ORACLE} ramp 32 8 1 &) | cat; sleep 0.5");
    let answer = record_by(&[], &["-T", "60s"], &["sh", "-c", &script]);
    let largest_bytes = answer["largest_process_bytes"].as_u64().unwrap();
    assert!((32 << 20..36 << 20).contains(&largest_bytes), "{answer:#}");
    assert_eq!(answer["peak_kind"], "largest_process", "{answer:#}");
}

/// It is in the middle of its exit when the program is over, and can be reaped only some milliseconds later.
#[test]
fn an_orphan_that_ends_together_with_the_program() {
    let Some(run) = record(&["-T", "60s"], &["last", "256"]) else { return };
    run.check_equal("largest_process_bytes", "largest_process_bytes");
    let Some(run) = record(&["-T", "60s", "--exact"], &["last", "256"]) else { return };
    run.check_equal("largest_process_bytes", "largest_process_bytes");
}

#[test]
fn a_peak_that_no_sampler_sees() {
    check_largest(&["leaf-spike", "64", "3"]);
}

#[test]
fn a_storm_of_short_children() {
    check_largest(&["storm", "200", "8192"]);
}

#[test]
fn a_zombie() {
    check_largest(&["zombie", "32", "300"]);
}

/// Two processes under one number are two processes: the first peak must not be taken for the second's.
#[test]
fn a_number_that_is_used_again() {
    let Some(run) = record(&[], &["reuse", "64", "300"]) else { return };
    run.check_equal("largest_process_bytes", "largest_process_bytes");
    // The second life of a number is told apart by what stands behind a point.
    let pids: Vec<&str> = run.processes().iter().map(|it| it["pid"].as_str().unwrap()).collect();
    let numbers = pids.iter().map(|pid| pid.split('.').next().unwrap());
    let n_pids = numbers.collect::<std::collections::BTreeSet<_>>().len();
    assert!(pids.len() > n_pids, "one number stands for two processes: {run:#?}");
}

/// Children die beside those who live, who are never lost and never counted twice.
#[test]
fn the_living_beside_the_dying() {
    let Some(run) = record(&[], &["vanish", "16", "100", "3"]) else { return };
    check_bounds(&run);
    let sum = run.said("sum_rss_peak_bytes");
    let (low, slack) = (run.known("sum_rss_bytes"), run.known("slack_bytes"));
    // One of the dying is there at a time, and while one round of readings goes on, a few. Each is as small as the
    // root; a survivor that was counted twice would be eight times that.
    let high = low + 3 * run.known("root_peak_bytes") + 5 * slack;
    assert!((low - 5 * slack..=high).contains(&sum), "{sum} is not in {low}..{high}: {run:#?}");
}

#[test]
fn names_that_are_meant_to_do_harm() {
    let Some(run) = record(&[], &["names", "600"]) else { return };
    check_bounds(&run);
    assert!(run.processes().len() as u64 >= run.known("n_processes"), "{run:#?}");
    for process in run.processes() {
        let name = process["name"].as_str().unwrap();
        assert!(!name.chars().any(char::is_control), "{name:?} could move a cursor");
    }
}

#[test]
fn another_user() {
    check_held(&["other-user", "32", "600"]);
}

#[test]
fn other_namespaces() {
    check_held(&["namespaces", "32", "600"]);
}

#[test]
fn a_process_that_is_stopped() {
    let Some(run) = record(&[], &["stopped", "32", "300"]) else { return };
    check_bounds(&run);
}
