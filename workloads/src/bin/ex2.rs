//! Example 2 of the article: float32, standard normal.

use std::process::ExitCode;

use mprof_workloads::{
    command_line::{Example, memory_main},
    random::Normal,
};

const EXAMPLE: Example = Example {
    name: "ex2",
    about: "Fills an array in memory, slice by slice: float32, standard normal.",
    output: "",
    version: env!("CARGO_PKG_VERSION"),
};

fn main() -> ExitCode {
    memory_main(&EXAMPLE, |seed| {
        let mut random = Normal::new(seed);
        move |n_values| random.slice(n_values)
    })
}
