//! The program itself: its peak is known to the kernel's bound, whatever it does between two samples.

use crate::recorded::{record, record_by};

/// The peak of the root process, held against an oracle of one process.
#[track_caller]
fn check(oracle: &[&str]) {
    let Some(run) = record(&[], oracle) else { return };
    run.check_equal("peak_bytes", "root_peak_bytes");
    assert_eq!(run.answer["exit_code"], 0, "{run:#?}");
    assert!(run.said("n_samples") > 0, "{run:#?}");
    assert!(run.said("root_highest_sample_bytes") <= run.said("peak_bytes"), "{run:#?}");
}

#[test]
fn spikes_between_two_samples() {
    check(&["spike", "20"]);
    check(&["spike", "1"]);
}

#[test]
fn steady_growth() {
    check(&["ramp"]);
}

#[test]
fn one_long_system_call() {
    check(&["populate", "512"]);
}

#[test]
fn a_rise_right_before_the_end() {
    check(&["late-rise"]);
}

#[test]
fn memory_that_comes_and_goes_all_the_time() {
    check(&["touch", "8", "50"]);
}

#[test]
fn pages_of_a_file() {
    check(&["mapped-file"]);
}

#[test]
fn huge_pages() {
    check(&["huge"]);
    check(&["hugetlb"]);
    let Some(run) = record(&[], &["hugetlb"]) else { return };
    let warnings = run.answer["warnings"].to_string();
    assert!(warnings.contains("of hugetlbfs at once, which no resident set counts"), "{run:#?}");
}

#[test]
fn another_image_whose_mark_begins_anew() {
    check(&["exec", "64", "16"]);
    check(&["exec", "16", "64"]);
}

#[test]
fn a_program_without_its_main_thread() {
    let Some(run) = record(&[], &["threads-outlive"]) else { return };
    run.check_equal("peak_bytes", "root_peak_bytes");
}

#[test]
fn a_program_without_descriptors() {
    check(&["closer"]);
}

/// What is over before it can be read is known by what its parent is told, since that is not its parent's own size.
#[test]
fn a_program_that_is_over_at_once() {
    if !cfg!(target_arch = "x86_64") {
        eprintln!("SKIPPED: a small program's `ru_maxrss` is its parent's here");
        return;
    }
    for _ in 0..10 {
        let answer = record_by(&[], &[], &["true"]);
        let kind = answer["root_peak_kind"].as_str();
        assert!(matches!(kind, Some("reaped_maxrss" | "high_water_mark")), "{answer:#}");
        assert!(answer["root_peak_bytes"].as_u64().unwrap() > 400 << 10, "{answer:#}");
    }
}
