//! Lines as they would be seen: without what only tells a terminal how to show it (ECMA-48).

use std::borrow::Cow;

use memchr::memchr;

const ESCAPE: u8 = 0x1b;
const BELL: u8 = 0x07;

/// The text of lines without escape sequences. None goes on behind the end of its line.
pub(super) fn shown(lines: &[u8]) -> Cow<'_, [u8]> {
    let mut rest = lines;
    let mut text = Vec::new();
    while let Some(idx) = memchr(ESCAPE, rest) {
        text.extend_from_slice(&rest[..idx]);
        rest = &rest[idx + 1..];
        rest = &rest[sequence_len(rest)..];
    }
    if rest.len() == lines.len() {
        return Cow::Borrowed(lines);
    }
    text.extend_from_slice(rest);
    Cow::Owned(text)
}

/// How long what an escape begins is. One that does not end takes the rest of the line.
fn sequence_len(rest: &[u8]) -> usize {
    let ends_line = |byte| matches!(byte, b'\n' | b'\r');
    let end_of = |is_end: fn(u8) -> bool| {
        let n = 1 + rest.iter().skip(1).take_while(|&&byte| !is_end(byte) && !ends_line(byte)).count();
        n + usize::from(rest.get(n).is_some_and(|&byte| !ends_line(byte)))
    };
    match rest.first() {
        None | Some(b'\n' | b'\r') => 0,
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
            ("a\x1b[1\rb\x1b]\nc\x1b\nd", "a\rb\nc\nd"),
        ];
        for (line, text) in cases {
            assert_eq!(shown(line.as_bytes()).as_ref(), text.as_bytes(), "{line:?}");
        }
    }
}
