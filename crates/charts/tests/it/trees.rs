//! What is shown of a tree whose processes were each read alone.

use super::{chart_of, named, process, recording, svg};
use mprof_charts::chart::{Ground, Ink, Point, Series};
use mprof_charts::show::Stack;
use mprof_charts::{Chart, Format, Options, Show, over_time, render, side_by_side};
use mprof_recording::event::{Departure, Start};
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::peak::PeakKind;
use mprof_recording::{Left, Process, Recording};

const TICK_NS: u64 = 10_000_000;
const MIB: u64 = 1 << 20;

fn tree(processes: Vec<Process>) -> Recording {
    let recorder = Some("mprof-rs".to_owned());
    let start = Start { recorder, interval_ns: Some(TICK_NS), ..Start::default() };
    Recording { command: "make".into(), start, processes, ..Recording::default() }
}

/// A process with readings in MiB at ticks, which leaves at one.
fn member(pid: u32, readings: &[(u64, u64)], left: u64) -> Process {
    let readings: Vec<(u64, u64, Option<u64>)> =
        readings.iter().map(|&(tick, mib)| (tick * TICK_NS, mib * MIB, None)).collect();
    Process { left: Left::at(left * TICK_NS, Departure::default()), ..process(pid, &readings) }
}

fn series(chart: &Chart, ink: Ink) -> &Series {
    chart.panels[0].series.iter().find(|series| series.ink == ink).expect("there is such a curve")
}

fn ticks(points: &[Point]) -> Vec<(u64, u64)> {
    points.iter().map(|point| (point.at_ns / TICK_NS, point.bytes / MIB)).collect()
}

fn lines(chart: &Chart) -> Vec<String> {
    chart.legend.iter().map(|entry| format!("{}: {}", entry.label, entry.value)).collect()
}

/// Two processes of which the second lives in the midst of the first.
fn pair() -> Recording {
    tree(vec![member(1, &[(0, 10), (100, 10)], 101), member(2, &[(40, 30), (60, 30)], 61)])
}

#[test]
fn the_sum_is_the_main_curve_and_its_peak_is_marked() {
    let chart = chart_of(&pair());
    let sum = series(&chart, Ink::Main(0));
    assert_eq!(sum.name, "sum of 2 processes");
    let Ground::Between(floor) = sum.ground else { panic!("{:?}", sum.ground) };
    assert_eq!(chart.panels[0].series[floor].ink, Ink::Least);
    let mark = &chart.panels[0].marks[0];
    assert_eq!(
        mark.texts[0],
        "peak 40.00 MiB · highest sample; sum over processes, shared pages counted repeatedly"
    );
    assert_eq!(
        lines(&chart),
        [
            "sum of 2 processes: peak 40.00 MiB",
            "largest at each moment: peak ≥ 30.00 MiB",
            "worker (1): peak ≥ 10.00 MiB",
            "worker (2): peak ≥ 30.00 MiB"
        ]
    );
    assert_eq!(chart.note.as_deref(), Some("≥ is a lower bound"));
    svg(&chart);
}

#[test]
fn the_sum_stays_flat_until_a_process_joins_and_ends_with_the_last() {
    let chart = chart_of(&pair());
    let points = ticks(&series(&chart, Ink::Main(0)).points);
    assert_eq!(points, [(0, 10), (39, 10), (40, 40), (60, 40), (61, 10), (100, 10), (101, 10)]);
}

#[test]
fn a_process_is_drawn_from_its_first_reading_until_it_left() {
    let chart = chart_of(&pair());
    assert_eq!(ticks(&series(&chart, Ink::Child(1)).points), [(40, 30), (60, 30), (61, 30)]);
}

#[test]
fn what_rose_between_two_readings_is_in_the_peak_of_the_sum() {
    let mut run = pair();
    let samples = &mut run.processes[1].samples;
    samples.push(60 * TICK_NS, &Bytes::default().with(Metric::Rss, 30 * MIB).with(Metric::Hwm, 90 * MIB));
    let chart = chart_of(&run);
    let mark = &chart.panels[0].marks[0];
    assert_eq!((mark.peak.bytes, mark.curve_bytes), (100 * MIB, Some(40 * MIB)));
    assert_eq!(chart.legend[0].value, "peak 100.0 MiB", "a curve has one peak, in the legend too");
}

#[test]
fn the_ring_of_a_sum_has_a_stem_to_the_curve_wherever_it_stands() {
    let mut run = pair();
    for process in &mut run.processes {
        let bytes = Bytes::default().with(Metric::Rss, 20 * MIB).with(Metric::Hwm, 60 * MIB);
        process.samples.push(50 * TICK_NS, &bytes);
        process.samples.sort();
    }
    let chart = chart_of(&run);
    let mark = &chart.panels[0].marks[0];
    assert_eq!((mark.peak.bytes, mark.peak.kind), (120 * MIB, PeakKind::SumAsSeen));
    assert_eq!(mark.curve_bytes, Some(40 * MIB));
}

/// The largest at each moment cannot have had less than the process that it is.
#[test]
fn the_largest_has_no_less_than_any_line_below_it() {
    let mut run = pair();
    let bytes = Bytes::default().with(Metric::Rss, 30 * MIB).with(Metric::Hwm, 35 * MIB);
    run.processes[1].samples.push(60 * TICK_NS, &bytes);
    let lines = lines(&chart_of(&run));
    assert!(lines.contains(&"worker (2): peak ≥ 35.00 MiB".to_owned()), "{lines:?}");
    assert!(lines.contains(&"largest at each moment: peak ≥ 35.00 MiB".to_owned()), "{lines:?}");
}

#[test]
fn a_dotted_stem_is_explained_where_it_is_all_that_is_dotted() {
    let mut run = pair();
    let first = Bytes::default().with(Metric::Rss, 20 * MIB).with(Metric::Hwm, 60 * MIB);
    run.processes[1].samples.push(39 * TICK_NS, &first);
    run.processes[1].samples.sort();
    let chart = chart_of(&run);
    assert!(chart.panels[0].spikes.is_empty() && chart.panels[0].marks[0].curve_bytes.is_some());
    let note = chart.note.as_deref().expect("the stem is explained");
    assert!(note.contains("dotted rise: the kernel's mark between readings"), "{note}");
}

#[test]
fn the_peak_of_the_program_has_the_sign_that_its_kind_in_the_summary_has() {
    let mut run = pair();
    // The program ended at its mark, and its reaper was told of the child.
    let told = |own_mib, largest_mib: u64| Departure {
        hwm_bytes: Some(own_mib * MIB),
        maxrss_bytes: Some(largest_mib * MIB),
        ..Departure::default()
    };
    run.processes[0].left = Left::at(101 * TICK_NS, told(12, 31));
    run.processes[1].left = Left::at(61 * TICK_NS, told(31, 31));
    let summary = run.process_summary(0).expect("it was read");
    assert_eq!(summary.peak_kind, Some(PeakKind::HighWaterMark));
    for stack in [None, Some(Stack::Processes)] {
        let options = Options { show: Show { stack, ..Show::default() }, ..Options::default() };
        let chart = over_time(&[named(&run)], &options).expect("it has readings");
        let lines = lines(&chart);
        assert!(lines.contains(&"worker (1): peak 12.00 MiB".to_owned()), "{lines:?}");
    }
}

#[test]
fn a_process_has_the_same_peak_in_a_stack() {
    let mut run = pair();
    let bytes = Bytes::default().with(Metric::Rss, 30 * MIB).with(Metric::Hwm, 90 * MIB);
    run.processes[1].samples.push(60 * TICK_NS, &bytes);
    let options = |stack| Options { show: Show { stack, ..Show::default() }, ..Options::default() };
    let line = |stack| {
        let chart = over_time(&[named(&run)], &options(stack)).expect("it has readings");
        lines(&chart).into_iter().find(|line| line.starts_with("worker (2)")).expect("it is named")
    };
    assert_eq!(line(Some(Stack::Processes)), "worker (2): peak ≥ 90.00 MiB");
    assert_eq!(line(Some(Stack::Processes)), line(None));
}

#[test]
fn a_sampled_sum_of_a_kind_is_no_bound() {
    let mut run = pair();
    for process in &mut run.processes {
        let bytes = Bytes::default().with(Metric::Rss, 20 * MIB).with(Metric::Anon, 7 * MIB);
        process.samples.push(50 * TICK_NS, &bytes.with(Metric::Swap, 0));
        process.samples.sort();
    }
    let chart = |metric, stack| {
        let show = Show { metric, stack, ..Show::default() };
        over_time(&[named(&run)], &Options { show, ..Options::default() }).expect("it has readings")
    };
    let full = "peak 14.00 MiB · highest sample; sum over processes, shared pages counted repeatedly";
    let anon = chart(Metric::Anon, None);
    assert_eq!((anon.panels[0].marks[0].texts[0].as_str(), lines(&anon)[0].contains('≤')), (full, false));
    let kinds = chart(Metric::Rss, Some(Stack::Kinds));
    assert!(lines(&kinds).iter().all(|line| !line.contains('≤')), "{:?}", lines(&kinds));
    assert!(
        kinds
            .note
            .is_some_and(|note| note.contains("each kind of memory: highest sample; sum over processes"))
    );
    // None was swapped out, which was read.
    let swap = chart(Metric::Swap, None);
    assert_eq!(lines(&swap)[0], "sum of 2 processes: peak 0 B");
    assert_eq!(swap.panels[0].marks[0].peak.bytes, 0);
}

#[test]
fn the_peak_of_one_process_above_every_sum_is_the_runs() {
    let mut run = pair();
    let departure = Departure { maxrss_bytes: Some(90 * MIB), ..Departure::default() };
    let left = &mut run.processes[1].left;
    *left = Left::at(left.at_ns().expect("it left"), departure);
    let chart = chart_of(&run);
    let peak = chart.panels[0].marks[0].peak;
    assert_eq!((peak.bytes, peak.kind), (90 * MIB, PeakKind::LargestProcess));
}

#[test]
fn what_its_reaper_was_told_is_not_the_programs_own() {
    let mut run = pair();
    let departure = Departure { maxrss_bytes: Some(30 * MIB), ..Departure::default() };
    run.processes[0].left = Left::at(101 * TICK_NS, departure);
    assert_eq!(lines(&chart_of(&run))[2], "worker (1): peak ≥ 10.00 MiB");
}

#[test]
fn the_name_that_a_process_had_last_is_shown() {
    let mut run = pair();
    run.processes[1].renamed.push((41 * TICK_NS, "cc1".into()));
    assert!(lines(&chart_of(&run))[3].starts_with("cc1 (2)"));
}

#[test]
fn proportional_sets_are_a_curve_of_their_own() {
    let mut run = pair();
    for process in &mut run.processes {
        let bytes = Bytes::default().with(Metric::Rss, 30 * MIB).with(Metric::Pss, 7 * MIB);
        process.samples.push(50 * TICK_NS, &bytes);
        process.samples.sort();
    }
    let chart = chart_of(&run);
    assert_eq!(ticks(&series(&chart, Ink::Shared).points), [(50, 14)]);
    assert_eq!(lines(&chart)[1], "PSS, shared pages divided: peak 14.00 MiB", "they are read in turn");
    let mut still = run.clone();
    still.notes.push(("sets_bound".into(), "nothing changed".into()));
    assert_eq!(lines(&chart_of(&still))[1], "PSS, shared pages divided: peak ≥ 14.00 MiB");
    svg(&chart);
    // Alone it looks the same: nobody knows what was between two readings.
    let show = Show { metric: Metric::Pss, ..Show::default() };
    let options = Options { show, ..Options::default() };
    let alone = over_time(&[named(&run)], &options).expect("it has readings");
    assert_eq!(ticks(&series(&alone, Ink::Shared).points), [(50, 14)]);
    run.notes.push(("mem_metric".into(), "pss".into()));
    let at_every_tick = over_time(&[named(&run)], &options).expect("it has readings");
    assert_eq!(ticks(&series(&at_every_tick, Ink::Main(0)).points), [(50, 14)]);
}

#[test]
fn no_line_leads_the_shared_sum_above_the_sum() {
    let mut run = tree(vec![member(1, &[(10, 90), (40, 20), (50, 20), (90, 90)], 100)]);
    for at in [10, 90] {
        let bytes = Bytes::default().with(Metric::Rss, 90 * MIB).with(Metric::Pss, 80 * MIB);
        run.processes[0].samples.push(at * TICK_NS, &bytes);
    }
    run.processes[0].samples.sort();
    run.processes.push(member(2, &[(1, 1)], 2));
    let chart = chart_of(&run);
    let shared = series(&chart, Ink::Shared);
    assert_eq!((ticks(&shared.points), &shared.breaks[..]), (vec![(10, 80), (90, 80)], &[1][..]));
}

#[test]
fn the_largest_are_named_and_the_others_are_one_curve() {
    let mut processes = vec![member(1, &[(0, 5), (90, 5)], 91)];
    processes.extend((2..40).map(|n| member(n, &[(u64::from(n), 50 + u64::from(n))], u64::from(n) + 1)));
    let chart = chart_of(&tree(processes));
    assert_eq!(chart.panels[0].series.len(), 14);
    let lines = lines(&chart);
    assert_eq!(lines[0], "sum of 39 processes: peak 94.00 MiB");
    assert_eq!(lines[3], "worker (39): peak ≥ 89.00 MiB");
    assert_eq!(lines[13], "and 28 smaller: peak 79.00 MiB");
    // Each of them lived for one reading.
    let rest = ticks(&series(&chart, Ink::Rest).points);
    assert_eq!(rest, (2..30).map(|n| (n, 50 + n)).chain([(30, 79)]).collect::<Vec<_>>());
}

#[test]
fn none_is_named_that_is_nothing_beside_the_largest() {
    let mut processes = vec![member(1, &[(0, 1)], 91), member(2, &[(1, 500)], 91)];
    processes.extend((3..40).map(|n| member(n, &[(u64::from(n), 3)], u64::from(n) + 1)));
    let labels: Vec<String> =
        chart_of(&tree(processes)).legend.into_iter().map(|entry| entry.label).collect();
    let of_some = ["worker (1)", "worker (2)", "and 37 smaller"];
    assert_eq!((labels[0].as_str(), &labels[2..]), ("sum of 39 processes", &of_some.map(String::from)[..]));
}

#[test]
fn several_runs_show_their_sums() {
    let (tree, alone) = (pair(), recording("ls", &[(0, MIB, None), (TICK_NS, 2 * MIB, None)]));
    let both = [named(&tree), named(&alone)];
    let overlay = over_time(&both, &Options::default()).expect("both are full");
    let panels = side_by_side(&both, &Options::default()).expect("both are full");
    assert_eq!(lines(&overlay), ["make: peak 40.00 MiB", "ls: peak ≥ 2.000 MiB"]);
    for panel in [&overlay.panels[0], &panels.panels[0]] {
        assert_eq!(panel.series[0].points.iter().map(|point| point.bytes).max(), Some(40 * MIB));
        assert_eq!(panel.marks[0].peak.kind, PeakKind::Sum);
    }
    svg(&overlay);
    svg(&panels);
}

#[test]
fn children_that_another_recorder_summed_up_are_summed_up_no_more() {
    let mut run = pair();
    run.start.recorder = None;
    let labels: Vec<String> = chart_of(&run).legend.into_iter().map(|entry| entry.label).collect();
    assert_eq!(labels, ["worker (1)", "worker (2)"]);
}

#[test]
fn lines_of_mprof_are_called_what_they_are() {
    let cases = [
        // The children exceed them; they follow the children; nothing tells.
        ("MEM 1.0 1.0\nCHLD 8 5.0 1.0\n", "sum of 2 processes", 6 * MIB),
        ("MEM 1.0 1.0\nMEM 6.0 2.0\nCHLD 8 5.0 2.0\n", "sum of 2 processes", 6 * MIB),
        ("MEM 9.0 1.0\nCHLD 8 5.0 1.0\n", "program, or the sum", 9 * MIB),
    ];
    for (text, name, peak_bytes) in cases {
        let run = mprof_recording::dat::read(text.as_bytes()).expect("it is one of mprof's").recording;
        let chart = chart_of(&run);
        assert_eq!(chart.legend[0].label, name, "{text}");
        assert_eq!(chart.panels[0].marks[0].peak.bytes, peak_bytes, "{text}");
    }
}

#[test]
fn a_child_that_mprof_missed_ends_at_its_last_reading() {
    let text = "MEM 1.0 1.0\nMEM 6.0 2.0\nCHLD 8 5.0 2.0\nMEM 9.0 3.0\nCHLD 8 8.0 3.0\nMEM 1.0 4.0\n";
    let run = mprof_recording::dat::read(text.as_bytes()).expect("it is one of mprof's").recording;
    assert_eq!(run.children()[0].left.at_ns(), Some(3_000_000_000), "it was gone at the next tick");
    let chart = chart_of(&run);
    let of_child =
        chart.panels[0].series.iter().find(|series| series.name == "process 8").expect("it is drawn");
    let last = of_child.points.last().expect("it was read");
    assert_eq!((last.at_ns, last.bytes), (2_000_000_000, 8 * MIB));
}

#[test]
fn thousands_of_processes_are_few_curves_and_a_small_picture() {
    let short = |n: u32| member(n, &[(u64::from(n) / 3, 9 + u64::from(n % 50))], u64::from(n) / 3 + 2);
    let run = tree((1..8000).map(short).collect());
    let chart = chart_of(&run);
    let bytes = render(&chart, Format::Svg).expect("it can be drawn");
    assert!(chart.panels[0].series.len() <= 14 && bytes.len() < 1 << 20, "{} bytes", bytes.len());
}
