//! What a program told of itself is read back, and what memory its calls used is taken from the readings.

use crate::gathered::gathered;
use mprof_recording::Recording;
use mprof_recording::call::{Call, Caller, Cut, Entry, Moment};
use mprof_recording::dat::{self, MemLines, Writer};
use mprof_recording::event::{Event, Finish, Kind, Pid, Start};
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::pump::Sink;
use proptest::prelude::*;
use std::io::Cursor;

const ROOT: Pid = Pid { number: 7, life: 0 };
const CHILD: Pid = Pid { number: 8, life: 1 };

fn caller(pid: Pid, task: &str) -> Caller {
    Caller { pid, task: task.into() }
}

fn at(at_ns: u64, kind: Kind) -> Event {
    Event { at_ns, kind }
}

fn call(name: &str, caller: Caller, (from_ns, to_ns): (u64, u64)) -> Call {
    Call { name: name.into(), caller: Some(caller), from_ns, to_ns, level: 2, ..Call::default() }
}

/// A run of two processes with what they told put in before its end.
fn run(told: impl IntoIterator<Item = Event>) -> Vec<Event> {
    let start = Start {
        argv: vec![b"x".to_vec()],
        unix_ns: 1_700_000_000_000_000_000,
        recorder: Some("mprof-rs".into()),
        ..Start::default()
    };
    let joined = |pid, parent| at(0, Kind::Joined { pid, parent, name: "x".into() });
    let sample =
        |at_ns, pid, rss| at(at_ns, Kind::Sample { pid, bytes: Bytes::default().with(Metric::Rss, rss) });
    let mut events = vec![at(0, Kind::Started(start)), joined(ROOT, None), joined(CHILD, Some(ROOT))];
    for (at_ns, root, child) in [(10, 1 << 20, 5), (20, 3 << 20, 5)] {
        events.extend([sample(at_ns, ROOT, root), sample(at_ns, CHILD, child)]);
    }
    events.extend(told);
    events.push(at(40, Kind::Finished(Finish::default())));
    events
}

fn write(events: &[Event], mem_lines: MemLines) -> String {
    let mut writer = Writer::new(Cursor::new(Vec::new()), mem_lines);
    events.iter().for_each(|event| writer.event(event).unwrap());
    writer.finish().unwrap();
    String::from_utf8(writer.into_inner().into_inner()).unwrap()
}

fn read(file: &str) -> Recording {
    let read = dat::read(file.as_bytes()).unwrap();
    assert_eq!(read.warnings, []);
    read.recording
}

fn func_lines(file: &str) -> Vec<&str> {
    file.lines().filter(|line| line.starts_with("FUNC ")).collect()
}

#[test]
fn mprof_is_given_its_curve_and_we_take_memory_from_the_process() {
    let of_child = call("load it", caller(CHILD, "main"), (15, 20));
    let events = run([at(20, Kind::Called { call: of_child, id: None })]);
    let file = write(&events, MemLines::Root);
    let line = "FUNC load_it 2.000000 1700000000.000000015 3.000000 1700000000.000000020 2 pid=8.1 task=main name=load\\x20it";
    assert_eq!(func_lines(&file), [line]);
    let read = read(&file);
    assert_eq!((read.calls[0].from_bytes, read.calls[0].to_bytes), (Some(5), Some(5)));
    assert_eq!(read.calls[0].name, "load it");
    let with_sums = write(&events, MemLines::Sum);
    assert!(func_lines(&with_sums)[0].starts_with("FUNC load_it 2.00000476837158203125 "), "{with_sums}");
}

#[test]
fn a_call_of_a_process_that_was_never_read_has_no_memory() {
    let of_nobody = call("load", caller(Pid::from(99), "1"), (15, 30));
    let recording = read(&write(&run([at(30, Kind::Called { call: of_nobody, id: None })]), MemLines::Root));
    assert_eq!(recording.calls[0].from_bytes, None);
    assert_eq!(recording.processes.len(), 2);
}

#[test]
fn a_call_that_goes_on_is_written_and_shown_to_the_end_of_a_recording_that_was_cut_off() {
    let entry = |id| Entry { id, name: "train".into(), caller: caller(ROOT, "main"), level: 0 };
    let left = Call { level: 0, ..call("train", caller(ROOT, "main"), (15, 25)) };
    let told = [
        at(15, Kind::Entered(entry(1))),
        at(16, Kind::Entered(entry(2))),
        at(25, Kind::Called { call: left, id: Some(1) }),
    ];
    let file = write(&run(told), MemLines::Root);
    assert!(file.contains("ENTER 2 7 1700000000.000000016 0 \"main\" \"train\"\n"), "{file}");
    assert_eq!(func_lines(&file)[0].split(' ').nth(2), Some("2.000000"), "{file}");
    let cut_off = file.lines().filter(|line| !line.starts_with("END ")).collect::<Vec<_>>().join("\n") + "\n";
    let read = read(&cut_off);
    let calls: Vec<_> = read.calls.iter().map(|call| (call.from_ns, call.to_ns, call.cut)).collect();
    assert_eq!(calls, [(15, 25, None), (16, 25, Some(Cut::Recording))]);
}

proptest! {
    #[test]
    fn calls_and_moments_are_read_as_they_were_told(
        told in prop::collection::vec((".*", ".*", 0..40_u64, 0..40_u64, 0..9_u32, 0..4_u64), 0..9)
    ) {
        let mut events = Vec::new();
        for (place, (name, task, one_ns, other_ns, level, way)) in told.into_iter().enumerate() {
            let caller = caller(if way % 2 == 0 { ROOT } else { CHILD }, &task);
            let (from_ns, to_ns) = (one_ns.min(other_ns), one_ns.max(other_ns));
            if way == 3 {
                events.push(at(to_ns, Kind::Marked(Moment { at_ns: to_ns, name, caller })));
                continue;
            }
            let id = (way > 0).then_some(place as u64);
            if let Some(id) = id {
                let (name, caller) = (name.clone(), caller.clone());
                events.push(at(from_ns, Kind::Entered(Entry { id, name, caller, level })));
            }
            let cut = (way == 1).then_some(Cut::Process);
            let call = Call { level, cut, ..call(&name, caller, (from_ns, to_ns)) };
            events.push(at(to_ns, Kind::Called { call, id }));
        }
        let events = run(events);
        let gathered = gathered(&events);
        for mem_lines in [MemLines::Root, MemLines::Sum] {
            let read = read(&write(&events, mem_lines));
            prop_assert_eq!(&read.calls, &gathered.calls);
            prop_assert_eq!(&read.moments, &gathered.moments);
        }
    }
}
