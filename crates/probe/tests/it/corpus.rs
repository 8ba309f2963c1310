//! What the fuzzer began with and what it found: none of it may bring a reader down.

use std::fs;
use std::path::Path;

#[path = "../../fuzz/checks.rs"]
mod checks;

/// Every file of a target's corpus, whole and cut off anywhere.
#[track_caller]
fn check(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut n_files = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let bytes = fs::read(entry.unwrap().path()).unwrap();
        (0..=bytes.len()).for_each(|n| check(&bytes[..n]));
        n_files += 1;
    }
    assert!(n_files > 3, "there is a corpus");
}

#[test]
fn texts_of_the_kernel() {
    check("proc", checks::text);
}

#[test]
fn rings_of_perf() {
    check("ring", checks::ring);
}
