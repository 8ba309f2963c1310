//! One case on stage: a folder made anew, `mprof` on the path, and what came of the line.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{Place, fixture};

/// What is in the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    /// Nothing.
    Bare,
    /// Three recordings of default names, two others, an empty one, and what is no recording.
    Runs,
}

/// What can differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Aspect {
    /// The exit code.
    Exit,
    /// What was printed on stdout.
    Stdout,
    /// The names of the files that there are then, and what mprof sees of a recording: its command, and which kinds of
    /// lines there are.
    Files,
    /// Whether Python printed a traceback.
    Crash,
}

/// What came of a line, without what differs from one run to the next.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) exit: i32,
    pub(super) stdout: String,
    pub(super) files: Vec<String>,
    pub(super) has_crashed: bool,
    /// For the report of a failure alone.
    pub(super) stderr: String,
}

impl Aspect {
    pub(super) const ALL: [Self; 4] = [Self::Exit, Self::Stdout, Self::Files, Self::Crash];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Exit => "exit",
            Self::Stdout => "stdout",
            Self::Files => "files",
            Self::Crash => "crash",
        }
    }

    pub(super) fn differs(self, a: &Outcome, b: &Outcome) -> bool {
        match self {
            Self::Exit => a.exit != b.exit,
            Self::Stdout => a.stdout != b.stdout,
            Self::Files => a.files != b.files,
            Self::Crash => a.has_crashed != b.has_crashed,
        }
    }
}

/// A folder in which `mprof` is the program at a path, whichever that is.
pub(super) fn path_with(mprof: &Path) -> Place {
    let place = Place::new();
    std::os::unix::fs::symlink(mprof, place.path("mprof")).unwrap();
    place
}

/// Plays a line in a folder of its own.
pub(super) fn play(bin: &Path, home: &Path, folder: Folder, line: &str) -> Outcome {
    let place = Place::new();
    if folder == Folder::Runs {
        fill(&place);
    }
    let mut command = Command::new("/bin/sh");
    command.args(["-c", line]).current_dir(place.path("")).stdin(Stdio::null());
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", bin.display()));
    command
        .envs([("HOME", home), ("MPLCONFIGDIR", home)])
        .envs([("MPLBACKEND", "Agg"), ("LC_ALL", "C.UTF-8")]);
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    Outcome {
        exit: output.status.code().unwrap_or(-1),
        stdout: without_time(&String::from_utf8_lossy(&output.stdout)),
        files: place.files().iter().map(|name| seen(&place, name)).collect(),
        has_crashed: stderr.contains("Traceback (most recent call last)"),
        stderr,
    }
}

fn fill(place: &Place) {
    let copies = [
        ("nested.dat", "mprofile_20010203040506.dat"),
        ("pool_multiprocess.dat", "mprofile_20020304050607.dat"),
        ("plain_cmd.dat", "mprofile_20031231235959.dat"),
        ("attach.dat", "named.dat"),
    ];
    for (from, to) in copies {
        fs::copy(fixture(from), place.path(to)).unwrap();
    }
    place.write("empty.dat", "");
    place.write("notes.txt", "precious\n");
    place.write("ours.dat", OURS);
    fs::create_dir(place.path("folder")).unwrap();
}

/// A spike between two samples, which the kernel's mark knows.
const OURS: &str = "\
META format mprof-rs 1
META start 1000.000000000
META recorder \"mprof-rs 0.1.0\"
CMDLINE spike
ROOT 7 1000.000000000 - \"spike\"
MEM 2.000000 1000.100000000 hwm=2097152
MEM 3.000000 1000.200000000 hwm=104857600
LEFT 7 1000.300000000 exit=0 maxrss=104857600
END 1000.300000000 how=exit samples=2 missed=0 late=0 unread=0
";

/// A file as mprof sees it.
fn seen(place: &Place, name: &str) -> String {
    let shown = without_time(name);
    let text = fs::read(place.path(name)).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    if !name.ends_with(".dat") || !text.contains("MEM ") {
        return shown;
    }
    let command = text.lines().find_map(|line| line.strip_prefix("CMDLINE ")).unwrap_or("none");
    let has = |tag: &str| text.lines().any(|line| line.starts_with(tag));
    let tags: Vec<&str> = ["MEM ", "CHLD ", "FUNC "].into_iter().filter(|tag| has(tag)).collect();
    format!("{shown}: {command}: {}", tags.concat())
}

/// Replaces the time in default names of this century's later years, which no file of [`fill`] has.
fn without_time(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(idx) = rest.find("mprofile_202") {
        let (before, name) = rest.split_at(idx);
        let (stem, after) = name.split_at("mprofile_".len());
        let digits = after.bytes().take_while(u8::is_ascii_digit).count().min(14);
        out.extend([before, stem, "<time>"]);
        rest = &after[digits..];
    }
    out + rest
}
