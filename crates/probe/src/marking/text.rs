//! A line as it would be seen: without what only tells a terminal how to show it (ECMA-48).

use std::borrow::Cow;

use memchr::memchr;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// The text of a line without escape sequences.
pub(super) fn shown(line: &[u8]) -> Cow<'_, [u8]> {
    let mut rest = line;
    let mut text = Vec::new();
    while let Some(idx) = memchr(ESCAPE, rest) {
        text.extend_from_slice(&rest[..idx]);
        rest = &rest[idx + 1..];
        rest = &rest[sequence_len(rest)..];
    }
    if rest.len() == line.len() {
        return Cow::Borrowed(line);
    }
    text.extend_from_slice(rest);
    Cow::Owned(text)
}

/// How long what an escape begins is. One that does not end takes the rest of the line.
fn sequence_len(rest: &[u8]) -> usize {
    let end_of = |is_end: fn(u8) -> bool| {
        rest.iter().skip(1).position(|&byte| is_end(byte)).map_or(rest.len(), |n| n + 2)
    };
    match rest.first() {
        None => 0,
        Some(b'[') => end_of(|byte| (0x40..=0x7e).contains(&byte)),
        // A string, which a bell or another escape ends. That one begins with `\`, which then is a sequence itself.
        Some(b']' | b'P' | b'^' | b'_' | b'X') => {
            let n = end_of(|byte| byte == BELL || byte == ESCAPE);
            if rest.get(n - 1) == Some(&ESCAPE) { n - 1 } else { n }
        }
        // A letter behind some that say which kind, as in the choice of a character set.
        Some(0x20..=0x2f) => end_of(|byte| !(0x20..=0x2f).contains(&byte)),
        Some(_) => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_no_text() {
        let cases = [
            ("plain", "plain"),
            ("\x1b[1;31mred\x1b[0m text", "red text"),
            ("\x1b]0;title\x07text", "text"),
            ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
            ("\x1b(Bx\x1b7y\x1b", "xy"),
            ("a\x1b[12", "a"),
            ("a\x1b]", "a"),
            ("a\x1b", "a"),
        ];
        for (line, text) in cases {
            assert_eq!(shown(line.as_bytes()).as_ref(), text.as_bytes(), "{line:?}");
        }
    }
}
