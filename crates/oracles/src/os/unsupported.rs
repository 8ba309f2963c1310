//! A system that no oracle was written for.

use std::io;

use crate::truth::Truth;

const CANNOT: &str = "the oracles know Linux alone";

pub(crate) fn help() -> String {
    CANNOT.to_owned()
}

pub(crate) fn list() -> String {
    String::new()
}

pub(crate) fn run(_name: &str, _sizes: &[u64]) -> io::Result<()> {
    Truth { cannot: Some(CANNOT.to_owned()), ..Truth::default() }.tell()
}
