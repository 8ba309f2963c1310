//! What programs of all kinds write to the channel. Each is this program again, in a process of its own, since whether
//! anybody records is looked up once in a process.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![expect(unsafe_code, reason = "fork, and a FIFO")]

use std::collections::HashSet;
use std::ffi::CString;
use std::fs::{self, File};
use std::io::{BufRead, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A program, and what its lines must be: verb, task and name, without those of a time and a process.
type Case = (&'static str, fn(), &'static [&'static str]);

const CASES: [Case; 8] = [
    (
        "nested",
        nested,
        &[
            "enter 1 outer",
            "enter 1 inner",
            "mark 1 half way",
            "leave 1 inner",
            "fact 1 n_bytes 12",
            "leave 1 outer",
        ],
    ),
    (
        "threads",
        threads,
        &["enter 1 main", "enter 2 other", "leave 2 other", "enter 1 moved", "leave 1 moved", "leave 1 main"],
    ),
    (
        "panics",
        panics,
        &["enter 1 fails", "enter 1 within", "leave 1 within", "leave 1 fails", "mark 1 after"],
    ),
    ("forks", forks, &["enter 1 shared", "enter 1 of the child", "leave 1 of the child", "leave 1 shared"]),
    ("closes", closes, &["mark 1 before", "mark 1 after"]),
    ("loses", loses, &["lost 1 40", "mark 1 again"]),
    ("removes", removes, &["enter 1 before"]),
    ("together", together, &["mark * all at once"; N_TOGETHER]),
];

/// Threads that tell something at one moment.
const N_TOGETHER: usize = 16;

fn main() {
    if let Some(name) = std::env::args().nth(1).filter(|name| CASES.iter().any(|case| case.0 == name)) {
        let (_, program, _) = CASES.into_iter().find(|case| case.0 == name).unwrap();
        return program();
    }
    for (name, _, expected) in CASES {
        check(name, expected);
    }
    only_a_pipe_is_written_to();
    a_channel_that_is_gone_is_no_error();
    println!("{} programs told what they should", CASES.len());
}

fn nested() {
    let _outer = mprof_phases::phase("outer");
    {
        let _inner = mprof_phases::phase("inner");
        mprof_phases::event("half\nway");
    }
    mprof_phases::fact("n bytes", 12);
}

fn threads() {
    let _main = mprof_phases::phase("main");
    std::thread::spawn(|| drop(mprof_phases::phase("other"))).join().unwrap();
    let moved = mprof_phases::phase("moved");
    std::thread::spawn(|| drop(moved)).join().unwrap();
}

fn panics() {
    std::panic::set_hook(Box::new(|_| {}));
    let outcome = std::panic::catch_unwind(|| {
        let _fails = mprof_phases::phase("fails");
        let _within = mprof_phases::phase("within");
        panic!("as it must");
    });
    assert!(outcome.is_err());
    mprof_phases::event("after");
}

fn forks() {
    let shared = mprof_phases::phase("shared");
    // SAFETY: this process has one thread.
    let child = unsafe { libc::fork() };
    if child == 0 {
        drop(mprof_phases::phase("of the child"));
        // The phase is the parent's: for the child it does not end.
        drop(shared);
        return;
    }
    let mut status = 0;
    // SAFETY: the pointer lives through the call.
    unsafe { libc::waitpid(child, &raw mut status, 0) };
}

/// As daemons do. What is opened next must not be taken for the channel.
fn closes() {
    mprof_phases::event("before");
    // SAFETY: nothing here uses a descriptor beyond the standard streams.
    (3..64).for_each(|fd| unsafe { _ = libc::close(fd) });
    let path = std::env::temp_dir().join(format!("mprof-phases-test-{}", std::process::id()));
    let file = File::create_new(&path).unwrap();
    mprof_phases::event("after");
    assert_eq!(file.metadata().unwrap().len(), 0);
    fs::remove_file(path).unwrap();
}

/// Tells more than the channel holds, and goes on when there is room again. What is told first is read away.
fn loses() {
    let path = std::env::var_os("MPROF_RS_PHASES").unwrap();
    let mut filler = open(path.as_ref());
    while filler.write(&[b'x'; 512]).is_ok() {}
    (0..40).for_each(|_| mprof_phases::event("too much"));
    println!("full");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    mprof_phases::event("again");
}

/// Takes the channel away, which is its own loss.
fn removes() {
    let _before = mprof_phases::phase("before");
    fs::remove_file(std::env::var_os("MPROF_RS_PHASES").unwrap()).unwrap();
    mprof_phases::event("after");
}

/// None may miss that somebody records while another finds out.
fn together() {
    let barrier = std::sync::Barrier::new(N_TOGETHER);
    let tell = || {
        barrier.wait();
        mprof_phases::event("all at once");
    };
    std::thread::scope(|scope| (0..N_TOGETHER).for_each(|_| _ = scope.spawn(tell)));
}

/// Runs a program, and holds what it wrote against what it should.
#[track_caller]
fn check(name: &str, expected: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("phases");
    make_fifo(&path);
    let mut fifo = open(&path);
    let mut child = start(name, &path);
    if name == "loses" {
        let mut full = String::new();
        std::io::BufReader::new(child.stdout.take().unwrap()).read_line(&mut full).unwrap();
        read(&mut fifo);
        writeln!(child.stdin.take().unwrap()).unwrap();
    }
    assert!(child.wait().unwrap().success(), "{name}");
    let text = read(&mut fifo);
    let mut told = told(&text, child.id());
    if name == "together" {
        // Threads have no order, and each has a word of its own.
        let tasks: HashSet<String> = told.iter().map(|line| line.split(' ').nth(1).unwrap().into()).collect();
        assert_eq!(tasks.len(), N_TOGETHER, "{text}");
        told.iter_mut().for_each(|line| *line = line.replace(line.split(' ').nth(1).unwrap(), "*"));
    } else {
        assert!(times(&text).is_sorted(), "{text}");
    }
    assert_eq!(told, expected, "{name}");
}

/// The lines without their times and processes, of which all but a child are `pid`.
fn told(text: &str, pid: u32) -> Vec<String> {
    let line = |line: &str| {
        let [verb, _, of, rest] = line.splitn(4, ' ').collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(of == pid.to_string(), !line.contains("of the child"), "{text}");
        format!("{verb} {rest}")
    };
    text.lines().map(line).collect()
}

fn times(text: &str) -> Vec<u64> {
    text.lines().map(|line| line.split(' ').nth(1).unwrap().parse().unwrap()).collect()
}

fn only_a_pipe_is_written_to() {
    let file = tempfile::NamedTempFile::new().unwrap();
    assert!(start("nested", file.path()).wait().unwrap().success());
    assert_eq!(file.as_file().metadata().unwrap().len(), 0);
}

fn a_channel_that_is_gone_is_no_error() {
    assert!(start("nested", Path::new("/no/such/folder/phases")).wait().unwrap().success());
}

fn start(name: &str, path: &Path) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.arg(name).env("MPROF_RS_PHASES", path).stdin(Stdio::piped()).stdout(Stdio::piped());
    command.spawn().unwrap()
}

fn make_fifo(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: the string ends with a zero and lives through the call.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0);
}

fn open(path: &Path) -> File {
    File::options().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(path).unwrap()
}

/// Everything that is in the FIFO.
fn read(fifo: &mut File) -> String {
    let (mut all, mut part) = (Vec::new(), [0; 4096]);
    while let Ok(n) = fifo.read(&mut part) {
        all.extend_from_slice(&part[..n]);
    }
    String::from_utf8(all).unwrap()
}
