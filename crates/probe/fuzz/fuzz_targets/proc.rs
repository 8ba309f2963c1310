//! Whatever a file of `/proc` or of a cgroup holds, it is understood or passed over.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks.rs"]
mod checks;

fuzz_target!(|bytes: &[u8]| checks::text(bytes));
