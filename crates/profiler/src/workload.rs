//! The workloads: which there are, and where their binaries lie.

use std::ffi::OsStr;
use std::path::PathBuf;

/// The workloads that come with mprof-rs.
pub(crate) const NAMES: [&str; 5] = ["ex1", "ex2", "ex3", "ex4", "ex5"];

/// The binary of a workload, when a bare name is that of one and it was built beside this program.
pub(crate) fn beside_us(name: &OsStr) -> Option<PathBuf> {
    let name = NAMES.into_iter().find(|it| *it == name)?;
    Some(folder()?.join(name)).filter(|path| path.is_file())
}

/// What there is to choose from, for someone who looked for something else.
pub(crate) fn hint() -> String {
    let built: Vec<&str> = NAMES.into_iter().filter(|name| beside_us(OsStr::new(name)).is_some()).collect();
    if built.is_empty() {
        return format!(
            "the workloads {} are not built beside mprof-rs: cargo build --release --workspace",
            NAMES.join(", ")
        );
    }
    format!("the workloads are {}", built.join(", "))
}

fn folder() -> Option<PathBuf> {
    Some(std::env::current_exe().ok()?.canonicalize().ok()?.parent()?.to_owned())
}
