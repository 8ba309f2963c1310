//! The operating system's side: find a program, spawn it, read its memory at a pace, and see it end.
//!
//! Unsafe code and code for one platform stand below `os/` alone. What understands a format takes bytes and
//! compiles everywhere; what calls the system is chosen once, in `os.rs`.

pub mod cgroup;
mod control;
mod exits;
pub mod folder;
pub mod footprint;
pub mod limits;
mod lives;
mod marking;
mod os;
mod outputs;
mod pace;
mod phases;
mod polling;
pub mod pressure;
pub mod proc_event;
mod program;
pub mod records;
pub mod relay;
mod running;
mod sets;
pub mod status;
pub mod ticks;
mod time;
mod tree;

pub use control::AfterTimeout;
pub use marking::{Expression, MarkOn};
pub use os::{
    describe_system, end_by_interrupt, give_up_signals, local_offset_seconds, outlive_file_size_limit,
    own_user,
};
pub use phases::tell;
pub use polling::{Options, Polling};
pub use program::{ExitsSeen, NotRunnable, Program};
pub use running::{Holding, Running, number_in};
pub use sets::{SetsRead, can_read_sets};
pub use tree::MarksKept;
