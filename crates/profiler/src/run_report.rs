//! The figures of a run in words: the short account after `run`, and the long one of `summary`.

use mprof_recording::event::{Ending, Exit};
use mprof_recording::summary::Summary;
use mprof_recording::units;

use crate::{console, local_time};

/// What became of the recording.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept<'a> {
    /// It is in this file.
    Whole(&'a str),
    /// Only a part of it is, or nothing.
    Partly(&'a str),
}

/// The account after a run.
pub(crate) fn after_run(summary: &Summary, kept: Kept<'_>) -> String {
    let (Kept::Whole(file) | Kept::Partly(file)) = kept;
    let note = if matches!(kept, Kept::Partly(_)) { " (incomplete)" } else { "" };
    let mut lines = vec![
        format!(
            "mprof-rs: {} · {} after {}",
            summary.command,
            ending(summary),
            units::duration(summary.duration_ns)
        ),
        line("peak", &peak(summary, console::strong)),
        line("samples", &samples(summary)),
        line("recording", &format!("{file}{note}")),
    ];
    if summary.peak_bytes.is_some() && matches!(kept, Kept::Whole(_)) {
        lines.push(line("next", &format!("mprof-rs plot {}", quoted(file))));
    }
    lines.join("\n")
}

/// Name and value of every figure that was measured.
pub(crate) fn rows(summary: &Summary) -> Vec<(&'static str, String)> {
    let bytes = |value: Option<u64>| value.map(|it| format!("{} ({it} bytes)", units::bytes(it)));
    let rows = [
        ("command", Some(summary.command.clone()).filter(|it| !it.is_empty())),
        ("started", started(summary)),
        ("duration", Some(units::duration(summary.duration_ns))),
        ("end", Some(ending(summary))),
        ("peak", Some(peak(summary, str::to_owned))),
        ("peak seen at", summary.peak_at_ns.map(|at_ns| format!("{:.3} s", at_ns as f64 / 1e9))),
        ("samples", Some(samples(summary))),
        ("calculated storage", bytes(summary.calculated_bytes)),
        ("file storage", bytes(summary.file_bytes)),
        ("elapsed, as told", summary.elapsed_ns.map(units::duration)),
    ];
    rows.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

fn line(name: &str, value: &str) -> String {
    format!("  {} {value}", console::faint(&format!("{name:<9}")))
}

fn started(summary: &Summary) -> Option<String> {
    let unix_ns = i64::try_from(summary.started_unix_ns).ok().filter(|&it| it > 0)?;
    let time = local_time::at(chrono::DateTime::from_timestamp_nanos(unix_ns));
    Some(time.format("%Y-%m-%d %H:%M:%S %:z").to_string())
}

fn ending(summary: &Summary) -> String {
    let why = match summary.ended_by {
        Some(Ending::Timeout) => "timeout, ",
        Some(Ending::Interrupted) => "interrupted, ",
        Some(Ending::OutOfMemory) => "out of memory, ",
        Some(Ending::Exit) | None => "",
    };
    format!("{why}{}", exit(summary))
}

fn exit(summary: &Summary) -> String {
    match (summary.exit_code, summary.exit_signal) {
        (Some(code), _) => format!("exit {code}"),
        (None, Some(signal)) => {
            format!("killed by signal {signal} (exit {})", Exit::Signal(signal).shell_code())
        }
        (None, None) => "end not recorded".into(),
    }
}

/// The peak with what kind of number it is, and the highest sample where the peak lies above it.
fn peak(summary: &Summary, emphasize: impl Fn(&str) -> String) -> String {
    let (Some(peak_bytes), Some(kind)) = (summary.peak_bytes, summary.peak_kind) else {
        return "unknown: the program ended before the first sample".into();
    };
    let value = emphasize(&units::bytes(peak_bytes));
    let kind = kind.label();
    match summary.highest_sample_bytes {
        Some(sample_bytes) if sample_bytes < peak_bytes => {
            format!("{value}  {kind}; highest sample {}", units::bytes(sample_bytes))
        }
        _ => format!("{value}  {kind}"),
    }
}

fn samples(summary: &Summary) -> String {
    let mut text = format!("{}", summary.n_samples);
    if let Some(interval_ns) = summary.interval_ns {
        text.push_str(&format!(" at {}", units::duration(interval_ns)));
    }
    if let Some(n_missed) = summary.n_missed {
        text.push_str(&format!(", {n_missed} missed"));
    }
    text
}

/// A file's name as it can be pasted into a shell.
fn quoted(name: &str) -> String {
    let name = if name.starts_with('-') { &format!("./{name}") } else { name };
    let is_plain = |c: char| c.is_alphanumeric() || "._-/+,:@%".contains(c);
    if name.chars().all(is_plain) { name.to_owned() } else { format!("'{}'", name.replace('\'', r"'\''")) }
}
