//! `run --mark-on`: marks of lines that are printed, with every byte and its order as without, and handed on before the
//! next is printed.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::harness::{BINARY, Outcome, Place};
use mprof_recording::Recording;

/// Runs a shell script, with marks on an expression.
fn run(place: &Place, expression: &str, script: &str) -> Outcome {
    place.mprof(&["run", "-q", "--overwrite", "-o", "out.dat", "--mark-on", expression, "sh", "-c", script])
}

/// Runs a shell command in which `us` begins one of ours.
fn shell(place: &Place, script: &str) -> Outcome {
    let us = format!("us() {{ '{BINARY}' run -q --overwrite -o out.dat \"$@\"; }}\n{script}");
    place.command("/bin/sh".as_ref(), &["-c", &us])
}

fn recording(place: &Place) -> Recording {
    mprof_recording::dat::read(&fs::read(place.path("out.dat")).unwrap()[..]).unwrap().recording
}

/// Stream and name of every mark.
fn marks(place: &Place) -> Vec<(String, String)> {
    let recording = recording(place);
    let root = recording.root().unwrap().pid;
    assert!(recording.moments.iter().all(|it| Some(it.caller.pid) == root));
    assert!(recording.moments.is_sorted_by_key(|it| it.at_ns));
    recording.moments.into_iter().map(|it| (it.caller.task, it.name)).collect()
}

#[track_caller]
fn check_marks(place: &Place, expected: &[(&str, &str)]) {
    let marks = marks(place);
    let marks: Vec<_> = marks.iter().map(|(stream, name)| (stream.as_str(), name.as_str())).collect();
    assert_eq!(marks, expected);
}

/// A program with which we talk: it prints when it is told to.
struct Talk {
    us: Child,
    tell: ChildStdin,
    heard: BufReader<ChildStdout>,
}

impl Talk {
    fn begin(place: &Place, script: &str) -> Self {
        let mut command = Command::new(BINARY);
        command.args(["run", "-q", "-o"]).arg(place.path("out.dat")).args(["--mark-on", "."]);
        command.args(["sh", "-c", script]).current_dir(place.path("."));
        let mut us = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (tell, heard) = (us.stdin.take().unwrap(), BufReader::new(us.stdout.take().unwrap()));
        Self { us, tell, heard }
    }

    fn go_on(&mut self) {
        self.tell.write_all(b"go on\n").unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.heard.read_line(&mut line).unwrap();
        line
    }
}

#[test]
fn lines_of_both_streams_make_marks_that_are_shown() {
    let place = Place::new();
    let script = "echo epoch 1; sleep 0.1; echo epoch 2 >&2; sleep 0.1; printf 'epoch 3'; exit 3";
    let outcome = run(&place, "epoch ([0-9])", script);
    assert_eq!(
        (outcome.code, outcome.stdout.as_str(), outcome.stderr.as_str()),
        (3, "epoch 1\nepoch 3", "epoch 2\n")
    );
    check_marks(&place, &[("stdout", "1"), ("stderr", "2"), ("stdout", "3")]);
    let text = place.read("out.dat");
    assert!(text.contains("\nMARK ") && text.contains(" \"stderr\" \"2\"\n"), "{text}");
    let run = ["run", "-q", "-o", "two.dat", "--mark-on", "nothing", "--mark-on", "(?P<name>loaded)"];
    place.mprof(&[&run[..], &["sh", "-c", "echo loaded; sleep 0.2; kill -9 $$"]].concat()).check(137, "");
    place.mprof(&["plot", "two.dat", "-o", "two.svg"]).check(0, "");
    assert!(place.read("two.svg").contains(">loaded<"));
}

#[test]
fn what_cannot_be_done_is_refused_before_anything_starts() {
    let place = Place::new();
    let touch = ["touch", "started"];
    for (expression, why) in
        [("(", "unclosed group"), (" ", "more than blanks"), ("a{99999999}", "size limit")]
    {
        place.mprof(&[&["run", "--mark-on", expression][..], &touch].concat()).check(2, why);
    }
    place.mprof(&["run", "--mark-on", "x", "--attach", "1"]).check(2, "--mark-on: what a program prints");
    assert_eq!(place.files(), [""; 0]);
}

#[test]
fn each_line_is_handed_on_before_the_next_is_printed() {
    let place = Place::new();
    let mut talk = Talk::begin(&place, "echo one; read x; printf two; read x; echo three");
    assert_eq!(talk.line(), "one\n");
    talk.go_on();
    let mut two = [0; 3];
    talk.heard.read_exact(&mut two).unwrap();
    assert_eq!(&two, b"two");
    talk.go_on();
    assert_eq!((talk.line(), talk.line()), ("three\n".to_owned(), String::new()));
    assert!(talk.us.wait().unwrap().success());
}

#[test]
fn a_recorder_that_is_killed_costs_no_byte_and_no_program() {
    let place = Place::new();
    let mut talk = Talk::begin(&place, "echo one; read x; seq 100000; echo end >&2; echo whole > ended");
    assert_eq!(talk.line(), "one\n");
    talk.us.kill().unwrap();
    talk.us.wait().unwrap();
    talk.go_on();
    let mut rest = String::new();
    talk.heard.read_to_string(&mut rest).unwrap();
    let expected: String = (1..=100_000).map(|n| format!("{n}\n")).collect();
    assert!(rest == expected, "{} bytes of {}", rest.len(), expected.len());
    // The program closes its stdout before it has written the file to its end.
    while !fs::read_to_string(place.path("ended")).is_ok_and(|text| text == "whole\n") {
        std::thread::yield_now();
    }
}

#[test]
fn the_program_is_told_when_nobody_reads() {
    let place = Place::new();
    let mut talk = Talk::begin(&place, "exec yes");
    assert_eq!(talk.line(), "y\n");
    let Talk { mut us, heard, .. } = talk;
    drop(heard);
    assert_eq!(us.wait().unwrap().code(), Some(128 + 13));
}

#[test]
fn two_streams_into_one_pipe_keep_their_order() {
    let place = Place::new();
    let script = "us --mark-on 'o 9.$' sh -c \
        'i=0; while [ $i -lt 100 ]; do echo o $i; echo e $i >&2; i=$((i+1)); done' 2>&1 | cat";
    let expected: String = (0..100).map(|n| format!("o {n}\ne {n}\n")).collect();
    assert_eq!(shell(&place, script).stdout, expected);
    assert_eq!(marks(&place).len(), 10);
}

#[test]
fn any_bytes_come_through_and_a_flood_is_counted() {
    let place = Place::new();
    let noise = |n: u32| (0..n).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8);
    let lines = (0..150_000).flat_map(|i| format!("{i}\n").into_bytes());
    let bytes: Vec<u8> =
        noise(300_000).chain(vec![b'x'; 200_000]).chain(b"\nflood\n".to_vec()).chain(lines).collect();
    place.write("in", &bytes);
    let place_of = |name| place.path(name).into_os_string();
    let mut command = Command::new(BINARY);
    command.args(["run", "--overwrite", "-o"]).arg(place_of("out.dat")).args(["--mark-on", "^\\d+$", "cat"]);
    let output = command.arg(place_of("in")).output().unwrap();
    assert!(output.stdout == bytes, "{} bytes of {}", output.stdout.len(), bytes.len());
    let account = String::from_utf8_lossy(&output.stderr);
    let n_marks = marks(&place).len();
    assert!((1000..=100_000).contains(&n_marks), "{n_marks}");
    let number_before = |what: &str| {
        let before = account.split(what).next().filter(|_| account.contains(what))?;
        before.rsplit([' ', ';']).next()?.parse::<usize>().ok()
    };
    let n_not_kept = number_before(" calls and marks beyond").unwrap_or(0);
    let n_untold = number_before(" lines that their writers").unwrap_or(0);
    assert!(n_marks + n_not_kept + n_untold >= 150_000, "{n_marks} {account}");
}

#[test]
fn a_file_is_not_touched() {
    let place = Place::new();
    place.write("log", "mark 0 of before\n");
    let script = "us --mark-on 'mark .' sh -c 'readlink /proc/$$/fd/1; echo mark 1; sleep 0.2; echo mark 2 >&2' \
        >> log 2>&1; us --mark-on 'mark .' sh -c 'echo mark 3' 1<> new";
    place.write("new", "mark 8\nmark 9\n");
    assert_eq!(shell(&place, script).code, 0);
    let log = fs::canonicalize(place.path("log")).unwrap();
    assert_eq!(place.read("log"), format!("mark 0 of before\n{}\nmark 1\nmark 2\n", log.display()));
    // The program writes where the descriptor stands.
    assert_eq!(place.read("new"), "mark 3\nmark 9\n");
    let log = "us --mark-on 'mark .' sh -c 'echo mark 1; sleep 0.2; echo mark 2 >&2' >> log 2>&1";
    shell(&place, log);
    check_marks(&place, &[("stdout", "mark 1"), ("stdout", "mark 2")]);
}

#[test]
fn who_stays_behind_keeps_the_pipe_and_not_us() {
    let place = Place::new();
    let make = Command::new("mkfifo").arg(place.path("late")).status().unwrap();
    assert!(make.success());
    let mut talk = Talk::begin(&place, "(read x < late; echo late) & echo soon");
    assert_eq!(talk.line(), "soon\n");
    assert!(talk.us.wait().unwrap().success());
    check_marks(&place, &[("stdout", "s")]);
    File::options().write(true).open(place.path("late")).unwrap().write_all(b"x\n").unwrap();
    assert_eq!((talk.line(), talk.line()), ("late\n".to_owned(), String::new()));
}

#[test]
fn other_ways_to_record_mark_as_well() {
    let place = Place::new();
    place.write("script.py", "import sys\nprint('epoch', 1)\nprint('epoch 2', file=sys.stderr)\n");
    for options in [&["--exact"][..], &["--interval-peaks"], &["--compat"], &["--timeout", "1min"]] {
        let run = ["run", "-q", "--overwrite", "-o", "out.dat", "--mark-on", "epoch ."];
        let outcome = place.mprof(&[&run[..], options, &["python3", "script.py"]].concat());
        assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "epoch 1\n"), "{outcome:?}");
        let mut marks = marks(&place);
        marks.sort();
        let expected = [("stderr", "epoch 2"), ("stdout", "epoch 1")];
        assert_eq!(marks, expected.map(|(stream, name)| (stream.to_owned(), name.to_owned())));
    }
}
