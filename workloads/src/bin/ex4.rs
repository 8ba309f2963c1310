//! Example 4, which the article mentions: the array of example 2 in a memory-mapped `.npy` file.

use std::process::ExitCode;

use mprof_workloads::{
    command_line::{Example, store_main},
    store::npy::NpyFile,
};

const EXAMPLE: Example = Example {
    name: "ex4",
    about: "Writes float32 values, standard normal, to a memory-mapped .npy file, slice by slice.",
    output: "file.npy",
    version: env!("CARGO_PKG_VERSION"),
};

fn main() -> ExitCode {
    store_main::<NpyFile>(&EXAMPLE)
}
