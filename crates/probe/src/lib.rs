//! The operating system's side: find a program, spawn it, read its memory at a pace, and see it end.
//!
//! The only crate with `unsafe` and with `cfg(target_os)`, and both only below `os/`. What understands a
//! format takes bytes and compiles everywhere; what calls the system is chosen once, in `os.rs`.

pub mod footprint;
mod os;
mod pace;
mod polling;
mod program;
pub mod status;

pub use os::describe_system;
pub use polling::{Options, Polling};
pub use program::{NotRunnable, Program};
