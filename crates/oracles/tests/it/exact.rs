//! What is exact on request: `--exact` counts shared pages once, and `--interval-peaks` misses no spike.

use crate::recorded::{Run, record};

/// The total of a tree that holds still, shared pages once.
#[track_caller]
fn check_total(oracle: &[&str]) {
    let Some(run) = record(&["--exact"], oracle) else { return };
    if run.answer["pss_peak_bytes"].is_null() {
        eprintln!("skipped: this kernel gives no proportional set size");
        return;
    }
    // What was read while processes came to share more may exceed the truth, and must not be called a sample of it.
    if run.answer["pss_peak_kind"] == "highest_sample" {
        run.check_sum("pss_peak_bytes", "true_total_bytes");
    }
    let slack_bytes = run.known("slack_bytes") * run.known("n_processes");
    assert!(run.said("pss_peak_bytes") + slack_bytes >= run.known("true_total_bytes"), "{run:#?}");
    // Who lives on at the end of the run was not read at an exit, and then there is no bound.
    let bound = run.answer["sum_rss_bound_bytes"].as_u64().unwrap_or(u64::MAX);
    assert!((run.said("largest_process_bytes")..=bound).contains(&run.said("peak_bytes")), "{run:#?}");
    assert!(run.said("sum_rss_at_pss_peak_bytes") > 0, "{run:#?}");
    assert_eq!(run.answer["exit_code"], 0, "{run:#?}");
}

#[test]
fn the_total_counts_shared_pages_once() {
    check_total(&["fork-cow", "32", "4", "1000"]);
    check_total(&["shared", "32", "4", "1000"]);
}

#[test]
fn the_total_of_what_is_not_shared_is_the_sum() {
    check_total(&["private", "32", "4", "1000"]);
}

#[test]
fn the_total_holds_who_lives_on_without_its_main_thread() {
    let Some(run) = record(&["--backend", "psutil_pss"], &["threads-outlive", "32", "300"]) else { return };
    assert!(run.said("pss_peak_bytes") >= 32 << 20, "{run:#?}");
    run.check_between("pss_peak_bytes", "uss_peak_bytes", "largest_process_bytes");
}

#[test]
fn the_total_holds_orphans_and_other_sessions() {
    check_total(&["double-fork", "32", "1000"]);
    check_total(&["setsid", "32", "1000"]);
}

#[test]
fn the_peak_of_one_process_is_the_same_by_any_way() {
    for options in [&["--exact"][..], &["--interval-peaks"], &["--exact", "--interval-peaks"]] {
        for oracle in [&["spike", "20"][..], &["late-rise"], &["exec", "64", "16"], &["populate", "256"]] {
            let Some(run) = record(options, oracle) else { continue };
            assert_eq!(run.answer["exit_code"], 0, "{run:#?}");
            check_peak(&run);
        }
    }
}

/// What rises and falls while a mark is begun anew is lost, as a busy machine may show.
#[track_caller]
fn check_peak(run: &Run) {
    if is_unsure(run) {
        run.check_between("root_peak_bytes", "root_highest_sample_bytes", "root_peak_bytes");
        assert_eq!(run.answer["root_peak_kind"], "mark_with_gaps", "{run:#?}");
    } else {
        run.check_equal("root_peak_bytes", "root_peak_bytes");
    }
}

fn warns(run: &Run, what: &str) -> bool {
    let warnings = run.answer["warnings"].as_array();
    warnings.is_some_and(|all| all.iter().any(|text| text.as_str().is_some_and(|it| it.contains(what))))
}

/// Whether something may have come and gone while a mark was begun anew.
fn is_unsure(run: &Run) -> bool {
    warns(run, "in the moment in which a mark was begun anew")
}

/// It is recorded all the same, but for what it rose to after its last reading, and no sum is a bound.
#[test]
fn who_is_not_stopped_at_the_exit_is_told_of() {
    for (oracle, is_escape, kind) in [("untraced", true, "sum_as_seen"), ("setsid", false, "sum_of_rss")] {
        let Some(run) = record(&["--exact"], &[oracle, "32", "600"]) else { continue };
        assert_eq!(
            warns(&run, "not every process was stopped at its exit: 1 escaped"),
            is_escape,
            "{run:#?}"
        );
        // Where the kernel counts late, an exit may tell more of one process than any reading of both.
        let is_below_largest = run.said("sum_rss_peak_bytes") < run.said("largest_process_bytes");
        let kind = if is_escape && is_below_largest { "largest_process" } else { kind };
        assert_eq!(run.answer["peak_kind"], kind, "{run:#?}");
        run.check_sum("sum_rss_peak_bytes", "sum_rss_bytes");
    }
}

/// To begin a mark anew waits while the process maps pages, and sampling does not.
#[test]
fn a_process_that_maps_all_the_time() {
    let Some(run) = record(&["--interval-peaks"], &["populate-loop", "512", "6"]) else { return };
    check_peak(&run);
    assert_eq!(run.answer["exit_code"], 0, "{run:#?}");
}

/// The mark of an image goes with it, and only the exec itself tells it. At this pace nobody else reads it.
#[test]
fn what_was_there_before_an_exec() {
    let Some(run) = record(&["--exact", "-T", "60s"], &["exec", "64", "1", "0"]) else { return };
    run.check_equal("root_peak_bytes", "root_peak_bytes");
    run.check_equal("peak_bytes", "root_peak_bytes");
    let Some(run) = record(&["--exact", "-T", "60s"], &["heir", "64", "1", "10"]) else { return };
    let peaks = run.processes().iter().filter_map(|it| it["peak_bytes"].as_u64());
    let (largest, truth) = (peaks.skip(1).max().unwrap_or(0), run.known("largest_process_bytes"));
    assert!(largest.abs_diff(truth) <= run.known("slack_bytes"), "{largest} is not {truth}: {run:#?}");
}

/// Who rose together between two readings was up together, whether it lives on or not.
#[test]
fn what_rose_together_between_two_readings_is_below_the_bound() {
    let oracles = [&["together", "20", "8", "0"][..], &["together", "20", "3", "2500"]];
    for (oracle, interval) in oracles.into_iter().zip(["60s", "1s"]) {
        for (options, kind) in [(&["--exact"][..], "sum_of_rss"), (&["--interval-peaks"], "sum_as_seen")] {
            // Without the exits, nobody knows of those who came and went.
            if interval == "60s" && kind == "sum_as_seen" {
                continue;
            }
            let Some(run) = record(&[options, &["-T", interval]].concat(), oracle) else { return };
            let least = run.known("sum_rss_bytes") - run.known("slack_bytes") * run.known("n_processes");
            assert!(run.said("peak_bytes") >= least, "{run:#?}");
            assert_eq!(run.answer["peak_kind"], kind, "{run:#?}");
        }
    }
}

#[test]
fn a_short_leaf_is_measured_at_its_exit() {
    let Some(run) = record(&["--exact"], &["leaf-spike", "64", "3"]) else { return };
    run.check_equal("largest_process_bytes", "largest_process_bytes");
}
