//! What a program tells of its phases, from its line to the recording.

use crate::harness::{BINARY, Place};
use mprof_recording::Recording;
use mprof_recording::call::Cut;

/// Runs a shell script, and reads what was recorded.
fn record(place: &Place, script: &str) -> Recording {
    let script = format!("say() {{ echo \"$1\" 1<>\"$MPROF_RS_PHASES\"; }}\n{script}");
    place.mprof(&["run", "--overwrite", "-o", "out.dat", "sh", "-c", &script]);
    let read = mprof_recording::dat::read(place.read("out.dat").as_bytes()).unwrap();
    assert_eq!(read.warnings, []);
    read.recording
}

fn names(recording: &Recording) -> Vec<(&str, u32, Option<Cut>)> {
    recording.calls.iter().map(|call| (call.name.as_str(), call.level, call.cut)).collect()
}

#[test]
fn a_shell_tells_phases_that_mprof_draws() {
    let place = Place::new();
    let script = "say \"enter - $$ sh build it\"; say \"enter - $$ sh link\"; sleep 0.1
        say \"mark - $$ sh half\"; say \"leave - $$ sh link\"; say \"leave - $$ sh build it\"";
    let recording = record(&place, script);
    assert_eq!(names(&recording), [("build it", 0, None), ("link", 1, None)]);
    assert_eq!(recording.moments[0].name, "half");
    let root = recording.root().unwrap();
    assert!(recording.calls[0].from_bytes.is_some());
    assert_eq!(recording.calls[0].caller.as_ref().unwrap().pid, root.pid.unwrap());
    assert!(place.read("out.dat").contains("\nFUNC build_it "), "{}", place.read("out.dat"));
}

#[test]
fn a_crash_and_a_process_of_its_own_end_what_they_have_begun() {
    let place = Place::new();
    let script = "say \"enter - $$ sh outer\"
        sh -c 'echo \"enter - $$ sh inner\" 1<>$MPROF_RS_PHASES; sleep 0.1; kill -9 $$' || sleep 0.1
        kill -9 $$";
    let recording = record(&place, script);
    assert_eq!(names(&recording), [("outer", 0, Some(Cut::Process)), ("inner", 0, Some(Cut::Process))]);
    assert!(recording.calls[1].to_ns < recording.calls[0].to_ns);
}

#[test]
fn what_is_not_understood_is_counted_in_the_account() {
    let place = Place::new();
    let script = "say nonsense; say 'leave - 1 sh x'";
    let outcome =
        place.mprof(&["run", "sh", "-c", &format!("say() {{ echo \"$1\" 1<>$MPROF_RS_PHASES; }}; {script}")]);
    outcome.check(0, "phases: 1 lines not understood; 1 leaves of calls that were not entered");
}

#[test]
fn a_folder_for_the_channel_is_looked_for_in_several_places() {
    let place = Place::new();
    let variables = ["XDG_RUNTIME_DIR", "TMPDIR"].map(|name| format!("{name}=/no/such/folder"));
    let run = [BINARY, "run", "-o", "out.dat", "/usr/bin/env"].map(str::to_owned);
    let outcome = place.command("/usr/bin/env".as_ref(), &[&variables[..], &run].concat());
    outcome.check(0, "recording");
    // The last resort is /tmp, which is there.
    assert!(outcome.stdout.contains("MPROF_RS_PHASES=/tmp/mprof-rs-"), "{outcome:?}");
}
