//! Want: of memory, where the kernel kills, and of descriptors, where not everyone can be read.

use std::fs;
use std::io;
use std::path::PathBuf;

use crate::recorded::{ORACLE, record_by};

const LIMIT_MIB: u64 = 64;

/// A cgroup of our own with a limit, removed when it is dropped.
struct Cgroup(PathBuf);

impl Cgroup {
    /// Makes one where the machine allows. Where it does not, that is said.
    fn new(name: &str) -> Option<Self> {
        let limits = [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")];
        let made = limits.into_iter().find_map(|(root, file)| Self::below(root, file, name).ok());
        if made.is_none() {
            eprintln!("SKIPPED: no cgroup with a limit of memory can be made here (it takes root)");
        }
        made
    }

    fn below(root: &str, file: &str, name: &str) -> io::Result<Self> {
        let cgroup = Self(PathBuf::from(root).join(format!("mprof-rs-test-{name}-{}", std::process::id())));
        fs::create_dir(&cgroup.0)?;
        // What is written must be an existing file: in a folder that is no cgroup it would be made.
        let mut limit = fs::File::options().write(true).open(cgroup.0.join(file))?;
        io::Write::write_all(&mut limit, (LIMIT_MIB << 20).to_string().as_bytes())?;
        Ok(cgroup)
    }

    /// Words before a command that put it into the cgroup.
    fn enter(&self) -> [String; 4] {
        let line = format!("echo $$ > {}/cgroup.procs; exec \"$@\"", self.0.display());
        ["sh".into(), "-c".into(), line, "sh".into()]
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        // Those who were in it are dead; the kernel may take a moment to see that.
        let is_gone = || fs::remove_dir(&self.0).is_ok();
        (0..100).any(|_| {
            is_gone() || {
                std::thread::sleep(std::time::Duration::from_millis(20));
                false
            }
        });
    }
}

/// A recorder in a cgroup, and the folder of the cgroup.
fn record_within(name: &str, command: &[&str]) -> Option<(serde_json::Value, String)> {
    let cgroup = Cgroup::new(name)?;
    let enter = cgroup.enter();
    let before: Vec<&str> = enter.iter().map(String::as_str).collect();
    let answer = record_by(&before, &[], command);
    Some((answer, cgroup.0.display().to_string()))
}

#[test]
fn a_program_that_is_killed_for_its_memory_says_so_with_the_limit() {
    let Some((answer, folder)) = record_within("root", &[ORACLE, "ramp", "256", "64", "1"]) else { return };
    assert_eq!(
        (&answer["ended_by"], &answer["exit_signal"]),
        (&"out_of_memory".into(), &9.into()),
        "{answer:#}"
    );
    let expected = format!("cgroup limit 64.00 MiB of {folder}; the program was killed");
    assert_eq!(answer["out_of_memory"], expected.as_str(), "{answer:#}");
}

#[test]
fn a_child_that_is_killed_for_its_memory_is_told_of_too() {
    let script = format!("{ORACLE} ramp 256 64 1; exit 3");
    let Some((answer, _)) = record_within("child", &["sh", "-c", &script]) else { return };
    assert_eq!((&answer["ended_by"], &answer["exit_code"]), (&"exit".into(), &3.into()), "{answer:#}");
    let text = answer["out_of_memory"].as_str().unwrap();
    // Whose they were is left open when the kernel is not through with the dead at the end of the run.
    let is_known = text.ends_with("; 1 of the run's processes was killed");
    let is_open = text.contains("; 1 killed beside or in the run");
    assert!(text.starts_with("cgroup limit 64.00 MiB of ") && (is_known || is_open), "{text}");
}

/// Somebody beside us takes all there is and is killed for it, and then a person kills the program.
#[test]
fn a_program_that_a_person_killed_is_not_called_out_of_memory_for_a_stranger() {
    let Some(cgroup) = Cgroup::new("beside") else { return };
    let folder = cgroup.0.display();
    let flag = std::env::temp_dir().join(format!("oracle-beside-{}", std::process::id()));
    let flag = flag.display();
    let enter = format!(
        "echo $$ > {folder}/cgroup.procs; (until [ -e {flag} ]; do sleep 0.05; done; exec {ORACLE} ramp 256 64 1) & exec \"$@\""
    );
    let was_killed =
        format!("cat {folder}/memory.events {folder}/memory.oom_control | grep -q 'oom_kill [1-9]'");
    let script =
        format!("sleep 1; : > {flag}; until {was_killed}; do sleep 0.05; done 2> /dev/null; kill -9 $$");
    let answer = record_by(&["sh", "-c", &enter, "sh"], &[], &["sh", "-c", &script]);
    fs::remove_file(flag.to_string()).unwrap();
    assert_eq!((&answer["ended_by"], &answer["exit_signal"]), (&"exit".into(), &9.into()), "{answer:#}");
    let text = answer["out_of_memory"].as_str().unwrap();
    assert!(text.ends_with("whether that was for its memory is not known"), "{text}");
}

/// The cgroup counts what no resident set does, so that its peak is a figure of its own.
#[test]
fn the_peak_of_a_cgroup_that_is_ours_alone_stands_apart() {
    let Some((answer, _)) = record_within("peak", &[ORACLE, "ramp", "32", "8", "10"]) else { return };
    let peak_bytes = answer["cgroup_peak_bytes"].as_u64().unwrap();
    assert!((32 << 20..=LIMIT_MIB << 20).contains(&peak_bytes), "{answer:#}");
    assert!(answer["out_of_memory"].is_null(), "{answer:#}");
    assert!(answer["peak_bytes"] != answer["cgroup_peak_bytes"], "{answer:#}");
}

#[test]
fn in_a_cgroup_with_others_its_peak_says_nothing() {
    let answer = record_by(&[], &[], &[ORACLE, "ramp", "16", "4", "1"]);
    assert!(answer["cgroup_peak_bytes"].is_null(), "the test itself is in that cgroup: {answer:#}");
}

#[test]
fn a_sum_that_lacks_living_processes_is_not_called_a_bound() {
    // Some for what is there anyway, and up to two for each process.
    let few = ["sh", "-c", "ulimit -n 24; exec \"$@\"", "sh"];
    let answer = record_by(&few, &[], &[ORACLE, "private", "4", "40", "600"]);
    assert_eq!(answer["peak_kind"], "sum_of_some", "{answer:#}");
    assert!(answer["n_unreadable"].as_u64().unwrap() > 0, "{answer:#}");
    // Whose mark cannot be begun anew for want of descriptors is told of as well.
    let is_kept = |text: &serde_json::Value| text.as_str().unwrap().contains("or of descriptors, and are of");
    // A process takes three, of which its mark takes two: with one of these limits they end between them.
    let lacks_for_mark = |n: u64| {
        let limited = ["sh", "-c", &format!("ulimit -n {n}; exec \"$@\""), "sh"];
        let answer = record_by(&limited, &["--interval-peaks"], &[ORACLE, "private", "4", "40", "600"]);
        answer["warnings"].as_array().unwrap().iter().any(is_kept)
    };
    assert!((24..27).any(lacks_for_mark));
    // Who could not be opened was stopped at its exit all the same.
    let answer = record_by(&few, &["--exact"], &[ORACLE, "private", "4", "40", "600"]);
    assert_eq!(answer["warnings"].as_array().map(Vec::len), Some(0), "{answer:#}");
    let answer = record_by(&[], &[], &[ORACLE, "private", "4", "40", "600"]);
    assert_eq!(
        (&answer["peak_kind"], &answer["n_unreadable"]),
        (&"sum_as_seen".into(), &0.into()),
        "{answer:#}"
    );
}
