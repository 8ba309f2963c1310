//! The operating system's side: find a program, spawn it, read its memory at a pace, and see it end.
//!
//! Unsafe code and code for one platform stand below `os/` alone. What understands a format takes bytes and
//! compiles everywhere; what calls the system is chosen once, in `os.rs`.

pub mod footprint;
mod os;
mod pace;
mod polling;
mod program;
pub mod status;
pub mod ticks;

pub use os::describe_system;
pub use polling::{Options, Polling};
pub use program::{NotRunnable, Program};
