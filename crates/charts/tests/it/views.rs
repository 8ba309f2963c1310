//! Parts of a run, other metrics, other axes.

use super::{named, process, recording, svg};
use mprof_charts::chart::{Calls, Ground, Ink, Scale};
use mprof_charts::show::{Processes, Show, Slope, Stack, Time};
use mprof_charts::{Chart, Error, Options, over_time, side_by_side};
use mprof_recording::call::Call;
use mprof_recording::event::{Departure, Start};
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::peak::PeakKind;
use mprof_recording::{Left, Process, Recording};

const SECOND_NS: u64 = 1_000_000_000;
const MIB: u64 = 1 << 20;

fn drawn(recordings: &[&Recording], show: Show) -> Result<Chart, Error> {
    let all: Vec<_> = recordings.iter().copied().map(named).collect();
    over_time(&all, &Options { show, ..Options::default() })
}

/// A run of ten seconds with its peak at seven, and a rise that only the kernel saw before three.
fn run() -> Recording {
    let at = |second: u64, mib: u64, hwm: u64| (second * SECOND_NS, mib * MIB, Some(hwm * MIB));
    recording("run", &[at(0, 2, 2), at(2, 4, 4), at(3, 4, 30), at(7, 90, 90), at(10, 5, 90)])
}

#[test]
fn a_window_has_axes_and_a_peak_of_its_own() {
    let show = Show { window_ns: Some((SECOND_NS, 4 * SECOND_NS)), ..Show::default() };
    let chart = drawn(&[&run()], show).expect("the window is within the run");
    let panel = &chart.panels[0];
    assert_eq!((panel.time.from, panel.time.end), (SECOND_NS, 4 * SECOND_NS));
    assert!(panel.memory.end < 40 * MIB, "{}", panel.memory.end);
    let peak = panel.marks[0].peak;
    assert_eq!((peak.bytes, peak.kind), (30 * MIB, PeakKind::HighWaterMark));
    assert_eq!(panel.marks[0].texts[0], "peak of this part 30.00 MiB · high-water mark");
    let note = chart.note.as_deref().unwrap_or_default();
    assert!(note.starts_with("the run's peak, 90.00 MiB at 7.00 s, lies outside"), "{note}");
    assert_eq!(panel.spikes.len(), 1);
    svg(&chart);
}

#[test]
fn what_only_the_curve_has_at_an_edge_is_no_sample() {
    let falling = recording("run", &[(0, 90 * MIB, None), (10 * SECOND_NS, 10 * MIB, None)]);
    let kind = |from_s: u64, to_s: u64| {
        let show = Show { window_ns: Some((from_s * SECOND_NS, to_s * SECOND_NS)), ..Show::default() };
        drawn(&[&falling], show).expect("the window is within the run").panels[0].marks[0].peak
    };
    assert_eq!((kind(5, 8).bytes, kind(5, 8).kind), (50 * MIB, PeakKind::AtEdge));
    assert_eq!(kind(0, 8).kind, PeakKind::HighestSample);
}

#[test]
fn a_window_with_the_runs_peak_shows_it_as_it_is() {
    let show = Show { window_ns: Some((6 * SECOND_NS, u64::MAX)), ..Show::default() };
    let chart = drawn(&[&run()], show).expect("the window is within the run");
    assert_eq!(chart.panels[0].marks[0].texts[0], "peak 90.00 MiB · high-water mark");
    assert_eq!((chart.note, chart.panels[0].time.end), (None, 10 * SECOND_NS));
}

#[test]
fn a_window_after_the_end_says_so() {
    let show = Show { window_ns: Some((11 * SECOND_NS, u64::MAX)), ..Show::default() };
    let error = drawn(&[&run()], show).expect_err("there is nothing");
    assert_eq!(
        error.to_string(),
        "nothing to draw: the window begins after 11.0 s, and the run is over after 10.0 s"
    );
}

#[test]
fn a_metric_that_was_not_recorded_is_told_with_those_that_were() {
    let show = Show { metric: Metric::Footprint, ..Show::default() };
    let error = drawn(&[&run()], show).expect_err("it is not there");
    assert!(error.to_string().ends_with("no reading of footprint, and the metrics recorded are rss, hwm"));
}

#[test]
fn the_peak_is_of_the_metric_that_is_drawn() {
    let mut run = run();
    for (second, mib) in [(11, 3), (12, 1)] {
        let bytes = Bytes::default().with(Metric::Rss, 5 * MIB).with(Metric::Swap, mib * MIB);
        run.processes[0].samples.push(second * SECOND_NS, &bytes);
    }
    let show = Show { metric: Metric::Swap, ..Show::default() };
    let chart = drawn(&[&run], show).expect("swap was recorded");
    assert_eq!(chart.panels[0].marks[0].texts[0], "peak 3.000 MiB · highest sample");
    assert_eq!(chart.panels[0].memory.label, "swap, MiB");
}

#[test]
fn runs_of_different_length_end_together_when_time_is_what_is_done() {
    let long = recording("long", &[(0, MIB, None), (40 * SECOND_NS, 2 * MIB, None)]);
    let chart = drawn(&[&run(), &long], Show { time: Time::Done, ..Show::default() }).expect("both are full");
    let panel = &chart.panels[0];
    let ends: Vec<_> = panel.series.iter().filter_map(|series| series.points.last()).collect();
    assert!(ends.iter().all(|point| point.at_ns == 40 * SECOND_NS), "{ends:?}");
    assert_eq!(panel.time.ticks.last().map(|tick| tick.label.as_str()), Some("100"));
    assert_eq!(panel.marks[0].peak.at_ns, Some(28 * SECOND_NS));
}

#[test]
fn a_logarithmic_axis_is_not_spent_on_how_a_run_begins_and_ends() {
    let middle = (1..100).map(|n| (n * SECOND_NS, 100 * MIB + n, None));
    let readings: Vec<_> =
        [(0, 4096, None)].into_iter().chain(middle).chain([(100 * SECOND_NS, 4096, None)]).collect();
    let run = recording("log", &readings);
    let show = Show { scale: Scale::Log, ..Show::default() };
    let chart = over_time(&[named(&run)], &Options { show, ..Options::default() }).expect("it has readings");
    let panel = &chart.panels[0];
    assert!(panel.memory.from >= MIB && panel.memory.from <= 100 * MIB, "{}", panel.memory.from);
    assert_eq!((panel.series[0].points[0].bytes, panel.series[0].ground), (4096, Ground::Bare));
}

#[test]
fn zero_lies_on_the_foot_of_a_logarithmic_axis() {
    let run = recording("log", &[(0, 0, None), (SECOND_NS, 3 * MIB, None), (2 * SECOND_NS, 900 * MIB, None)]);
    let chart = drawn(&[&run], Show { scale: Scale::Log, ..Show::default() }).expect("it can be drawn");
    let memory = &chart.panels[0].memory;
    assert!(memory.from > 0 && memory.share(0) == 0.0 && memory.share(3 * MIB) > 0.0);
    svg(&chart);
}

#[test]
fn a_trend_has_a_line_and_none_says_so() {
    let show = Show { slope: Slope::Drawn, ..Show::default() };
    let readings: Vec<_> = (0..60).map(|n| (n * SECOND_NS, (10 + n) * MIB, None)).collect();
    let chart = drawn(&[&recording("leak", &readings)], show).expect("it can be drawn");
    assert!(chart.panels[0].series.iter().any(|series| series.ink == Ink::OnlyTrend));
    assert_eq!(chart.legend[0].value, "+1.000 MiB per s, 95 % between +1.000 MiB and +1.000 MiB");
    for (readings, why) in
        [(&readings[..2], "fewer than three readings"), (&[(0, MIB, None); 5][..], "three")]
    {
        let chart = drawn(&[&recording("short", readings)], show).expect("it can be drawn");
        assert!(chart.legend[0].value.contains(why), "{}", chart.legend[0].value);
    }
    let flat: Vec<_> = (0..60).map(|n| (n * SECOND_NS, (10 + n * 7 % 5) * MIB, None)).collect();
    let chart = drawn(&[&recording("flat", &flat)], show).expect("it can be drawn");
    assert_eq!(chart.legend[0].value, "no trend: its 95 % interval spans zero");
}

#[test]
fn processes_can_be_drawn_of_several_runs() {
    let mut run = run();
    run.processes.push(process(2, &[(0, 7 * MIB, None), (SECOND_NS, 8 * MIB, None)]));
    let show = Show { processes: Processes::Each, ..Show::default() };
    let chart = drawn(&[&run, &run], show).expect("both are full");
    let inks: Vec<Ink> = chart.panels[0].series.iter().map(|series| series.ink).collect();
    assert_eq!(inks, [Ink::Of(0), Ink::Of(0), Ink::Main(0), Ink::Of(1), Ink::Of(1), Ink::Main(1)]);
    let panels = side_by_side(&[named(&run)], &Options { show, ..Options::default() }).expect("it is full");
    assert_eq!(panels.panels[0].series.len(), 3);
}

#[test]
fn a_limit_that_is_near_is_drawn_and_the_axis_reaches_it() {
    let mut run = run();
    run.notes = vec![("limit_address_space".into(), (100 * MIB).to_string())];
    let chart = drawn(&[&run], Show::default()).expect("it can be drawn");
    let panel = &chart.panels[0];
    assert_eq!(panel.limits.len(), 1);
    assert!(panel.memory.end > 100 * MIB && panel.limits[0].bytes == 100 * MIB);
    let entry = chart.legend.iter().find(|entry| entry.ink == Some(Ink::Limit)).expect("the legend names it");
    assert_eq!(entry.value, "100.0 MiB");
    run.processes.push(process(2, &[(0, 80 * MIB, None)]));
    run.notes[0].1 = (190 * MIB).to_string();
    assert!(drawn(&[&run], Show::default()).expect("it can be drawn").panels[0].limits.is_empty());
}

#[test]
fn no_mark_of_the_kernel_is_drawn_over_a_gap() {
    let n_spikes = |silences_ns: &[(u64, u64)]| {
        let mut run = run();
        run.start.recorder = Some("us".into());
        run.processes[0].silences_ns = silences_ns.iter().copied().collect();
        drawn(&[&run], Show::default()).expect("there is something to draw").panels[0].spikes.len()
    };
    assert_eq!((n_spikes(&[]), n_spikes(&[(2 * SECOND_NS, 3 * SECOND_NS)])), (1, 0));
}

/// Two processes that fall for ten seconds, of which nothing is read between.
fn falling_tree() -> Recording {
    let falling = |pid, mib: u64| {
        let readings = [(0, mib * MIB, None), (10 * SECOND_NS, (mib - 40) * MIB, None)];
        let left = Left::at(11 * SECOND_NS, Departure::default());
        Process { left, ..process(pid, &readings) }
    };
    let start = Start { recorder: Some("mprof-rs".into()), ..Start::default() };
    Recording { start, processes: vec![falling(1, 90), falling(2, 50)], ..Recording::default() }
}

#[test]
fn a_sum_at_an_edge_is_still_one_and_what_stands_beside_it_bounds_nothing() {
    let show = Show { window_ns: Some((5 * SECOND_NS, 8 * SECOND_NS)), ..Show::default() };
    for stack in [None, Some(Stack::Processes)] {
        let chart = drawn(&[&falling_tree()], Show { stack, ..show }).expect("it is within the run");
        let peak = chart.panels[0].marks[0].peak;
        assert_eq!((peak.bytes, peak.kind), (100 * MIB, PeakKind::Sum));
        let told: Vec<_> = chart.legend.iter().map(|entry| (&*entry.label, &*entry.value)).collect();
        assert!(told.contains(&("worker (1)", "peak 70.00 MiB")), "{told:?}");
        assert!(!told.iter().any(|(_, value)| value.contains('≥')), "{told:?}");
    }
}

#[test]
fn what_stays_the_same_across_an_edge_was_read() {
    let level = recording("run", &[(0, 90 * MIB, None), (10 * SECOND_NS, 90 * MIB, None)]);
    let show = Show { window_ns: Some((5 * SECOND_NS, 8 * SECOND_NS)), ..Show::default() };
    let chart = drawn(&[&level], show).expect("the window is within the run");
    assert_eq!(chart.panels[0].marks[0].peak.kind, PeakKind::HighestSample);
}

#[test]
fn a_run_without_samples_is_a_dashed_line_as_long_as_itself() {
    let long = recording("long", &[(0, 1 << 20, None), (10_000, 5 << 20, None)]);
    let mut unread = recording("short", &[]);
    let told = Departure { maxrss_bytes: Some(2 << 20), ..Departure::default() };
    unread.processes[0].left = Left::at(4000, told);
    let chart = drawn(&[&long, &unread], Show::default()).expect("there is a peak");
    let mark = chart.panels[0].marks.iter().find(|mark| mark.peak.at_ns.is_none()).expect("it has no time");
    assert_eq!((mark.to_ns, mark.ink, chart.legend[1].ink), (4000, Ink::Level(1), Some(Ink::Level(1))));
    let svg = svg(&chart);
    assert_eq!(
        svg.matches("stroke-dasharray=\"6 4\"").count(),
        2,
        "the line and its swatch are dashed alike"
    );
    let done = Show { time: Time::Done, ..Show::default() };
    let chart = drawn(&[&long, &unread], done).expect("there is a peak");
    assert!(chart.panels[0].marks.iter().all(|mark| mark.to_ns == 10_000));
    let panels = side_by_side(&[named(&long), named(&unread)], &Options::default()).expect("there is a peak");
    assert_eq!(panels.panels[1].marks[0].to_ns, 4000);
}

#[test]
fn rises_between_readings_are_explained_beside_each_other_too() {
    let (run, flat) = (run(), recording("flat", &[(0, MIB, Some(MIB)), (SECOND_NS, MIB, Some(MIB))]));
    let dotted = "dotted rise: the kernel's mark between readings";
    let is_told = |chart: Result<Chart, Error>| {
        let note = chart.expect("there is something to draw").note;
        note.is_some_and(|note| note.contains(dotted))
    };
    assert!(is_told(side_by_side(&[named(&run), named(&flat)], &Options::default())));
    assert!(!is_told(side_by_side(&[named(&flat), named(&flat)], &Options::default())));
}

/// The lines of so many corners in a drawing: how far each reaches to the right and down.
fn reaches(svg: &str, n_corners: usize) -> Vec<(f32, f32)> {
    let lines = svg.split("<polyline points=\"").skip(1).filter_map(|rest| rest.split('"').next());
    let number = |text: &str| text.parse::<f32>().expect("it is a number");
    let corners =
        lines.map(|line| line.split(' ').filter_map(|spot| spot.split_once(',')).collect::<Vec<_>>());
    let of_size = corners.filter(|corners| corners.len() == n_corners);
    let reach = |corners: Vec<(&str, &str)>| {
        corners.iter().fold((0.0_f32, 0.0_f32), |far, (x, y)| (far.0.max(number(x)), far.1.max(number(y))))
    };
    of_size.map(reach).collect()
}

#[test]
fn brackets_stay_within_the_plot() {
    let mut run = recording("x", &[(0, 0, None), (SECOND_NS, 9 * MIB, None)]);
    let ends = Call { to_ns: SECOND_NS, from_bytes: Some(0), to_bytes: Some(9 * MIB), ..Call::default() };
    let begins = Call { from_ns: SECOND_NS - 1_000_000, ..ends.clone() };
    run.calls = vec![ends, begins];
    let show = Show { calls: Some(Calls::Brackets), ..Show::default() };
    let text = svg(&drawn(&[&run], show).expect("there is something to draw"));
    let (brackets, lines) = (reaches(&text, 4), reaches(&text, 2));
    assert_eq!(brackets.len(), 4, "{text}");
    // The lines of the grid go from side to side, and the curve begins on the axis.
    let right = lines.iter().map(|line| line.0).fold(0.0, f32::max);
    assert!(brackets.iter().all(|bracket| bracket.0 <= right + 0.1), "{brackets:?} {right}");
    let lowest = brackets.iter().map(|bracket| bracket.1).fold(0.0, f32::max);
    assert!(lines.iter().any(|line| (line.1 - lowest).abs() < 0.1), "{brackets:?} {lines:?}");
}
