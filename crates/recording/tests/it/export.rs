//! Exports hold everything that the recording does: they give it back.

use std::fmt::Write as _;

use mprof_recording::event::{Departure, Ending, Exit, Finish, Pid, Start};
use mprof_recording::export::{Cell, Held, Kind, Presence, Table, schema, write_csv, write_json};
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::recording::{Call, Moment, Told};
use mprof_recording::{Left, Process, Recording, call, command, dat};
use proptest::prelude::*;
use serde_json::Value;

use crate::round_trip::{runs, write};

fn json(recording: &Recording) -> Value {
    let mut out = Vec::new();
    write_json(recording, &mut Held, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn rows<'a>(json: &'a Value, table: &str) -> &'a [Value] {
    json[table].as_array().unwrap()
}

fn text(row: &Value, key: &str) -> Option<String> {
    row.get(key).map(|value| value.as_str().unwrap().to_owned())
}

fn number(row: &Value, key: &str) -> Option<u64> {
    row.get(key).map(|value| value.as_u64().unwrap())
}

fn signed(row: &Value, key: &str) -> Option<i32> {
    row.get(key).map(|value| value.as_i64().unwrap().try_into().unwrap())
}

fn pid(row: &Value, key: &str) -> Option<Pid> {
    text(row, key).map(|pid| pid.parse().unwrap())
}

/// The rows of a table that belong to a process, as pairs of a time and something else.
fn of_process<'a>(json: &'a Value, table: &str, place: u64) -> impl Iterator<Item = &'a Value> {
    rows(json, table).iter().filter(move |row| number(row, "process") == Some(place))
}

fn process(json: &Value, row: &Value) -> Process {
    let place = number(row, "process").unwrap();
    let code = signed(row, "exit_code").map(Exit::Code);
    let departure = Departure {
        exit: code.or(signed(row, "exit_signal").map(Exit::Signal)),
        hwm_bytes: number(row, "exit_hwm_bytes"),
        earlier_bytes: number(row, "earlier_bytes"),
        maxrss_bytes: number(row, "maxrss_bytes"),
        maxrss_floor_bytes: number(row, "maxrss_floor_bytes"),
    };
    let mut process = Process {
        pid: pid(row, "pid"),
        parent: pid(row, "parent"),
        name: text(row, "name").map(Into::into),
        joined_ns: number(row, "joined_ns"),
        n_same: number(row, "n_same").unwrap(),
        left: number(row, "left_ns").map_or_else(Left::default, |at_ns| Left::at(at_ns, departure)),
        ..Process::default()
    };
    let pair = |row, one, other| (number(row, one).unwrap(), number(row, other).unwrap());
    let silences = of_process(json, "silences", place).map(|row| pair(row, "from_ns", "to_ns"));
    process.silences_ns = silences.collect();
    let names = of_process(json, "names", place);
    process.renamed =
        names.map(|row| (number(row, "time_ns").unwrap(), text(row, "name").unwrap().into())).collect();
    for row in of_process(json, "samples", place) {
        let mut bytes = Bytes::default();
        for metric in Metric::ALL {
            bytes.set(metric, number(row, &format!("{}_bytes", metric.name())));
        }
        process.samples.push(number(row, "time_ns").unwrap(), &bytes);
    }
    process
}

fn end(run: &Value) -> Option<(u64, Finish)> {
    let how = text(run, "ended_by")?;
    let finish = Finish {
        how: Ending::ALL.into_iter().find(|it| it.name() == how).unwrap(),
        n_samples: number(run, "n_samples").unwrap(),
        n_missed: number(run, "n_missed").unwrap(),
        n_late: number(run, "n_late").unwrap(),
        n_unread: number(run, "n_unread").unwrap(),
        n_unreadable: number(run, "n_unreadable").unwrap(),
        late_median_ns: number(run, "late_median_ns"),
        late_p99_ns: number(run, "late_p99_ns"),
        own_cpu_ns: number(run, "own_cpu_ns"),
        own_peak_bytes: number(run, "own_peak_bytes"),
        cgroup_peak_bytes: number(run, "cgroup_peak_bytes"),
    };
    Some((number(run, "ended_ns").unwrap(), finish))
}

fn caller(row: &Value) -> Option<call::Caller> {
    Some(call::Caller { pid: pid(row, "pid")?, task: text(row, "task").unwrap() })
}

fn call(row: &Value) -> Call {
    Call {
        name: text(row, "name").unwrap(),
        caller: caller(row),
        from_ns: number(row, "from_ns").unwrap(),
        to_ns: number(row, "to_ns").unwrap(),
        from_bytes: number(row, "from_bytes"),
        to_bytes: number(row, "to_bytes"),
        level: number(row, "level").unwrap().try_into().unwrap(),
        cut: text(row, "cut_by").map(|cut| call::Cut::ALL.into_iter().find(|it| it.name() == cut).unwrap()),
    }
}

/// A field that a recording may get is asked for here: whoever adds one exports it.
fn rebuilt(json: &Value) -> Recording {
    let run = &json["run"];
    Recording {
        command: text(run, "command").unwrap(),
        start: Start {
            argv: text(run, "argv").map_or(Vec::new(), |argv| command::decode(argv.as_bytes()).unwrap()),
            unix_ns: number(run, "started_unix_ns").unwrap(),
            interval_ns: number(run, "interval_ns"),
            recorder: text(run, "recorder"),
            system: text(run, "system"),
        },
        processes: rows(json, "processes").iter().map(|row| process(json, row)).collect(),
        notes: rows(json, "notes")
            .iter()
            .map(|row| (text(row, "key").unwrap(), text(row, "text").unwrap()))
            .collect(),
        calls: rows(json, "calls").iter().map(call).collect(),
        moments: rows(json, "moments")
            .iter()
            .map(|row| Moment {
                at_ns: number(row, "time_ns").unwrap(),
                name: text(row, "name").unwrap(),
                caller: caller(row).unwrap(),
            })
            .collect(),
        told: rows(json, "told")
            .iter()
            .map(|row| Told {
                at_ns: number(row, "time_ns").unwrap(),
                name: text(row, "name").unwrap(),
                value: number(row, "value").unwrap(),
            })
            .collect(),
        end: end(run),
    }
}

/// The cells of a table, read back from CSV by rules that are not the writer's.
fn parsed_csv(file: &str) -> Vec<Vec<Option<String>>> {
    let (mut lines, mut cells, mut cell, mut is_quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = file.chars().peekable();
    let mut was_quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.peek() == Some(&'"') => cell.push(chars.next().unwrap()),
            '"' => (is_quoted, was_quoted) = (!is_quoted, true),
            ',' | '\n' if !is_quoted => {
                let text = std::mem::take(&mut cell);
                cells.push((was_quoted || !text.is_empty()).then_some(text));
                was_quoted = false;
                if c == '\n' {
                    lines.push(std::mem::take(&mut cells));
                }
            }
            _ => cell.push(c),
        }
    }
    lines
}

/// Checks a table in CSV against its rows.
fn check_csv(recording: &Recording, table: Table) {
    let mut out = Vec::new();
    write_csv(recording, &mut Held, table, &mut out).unwrap();
    let lines = parsed_csv(str::from_utf8(&out).unwrap());
    let names: Vec<Option<String>> = table.columns().into_iter().map(|it| Some(it.name)).collect();
    assert_eq!(lines[0], names);
    let mut expected = Vec::new();
    let mut take = |cells: &[Cell<'_>]| {
        let text = |cell: &Cell<'_>| match cell {
            Cell::Absent => None,
            Cell::Number(number) => Some(number.to_string()),
            Cell::Signed(number) => Some(number.to_string()),
            Cell::Text(text) => Some(text.to_string()),
        };
        expected.push(cells.iter().map(text).collect::<Vec<_>>());
        Ok(())
    };
    table.rows(recording, &mut Held, &mut take).unwrap();
    assert_eq!(lines[1..], expected);
}

/// Checks that rows are as their columns say.
fn check_rows(recording: &Recording, table: Table) {
    let columns = table.columns();
    let mut check = |cells: &[Cell<'_>]| {
        assert_eq!(cells.len(), columns.len(), "{table:?}");
        for (cell, column) in cells.iter().zip(&columns) {
            match cell {
                Cell::Absent => assert_eq!(column.presence, Presence::WhereKnown, "{}", column.name),
                Cell::Number(_) => assert_eq!(column.kind, Kind::Number),
                Cell::Signed(_) => assert_eq!(column.kind, Kind::Signed),
                Cell::Text(_) => assert_eq!(column.kind, Kind::Text),
            }
        }
        Ok(())
    };
    table.rows(recording, &mut Held, &mut check).unwrap();
}

proptest! {
    #[test]
    fn json_gives_the_recording_back(events in runs()) {
        let recording = dat::read(&write(&events)).unwrap().recording;
        prop_assert_eq!(rebuilt(&json(&recording)), recording);
    }

    #[test]
    fn csv_gives_every_cell_back(events in runs()) {
        let recording = dat::read(&write(&events)).unwrap().recording;
        for table in Table::ALL {
            check_rows(&recording, table);
            check_csv(&recording, table);
        }
    }
}

#[test]
fn files_of_mprof_are_exported_whole() {
    for name in ["nested.dat", "pool_multiprocess.dat", "plain_cmd.dat", "true.dat"] {
        let path = format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
        let recording = dat::read(&std::fs::read(path).unwrap()).unwrap().recording;
        assert_eq!(rebuilt(&json(&recording)), recording, "{name}");
    }
}

#[test]
fn csv_looks_as_the_readme_says() {
    let file =
        b"META format mprof-rs 1\nMETA start 100.0\nMETA recorder \"us\"\nROOT 7 100.0 - \"a,\\\"b\\\"\"\n\
                 MEM 1.000000 100.5 hwm=2097152\n";
    let recording = dat::read(file).unwrap().recording;
    let mut out = Vec::new();
    write_csv(&recording, &mut Held, Table::Samples, &mut out).unwrap();
    let mut expected =
        "process,pid,name,time_ns,unix_ns,rss_bytes,hwm_bytes,anon_bytes,file_bytes,shmem_bytes,\
        swap_bytes,page_tables_bytes,hugetlb_bytes,pss_bytes,uss_bytes,footprint_bytes,footprint_peak_bytes,vms_bytes\n"
            .to_owned();
    writeln!(expected, "0,7,\"a,\"\"b\"\"\",500000000,100500000000,1048576,2097152,,,,,,,,,,,").unwrap();
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn the_schema_in_the_repository_is_that_of_the_tables() {
    let path = format!("{}/schema/export.schema.json", env!("CARGO_MANIFEST_DIR"));
    let committed: Value =
        serde_json::from_slice(&std::fs::read(&path).unwrap_or_default()).unwrap_or_default();
    let is_same = committed == schema();
    let now = serde_json::to_string_pretty(&schema()).unwrap();
    assert!(is_same, "{path} should hold:\n{now}");
}
