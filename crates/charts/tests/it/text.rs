//! Charts in characters: what they look like, and that nothing gets out of its cells.

use super::{named, process, recording};
use mprof_charts::{
    CELL_PX, Charset, Coloring, Error, Format, Letters, Named, Options, Show, over_time, render, side_by_side,
};
use mprof_recording::Recording;
use mprof_recording::call::{Caller, Moment};
use unicode_width::UnicodeWidthStr;

const SECOND_NS: u64 = 1_000_000_000;
const MIB: u64 = 1 << 20;
const PLAIN: Letters = Letters { charset: Charset::Unicode, coloring: Coloring::Plain };
const ASCII: Letters = Letters { charset: Charset::Ascii, coloring: Coloring::Plain };

fn options(n_columns: u32, n_lines: Option<u32>, letters: Letters) -> Options {
    let height_px = n_lines.map(|n| n * CELL_PX.1);
    Options { width_px: n_columns * CELL_PX.0, height_px, letters: Some(letters), ..Options::default() }
}

fn text(recordings: &[Named<'_>], options: &Options) -> String {
    let chart = over_time(recordings, options).expect("there is something to draw");
    String::from_utf8(render(&chart, Format::Text).expect("it can be drawn")).expect("it is UTF-8")
}

/// Up, down, and a mark of the kernel's above the highest sample.
fn hill() -> Recording {
    recording(
        "./hill",
        &[
            (0, 10 * MIB, Some(10 * MIB)),
            (2 * SECOND_NS, 70 * MIB, Some(90 * MIB)),
            (4 * SECOND_NS, 10 * MIB, Some(90 * MIB)),
        ],
    )
}

#[test]
fn moments_are_named_above_the_label_of_a_peak() {
    let mut run = hill();
    let caller = Caller { pid: 1.into(), task: "main".into() };
    let moment = |at_ns, name: &str| Moment { at_ns, name: name.to_owned(), caller: caller.clone() };
    run.moments = vec![moment(SECOND_NS, "loaded"), moment(3 * SECOND_NS, "a name that is cut")];
    let drawn = text(&[named(&run)], &options(50, Some(14), PLAIN));
    let lines: Vec<&str> = drawn.lines().skip(3).take(3).collect();
    let expected = [
        "                ┊loaded               ┊a name th…",
        "    │           ┊                     ┊",
        "    │      peak 90.00 MiB · high-water mark",
    ];
    assert_eq!(lines, expected, "\n{drawn}");
}

#[track_caller]
fn check(drawn: &str, expected: &str) {
    assert_eq!(drawn.trim_end(), expected.trim_matches('\n'), "\n{drawn}");
}

#[test]
fn a_run_in_dots() {
    check(
        &text(&[named(&hill())], &options(50, Some(14), PLAIN)),
        "
./hill
resident set (RSS), MiB
dotted rise: the kernel's mark between readings
    │
    │      peak 90.00 MiB · high-water mark
100 ┤⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄⠄●
    │                     ⢀⣀⡀
    │               ⣀⣠⠤⠖⠚⠉⠉ ⠉⠉⠓⠲⠤⣄⣀
    │        ⢀⣀⡤⠤⠖⠚⠉⠁             ⠈⠉⠓⠲⠤⢤⣀⡀
    │  ⢀⣀⡤⠴⠒⠋⠉                           ⠉⠙⠒⠦⢤⣀⡀
    │⠚⠉⠉                                       ⠉⠉⠓
  0 └┬──────────┬──────────┬──────────┬──────────┬
     0          1          2          3          4
                       time (s)
",
    );
}

#[test]
fn a_run_in_ascii() {
    check(
        &text(&[named(&hill())], &options(50, Some(14), ASCII)),
        "
./hill
resident set (RSS), MiB
dotted rise: the kernel's mark between readings
    |
    |      peak 90.00 MiB - high-water mark
100 +----------------------@
    |                     ___
    |               __---'' ''---__
    |        __.---''             ''---.__
    |  __.--''                           ''--.__
    |-''                                       ''-
  0 ++----------+----------+----------+----------+
     0          1          2          3          4
                       time (s)
",
    );
}

#[test]
fn several_runs_are_told_apart_by_letters() {
    let flat = recording("./flat", &[(0, 40 * MIB, None), (4 * SECOND_NS, 40 * MIB, None)]);
    let hill = hill();
    let pair = [named(&hill), named(&flat)];
    check(
        &text(&pair, &options(44, Some(17), PLAIN)),
        "
Memory of 2 runs over time
resident set (RSS), MiB
dot: high-water mark · ring and ≥: highest
sample · dotted rise: the kernel's mark
between readings
    │
    │
    │
100 ┤                   ●
    │             a⣀⣠⠤⠴⠒⠒⠒⠦⠤⣄⣀⣀
    │○⠒⠒⠒⠒b⣒⡶⠶⠖⠒⠛⠛⠓⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠒⠚⠛⠛⠒b⠶⢶⣒⣒⠒⠒⠒⠒⠒
    │⠴⠒⠒⠋⠉⠁                           ⠈⠉⠙⠒a⠦
  0 └┬────────┬─────────┬─────────┬────────┬
     0        1         2         3        4
                    time (s)
a ./hill  peak 90.00 MiB
b ./flat  peak ≥ 40.00 MiB
",
    );
    check(
        &text(&pair, &options(48, Some(18), ASCII)),
        "
Memory of 2 runs over time
resident set (RSS), MiB
dot: high-water mark - ring and >=: highest
sample - dotted rise: the kernel's mark between
readings
    |
    |
100 +
    |                     @
    |                aaaaaaaaaaa
    |obbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb
    |   aaaaaaa                       aaaaaaa
    |aaaa                                   aaaa
  0 ++---------+----------+----------+---------+
     0         1          2          3         4
                      time (s)
a ./hill  peak 90.00 MiB
b ./flat  peak >= 40.00 MiB
",
    );
}

#[test]
fn panels_stand_side_by_side_where_there_is_room() {
    let hill = hill();
    let pair = [named(&hill), named(&hill)];
    let lines_of = |n_columns: u32| {
        let chart =
            side_by_side(&pair, &options(n_columns, None, PLAIN)).expect("there is something to draw");
        let text =
            String::from_utf8(render(&chart, Format::Text).expect("it can be drawn")).expect("it is UTF-8");
        text.lines()
            .filter(|line| line.contains("./hill"))
            .map(|line| line.matches("./hill").count())
            .collect::<Vec<_>>()
    };
    assert_eq!(lines_of(100), [2]);
    assert_eq!(lines_of(40), [1, 1]);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let ansi = Letters { coloring: Coloring::Ansi, ..PLAIN };
    let run = hill();
    let colored = text(&[named(&run)], &options(50, Some(14), ansi));
    let plain = text(&[named(&run)], &options(50, Some(14), PLAIN));
    assert!(!plain.contains('\x1b') && colored.contains("\x1b[0;36m"));
    let mut uncolored = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once("\x1b[") {
        uncolored += before;
        rest = after.split_once('m').expect("a sequence ends").1;
    }
    assert_eq!(uncolored + rest, plain);
}

#[test]
fn too_few_cells_are_refused() {
    let run = hill();
    for (n_columns, n_lines, side) in [(9, None, "width"), (80, Some(5), "height"), (9000, None, "width")] {
        let chart = over_time(&[named(&run)], &options(n_columns, n_lines, PLAIN))
            .expect("there is something to draw");
        let error = render(&chart, Format::Text).expect_err("it cannot be drawn");
        assert!(matches!(error, Error::Extent { side: it, .. } if it == side), "{error}");
    }
}

/// The height that a refusal names is enough, and no line less is.
#[test]
fn the_least_height_is_one_whatever_was_asked_for() {
    let mut run = hill();
    run.processes.extend((2..9).map(|pid| process(pid, &[(0, MIB, None), (SECOND_NS, MIB, None)])));
    let draw = |n_lines| {
        let chart = over_time(&[named(&run)], &options(40, Some(n_lines), PLAIN)).expect("it has readings");
        render(&chart, Format::Text)
    };
    let Err(Error::Extent { bounds, .. }) = draw(6) else { panic!("six lines are enough") };
    let least = u32::try_from(*bounds.start()).expect("it is small");
    assert!(draw(least - 1).is_err());
    let drawn = String::from_utf8(draw(least).expect("so many are enough")).expect("it is UTF-8");
    assert_eq!(drawn.lines().count(), least as usize, "\n{drawn}");
}

#[test]
fn no_name_gets_out_of_its_line() {
    let names = super::names::HOSTILE;
    let long = "x日".repeat(500);
    for name in names.into_iter().chain([long.as_str()]) {
        let mut run = recording(name, &[(0, 5, None), (SECOND_NS, 9 * MIB, None)]);
        run.processes.push(process(2, &[(0, MIB, None), (SECOND_NS, MIB, None)]));
        run.processes[1].name = Some(name.into());
        for letters in [PLAIN, ASCII] {
            for n_columns in [24, 37, 100] {
                let pair = [Named { label: name, recording: &run }, named(&run)];
                for recordings in [&pair[..1], &pair[..]] {
                    let options = Options { title: Some(name.into()), ..options(n_columns, None, letters) };
                    let drawn = text(recordings, &options);
                    for line in drawn.lines() {
                        assert!(line.width() <= n_columns as usize, "{line:?}");
                        assert!(!line.chars().any(char::is_control), "{line:?}");
                        assert!(letters == PLAIN || line.is_ascii(), "{line:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn no_label_of_time_is_missing_beside_a_wide_first_one() {
    let at_ns = |n: u64| 3_420_000_000 + n * 100_000;
    let readings: Vec<_> = (0..=24).map(|n| (at_ns(n), MIB, None)).collect();
    let run = recording("late", &readings);
    let show = Show { window_ns: Some((at_ns(0), at_ns(24))), ..Show::default() };
    for n_columns in 40..=100 {
        let drawn = text(&[named(&run)], &Options { show, ..options(n_columns, Some(14), PLAIN) });
        let labels = drawn.lines().rev().find(|line| line.contains("3420")).expect("the axis has labels");
        let tenths = |label: &str| label.replace('.', "").parse::<u32>().expect("it is a number");
        let times: Vec<u32> = labels.split_whitespace().map(tenths).collect();
        let steps: Vec<u32> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
        assert!(steps.windows(2).all(|pair| pair[0] == pair[1]), "at {n_columns} columns:\n{drawn}");
    }
}

#[test]
fn no_label_of_an_axis_is_mixed_with_a_peak_that_is_wider_than_the_plot() {
    for n_lines in 13..40 {
        let drawn = text(&[named(&hill())], &options(10, Some(n_lines), PLAIN));
        let lines: Vec<&str> = drawn.lines().filter(|line| line.contains("MiB")).skip(1).collect();
        assert!(lines.iter().all(|line| line.trim() == "90.00 MiB"), "{drawn}");
    }
}
