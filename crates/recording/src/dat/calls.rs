//! The records of what a program tells of itself: `FUNC`, `ENTER` and `MARK`.
//!
//! `FUNC` is a line that mprof draws: words with a blank between them, and memory on the curve of the `MEM` lines. What
//! it has no place for stands behind, as `key=word`. Whose memory it is and how much, our reader takes from the readings.

use std::io::{self, Write};

use super::decimal::{read_integer, read_mib, read_seconds, write_mib, write_seconds};
use super::words::{key_value, pid, split_word, words};
use crate::call::{Call, Caller, Cut, Entry, Moment, shown_name};
use crate::command;
use crate::window::exactly_between;

/// The latest two points of the curve that mprof draws.
#[derive(Debug, Default)]
pub(super) struct Curve(Option<[(u64, u64); 2]>);

impl Curve {
    pub(super) fn push(&mut self, at_ns: u64, bytes: u64) {
        let last = self.0.map_or((at_ns, bytes), |[_, last]| last);
        self.0 = Some([last, (at_ns, bytes)]);
    }

    /// Where the curve is at a time; before the first reading at zero.
    pub(super) fn at(&self, at_ns: u64) -> u64 {
        self.0.map_or(0, |[before, last]| exactly_between(before, last, at_ns))
    }
}

/// Writes a call, with the memory at its ends as mprof is to draw it. Times are given as `unix_ns`.
pub(super) fn write_call(
    out: &mut Vec<u8>,
    call: &Call,
    id: Option<u64>,
    [from, to]: [(u64, u64); 2],
) -> io::Result<()> {
    let shown = shown_name(&call.name);
    write!(out, "FUNC {shown} ")?;
    for (unix_ns, bytes) in [from, to] {
        write_mib(out, bytes)?;
        out.push(b' ');
        write_seconds(out, unix_ns)?;
        out.push(b' ');
    }
    write!(out, "{}", call.level)?;
    if let Some(caller) = &call.caller {
        write!(out, " pid={} task={}", caller.pid, word(&caller.task))?;
    }
    if shown != call.name {
        write!(out, " name={}", word(&call.name))?;
    }
    if let Some(id) = id {
        write!(out, " id={id}")?;
    }
    if let Some(cut) = call.cut {
        write!(out, " cut={}", cut.name())?;
    }
    writeln!(out)
}

/// Writes that a call goes on.
pub(super) fn write_entry(out: &mut Vec<u8>, entry: &Entry, unix_ns: u64) -> io::Result<()> {
    let Entry { id, name, caller, level } = entry;
    write!(out, "ENTER {id} {} ", caller.pid)?;
    write_seconds(out, unix_ns)?;
    writeln!(out, " {level} {} {}", text(&caller.task), text(name))
}

/// Writes a moment.
pub(super) fn write_moment(out: &mut Vec<u8>, moment: &Moment, unix_ns: u64) -> io::Result<()> {
    write!(out, "MARK {} ", moment.caller.pid)?;
    write_seconds(out, unix_ns)?;
    writeln!(out, " {} {}", text(&moment.caller.task), text(&moment.name))
}

/// `FUNC`, by us or by mprof, with the call's number. What behind the level is not understood may come from a later
/// version.
pub(super) fn call(rest: &[u8]) -> Option<(Call, Option<u64>)> {
    let mut words = words(rest);
    let mut call = Call { name: String::from_utf8_lossy(words.next()?).into_owned(), ..Call::default() };
    call.from_bytes = Some(read_mib(words.next()?)?);
    call.from_ns = read_seconds(words.next()?)?;
    call.to_bytes = Some(read_mib(words.next()?)?);
    call.to_ns = read_seconds(words.next()?)?;
    if let Some(level) = words.next() {
        call.level = read_integer(level)?.try_into().ok()?;
    }
    let (mut caller, mut task, mut id) = (None, String::new(), None);
    for (key, value) in words.filter_map(key_value) {
        match key {
            "pid" => caller = Some(pid(value)?),
            "task" => task = read_word(value)?,
            "name" => call.name = read_word(value)?,
            "id" => id = Some(read_integer(value)?),
            "cut" => call.cut = Cut::ALL.into_iter().find(|it| it.name().as_bytes() == value),
            _ => {}
        }
    }
    call.caller = caller.map(|pid| Caller { pid, task });
    Some((call, id))
}

/// `ENTER`, with its time.
pub(super) fn entry(rest: &[u8]) -> Option<(u64, Entry)> {
    let (id, rest) = split_word(rest);
    let (number, rest) = split_word(rest);
    let (seconds, rest) = split_word(rest);
    let (level, rest) = split_word(rest);
    let [task, name] = texts(rest)?;
    let caller = Caller { pid: pid(number)?, task };
    let level = read_integer(level)?.try_into().ok()?;
    Some((read_seconds(seconds)?, Entry { id: read_integer(id)?, name, caller, level }))
}

/// `MARK`.
pub(super) fn moment(rest: &[u8]) -> Option<Moment> {
    let (number, rest) = split_word(rest);
    let (seconds, rest) = split_word(rest);
    let [task, name] = texts(rest)?;
    let caller = Caller { pid: pid(number)?, task };
    Some(Moment { at_ns: read_seconds(seconds)?, name, caller })
}

fn text(name: &str) -> String {
    command::encode(name.as_bytes())
}

fn texts(rest: &[u8]) -> Option<[String; 2]> {
    let texts = <[Vec<u8>; 2]>::try_from(command::decode(rest)?).ok()?;
    Some(texts.map(|text| String::from_utf8_lossy(&text).into_owned()))
}

/// A text as one word: escaped as texts are, and the blanks as well.
fn word(name: &str) -> String {
    let text = text(name).replace(' ', "\\x20");
    text[1..text.len() - 1].to_owned()
}

fn read_word(word: &[u8]) -> Option<String> {
    let [bytes] = <[Vec<u8>; 1]>::try_from(command::decode(&[b"\"", word, b"\""].concat())?).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_gives_its_text_back() {
        for name in ["load", "load the data", "\"\\ \n", "", "=", "naïve\u{202e}"] {
            assert_eq!(read_word(word(name).as_bytes()).as_deref(), Some(name));
            assert!(!word(name).contains(char::is_whitespace));
        }
    }
}
