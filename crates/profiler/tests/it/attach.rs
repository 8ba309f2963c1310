//! `mprof-rs attach`: a program that runs already is read, and otherwise left alone.

use std::process::{Command, Stdio};

use crate::harness::{BINARY, Place};
use crate::signals::Typist;

#[test]
fn the_end_of_the_program_is_the_end_of_the_recording() {
    let place = Place::new();
    let mut child = Command::new("sleep").arg("0.4").spawn().unwrap();
    // The arguments can be read a moment after exec.
    while std::fs::read(format!("/proc/{}/cmdline", child.id())).is_ok_and(|text| text.is_empty()) {}
    let outcome = place.mprof(&["attach", "-T", "5ms", "-o", "out.dat", &child.id().to_string()]);
    assert!(child.wait().unwrap().success());
    outcome.check(0, "· sleep 0.4\nmprof-rs: sleep 0.4 · ended after");
    let file = place.read("out.dat");
    assert!(
        file.contains("META attached ") && file.contains("\nLEFT ") && file.contains(" how=exit "),
        "{file}"
    );
}

#[test]
fn of_several_of_a_name_it_is_one_that_lives() {
    let place = Place::new();
    let path = place.path("mprof-rs-namesake");
    std::os::unix::fs::symlink("/bin/sleep", &path).unwrap();
    // Until it is waited for, it keeps its number and its name.
    let mut ended = Command::new(&path).arg("0").spawn().unwrap();
    let mut alive = Command::new(&path).arg("60").spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let outcome = place.mprof(&["attach", "-t", "0.1", "-o", "out.dat", "mprof-rs-namesa"]);
    alive.kill().unwrap();
    alive.wait().unwrap();
    ended.wait().unwrap();
    outcome.check(0, &format!("attached to {}", alive.id()));
}

#[test]
fn the_end_of_the_time_leaves_the_program_alone() {
    let place = Place::new();
    let mut child = Command::new("sleep").arg("30").spawn().unwrap();
    let outcome = place.mprof(&["attach", "--timeout", "0.1", "-o", "out.dat", &child.id().to_string()]);
    let is_running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    outcome.check(0, "timeout, left running after");
    assert!(is_running);
    assert!(!place.read("out.dat").contains("\nLEFT "));
}

/// At a terminal it says each second what there is, in one line, which is gone at the end.
#[test]
fn who_attaches_at_a_terminal_sees_what_the_program_holds() {
    let place = Place::new();
    let quiet = || Command::new("sleep").arg("60").stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let mut child = quiet().unwrap();
    let script = format!("echo ready; stty cols 100; exec '{BINARY}' attach -o out.dat {}", child.id());
    let mut typist = Typist::sit_before(&place, &["env", "TERM=xterm", "NO_COLOR=1", "sh", "-c", &script]);
    typist.wait_until(|it| it.shown().matches("\x1b[K").count() >= 2);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(typist.child.wait().unwrap().success(), "{}", typist.shown());
    typist.wait_until(|it| it.shown().contains("  recording "));
    let shown = typist.shown();
    let lines: Vec<_> = shown.split("\r\x1b[K").collect();
    assert!(lines[0].ends_with("· sleep 60\r\n"), "{shown:?}");
    let [seconds, now, highest] = lines[1].split(" · ").collect::<Vec<_>>()[..] else { panic!("{shown:?}") };
    assert!(seconds.ends_with(" s") && now.starts_with("RSS "), "{shown:?}");
    assert_eq!(now.replace("RSS", "highest sample"), highest, "{shown:?}");
    assert!(lines.last().unwrap().starts_with("mprof-rs: sleep 60 · ended after "), "{shown:?}");
}

#[test]
fn a_process_that_is_not_there() {
    let place = Place::new();
    place.mprof(&["attach", "4294967295"]).check(3, "4294967295: no such process");
    place.mprof(&["attach", "no-such-name"]).check(3, "no-such-name: no such process");
    assert!(place.files().is_empty());
}

/// This thread is one of the test's process, and the recorder comes of it: neither is a process of its own.
#[test]
fn a_thread_means_its_process_and_the_recorder_is_no_part_of_it() {
    let place = Place::new();
    let thread = std::fs::read_link("/proc/thread-self").unwrap();
    let thread = thread.file_name().unwrap().to_str().unwrap();
    let process = std::process::id();
    let outcome = place.mprof(&["attach", "-T", "2ms", "--timeout", "0.3", "-o", "out.dat", thread]);
    outcome.check(0, &format!("attached to {process}, of which {thread} is a thread · "));
    outcome.check(0, "timeout, left running after");
    let file = place.read("out.dat");
    let ours = file.lines().filter(|line| line.starts_with("PROC ") && line.contains("mprof-"));
    // A test beside this one may record as well, at the same time.
    assert_eq!(ours.filter(|line| line.ends_with("\"mprof-sentinel\"")).count(), 0, "{file}");
}

#[test]
fn what_has_no_memory_to_record_is_refused_in_words() {
    let place = Place::new();
    place.mprof(&["attach", "+5"]).check(3, "+5: no such process");
    let mut child = Command::new("true").spawn().unwrap();
    let number = child.id().to_string();
    while !std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap().contains(") Z ") {}
    place.mprof(&["attach", &number]).check(3, &format!("{number}: has just ended"));
    child.wait().unwrap();
    if std::fs::read_to_string("/proc/2/comm").is_ok_and(|name| name == "kthreadd\n") {
        place.mprof(&["attach", "2"]).check(1, "2: is a thread of the kernel");
    }
    assert!(place.files().is_empty());
}
