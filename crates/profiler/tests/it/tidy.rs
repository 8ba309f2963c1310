//! The invariants of ARCHITECTURE.md, because prose rots.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::BINARY;

/// Lines of the longest file, and of `main.rs`.
const MAX_FILE_LINES: usize = 400;
const MAX_MAIN_LINES: usize = 40;

/// A source file of the workspace, with its path from the root.
struct Source {
    path: String,
    text: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in ["crates", "workloads"] {
        walk(&root().join(folder), &mut found);
    }
    assert!(found.len() > 30, "the walk finds the sources");
    found
}

fn walk(folder: &Path, found: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
            walk(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let path = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            found.push(Source { path, text });
        }
    }
}

/// Files in which a text stands although it may stand elsewhere only. This file names them all, so it is left out.
#[track_caller]
fn check_confined(text: &str, may_stand: impl Fn(&str) -> bool) {
    let sources = sources();
    let strays = sources.iter().filter(|it| it.text.contains(text) && !may_stand(&it.path));
    let strays: Vec<&str> =
        strays.map(|it| it.path.as_str()).filter(|path| !path.ends_with("it/tidy.rs")).collect();
    assert!(strays.is_empty(), "{text:?} stands in {strays:?}");
}

fn is_os_code(path: &str) -> bool {
    ["crates/probe/src/os", "crates/phases/src/os", "crates/oracles/src/os", "workloads/src/os"]
        .iter()
        .any(|it| path.starts_with(it))
}

fn manifest(package: &str) -> String {
    let text = fs::read_to_string(root().join(package).join("Cargo.toml")).unwrap();
    let from = text.find("[dependencies]").unwrap();
    let to = text.find("[dev-dependencies]").or_else(|| text.find("[lints]")).unwrap();
    text[from..to].to_owned()
}

#[test]
fn the_platform_is_chosen_in_one_place() {
    check_confined("target_os", is_os_code);
}

#[test]
fn unsafe_code_is_below_os_alone() {
    // Mapping a file that another process may cut short is unsafe by nature: ex4 is about just that.
    // A phase is told with the time of a clock that std has and does not give out; its test forks.
    // The oracles do to memory what std does not allow: that is what they are for.
    let may_stand = |path: &str| {
        ["crates/probe/src/os/", "crates/oracles/src/os/"].iter().any(|it| path.starts_with(it))
            || ["workloads/src/store/npy.rs", "crates/phases/src/os/clock.rs", "crates/phases/tests/told.rs"]
                .contains(&path)
    };
    check_confined("unsafe {", may_stand);
    check_confined("unsafe fn", may_stand);
}

#[test]
fn plotters_is_known_to_the_charts_alone() {
    check_confined("plotters", |path| path.starts_with("crates/charts/"));
}

#[test]
fn flags_files_and_exit_codes_are_known_to_the_binaries_alone() {
    let is_binary = |path: &str| path.starts_with("crates/profiler/") || path.starts_with("workloads/");
    check_confined("anyhow", is_binary);
    check_confined("use clap", is_binary);
    check_confined("println!", |path| {
        is_binary(path) || path.contains("/tests/") || path.contains("/examples/")
    });
    check_confined("process::exit", |_| false);
}

#[test]
fn recording_and_charts_are_pure() {
    for text in ["std::fs", "std::process", "std::env", "std::thread", "Instant::now", "SystemTime::now"] {
        check_confined(text, |path| {
            let is_pure =
                ["crates/recording/src/", "crates/charts/src/"].iter().any(|it| path.starts_with(it));
            !is_pure
        });
    }
}

/// Times of a recording come from the monotonic clock. The other is asked where a recording begins.
#[test]
fn the_wall_clock_is_read_at_the_beginning_alone() {
    let is_elsewhere = |path: &str| !path.starts_with("crates/probe/src/");
    check_confined("SystemTime::now", |path| is_elsewhere(path) || path == "crates/probe/src/time.rs");
    check_confined("unix_ns(", |path| {
        is_elsewhere(path)
            || ["crates/probe/src/time.rs", "crates/probe/src/polling/begin.rs"].contains(&path)
    });
}

#[test]
fn dependencies_point_one_way() {
    let cases = [
        ("crates/recording", &["mprof-probe", "mprof-charts", "mprof-profiler"][..]),
        ("crates/probe", &["mprof-charts", "mprof-profiler"]),
        ("crates/charts", &["mprof-probe", "mprof-profiler"]),
        ("crates/phases", &[".workspace"]),
        ("crates/oracles", &["mprof-"]),
        ("workloads", &["mprof-recording", "mprof-probe", "mprof-charts", "mprof-profiler"]),
    ];
    for (package, forbidden) in cases {
        let dependencies = manifest(package);
        for name in forbidden {
            assert!(!dependencies.contains(name), "{package} depends on {name}");
        }
    }
}

#[test]
fn files_fit_a_head_and_say_what_they_are() {
    for Source { path, text } in sources() {
        let n_lines = text.lines().count();
        assert!(n_lines <= MAX_FILE_LINES, "{path} has {n_lines} lines");
        assert!(!path.ends_with("src/main.rs") || n_lines <= MAX_MAIN_LINES, "{path} has {n_lines} lines");
        assert!(text.starts_with("//! "), "{path} does not say what it owns");
    }
}

#[test]
fn lints_are_expected_with_a_reason_and_nothing_is_left_to_do() {
    check_confined("#[allow", |_| false);
    check_confined("#![allow", |_| false);
    check_confined("todo!(", |_| false);
    check_confined("unimplemented!(", |_| false);
    check_confined("#[ignore", |_| false);
    check_confined("should_panic", |_| false);
}

#[test]
fn there_is_no_module_for_odds_and_ends() {
    for Source { path, .. } in sources() {
        let stem = Path::new(&path).file_stem().unwrap().to_str().unwrap();
        assert!(!["core", "common", "utils", "util", "types", "helpers", "misc"].contains(&stem), "{path}");
    }
}

#[test]
fn the_version_is_in_the_changelog() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    assert!(changelog.contains(&format!("## {}", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn the_format_is_documented_record_by_record() {
    let format = fs::read_to_string(root().join("crates/recording/FORMAT.md")).unwrap();
    for record in mprof_recording::dat::record_tags() {
        assert!(format.contains(&format!("`{record} ")), "{record}");
    }
    for metric in mprof_recording::metric::Metric::ALL.into_iter().skip(1) {
        assert!(format.contains(&format!("`{}`", metric.name())), "{}", metric.name());
    }
}

#[test]
fn every_verb_is_in_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let verbs = verbs();
    assert!(verbs.len() > 10 && verbs.contains(&"run".to_owned()), "the help lists them: {verbs:?}");
    for verb in verbs {
        assert!(readme.contains(&format!("mprof-rs {verb}")), "{verb}");
    }
}

/// The verbs that `--help` lists, but for `help` itself.
fn verbs() -> Vec<String> {
    let output = Command::new(BINARY).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let lines =
        help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let verbs =
        lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next());
    verbs.filter(|verb| *verb != "help").map(str::to_owned).collect()
}
