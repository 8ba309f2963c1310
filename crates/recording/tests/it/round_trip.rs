//! What is written is read back, whatever it holds and in whatever order its lines stand.

use mprof_recording::Recording;
use mprof_recording::dat::{self, Writer};
use mprof_recording::event::{Departure, Event, Exit, Finish, Kind, Start};
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::pump::Sink;
use proptest::prelude::*;

const ROOT: u32 = 4321;
const START_NS: u64 = 1_795_432_880_809_812_345;

fn write(events: &[Event]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new());
    for event in events {
        writer.event(event).unwrap();
    }
    writer.finish().unwrap();
    writer.into_inner().unwrap()
}

fn gather(events: &[Event]) -> Recording {
    let mut recording = Recording::default();
    for event in events {
        recording.apply(event);
    }
    recording
}

/// Reads what was written, and says that nothing was odd about it.
fn read(file: &[u8]) -> Recording {
    let read = dat::read(file).unwrap();
    assert_eq!(read.warnings, []);
    read.recording
}

fn readings() -> impl Strategy<Value = Bytes> {
    let mark = prop::option::of(0..u64::MAX);
    (0..u64::MAX, mark.clone(), mark).prop_map(|(rss_bytes, hwm_bytes, footprint_bytes)| {
        let mut bytes = Bytes::default().with(Metric::Rss, rss_bytes);
        bytes.set(Metric::Hwm, hwm_bytes);
        bytes.set(Metric::Footprint, footprint_bytes);
        bytes
    })
}

fn departures() -> impl Strategy<Value = Departure> {
    let exit = prop_oneof![any::<i32>().prop_map(Exit::Code), (1..65).prop_map(Exit::Signal)];
    let bytes = prop::option::of(any::<u64>());
    (prop::option::of(exit), bytes.clone(), bytes).prop_map(|(exit, maxrss_bytes, maxrss_floor_bytes)| {
        Departure { exit, maxrss_bytes, maxrss_floor_bytes }
    })
}

fn starts() -> impl Strategy<Value = Start> {
    let argv = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 1..4);
    (argv, prop::option::of(any::<u64>()), prop::option::of(".*")).prop_map(|(argv, interval_ns, system)| {
        Start { argv, unix_ns: START_NS, interval_ns, recorder: Some("mprof-rs 0.1.0".into()), system }
    })
}

/// A run of the root and two children, with readings at growing times.
fn runs() -> impl Strategy<Value = Vec<Event>> {
    let ticks = prop::collection::vec((1..100_000_000_u64, 0..3_u32, readings()), 0..40);
    (starts(), ticks, ".*", departures(), any::<u64>()).prop_map(|(start, ticks, name, departure, value)| {
        let mut at_ns = 0;
        let mut events = vec![Event { at_ns, kind: Kind::Started(start) }];
        for pid in ROOT..ROOT + 3 {
            let parent = (pid > ROOT).then_some(ROOT);
            events.push(Event { at_ns, kind: Kind::Joined { pid, parent, name: name.clone() } });
        }
        for (step_ns, child, bytes) in ticks {
            at_ns += step_ns;
            events.push(Event { at_ns, kind: Kind::Sample { pid: ROOT + child, bytes } });
        }
        events.push(Event { at_ns, kind: Kind::Told { name: "calculated_bytes".into(), value } });
        events.push(Event { at_ns: at_ns + 5, kind: Kind::Left { pid: ROOT, departure } });
        let finish = Finish { n_samples: 7, n_missed: 2, n_late: 1 };
        events.push(Event { at_ns: at_ns + 6, kind: Kind::Finished(finish) });
        events
    })
}

proptest! {
    #[test]
    fn a_run_is_read_as_it_happened(events in runs()) {
        prop_assert_eq!(read(&write(&events)), gather(&events));
    }

    #[test]
    fn the_order_of_lines_does_not_matter(events in runs()) {
        let file = write(&events);
        let mut lines: Vec<&[u8]> = file.split_inclusive(|&byte| byte == b'\n').collect();
        lines.reverse();
        let reversed = read(&lines.concat());
        let forward = read(&file);
        prop_assert_eq!(reversed.summary(), forward.summary());
        prop_assert_eq!(reversed.root(), forward.root());
    }

    #[test]
    fn every_prefix_of_a_file_is_read(events in runs(), part in 0.0..1.0_f64) {
        let file = write(&events);
        let cut = &file[..(file.len() as f64 * part) as usize];
        if let Ok(read) = dat::read(cut) {
            prop_assert!(read.n_warnings <= 1);
            prop_assert!(read.recording.n_readings() <= gather(&events).n_readings());
        } else {
            prop_assert!(!cut.contains(&b'\n'));
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
    let bytes = Bytes::default().with(Metric::Rss, 3 << 19).with(Metric::Hwm, 2 << 20);
    let departure = Departure { exit: Some(Exit::Code(3)), maxrss_bytes: Some(9), maxrss_floor_bytes: None };
    let kinds = [
        Kind::Started(start),
        Kind::Joined { pid: ROOT, parent: None, name: "sh".into() },
        Kind::Joined { pid: 5, parent: Some(ROOT), name: "a \"b\"".into() },
        Kind::Sample { pid: ROOT, bytes },
        Kind::Sample { pid: 5, bytes: Bytes::default().with(Metric::Rss, 1) },
        Kind::Told { name: "file_bytes".into(), value: 8 },
        Kind::Left { pid: ROOT, departure },
        Kind::Finished(Finish { n_samples: 1, n_missed: 0, n_late: 0 }),
    ];
    let events: Vec<Event> = kinds.into_iter().map(|kind| Event { at_ns: 0, kind }).collect();
    let expected = r#"META format mprof-rs 1
META start 1795432880.809812345
META interval_ns 10000000
META recorder "mprof-rs 0.1.0"
META argv "sh" "-c" "printf 'a\nb'"
CMDLINE sh -c "printf 'a\nb'"
ROOT 4321 1795432880.809812345 - "sh"
PROC 5 1795432880.809812345 4321 "a \"b\""
MEM 1.500000 1795432880.809812345 hwm=2097152
CHLD 5 0.00000095367431640625 1795432880.809812345
TOLD file_bytes 1795432880.809812345 8
LEFT 4321 1795432880.809812345 exit=3 maxrss=9
END 1795432880.809812345 samples=1 missed=0 late=0
"#;
    assert_eq!(String::from_utf8(write(&events)).unwrap(), expected);
}
