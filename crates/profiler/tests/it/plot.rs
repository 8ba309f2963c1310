//! `mprof-rs plot`: pictures where they were asked for, and one clear message where there can be none.

use crate::harness::{Place, fixture};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";

fn fixture_name(name: &str) -> String {
    fixture(name).to_str().unwrap().to_owned()
}

#[test]
fn the_extension_chooses_the_format() {
    let place = Place::new();
    place.mprof(&["plot", &fixture_name("nested.dat"), "-o", "a.png"]).check(0, "chart: a.png");
    assert!(std::fs::read(place.path("a.png")).unwrap().starts_with(PNG));
    place.mprof(&["plot", &fixture_name("nested.dat"), "-o", "a.SVG"]).check(0, "chart: a.SVG");
    let svg = place.read("a.SVG");
    assert!(svg.contains("<svg") && svg.contains("python3 nested.py"), "the title is the command");
    assert!(svg.contains("309.0 MiB"), "the peak is labelled");
    place.mprof(&["plot", &fixture_name("nested.dat"), "-o", "a.pdf"]).check(0, "chart: a.pdf");
    assert!(std::fs::read(place.path("a.pdf")).unwrap().starts_with(b"%PDF-1.7"));
}

#[test]
fn what_is_named_twice_is_drawn_once_and_that_is_said() {
    let place = Place::new();
    let name = fixture_name("true.dat");
    place.mprof(&["plot", &name, &name, "-o", "a.png"]).check(0, "named more than once is taken once");
}

#[test]
fn without_a_name_it_is_beside_the_recording() {
    let place = Place::new();
    std::fs::create_dir(place.path("runs")).unwrap();
    std::fs::copy(fixture("true.dat"), place.path("runs/one.dat")).unwrap();
    place.mprof(&["plot", "runs/one.dat"]).check(0, "chart: runs/one.png");
    assert!(std::fs::read(place.path("runs/one.png")).unwrap().starts_with(PNG));
}

#[test]
fn without_a_file_it_is_the_newest_recording() {
    let place = Place::new();
    place.write("notes.dat", "not a recording\n");
    place.mprof(&["plot"]).check(3, "no recording in this folder");
    place.mprof(&["run", "-q", "-o", "older.dat", "sleep", "0.05"]).check(0, "");
    std::thread::sleep(std::time::Duration::from_millis(20));
    place.mprof(&["run", "-q", "-o", "a-newer.dat", "sleep", "0.05"]).check(0, "");
    place.mprof(&["plot"]).check(0, "the newest recording here: a-newer.dat\nchart: a-newer.png");
}

#[test]
fn several_are_drawn_over_each_other_with_a_legend() {
    let place = Place::new();
    let files = [fixture_name("nested.dat"), fixture_name("plain_cmd.dat")];
    place
        .mprof(&["plot", &files[0], &files[1], "-o", "both.svg", "--title", "a <b> & c"])
        .check(0, "both.svg");
    let svg = place.read("both.svg");
    assert!(svg.contains("nested.dat") && svg.contains("plain_cmd.dat"));
    assert!(svg.contains("a &lt;b&gt; &amp; c"));
}

#[test]
fn what_cannot_be_drawn_says_why() {
    let place = Place::new();
    place.write("empty.dat", "");
    place.write("binary.dat", b"\x7fELF\x00\xff\xfe");
    place.write("no-samples.dat", "CMDLINE true\n");
    let cases = [
        (&["plot", "missing.dat"][..], 1, "missing.dat: cannot be read: No such file"),
        (&["plot", "."], 1, ".: is a folder, expected a recording"),
        (&["plot", "empty.dat"], 1, "empty.dat: the file is empty"),
        (&["plot", "binary.dat"], 1, "binary.dat: not a recording"),
        (&["plot", "no-samples.dat"], 3, "nothing to draw"),
        (
            &["plot", "-o", "x.docx", "missing.dat"],
            2,
            "x.docx: no such kind of picture, expected a name that ends in one of .png, .svg, .pdf, .html, .txt",
        ),
        (&["plot", "-o", "x", "missing.dat"], 2, "no such kind of picture"),
    ];
    for (args, code, why) in cases {
        place.mprof(args).check(code, why);
    }
    let one = fixture_name("true.dat");
    place.mprof(&["plot", &one, "-o", "no/such/x.png"]).check(1, "no/such/x.png: cannot be written");
    place.mprof(&["plot", &one, "-o", "x.png", "--width", "10"]).check(2, "choose");
    assert!(!place.path("x.png").exists());
}

#[test]
fn odd_lines_are_named_and_the_rest_is_drawn() {
    let place = Place::new();
    place.write("odd.dat", "CMDLINE x\r\nMEM nan 1.0\r\nMEM 2.0 1.0\r\nMEM 3.0 2.0\r\nMEM 9");
    let outcome = place.mprof(&["plot", "odd.dat"]);
    outcome.check(0, "odd.dat:2: not understood, expected MEM <MiB> <seconds>");
    outcome.check(0, "odd.dat:5: the last line has no end");
    assert!(place.path("odd.png").exists());
}

#[test]
fn no_output_takes_the_place_of_a_recording() {
    let place = Place::new();
    for name in ["a.dat", "b.dat"] {
        std::fs::copy(fixture("true.dat"), place.path(name)).unwrap();
    }
    let kept = place.read("b.dat");
    let plot = |output: &str| place.mprof(&["plot", "a.dat", "--format", "png", "-o", output]);
    plot("a.dat").check(2, "a.dat: is one of the recordings");
    plot("b.dat").check(2, "b.dat: is a recording, which no output replaces");
    place.mprof(&["export", "a.dat", "-o", "b.dat", "--format", "json"]).check(2, "is a recording");
    assert_eq!(place.read("b.dat"), kept);
    plot("c.dat").check(0, "chart: c.dat");
    plot("c.dat").check(0, "chart: c.dat");
}

#[test]
fn the_virtual_size_is_beside_the_resident_set_and_no_part_of_a_peak() {
    let place = Place::new();
    place.mprof(&["run", "-q", "-o", "run.dat", "sleep", "0.2"]).check(0, "");
    let table = place.mprof(&["export", "--table", "samples", "--format", "csv", "run.dat"]).stdout;
    let mut rows = table.lines().map(|row| row.split(',').collect::<Vec<_>>());
    let names = rows.next().unwrap();
    let column = |name| names.iter().position(|it| *it == name).unwrap();
    let (rss, vms) = (column("rss_bytes"), column("vms_bytes"));
    let figures: Vec<[u64; 2]> = rows.map(|row| [rss, vms].map(|idx| row[idx].parse().unwrap())).collect();
    assert!(figures.iter().all(|[resident, reserved]| resident < reserved), "{table}");
    let summary = place.mprof(&["summary", "--json", "run.dat"]).stdout;
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let (peak, reserved) = (summary["peak_bytes"].as_u64().unwrap(), figures.iter().map(|it| it[1]).max());
    assert!(Some(peak) < reserved, "{peak} {table}");
    place.mprof(&["plot", "--metric", "vms", "-o", "run.svg", "run.dat"]).check(0, "chart: run.svg");
    assert!(place.read("run.svg").contains("virtual size (VMS)"), "the axis says so");
    place.mprof(&["plot", "-o", "run.html", "run.dat"]).check(0, "chart: run.html");
    let page = place.read("run.html");
    assert!(page.contains("\"virtual size (VMS)\"") && page.contains("\"resident set (RSS)\""));
}
