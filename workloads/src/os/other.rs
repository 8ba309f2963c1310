//! macOS and the rest: the system gives no dependable figure for available memory without unsafe calls, and grows
//! its swap as needed, so no room for memory is known. Free disk is still checked.

use memmap2::MmapMut;

use crate::room::Room;

/// macOS chooses page sizes by itself.
pub(crate) fn prefer_huge_pages(_map: &MmapMut) {}

/// Nothing is known.
pub(crate) fn rooms() -> Vec<Room> {
    Vec::new()
}
