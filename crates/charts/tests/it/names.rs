//! Any text can be drawn, and none gets out of its place.

use super::{chart_of, named, recording, svg};
use mprof_charts::{Format, Named, Options, Show, over_time, render, side_by_side};
use mprof_recording::call::Call;

pub(super) const HOSTILE: [&str; 8] = [
    "<script>alert(1)</script>",
    "a & b \"c\" 'd' ]]> <!-- -->",
    "עברית العربية \u{202e}drawkcab",
    "🦀👩‍👩‍👧 e\u{301} \u{fe0f}\u{200d}",
    "line\nbreak\ttab\rreturn",
    "nul\u{0} escape\u{1b}[31m bell\u{7} \u{fffe}\u{ffff}",
    "",
    "\u{10ffff}",
];

#[test]
fn hostile_names_are_drawn_and_escaped() {
    let long = "x".repeat(1000);
    for name in HOSTILE.into_iter().chain([long.as_str()]) {
        let run = recording(name, &[(0, 5, None), (1_000_000_000, 9_000_000, None)]);
        let options = Options { width_px: 300, title: Some(name.into()), ..Options::default() };
        let pair = [Named { label: name, recording: &run }, Named { label: name, recording: &run }];
        for recordings in [&pair[..1], &pair[..]] {
            let charts = [over_time(recordings, &options), side_by_side(recordings, &options)];
            for chart in charts.map(|chart| chart.expect("there is something to draw")) {
                let text = svg(&chart);
                assert!(!text.contains("<script"), "{name}");
            }
        }
        let chart = over_time(&pair, &options).expect("there is something to draw");
        assert!(render(&chart, Format::Png).is_ok(), "{name}");
    }
}

#[test]
fn words_are_kept_for_those_who_cannot_see() {
    let run =
        recording("sort <big> & \"small\"", &[(0, 1 << 20, Some(1 << 20)), (2_000_000_000, 9 << 20, None)]);
    let text = svg(&chart_of(&run));
    let document = roxmltree::Document::parse(&text).expect("it is well-formed");
    let words = |tag: &str| {
        let found = document.descendants().find(|node| node.has_tag_name(tag));
        found.and_then(|node| node.text()).expect("it is there").to_owned()
    };
    assert_eq!(words("title"), "sort <big> & \"small\"");
    assert_eq!(words("desc"), "resident set (RSS), MiB over time (s). peak 1.000 MiB · high-water mark");
}

#[test]
fn what_our_font_lacks_is_left_to_the_readers_in_svg() {
    let text = svg(&chart_of(&recording("日本", &[(0, 1 << 20, None)])));
    assert!(text.contains("font-weight=\"bold\" fill=\"#222222\">日本</text>"), "{text}");
    assert!(!text.contains("not in the font"));
    let text = svg(&chart_of(&recording("café", &[(0, 1 << 20, None)])));
    assert!(!text.contains("not in the font"));
}

#[test]
fn a_name_that_runs_from_right_to_left_leaves_the_figure_beside_it_in_its_place() {
    let mut run = recording("x", &[(0, 1 << 20, None), (1_000_000_000, 9 << 20, None)]);
    let call = |name: &str, from_ns, to_ns| Call { name: name.into(), from_ns, to_ns, ..Call::default() };
    run.calls = vec![call("עברית", 0, 500_000_000), call("plain", 600_000_000, 900_000_000)];
    let text = svg(&chart_of(&run));
    assert!(text.contains(">\u{2068}עברית\u{2069}  0.50 s</text>"), "{text}");
    assert!(text.contains(">plain  0.30 s</text>"), "{text}");
}

#[test]
fn a_call_that_reaches_beyond_a_window_says_how_much_of_it_is_shown() {
    let mut run = recording("x", &[(0, 1 << 20, None), (1_000_000_000, 9 << 20, None)]);
    run.calls = vec![Call { name: "load".into(), to_ns: 1_000_000_000, ..Call::default() }];
    let show = Show { window_ns: Some((500_000_000, 900_000_000)), ..Show::default() };
    let chart = over_time(&[named(&run)], &Options { show, ..Options::default() });
    let text = svg(&chart.expect("there is something to draw"));
    assert!(text.contains(">load  0.40 s of 1.00 s</text>"), "{text}");
}

#[test]
fn a_title_of_the_callers_replaces_the_command() {
    let run = recording("./a.out", &[(0, 1 << 20, None)]);
    let options = Options { title: Some("Figure 3".into()), ..Options::default() };
    let chart = over_time(&[named(&run)], &options).expect("there is something to draw");
    assert!(svg(&chart).contains(">Figure 3</title>"));
}
