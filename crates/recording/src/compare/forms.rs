//! The table of a comparison as text: Markdown, HTML, and JSON for programs.

use super::{COLUMNS, Row, UNKNOWN, cells, csv_cells, csv_titles, titles};
use crate::peak::PeakKind;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::fmt::Write;

/// On which side the cells of a column stand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Words.
    Left,
    /// Figures.
    Right,
}

/// A column as people see it.
struct Shown {
    title: String,
    side: Side,
    cells: Vec<String>,
}

/// The columns for people. What is known of no run has none.
fn shown(rows: &[Row]) -> Vec<Shown> {
    let cells = cells(rows);
    let column = |(idx, title): (usize, String)| Shown {
        title,
        side: if (1..=COLUMNS.len()).contains(&idx) { Side::Right } else { Side::Left },
        cells: cells.iter().map(|row| row[idx].clone()).collect(),
    };
    let is_known = |column: &Shown| column.cells.iter().any(|cell| cell != UNKNOWN);
    titles().into_iter().enumerate().map(column).filter(is_known).collect()
}

/// The table in Markdown, which reads as well on a terminal: columns are padded, figures stand to the right.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let mut columns = shown(rows);
    for column in &mut columns {
        column.cells.iter_mut().for_each(|cell| *cell = cell.replace('|', "\\|").replace('<', "\\<"));
        pad(column);
    }
    let heading = heading(rows).map(|heading| format!("{heading}:\n\n"));
    let mut text = heading.unwrap_or_default();
    text += &line(columns.iter().map(|column| format!(" {} ", column.title)));
    text += &line(columns.iter().map(rule));
    for idx in 0..rows.len() {
        text += &line(columns.iter().map(|column| format!(" {} ", column.cells[idx])));
    }
    text
}

/// What the figures are about, where it is not the resident set over the whole run, or not what each run was recorded
/// for.
fn heading(rows: &[Row]) -> Option<String> {
    let is_for_another = |row: &Row| row.summary.metric != row.subject.metric;
    let words = |row: &Row| rows.iter().any(is_for_another).then(|| row.subject.words());
    rows.first().and_then(|row| row.subject.heading().or_else(|| words(row)))
}

/// Makes all cells of a column equally wide.
fn pad(column: &mut Shown) {
    let width =
        column.cells.iter().chain([&column.title]).map(|cell| cell.chars().count()).max().unwrap_or(0);
    for cell in column.cells.iter_mut().chain([&mut column.title]) {
        *cell = match column.side {
            Side::Left => format!("{cell:<width$}"),
            Side::Right => format!("{cell:>width$}"),
        };
    }
}

fn rule(column: &Shown) -> String {
    let dashes = "-".repeat(column.title.chars().count() + 1);
    dashes + if column.side == Side::Right { ":" } else { "-" }
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("|{}|\n", cells.collect::<Vec<_>>().join("|"))
}

/// The table in HTML: an element to put into a page. One that is wider than the page scrolls by itself.
#[must_use]
pub fn html(rows: &[Row]) -> String {
    let columns = shown(rows);
    let caption = heading(rows).map(|heading| format!("<caption>{heading}</caption>\n"));
    let mut text =
        format!("<div style=\"overflow-x: auto\">\n<table>\n{}<thead><tr>", caption.unwrap_or_default());
    for column in &columns {
        text += &cell("th", column.side, &column.title);
    }
    text += "</tr></thead>\n<tbody>\n";
    for idx in 0..rows.len() {
        let cells = columns.iter().map(|column| cell("td", column.side, &column.cells[idx]));
        text += &format!("<tr>{}</tr>\n", cells.collect::<String>());
    }
    text + "</tbody>\n</table>\n</div>\n"
}

fn cell(element: &str, side: Side, text: &str) -> String {
    let style = if side == Side::Right { " style=\"text-align: right\"" } else { "" };
    let mut cell = format!("<{element}{style}>");
    for letter in text.chars() {
        match letter {
            '<' | '>' | '&' | '"' => {
                let _ = write!(cell, "&#{};", u32::from(letter));
            }
            _ => cell.push(letter),
        }
    }
    cell + &format!("</{element}>")
}

/// The table as JSON: a list of runs, with the columns of the CSV as keys; null for what was not measured. The kind of a
/// peak is the word that the summary of a run has.
///
/// # Errors
/// None in practice: every cell can be written.
pub fn json(rows: &[Row]) -> Result<String, serde_json::Error> {
    let titles = csv_titles();
    let kinds = rows.iter().map(|row| row.summary.peak_kind);
    let runs = csv_cells(rows).into_iter().zip(kinds);
    let runs: Vec<Run<'_>> =
        runs.map(|(cells, peak_kind)| Run { titles: &titles, cells, peak_kind }).collect();
    serde_json::to_string_pretty(&runs)
}

/// One run of the JSON.
struct Run<'a> {
    titles: &'a [String],
    cells: Vec<String>,
    peak_kind: Option<PeakKind>,
}

impl Serialize for Run<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.titles.len()))?;
        for (idx, (title, cell)) in self.titles.iter().zip(&self.cells).enumerate() {
            let is_words = idx == 0 || title == "metric";
            match (cell.parse::<u64>(), cell.parse::<f64>()) {
                _ if title == "peak_kind" => map.serialize_entry(title, &self.peak_kind)?,
                _ if is_words => map.serialize_entry(title, &Some(cell).filter(|cell| !cell.is_empty()))?,
                (Ok(whole), _) => map.serialize_entry(title, &whole)?,
                (_, Ok(ratio)) => map.serialize_entry(title, &ratio)?,
                _ => map.serialize_entry(title, &())?,
            }
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::Subject;
    use crate::summary::Summary;

    fn row(name: &str, peak_bytes: Option<u64>) -> Row {
        let summary = Summary { duration_ns: 2_000_000_000, peak_bytes, ..Summary::default() };
        Row { name: name.into(), summary, subject: Subject::default() }
    }

    #[test]
    fn markdown_has_a_column_for_what_is_known_of_any_run() {
        let rows = [row("a", Some(4 << 20)), row("b|c", Some(1 << 20)), row("<", None)];
        let expected = "\
| Run  |         Elapsed |        Peak memory |
|------|----------------:|-------------------:|
| a    |          2.00 s |          4.000 MiB |
| b\\|c | 2.00 s (1.00 ×) | 1.000 MiB (0.25 ×) |
| \\<   | 2.00 s (1.00 ×) |                n/a |
";
        assert_eq!(markdown(&rows), expected);
    }

    #[test]
    fn no_name_becomes_markup() {
        let table = html(&[row("<script>\"&", Some(1 << 20))]);
        assert!(table.contains("<td>&#60;script&#62;&#34;&#38;</td>"), "{table}");
        assert!(table.contains("<td style=\"text-align: right\">1.000 MiB</td>"), "{table}");
    }

    #[test]
    fn json_has_numbers_and_null() {
        let mut rows = [row("7", Some(4)), row("b", None)];
        rows[0].summary.peak_kind = Some(PeakKind::HighWaterMark);
        let text = json(&rows).unwrap();
        let runs: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&runs[0]["run"], &runs[0]["peak_bytes"]), (&"7".into(), &4.into()));
        assert_eq!((&runs[0]["peak_bytes_ratio"], &runs[1]["peak_bytes"]), (&1.0.into(), &().into()));
        let of_summary = serde_json::to_value(&rows[0].summary).unwrap();
        assert_eq!(
            (&runs[0]["peak_kind"], of_summary["peak_kind"].as_str()),
            (&"high_water_mark".into(), Some("high_water_mark"))
        );
        assert_eq!(runs[1]["peak_kind"], serde_json::Value::Null);
    }
}
