//! macOS and the rest: the system gives no dependable figure for available memory without unsafe calls, and grows
//! its swap as needed, so no room for memory is known. Free disk is still checked.

use std::{fs::File, io};

use memmap2::MmapMut;

use crate::room::Room;

/// macOS chooses page sizes by itself.
pub(crate) fn prefer_huge_pages(_map: &MmapMut) {}

/// macOS can reserve blocks only by cutting the file off behind them, so they come as they are written.
#[expect(clippy::unnecessary_wraps, reason = "the same signature on every platform")]
pub(crate) fn reserve(_file: &File, _start: u64, _n_bytes: u64) -> io::Result<()> {
    Ok(())
}

/// Nothing is known.
pub(crate) fn rooms() -> Vec<Room> {
    Vec::new()
}
