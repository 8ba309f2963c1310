//! The probe on real processes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod corpus;

use std::io::Cursor;
use std::sync::{Mutex, MutexGuard, PoisonError};

use mprof_probe::{AfterTimeout, ExitsSeen, MarksKept, NotRunnable, Options, Polling, Program, SetsRead};
use mprof_recording::Recording;
use mprof_recording::dat::{self, MemLines, Writer};
use mprof_recording::event::Exit;
use mprof_recording::pump::{Outlet, pump};

const MIB: u64 = 1 << 20;

/// A recorder adopts every orphan of its process, so that two recordings in one process must not run at once.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a command at one sample each 2 ms, and gives what was recorded.
fn record(argv: &[&str]) -> Recording {
    let _alone = alone();
    let argv = argv.iter().map(Into::into).collect();
    let program = Program::find(argv, std::env::var_os("PATH").as_deref()).unwrap();
    let options = Options {
        interval_ns: 2_000_000,
        timeout_ns: None,
        after_timeout: AfterTimeout::End,
        exits: ExitsSeen::AsTheyHappen,
        marks: MarksKept::ForLife,
        mark_on: None,
        sets: SetsRead::NowAndThen,
        recorder: "test".into(),
    };
    let mut polling = Polling::spawn(&program, &options).unwrap();
    let mut writer = Writer::new(Cursor::new(Vec::new()), MemLines::Root);
    pump(&mut polling, &mut [Outlet::new("file", &mut writer)]).unwrap();
    dat::read(&writer.into_inner().into_inner()).unwrap().recording
}

#[test]
fn a_program_is_sampled_to_its_end() {
    let recording = record(&["sleep", "0.2"]);
    let root = recording.root().unwrap();
    let departure = root.left.departure().unwrap();
    let (at_ns, finish) = recording.end.clone().unwrap();
    assert_eq!(departure.exit, Some(Exit::Code(0)));
    assert!(at_ns >= 200_000_000);
    assert_eq!(finish.n_samples, root.n_readings());
    let n_due = at_ns / 2_000_000 + 1;
    assert!(finish.n_samples + finish.n_missed <= n_due + 1, "{finish:?} of {n_due}");
    assert!(finish.n_samples >= 10, "{finish:?}");
    assert!(root.samples.times_ns().is_sorted());
}

#[test]
fn the_exit_status_is_the_programs() {
    let exit = |script| record(&["sh", "-c", script]).root().unwrap().left.departure().unwrap().exit;
    assert_eq!(exit("exit 7"), Some(Exit::Code(7)));
    assert_eq!(exit("kill -9 $$"), Some(Exit::Signal(9)));
}

#[test]
fn the_peak_is_known_although_it_is_over_between_two_samples() {
    // dd holds one block of 64 MiB for a moment.
    let recording = record(&["dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1", "status=none"]);
    let peak = recording.peak().unwrap();
    assert!((64 * MIB..70 * MIB).contains(&peak.bytes), "{peak:?}");
}

/// Makes a script that can be run. Another process writes it: a test beside may fork while we have it open, and nobody
/// can execute what is open for writing.
fn script(name: &str, line: &str) -> std::path::PathBuf {
    let path = std::env::temp_dir().join(format!("{name}-{}", std::process::id()));
    let write = "echo \"$1\" > \"$2\" && chmod 755 \"$2\"";
    let status = std::process::Command::new("sh").args(["-c", write, "sh", line]).arg(&path).status();
    assert!(status.unwrap().success());
    path
}

#[test]
fn a_script_without_an_interpreter_line_is_given_to_sh() {
    let path = script("mprof-probe-script", "exit 5");
    let recording = record(&[path.to_str().unwrap()]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(recording.root().unwrap().left.departure().unwrap().exit, Some(Exit::Code(5)));
}

#[test]
fn a_missing_interpreter_is_named_as_such() {
    let path = script("mprof-probe-shebang", "#!/no/such/interpreter");
    let program = Program::find(vec![path.clone().into()], None).unwrap();
    let options = Options {
        interval_ns: 1_000_000,
        timeout_ns: None,
        after_timeout: AfterTimeout::End,
        exits: ExitsSeen::AsTheyHappen,
        marks: MarksKept::ForLife,
        mark_on: None,
        sets: SetsRead::NowAndThen,
        recorder: "test".into(),
    };
    let _alone = alone();
    let error = Polling::spawn(&program, &options).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(&error, NotRunnable::NotFound(what) if what.contains("interpreter")), "{error}");
}
