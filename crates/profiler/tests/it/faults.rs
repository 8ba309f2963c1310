//! What goes wrong on our side never keeps the program from running to its end.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::harness::{BINARY, Place};

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
    outcome.check(4, "recording none");
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

/// Whenever it is killed: the old recording is there, or a new one.
#[test]
fn a_killed_recorder_leaves_no_empty_file_where_a_recording_was() {
    let place = Place::new();
    let old = format!("CMDLINE old\n{}", "MEM 1.000000 1700000000.0000\n".repeat(50_000));
    for delay_ms in (0..40).map(|n| n % 20) {
        place.write("out.dat", &old);
        let mut command = Command::new(BINARY);
        command.args(["run", "-q", "--overwrite", "-o"]).arg(place.path("out.dat")).args(["sleep", "0.05"]);
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_millis(delay_ms));
        child.kill().unwrap();
        child.wait().unwrap();
        let text = place.read("out.dat");
        let is_new = text.starts_with("META format mprof-rs 1\n") && !text.contains("CMDLINE old");
        assert!(text == old || is_new, "{delay_ms} ms: {:?}", text.get(..200).unwrap_or(&text));
    }
}

#[test]
fn what_is_replaced_is_the_same_file_to_everyone() {
    let place = Place::new();
    place.write("out.dat", "CMDLINE old\n");
    fs::set_permissions(place.path("out.dat"), fs::Permissions::from_mode(0o640)).unwrap();
    let run = || place.mprof(&["run", "-q", "--overwrite", "-o", "out.dat", "true"]).check(0, "");
    run();
    assert!(place.read("out.dat").starts_with("META "));
    assert_eq!(place.path("out.dat").metadata().unwrap().permissions().mode() & 0o777, 0o640);
    fs::hard_link(place.path("out.dat"), place.path("second.dat")).unwrap();
    let before = place.read("second.dat");
    run();
    assert!(place.read("second.dat") == place.read("out.dat") && place.read("second.dat") != before);
    let names = fs::read_dir(place.path(".")).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| name == "out.dat" || name == "second.dat"));
}

#[test]
fn a_reader_that_has_seen_enough() {
    let place = Place::new();
    place.mprof(&["run", "-o", "out.dat", "true"]).check(0, "");
    let line = format!("{BINARY} summary out.dat | true; {BINARY} completions bash | head -1");
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
        let line = format!("ulimit -n {n}; {BINARY} run -q -o out.dat true");
        assert_eq!(left_behind(&line), Vec::<String>::new(), "{n} descriptors");
    }
}

/// Who is killed cannot tidy up. The next one does that takes its time, but for what belongs to the living.
#[test]
fn what_a_killed_recorder_left_is_tidied_by_the_next_one() {
    let killed = format!("{BINARY} run -q -o a.dat sh -c 'kill -9 $PPID'");
    let left = left_behind(&killed);
    assert!(matches!(&left[..], [folder] if folder.starts_with("mprof-rs-")), "{left:?}");
    assert!(left_behind(&format!("{killed}; {BINARY} run -q -o b.dat sleep 1")).is_empty());
    let beside = format!(
        "{BINARY} run -q -o c.dat sh -c 'echo > begun; until [ -e over ]; do sleep 0.01; done' & \
         until [ -e begun ]; do sleep 0.01; done; {BINARY} run -q -o d.dat sleep 1; ls $TMPDIR > seen; echo > over; wait; \
         grep -q mprof-rs- seen && mkdir $TMPDIR/was-there"
    );
    assert_eq!(left_behind(&beside), ["was-there"]);
}

#[test]
fn a_recording_that_another_writer_spoils_is_not_called_whole() {
    let place = Place::new();
    for spoil in [": > out.dat", "echo more >> out.dat"] {
        let script = format!("sleep 0.3; {spoil}; sleep 0.3");
        let outcome = place.mprof(&["run", "-o", "out.dat", "sh", "-c", &script]);
        fs::remove_file(place.path("out.dat")).unwrap();
        outcome.check(125, "out.dat: the recording is not complete: somebody else wrote to it or cut it off");
        outcome.check(125, "recording out.dat (incomplete)");
    }
}

/// What has its name by then is somebody else's, and nothing to plot.
#[test]
fn a_recording_that_was_moved_is_told_of_where_it_is() {
    let place = Place::new();
    fs::create_dir(place.path("folder")).unwrap();
    let script = "sleep 0.1; mv out.dat folder/moved.dat; echo mine > out.dat; sleep 0.1";
    let outcome = place.mprof(&["run", "-o", "out.dat", "sh", "-c", script]);
    outcome.check(0, "out.dat: was moved while it was written, to folder/moved.dat");
    assert!(outcome.stderr.contains("mprof-rs plot folder/moved.dat"), "{outcome:?}");
    assert_eq!(place.read("out.dat"), "mine\n");
    place.mprof(&["peak", "folder/moved.dat"]).check(0, "");
}

#[test]
fn two_runs_do_not_record_into_one_file() {
    let place = Place::new();
    let inner = format!("{BINARY} run --overwrite -o out.dat true; echo $?");
    let outcome = place.mprof(&["run", "-o", "out.dat", "sh", "-c", &inner]);
    outcome.check(0, "out.dat: another mprof-rs records into it; choose another name");
    assert_eq!(outcome.stdout, "2\n");
    place.mprof(&["run", "-q", "--overwrite", "-o", "out.dat", "true"]).check(0, "");
}

#[test]
fn a_link_of_another_user_is_not_written_through() {
    let place = Place::new();
    place.write("precious", "CMDLINE precious\n");
    let link = |name: &str| std::os::unix::fs::symlink(place.path("precious"), place.path(name)).unwrap();
    let run = |name: &str| place.mprof(&["run", "-q", "--overwrite", "-o", name, "sh", "-c", "echo ran"]);
    link("theirs");
    if std::os::unix::fs::lchown(place.path("theirs"), Some(65534), None).is_ok() {
        let outcome = run("theirs");
        outcome.check(2, "theirs: is a link of another user (number 65534); name the file that it leads to");
        assert_eq!((outcome.stdout.as_str(), place.read("precious").as_str()), ("", "CMDLINE precious\n"));
    } else {
        eprintln!("SKIPPED: nothing can be given to another user here (it takes root)");
    }
    link("ours");
    run("ours").check(0, "");
    assert!(place.read("precious").starts_with("META "));
}

#[test]
fn no_picture_and_no_export_goes_through_a_link_of_another_user_either() {
    let place = Place::new();
    place.write("run.dat", "CMDLINE x\nMEM 1.0 1.0\nMEM 2.0 2.0\n");
    place.write("precious", "precious");
    let link = |name: &str| std::os::unix::fs::symlink(place.path("precious"), place.path(name)).unwrap();
    let writers = [&["plot"][..], &["compare"], &["export", "--format", "csv"]];
    let write = |writer: &[&str], name: &str| place.mprof(&[writer, &["run.dat", "-o", name]].concat());
    link("theirs.png");
    if std::os::unix::fs::lchown(place.path("theirs.png"), Some(65534), None).is_ok() {
        for writer in writers {
            write(writer, "theirs.png").check(2, "theirs.png: is a link of another user (number 65534)");
            assert_eq!(place.read("precious"), "precious");
        }
    } else {
        eprintln!("SKIPPED: nothing can be given to another user here (it takes root)");
    }
    link("ours.svg");
    write(writers[0], "ours.svg").check(0, "");
    assert!(place.read("precious").starts_with("<svg"));
}

/// The reader takes its time, and a pipe holds 64 KiB.
#[test]
fn a_slow_reader_of_a_pipe_gets_the_whole_recording() {
    let place = Place::new();
    let line = format!(
        "mkfifo pipe; {BINARY} run -q -o pipe true; (sleep 1.5; cat) < pipe > out.dat & sleep 0.5; \
         {BINARY} run -q -T 0.1ms -o pipe sleep 2; echo $?; wait"
    );
    let outcome = place.command("/bin/sh".as_ref(), &["-c", &line]);
    outcome.check(0, "pipe: cannot be created, so the program runs unrecorded: nobody reads from it; start its reader first");
    let file = place.read("out.dat");
    assert!(outcome.stdout == "0\n" && file.contains("\nEND ") && file.len() > 1 << 16, "{}", file.len());
}

/// Nothing is left for a signal to be passed on to: it is for us.
#[test]
fn who_waits_for_the_last_lines_is_told_and_may_leave() {
    let place = Place::new();
    assert!(Command::new("mkfifo").arg(place.path("pipe")).status().unwrap().success());
    let mut full = fs::OpenOptions::new();
    full.read(true).write(true).custom_flags(libc::O_NONBLOCK);
    let mut full = full.open(place.path("pipe")).unwrap();
    while full.write(&[0; 4096]).is_ok() {}
    let mut command = Command::new(BINARY);
    command.args(["run", "-q", "-o"]).arg(place.path("pipe")).arg("true").stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut told = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut told).unwrap();
    assert!(told.contains("the run is over, and its last lines wait to be taken"), "{told}");
    // A reader that takes something now and then is waited for as long as it likes.
    let kill = format!("kill -TERM {}", child.id());
    let mut killer = Command::new("sh").args(["-c", &kill]).spawn().unwrap();
    let ended = loop {
        let _ = full.read(&mut [0; 16]);
        let _ = full.write(&[0; 16]);
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(killer.wait().unwrap().success());
    assert_eq!(ended.signal(), Some(15));
}

#[test]
fn time_that_runs_backwards_is_told_once_by_everyone_who_reads() {
    let place = Place::new();
    place.write("back.dat", "CMDLINE x\nMEM 2.0 20.0\nMEM 3.0 10.0\nMEM 1.0 30.0\nMEM 1.0 11.0\n");
    let picture = ["plot", "-o", "x.png", "back.dat"];
    let verbs: [&[&str]; 5] = [
        &picture,
        &["compare", "back.dat"],
        &["export", "--format", "csv", "back.dat"],
        &["summary", "back.dat"],
        &["peak", "back.dat"],
    ];
    for verb in verbs {
        let outcome = place.mprof(verb);
        outcome.check(0, "back.dat:3: time runs backwards here: 2 samples are of earlier times");
        assert_eq!(outcome.stderr.matches("backwards").count(), 1, "{outcome:?}");
    }
}

/// A file system that stands still stands for a disk that others keep busy.
#[test]
fn a_disk_that_stands_still_holds_up_no_reading() {
    let place = Place::new();
    let script = format!(
        "truncate -s 32M image && mkfs.ext4 -q image && mkdir disk && mount -o loop image disk || exit 77
        trap 'fsfreeze -u disk 2>/dev/null; umount disk' EXIT
        fsfreeze -f disk && fsfreeze -u disk || exit 77
        (sleep 1.5; fsfreeze -f disk; sleep 2; fsfreeze -u disk) &
        {BINARY} run -q -T 10ms -o disk/out.dat sh -c 'i=0; while [ $i -lt 80 ]; do i=$((i+1)); sleep 0.05; done'
        wait
        cp disk/out.dat ."
    );
    let outcome = place.command("sh".as_ref(), &["-c", &script]);
    if outcome.code == 77 {
        eprintln!("SKIPPED: no file system can be mounted here (it takes root)");
        return;
    }
    outcome.check(0, "");
    let file = place.read("out.dat");
    let n_missed = file.split(" missed=").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<u64>().ok());
    // Whoever waited for it would lack two hundred. A machine that does other things may lack some.
    assert!(n_missed.is_some_and(|n| n < 150), "{file}");
}
