//! What is told of recordings beside their curves: how the facts and tables of an account are made.

use crate::account::{Account, Cell, Column, Fact, Holds, Table};
use crate::finest::{FINEST_COLUMNS, finest_columns};
use crate::options::{Named, Options};
use crate::peak_label;
use crate::whole::process_name;
use chrono::DateTime;
use mprof_recording::command::printable;
use mprof_recording::compare;
use mprof_recording::event::Ending;
use mprof_recording::metric::Metric;
use mprof_recording::peak::Peak;
use mprof_recording::summary::Summary;
use mprof_recording::units::{Unit, counted};
use mprof_recording::{Process, Recording, units};
use std::cmp::Reverse;

/// Rows of a table of processes. Nobody reads more.
const MOST_PROCESSES: usize = 2000;
/// What is shown where a figure was not measured.
const UNKNOWN: &str = "n/a";

impl Account {
    /// What there is to say of one run, or of several beside each other.
    pub(crate) fn of(recordings: &[Named<'_>], options: &Options) -> Self {
        let is_reduced = recordings.iter().any(|named| finest_columns(named.recording) < FINEST_COLUMNS);
        let unit = options.show.unit;
        let (facts, table) = match recordings {
            [one] => (facts(one.recording, unit), processes(one.recording, unit)),
            several => (Vec::new(), runs(several, options)),
        };
        Self { facts, tables: vec![table], is_reduced, unit }
    }
}

impl Table {
    /// The table without the columns in which no row has anything.
    fn without_blanks(mut self) -> Self {
        let is_told = |holds: &Holds, cell: &Cell| match holds {
            Holds::Words => !cell.text.is_empty(),
            Holds::Figures => cell.figure.is_some(),
        };
        let is_kept: Vec<bool> = self
            .columns
            .iter()
            .enumerate()
            .map(|(idx, column)| {
                self.rows.iter().any(|row| row.get(idx).is_some_and(|cell| is_told(&column.holds, cell)))
            })
            .collect();
        let mut kept = is_kept.iter();
        self.columns.retain(|_| kept.next() == Some(&true));
        for row in &mut self.rows {
            let mut kept = is_kept.iter();
            row.retain(|_| kept.next() == Some(&true));
        }
        self
    }
}

impl Cell {
    fn words(text: impl Into<String>) -> Self {
        Self { text: text.into(), figure: None }
    }

    fn figure(figure: Option<u64>, text: &dyn Fn(u64) -> String) -> Self {
        let shown = figure.map_or_else(|| UNKNOWN.to_owned(), text);
        Self { text: shown, figure: figure.map(|it| it as f64) }
    }
}

fn facts(recording: &Recording, unit: Option<Unit>) -> Vec<Fact> {
    let summary = &recording.summary();
    let (start, command) = (&recording.start, &recording.command);
    let started = Some(start.unix_ns).filter(|&it| it > 0).map(date);
    let peak = summary.peak_bytes.zip(summary.peak_kind);
    let metric = Some(summary.metric).filter(|&metric| metric != Metric::Rss);
    let of = metric.map_or_else(String::new, |metric| format!(" of {}", metric.noun()));
    let peak =
        peak.map(|(bytes, kind)| format!("{} · {}{of}", peak_label::figure(bytes, unit), kind.label()));
    let reached = summary.peak_at_ns.map(|at_ns| format!("seen {} after the start", units::duration(at_ns)));
    let facts = [
        ("Command", Some(printable(command)).filter(|it| !it.is_empty())),
        ("Peak", peak.map(|peak| [Some(peak), reached].into_iter().flatten().collect::<Vec<_>>().join(", "))),
        ("Started", started),
        ("Duration", Some(units::duration(summary.duration_ns))),
        ("Ended", Some(ending(summary))),
        ("Interval", start.interval_ns.map(units::duration)),
        ("Readings", Some(readings(recording, summary))),
        ("Lateness", lateness(summary)),
        ("Recorder", start.recorder.as_deref().map(printable)),
        ("Its own cost", own_cost(summary, unit)),
        ("System", start.system.as_deref().map(printable)),
        ("Beware", Some(printable(&summary.warnings.join("; "))).filter(|it| !it.is_empty())),
    ];
    facts.into_iter().filter_map(|(name, text)| Some(Fact { name, text: text? })).collect()
}

/// A moment as a date, in the time of the world.
pub(crate) fn date(unix_ns: u64) -> String {
    let at = DateTime::from_timestamp_nanos(i64::try_from(unix_ns).unwrap_or(i64::MAX));
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}

fn ending(summary: &Summary) -> String {
    match (summary.ended_by, summary.exit_code, summary.exit_signal) {
        (Some(Ending::Exit), Some(code), _) => format!("with exit code {code}"),
        (Some(Ending::Exit), None, Some(signal)) => format!("by signal {signal}"),
        (Some(Ending::Exit), None, None) => "the program ended".to_owned(),
        (Some(Ending::Timeout), ..) => "the time that was given was over".to_owned(),
        (Some(Ending::Interrupted), ..) => "the recorder was told to stop".to_owned(),
        (Some(Ending::OutOfMemory), ..) => "the kernel killed the program for want of memory".to_owned(),
        (None, ..) => "the end was not recorded".to_owned(),
    }
}

/// How many readings there are, and what is missing among them.
fn readings(recording: &Recording, summary: &Summary) -> String {
    let missed = summary.n_missed.map(|n| format!("{} missed", units_of(n, "tick")));
    let unread =
        summary.n_unread.filter(|&n| n > 0).map(|n| format!("{} never read", units_of(n, "process")));
    let all = format!("{} of {}", counted(recording.n_readings()), units_of(summary.n_processes, "process"));
    [Some(all), missed, unread].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn lateness(summary: &Summary) -> Option<String> {
    let (median, p99) = summary.late_median_ns.zip(summary.late_p99_ns)?;
    let late = summary.n_late.map_or(String::new(), |n| format!(", {} of them late", counted(n)));
    Some(format!("median {}, 99th percentile {}{late}", units::duration(median), units::duration(p99)))
}

fn own_cost(summary: &Summary, unit: Option<Unit>) -> Option<String> {
    let cpu = summary.own_cpu_ns.map(|it| format!("{} of processor time", units::duration(it)));
    let memory = summary.own_peak_bytes.map(|it| format!("{} of memory", peak_label::figure(it, unit)));
    let parts: Vec<String> = [cpu, memory].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// The processes of a run, the largest first.
fn processes(recording: &Recording, unit: Option<Unit>) -> Table {
    let peak_bytes = |(place, process): (usize, &Process)| {
        let peak = if place == 0 { recording.root_peak() } else { process.peak() };
        (Reverse(peak.map(|peak: Peak| peak.bytes)), place)
    };
    let mut places: Vec<_> = recording.processes.iter().enumerate().map(peak_bytes).collect();
    places.sort_unstable();
    let n_left_out = places.len().saturating_sub(MOST_PROCESSES);
    places.truncate(MOST_PROCESSES);
    // The rows are made in place: what is kept of them would be as large as a million.
    places.shrink_to_fit();
    let columns = columns(
        &["Process", "Started by", "Peak", "Joined", "Left", "Readings", "Peak is a"],
        &["Process", "Started by", "Peak is a"],
    );
    let row = |(_, place): (_, usize)| {
        let it = recording.process_summary(place)?;
        Some(vec![
            Cell::words(process_name(&recording.processes[place])),
            Cell::words(it.parent.unwrap_or_default()),
            Cell::figure(it.peak_bytes, &|bytes| peak_label::figure(bytes, unit)),
            Cell::figure(it.joined_ns, &units::duration),
            Cell::figure(it.left_ns, &units::duration),
            Cell::figure(Some(it.n_samples), &counted),
            Cell::words(it.peak_kind.map_or(UNKNOWN, |kind| kind.label())),
        ])
    };
    let rows = places.into_iter().filter_map(row).collect();
    Table { title: "Processes".into(), columns, rows, n_left_out }.without_blanks()
}

/// Several runs beside each other: the table of the comparison, and what else is known of each.
fn runs(recordings: &[Named<'_>], options: &Options) -> Table {
    let rows = crate::rows(recordings, options);
    let mut titles = compare::titles();
    titles.extend(["Readings", "Missed", "Command"].map(str::to_owned));
    let titles: Vec<&str> = titles.iter().map(String::as_str).collect();
    let columns = columns(&titles, &["Run", "Peak is a", "Command"]);
    let (texts, figures) = (compare::cells(&rows), compare::figures(&rows));
    let mut cells: Vec<Vec<Cell>> = texts.into_iter().zip(figures).map(compared).collect();
    for ((cells, row), named) in cells.iter_mut().zip(&rows).zip(recordings) {
        cells.push(Cell::figure(Some(named.recording.n_readings()), &counted));
        cells.push(Cell::figure(row.summary.n_missed, &counted));
        cells.push(Cell::words(printable(&named.recording.command)));
    }
    let heading = rows.first().and_then(|row| row.subject.heading());
    let title = heading.map_or_else(|| "Runs".to_owned(), |heading| format!("Runs. {heading}"));
    Table { title, columns, rows: cells, n_left_out: 0 }.without_blanks()
}

/// A row of the comparison: the run's name, its figures, and words.
fn compared((texts, figures): (Vec<String>, Vec<Option<u64>>)) -> Vec<Cell> {
    let figures = std::iter::once(None).chain(figures).chain(std::iter::repeat(None));
    let cell = |(text, figure): (String, Option<u64>)| Cell { text, figure: figure.map(|it| it as f64) };
    texts.into_iter().zip(figures).map(cell).collect()
}

fn columns(titles: &[&str], words: &[&str]) -> Vec<Column> {
    let holds = |title| if words.contains(title) { Holds::Words } else { Holds::Figures };
    titles.iter().map(|title| Column { title: (*title).to_owned(), holds: holds(title) }).collect()
}

fn units_of(n: u64, noun: &str) -> String {
    let plural = if noun.ends_with('s') { "es" } else { "s" };
    format!("{} {noun}{}", counted(n), if n == 1 { "" } else { plural })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_their_thousands_apart_and_a_plural() {
        assert_eq!(
            [1, 2, 1000].map(|n| units_of(n, "process")),
            ["1 process", "2 processes", "1,000 processes"]
        );
    }

    #[test]
    fn dates_are_of_the_world() {
        assert_eq!(date(1_700_000_000_000_000_000), "2023-11-14 22:13:20 UTC");
    }
}
