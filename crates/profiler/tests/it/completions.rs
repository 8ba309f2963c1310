//! `mprof-rs completions`: what shells make of it.

use std::path::Path;

use crate::harness::{BINARY, Place};

/// What bash offers for the last word of a line.
fn offered(place: &Place, name: &str, function: &str, line: &[&str]) -> String {
    let script = format!(
        "source ./{name}.bash; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); \
         {function} {name} \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\" 2>/dev/null; echo \"${{COMPREPLY[@]}}\""
    );
    let args = [&["-c", &script, "bash", name], line].concat();
    let outcome = place.command(Path::new("bash"), &args);
    outcome.check(0, "");
    outcome.stdout.trim().to_owned()
}

#[test]
fn bash_completes_verbs_flags_and_values_under_both_names() {
    let place = Place::new();
    std::os::unix::fs::symlink(BINARY, place.path("mprof")).unwrap();
    place.write("mprof-rs.bash", place.mprof(&["completions", "bash"]).stdout);
    place.write("mprof.bash", place.command(&place.path("mprof"), &["completions", "bash"]).stdout);
    for (name, function) in [("mprof-rs", "_mprof__rs"), ("mprof", "_mprof")] {
        let offered = |line: &[&str]| offered(&place, name, function, line);
        assert_eq!(offered(&["pl"]), "plot", "{name}");
        assert_eq!(offered(&["plot", "--metr"]), "--metric", "{name}");
        assert_eq!(offered(&["run", "--backend", "psutil_"]), "psutil_pss psutil_uss", "{name}");
        assert_eq!(offered(&["plot", "--metric", "p"]), "page_tables pss", "{name}");
        assert_eq!(offered(&["plot", "--unit", "M"]), "MiB MB", "{name}");
        assert_eq!(offered(&["plot", ""]), "", "{name}: files are bash's own");
        assert_eq!(offered(&["completions", "ba"]), "bash", "{name}");
        assert_eq!(offered(&["run", "-q", "pyth"]), offered(&["phase", "load", "--", "pyth"]), "{name}");
        assert_eq!(offered(&["run", "--max-peak", "1GB", "pyth"]), offered(&["run", "pyth"]), "{name}");
        assert_eq!(offered(&["run", "python3", "pyth"]), "", "{name}: files of the program");
        assert!(offered(&["run", "prin"]).split(' ').any(|word| word == "printf"), "{name}");
    }
}

#[test]
fn zsh_completes_a_command_as_it_would_alone() {
    let place = Place::new();
    let script = place.mprof(&["completions", "zsh"]).stdout;
    let commands: Vec<&str> = script.lines().filter(|line| line.starts_with("'*::")).collect();
    assert_eq!(
        commands.iter().filter(|line| line.starts_with("'*:::command -- ")).count(),
        2,
        "{commands:?}"
    );
    assert_eq!(commands.iter().filter(|line| line.contains(":_normal' ")).count(), 2, "{commands:?}");
    place.write("_mprof-rs", script);
    if std::process::Command::new("zsh").arg("--version").output().is_ok() {
        place.command(Path::new("zsh"), &["-n", "_mprof-rs"]).check(0, "");
    }
}

#[test]
fn fish_where_there_is_one_completes_commands_and_shells() {
    let place = Place::new();
    if std::process::Command::new("fish").arg("--version").output().is_err() {
        return;
    }
    place.write("mprof-rs.fish", place.mprof(&["completions", "fish"]).stdout);
    let offered = |line: &str| {
        let script = format!("source ./mprof-rs.fish; complete -C '{line}' | cut -f1");
        let outcome = place.command(Path::new("fish"), &["--no-config", "-c", &script]);
        outcome.check(0, "");
        outcome.stdout.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(offered("mprof-rs run -q print").contains(&"printf".to_owned()));
    assert!(offered("mprof-rs phase load -- print").contains(&"printf".to_owned()));
    assert!(offered("mprof-rs run -T 1 print").contains(&"printf".to_owned()));
    assert!(!offered("mprof-rs run env print").contains(&"printf".to_owned()));
    assert_eq!(offered("mprof-rs completions ba"), ["bash"]);
}
