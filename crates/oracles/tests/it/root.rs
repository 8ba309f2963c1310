//! The program itself: its peak is known to the kernel's bound, whatever it does between two samples.

use crate::recorded::record;

/// The peak of the root process, held against an oracle of one process.
#[track_caller]
fn check(oracle: &[&str]) {
    let Some(run) = record(&[], oracle) else { return };
    run.check_equal("peak_bytes", "root_peak_bytes");
    assert_eq!(run.answer["exit_code"], 0, "{run:#?}");
    assert!(run.said("n_samples") > 0, "{run:#?}");
    assert!(run.said("highest_sample_bytes") <= run.said("peak_bytes"), "{run:#?}");
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
