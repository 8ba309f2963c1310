//! The words that lines are made of.

use crate::command;
use crate::pid::Pid;

pub(super) fn split_word(text: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b' ', text) {
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

/// `key=value`; other words, which a later version may add, are passed over.
pub(super) fn key_value(word: &[u8]) -> Option<(&str, &[u8])> {
    let idx = word.iter().position(|&byte| byte == b'=')?;
    Some((str::from_utf8(&word[..idx]).ok()?, &word[idx + 1..]))
}

/// The one encoded text of a line, for people.
pub(super) fn one_text(text: &[u8]) -> Option<String> {
    let [bytes] = <[Vec<u8>; 1]>::try_from(command::decode(text)?).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
