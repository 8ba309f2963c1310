//! What goes wrong on our side never keeps the program from running to its end.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::harness::Place;

#[test]
fn a_missing_folder() {
    let place = Place::new();
    let outcome = place.mprof(&["run", "-o", "no/such/out.dat", "sh", "-c", "echo ran; exit 0"]);
    outcome.check(125, "no/such/out.dat: cannot be created, so the program runs unrecorded");
    assert_eq!(outcome.stdout, "ran\n");
    assert!(outcome.stderr.contains("peak"), "{outcome:?}");
}

#[test]
fn the_programs_failure_says_more_than_ours() {
    let outcome = Place::new().mprof(&["run", "-o", "no/such/out.dat", "sh", "-c", "exit 4"]);
    outcome.check(4, "(incomplete)");
}

#[test]
fn a_full_disk() {
    if !fs::exists("/dev/full").unwrap() {
        eprintln!("skipped: there is no /dev/full here");
        return;
    }
    let outcome = Place::new().mprof(&["run", "-o", "/dev/full", "sh", "-c", "sleep 0.1; echo ran"]);
    outcome.check(125, "/dev/full: the recording is not complete: No space left on device");
    assert_eq!(outcome.stdout, "ran\n");
    assert!(outcome.stderr.contains("peak"), "{outcome:?}");
}

#[test]
fn a_read_only_folder() {
    let place = Place::new();
    fs::create_dir(place.path("closed")).unwrap();
    fs::set_permissions(place.path("closed"), fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(place.path("closed/probe"), "").is_ok() {
        eprintln!("skipped: this user may write everywhere");
        return;
    }
    let outcome = place.mprof(&["run", "-o", "closed/out.dat", "sh", "-c", "echo ran"]);
    outcome.check(125, "closed/out.dat: cannot be created");
    assert_eq!(outcome.stdout, "ran\n");
}

#[test]
fn a_reader_that_has_seen_enough() {
    let place = Place::new();
    place.mprof(&["run", "-o", "out.dat", "true"]).check(0, "");
    let line = format!("{} summary out.dat | true; {0} completions bash | head -1", crate::harness::BINARY);
    let outcome = place.command("/bin/sh".as_ref(), &["-c", &line]);
    assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""));
}

/// Runs a shell line with a folder for temporary files of its own, and gives what it leaves there.
fn left_behind(line: &str) -> Vec<String> {
    let (place, temporary) = (Place::new(), Place::new());
    let folder = temporary.path("");
    let own = format!("unset XDG_RUNTIME_DIR; export TMPDIR={}; {line}", folder.display());
    place.command("/bin/sh".as_ref(), &["-c", &own]);
    temporary.files()
}

#[test]
fn nothing_is_left_behind_where_descriptors_are_short() {
    for n in 3..20 {
        let line = format!("ulimit -n {n}; {} run -q -o out.dat true", crate::harness::BINARY);
        assert_eq!(left_behind(&line), Vec::<String>::new(), "{n} descriptors");
    }
}

/// Who is killed cannot tidy up. The next one does, but for what belongs to the living.
#[test]
fn what_a_killed_recorder_left_is_tidied_by_the_next_one() {
    let binary = crate::harness::BINARY;
    let killed = format!("{binary} run -q -o a.dat sh -c 'kill -9 $PPID'");
    let left = left_behind(&killed);
    assert!(matches!(&left[..], [folder] if folder.starts_with("mprof-rs-")), "{left:?}");
    assert!(left_behind(&format!("{killed}; {binary} run -q -o b.dat true")).is_empty());
    let beside = format!(
        "{binary} run -q -o c.dat sh -c 'echo > begun; until [ -e over ]; do sleep 0.01; done' & \
         until [ -e begun ]; do sleep 0.01; done; {binary} run -q -o d.dat true; ls $TMPDIR > seen; echo > over; wait; \
         grep -q mprof-rs- seen && mkdir $TMPDIR/was-there"
    );
    assert_eq!(left_behind(&beside), ["was-there"]);
}
