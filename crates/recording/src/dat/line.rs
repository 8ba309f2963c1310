//! One line of a `.dat` file, understood by itself.

use super::calls;
use super::decimal::{read_integer, read_mib, read_seconds};
use super::words::{key_value, one_text, pid, split_word, words};
use crate::call::{Call, Entry, Moment};
use crate::event::{Departure, Ending, Exit, Finish, Pid};
use crate::metric::Metric;
use crate::recording;
use crate::samples::Told;

/// The longest line, and the longest command, that is kept. The arguments of a program take six megabytes at most on
/// Linux, and four times as much where every byte is escaped.
pub(super) const MAX_LINE_LEN: usize = 32 << 20;

/// What a line says. Times are nanoseconds since 1970.
#[derive(Debug)]
pub(super) enum Line<'a> {
    Meta(&'a [u8], &'a [u8]),
    Command(&'a [u8]),
    Joined {
        pid: Pid,
        unix_ns: u64,
        parent: Option<Pid>,
        name: String,
        role: Role,
    },
    Renamed {
        pid: Pid,
        unix_ns: u64,
        name: String,
    },
    /// Up to this time the latest reading of every process held; the root was read so many times meanwhile.
    Same(u64, u64),
    Root(Reading),
    Child(Pid, Reading),
    /// A child that bears a label instead of a number, as mprof takes it.
    Labelled(&'a [u8], Reading),
    /// A call, and the number of its entry where that has a line of its own.
    Call(Call, Option<u64>),
    /// When a call began that went on.
    Entry(u64, Entry),
    Moment(Moment),
    Left(Pid, u64, Departure),
    Told(recording::Told),
    End(u64, Finish),
}

/// What a process is to the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The program itself.
    Root,
    /// Any other.
    Child,
}

/// One reading, and when it was taken.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Reading {
    pub(super) unix_ns: u64,
    pub(super) told: Told,
    /// Readings before it that said the same as the line before.
    pub(super) n_same: u64,
}

/// A kind of line.
struct Record {
    tag: &'static str,
    /// What stands behind the tag.
    form: &'static str,
    first: First,
    parse: for<'a> fn(&'a [u8]) -> Option<Line<'a>>,
}

/// Whether a recorder begins a file with such a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum First {
    May,
    Never,
}

/// Every kind of line, those that are most first.
const RECORDS: [Record; 15] = [
    record("MEM", "<MiB> <seconds>", First::May, |rest| reading(rest).map(Line::Root)),
    record("CHLD", "<pid> <MiB> <seconds>", First::May, child),
    record("KIN", "<pid> <MiB> <seconds>", First::May, child),
    record("FUNC", "<name> <MiB> <seconds> <MiB> <seconds> [<level>]", First::May, call),
    record("ENTER", "<id> <pid> <seconds> <level> \"<task>\" \"<name>\"", First::Never, entry),
    record("MARK", "<pid> <seconds> \"<task>\" \"<name>\"", First::Never, |rest| {
        calls::moment(rest).map(Line::Moment)
    }),
    record("CMDLINE", "<text>", First::May, |rest| Some(Line::Command(rest))),
    record("META", "<key> <value>", First::May, meta),
    record("ROOT", "<pid> <seconds> - \"<name>\"", First::Never, |rest| joined(rest, Role::Root)),
    record("PROC", "<pid> <seconds> <parent> \"<name>\"", First::Never, |rest| joined(rest, Role::Child)),
    record("NAME", "<pid> <seconds> \"<name>\"", First::Never, renamed),
    record("SAME", "<seconds> <number>", First::Never, same),
    record("LEFT", "<pid> <seconds> [<key>=<value>…]", First::Never, left),
    record("TOLD", "<name> <seconds> <value>", First::Never, told),
    record("END", "<seconds> [<key>=<value>…]", First::Never, end),
];

/// The words that lines begin with: all that `FORMAT.md` has to say something of.
pub fn record_tags() -> impl Iterator<Item = &'static str> {
    RECORDS.iter().map(|record| record.tag)
}

const fn record(
    tag: &'static str,
    form: &'static str,
    first: First,
    parse: for<'a> fn(&'a [u8]) -> Option<Line<'a>>,
) -> Record {
    Record { tag, form, first, parse }
}

/// What should have stood in place of a line.
#[derive(Clone, Copy)]
pub(super) struct Expected(Option<&'static Record>);

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some(Record { tag, form, .. }) = self.0 {
            return write!(f, "{tag} {form}");
        }
        let [first, others @ .., last] = RECORDS.each_ref().map(|record| record.tag);
        write!(f, "a line that begins with {first}")?;
        others.iter().try_for_each(|tag| write!(f, ", {tag}"))?;
        write!(f, " or {last}")
    }
}

/// Understands a line, without its end.
///
/// # Errors
/// What was expected instead.
pub(super) fn parse(line: &[u8]) -> Result<Line<'_>, Expected> {
    let (tag, rest) = split_word(line);
    let record = record_of(tag).ok_or(Expected(None))?;
    (record.parse)(rest).ok_or(Expected(Some(record)))
}

/// Understands a line, if it is a reading. Others are hardly looked at.
pub(super) fn reading_in(line: &[u8]) -> Option<Line<'_>> {
    const READINGS: [&[u8]; 3] = [b"MEM ", b"CHLD ", b"KIN "];
    let is_reading = READINGS.iter().any(|tag| line.starts_with(tag));
    if is_reading { parse(line).ok() } else { None }
}

/// Whether a line begins as a record does.
pub(super) fn is_record(line: &[u8]) -> bool {
    record_of(split_word(line).0).is_some()
}

/// Whether a file that starts so may be a recording, by mprof-rs or mprof: its first line is whole, and one that they
/// begin with. Of a command, whose line may be of any length, the beginning is enough.
#[must_use]
pub fn may_be_recording(start: &[u8]) -> bool {
    let Some(len) = memchr::memchr(b'\n', start) else { return start.starts_with(b"CMDLINE ") };
    let line = start[..len].strip_suffix(b"\r").unwrap_or(&start[..len]);
    let is_first = record_of(split_word(line).0).is_some_and(|record| record.first == First::May);
    // Behind META anything may stand, and ours begin with the format.
    is_first
        && line.contains(&b' ')
        && parse(line).is_ok_and(|line| !matches!(line, Line::Meta(key, _) if key != b"format"))
}

fn record_of(tag: &[u8]) -> Option<&'static Record> {
    RECORDS.iter().find(|record| record.tag.as_bytes() == tag)
}

fn call(rest: &[u8]) -> Option<Line<'_>> {
    let (call, id) = calls::call(rest)?;
    Some(Line::Call(call, id))
}

fn entry(rest: &[u8]) -> Option<Line<'_>> {
    let (unix_ns, entry) = calls::entry(rest)?;
    Some(Line::Entry(unix_ns, entry))
}

fn reading(rest: &[u8]) -> Option<Reading> {
    let mut words = words(rest);
    let mut told = Told::default();
    told.set(Metric::Rss, Some(read_mib(words.next()?)?));
    let unix_ns = read_seconds(words.next()?)?;
    let mut n_same = 0;
    for (key, value) in words.filter_map(key_value) {
        match Metric::from_name(key) {
            Some(metric) if value == b"-" => told.set(metric, None),
            Some(metric) => told.set(metric, Some(read_integer(value)?)),
            None if key == "same" => n_same = read_integer(value)?,
            None => {}
        }
    }
    Some(Reading { unix_ns, told, n_same })
}

fn child(rest: &[u8]) -> Option<Line<'_>> {
    let (label, rest) = split_word(rest);
    let reading = reading(rest)?;
    Some(match pid(label) {
        _ if label == b"-" => Line::Root(reading),
        Some(pid) => Line::Child(pid, reading),
        None => Line::Labelled(label, reading),
    })
}

fn meta(rest: &[u8]) -> Option<Line<'_>> {
    let (key, value) = split_word(rest);
    (!key.is_empty()).then_some(Line::Meta(key, value))
}

fn joined(rest: &[u8], role: Role) -> Option<Line<'_>> {
    let (number, rest) = split_word(rest);
    let (seconds, rest) = split_word(rest);
    let (parent, name) = split_word(rest);
    Some(Line::Joined {
        pid: pid(number)?,
        unix_ns: read_seconds(seconds)?,
        parent: if parent == b"-" { None } else { Some(pid(parent)?) },
        name: one_text(name)?,
        role,
    })
}

fn renamed(rest: &[u8]) -> Option<Line<'_>> {
    let (number, rest) = split_word(rest);
    let (seconds, name) = split_word(rest);
    Some(Line::Renamed { pid: pid(number)?, unix_ns: read_seconds(seconds)?, name: one_text(name)? })
}

fn same(rest: &[u8]) -> Option<Line<'_>> {
    let mut words = words(rest);
    Some(Line::Same(read_seconds(words.next()?)?, read_integer(words.next()?)?))
}

fn left(rest: &[u8]) -> Option<Line<'_>> {
    let mut words = words(rest);
    let pid = pid(words.next()?)?;
    let unix_ns = read_seconds(words.next()?)?;
    let mut departure = Departure::default();
    for (key, value) in words.filter_map(key_value) {
        match key {
            "exit" => departure.exit = Some(Exit::Code(signed(value)?)),
            "signal" => departure.exit = Some(Exit::Signal(signed(value)?)),
            "hwm" => departure.hwm_bytes = Some(read_integer(value)?),
            "earlier" => departure.earlier_bytes = Some(read_integer(value)?),
            "maxrss" => departure.maxrss_bytes = Some(read_integer(value)?),
            "maxrss_floor" => departure.maxrss_floor_bytes = Some(read_integer(value)?),
            _ => {}
        }
    }
    Some(Line::Left(pid, unix_ns, departure))
}

fn told(rest: &[u8]) -> Option<Line<'_>> {
    let mut words = words(rest);
    let name = String::from_utf8_lossy(words.next()?).into_owned();
    let at_ns = read_seconds(words.next()?)?;
    Some(Line::Told(recording::Told { at_ns, name, value: read_integer(words.next()?)? }))
}

fn end(rest: &[u8]) -> Option<Line<'_>> {
    let mut words = words(rest);
    let unix_ns = read_seconds(words.next()?)?;
    let mut finish = Finish::default();
    for (key, value) in words.filter_map(key_value) {
        match key {
            "how" => finish.how = Ending::ALL.into_iter().find(|it| it.name().as_bytes() == value)?,
            "samples" => finish.n_samples = read_integer(value)?,
            "missed" => finish.n_missed = read_integer(value)?,
            "late" => finish.n_late = read_integer(value)?,
            "unread" => finish.n_unread = read_integer(value)?,
            "unreadable" => finish.n_unreadable = read_integer(value)?,
            "cgroup_peak" => finish.cgroup_peak_bytes = Some(read_integer(value)?),
            "late_median_ns" => finish.late_median_ns = Some(read_integer(value)?),
            "late_p99_ns" => finish.late_p99_ns = Some(read_integer(value)?),
            "own_cpu_ns" => finish.own_cpu_ns = Some(read_integer(value)?),
            "own_peak" => finish.own_peak_bytes = Some(read_integer(value)?),
            _ => {}
        }
    }
    Some(Line::End(unix_ns, finish))
}

fn signed(text: &[u8]) -> Option<i32> {
    str::from_utf8(text).ok()?.parse().ok()
}
