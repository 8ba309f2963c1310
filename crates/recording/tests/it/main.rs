//! The recording crate from outside: the file format both ways, and what is derived from a file.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod bad_input;
mod calls;
mod export;
mod gathered;
mod mprof_files;
mod round_trip;
mod tally;
