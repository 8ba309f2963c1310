//! One line of a `.dat` file, understood by itself.

use super::calls;
use super::decimal::{read_integer, read_mib, read_seconds};
use crate::call::{Call, Entry, Moment};
use crate::command;
use crate::event::{Departure, Ending, Exit, Finish, Pid};
use crate::metric::{Bytes, Metric};
use crate::recording::Told;
use crate::samples::GONE;

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
        is_root: bool,
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
    /// A call, and the number of its entry where that has a line of its own.
    Call(Call, Option<u64>),
    /// When a call began that went on.
    Entry(u64, Entry),
    Moment(Moment),
    Left(Pid, u64, Departure),
    Told(Told),
    End(u64, Finish),
}

/// One reading, and when it was taken.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) unix_ns: u64,
    pub(super) bytes: Bytes,
    /// Readings before it that said the same as the line before.
    pub(super) n_same: u64,
}

/// Understands a line, without its end.
///
/// # Errors
/// What was expected instead.
pub(super) fn parse(line: &[u8]) -> Result<Line<'_>, &'static str> {
    let (tag, rest) = split_word(line);
    let (found, expected) = match tag {
        b"MEM" => (reading(rest).map(Line::Root), "MEM <MiB> <seconds>"),
        b"CHLD" => (child(rest), "CHLD <pid> <MiB> <seconds>"),
        b"FUNC" => (calls::call(rest), "FUNC <name> <MiB> <seconds> <MiB> <seconds> [<level>]"),
        b"ENTER" => (calls::entry(rest), "ENTER <id> <pid> <seconds> <level> \"<task>\" \"<name>\""),
        b"MARK" => (calls::moment(rest), "MARK <pid> <seconds> \"<task>\" \"<name>\""),
        b"CMDLINE" => (Some(Line::Command(rest)), ""),
        b"META" => (meta(rest), "META <key> <value>"),
        b"ROOT" => (joined(rest, true), "ROOT <pid> <seconds> - \"<name>\""),
        b"PROC" => (joined(rest, false), "PROC <pid> <seconds> <parent> \"<name>\""),
        b"NAME" => (renamed(rest), "NAME <pid> <seconds> \"<name>\""),
        b"SAME" => (same(rest), "SAME <seconds> <number>"),
        b"LEFT" => (left(rest), "LEFT <pid> <seconds> [<key>=<value>…]"),
        b"TOLD" => (told(rest), "TOLD <name> <seconds> <value>"),
        b"END" => (end(rest), "END <seconds> [<key>=<value>…]"),
        _ => (
            None,
            "a line that begins with MEM, CHLD, FUNC, ENTER, MARK, CMDLINE, META, ROOT, PROC, NAME, SAME, LEFT, TOLD or END",
        ),
    };
    found.ok_or(expected)
}

/// Whether a line begins as a record does.
pub(super) fn is_record(line: &[u8]) -> bool {
    const TAGS: [&[u8]; 14] = [
        b"MEM", b"CHLD", b"FUNC", b"ENTER", b"MARK", b"CMDLINE", b"META", b"ROOT", b"PROC", b"NAME", b"SAME",
        b"LEFT", b"TOLD", b"END",
    ];
    TAGS.contains(&split_word(line).0)
}

pub(super) fn split_word(text: &[u8]) -> (&[u8], &[u8]) {
    match text.iter().position(|&byte| byte == b' ') {
        Some(idx) => (&text[..idx], &text[idx + 1..]),
        None => (text, &[]),
    }
}

pub(super) fn words(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b' ').filter(|word| !word.is_empty())
}

pub(super) fn pid(word: &[u8]) -> Option<Pid> {
    str::from_utf8(word).ok()?.parse().ok()
}

fn reading(rest: &[u8]) -> Option<Reading> {
    let mut words = words(rest);
    let mut bytes = Bytes::default().with(Metric::Rss, read_mib(words.next()?)?);
    let unix_ns = read_seconds(words.next()?)?;
    let mut n_same = 0;
    for (key, value) in words.filter_map(key_value) {
        match Metric::from_name(key) {
            Some(metric) if value == b"-" => bytes.set(metric, Some(GONE)),
            Some(metric) => bytes.set(metric, Some(read_integer(value)?)),
            None if key == "same" => n_same = read_integer(value)?,
            None => {}
        }
    }
    Some(Reading { unix_ns, bytes, n_same })
}

fn child(rest: &[u8]) -> Option<Line<'_>> {
    let (label, rest) = split_word(rest);
    Some(Line::Child(pid(label)?, reading(rest)?))
}

fn meta(rest: &[u8]) -> Option<Line<'_>> {
    let (key, value) = split_word(rest);
    (!key.is_empty()).then_some(Line::Meta(key, value))
}

fn joined(rest: &[u8], is_root: bool) -> Option<Line<'_>> {
    let (number, rest) = split_word(rest);
    let (seconds, rest) = split_word(rest);
    let (parent, name) = split_word(rest);
    Some(Line::Joined {
        pid: pid(number)?,
        unix_ns: read_seconds(seconds)?,
        parent: if parent == b"-" { None } else { Some(pid(parent)?) },
        name: one_text(name)?,
        is_root,
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
    Some(Line::Told(Told { at_ns, name, value: read_integer(words.next()?)? }))
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
            "late_median_ns" => finish.late_median_ns = Some(read_integer(value)?),
            "late_p99_ns" => finish.late_p99_ns = Some(read_integer(value)?),
            "own_cpu_ns" => finish.own_cpu_ns = Some(read_integer(value)?),
            "own_peak" => finish.own_peak_bytes = Some(read_integer(value)?),
            _ => {}
        }
    }
    Some(Line::End(unix_ns, finish))
}

/// `key=value`; other words, which a later version may add, are passed over.
pub(super) fn key_value(word: &[u8]) -> Option<(&str, &[u8])> {
    let idx = word.iter().position(|&byte| byte == b'=')?;
    Some((str::from_utf8(&word[..idx]).ok()?, &word[idx + 1..]))
}

fn signed(text: &[u8]) -> Option<i32> {
    str::from_utf8(text).ok()?.parse().ok()
}

/// The one encoded text of a line, for people.
pub(super) fn one_text(text: &[u8]) -> Option<String> {
    let [bytes] = <[Vec<u8>; 1]>::try_from(command::decode(text)?).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
