//! Whatever a ring of perf holds, it is walked through once and not beyond its head.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../checks.rs"]
mod checks;

fuzz_target!(|bytes: &[u8]| checks::ring(bytes));
