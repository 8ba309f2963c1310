//! Runs side by side as a table: the closing table of the article that this project began with.
//!
//! Elapsed time, calculated storage, peak memory and file storage, each with its ratio to the first run.

mod forms;

use crate::metric::Metric;
use crate::peak::PeakKind;
use crate::recording::Recording;
use crate::summary::Summary;
use crate::units::{self, Unit};

pub use forms::{html, json, markdown};

/// What a table shows where a figure was not measured.
const UNKNOWN: &str = "n/a";

/// One run of a comparison.
#[derive(Clone, Debug)]
pub struct Row {
    /// What to call the run.
    pub name: String,
    /// Its figures.
    pub summary: Summary,
    /// What they are about.
    pub subject: Subject,
}

/// What the figures of a table are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The kind of memory.
    pub metric: Metric,
    /// The part of each run, from its start on.
    pub window_ns: Option<(u64, u64)>,
    /// The unit that people are to see.
    pub unit: Option<Unit>,
}

impl Default for Subject {
    fn default() -> Self {
        Self { metric: Metric::Rss, window_ns: None, unit: None }
    }
}

impl Subject {
    /// Whether it is the resident set over the whole run.
    #[must_use]
    pub fn is_whole_run(&self) -> bool {
        self.metric == Metric::Rss && self.window_ns.is_none()
    }

    /// What stands above a table, where it is not the resident set over the whole run.
    #[must_use]
    pub fn heading(&self) -> Option<String> {
        (!self.is_whole_run()).then(|| self.words())
    }

    /// What the figures are about.
    pub(crate) fn words(&self) -> String {
        let part = self.window_ns.map(|(from_ns, to_ns)| match to_ns {
            u64::MAX => format!(", from {} of each run on", units::duration(from_ns)),
            _ => format!(", from {} of each run", units::span(from_ns, to_ns).join(" to ")),
        });
        format!("Memory is {}{}", self.metric.noun(), part.unwrap_or_default())
    }

    fn bytes(&self, bytes: u64) -> String {
        self.unit.map_or_else(|| units::bytes(bytes), |unit| units::bytes_in(bytes, unit))
    }

    /// For programs: the metric, and the window where there is one.
    fn cells(&self) -> [String; 3] {
        let at = |ns: u64| if ns == u64::MAX { String::new() } else { ns.to_string() };
        let (from_ns, to_ns) = self.window_ns.map_or_else(Default::default, |(from, to)| (at(from), at(to)));
        [self.metric.name().to_owned(), from_ns, to_ns]
    }
}

/// The columns of [`Subject::cells`].
const SUBJECT_COLUMNS: [&str; 3] = ["metric", "window_from_ns", "window_to_ns"];

impl Row {
    /// The row of a recording.
    #[must_use]
    pub fn new(name: &str, recording: &Recording) -> Self {
        Self { name: name.to_owned(), summary: recording.summary(), subject: Subject::default() }
    }
}

/// A column of figures.
struct Column {
    title: &'static str,
    csv_name: &'static str,
    value: fn(&Summary) -> Option<u64>,
    text: fn(&Subject, u64) -> String,
}

/// The columns of figures. Adding one is a row here.
const COLUMNS: [Column; 6] = [
    Column {
        title: "Elapsed",
        csv_name: "duration_ns",
        value: |it| Some(it.duration_ns),
        text: |_, ns| units::duration(ns),
    },
    Column {
        title: "Calculated storage",
        csv_name: "calculated_bytes",
        value: |it| it.calculated_bytes,
        text: Subject::bytes,
    },
    Column { title: "Peak memory", csv_name: "peak_bytes", value: |it| it.peak_bytes, text: Subject::bytes },
    Column { title: "Mean memory", csv_name: "mean_bytes", value: |it| it.mean_bytes, text: Subject::bytes },
    Column {
        title: "Memory × time",
        csv_name: "area_byte_seconds",
        value: |it| it.area_byte_seconds,
        text: |it, byte_seconds| format!("{}·s", it.bytes(byte_seconds)),
    },
    Column { title: "File storage", csv_name: "file_bytes", value: |it| it.file_bytes, text: Subject::bytes },
];

/// The heads of a table for people.
#[must_use]
pub fn titles() -> Vec<String> {
    let figures = COLUMNS.iter().map(|column| column.title.to_owned());
    std::iter::once("Run".to_owned()).chain(figures).chain(["Peak is a".to_owned()]).collect()
}

/// The cells of a table for people: each figure with its ratio to the first row's, such as `8.00 GiB (0.50 ×)`.
#[must_use]
pub fn cells(rows: &[Row]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row_cells(row, rows.first())).collect()
}

/// The figures of [`cells`], in the same columns: bytes and nanoseconds.
#[must_use]
pub fn figures(rows: &[Row]) -> Vec<Vec<Option<u64>>> {
    rows.iter().map(|row| COLUMNS.iter().map(|column| (column.value)(&row.summary)).collect()).collect()
}

/// The heads of the table for programs.
#[must_use]
pub fn csv_titles() -> Vec<String> {
    let figures = COLUMNS.iter().flat_map(|it| [it.csv_name.to_owned(), format!("{}_ratio", it.csv_name)]);
    std::iter::once("run".to_owned())
        .chain(figures)
        .chain(["peak_kind".to_owned()])
        .chain(SUBJECT_COLUMNS.map(str::to_owned))
        .collect()
}

/// The cells of the table for programs: whole numbers and ratios, empty where nothing was measured.
#[must_use]
pub fn csv_cells(rows: &[Row]) -> Vec<Vec<String>> {
    let csv_row = |row: &Row| {
        let mut cells = vec![row.name.clone()];
        for column in &COLUMNS {
            let value = (column.value)(&row.summary);
            cells.push(value.map(|it| it.to_string()).unwrap_or_default());
            let ratio = ratio(value, rows.first().and_then(|first| (column.value)(&first.summary)));
            cells.push(ratio.map(precise_ratio).unwrap_or_default());
        }
        cells.push(row.summary.peak_kind.map_or("", PeakKind::label).to_owned());
        cells.extend(row.subject.cells());
        cells
    };
    rows.iter().map(csv_row).collect()
}

fn row_cells(row: &Row, first: Option<&Row>) -> Vec<String> {
    let mut cells = vec![row.name.clone()];
    for column in &COLUMNS {
        let value = (column.value)(&row.summary);
        let reference = first.and_then(|first| (column.value)(&first.summary));
        let is_first = first.is_some_and(|first| std::ptr::eq(first, row));
        cells.push(match (value, ratio(value, reference)) {
            (Some(value), Some(ratio)) if !is_first => {
                format!("{} ({} ×)", (column.text)(&row.subject, value), ratio_text(ratio))
            }
            (Some(value), _) => (column.text)(&row.subject, value),
            (None, _) => UNKNOWN.to_owned(),
        });
    }
    cells.push(row.summary.peak_kind.map_or(UNKNOWN, PeakKind::label).to_owned());
    cells
}

fn ratio(value: Option<u64>, reference: Option<u64>) -> Option<f64> {
    let reference = reference.filter(|&it| it > 0)?;
    Some(value? as f64 / reference as f64)
}

/// A ratio for programs: four decimals, and of small ones four digits.
fn precise_ratio(ratio: f64) -> String {
    let n_zeros = if ratio > 0.0 { (-ratio.log10()).max(0.0) as usize } else { 0 };
    format!("{ratio:.*}", 4 + n_zeros)
}

/// A ratio to two decimals, and small ones to two digits.
fn ratio_text(ratio: f64) -> String {
    if ratio >= 0.1 || ratio == 0.0 { format!("{ratio:.2}") } else { format!("{ratio:.4}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, peak_bytes: Option<u64>) -> Row {
        let summary = Summary { duration_ns: 2_000_000_000, peak_bytes, ..Summary::default() };
        Row { name: name.into(), summary, subject: Subject::default() }
    }

    #[test]
    fn small_ratios_keep_their_digits() {
        let cases = [(0.5, "0.5000"), (1.0, "1.0000"), (0.000_012_345, "0.00001234"), (0.0, "0.0000")];
        for (ratio, text) in cases {
            assert_eq!(precise_ratio(ratio), text);
        }
    }

    #[test]
    fn a_table_says_what_it_is_about() {
        assert_eq!(Subject::default().heading(), None);
        let part = Subject { metric: Metric::Pss, window_ns: Some((0, 2_000_000_000)), unit: None };
        let heading = "Memory is the proportional set (PSS), from 0 s to 2.00 s of each run";
        assert_eq!(part.heading().as_deref(), Some(heading));
        let rows = [Row { subject: part, ..row("a", Some(4)) }];
        assert_eq!(csv_titles()[14..], SUBJECT_COLUMNS);
        assert_eq!(csv_cells(&rows)[0][14..], ["pss", "0", "2000000000"]);
        let mega = units::NAMED_UNITS[4];
        let rows = [Row { subject: Subject { unit: Some(mega), ..part }, ..row("a", Some(4_000_000)) }];
        assert_eq!(cells(&rows)[0][3], "4.000 MB");
    }

    #[test]
    fn ratios_are_to_the_first_row_and_unknown_is_not_zero() {
        let rows = [row("a", Some(4 << 20)), row("b", Some(1 << 20)), row("c", None)];
        let peaks: Vec<String> = cells(&rows).into_iter().map(|mut row| row.swap_remove(3)).collect();
        assert_eq!(peaks, ["4.000 MiB", "1.000 MiB (0.25 ×)", "n/a"]);
    }

    #[test]
    fn programs_get_whole_numbers_and_empty_cells() {
        let rows = [row("a", Some(4)), row("b", None)];
        assert_eq!(csv_titles()[5..7], ["peak_bytes", "peak_bytes_ratio"]);
        assert_eq!(csv_cells(&rows)[0][5..7], ["4", "1.0000"]);
        assert_eq!(csv_cells(&rows)[1][5..7], ["", ""]);
    }
}
