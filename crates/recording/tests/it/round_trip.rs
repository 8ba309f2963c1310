//! What is written is read back, whatever it holds and in whatever order its lines stand.

use crate::gathered::gathered;
use mprof_recording::Recording;
use mprof_recording::dat::{self, MemLines, Writer};
use mprof_recording::event::{Departure, Ending, Event, Exit, Finish, Kind, Pid, Start};
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::pump::Sink;
use mprof_recording::samples::{Samples, Wanted};
use proptest::prelude::*;
use std::io::Cursor;

/// The root, a child, and a later child to which the system gave the same number.
const PIDS: [Pid; 3] =
    [Pid { number: 4321, life: 0 }, Pid { number: 5, life: 0 }, Pid { number: 5, life: 1 }];
const START_NS: u64 = 1_795_432_880_809_812_345;

pub(crate) fn write(events: &[Event]) -> Vec<u8> {
    write_with(events, MemLines::Root)
}

fn write_with(events: &[Event], mem_lines: MemLines) -> Vec<u8> {
    let mut writer = Writer::new(Cursor::new(Vec::new()), mem_lines);
    for event in events {
        writer.event(event).unwrap();
        // As often in the middle of a tick as at its end.
        if event.at_ns % 2 == 0 {
            writer.pause().unwrap();
        }
    }
    writer.finish().unwrap();
    writer.into_inner().into_inner()
}

/// The recording without readings that repeat the ones on both their sides, which are counted instead.
fn squeezed(mut recording: Recording) -> Recording {
    for process in &mut recording.processes {
        let all = std::mem::take(&mut process.samples);
        for idx in 0..all.len() {
            let is_repeated =
                idx > 0 && idx + 1 < all.len() && is_same(&all, idx - 1, idx) && is_same(&all, idx, idx + 1);
            if is_repeated {
                process.n_same += 1;
            } else {
                process.samples.push(all.times_ns()[idx], &all.bytes(idx));
            }
        }
    }
    recording
}

/// Whether nothing but what is read now and then differs, and that was not read.
fn is_same(samples: &Samples, idx: usize, next: usize) -> bool {
    samples.bytes(idx).of_every_reading() == samples.bytes(next)
}

/// Reads what was written, and says that nothing was odd about it.
fn read(file: &[u8]) -> Recording {
    let read = dat::read(file).unwrap();
    assert_eq!(read.warnings, []);
    read.recording
}

fn readings() -> impl Strategy<Value = Bytes> {
    // Few different values, so that readings repeat, and large ones, of which three still have a sum.
    let value = prop_oneof![4 => 0..2_u64, 1 => 0..u64::MAX / 4];
    let maybe = prop::option::of(value.clone());
    (value, maybe.clone(), maybe.clone(), prop::option::weighted(0.1, 0..9_u64)).prop_map(
        |(rss, hwm, swap, pss)| {
            let mut bytes = Bytes::default().with(Metric::Rss, rss);
            bytes.set(Metric::Hwm, hwm);
            bytes.set(Metric::Swap, swap);
            bytes.set(Metric::Pss, pss);
            bytes
        },
    )
}

fn departures() -> impl Strategy<Value = Departure> {
    let exit = prop_oneof![any::<i32>().prop_map(Exit::Code), (1..65).prop_map(Exit::Signal)];
    let bytes = prop::option::of(any::<u64>());
    (prop::option::of(exit), bytes.clone(), bytes).prop_map(|(exit, maxrss_bytes, maxrss_floor_bytes)| {
        Departure {
            exit,
            hwm_bytes: maxrss_floor_bytes,
            earlier_bytes: maxrss_bytes,
            maxrss_bytes,
            maxrss_floor_bytes,
        }
    })
}

fn starts() -> impl Strategy<Value = Start> {
    let argv = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 1..4);
    // So long that no stretch between two readings is one in which readings are missing.
    (argv, prop::option::of(500_000_000..u64::MAX), prop::option::of(".*")).prop_map(
        |(argv, interval_ns, system)| Start {
            argv,
            unix_ns: START_NS,
            interval_ns,
            recorder: Some("mprof-rs 0.1.0".into()),
            system,
        },
    )
}

/// A run of the root and two children, with readings at growing times.
pub(crate) fn runs() -> impl Strategy<Value = Vec<Event>> {
    let ticks = prop::collection::vec((1..100_000_000_u64, 0..3_usize, readings()), 0..40);
    (starts(), ticks, "[^\\x00-\\x1f]*", departures(), any::<u64>()).prop_map(
        |(start, ticks, name, departure, value)| {
            let mut at_ns = 0;
            let mut events = vec![Event { at_ns, kind: Kind::Started(start) }];
            for pid in PIDS {
                let parent = (pid != PIDS[0]).then_some(PIDS[0]);
                events.push(Event { at_ns, kind: Kind::Joined { pid, parent, name: name.clone() } });
            }
            events.push(Event { at_ns, kind: Kind::Noted { key: "membership", text: name.clone() } });
            for (step_ns, child, bytes) in ticks {
                at_ns += step_ns;
                events.push(Event { at_ns, kind: Kind::Sample { pid: PIDS[child], bytes } });
            }
            events.push(Event { at_ns, kind: Kind::Renamed { pid: PIDS[0], name: name.clone() } });
            events.push(Event { at_ns, kind: Kind::Told { name: "calculated_bytes".into(), value } });
            events.push(Event { at_ns: at_ns + 5, kind: Kind::Left { pid: PIDS[0], departure } });
            let finish = Finish {
                how: Ending::ALL[(value % 4) as usize],
                n_unreadable: value % 3,
                cgroup_peak_bytes: (value % 2 == 0).then_some(value),
                n_samples: 7,
                n_missed: 2,
                own_cpu_ns: Some(value),
                ..Finish::default()
            };
            events.push(Event { at_ns: at_ns + 6, kind: Kind::Finished(finish) });
            events
        },
    )
}

proptest! {
    #[test]
    fn a_run_is_read_as_it_happened(events in runs()) {
        prop_assert_eq!(read(&write(&events)), squeezed(gathered(&events)));
    }

    #[test]
    fn sums_for_mprof_take_nothing_away(events in runs()) {
        let with_sums = read(&write_with(&events, MemLines::Sum));
        let without = read(&write(&events));
        // A reading that is written because the sum has changed repeats the one before it.
        let curve = |recording: &Recording| {
            let mut curve = recording.total_curve();
            curve.dedup_by_key(|at| at.bytes);
            curve
        };
        prop_assert_eq!(curve(&with_sums), curve(&without));
        let figures = |recording: &Recording| (recording.summary().peak_bytes, recording.n_readings());
        prop_assert_eq!(figures(&with_sums), figures(&without));
    }

    #[test]
    fn the_order_of_lines_does_not_matter(events in runs()) {
        let file = write(&events);
        let mut lines: Vec<&[u8]> = file.split_inclusive(|&byte| byte == b'\n').collect();
        lines.reverse();
        let mut reversed = dat::read(&lines.concat()).unwrap().recording;
        let forward = read(&file);
        // Children stand in the order in which the file first names them.
        reversed.processes.sort_by_key(|process| process.pid != Some(PIDS[0]));
        reversed.processes[1..].sort_by_key(|process| process.pid);
        prop_assert_eq!(reversed.summary(), forward.summary());
        prop_assert_eq!(reversed.root(), forward.root());
    }

    #[test]
    fn every_prefix_of_a_file_is_read(events in runs(), part in 0.0..1.0_f64) {
        let file = write(&events);
        let cut = &file[..(file.len() as f64 * part) as usize];
        if let Ok(read) = dat::read(cut) {
            prop_assert!(read.n_warnings <= 1);
            prop_assert!(read.recording.n_readings() <= gathered(&events).n_readings());
        } else {
            prop_assert!(!cut.contains(&b'\n'));
        }
    }

    #[test]
    fn a_file_may_come_in_pieces(events in runs(), n_bytes in 1..70_usize) {
        let file = [write(&events), b"odd\nMEM 1.0".to_vec()].concat();
        let whole = dat::read(&file).unwrap();
        let mut reader = dat::Reader::new(Wanted::ALL);
        file.chunks(n_bytes).for_each(|piece| reader.feed(piece).unwrap());
        let pieces = reader.finish().unwrap();
        prop_assert_eq!(pieces.recording, whole.recording);
        prop_assert_eq!(pieces.warnings, whole.warnings);
    }

    #[test]
    fn what_is_not_wanted_takes_nothing_from_the_rest(events in runs()) {
        let mut reader = dat::Reader::new(Wanted::only(&[Metric::Hwm]));
        reader.feed(&write(&events)).unwrap();
        let part = reader.finish().unwrap().recording;
        let whole = read(&write(&events));
        prop_assert_eq!(part.summary().peak_bytes, whole.summary().peak_bytes);
        for (part, whole) in part.processes.iter().zip(&whole.processes) {
            let kept = |mut bytes: Bytes| {
                bytes.set(Metric::Swap, None);
                bytes.set(Metric::Pss, None);
                bytes
            };
            let expected: Vec<_> = whole.samples.rows().map(|(at_ns, bytes)| (at_ns, kept(bytes))).collect();
            prop_assert_eq!(part.samples.rows().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_panic(file in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = dat::read(&file);
    }

    #[test]
    fn no_line_makes_the_reader_panic(file in "((MEM|CHLD|FUNC|META|ROOT|PROC|LEFT|TOLD|END|CMDLINE)( [-0-9.a-z=\"\\\\]{0,12}){0,7}\n){0,9}") {
        let _ = dat::read(file.as_bytes());
    }
}

#[test]
fn a_file_looks_as_the_format_says() {
    let start = Start {
        argv: vec![b"sh".to_vec(), b"-c".to_vec(), b"printf 'a\nb'".to_vec()],
        unix_ns: START_NS,
        interval_ns: Some(10_000_000),
        recorder: Some("mprof-rs 0.1.0".into()),
        system: None,
    };
    let bytes = Bytes::default().with(Metric::Rss, 3 << 19).with(Metric::Hwm, 2 << 20).with(Metric::Swap, 0);
    let departure = Departure { exit: Some(Exit::Code(3)), maxrss_bytes: Some(9), ..Departure::default() };
    let child = PIDS[2];
    let timed = [
        (0, Kind::Started(start)),
        (0, Kind::Noted { key: "membership", text: "perf".into() }),
        (0, Kind::Joined { pid: PIDS[0], parent: None, name: "sh".into() }),
        (0, Kind::Joined { pid: child, parent: Some(PIDS[0]), name: "a \"b\"".into() }),
        (1, Kind::Sample { pid: PIDS[0], bytes }),
        (1, Kind::Sample { pid: child, bytes: Bytes::default().with(Metric::Rss, 1) }),
        (2, Kind::Sample { pid: PIDS[0], bytes }),
        (3, Kind::Sample { pid: PIDS[0], bytes }),
        (4, Kind::Sample { pid: PIDS[0], bytes: bytes.with(Metric::Swap, 4096) }),
        (5, Kind::Told { name: "file_bytes".into(), value: 8 }),
        (5, Kind::Left { pid: PIDS[0], departure }),
        (5, Kind::Finished(Finish { n_samples: 4, ..Finish::default() })),
    ];
    let events: Vec<Event> = timed.into_iter().map(|(at_ns, kind)| Event { at_ns, kind }).collect();
    let expected = r#"META format mprof-rs 1
META start 1795432880.809812345
META interval_ns 10000000
META recorder "mprof-rs 0.1.0"
META argv "sh" "-c" "printf 'a\nb'"
CMDLINE sh -c "printf 'a\nb'"
META membership "perf"
ROOT 4321 1795432880.809812345 - "sh"
PROC 5.1 1795432880.809812345 4321 "a \"b\""
MEM 1.500000 1795432880.809812346 hwm=2097152 swap=0
CHLD 5.1 0.00000095367431640625 1795432880.809812346
MEM 1.500000 1795432880.809812348 same=1
MEM 1.500000 1795432880.809812349 swap=4096
TOLD file_bytes 1795432880.809812350 8
LEFT 4321 1795432880.809812350 exit=3 maxrss=9
END 1795432880.809812350 how=exit samples=4 missed=0 late=0 unread=0
"#;
    assert_eq!(String::from_utf8(write(&events)).unwrap(), expected);
}

#[test]
fn mem_lines_can_be_the_sum_of_each_tick() {
    let sample = |at_ns, pid: Pid, mib: u64| Event {
        at_ns,
        kind: Kind::Sample { pid, bytes: Bytes::default().with(Metric::Rss, mib << 20) },
    };
    let joined = |pid| Event { at_ns: 0, kind: Kind::Joined { pid, parent: None, name: String::new() } };
    let events = [
        joined(PIDS[0]),
        joined(PIDS[1]),
        sample(10, PIDS[0], 1),
        sample(10, PIDS[1], 4),
        sample(20, PIDS[0], 1),
    ];
    let text = String::from_utf8(write_with(&events, MemLines::Sum)).unwrap();
    let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("MEM")).collect();
    assert_eq!(lines[0], "MEM 5.000000 0.000000010 rss=1048576");
}

#[test]
fn mem_lines_can_hold_a_set_and_a_reading_without_it_is_none_of_mprofs() {
    let joined = |pid| Event { at_ns: 0, kind: Kind::Joined { pid, parent: None, name: String::new() } };
    let sample = |at_ns, pid: Pid, rss_mib: u64, pss_mib: Option<u64>| {
        let mut bytes = Bytes::default().with(Metric::Rss, rss_mib << 20);
        bytes.set(Metric::Pss, pss_mib.map(|mib| mib << 20));
        Event { at_ns, kind: Kind::Sample { pid, bytes } }
    };
    let events = [
        Event { at_ns: 0, kind: Kind::Started(Start { recorder: Some("us".into()), ..Start::default() }) },
        joined(PIDS[0]),
        joined(PIDS[1]),
        sample(10, PIDS[0], 4, Some(2)),
        sample(10, PIDS[1], 5, Some(1)),
        sample(20, PIDS[0], 4, Some(4)),
        sample(30, PIDS[0], 4, None),
        sample(30, PIDS[1], 6, None),
        Event { at_ns: 30, kind: Kind::Finished(Finish::default()) },
    ];
    let mut writer = Writer::new(Cursor::new(Vec::new()), MemLines::Root).drawing(Metric::Pss);
    events.iter().for_each(|event| writer.event(event).unwrap());
    writer.finish().unwrap();
    let file = writer.into_inner().into_inner();
    let text = String::from_utf8_lossy(&file);
    let lines: Vec<&str> =
        text.lines().filter(|line| ["MEM ", "CHLD", "KIN "].iter().any(|it| line.starts_with(it))).collect();
    let expected = [
        "MEM 2.000000 0.000000010 rss=4194304 pss=2097152",
        "CHLD 5 1.000000 0.000000010 rss=5242880 pss=1048576",
        "MEM 4.000000 0.000000020 pss=4194304",
        "KIN - 4.000000 0.000000030",
        "KIN 5 6.000000 0.000000030",
    ];
    assert_eq!(lines, expected);
    let recording = read(&file);
    let expected = Recording { notes: recording.notes.clone(), ..gathered(&events) };
    assert_eq!(recording, expected);
    assert_eq!(recording.metric_to_mprof(), Metric::Pss);
    let peak = recording.peak_to_mprof().unwrap();
    assert_eq!((peak.bytes, peak.at_ns), (4 << 20, Some(20)));
}

#[test]
fn a_recorder_that_is_killed_leaves_how_far_it_had_come() {
    let bytes = Bytes::default().with(Metric::Rss, 1 << 20);
    let sample = |at_ms: u64| Event { at_ns: at_ms * 1_000_000, kind: Kind::Sample { pid: PIDS[0], bytes } };
    let joined = Kind::Joined { pid: PIDS[0], parent: None, name: "sleep".into() };
    let mut writer = Writer::new(Cursor::new(Vec::new()), MemLines::Root);
    writer.event(&Event { at_ns: 0, kind: Kind::Started(Start::default()) }).unwrap();
    writer.event(&Event { at_ns: 0, kind: joined }).unwrap();
    for at_ms in (0..=36_000).step_by(10) {
        writer.event(&sample(at_ms)).unwrap();
        writer.pause().unwrap();
    }
    let file = writer.into_inner().into_inner();
    assert!(file.len() < 300, "{}", String::from_utf8_lossy(&file));
    let recording = read(&file);
    assert!((35_910_000_000..=36_000_000_000).contains(&recording.duration_ns()), "{recording:?}");
    assert!((3591..=3601).contains(&recording.n_readings()), "{recording:?}");
    assert_eq!(recording.end, None);
}

#[test]
fn a_stretch_without_readings_is_found_again_where_it_was() {
    let start = Start { interval_ns: Some(10), recorder: Some("mprof-rs".into()), ..Start::default() };
    let joined = |pid| Event { at_ns: 0, kind: Kind::Joined { pid, parent: None, name: String::new() } };
    let bytes = Bytes::default().with(Metric::Rss, 1 << 20);
    let sample = |at_ns, pid| Event { at_ns, kind: Kind::Sample { pid, bytes } };
    let mut events = vec![Event { at_ns: 0, kind: Kind::Started(start) }, joined(PIDS[0]), joined(PIDS[1])];
    // Nothing changes, and nothing is read from 300 to 900. The second process alone is not read up to 250.
    for at_ns in (0..=300).step_by(10).chain((900..=1200).step_by(10)) {
        events.push(sample(at_ns, PIDS[0]));
        events.extend((at_ns == 0 || at_ns > 250).then(|| sample(at_ns, PIDS[1])));
    }
    events.push(Event { at_ns: 1200, kind: Kind::Finished(Finish::default()) });
    let file = write(&events);
    let recording = read(&file);
    assert_eq!(recording.gaps(), [(300, 900)], "{}", String::from_utf8_lossy(&file));
    assert_eq!(recording.n_readings(), gathered(&events).n_readings());
}
