//! What is said when a run is over is what its recording says later.

use crate::round_trip::write;
use mprof_recording::dat;
use mprof_recording::event::{Departure, Ending, Event, Finish, Kind, Pid, Start};
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::peak::PeakKind;
use mprof_recording::pump::Sink;
use mprof_recording::summary::{Summary, Tally};
use proptest::prelude::*;

const MIB: u64 = 1 << 20;

fn pid(number: u32) -> Pid {
    Pid { number, life: 0 }
}

fn event(at_ns: u64, kind: Kind) -> Event {
    Event { at_ns, kind }
}

fn sample(at_ns: u64, of: u32, rss_mib: u64, hwm_mib: Option<u64>) -> Event {
    let mut bytes = Bytes::default().with(Metric::Rss, rss_mib * MIB);
    bytes.set(Metric::Hwm, hwm_mib.map(|mib| mib * MIB));
    event(at_ns, Kind::Sample { pid: pid(of), bytes })
}

fn joined(of: u32) -> Event {
    let parent = (of > 1).then_some(pid(1));
    event(0, Kind::Joined { pid: pid(of), parent, name: "a".into() })
}

fn started() -> Event {
    event(0, Kind::Started(Start { unix_ns: 9_000_000_000, recorder: Some("us".into()), ..Start::default() }))
}

fn finished(n_unread: u64) -> Event {
    event(99, Kind::Finished(Finish { how: Ending::Exit, n_unread, ..Finish::default() }))
}

fn live(events: &[Event]) -> Summary {
    let mut tally = Tally::of(Metric::Rss);
    events.iter().for_each(|event| tally.event(event).unwrap());
    tally.summary()
}

fn stored(events: &[Event]) -> Summary {
    dat::read(&write(events)).unwrap().recording.summary()
}

type Figure = (Option<u64>, Option<PeakKind>);

/// The peaks of the run, of the program and of the largest process.
fn peaks(summary: &Summary) -> (Figure, Figure, Option<u64>) {
    (
        (summary.peak_bytes, summary.peak_kind),
        (summary.root_peak_bytes, summary.root_peak_kind),
        summary.largest_process_bytes,
    )
}

#[test]
fn alone_a_program_with_unsure_marks_has_what_its_reaper_was_told() {
    let departure = Departure { maxrss_bytes: Some(100 * MIB), ..Departure::default() };
    let events = [
        started(),
        joined(1),
        sample(10, 1, 10, Some(11)),
        event(20, Kind::Noted { key: "marks", text: String::new() }),
        event(20, Kind::Left { pid: pid(1), departure }),
        event(20, Kind::Noted { key: "marks_unsure", text: String::new() }),
        finished(0),
    ];
    let expected = (Some(100 * MIB), Some(PeakKind::MarkWithGaps));
    assert_eq!(peaks(&stored(&events)).1, expected);
    assert_eq!(peaks(&live(&events)).1, expected);
}

fn departures() -> impl Strategy<Value = Departure> {
    let mib = || prop::option::of((1..200_u64).prop_map(|mib| mib * MIB));
    (mib(), mib(), mib()).prop_map(|(hwm_bytes, earlier_bytes, maxrss_bytes)| Departure {
        hwm_bytes,
        earlier_bytes,
        maxrss_bytes,
        ..Departure::default()
    })
}

/// A run of one process to three, of which not all are read and not all are seen to leave.
fn runs() -> impl Strategy<Value = Vec<Event>> {
    let samples = prop::collection::vec((1..4_u32, 1..200_u64, prop::option::of(0..9_u64)), 0..9);
    let ends = prop::collection::vec(prop::option::weighted(0.8, departures()), 3);
    let notes = prop::sample::subsequence(vec!["marks", "marks_unsure", "membership_lost"], 0..3);
    (1..4_u32, samples, ends, notes, prop::bool::weighted(0.2)).prop_map(
        |(n_processes, samples, ends, notes, has_unread)| {
            let mut events = vec![started()];
            events.extend((1..=n_processes).map(joined));
            for (at_ns, (of, mib, more)) in (1..).zip(samples) {
                events
                    .extend((of <= n_processes).then(|| sample(at_ns, of, mib, more.map(|more| mib + more))));
            }
            for (of, departure) in (1..=n_processes).rev().zip(ends) {
                events.extend(departure.map(|departure| event(90, Kind::Left { pid: pid(of), departure })));
            }
            events.extend(notes.into_iter().map(|key| event(95, Kind::Noted { key, text: String::new() })));
            events.push(finished(u64::from(has_unread)));
            events
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn peaks_of_the_run_are_those_of_its_recording(events in runs()) {
        prop_assert_eq!(peaks(&live(&events)), peaks(&stored(&events)));
    }
}
