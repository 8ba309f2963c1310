//! Tables as CSV (RFC 4180): UTF-8, commas, a line of names first, lines that end in a line feed.

use std::io::{self, Write};

use super::{Cell, Readings, Table};
use crate::recording::Recording;

/// Writes a table of a recording. An empty cell is an absent value; an empty text stands in quotes.
///
/// # Errors
/// Those of the output, and of who gives the readings.
pub fn write_csv(
    recording: &Recording,
    readings: &mut dyn Readings,
    table: Table,
    out: &mut dyn Write,
) -> io::Result<()> {
    let names: Vec<String> = table.columns().into_iter().map(|column| column.name).collect();
    writeln!(out, "{}", names.join(","))?;
    let mut line = Vec::new();
    table.rows(recording, readings, &mut |cells| {
        line.clear();
        cells.iter().for_each(|cell| push_cell(&mut line, cell));
        line.pop();
        line.push(b'\n');
        out.write_all(&line)
    })
}

/// Adds a cell and a comma.
fn push_cell(line: &mut Vec<u8>, cell: &Cell<'_>) {
    match cell {
        Cell::Absent => {}
        Cell::Number(number) => line.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
        Cell::Signed(number) => line.extend_from_slice(itoa::Buffer::new().format(*number).as_bytes()),
        Cell::Text(text) => push_text(line, text),
    }
    line.push(b',');
}

fn push_text(line: &mut Vec<u8>, text: &str) {
    if !text.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        line.extend_from_slice(text.as_bytes());
        return;
    }
    line.push(b'"');
    line.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    line.push(b'"');
}
