//! Example 3 of the article: the array of example 2 in an HDF5 file, where it takes no memory.

use std::process::ExitCode;

use mprof_workloads::command_line::{Example, store_main};
#[cfg(not(feature = "libhdf5"))]
use mprof_workloads::store::hdf5::{Hdf5File, VERSION};
#[cfg(feature = "libhdf5")]
use mprof_workloads::store::libhdf5::{Hdf5File, VERSION};

const EXAMPLE: Example = Example {
    name: "ex3",
    about: "Writes float32 values, standard normal, to the dataset \"data\" of an HDF5 file, slice by slice.",
    output: "file.hdf5",
    version: VERSION,
};

fn main() -> ExitCode {
    store_main::<Hdf5File>(&EXAMPLE)
}
