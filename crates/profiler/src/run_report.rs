//! The figures of a run in words: the short account after `run`, and the long one of `summary`.

use std::path::Path;

use mprof_recording::command::printable;
use mprof_recording::event::{Ending, Exit};
use mprof_recording::metric::Metric;
use mprof_recording::peak::PeakKind;
use mprof_recording::summary::Summary;
use mprof_recording::units;

use crate::{console, local_time};

/// What became of the recording.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kept<'a> {
    /// It is in this file.
    Whole(&'a Path),
    /// Only a part of it is, or nothing.
    Partly(&'a Path),
    /// There is none: it could not be begun.
    Nowhere,
}

/// The account after a run.
pub(crate) fn after_run(summary: &Summary, kept: Kept<'_>) -> String {
    let recording = match kept {
        Kept::Whole(path) => console::shown(path),
        Kept::Partly(path) => format!("{} (incomplete)", console::shown(path)),
        Kept::Nowhere => "none".to_owned(),
    };
    let mut lines = vec![
        format!(
            "mprof-rs: {} · {} after {}",
            summary.command,
            ending(summary),
            units::duration(summary.duration_ns)
        ),
        line("peak", &peak(summary, console::strong)),
    ];
    let (name, beside) = beside_peak(summary, "sets");
    lines.extend(beside.map(|text| line(name, &text)));
    lines.extend(cgroup_peak(summary).map(|text| line("cgroup", &text)));
    lines.extend(
        summary
            .out_of_memory
            .iter()
            .map(|text| line("killed", &format!("out of memory: {}", printable(text)))),
    );
    lines.extend([line("samples", &samples(summary)), line("recording", &recording)]);
    lines.extend(summary.warnings.iter().map(|warning| line("note", warning)));
    if let (Some(_), Kept::Whole(path)) = (summary.peak_bytes, kept) {
        lines.push(line("next", &format!("{} plot {}", own_name(), quoted(path))));
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
        beside_peak(summary, "proportional and unique sets"),
        ("peak of the program", root_peak(summary)),
        ("peak of the cgroup", cgroup_peak(summary)),
        ("out of memory", summary.out_of_memory.as_deref().map(printable)),
        ("peak seen at", summary.peak_at_ns.map(units::duration)),
        ("samples", Some(samples(summary))),
        ("recorder", recorder(summary)),
        ("note", Some(summary.warnings.join("; ")).filter(|it| !it.is_empty())),
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
        (None, None) if !summary.is_complete => "end not recorded".into(),
        (None, None) if summary.ended_by == Some(Ending::Exit) => "ended".into(),
        (None, None) => "left running".into(),
    }
}

/// The peak with what kind of number it is, and what else is known of it.
fn peak(summary: &Summary, emphasize: impl Fn(&str) -> String) -> String {
    let (Some(peak_bytes), Some(kind)) = (summary.peak_bytes, summary.peak_kind) else {
        return unknown_peak(summary).into();
    };
    let mut text = format!("{}  {}", emphasize(&units::bytes(peak_bytes)), kind.label());
    if summary.metric != Metric::Rss {
        text.push_str(&format!(" of {}", summary.metric.noun()));
    } else if kind.is_sum_of_rss() {
        let plural = if summary.n_processes == 1 { "" } else { "es" };
        text.push_str(&format!(" ({} process{plural})", summary.n_processes));
    } else if let Some(sampled) = sampled(summary, peak_bytes) {
        text.push_str(&format!("; {sampled}"));
    }
    text
}

/// Why there is no peak. Of a recording without an end nobody knows why it has no sample.
fn unknown_peak(summary: &Summary) -> &'static str {
    match summary.is_complete {
        true => "unknown: the program ended before the first sample",
        false => "unknown: the recording has no sample that could be read",
    }
}

/// What the samples alone would have shown in the place of a higher peak: of a tree, all of it at one moment.
fn sampled(summary: &Summary, peak_bytes: u64) -> Option<String> {
    let (name, bytes) = match summary.n_processes {
        0 | 1 => ("highest sample", summary.root_highest_sample_bytes),
        _ => ("highest sum of samples", summary.sum_rss_peak_bytes),
    };
    let bytes = bytes.filter(|&it| it < peak_bytes)?;
    Some(format!("{name} {}", units::bytes(bytes)))
}

/// What is told beside the peak, with its name: of a sum what it lies between, and of one process its sets.
fn beside_peak(summary: &Summary, name_of_sets: &'static str) -> (&'static str, Option<String>) {
    match summary.peak_kind.is_some_and(PeakKind::is_sum_of_rss) {
        true => ("", bounds(summary)),
        false => (name_of_sets, sets(summary)),
    }
}

/// What a tree's peak lies between, where it is not one number.
fn bounds(summary: &Summary) -> Option<String> {
    let largest = summary.largest_process_bytes.map(|it| format!("largest process {}", units::bytes(it)));
    let pss = shared(summary).map(|bytes| format!("PSS, shared pages once: {}", units::bytes(bytes)));
    let is_least = summary.pss_peak_kind == Some(PeakKind::HighestSample);
    let (pss, about) = if is_least { (pss, None) } else { (None, pss) };
    let about = about.map(|pss| format!("about, read process by process: {pss}"));
    let unread = summary.n_unread.filter(|&n| n > 0).map(|n| unread(n, summary.n_unreadable.unwrap_or(0)));
    let parts: Vec<String> = largest.into_iter().chain(pss).chain(unread).chain(at_most(summary)).collect();
    let least = (!parts.is_empty()).then(|| format!("at least: {}", parts.join("; ")));
    let parts: Vec<String> = least.into_iter().chain(about).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// What the processes held without their shares in pages that others share, where it was asked for at every tick.
fn sets(summary: &Summary) -> Option<String> {
    let named = [("PSS", summary.pss_peak_bytes), ("USS", summary.uss_peak_bytes)];
    let figures =
        named.into_iter().filter_map(|(name, bytes)| Some(format!("{name} {}", units::bytes(bytes?))));
    let figures: Vec<String> = figures.collect();
    let kind = if summary.pss_peak_kind == Some(PeakKind::SumInTurn) {
        "read process by process, not a bound"
    } else {
        "highest samples"
    };
    (!figures.is_empty()).then(|| format!("{}  {kind}", figures.join("; ")))
}

/// The proportional sets, where they were read near the peak: elsewhere they tell nothing of it.
fn shared(summary: &Summary) -> Option<u64> {
    let pss_bytes = summary.pss_peak_bytes?;
    // Processes may have grown between the reading of the one and of the other.
    let sum_bytes = summary.sum_rss_at_pss_peak_bytes?.max(pss_bytes);
    let is_near = sum_bytes >= summary.sum_rss_peak_bytes? / 10 * 9;
    is_near.then_some(pss_bytes)
}

/// What the processes were not above, where that is known and not the peak itself.
fn at_most(summary: &Summary) -> Option<String> {
    let bytes = summary.sum_rss_bound_bytes.filter(|_| summary.peak_kind != Some(PeakKind::SumOfRss))?;
    Some(format!("at most, as all marks together: {}", units::bytes(bytes)))
}

/// Who is in no sum. Those who were over before they could be read are missed for a moment only.
fn unread(n: u64, n_alive: u64) -> String {
    let processes = if n == 1 { "1 process was" } else { &format!("{n} processes were") };
    let alive = if n_alive > 0 { format!(", {n_alive} of them alive") } else { String::new() };
    format!("{processes} never read{alive}, and in no sum")
}

/// Never among the other peaks: it counts what no resident set does.
fn cgroup_peak(summary: &Summary) -> Option<String> {
    let bytes = summary.cgroup_peak_bytes?;
    Some(format!("{}  peak of the cgroup, page cache and kernel memory included", units::bytes(bytes)))
}

fn root_peak(summary: &Summary) -> Option<String> {
    let kind = summary.root_peak_kind.filter(|_| summary.n_processes > 1)?;
    // Whatever leads, the kernel keeps a mark of this one only.
    let of = if summary.metric == Metric::Rss { "" } else { " (RSS)" };
    Some(format!("{}{of}  {}", units::bytes(summary.root_peak_bytes?), kind.label()))
}

/// What the recorder took for itself, and how well it kept its times.
fn recorder(summary: &Summary) -> Option<String> {
    let mut text = format!("{} of processor time", units::duration(summary.own_cpu_ns?));
    if let Some(own_peak_bytes) = summary.own_peak_bytes {
        text.push_str(&format!(", {} of memory", units::bytes(own_peak_bytes)));
    }
    if let Some(late_p99_ns) = summary.late_p99_ns {
        text.push_str(&format!("; 99 % of samples at most {} late", units::duration(late_p99_ns)));
    }
    Some(text)
}

fn samples(summary: &Summary) -> String {
    let mut text = format!("{}", summary.n_samples);
    if let Some(interval_ns) = summary.interval_ns {
        text.push_str(&format!(" at {}", units::duration(interval_ns)));
    }
    if let Some(n_unread) = summary.n_unread.filter(|&n| n > 0) {
        text.push_str(&format!(", {n_unread} of the processes never read"));
    }
    if let Some(n_missed) = summary.n_missed {
        text.push_str(&format!(", {n_missed} missed"));
    }
    text
}

/// The name that we were called by, where it is one that we answer to.
fn own_name() -> &'static str {
    let called = std::env::args_os().next();
    let is_mprof = called.is_some_and(|path| Path::new(&path).file_name().is_some_and(|it| it == "mprof"));
    if is_mprof { "mprof" } else { "mprof-rs" }
}

/// A file's name as it can be pasted into a shell. What no terminal should show is spelt as in C, which every shell but the
/// smallest reads (`$'…'`).
fn quoted(path: &Path) -> String {
    let path =
        if path.as_os_str().as_encoded_bytes().starts_with(b"-") { &Path::new(".").join(path) } else { path };
    let is_plain = |c: char| c.is_alphanumeric() || "._-/+,:@%".contains(c);
    match path.to_str().filter(|name| printable(name) == *name) {
        Some(name) if name.chars().all(is_plain) => name.to_owned(),
        Some(name) => format!("'{}'", name.replace('\'', r"'\''")),
        None => spelt(path.as_os_str().as_encoded_bytes()),
    }
}

fn spelt(name: &[u8]) -> String {
    let spell = |&byte: &u8| match byte {
        b'\'' | b'\\' => format!("\\{}", char::from(byte)),
        b' '..=b'~' => char::from(byte).to_string(),
        _ => format!("\\{byte:03o}"),
    };
    format!("$'{}'", name.iter().map(spell).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn beside_the_peak_of_a_tree_stand_the_samples_of_the_tree() {
        let mib = |mib: u64| Some(mib << 20);
        let tree = Summary {
            peak_bytes: mib(60),
            peak_kind: Some(PeakKind::LargestProcess),
            n_processes: 4,
            sum_rss_peak_bytes: mib(59),
            root_highest_sample_bytes: mib(1),
            ..Summary::default()
        };
        let words = "60.00 MiB  largest process alone, a lower bound";
        assert_eq!(peak(&tree, str::to_owned), format!("{words}; highest sum of samples 59.00 MiB"));
        let unknown = Summary { sum_rss_peak_bytes: None, ..tree.clone() };
        assert_eq!(peak(&unknown, str::to_owned), words);
        let alone = Summary { n_processes: 1, sum_rss_peak_bytes: None, ..tree };
        assert_eq!(peak(&alone, str::to_owned), format!("{words}; highest sample 1.000 MiB"));
    }

    #[test]
    fn a_name_can_be_pasted_into_a_shell() {
        let cases: [(&[u8], &str); 6] = [
            (b"a.dat", "a.dat"),
            (b"-a.dat", "./-a.dat"),
            (b"a b.dat", "'a b.dat'"),
            (b"it's.dat", r"'it'\''s.dat'"),
            (b"a\x1b[31m'\\.dat", r"$'a\033[31m\'\\.dat'"),
            (b"\xff1", r"$'\3771'"),
        ];
        for (name, expected) in cases {
            assert_eq!(quoted(Path::new(OsStr::from_bytes(name))), expected);
        }
    }
}
