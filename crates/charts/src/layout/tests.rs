//! No text overlaps another, none is cut off by the figure's edge: for any chart, of any size.

use super::{Label, Layout, Rect};
use crate::chart::Chart;
use crate::sheet::Height;
use crate::{Named, Options, over_time, side_by_side};
use mprof_recording::call::{Caller, Moment};
use mprof_recording::event::{Departure, Start};
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::recording::Call;
use mprof_recording::{Left, Process, Recording};
use proptest::prelude::*;

/// A run that grows from nothing to a size, with children and moments.
fn recording(end_ns: u64, top: u64, n_children: u32, name: &str) -> Recording {
    let mut recording = Recording { command: name.to_owned(), ..Recording::default() };
    for pid in 0..=n_children {
        let mut root = Process { pid: Some(pid.into()), name: Some(name.into()), ..Process::default() };
        for (at_ns, bytes) in [(0, 0), (end_ns / 3, top / 2), (end_ns, top / u64::from(pid + 1))] {
            root.samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
        }
        recording.processes.push(root);
    }
    let caller = Caller { pid: 0.into(), task: "main".into() };
    let moment = |at_ns| Moment { at_ns, name: name.to_owned(), caller: caller.clone() };
    recording.moments = [end_ns / 7, end_ns / 2, end_ns - end_ns / 9].map(moment).into();
    recording
}

/// The same run as our recorder makes it: its processes read each alone, the proportional set now and then.
fn tree_of(mut recording: Recording) -> Recording {
    recording.start = Start { recorder: Some("mprof-rs".into()), ..Start::default() };
    for process in &mut recording.processes {
        let last_ns = process.samples.times_ns().last().copied().unwrap_or(0);
        process
            .samples
            .push(last_ns, &Bytes::default().with(Metric::Rss, 1 << 20).with(Metric::Pss, 1 << 19));
        process.left = Left::at(last_ns, Departure { maxrss_bytes: Some(1 << 43), ..Departure::default() });
    }
    recording
}

fn layouts(recordings: &[Recording], options: &Options) -> Vec<(Chart, Layout)> {
    let named: Vec<Named<'_>> =
        recordings.iter().map(|recording| Named { label: &recording.command, recording }).collect();
    let charts = [over_time(&named, options), side_by_side(&named, options)];
    charts.into_iter().flatten().map(|chart| (chart.clone(), Layout::of(&chart))).collect()
}

fn overlap(one: Rect, other: Rect) -> bool {
    one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom
}

fn check(layout: &Layout) -> Result<(), TestCaseError> {
    let labels = layout.labels.iter().chain(&layout.mark_labels);
    let placed: Vec<(&Label, Rect)> = labels.map(|label| (label, label.bounds())).collect();
    let (width_px, height_px) = (layout.width_px as f32, layout.height_px as f32);
    for (idx, &(label, it)) in placed.iter().enumerate() {
        let is_inside = it.left >= 0.0 && it.top >= 0.0 && it.right <= width_px && it.bottom <= height_px;
        prop_assert!(is_inside, "{label:?} sticks out of {width_px}×{height_px}");
        for &(other, place) in &placed[..idx] {
            prop_assert!(!overlap(it, place), "{label:?} lies on {other:?}");
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn labels_keep_apart_and_inside(
        width_px in 200u32..1800,
        height_px in prop::option::of(200u32..900),
        sizes in prop::collection::vec((0u64..1 << 50, 0u64..1 << 42, 0u32..14), 1..13),
        name in "[a-z é<&🦀]{1,70}",
    ) {
        let options = Options { width_px, height_px, ..Options::default() };
        let run = |&(end_ns, top, n): &(u64, u64, u32)| recording(end_ns >> (n * 3), top >> (n * 2), n, &name);
        let recordings: Vec<Recording> = sizes.iter().map(run).collect();
        let trees: Vec<Recording> = recordings.iter().cloned().map(tree_of).collect();
        for some in [&recordings[..1], &recordings[..], &trees[..1], &trees[..]] {
            for (_, layout) in layouts(some, &options) {
                check(&layout)?;
            }
        }
    }
}

#[test]
fn a_peak_at_an_edge_keeps_its_label_inside_the_plot() {
    for (end_ns, top) in [(0, 5 << 20), (60_000_000_000, 16_000_000_000)] {
        let runs = [recording(end_ns, top, 0, "ex1")];
        let (_, layout) = layouts(&runs, &Options::default()).remove(0);
        let (label, plot) = (layout.mark_labels[0].bounds(), layout.plots[0]);
        assert!(label.left >= plot.left && label.right <= plot.right && label.top >= plot.top, "{label:?}");
    }
}

#[test]
fn a_peak_without_a_time_is_named_above_its_line() {
    let mut run = recording(9_000_000_000, 50 << 20, 0, "make");
    let departure = Departure { maxrss_bytes: Some(300 << 20), ..Departure::default() };
    run.processes[0].left = Left::at(9_000_000_000, departure);
    let (chart, layout) = layouts(&[run], &Options::default()).remove(0);
    let line = layout.plots[0].y(&chart.panels[0].memory, 300 << 20);
    assert_eq!(layout.mark_labels[0].text, "peak 300.0 MiB · largest process at exit (ru_maxrss)");
    assert!(layout.mark_labels[0].bounds().bottom < line);
}

#[test]
fn a_long_legend_leaves_room_for_the_plot() {
    let runs: Vec<Recording> = (0..12).map(|n| recording(1 << 30, 1 << (20 + n % 9), 0, "ex1")).collect();
    let options = Options { width_px: 300, height_px: Some(400), ..Options::default() };
    let (_, layout) = layouts(&runs, &options).remove(0);
    assert_eq!(layout.height_px, 400);
    assert!(layout.plots[0].height() >= 60.0);
    assert!(layout.labels.iter().any(|label| label.text.starts_with("… and ")));
}

#[test]
fn a_narrow_legend_has_every_name_and_no_part_of_a_figure() {
    let run = tree_of(recording(9_000_000_000, 50 << 20, 2, "worker"));
    let options = Options { width_px: 200, ..Options::default() };
    let (chart, layout) = layouts(&[run], &options).remove(0);
    let has = |text: &str| layout.labels.iter().any(|label| label.text == text);
    for entry in &chart.legend {
        let begins = &entry.label[..6];
        assert!(layout.labels.iter().any(|label| label.text.starts_with(begins)), "{}", entry.label);
        assert!(has(&entry.value), "{}", entry.value);
    }
}

#[test]
fn a_figure_that_is_wider_than_its_legend_goes_on_below() {
    let [old, new] = ["old", "new"].map(|name| recording(9_000_000_000, 50 << 20, 2, name));
    let (mut chart, _) = layouts(&[old, new], &Options::default()).remove(0);
    let value = "peak 70.23 MiB · −8.578 MiB on average (−43.39 MiB to +45.44 MiB)";
    chart.legend[1].value = value.into();
    for width_px in (200..700).step_by(20) {
        chart.sheet.width_px = width_px;
        let layout = Layout::of(&chart);
        check(&layout).unwrap();
        let said = layout.labels.iter().map(|label| label.text.clone()).collect::<Vec<_>>().join(" ");
        assert!(value.split(" · ").all(|part| said.contains(part)), "{width_px}: {said}");
        let [first, second] = [0, 1].map(|idx| layout.swatches[idx].from.y);
        assert!(second - first <= 40.0, "a short figure takes no more room than it needs: {width_px}");
    }
}

#[test]
fn an_entry_that_is_taller_than_the_room_keeps_its_name() {
    let [old, new] = ["old", "new"].map(|name| recording(9_000_000_000, 50 << 20, 2, name));
    let (mut chart, _) = layouts(&[old, new], &Options::default()).remove(0);
    let value = "peak 70.23 MiB · −8.578 MiB on average (−43.39 MiB to +45.44 MiB)";
    chart.legend.iter_mut().for_each(|entry| entry.value = value.into());
    chart.sheet.width_px = 240;
    chart.sheet.height = Height::Total(300);
    let layout = Layout::of(&chart);
    check(&layout).unwrap();
    let said: Vec<&str> = layout.labels.iter().map(|label| label.text.as_str()).collect();
    let at = said.iter().position(|text| text.starts_with(&chart.legend[0].label)).expect("its name");
    assert_eq!(said[at + 1..], ["… and 1 more"], "no part of its figure");
    chart.legend.truncate(1);
    chart.sheet.height = Height::Total(1);
    let only = Layout::of(&chart);
    assert!(only.labels.iter().any(|label| label.text == chart.legend[0].label));
}

#[test]
fn a_height_that_is_named_as_enough_is_enough() {
    let runs: Vec<Recording> = (0..12).map(|n| recording(1 << 30, 1 << (20 + n % 9), 0, "ex1")).collect();
    let (mut chart, _) = layouts(&runs, &Options { width_px: 200, ..Options::default() }).remove(0);
    for total in (1..600).step_by(7) {
        chart.sheet.height = Height::Total(total);
        let enough = Layout::of(&chart).height_px;
        chart.sheet.height = Height::Total(enough);
        assert_eq!(Layout::of(&chart).height_px, enough, "of {total}");
    }
}

#[test]
fn calls_stand_above_the_plot() {
    let mut run = recording(9_000_000_000, 50 << 20, 0, "python3");
    let call = |from_ns, to_ns, level| Call {
        name: "__main__.load".into(),
        from_ns,
        to_ns,
        level,
        ..Call::default()
    };
    let short = [call(1_000_000_000, 1_050_000_000, 1), call(2_000_000_000, 2_000_000_001, 2)];
    run.calls = [call(0, 4_000_000_000, 0)].into_iter().chain(short).collect();
    let (chart, layout) = layouts(&[run], &Options::default()).remove(0);
    let panel = &chart.panels[0];
    let bars: Vec<Rect> = panel
        .bands
        .iter()
        .map(|band| super::panel::bar(band, super::panel::n_band_rows(panel), panel, layout.plots[0]))
        .collect();
    assert_eq!(bars.len(), 3, "a nanosecond is drawn as well");
    assert!(bars.iter().all(|bar| bar.bottom <= layout.plots[0].top && bar.width() > 0.0));
    assert!(!overlap(bars[0], bars[1]));
    let name = |idx: usize| super::panel::bar_label(&panel.bands[idx], bars[idx]).map(|label| label.text);
    assert_eq!((name(0).as_deref(), name(1)), (Some("load  4.00 s"), None));
    let long = crate::chart::Band { name: "n".repeat(1000), ..panel.bands[0].clone() };
    let clipped = super::panel::bar_label(&long, bars[0]).expect("there is room for a part of it");
    assert!(clipped.text.ends_with('…') && clipped.bounds().right <= bars[0].right);
}
