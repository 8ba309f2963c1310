//! The table of a run's phases in `summary`, for people.

use mprof_recording::command::printable;
use mprof_recording::phases::Phase;
use mprof_recording::units;

/// So many phases fit a screen. JSON has all.
const MAX_ROWS: usize = 40;
/// The longest name that is shown whole.
const MAX_NAME: usize = 40;

/// The table, or nothing where there are no phases.
pub(super) fn table(phases: &[Phase]) -> String {
    if phases.is_empty() {
        return String::new();
    }
    let head = ["phase", "calls", "duration", "peak within", "growth"].map(str::to_owned);
    let rows: Vec<[String; 5]> = [head].into_iter().chain(phases.iter().take(MAX_ROWS).map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [0, 1, 2, 3, 4].map(width);
    let line = |row: &[String; 5]| {
        let [name, calls, duration, peak, growth] = row;
        let [n, c, d, p, g] = widths;
        format!("{name:<n$}  {calls:>c$}  {duration:>d$}  {peak:>p$}  {growth:>g$}\n")
    };
    let n_more = phases.len().saturating_sub(MAX_ROWS);
    let more = if n_more > 0 { format!("and {n_more} more: summary --json\n") } else { String::new() };
    format!("\n{}{more}", rows.iter().map(line).collect::<String>())
}

fn row(phase: &Phase) -> [String; 5] {
    let missing = || "n/a".to_owned();
    let calls = match phase.n_cut {
        0 => phase.n_calls.to_string(),
        n => format!("{} ({n} cut off)", phase.n_calls),
    };
    [
        shortened(&printable(&phase.name)),
        calls,
        units::duration(phase.duration_ns),
        phase.peak_bytes.map_or_else(missing, units::bytes),
        phase.growth_bytes.map_or_else(missing, growth),
    ]
}

fn growth(bytes: i64) -> String {
    let sign = if bytes < 0 { "-" } else { "+" };
    format!("{sign}{}", units::bytes(bytes.unsigned_abs()))
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= MAX_NAME {
        return name.to_owned();
    }
    name.chars().take(MAX_NAME - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(name: &str, n_cut: u64, growth_bytes: Option<i64>) -> Phase {
        let peak_bytes = growth_bytes.map(|_| 3 << 20);
        Phase {
            name: name.to_owned(),
            n_calls: 2,
            n_cut,
            duration_ns: 1_500_000_000,
            peak_bytes,
            growth_bytes,
        }
    }

    #[test]
    fn a_phase_is_a_line_in_columns() {
        let phases = [
            phase("load", 0, Some(-(1 << 20))),
            phase("\u{1b}[1m", 1, None),
            phase(&"x".repeat(50), 0, Some(0)),
        ];
        let expected = "
phase                                             calls  duration  peak within      growth
load                                                  2    1.50 s    3.000 MiB  -1.000 MiB
\\u{1b}[1m                                 2 (1 cut off)    1.50 s          n/a         n/a
xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…              2    1.50 s    3.000 MiB        +0 B
";
        assert_eq!(table(&phases), expected);
        assert_eq!(table(&[]), "");
    }

    #[test]
    fn too_many_phases_are_counted() {
        let phases = vec![phase("x", 0, None); 100];
        let table = table(&phases);
        assert_eq!(table.lines().count(), 2 + MAX_ROWS + 1);
        assert!(table.ends_with("and 60 more: summary --json\n"));
    }
}
