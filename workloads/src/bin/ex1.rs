//! Example 1 of the article: float64, uniform on [0, 1).

use std::process::ExitCode;

use mprof_workloads::{
    command_line::{Example, memory_main},
    random::Uniform,
};

const EXAMPLE: Example = Example {
    name: "ex1",
    about: "Fills an array in memory, slice by slice: float64, uniform on [0, 1).",
    output: "",
    version: env!("CARGO_PKG_VERSION"),
};

fn main() -> ExitCode {
    memory_main(&EXAMPLE, |seed| {
        let mut random = Uniform::new(seed);
        move |n_values| random.slice(n_values)
    })
}
