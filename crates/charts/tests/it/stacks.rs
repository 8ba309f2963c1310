//! A stack is its total, layer on layer.

use super::{named, process};
use mprof_charts::chart::{Ground, Ink, Series};
use mprof_charts::show::{Show, Stack};
use mprof_charts::{Chart, Error, Options, over_time};
use mprof_recording::event::{Departure, Start};
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::{Left, Recording};
use proptest::prelude::*;
use std::collections::BTreeMap;

const KINDS: [Metric; 3] = [Metric::Anon, Metric::File, Metric::Shmem];

/// Fewer than the columns of the sheet, so that every reading is drawn.
const N_TICKS: u64 = 40;

/// A tree of which each process has a reading where it changed, as recordings have, and kinds that sum up.
fn tree(members: &[(u64, u64, Vec<[u64; 3]>)]) -> Recording {
    let start = Start { recorder: Some("mprof-rs".into()), interval_ns: Some(1), ..Start::default() };
    let processes = members.iter().zip(1..).map(|((from, step, values), pid)| {
        let mut member = process(pid, &[]);
        let mut at_ns = *from;
        for kinds in values {
            let mut bytes = Bytes::default().with(Metric::Rss, kinds.iter().sum());
            KINDS.into_iter().zip(kinds).for_each(|(metric, &value)| bytes.set(metric, Some(value)));
            member.samples.push(at_ns, &bytes);
            at_ns += step;
        }
        member.left = Left::at(at_ns, Departure::default());
        member
    });
    Recording { start, processes: processes.collect(), ..Recording::default() }
}

fn trees() -> impl Strategy<Value = Recording> {
    let values = prop::collection::vec(prop::array::uniform3(0..1000_u64), 1..6);
    let members = prop::collection::vec((0..N_TICKS / 4, 1..N_TICKS / 8, values), 1..16);
    members.prop_map(|members| tree(&members))
}

fn stacked(recording: &Recording, stack: Stack) -> Result<Chart, Error> {
    let show = Show { stack: Some(stack), ..Show::default() };
    over_time(&[named(recording)], &Options { show, ..Options::default() })
}

/// The last value at each time: what a layer comes to there.
fn values(series: &Series) -> BTreeMap<u64, u64> {
    series.points.iter().map(|point| (point.at_ns, point.bytes)).collect()
}

fn check(recording: &Recording, stack: Stack) -> Result<(), TestCaseError> {
    let highest = recording.total_curve().iter().map(|at| at.bytes).max().unwrap_or(0);
    let chart = stacked(recording, stack).expect("every process was read alone");
    let layers: Vec<BTreeMap<u64, u64>> = chart.panels[0].series.iter().map(values).collect();
    prop_assert!(chart.panels[0].series.iter().all(|series| series.ground == Ground::Layer));
    if highest == 0 {
        return Ok(());
    }
    let total = values(&sum_of(recording));
    prop_assert_eq!(&layers[0], &total, "the uppermost edge is the total");
    for (above, below) in layers.iter().zip(&layers[1..]) {
        for (at_ns, bytes) in below {
            if let Some(upper) = above.get(at_ns) {
                prop_assert!(upper >= bytes, "at {at_ns}: {upper} above {bytes}");
            }
        }
    }
    Ok(())
}

/// The curve of the total, as a chart without a stack draws it.
fn sum_of(recording: &Recording) -> Series {
    let chart = over_time(&[named(recording)], &Options::default()).expect("there is something to draw");
    let mut series = chart.panels[0].series.iter();
    series.find(|series| series.ink == Ink::Main(0)).expect("there is a sum").clone()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn layers_sum_up_to_the_total(recording in trees()) {
        check(&recording, Stack::Processes)?;
        check(&recording, Stack::Kinds)?;
    }
}

#[test]
fn what_was_swapped_out_lies_on_top_and_is_marked() {
    let mut run = tree(&[(0, 1, vec![[5, 6, 7], [5, 6, 7]])]);
    let bytes = run.processes[0].samples.bytes(1).with(Metric::Swap, 100);
    run.processes[0].samples.push(2, &bytes);
    run.processes[0].left = Left::at(5, Departure::default());
    let chart = stacked(&run, Stack::Kinds).expect("kinds are known");
    let top = &chart.panels[0].series[0];
    assert_eq!((top.ink, top.name.as_str()), (Ink::Absent, "swapped out, not resident"));
    assert_eq!(values(top)[&2], 118);
    assert_eq!(chart.panels[0].series.len(), 4);
}

#[test]
fn what_may_be_summed_up_already_is_not_stacked() {
    let mut run = tree(&[(0, 1, vec![[1, 1, 1]]), (0, 1, vec![[2, 2, 2]])]);
    run.start.recorder = None;
    assert_eq!(stacked(&run, Stack::Processes), Err(Error::NotStackable));
    let alone = Recording { processes: run.processes[..1].to_vec(), ..run };
    assert!(stacked(&alone, Stack::Kinds).is_ok());
}

#[test]
fn what_is_read_now_and_then_is_not_stacked_and_says_why() {
    let mut run = tree(&[(0, 1, vec![[1, 1, 1]]), (0, 1, vec![[2, 2, 2]])]);
    run.processes[0].samples.push(2, &Bytes::default().with(Metric::Rss, 9).with(Metric::Pss, 9));
    let show = Show { metric: Metric::Pss, stack: Some(Stack::Processes), ..Show::default() };
    let drawn = over_time(&[named(&run)], &Options { show, ..Options::default() });
    assert_eq!(drawn, Err(Error::ReadNowAndThen(Metric::Pss)));
}
