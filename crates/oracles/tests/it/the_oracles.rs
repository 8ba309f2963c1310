//! The oracles themselves: sizes that they were given are in what they tell.

use std::process::Command;

use serde_json::Value;

use crate::recorded::{ORACLE, json};

const MIB: u64 = 1 << 20;
/// More than a program of this size needs beside what it was told to take.
const BASELINE_BYTES: u64 = 8 * MIB;

/// An oracle alone, unrecorded. A figure that it knows is at least a size, and not much more.
#[track_caller]
fn check(oracle: &[&str], key: &str, at_least_bytes: u64) -> Value {
    let truth = json(Command::new(ORACLE).args(oracle));
    if truth["cannot"].is_null() {
        let known = truth[key].as_u64().unwrap();
        assert!((at_least_bytes..at_least_bytes + BASELINE_BYTES).contains(&known), "{key}: {truth:#}");
    }
    truth
}

/// A figure is at least this, unless nothing is known.
#[track_caller]
fn check_known(truth: &Value, key: &str, at_least: u64) {
    let is_known = truth["cannot"].is_null();
    assert!(!is_known || truth[key].as_u64().unwrap() >= at_least, "{key}: {truth:#}");
}

#[test]
fn one_process() {
    check(&["spike", "10", "0", "2"], "root_peak_bytes", 20 * MIB);
    check(&["ramp", "16", "4", "1"], "root_peak_bytes", 16 * MIB);
    check(&["populate-loop", "16", "2"], "root_peak_bytes", 16 * MIB);
    check(&["late-rise", "16", "1"], "root_peak_bytes", 16 * MIB);
    check(&["mapped-file", "16", "1"], "root_peak_bytes", 16 * MIB);
    check(&["huge", "16", "1"], "root_peak_bytes", 16 * MIB);
    check(&["exec", "32", "8", "1"], "root_peak_bytes", 32 * MIB);
    check(&["heir", "32", "8", "1"], "largest_process_bytes", 32 * MIB);
    check(&["threads-outlive", "16", "1"], "root_peak_bytes", 16 * MIB);
    check(&["closer", "16", "1"], "root_peak_bytes", 16 * MIB);
    check(&["stopped", "16", "1"], "root_peak_bytes", 16 * MIB);
}

#[test]
fn what_children_share_counts_once_in_the_truth_and_often_in_the_sum() {
    for name in ["fork-cow", "shared"] {
        let truth = check(&[name, "16", "3", "1"], "true_total_bytes", 16 * MIB);
        check_known(&truth, "sum_rss_bytes", 3 * 16 * MIB);
        check_known(&truth, "n_processes", 4);
    }
}

#[test]
fn who_is_up_together_counts_in_the_sum() {
    let truth = check(&["together", "16", "3", "1"], "largest_process_bytes", 16 * MIB);
    check_known(&truth, "sum_rss_bytes", 3 * 16 * MIB);
}

#[test]
fn what_children_have_of_their_own_counts_in_full() {
    let truth = check(&["private", "16", "3", "1"], "largest_process_bytes", 16 * MIB);
    check_known(&truth, "true_total_bytes", 3 * 16 * MIB);
}

#[test]
fn descendants_that_are_hard_to_follow() {
    check(&["double-fork", "16", "1"], "largest_process_bytes", 16 * MIB);
    check(&["setsid", "16", "1"], "largest_process_bytes", 16 * MIB);
    check(&["untraced", "16", "1"], "largest_process_bytes", 16 * MIB);
    check(&["leaf-spike", "16", "1"], "largest_process_bytes", 16 * MIB);
    check(&["reuse", "16", "1"], "largest_process_bytes", 16 * MIB);
    check(&["zombie", "16", "1"], "largest_process_bytes", 16 * MIB);
    check(&["other-user", "16", "1"], "largest_process_bytes", 16 * MIB);
    check(&["namespaces", "16", "1"], "largest_process_bytes", 16 * MIB);
    check(&["storm", "5", "16384"], "largest_process_bytes", 16 * MIB);
    check(&["vanish", "16", "5", "1"], "largest_process_bytes", 16 * MIB);
    check(&["names", "1"], "root_peak_bytes", 0);
}

#[test]
fn a_size_that_is_none_is_refused() {
    for args in [&["spike", "x"][..], &["spike", "1", "2", "3", "4"], &["no-such"], &[]] {
        let output = Command::new(ORACLE).args(args).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
    }
}
