//! The real mprof 0.61 on our files, and ours on what it writes now.
//!
//! These run where `MPROF_RS_PYTHON` names a Python with memory_profiler and matplotlib, as `scripts/check` sets
//! it up. Elsewhere they say that they were skipped.

use std::path::{Path, PathBuf};

use crate::harness::{Outcome, Place, fixture};

/// The Python with the real mprof.
pub(crate) fn python() -> Option<PathBuf> {
    let python = std::env::var_os("MPROF_RS_PYTHON").map(PathBuf::from);
    if python.is_none() {
        eprintln!("skipped: MPROF_RS_PYTHON names no Python with memory_profiler");
    }
    python
}

fn mprof(place: &Place, python: &Path, args: &[&str]) -> Outcome {
    let outcome = place.command(python, &[&["-m", "mprof"], args].concat());
    assert_eq!(outcome.code, 0, "{outcome:#?}");
    outcome
}

#[test]
fn mprof_reads_our_files() {
    let Some(python) = python() else { return };
    let place = Place::new();
    let script = "x=$(head -c 30000000 /dev/zero | tr '\\0' x); sleep 0.2";
    place.mprof(&["run", "-q", "-o", "ours.dat", "sh", "-c", script]).check(0, "");
    let summary = place.mprof(&["summary", "--json", "ours.dat"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let highest_mib = json["root_highest_sample_bytes"].as_f64().unwrap() / f64::from(1 << 20);
    let printed = mprof(&place, &python, &["peak", "ours.dat"]).stdout;
    assert_eq!(printed.lines().next(), Some(format!("ours.dat\t{highest_mib:.3} MiB").as_str()));
    let n_children =
        json["processes"].as_array().unwrap().iter().skip(1).filter(|it| it["n_samples"] != 0).count();
    assert_eq!(printed.lines().filter(|line| line.starts_with("  Child ")).count(), n_children);
    mprof(&place, &python, &["plot", "-o", "theirs.png", "ours.dat"]);
    assert!(std::fs::metadata(place.path("theirs.png")).unwrap().len() > 5000);
}

#[test]
fn scripts_import_from_our_module_what_they_do_from_mprofs() {
    let Some(python) = python() else { return };
    let place = Place::new();
    place.mprof(&["run", "-q", "-o", "ours.dat", "sh", "-c", "sleep 0.2"]).check(0, "");
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("python/mprof");
    let read = "import mprof, sys; print([mprof.read_mprofile_file(path) for path in sys.argv[1:]])";
    let files = ["nested.dat", "pool_multiprocess.dat", "plain_cmd.dat"]
        .map(|name| fixture(name).display().to_string());
    let args = |first: &str| {
        [&["-c", &format!("{first}{read}"), "ours.dat"], &files.each_ref().map(String::as_str)[..]]
            .concat()
            .iter()
            .map(|it| (*it).to_owned())
            .collect::<Vec<_>>()
    };
    let theirs = place.command(&python, &args(""));
    let ours = place.command(&python, &args(&format!("import sys; sys.path.insert(0, {ours:?}); ")));
    assert_eq!((theirs.code, theirs.stdout), (0, ours.stdout), "{}", ours.stderr);
}

#[test]
fn mprof_lists_and_plots_our_default_names() {
    let Some(python) = python() else { return };
    let place = Place::new();
    place.mprof(&["run", "-q", "sh", "-c", "printf 'a\nb'; sleep 0.1"]).check(0, "");
    let name = place.files().remove(0);
    assert!(mprof(&place, &python, &["list"]).stdout.starts_with(&format!("0 {name} ")));
    mprof(&place, &python, &["plot", "-o", "theirs.png"]);
}

#[test]
fn we_read_what_mprof_writes_now() {
    let Some(python) = python() else { return };
    let place = Place::new();
    place.write("pool.py", POOL);
    let shown = python.to_str().unwrap();
    mprof(&place, &python, &["run", "-M", "-T", "0.02", "-o", "theirs.dat", shown, "pool.py"]);
    let theirs = mprof(&place, &python, &["peak", "theirs.dat"]).stdout;
    let ours = place.mprof(&["--compat", "peak", "theirs.dat"]);
    ours.check(0, "");
    assert_eq!(ours.stdout, theirs);
    place.mprof(&["plot", "theirs.dat"]).check(0, "chart: theirs.png");
}

const POOL: &str = "\
import multiprocessing, time

def work(n):
    block = bytearray(n * 1_000_000)
    time.sleep(0.3)
    return len(block)

if __name__ == '__main__':
    with multiprocessing.Pool(2) as pool:
        pool.map(work, [20, 40])
";
