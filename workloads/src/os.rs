//! What each platform does in its own way. The only place that asks which one this is.
//!
//! Each file has the same functions: `prefer_huge_pages(map)`, `reserve(file, start, n_bytes)` and `rooms()`.

#[cfg(target_os = "linux")]
#[path = "os/linux.rs"]
mod imp;
#[cfg(not(target_os = "linux"))]
#[path = "os/other.rs"]
mod imp;

pub(crate) use imp::{prefer_huge_pages, reserve, rooms};
