//! What is run for what was typed.

use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A folder with two programs on its path, and scripts beside them.
fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let files = [
        ("bin/python3", "", 0o755),
        ("bin/pytest", "#!/usr/bin/python3\n", 0o755),
        ("bin/tool", "\x7fELF", 0o755),
        ("bin/onpath.py", "", 0o644),
        ("env/bin/python", "", 0o755),
        ("plain.py", "print()\n", 0o755),
        ("own.py", "#!/bin/sh\n", 0o755),
        ("unmarked.py", "#!/bin/sh\n", 0o644),
        ("lost.py", "#!/no/such/python\n", 0o755),
        ("noext", "print()\n", 0o644),
        ("app/__main__.py", "print()\n", 0o644),
    ];
    for (name, text, mode) in files {
        let path = place.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    }
    place
}

/// The plan for a line in which `@` is the place, with the place taken out again.
fn planned(asked: Asked, line: &str) -> (String, bool) {
    let place = place();
    let shown = place.path().to_str().unwrap();
    let around = Surroundings { search_path: place.path().join("bin").into(), virtual_env: None };
    let typed: Vec<OsString> = line.replace('@', shown).split(' ').map(OsString::from).collect();
    let Plan { command, has_profile, .. } = plan(&typed, asked, &around);
    let words: Vec<&str> = command.iter().map(|word| word.to_str().unwrap()).collect();
    (words.join(" ").replace(shown, "@"), has_profile)
}

#[track_caller]
fn check(asked: Asked, cases: &[(&str, &str, bool)]) {
    for &(line, command, has_profile) in cases {
        assert_eq!(planned(asked, line), (command.to_owned(), has_profile), "{asked:?} {line}");
    }
}

#[test]
fn the_command_tells_whether_it_is_python() {
    check(
        Asked::Nothing,
        &[
            ("@/plain.py -a", "python3 @/plain.py -a", true),
            ("@/unmarked.py", "python3 @/unmarked.py", true),
            ("@/lost.py", "python3 @/lost.py", true),
            ("onpath.py", "python3 @/bin/onpath.py", true),
            ("@/nowhere.py", "@/nowhere.py", true),
            ("python3 x.py", "python3 x.py", true),
            ("/usr/bin/python3.13t -m x", "/usr/bin/python3.13t -m x", true),
            ("pypy3 x.py", "pypy3 x.py", true),
            ("pytest -x", "pytest -x", true),
            ("uv run x.py", "uv run x.py", true),
            ("env A=1 python x.py", "env A=1 python x.py", true),
            ("nice -n 5 ./x.py", "nice -n 5 ./x.py", true),
            ("env", "env", false),
            ("tool x.py", "tool x.py", false),
            ("python3-config --libs", "python3-config --libs", false),
            ("@/noext", "@/noext", false),
            ("cat @/plain.py", "cat @/plain.py", false),
        ],
    );
}

#[test]
fn python_may_be_asked_for() {
    check(
        Asked::Python,
        &[
            ("-m package.module -x", "python3 -m package.module -x", true),
            ("-u @/plain.py", "python3 -u @/plain.py", true),
            ("@/noext a b", "python3 @/noext a b", true),
            ("@/app", "python3 @/app", true),
            ("package.module a", "python3 -m package.module a", true),
            // It is a script that is not there, and no module.
            ("gone.py a", "gone.py a", true),
            ("pytest a", "pytest a", true),
            ("tool", "tool", true),
            ("python3 x.py", "python3 x.py", true),
            ("@/no/such", "@/no/such", true),
            ("3.5", "3.5", true),
        ],
    );
}

#[test]
fn the_command_for_people_is_what_was_typed() {
    let around = Surroundings { search_path: OsString::new(), virtual_env: None };
    let cases = [("-m x", "python3 -m x"), ("x.y a", "x.y a"), ("python -m x", "python -m x")];
    for (line, shown) in cases {
        let typed: Vec<OsString> = line.split(' ').map(OsString::from).collect();
        let plan = plan(&typed, Asked::Python, &around);
        assert_eq!(plan.shown, shown.split(' ').map(OsString::from).collect::<Vec<_>>());
    }
}

#[test]
fn a_script_is_started_without_profile_as_well() {
    check(
        Asked::NoPython,
        &[
            ("@/plain.py -a", "python3 @/plain.py -a", false),
            ("@/own.py", "@/own.py", false),
            ("python3 x.py", "python3 x.py", false),
            ("pytest", "pytest", false),
        ],
    );
}

#[test]
fn a_script_that_names_its_interpreter_runs_itself() {
    check(Asked::Python, &[("@/own.py -a", "@/own.py -a", true)]);
    // A shell may be on the way to Python.
    check(Asked::Nothing, &[("@/own.py -a", "@/own.py -a", true)]);
}

#[test]
fn an_activated_environment_comes_before_the_path() {
    let place = place();
    let env = |name: &str| Some(place.path().join(name));
    let mut around = Surroundings { search_path: place.path().join("bin").into(), virtual_env: env("env") };
    assert_eq!(around.interpreter(), env("env/bin/python").unwrap());
    around.virtual_env = env("no-env");
    assert_eq!(around.interpreter(), "python3");
    around.search_path = OsString::new();
    assert_eq!(around.interpreter(), "python3");
}
