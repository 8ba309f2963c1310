//! Charts from the outside: recordings in, pictures out.

mod kinds;
mod names;
mod pdf;
mod pixels;
mod stacks;
mod text;
mod trees;
mod views;
mod wanted;

use mprof_charts::{Chart, Format, Named, Options, over_time, render};
use mprof_recording::event::Departure;
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::{Left, Process, Recording};

/// Readings of the resident set, and of the kernel's mark where there is one: nanoseconds and bytes.
fn recording(command: &str, readings: &[(u64, u64, Option<u64>)]) -> Recording {
    Recording { command: command.into(), processes: vec![process(1, readings)], ..Recording::default() }
}

fn process(pid: u32, readings: &[(u64, u64, Option<u64>)]) -> Process {
    let mut process = Process { pid: Some(pid.into()), name: Some("worker".into()), ..Process::default() };
    for &(at_ns, rss, hwm) in readings {
        let mut bytes = Bytes::default().with(Metric::Rss, rss);
        bytes.set(Metric::Hwm, hwm);
        process.samples.push(at_ns, &bytes);
    }
    // The end confirms the kernel's mark.
    let maxrss_bytes = readings.iter().filter_map(|&(_, _, hwm)| hwm).max();
    process.left = Left::at(0, Departure { maxrss_bytes, ..Departure::default() });
    process
}

fn named(recording: &Recording) -> Named<'_> {
    Named { label: &recording.command, recording }
}

fn chart_of(recording: &Recording) -> Chart {
    over_time(&[named(recording)], &Options::default()).expect("there is something to draw")
}

/// The drawing as text, after checks that hold for every drawing.
fn svg(chart: &Chart) -> String {
    let bytes = render(chart, Format::Svg).expect("the chart can be drawn");
    let svg = String::from_utf8(bytes).expect("SVG is UTF-8");
    assert!(svg.starts_with("<svg xmlns=\"http://www.w3.org/2000/svg\""));
    roxmltree::Document::parse(&svg).expect("it is well-formed");
    assert!(svg.ends_with("</svg>\n"));
    assert!(!svg.contains("NaN") && !svg.contains("inf"), "a number is none");
    assert!(svg.chars().all(|c| c == '\n' || !c.is_control()), "XML forbids control characters");
    svg
}
