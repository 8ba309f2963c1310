//! Whole recordings in simulated time, of a program that really runs and does nothing.

use std::io;

use mprof_recording::dat::{MemLines, Writer};
use mprof_recording::event::{Ending, Event, Kind};
use mprof_recording::pump::{Outlet, Sink, pump};
use mprof_recording::summary::Tally;

use super::begin::{Seen, opening, start};
use super::*;
use crate::os::counting::{Count, count};
use crate::program::{Given, Program};
use crate::time::simulated::Simulated;

const MS: u64 = 1_000_000;
const S: u64 = 1000 * MS;

/// A sleeping program that is recorded for so long, in a time in which more may happen.
fn polling(interval_ns: u64, duration_ns: u64, change: impl FnOnce(&mut Simulated)) -> Polling {
    let argv = ["sleep", "1000"].map(Into::into).into();
    let program = Program::find(argv, std::env::var_os("PATH").as_deref()).unwrap();
    let root = program.spawn(ExitsSeen::AsTheyHappen, Given::default(), None).unwrap().pid;
    let options = Options {
        interval_ns,
        timeout_ns: None,
        after_timeout: AfterTimeout::End,
        exits: ExitsSeen::AsTheyHappen,
        marks: MarksKept::ForLife,
        mark_on: None,
        sets: SetsRead::NowAndThen,
        recorder: "test".into(),
    };
    let mut simulated = Simulated::new(root, duration_ns);
    change(&mut simulated);
    let time = Time::Simulated(simulated);
    let tree = Some(Tree::new(root, b"sleep", MarksKept::ForLife).unwrap());
    let seen = Seen { tree, membership: Membership::of_running(root), signals: None };
    let opening = opening(start(Vec::new(), &options, 1_800_000_000 * S), &[], root, b"sleep");
    let mut polling = Polling::follow(root, Relation::Child, seen, time, &options);
    polling.opening = opening;
    polling
}

/// Keeps whatever is told.
#[derive(Default)]
struct Heard(Vec<Event>);

impl Sink for Heard {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.0.push(event.clone());
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn record(mut polling: Polling) -> Vec<Event> {
    let mut heard = Heard::default();
    pump(&mut polling, &mut [Outlet::new("memory", &mut heard)]).unwrap();
    heard.0
}

#[track_caller]
fn check_undisturbed(events: &[Event], n_ticks: u64) {
    let samples = events.iter().filter(|event| matches!(event.kind, Kind::Sample { .. }));
    let times_ns: Vec<u64> = samples.map(|event| event.at_ns).collect();
    let Some(Event { kind: Kind::Finished(finish), .. }) = events.last() else {
        unreachable!("a recording ends with its end")
    };
    assert_eq!((finish.n_samples, finish.n_missed, finish.n_late), (n_ticks, 0, 0));
    assert_eq!(finish.how, Ending::Exit);
    assert!(times_ns.windows(2).all(|pair| pair[1] - pair[0] == 10 * MS), "{times_ns:?}");
}

/// Whatever the wall clock says, only the start has it. That nothing but the beginning asks it is held by `tidy.rs`.
#[test]
fn the_wall_clock_only_names_the_start() {
    for unix_ns in [0, 1_800_000_000 * S] {
        let mut polling = polling(10 * MS, 2 * S, |_| {});
        let Some(Event { kind: Kind::Started(start), .. }) = polling.opening.first_mut() else {
            unreachable!("a recording begins with its start")
        };
        start.unix_ns = unix_ns;
        let events = record(polling);
        check_undisturbed(&events, 200);
        assert!(matches!(&events[0].kind, Kind::Started(start) if start.unix_ns == unix_ns));
    }
}

#[test]
fn a_system_that_sleeps_leaves_a_note_and_no_missed_ticks() {
    let events = record(polling(10 * MS, 2 * S, |time| time.sleep = Some((S, 7200 * S))));
    check_undisturbed(&events, 200);
    let note = |event: &Event| match &event.kind {
        Kind::Noted { key: "suspended", text } => Some(text.clone()),
        _ => None,
    };
    let notes: Vec<String> = events.iter().filter_map(note).collect();
    assert_eq!(
        notes,
        ["the system slept for 2 h 00 min at 1.000 s of the recording, which has no time for it"]
    );
}

/// Looks at each tick what we hold and how often we asked for more.
#[derive(Default)]
struct Gauge {
    warm_ns: u64,
    warm: Option<Count>,
    last: Count,
    n_ticks: u64,
    n_ticks_that_allocate: u64,
}

impl Sink for Gauge {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        if matches!(event.kind, Kind::Sample { .. }) && event.at_ns >= self.warm_ns {
            let now = count();
            self.warm.get_or_insert(now);
            self.n_ticks += 1;
            self.n_ticks_that_allocate += u64::from(now.n_allocations > self.last.n_allocations);
            self.last = now;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// All of it with `MPROF_RS_LONG`, as `scripts/bench` asks for it to print what this prints; a twentieth without.
#[test]
fn own_memory_is_flat_however_long_a_run_is() {
    let share = if std::env::var_os("MPROF_RS_LONG").is_some() { 1 } else { 20 };
    for (what, interval_ns, whole_ns) in
        [("10 min at 1 ms", MS, 600 * S), ("1 h at 10 ms", 10 * MS, 3600 * S)]
    {
        let duration_ns = whole_ns / share;
        let mut polling = polling(interval_ns, duration_ns, |_| {});
        let mut gauge = Gauge { warm_ns: duration_ns / 10, ..Gauge::default() };
        let mut tally = Tally::default();
        let mut writer = Writer::new(tempfile::tempfile().unwrap(), MemLines::Root);
        let mut outlets = [
            Outlet::new("figures", &mut tally),
            Outlet::new("file", &mut writer),
            Outlet::new("gauge", &mut gauge),
        ];
        pump(&mut polling, &mut outlets).unwrap();
        let grown_bytes = gauge.last.held_bytes - gauge.warm.unwrap().held_bytes;
        println!(
            "simulated 1/{share} of {what}: {} ticks, {grown_bytes} bytes more held at the end than after a tenth, \
             {} ticks that allocate",
            gauge.n_ticks, gauge.n_ticks_that_allocate
        );
        assert!(grown_bytes.abs() < 16 << 10, "{what}: {grown_bytes}");
        // A look at /proc allocates, each second or, where perf is refused, ten times as often; a tick does not.
        assert!(
            gauge.n_ticks_that_allocate <= 10 * duration_ns / S + 2,
            "{what}: {}",
            gauge.n_ticks_that_allocate
        );
    }
}
