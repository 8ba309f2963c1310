//! Runs an example in a folder of its own.

use std::{
    path::Path,
    process::{Command, Output},
};

use tempfile::TempDir;

/// The small shape that most tests use.
pub(crate) const SMALL: [&str; 3] = ["--depth=3", "--rows=40", "--cols=50"];
pub(crate) const N_SMALL_VALUES: usize = 3 * 40 * 50;

pub(crate) const STORES: [(&str, &str); 3] =
    [("ex3", "file.hdf5"), ("ex4", "file.npy"), ("ex5", "file.zarr")];

pub(crate) fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// An example that works in `folder`.
pub(crate) fn example(name: &str, folder: &Path) -> Command {
    let program = match name {
        "ex1" => env!("CARGO_BIN_EXE_ex1"),
        "ex2" => env!("CARGO_BIN_EXE_ex2"),
        "ex3" => env!("CARGO_BIN_EXE_ex3"),
        "ex4" => env!("CARGO_BIN_EXE_ex4"),
        "ex5" => env!("CARGO_BIN_EXE_ex5"),
        name => panic!("no example is called {name}"),
    };
    let mut command = Command::new(program);
    command.current_dir(folder).env_remove("MPROF_RS_PHASES");
    command
}

pub(crate) fn run(name: &str, folder: &Path, args: &[&str]) -> Output {
    example(name, folder).args(args).output().unwrap()
}

pub(crate) fn run_small(name: &str, folder: &Path, args: &[&str]) -> Output {
    example(name, folder).args(SMALL).args(args).output().unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Asserts on a failed run: nothing on stdout, and one line on stderr.
pub(crate) fn check_failure(output: &Output, message: &str) {
    assert_eq!((output.status.code(), stderr(output).as_str()), (Some(1), message));
    assert!(output.stdout.is_empty());
}
