//! The binary as a user meets it, and the invariants of the house.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod attach;
mod backend;
mod chromium;
mod compare;
mod compat;
mod completions;
mod conformance;
mod export;
mod faults;
mod flags;
mod harness;
mod keep;
mod man;
mod mark_on;
mod mark_on_terminal;
mod max_peak;
mod outputs;
mod page_access;
mod page_choices;
mod page_width;
mod pages;
mod peak;
mod phase_examples;
mod phases;
mod plot;
mod python;
mod python_run;
mod run;
mod shim;
mod signals;
mod summary;
mod surroundings;
mod tidy;
mod users;
