//! The `.dat` file: our lossless recording, and one that mprof 0.61 reads.
//!
//! `FORMAT.md` in this crate defines it. [`Writer`] writes ours; [`read()`] reads ours and every file of mprof's.

mod calls;
mod decimal;
mod fast;
mod foreign;
mod line;
mod of_mprof;
mod outcome;
mod outline;
mod read;
mod scan;
mod shown;
mod words;
mod write;

pub use line::{may_be_recording, record_tags};
pub use outcome::{Error, Read, Warning};
pub use outline::Outline;
pub use read::{Reader, read};
pub use scan::Scan;
pub use shown::{ChildLines, MemLines};
pub use write::Writer;

/// The version of the extension that this crate writes, and the highest that it reads.
pub const VERSION: u32 = 1;
