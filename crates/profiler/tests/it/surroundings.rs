//! What a program is born into: where its numbers count, what is in its environment, which streams it has. It finds
//! what it would have found without us.

use crate::harness::{BINARY, Place};

/// In a PID namespace without a `/proc` of its own, every number that is looked up there is a stranger's.
#[test]
fn nobody_else_is_measured_where_proc_counts_otherwise() {
    let place = Place::new();
    let unshared = |line: &str| {
        place.command("unshare".as_ref(), &["--user", "--map-root-user", "--pid", "--fork", "sh", "-c", line])
    };
    if unshared("true").code != 0 {
        eprintln!("SKIPPED: no PID namespace can be made here");
        return;
    }
    let outcome = unshared(&format!("{BINARY} run -o out.dat sh -c 'sleep 0.1; exit 5'"));
    outcome.check(5, "cannot be read: /proc is of another PID namespace");
    let file = place.read("out.dat");
    assert!(file.contains(" samples=0 ") && !file.contains("\nMEM "), "{file}");
    unshared(&format!("{BINARY} attach -o other.dat 1")).check(1, "/proc is of another PID namespace");
    assert!(!place.path("other.dat").exists());
}
