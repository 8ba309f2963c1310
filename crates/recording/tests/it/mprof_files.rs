//! Files that mprof 0.61 wrote itself, read to the letter.

use mprof_recording::Recording;
use mprof_recording::dat;
use mprof_recording::peak::{Peak, PeakKind};

fn read(name: &str) -> Recording {
    let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let read = dat::read(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(read.warnings, [], "{name}");
    read.recording
}

/// The command, the number of readings of each process, and the peak as `mprof peak` prints it.
fn check(name: &str, command: &str, n_readings: &[usize], peak: &str) -> Recording {
    let recording = read(name);
    assert_eq!(recording.command, command);
    let counts: Vec<usize> = recording.processes.iter().map(|process| process.samples.len()).collect();
    assert_eq!(counts, n_readings);
    let Peak { bytes, kind, .. } = recording.peak().unwrap();
    assert_eq!(format!("{:.3}", bytes as f64 / f64::from(1 << 20)), peak);
    assert_eq!(kind, PeakKind::HighestSample);
    recording
}

#[test]
fn one_sample() {
    let recording = check("true.dat", "true", &[1], "0.582");
    assert_eq!(recording.duration_ns(), 0);
    assert_eq!(recording.start.unix_ns, 1_795_432_883_535_000_000);
}

#[test]
fn a_plain_command() {
    let recording = check("plain_cmd.dat", "sh -c 'sleep 0.5; exit 3'", &[10], "1.676");
    assert_eq!(recording.duration_ns(), 457_900_000);
    assert_eq!(recording.end, None);
    let summary = recording.summary();
    assert_eq!((summary.exit_code, summary.n_missed, summary.is_complete), (None, None, false));
}

#[test]
fn an_attached_process() {
    check("attach.dat", "12008", &[24], "1.715");
}

#[test]
fn function_calls_are_in_order_of_time() {
    // 41 lines, and both ends of seven calls.
    let recording = check("nested.dat", "python3 nested.py", &[55], "308.953");
    let calls: Vec<(&str, u32)> =
        recording.calls.iter().map(|call| (call.name.as_str(), call.level)).collect();
    // Of two that began at one time, the one that encloses the other comes first.
    assert_eq!(calls[..2], [("__main__.main", 0), ("__main__.load", 1)]);
    assert_eq!(calls.len(), 7);
    assert!(recording.calls.is_sorted_by_key(|call| call.from_ns));
}

#[test]
fn children_keep_the_order_in_which_they_came() {
    let recording = read("pool_multiprocess.dat");
    let pids: Vec<_> = recording.children().iter().map(|child| child.pid.unwrap().number).collect();
    assert_eq!(pids, [11793, 11794, 11795]);
    let summary = recording.summary();
    assert_eq!(format!("{:.1}", summary.peak_bytes.unwrap() as f64 / f64::from(1 << 20)), "330.8");
    assert_eq!(summary.peak_kind, Some(PeakKind::Sum));
    assert!(recording.processes.iter().all(|process| process.samples.times_ns().is_sorted()));
}

#[test]
fn a_command_with_a_raw_line_break_is_one_command() {
    let file = b"CMDLINE python -c 'import time\n\nMEMORY = 1\nprint(1)'\nMEM 1.500000 1700000000.0000\n";
    let read = dat::read(file).unwrap();
    assert_eq!(read.n_warnings, 0);
    assert_eq!(read.recording.command, r"python -c 'import time\n\nMEMORY = 1\nprint(1)'");
    assert_eq!(read.recording.n_readings(), 1);
}

#[test]
fn a_quote_within_a_command_of_several_lines_does_not_end_it() {
    let file = b"CMDLINE sh -c 'sleep 0.2\necho \"it's\"\necho a b'\nMEM 1.500000 1700000000.0000\n";
    let read = dat::read(file).unwrap();
    assert_eq!(read.n_warnings, 0);
    assert!(read.recording.command.ends_with("echo a b'"), "{}", read.recording.command);
}

#[test]
fn the_ends_of_calls_are_no_ticks() {
    let text = "CMDLINE x\nMEM 10.000000 1.0000\nMEM 10.000000 2.0000\nMEM 10.000000 3.0000\n\
                FUNC f 50.000000 1.5000 90.000000 2.5000 0\n";
    let summary = dat::read(text.as_bytes()).unwrap().recording.summary();
    assert_eq!((summary.n_samples, summary.mean_bytes), (3, Some(10 << 20)));
    assert_eq!(summary.peak_bytes, Some(90 << 20), "they are readings all the same");
}
