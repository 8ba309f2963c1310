//! The examples as a user or the harness runs them: arguments in; files, text and exit codes out.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod arguments;
mod facts;
mod outputs;
mod refusals;
mod run;
