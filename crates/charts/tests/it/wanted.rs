//! What is read of a recording is what its chart needs.

use super::named;
use mprof_charts::show::Stack;
use mprof_charts::{Detail, Format, Options, Show, over_time, render};
use mprof_recording::dat::Reader;
use mprof_recording::metric::Metric;
use mprof_recording::samples::Wanted;
use std::fmt::Write as _;

/// A run of ours with a child, in which every metric of Linux moves.
fn file() -> String {
    let mut file =
        "META format mprof-rs 1\nMETA start 100.0\nMETA interval_ns 1000000000\nMETA recorder \"us\"\n\
                    ROOT 1 100.0 - \"a\"\nPROC 2 101.0 1 \"b\"\n"
            .to_owned();
    for n in 1..60_u64 {
        let keys = "hwm anon file shmem swap page_tables hugetlb pss vms".split(' ').enumerate();
        let metrics: Vec<String> =
            keys.map(|(idx, key)| format!("{key}={}", (n * 7919 + idx as u64) << 9)).collect();
        for tag in ["MEM", "CHLD 2"] {
            writeln!(file, "{tag} {}.500000 {}.0 {}", n * 31 % 17 + 4, 100 + n, metrics.join(" "))
                .expect("memory");
        }
    }
    file
}

#[test]
fn a_chart_of_what_it_wants_is_that_of_everything() {
    let read = |wanted| {
        let mut reader = Reader::new(wanted);
        reader.feed(file().as_bytes()).expect("it is a recording");
        reader.finish().expect("it is a recording").recording
    };
    let shows = Metric::ALL
        .map(|metric| Show { metric, ..Show::default() })
        .into_iter()
        .chain([Stack::Kinds, Stack::Processes].map(|stack| Show { stack: Some(stack), ..Show::default() }));
    for (show, detail) in shows.flat_map(|show| [(show, Detail::Sheet), (show, Detail::Zoom)]) {
        let options = Options { show, detail, ..Options::default() };
        let picture = |wanted| {
            let recording = read(wanted);
            let format = if detail == Detail::Zoom { Format::Html } else { Format::Svg };
            let chart = over_time(&[named(&recording)], &options).map_err(|error| error.to_string())?;
            render(&chart, format).map_err(|error| error.to_string())
        };
        assert_eq!(picture(options.wanted()), picture(Wanted::ALL), "{options:?}");
    }
}
