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

/// What stands in the recording of a run that is over.
fn recorded(place: &Place) -> Recording {
    mprof_recording::dat::read(place.read("out.dat").as_bytes()).unwrap().recording
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
    let is_in = |place: &&str| outcome.stdout.contains(&format!("MPROF_RS_PHASES={place}/mprof-rs-"));
    assert!(["/dev/shm", "/tmp"].iter().any(is_in), "{outcome:?}");
}

/// Calls `mprof-rs` as `us`.
fn script(text: &str) -> String {
    format!("us() {{ '{BINARY}' \"$@\"; }}\n{text}")
}

#[test]
fn verbs_tell_the_phases_of_a_script() {
    let place = Place::new();
    let text = "us mark 'it begins'
        us phase 'load it' -- sh -c 'sleep 0.1; exit 7'; test $? = 7 || exit 1
        us phase short -- true
        us phase killed -- sh -c 'kill -9 $$'; test $? = 137 || exit 2
        us phase outer -- sh -c \"'$0' phase inner -- sleep 0.1\"
        us mark ' two  blanks '";
    let run = ["run", "-o", "out.dat", "sh", "-c", &script(text), BINARY];
    let outcome = place.mprof(&run);
    outcome.check(0, "recording");
    assert!(!outcome.stderr.contains("phases:"), "{outcome:?}");
    let recording = recorded(&place);
    let calls = ["load it", "short", "killed", "outer", "inner"].map(|name| (name, 0, None));
    assert_eq!(names(&recording), calls);
    let of_whom: Vec<_> = recording.moments.iter().map(|it| (it.name.as_str(), it.caller.pid)).collect();
    let shell = recording.root().unwrap().pid.unwrap();
    assert_eq!(of_whom, [("it begins", shell), (" two  blanks ", shell)]);
    // The phase has the memory of its command.
    assert!(recording.calls[0].from_bytes.is_some());
    assert_ne!(recording.calls[0].caller.as_ref().unwrap().pid, shell);
}

/// Its first reading comes a tenth of a second after it has taken its memory.
#[test]
fn a_command_that_is_a_phase_grows_from_nothing() {
    let place = Place::new();
    let held = "x=$(printf %020000000d 1); sleep 0.3; : $x";
    let text = format!("us phase grows -- bash -c '{held}'");
    place.mprof(&["run", "-T", "100ms", "-o", "out.dat", "sh", "-c", &script(&text)]).check(0, "recording");
    let phase = recorded(&place).phases().remove(0);
    assert!(phase.growth_bytes.is_some_and(|it| it > 15_000_000), "{phase:?}");
}

#[test]
fn a_phase_whose_end_is_told_late_has_ended_by_itself() {
    let place = Place::new();
    let text = "us phase x -- sleep 0.1 & p=$!; sleep 0.05; kill -STOP $p; sleep 0.5; kill -CONT $p; wait $p";
    let outcome = place.mprof(&["run", "-o", "out.dat", "sh", "-c", &script(text)]);
    outcome.check(0, "recording");
    assert!(!outcome.stderr.contains("phases:"), "{outcome:?}");
    assert_eq!(names(&recorded(&place)), [("x", 0, None)]);
}

#[test]
fn outside_of_a_run_verbs_do_no_more_than_they_must() {
    let place = Place::new();
    place.write("kept", "as it is");
    for channel in ["", "/no/such/channel", "kept"] {
        let variable = format!("MPROF_RS_PHASES={channel}");
        let check = |args: &[&str], code: i32, stdout: &str| {
            let outcome = place.command("/usr/bin/env".as_ref(), &[&[&variable, BINARY], args].concat());
            assert_eq!((outcome.code, outcome.stdout.as_str()), (code, stdout), "{outcome:?}");
            let is_told = if channel == "kept" { "is no FIFO" } else { "" };
            assert!(outcome.stderr.contains(is_told), "{outcome:?}");
            outcome.stderr
        };
        check(&["mark", "x"], 0, "");
        check(&["phase", "x", "--", "echo", "-n", "--", "hello"], 0, "-- hello");
        check(&["phase", "x", "--", "sh", "-c", "exit 3"], 3, "");
        let missing = check(&["phase", "x", "--", "no-such-program"], 127, "");
        assert!(missing.contains("no-such-program: no such program on PATH"), "{missing}");
        check(&["--compat", "phase", "x", "--", "/etc/passwd"], 126, "");
    }
    assert_eq!(place.read("kept"), "as it is");
}

#[test]
fn names_that_fit_no_line_are_not_told_and_harm_nobody() {
    let place = Place::new();
    let cases = [
        ("\"$(printf 'a\\nb')\"", "one line"),
        ("''", "at least one character"),
        ("' '", "at least one character"),
        ("\"$(printf '\\377')\"", "UTF-8"),
        ("$(printf %0401d 0)", "at most 400 bytes"),
    ];
    for (name, why) in cases {
        let text = script(&format!("us mark {name} && us phase {name} -- sh -c 'echo ran; exit 7'"));
        let recorded = place.mprof(&["run", "--overwrite", "-o", "out.dat", "sh", "-c", &text]);
        recorded.check(7, "the recorder is not told: a name ");
        assert!(recorded.stderr.matches(why).count() == 2 && recorded.stdout == "ran\n", "{recorded:?}");
        let alone = place.command("sh".as_ref(), &["-c", &text]);
        assert_eq!((alone.code, alone.stdout.as_str(), alone.stderr.as_str()), (7, "ran\n", ""), "{name}");
    }
}

#[test]
fn a_phase_leaves_interrupts_to_its_command_as_a_shell_does() {
    let place = Place::new();
    // The command interrupts its whole group, as a terminal would, and goes on.
    let interrupt = "trap : INT; kill -INT 0; sleep 0.1; exit 9";
    let outcome =
        place.command("/usr/bin/setsid".as_ref(), &["-w", BINARY, "phase", "x", "--", "sh", "-c", interrupt]);
    assert_eq!(outcome.code, 9, "{outcome:?}");
}
