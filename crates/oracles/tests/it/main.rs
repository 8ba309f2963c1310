//! What mprof-rs says of the oracles, held against what they know of themselves.
//!
//! `root` is about the program itself, `tree` about its descendants, `exact` about what is exact
//! on request, `limits` about want, `timeout` about who will not end, and `the_oracles` about the oracles alone.
//!
//! Nothing here depends on how fast the machine is: a figure is held against the kernel's own bound, and time is given
//! in plenty.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod exact;
mod limits;
mod recorded;
mod root;
mod the_oracles;
mod timeout;
mod tree;
