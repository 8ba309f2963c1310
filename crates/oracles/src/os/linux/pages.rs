//! One process: pages that are not plain anonymous memory.

use std::fs::{self, File};
use std::io;

use super::mapping::{MIB, Mapping};
use super::reading::{own_peak_bytes, truth_of_root};
use super::system::sleep_ms;

pub(super) fn mapped_file(sizes: &[u64]) -> io::Result<()> {
    let bytes = sizes[0] * MIB;
    let file = nameless_file(bytes)?;
    let memory = Mapping::file(&file, bytes)?;
    memory.touch(0, bytes);
    tell_holding(&memory, sizes[1])
}

pub(super) fn huge(sizes: &[u64]) -> io::Result<()> {
    tell_holding(&Mapping::huge(sizes[0] * MIB)?, sizes[1])
}

pub(super) fn hugetlb(sizes: &[u64]) -> io::Result<()> {
    let memory = Mapping::hugetlb(sizes[0] * MIB).map_err(|error| {
        io::Error::new(io::ErrorKind::Unsupported, format!("no huge pages are reserved: {error}"))
    })?;
    tell_holding(&memory, sizes[1])
}

fn tell_holding(memory: &Mapping, hold_ms: u64) -> io::Result<()> {
    let truth = truth_of_root(own_peak_bytes()?);
    sleep_ms(hold_ms);
    let _held = memory;
    truth.tell()
}

/// A file that is gone when we are.
fn nameless_file(bytes: u64) -> io::Result<File> {
    let path = std::env::temp_dir().join(format!("oracle-{}", std::process::id()));
    let file = File::options().read(true).write(true).create_new(true).open(&path)?;
    fs::remove_file(&path)?;
    file.set_len(bytes)?;
    Ok(file)
}
