//! Example 5, which the article mentions: the array of example 2 in a Zarr folder.

use std::process::ExitCode;

use mprof_workloads::{
    command_line::{Example, store_main},
    store::zarr::ZarrFolder,
};

const EXAMPLE: Example = Example {
    name: "ex5",
    about: "Writes float32 values, standard normal, to a Zarr array, one chunk for each slice.",
    output: "file.zarr",
    version: env!("CARGO_PKG_VERSION"),
};

fn main() -> ExitCode {
    store_main::<ZarrFolder>(&EXAMPLE)
}
