//! What the kinds of chart show.

use super::{chart_of, named, process, recording, svg};
use mprof_charts::chart::{Gap, Ground, Ink, Limit, Panel, Point, Scale, Spike};
use mprof_charts::show::Time;
use mprof_charts::{Align, Chart, Error, Named, Options, Show, difference, over_time, side_by_side};
use mprof_recording::event::Departure;
use mprof_recording::{Left, Recording};

const SECOND_NS: u64 = 1_000_000_000;
const MIB: u64 = 1 << 20;

#[test]
fn one_run_has_a_tinted_curve_and_a_labelled_peak() {
    let chart = chart_of(&recording("ls -l", &[(0, MIB, None), (SECOND_NS, 8 * MIB, None)]));
    let panel = &chart.panels[0];
    assert_eq!(chart.title, "ls -l");
    assert_eq!(panel.series[0].ground, Ground::Tinted);
    assert_eq!(panel.marks[0].texts[0], "peak 8.000 MiB · highest sample");
    assert_eq!(panel.memory.label, "resident set (RSS), MiB");
    assert!(chart.legend.is_empty());
}

#[test]
fn a_mark_above_the_samples_stands_on_a_stem() {
    let chart = chart_of(&recording("burst", &[(0, MIB, Some(MIB)), (SECOND_NS, 2 * MIB, Some(9 * MIB))]));
    let mark = &chart.panels[0].marks[0];
    assert_eq!((mark.peak.bytes, mark.curve_bytes), (9 * MIB, Some(2 * MIB)));
    assert!(svg(&chart).contains("stroke-dasharray"));
}

#[test]
fn ten_children_are_named_and_the_rest_counted() {
    let mut run = recording("make", &[(0, MIB, None), (SECOND_NS, MIB, None)]);
    for pid in 2..34 {
        run.processes.push(process(pid, &[(0, u64::from(pid) * MIB, None), (SECOND_NS, MIB, None)]));
    }
    let chart = chart_of(&run);
    let names: Vec<&str> = chart.legend.iter().map(|entry| entry.label.as_str()).collect();
    assert_eq!(names.len(), 12);
    assert_eq!((names[0], names[1], names[11]), ("worker (1)", "worker (33)", "22 smaller processes"));
    assert_eq!(chart.legend[11].value, "largest peak ≥ 23.00 MiB");
    assert_eq!(chart.panels[0].series.last().map(|series| series.ink), Some(Ink::Main(0)));
}

#[test]
fn several_runs_have_a_legend_and_an_empty_one_says_so() {
    let full = recording("one.dat — a", &[(0, MIB, Some(3 * MIB)), (SECOND_NS, MIB, Some(3 * MIB))]);
    let empty = Recording { command: "two.dat — b".into(), ..Recording::default() };
    let chart = over_time(&[named(&full), named(&empty)], &Options::default()).expect("one is full");
    let lines: Vec<String> = chart.legend.iter().map(|it| format!("{}: {}", it.label, it.value)).collect();
    assert_eq!(lines, ["one.dat — a: peak 3.000 MiB", "two.dat — b: no samples"]);
    let note = "dot: high-water mark · dotted rise: the kernel's mark between readings";
    assert_eq!(chart.note.as_deref(), Some(note));
    svg(&chart);
}

#[test]
fn of_thirty_runs_the_ends_and_extremes_stand_out_above_the_others() {
    let runs: Vec<Recording> = (0..30)
        .map(|n: u64| {
            recording(&format!("run {n}"), &[(0, MIB, None), (SECOND_NS, (9 + n * 7 % 30) * MIB, None)])
        })
        .collect();
    let named: Vec<Named<'_>> = runs.iter().map(named).collect();
    for chart in [
        over_time(&named, &Options::default()).expect("they have samples"),
        difference(&named, Align::Time, &Options::default()).expect("they have samples"),
    ] {
        let labels: Vec<&str> = chart.legend.iter().map(|entry| entry.label.as_str()).collect();
        assert_eq!(labels, ["run 0", "run 17", "run 29", "27 others"]);
        let n_others = |panel: &Panel| panel.series.iter().take_while(|it| it.ink == Ink::Others).count();
        assert!(chart.panels.iter().all(|panel| n_others(panel) >= 26));
        assert!(chart.panels[0].marks.iter().all(|mark| mark.ink != Ink::Others));
        svg(&chart);
    }
}

#[test]
fn panels_share_the_time_axis_unless_it_is_what_is_done() {
    let runs: Vec<Recording> =
        [1, 5].iter().map(|end| recording("ex", &[(0, MIB, None), (end * SECOND_NS, MIB, None)])).collect();
    let all: Vec<Named<'_>> = runs.iter().map(named).collect();
    let ends = |time| {
        let show = Show { time, ..Show::default() };
        let chart = side_by_side(&all, &Options { show, ..Options::default() }).expect("both are full");
        chart.panels.iter().map(|panel| panel.time.end / SECOND_NS).collect::<Vec<_>>()
    };
    assert_eq!((ends(Time::Elapsed), ends(Time::Done)), (vec![5, 5], vec![1, 5]));
}

#[test]
fn a_picture_says_when_its_run_was() {
    let mut run = recording("ls", &[(0, MIB, None), (SECOND_NS, MIB, None)]);
    run.start.unix_ns = 1_700_000_000 * SECOND_NS;
    assert_eq!(chart_of(&run).note.as_deref(), Some("started 2023-11-14 22:13:20 UTC"));
}

#[test]
fn panels_share_the_memory_axis() {
    let sizes = [16_000, 8_000, 40, 1];
    let runs: Vec<Recording> =
        sizes.iter().map(|mib| recording("ex", &[(0, 0, None), (SECOND_NS, mib * MIB, None)])).collect();
    let all: Vec<Named<'_>> = runs.iter().map(named).collect();
    let chart = side_by_side(&all, &Options::default()).expect("all are full");
    assert_eq!((chart.panels.len(), chart.n_columns), (4, 4));
    assert!(chart.panels.iter().all(|panel| panel.memory == chart.panels[0].memory));
    svg(&chart);
}

#[test]
fn nothing_to_draw_is_an_error() {
    let empty = Recording::default();
    for kind in [over_time, side_by_side] {
        assert_eq!(kind(&[], &Options::default()), Err(Error::NoRecordings));
        assert_eq!(
            kind(&[named(&empty)], &Options::default()),
            Err(Error::NothingToDraw { labels: vec![String::new()] })
        );
    }
}

#[test]
fn a_run_that_only_its_reaper_knows_is_drawn() {
    let mut run = recording("true", &[]);
    let departure = Departure { maxrss_bytes: Some(2 * MIB), ..Departure::default() };
    run.processes[0].left = Left::at(3_000_000, departure);
    let chart = chart_of(&run);
    assert_eq!(chart.panels[0].marks[0].peak.at_ns, None);
    assert!(svg(&chart).contains("largest process at exit"));
}

#[test]
fn extremes_draw_sensibly() {
    let cases: [&[(u64, u64, Option<u64>)]; 6] = [
        &[(0, 0, None)],
        &[(0, 5 * MIB, None)],
        &[(7, 0, None), (u64::MAX, 0, None)],
        &[(0, u64::MAX - 1, None), (SECOND_NS, u64::MAX - 1, Some(u64::MAX - 1))],
        &[(5, MIB, None), (5, 2 * MIB, None), (5, MIB, None)],
        &[(60 * 86_400 * SECOND_NS, 1, None)],
    ];
    for readings in cases {
        svg(&chart_of(&recording("extreme", readings)));
    }
}

#[test]
fn gaps_limits_spikes_and_layers_are_drawn() {
    let mut chart = chart_of(&recording("ls", &[(0, MIB, None), (SECOND_NS, 8 * MIB, None)]));
    let plain = svg(&chart);
    let panel = &mut chart.panels[0];
    panel.gaps.push(Gap { from_ns: SECOND_NS / 4, to_ns: SECOND_NS / 2 });
    let n_shapes = |text: &str| text.matches("stroke=").count();
    let mut n_before = n_shapes(&plain);
    let mut check_more = |chart: &Chart, what: &str| {
        let n_after = n_shapes(&svg(chart));
        assert!(n_after > n_before, "{what}: {n_after} of {n_before}");
        n_before = n_after;
    };
    check_more(&chart, "a hatch");
    chart.panels[0].limits.push(Limit { bytes: 9 * MIB, label: "limit 9 MiB".into() });
    check_more(&chart, "a limit");
    let [from, to] = [(0, MIB), (SECOND_NS, 8 * MIB)].map(|(at_ns, bytes)| Point { at_ns, bytes });
    chart.panels[0].spikes.push(Spike { from, to, bytes: 9 * MIB, ink: Ink::Main(0) });
    check_more(&chart, "a spike");
    chart.panels[0].series[0].ground = Ground::Layer;
    chart.panels[0].memory.from = 1000;
    chart.panels[0].memory.scale = Scale::Log;
    assert_ne!(svg(&chart), plain);
}
