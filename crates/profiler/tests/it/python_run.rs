//! `mprof-rs run` with Python programs: how they are started, and that they are what they are without us.
//!
//! Where there is no `python3` on the path, these tests say that they were skipped.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::harness::{BINARY, Outcome, Place};

/// Prints what a program sees of how it was started.
const LOOKS: &str = "\
import sys
@profile
def f(): pass
f()
print(sys.argv[1:], sys.path[0], __name__, sys.flags.unbuffered if hasattr(sys.flags, 'unbuffered') else '')
";

fn has_python() -> bool {
    let has_it = Command::new("python3").arg("-c").arg("").status().is_ok_and(|status| status.success());
    if !has_it {
        eprintln!("skipped: there is no python3");
    }
    has_it
}

/// Runs a line of words, and gives what the recording keeps of the command.
fn run(place: &Place, line: &str) -> (Outcome, String) {
    let words: Vec<&str> =
        ["run", "-q", "--overwrite", "-o", "out.dat"].into_iter().chain(line.split(' ')).collect();
    let outcome = place.mprof(&words);
    let recording = place.read("out.dat");
    let argv = recording.lines().find_map(|line| line.strip_prefix("META argv ")).unwrap().replace('"', "");
    (outcome, argv)
}

#[test]
fn scripts_and_modules_know_profile_however_they_are_named() {
    if !has_python() {
        return;
    }
    let place = Place::new();
    place.write("plain.py", LOOKS);
    place.write("noext", LOOKS);
    place.script("shebang", &format!("#!/usr/bin/env python3\n{LOOKS}"));
    place.script("own.py", &format!("#!/usr/bin/env python3\n{LOOKS}"));
    place.script("package/module.py", LOOKS);
    place.script("folder/__main__.py", LOOKS);
    for line in [
        "plain.py -o x",
        "python3 plain.py -o x",
        "env A=1 python3 plain.py -o x",
        "--python noext -o x",
        "--python -- noext -o x",
        "--python python3 noext -o x",
        "--python -u -X dev -W error noext -o x",
        "./shebang -o x",
        "own.py -o x",
        "--python -m package.module -o x",
        "--python package.module -o x",
        "python3 -m package.module -o x",
        "--python folder -o x",
    ] {
        let (outcome, argv) = run(&place, line);
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{line}");
        assert!(outcome.stdout.starts_with("['-o', 'x'] "), "{line}: {outcome:?}");
        assert!(outcome.stdout.contains(" __main__ "), "{line}: {outcome:?}");
        let typed = line.strip_prefix("--python ").unwrap_or(line);
        let typed = typed.strip_prefix("-- ").unwrap_or(typed);
        let has_interpreter_added = typed.starts_with('-');
        assert!(if has_interpreter_added { argv.ends_with(typed) } else { argv == typed }, "{line}: {argv}");
    }
}

#[test]
fn a_package_is_run_as_one_so_that_its_parts_find_each_other() {
    if !has_python() {
        return;
    }
    let place = Place::new();
    place.script("package/__init__.py", "");
    place.script("package/part.py", "name = 'part'\n");
    place.script("package/__main__.py", "from .part import name\nprint(name, __package__)\n");
    let (outcome, argv) = run(&place, "--python package");
    assert_eq!((outcome.stdout.as_str(), argv.as_str()), ("part package\n", "package"), "{outcome:?}");
}

/// A folder that cannot be run beside a program of its name, and one whose name no module has.
#[test]
fn what_is_no_package_that_can_be_run_is_what_it_was() {
    if !has_python() {
        return;
    }
    let place = Place::new();
    place.script("tool/__init__.py", "");
    place.script("bin/tool", "#!/usr/bin/env python3\nprint('the program')\n");
    place.script("x.y/__init__.py", "");
    place.script("x.y/__main__.py", "print('the folder')\n");
    let on_path = std::env::join_paths(
        std::iter::once(place.path("bin"))
            .chain(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())),
    );
    for (word, printed) in [("tool", "the program\n"), ("x.y", "the folder\n")] {
        let mut command = Command::new(BINARY);
        command.args(["run", "-q", "--python", word]).current_dir(place.path("")).stdin(Stdio::null());
        let output = command.env("PATH", on_path.as_ref().unwrap()).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), printed, "{output:?}");
    }
}

#[test]
fn profile_is_not_known_where_it_is_refused() {
    if !has_python() {
        return;
    }
    let place = Place::new();
    place.write("plain.py", LOOKS);
    for line in ["--nopython plain.py", "--nopython python3 plain.py"] {
        run(&place, line).0.check(1, "NameError: name 'profile' is not defined");
    }
}

#[test]
fn an_option_that_keeps_profile_away_is_told_where_it_matters() {
    if !has_python() {
        return;
    }
    let place = Place::new();
    place.write("plain.py", LOOKS);
    place.write("other.py", "print('ran')\n");
    run(&place, "python3 -I plain.py").0.check(1, "mprof-rs: with -I, Python does not look");
    assert_eq!(run(&place, "python3 -I other.py").0.stderr, "");
}

#[test]
fn a_script_that_is_not_there_is_not_found() {
    let place = Place::new();
    place.mprof(&["run", "nowhere.py"]).check(127, "nowhere.py: no such program");
    place.mprof(&["run", "--python", "./nowhere"]).check(127, "./nowhere: no such file");
    assert!(place.files().is_empty());
}

#[test]
fn the_exit_status_and_the_traceback_are_the_scripts() {
    if !has_python() {
        return;
    }
    let place = Place::new();
    for (body, code) in [
        ("raise SystemExit(5)", 5),
        ("import os; os._exit(6)", 6),
        ("import os; os.kill(os.getpid(), 15)", 143),
        ("import os; os.kill(os.getpid(), 9)", 137),
        ("1 / 0", 1),
    ] {
        place.write("ends.py", format!("@profile\ndef f():\n    {body}\nf()\n"));
        assert_eq!(run(&place, "ends.py").0.code, code, "{body}");
    }
    // Python minds no interrupt where whoever runs the tests has them ignored.
    let minding = "import os, signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n";
    place.write("interrupted.py", format!("{minding}@profile\ndef f():\n    os.kill(os.getpid(), 2)\nf()\n"));
    run(&place, "interrupted.py").0.check(130, "KeyboardInterrupt");
}

#[test]
fn the_users_own_sitecustomize_and_path_are_kept() {
    if !has_python() {
        return;
    }
    let place = Place::new();
    place.script("mine/sitecustomize.py", "import sys; sys.was_mine = __name__, __file__\n");
    place.write("mine/there.py", "value = 7\n");
    place.write(
        "x.py",
        "import sys, there, sitecustomize\nprint(there.value, *sys.was_mine)\nprint(sys.path[1])\n",
    );
    let mut command = Command::new(BINARY);
    command.args(["run", "-q", "x.py"]).current_dir(place.path("")).stdin(Stdio::null());
    let output = command.env("PYTHONPATH", place.path("mine")).output().unwrap();
    let mine = place.path("mine");
    let expected = format!("7 sitecustomize {0}/sitecustomize.py\n{0}\n", mine.display());
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected, "{output:?}");
}

#[test]
fn an_environment_is_its_own() {
    if !has_python() {
        return;
    }
    let place = Place::new();
    let made = place.command(Path::new("python3"), &["-m", "venv", "--without-pip", "env"]);
    if made.code != 0 {
        eprintln!("skipped: python3 makes no virtual environment: {}", made.stderr);
        return;
    }
    place.write("x.py", "import sys\n@profile\ndef f(): return sys.prefix\nprint(f())\n");
    let env = place.path("env");
    let outcome = place.mprof(&["run", "-q", "env/bin/python", "x.py"]);
    assert_eq!(outcome.stdout.trim(), env.canonicalize().unwrap().to_str().unwrap(), "{outcome:?}");
    let mut command = Command::new(BINARY);
    command.args(["run", "-q", "x.py"]).current_dir(place.path("")).stdin(Stdio::null());
    let output = command.env("VIRTUAL_ENV", &env).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), env.to_str().unwrap(), "{output:?}");
}

#[test]
fn an_installed_memory_profiler_is_loaded_when_more_than_profile_is_asked_for() {
    let Some(python) = std::env::var("MPROF_RS_PYTHON").ok() else {
        eprintln!("skipped: MPROF_RS_PYTHON names no Python with memory_profiler");
        return;
    };
    let place = Place::new();
    place.write("uses.py", USES);
    let (outcome, _) = run(&place, &format!("{python} uses.py"));
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, "False\nTrue True True\n"), "{outcome:?}");
    // Who runs a script with memory_profiler wants its table.
    place.write("lines.py", "from memory_profiler import profile\n@profile\ndef f(): pass\nf()\n");
    let (outcome, _) = run(&place, &format!("{python} -m memory_profiler lines.py"));
    assert!(outcome.stdout.contains("Line Contents"), "{outcome:?}");
}

const USES: &str = "\
import sys
from memory_profiler import profile
@profile
def f(): pass
f()
print('psutil' in sys.modules)
from memory_profiler import memory_usage, profile as again
print('psutil' in sys.modules, memory_usage(-1)[0] > 1, again is profile)
";
/// The calls in a recording: name, level, and what cut them.
fn calls(place: &Place) -> Vec<String> {
    let recording = place.read("out.dat");
    let calls = recording.lines().filter_map(|line| line.strip_prefix("FUNC "));
    let mut calls: Vec<String> = calls
        .map(|line| {
            let words: Vec<&str> = line.split(' ').collect();
            let cut = words[6..].iter().find(|word| word.starts_with("cut=")).unwrap_or(&"");
            format!("{} {} {cut}", words[0], words[5]).trim_end().to_owned()
        })
        .collect();
    calls.sort();
    calls
}

#[test]
fn what_is_marked_is_in_the_recording() {
    if !has_python() {
        return;
    }
    let place = Place::new();
    place.write("marks.py", MARKS);
    run(&place, "marks.py").0.check(137, "");
    let expected = [
        ".a_block 1",
        "__main__.endless 0 cut=process",
        "__main__.fails 1",
        "__main__.outer 0",
        "__main__.work 0",
        "__main__.work 0",
    ];
    assert_eq!(calls(&place), expected);
    run(&place, "--nopython marks.py").0.check(1, "NameError");
    assert!(calls(&place).is_empty());
}

const MARKS: &str = "\
import multiprocessing, os
@profile
def work(n): return n
@profile
def fails(): raise ValueError
@profile
def outer():
    try: fails()
    except ValueError: pass
    with profile.timestamp('a block'): pass
@profile
def endless(): os.kill(os.getpid(), 9)
if __name__ == '__main__':
    outer()
    with multiprocessing.get_context('spawn').Pool(1) as pool: pool.map(work, [1, 2])
    endless()
";
