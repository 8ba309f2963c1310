//! Arguments that make no sense, and the help for those who ask.

use crate::run::{folder, run, stderr};

fn check_usage_error(name: &str, args: &[&str], message: &str) {
    let output = run(name, folder().path(), args);
    assert_eq!(output.status.code(), Some(2), "{args:?}");
    assert!(stderr(&output).starts_with(&format!("error: {message}")), "{}", stderr(&output));
}

#[test]
fn an_array_has_something_in_it() {
    for flag in ["--depth", "--rows", "--cols"] {
        let message = format!("invalid value '0' for '{flag} <N>': 0 is not in 1..");
        check_usage_error("ex1", &[flag, "0"], &message);
        check_usage_error("ex5", &[flag, "0"], &message);
    }
}

#[test]
fn an_array_can_be_addressed() {
    check_usage_error(
        "ex3",
        &["--rows", "18446744073709551615"],
        "500 x 18446744073709551615 x 2000 values are more than can be addressed",
    );
}

#[test]
fn numbers_are_numbers() {
    check_usage_error("ex2", &["--depth", "many"], "invalid value 'many' for '--depth <N>'");
    check_usage_error("ex2", &["--depth", "-1"], "unexpected argument '-1' found");
}

#[test]
fn only_what_writes_has_an_output() {
    check_usage_error("ex1", &["--discard"], "unexpected argument '--discard' found");
}

#[test]
fn help_has_examples_and_the_version_names_the_writer() {
    for name in ["ex1", "ex2", "ex3", "ex4", "ex5"] {
        let help = run(name, folder().path(), &["--help"]);
        assert!(String::from_utf8(help.stdout).unwrap().contains(&format!("Examples:\n  {name} ")), "{name}");
    }
    let version = String::from_utf8(run("ex3", folder().path(), &["--version"]).stdout).unwrap();
    assert!(version.starts_with("ex3 ") && version.contains("(writes with "), "{version}");
}
