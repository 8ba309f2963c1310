//! What a program is born into: where its numbers count, what is in its environment, which streams it has. It finds
//! what it would have found without us.

use crate::harness::{BINARY, Place};

/// In a PID namespace without a `/proc` of its own, every number that is looked up there is a stranger's.
#[test]
fn nobody_else_is_measured_where_proc_counts_otherwise() {
    let place = Place::new();
    let unshared = |line: &str| {
        place.command("unshare".as_ref(), &["--user", "--map-root-user", "--pid", "--fork", "sh", "-c", line])
    };
    if unshared("true").code != 0 {
        eprintln!("SKIPPED: no PID namespace can be made here");
        return;
    }
    let outcome = unshared(&format!("{BINARY} run -o out.dat sh -c 'sleep 0.1; exit 5'"));
    outcome.check(5, "cannot be read: /proc is of another PID namespace");
    let file = place.read("out.dat");
    assert!(file.contains(" samples=0 ") && !file.contains("\nMEM "), "{file}");
    unshared(&format!("{BINARY} attach -o other.dat 1")).check(1, "/proc is of another PID namespace");
    assert!(!place.path("other.dat").exists());
}

/// A shell would tidy what is odd, so that Python makes the list.
#[test]
fn the_environment_is_handed_on_as_it_is_with_what_is_ours() {
    let place = Place::new();
    let odd = "import sys\n\
        libc = __import__('ctypes').CDLL(None)\n\
        strings = lambda words: (__import__('ctypes').c_char_p * (len(words) + 1))(*words, None)\n\
        odd = [b'B=1', b'A=2', b'B=3', b'NOEQUALS', b'=weird', b'C=\\xff', b'MPROF_RS_PHASES=x', b'D=4']\n\
        argv = [word.encode() for word in sys.argv[1:]]\n\
        libc.execve(argv[0], strings(argv), strings(odd))\n";
    place.write("odd.py", odd);
    let python = std::env::var_os("MPROF_RS_PYTHON").unwrap_or("python3".into());
    let with_odd = |args: &[&str]| place.command(python.as_ref(), &[&["odd.py"], args].concat());
    let alone = with_odd(&["/usr/bin/env"]);
    if alone.code != 0 {
        eprintln!("SKIPPED: there is no Python here");
        return;
    }
    let recorded = with_odd(&[BINARY, "run", "-q", "-o", "out.dat", "/usr/bin/env"]);
    let without_ours = |text: &str| -> Vec<String> {
        text.lines().filter(|line| !line.starts_with("MPROF_RS_PHASES=")).map(str::to_owned).collect()
    };
    assert_eq!(without_ours(&recorded.stdout), without_ours(&alone.stdout));
    let ours: Vec<&str> = recorded.stdout.lines().filter(|line| line.starts_with("MPROF_RS_")).collect();
    assert!(matches!(ours[..], [path] if path.starts_with("MPROF_RS_PHASES=/")), "{recorded:?}");
}

/// Nobody may touch the mark of a program that took the rights of another user.
#[test]
fn marks_that_may_not_be_begun_anew_are_told_of() {
    let place = Place::new();
    place.script(
        "prepare",
        "#!/bin/sh\ncp /bin/sleep . && cp \"$1\" recorder && chmod 4755 sleep && chmod 755 .",
    );
    let nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    let as_nobody = |args: &[&str]| place.command("setpriv".as_ref(), &[&nobody, args].concat());
    let is_prepared = place.command(&place.path("prepare"), &[BINARY]).code == 0;
    if !is_prepared || as_nobody(&["./recorder", "--version"]).code != 0 {
        eprintln!("SKIPPED: nobody else can be run as here (it takes root)");
        return;
    }
    let recorded = as_nobody(&["./recorder", "run", "--interval-peaks", "-o", "/dev/null", "./sleep", "0.1"]);
    recorded.check(0, "the marks of 1 process could not be begun anew");
    // Memory that comes just when a mark is begun anew is told of too. One that sleeps already takes none.
    let attach = "sleep 9 & sleep 0.2; ./recorder attach --interval-peaks --timeout 0.1s -o /dev/null $!; \
        status=$?; kill $!; exit $status";
    let outcome = as_nobody(&["sh", "-c", attach]);
    assert!(outcome.code == 0 && !outcome.stderr.contains("begun anew"), "{outcome:?}");
    // What has ended, and waits for us as an orphan, has none.
    let orphans = "i=0; while [ $i -lt 20 ]; do (true &); i=$((i+1)); done; sleep 0.3";
    let recorded =
        as_nobody(&["./recorder", "run", "--interval-peaks", "-o", "/dev/null", "sh", "-c", orphans]);
    assert!(recorded.code == 0 && !recorded.stderr.contains("could not be begun anew"), "{recorded:?}");
}

#[test]
fn a_stream_that_is_closed_stays_closed() {
    let place = Place::new();
    let line = format!(
        "{BINARY} run -q -o out.dat sh -c 'for i in 0 1 2; do [ -e /proc/self/fd/$i ] && echo $i >> open; done' <&- 2>&-"
    );
    place.command("/bin/sh".as_ref(), &["-c", &line]);
    assert_eq!(place.read("open"), "1\n");
}

#[test]
fn who_was_given_a_better_place_keeps_it() {
    let place = Place::new();
    let run = [BINARY, "run", "-q", "-o", "out.dat", "sh", "-c", "sleep 0.2; chrt -p $PPID"];
    let outcome = place.command("chrt".as_ref(), &[&["-f", "10"][..], &run].concat());
    if outcome.code != 0 {
        eprintln!("SKIPPED: no real-time priority is to be had here (it takes root)");
        return;
    }
    assert!(outcome.stdout.contains("SCHED_FIFO") && outcome.stdout.contains("priority: 10"), "{outcome:?}");
}

/// One process for the recorder and one for the program: whoever else would stand beside them goes.
#[test]
fn the_program_has_the_last_process_that_a_user_may_have() {
    let place = Place::new();
    place.script("prepare", "#!/bin/sh\ncp \"$1\" recorder && chmod 755 .");
    place.command(&place.path("prepare"), &[BINARY]);
    let user = (64_000 + std::process::id() % 1000).to_string();
    let limited = ["--reuid", &user, "--clear-groups", "prlimit", "--nproc=2"];
    let run = ["./recorder", "run", "-o", "/dev/null", "sh", "-c", "exit 5"];
    let outcome = place.command("setpriv".as_ref(), &[&limited[..], &run].concat());
    if outcome.stderr.contains("setpriv:") || outcome.stderr.contains("prlimit:") {
        eprintln!("SKIPPED: nobody else can be run as here (it takes root)");
        return;
    }
    outcome.check(5, "exit 5");
}

/// What the recorder says of itself is what another one says of it, and stays the same however long it runs.
#[test]
fn the_recorder_knows_its_own_memory() {
    const SLACK_BYTES: u64 = 1 << 20;
    let place = Place::new();
    let own_bytes = |seconds: &str| {
        let inner = [BINARY, "run", "-q", "--overwrite", "-T", "1ms", "-o", "inner.dat", "sleep", seconds];
        place.mprof(&[&["run", "-q", "--overwrite", "-o", "outer.dat"], &inner[..]].concat()).check(0, "");
        let figure = |file: &str, key: &str| {
            let summary = place.mprof(&["summary", "--json", file]).stdout;
            let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
            summary[key].as_u64().unwrap()
        };
        let (own, seen) = (figure("inner.dat", "own_peak_bytes"), figure("outer.dat", "root_peak_bytes"));
        assert!(own.abs_diff(seen) < SLACK_BYTES, "{own} is not {seen}");
        own
    };
    let (short, long) = (own_bytes("0.1"), own_bytes("1.5"));
    assert!(long < short + SLACK_BYTES, "{short}, and then {long}");
}
