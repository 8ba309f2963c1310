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
    }
}
