//! All tables as one JSON document, and its schema.

use std::io::{self, Write};

use serde_json::{Map, Value, json};

use super::{Cell, Column, Kind, Presence, Readings, Table};
use crate::recording::Recording;

/// What the document says of its form.
const FORMAT: &str = "mprof-rs export 1";

/// Writes a recording: `run` is an object, every other table an array of objects. What is absent has no key.
///
/// # Errors
/// Those of the output, and of who gives the readings.
pub fn write_json(recording: &Recording, readings: &mut dyn Readings, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{{\n\"format\": \"{FORMAT}\"")?;
    for table in Table::ALL {
        let keys: Vec<String> = table.columns().iter().map(|it| format!(",\"{}\":", it.name)).collect();
        let is_alone = table == Table::Run;
        write!(out, ",\n\"{}\": {}", table.name(), if is_alone { "" } else { "[" })?;
        let mut n_rows = 0_u64;
        let mut row = Vec::new();
        table.rows(recording, readings, &mut |cells| {
            row.clear();
            row.extend_from_slice(if n_rows > 0 { b",\n" } else { b"" });
            push_row(&mut row, &keys, cells)?;
            n_rows += 1;
            out.write_all(&row)
        })?;
        write!(out, "{}", if is_alone { "" } else { "]" })?;
    }
    writeln!(out, "\n}}")
}

/// Adds a row. Each key stands there with the comma before it and the colon behind it.
fn push_row(row: &mut Vec<u8>, keys: &[String], cells: &[Cell<'_>]) -> io::Result<()> {
    row.push(b'{');
    let first = row.len();
    for (key, cell) in keys.iter().zip(cells).filter(|(_, cell)| **cell != Cell::Absent) {
        row.extend_from_slice(if row.len() == first { &key.as_bytes()[1..] } else { key.as_bytes() });
        match cell {
            Cell::Absent => {}
            Cell::Number(number) => row.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
            Cell::Signed(number) => row.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
            Cell::Text(text) => serde_json::to_writer(&mut *row, text)?,
        }
    }
    row.push(b'}');
    Ok(())
}

/// The schema of the document (JSON Schema 2020-12), as it is committed in `schema/export.schema.json`.
#[must_use]
pub fn schema() -> Value {
    let mut properties = Map::new();
    properties.insert("format".into(), json!({ "const": FORMAT }));
    for table in Table::ALL {
        let row = row_schema(&table.columns());
        let is_alone = table == Table::Run;
        let schema = if is_alone { row } else { json!({ "type": "array", "items": row }) };
        properties.insert(table.name().into(), schema);
    }
    let required: Vec<&str> = std::iter::once("format").chain(Table::ALL.map(Table::name)).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A recording of mprof-rs",
        "description": "Memory in bytes, times in nanoseconds since the start of the run. What has no key was not measured.",
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn row_schema(columns: &[Column]) -> Value {
    let property = |column: &Column| {
        let mut schema = match column.kind {
            Kind::Number => json!({ "type": "integer", "minimum": 0, "maximum": u64::MAX }),
            Kind::Signed => json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX }),
            Kind::Text => json!({ "type": "string" }),
        };
        schema["description"] = column.meaning.into();
        (column.name.clone(), schema)
    };
    let properties: Map<String, Value> = columns.iter().map(property).collect();
    let required = columns.iter().filter(|column| column.presence == Presence::Always);
    let required: Vec<&str> = required.map(|column| column.name.as_str()).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}
