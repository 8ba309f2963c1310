//! Files that are not as they should be: each says what is wrong, and what can be read is read.

use mprof_recording::dat::{self, Error};
use mprof_recording::samples::Wanted;

/// How many readings a file gives, and the lines that it warns of.
fn check(file: &[u8], n_readings: u64, lines: &[u64]) -> Vec<String> {
    let read = dat::read(file).unwrap();
    assert_eq!(read.recording.n_readings(), n_readings);
    let found: Vec<u64> = read.warnings.iter().map(|warning| warning.line).collect();
    assert_eq!(found, lines);
    read.warnings.into_iter().map(|warning| warning.why).collect()
}

#[test]
fn an_empty_file() {
    assert_eq!(dat::read(b"").unwrap_err(), Error::Empty);
}

#[test]
fn a_file_that_is_no_recording() {
    assert_eq!(dat::read(b"\x02\x01\x00\xff\n\x00").unwrap_err(), Error::NotARecording);
    let gzip = dat::read(b"\x1f\x8b\x08\0\0\0\n\0").unwrap_err();
    assert!(gzip.to_string().starts_with("not a recording but compressed by gzip: unpack it"), "{gzip}");
    assert_eq!(dat::read(b"\n\n\n").unwrap_err(), Error::NotARecording);
}

#[test]
fn a_newer_format_is_refused_with_the_remedy() {
    let error = dat::read(b"META format mprof-rs 2\n").unwrap_err();
    assert_eq!(error, Error::NewerFormat(2));
    assert!(error.to_string().contains("use a newer mprof-rs"));
}

#[test]
fn a_file_without_samples_is_read() {
    check(b"CMDLINE true\n", 0, &[]);
}

#[test]
fn a_torn_last_line_is_not_trusted() {
    let why = check(b"MEM 1.500000 1700000000.0000\nMEM 99.50", 1, &[2]);
    assert!(why[0].contains("cut off"));
}

#[test]
fn a_last_line_without_an_end_is_read_where_its_time_is_whole() {
    check(b"MEM 1.5 1", 1, &[]);
    check(b"CMDLINE x\nMEM 1.5 1700000000.0\nCHLD 7 2.5 1700000001.0", 2, &[]);
    check(b"MEM 1.5 1700000000.0000\nMEM 99.500000 17000000", 1, &[2]);
    check(b"META format mprof-rs 1\nMEM 1.5 1700000000.0\nMEM 2.5 1700000001.0", 1, &[3]);
}

#[test]
fn carriage_returns_are_part_of_the_line_end() {
    check(b"CMDLINE true\r\nMEM 1.500000 1700000000.0000\r\n", 1, &[]);
}

#[test]
fn numbers_that_are_no_readings_are_named() {
    let file = b"MEM nan 1.0\nMEM -1.0 1.0\nMEM 1.0 inf\nMEM 1e9999 1.0\nMEM 99999999999999999999 1.0\n\
                 MEM 1.0 99999999999999.0\nMEM 1.0\nMEM 1.0 1.0\n";
    let why = check(file, 1, &[1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(why[0], "not understood, expected MEM <MiB> <seconds>");
}

#[test]
fn unknown_lines_are_named_and_the_rest_is_read() {
    check(b"CMDLINE true\ngarbage\nMEM 1.0 1.0\nFOO 1 2\nMEM 1.0 2.0\n", 2, &[2, 4]);
}

#[test]
fn a_command_that_is_not_utf_8_is_shown_as_far_as_it_can_be() {
    let read = dat::read(b"CMDLINE echo \xff\x1b[2J\nMEM 1.0 1.0\n").unwrap();
    assert_eq!(read.recording.command, "echo \u{fffd}\\u{1b}[2J");
}

#[test]
fn a_wrong_file_does_not_fill_the_memory_with_warnings() {
    let file = [b"MEM 1.0 1.0\n".to_vec(), b"x\n".repeat(10_000)].concat();
    let read = dat::read(&file).unwrap();
    assert_eq!((read.n_warnings, read.warnings.len()), (10_000, 20));
}

#[test]
fn a_line_without_an_end_does_not_fill_the_memory() {
    let mut reader = dat::Reader::new(Wanted::ALL);
    reader.feed(b"CMDLINE x\nMETA argv \"").unwrap();
    let piece = vec![b'x'; 1 << 20];
    (0..40).for_each(|_| reader.feed(&piece).unwrap());
    reader.feed(b"\"\nMEM 1.0 1.0\n").unwrap();
    let read = reader.finish().unwrap();
    assert_eq!((read.recording.command.as_str(), read.recording.n_readings()), ("x", 1));
    assert_eq!(read.warnings[0].line, 2);
    assert!(read.warnings[0].why.contains("longer than 32 MiB"));
}

#[test]
fn what_may_be_a_recording_begins_as_one() {
    let wholes =
        ["META format mprof-rs 1", "CMDLINE ", "MEM 1.0 2.0", "CHLD 7 1.0 2.0", "FUNC a.b 1.0 2.0 3.0 4.0"];
    for start in wholes {
        for end in ["\n", "\r\n", "\nnotes"] {
            assert!(dat::may_be_recording(format!("{start}{end}").as_bytes()), "{start}{end}");
        }
    }
    assert!(dat::may_be_recording(b"CMDLINE of any length, perhaps more than was read"));
    let prose =
        ["MEM usage of the server", "FUNC tions", "CHLD 7 1", "META tags in HTML", "CMDLINE", "CMDLINES x"];
    for start in
        ["", "\n", "MEM", "NAME 7 1.0 \"x\"\n", "notes on", "\x7fELF", "MEM 1.0 2.0", "META format mprof"]
    {
        assert!(!dat::may_be_recording(start.as_bytes()), "{start}");
    }
    for start in prose {
        assert!(!dat::may_be_recording(format!("{start}\n").as_bytes()), "{start}");
    }
}

#[test]
fn time_that_runs_backwards_is_put_in_order_and_told_once() {
    let file = b"MEM 2.0 20.0\nMEM 1.0 10.0\nCHLD 8 2.0 9.0\nMEM 1.0 12.0\nMEM 1.0 21.0\nCHLD 8 1.0 8.0\nx\n";
    let why = check(file, 6, &[2, 7]);
    assert!(why[0].starts_with("time runs backwards here: 3 samples are of earlier times"), "{why:?}");
    assert!(why[0].contains("sorted by time"), "{why:?}");
    let read = dat::read(b"MEM 2.0 20.0\nMEM 1.0 10.0\n").unwrap();
    assert_eq!(read.recording.root().unwrap().samples.times_ns(), [0, 10_000_000_000]);
}

#[test]
fn what_was_read_before_the_start_that_is_told_is_at_its_own_time() {
    let file = b"META format mprof-rs 1\nMETA start 9.0\nMEM 1.0 9.0\nMEM 1.0 8.0\nMEM 1.0 7.0\n";
    let recording = dat::read(file).unwrap().recording;
    assert_eq!(recording.root().unwrap().samples.times_ns(), [0, 1_000_000_000, 2_000_000_000]);
    assert_eq!(recording.start.unix_ns, 7_000_000_000);
}

#[test]
fn what_a_recorder_writes_out_of_order_is_no_matter() {
    check(
        b"MEM 1.0 10.0\nCHLD 8 1.0 10.2\nCHLD 9 1.0 10.1\nMEM 1.0 10.1\nFUNC f 1.0 9.0 1.0 9.5 0\n",
        6,
        &[],
    );
}

#[test]
fn a_silence_in_which_there_are_readings_is_none() {
    let file = "META format mprof-rs 1\nMETA start 1.0\nMETA interval_ns 1000000\n\
        MEM 1.0 9.0\nMEM 2.0 9.1\nMEM 1.0 5.0\nMEM 1.0 9.2\n";
    let read = dat::read(file.as_bytes()).unwrap();
    assert_eq!(read.recording.root().unwrap().silences_ns[..], [(8_000_000_000, 8_100_000_000)]);
}

#[test]
fn two_runs_in_one_file_are_read_as_one_from_the_first_start() {
    let run = |start: &str, end: &str| format!("META format mprof-rs 1\nMETA start {start}\nMEM 1.0 {end}\n");
    let why = check((run("100.0", "101.0") + &run("200.0", "203.0")).as_bytes(), 2, &[5]);
    assert!(why[0].contains("another recording begins here"));
    let read = dat::read((run("100.0", "101.0") + &run("200.0", "203.0")).as_bytes()).unwrap();
    assert_eq!(read.recording.duration_ns(), 103_000_000_000);
}

#[test]
fn times_and_sizes_of_any_kind_can_be_summed_up() {
    let read = dat::read(b"MEM 1.0 0.0\nMEM 17592186044415.0 18446744073.7\nMEM 2.0 5.0\n").unwrap();
    let summary = read.recording.summary();
    assert!(mprof_recording::units::duration(summary.duration_ns).ends_with("min"));
}

#[test]
fn a_mark_of_the_encoding_is_no_part_of_the_first_line() {
    check(b"\xef\xbb\xbfCMDLINE true\nMEM 1.0 1.0\n", 1, &[]);
}

#[test]
fn what_fuzzing_began_with_is_read_and_summed_up() {
    let folder = format!("{}/fuzz/corpus/dat", env!("CARGO_MANIFEST_DIR"));
    let mut n_files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let read = dat::read(&std::fs::read(entry.unwrap().path()).unwrap()).unwrap();
        let summary = read.recording.summary();
        assert_eq!(summary.peak_bytes.is_some(), summary.peak_kind.is_some());
        n_files += 1;
    }
    assert!(n_files >= 5);
}

#[test]
fn what_never_ends_and_says_nothing_is_given_up() {
    for piece in [vec![0; 1 << 20], vec![b'\n'; 1 << 20]] {
        let mut reader = dat::Reader::new(Wanted::ALL);
        let error = (0..1000).find_map(|_| reader.feed(&piece).err());
        assert_eq!(error, Some(Error::NotARecording));
    }
}

#[test]
fn zeros_behind_a_crash_are_one_line_that_is_passed_over() {
    let file = [&b"MEM 1.0 1.0\nMEM 2.0 2.0\n"[..], &[0; 5000]].concat();
    let why = check(&file, 2, &[3]);
    assert!(why[0].contains("cut off"), "{why:?}");
}

/// A file that is in memory already, and larger than what may come before the first line that is understood.
#[test]
fn what_comes_in_one_piece_may_be_large() {
    let long = format!("META x \"{}\"\n", "y".repeat(31 << 20));
    let text = format!("MEM 1.000000 11.0\n{}MEM 3.000000 12.0\n", long.repeat(3));
    let read = dat::read(text.as_bytes()).unwrap();
    assert_eq!(read.recording.processes[0].samples.len(), 2);
}
