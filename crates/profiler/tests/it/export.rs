//! `mprof-rs export`: a recording for other programs.

use crate::harness::{BINARY, Place, fixture};

fn fixture_name(name: &str) -> String {
    fixture(name).to_str().unwrap().to_owned()
}

#[test]
fn csv_has_a_row_for_each_reading() {
    let place = Place::new();
    let outcome = place.mprof(&["export", &fixture_name("plain_cmd.dat"), "--format", "csv"]);
    outcome.check(0, "");
    let lines: Vec<&str> = outcome.stdout.lines().collect();
    assert_eq!(lines.len(), 11);
    assert!(lines[0].starts_with("process,pid,name,time_ns,unix_ns,rss_bytes,hwm_bytes,"), "{}", lines[0]);
    assert!(lines[1].starts_with("0,,,0,1795432878815000000,135168,,"), "{}", lines[1]);
}

#[test]
fn a_table_can_be_chosen() {
    let place = Place::new();
    let name = fixture_name("nested.dat");
    place.mprof(&["export", &name, "--table", "calls", "-o", "calls.csv"]).check(0, "export: calls.csv");
    assert_eq!(place.read("calls.csv").lines().count(), 8);
    place.mprof(&["export", &name, "--table", "calls", "-o", "a.json"]).check(2, "JSON has every table");
    place.mprof(&["export", &name, "--table", "sample", "--format", "csv"]).check(2, "possible values: run");
}

#[test]
fn json_is_one_document() {
    let place = Place::new();
    place
        .mprof(&["export", &fixture_name("pool_multiprocess.dat"), "-o", "a.json"])
        .check(0, "export: a.json");
    let json: serde_json::Value = serde_json::from_str(&place.read("a.json")).unwrap();
    assert_eq!(json["format"], "mprof-rs export 1");
    assert_eq!(json["processes"].as_array().unwrap().len(), 4);
    assert_eq!(json["processes"][1]["pid"], "11793");
}

#[test]
fn what_makes_no_sense_is_said_before_anything_is_read() {
    let place = Place::new();
    place
        .mprof(&["export", "none.dat", "-o", "a.txt"])
        .check(2, "name a format: --format csv, json or parquet");
    place.mprof(&["export", "none.dat", "--format", "csv"]).check(1, "none.dat: cannot be read");
    place.write("a.csv", "MEM 1.000000 1.0000\n");
    place.mprof(&["export", "a.csv", "-o", "a.csv"]).check(2, "is one of the recordings");
    assert_eq!(place.read("a.csv"), "MEM 1.000000 1.0000\n");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure_and_a_device_stays_a_device() {
    let place = Place::new();
    let file = fixture_name("nested.dat");
    let script = format!(
        "{BINARY} export {file} --format csv | head -1; {BINARY} export {file} --format csv -o /dev/null"
    );
    let outcome = place.command("sh".as_ref(), &["-c", &script]);
    outcome.check(0, "export: /dev/null");
    assert!(std::os::unix::fs::FileTypeExt::is_char_device(
        &std::fs::metadata("/dev/null").unwrap().file_type()
    ));
}

#[test]
fn what_is_read_twice_is_what_was_piped_in_and_held() {
    let place = Place::new();
    record(&place);
    let whole = place.read("run.dat");
    // A recorder that was cut off, a torn line, and lines that nobody understands.
    let head = &whole[..whole.len() * 2 / 3];
    place.write("torn.dat", head);
    place.write("odd.dat", format!("{whole}MEM x\nCHLD\n"));
    place.write("by_hand.dat", "MEM 1.000000 11.0\nMEM 3.000000 12.0");
    for name in ["nested.dat", "pool_multiprocess.dat", "plain_cmd.dat"] {
        std::fs::copy(fixture(name), place.path(name)).unwrap();
    }
    let own = ["run.dat", "torn.dat", "odd.dat", "by_hand.dat"];
    for name in own.into_iter().chain(["nested.dat", "pool_multiprocess.dat", "plain_cmd.dat"]) {
        for format in ["csv", "json"] {
            let script = format!(
                "{BINARY} export {name} --format {format} > of_file; cat {name} | {BINARY} export - --format {format} > piped; cmp of_file piped"
            );
            let outcome = place.command("sh".as_ref(), &["-c", &script]);
            assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""), "{name} as {format}");
        }
    }
}

#[test]
fn what_could_not_be_written_is_named() {
    if !std::path::Path::new("/dev/full").exists() {
        return;
    }
    let place = Place::new();
    let script = format!("{BINARY} export {} --format csv > /dev/full", fixture_name("nested.dat"));
    place.command("sh".as_ref(), &["-c", &script]).check(1, "standard output: cannot be written");
}

#[test]
fn a_recording_that_is_replaced_while_it_is_read_is_named_and_not_the_output() {
    let place = Place::new();
    let readings = |n| (0..n).map(|second| format!("MEM 1.500000 {second}.000000000\n")).collect::<String>();
    let script = format!(
        "{{ {BINARY} export run.dat --format csv; echo $? > code; }} | {{ head -c 1 > head; : > run.dat; cat > rest; }}"
    );
    // More than the pipe and what is read at once can hold, so that much is still to be read.
    place.write("run.dat", readings(99_999));
    let outcome = place.command("sh".as_ref(), &["-c", &script]);
    outcome.check(0, "run.dat: cannot be read: the recording was replaced while it was read");
    assert!(!outcome.stderr.contains("standard output"), "{}", outcome.stderr);
    assert_eq!(place.read("code"), "1\n");
}

#[cfg(not(feature = "parquet"))]
#[test]
fn without_parquet_the_remedy_is_said() {
    let place = Place::new();
    place.mprof(&["export", "none.dat", "-o", "a.parquet"]).check(2, "build it with `--features parquet`");
}

/// The Python with other programs' readers, where there is one.
fn read_by_others(place: &Place, files: &[&str]) {
    let Some(python) = std::env::var_os("MPROF_RS_PYTHON") else {
        eprintln!("skipped: MPROF_RS_PYTHON names no Python with jsonschema and pyarrow");
        return;
    };
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let script = root.join("scripts/interop/exports.py");
    let schema = root.join("crates/recording/schema/export.schema.json");
    let args = [&[script.to_str().unwrap(), schema.to_str().unwrap()], files].concat();
    place.command(python.as_ref(), &args).check(0, "");
}

/// A run of ours with a child, a phase, odd names, and readings of every kind that this system gives.
fn record(place: &Place) {
    let script = "x=$(head -c 3000000 /dev/zero | tr '\\0' x); (sleep 0.1); sleep 0.1";
    place.mprof(&["run", "-q", "-o", "run.dat", "sh", "-c", script, "a,\"b\"\n", "naïve"]).check(0, "");
}

#[test]
fn json_is_as_its_schema_says() {
    let place = Place::new();
    record(&place);
    place.mprof(&["export", "run.dat", "-o", "run.json"]).check(0, "");
    place.mprof(&["export", &fixture_name("nested.dat"), "-o", "nested.json"]).check(0, "");
    read_by_others(&place, &["run.json", "nested.json"]);
}

#[cfg(feature = "parquet")]
#[test]
fn parquet_and_csv_hold_what_json_holds() {
    let place = Place::new();
    record(&place);
    std::fs::copy(fixture("nested.dat"), place.path("nested.dat")).unwrap();
    for run in ["run", "nested"] {
        let recording = format!("{run}.dat");
        let json = format!("{run}.json");
        place.mprof(&["export", &recording, "-o", &json]).check(0, "");
        let mut files = vec![json];
        for table in mprof_recording::export::Table::ALL {
            for extension in ["csv", "parquet"] {
                let file = format!("{run}.{}.{extension}", table.name());
                place.mprof(&["export", &recording, "--table", table.name(), "-o", &file]).check(0, "");
                files.push(file);
            }
        }
        read_by_others(&place, &files.iter().map(String::as_str).collect::<Vec<_>>());
    }
}
