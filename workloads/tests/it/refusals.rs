//! Runs that cannot end well, or do not.

use std::{
    fs,
    io::Read,
    path::Path,
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use crate::run::{STORES, check_failure, example, folder, run, run_small, stderr};

/// Runs an example under a limit of the shell.
fn run_limited(limit: &str, name: &str, folder: &Path, args: &[&str]) -> Output {
    let program = example(name, folder).get_program().to_owned();
    let script = format!("{limit} && exec \"$0\" \"$@\"");
    Command::new("sh").current_dir(folder).args(["-c", &script]).arg(program).args(args).output().unwrap()
}

/// Elsewhere than on Linux the examples know of no limit but that of the disk.
fn limits_are_known() -> bool {
    Path::new("/proc/meminfo").exists()
}

#[test]
fn a_disk_that_is_too_small_is_seen_before_the_run() {
    for (name, _) in STORES {
        let folder = folder();
        let output = run(name, folder.path(), &["--depth=100000000"]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        let message = stderr(&output);
        assert!(message.starts_with(&format!("{name}: needs 1600000.0 GB of disk space")), "{message}");
        assert!(message.contains("--depth "), "{message}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn memory_that_is_too_small_is_seen_before_the_run() {
    if !limits_are_known() {
        return;
    }
    for (name, size) in [("ex1", "3200000.0"), ("ex2", "1600000.0")] {
        let output = run(name, folder().path(), &["--depth=100000000"]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(stderr(&output).starts_with(&format!("{name}: needs {size}")), "{}", stderr(&output));
    }
}

#[test]
fn the_advice_is_sound() {
    if !limits_are_known() {
        return;
    }
    let folder = folder();
    let refused = run_limited("ulimit -v 200000", "ex1", folder.path(), &["--depth=500"]);
    let message = stderr(&refused);
    assert!(
        message.contains("of address space, but only") && message.contains("left by ulimit -v"),
        "{message}"
    );
    let (_, advice) = message.split_once("; ").unwrap();
    let depth = advice.strip_suffix(" would fit\n").unwrap().replace(' ', "=");
    assert!(run_limited("ulimit -v 200000", "ex1", folder.path(), &[&depth]).status.success(), "{depth}");
}

#[test]
fn a_limit_on_files_is_seen_before_the_run() {
    if !limits_are_known() {
        return;
    }
    let folder = folder();
    for (name, _) in &STORES[..2] {
        let message = stderr(&run_limited("ulimit -f 10", name, folder.path(), &[]));
        assert!(
            message.contains("of file size, but only") && message.contains("left by ulimit -f"),
            "{message}"
        );
    }
}

#[test]
fn an_interrupted_run_leaves_nothing_unfinished() {
    for (name, file) in STORES {
        let folder = folder();
        let args = ["--depth=100000", "--rows=100", "--cols=100"];
        let mut child = example(name, folder.path()).args(args).spawn().unwrap();
        wait_for(&folder.path().join(file));
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let status = child.wait().unwrap();
        assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(2), "{name}");
        assert!(!folder.path().join(file).exists(), "{name}");
    }
}

#[test]
fn a_killed_run_leaves_nothing_that_looks_finished() {
    // The HDF5 library writes its superblock first, and what it points to last.
    for (name, file) in STORES.into_iter().skip(usize::from(cfg!(feature = "libhdf5"))) {
        let folder = folder();
        let path = folder.path().join(file);
        let args = ["--depth=100000", "--rows=100", "--cols=100"];
        let mut child = example(name, folder.path()).args(args).spawn().unwrap();
        wait_for(&path);
        child.kill().unwrap();
        child.wait().unwrap();
        let header = if name == "ex5" { path.join("zarr.json") } else { path };
        let mut start = Vec::new();
        fs::File::open(header).unwrap().take(8).read_to_end(&mut start).unwrap();
        assert!(start.iter().all(|&byte| byte == 0), "{name} {start:?}");
        assert!(run_small(name, folder.path(), &[]).status.success(), "{name}");
    }
}

/// Waits until the run has made its output, and a little longer, so that it is in the midst of its slices.
fn wait_for(path: &Path) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !path.exists() && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
    thread::sleep(Duration::from_millis(50));
}

#[test]
fn a_full_stdout_is_a_failure() {
    let Ok(full) = fs::File::options().write(true).open("/dev/full") else { return };
    let args = ["--depth=1", "--rows=1", "--cols=1"];
    let output = example("ex1", folder().path()).args(args).stdout(full).output().unwrap();
    check_failure(&output, "ex1: cannot print the results: No space left on device (os error 28)\n");
}
