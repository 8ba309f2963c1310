//! The example programs that the profiler is tried on: a large array, filled slice by slice, in memory or on disk.
//!
//! Each binary (`ex1` … `ex5`) names its numbers and its place; everything else is here. `ex1` and `ex2` fill an
//! [`mod@array`], the others a [`store`]. Of the profiler's own crates
//! it knows the one that tells phases.

pub mod array;
pub mod cgroup;
pub mod command_line;
pub mod disk;
pub mod error;
pub mod facts;
pub mod interruption;
mod os;
pub mod progress;
pub mod random;
pub mod report;
pub mod room;
pub mod shape;
pub mod store;
pub mod workload;
