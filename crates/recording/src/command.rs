//! A command as text: readable on one line, and exact where every byte counts.

/// The command for people: arguments joined by blanks, quoted where needed, control characters escaped.
///
/// What mprof writes looks the same for ordinary arguments. It cannot always be undone; [`encode`] can.
#[must_use]
pub fn display(argv: &[Vec<u8>]) -> String {
    let words: Vec<String> = argv.iter().map(|arg| display_word(arg)).collect();
    words.join(" ")
}

/// Text without control characters, so that it can be printed and drawn.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if is_unprintable(c) { out.extend(c.escape_default()) } else { out.push(c) }
    }
    out
}

/// One argument in double quotes, with everything but printable ASCII and well-formed UTF-8 escaped.
///
/// Escapes are `\"`, `\\`, `\n`, `\r`, `\t` and `\xHH` for any other byte. [`decode`] undoes it byte for byte.
#[must_use]
pub fn encode(arg: &[u8]) -> String {
    let mut out = String::from("\"");
    for chunk in arg.utf8_chunks() {
        for c in chunk.valid().chars() {
            encode_char(c, &mut out);
        }
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out.push('"');
    out
}

/// The arguments in a line of [`encode`]d words with blanks between them; `None` when it is not such a line.
#[must_use]
pub fn decode(line: &[u8]) -> Option<Vec<Vec<u8>>> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii_start();
    while !rest.is_empty() {
        let (word, after) = decode_word(rest.strip_prefix(b"\"")?)?;
        words.push(word);
        rest = after.trim_ascii_start();
    }
    Some(words)
}

fn display_word(arg: &[u8]) -> String {
    let text = printable(&String::from_utf8_lossy(arg));
    let needs_quotes = text.is_empty() || text.contains([' ', '\'', '"']);
    match (needs_quotes, text.contains('\'')) {
        (false, _) => text,
        (true, false) => format!("'{text}'"),
        (true, true) => format!("\"{}\"", text.replace('"', "\\\"")),
    }
}

fn encode_char(c: char, out: &mut String) {
    match c {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        c if is_unprintable(c) => {
            for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                out.push_str(&format!("\\x{byte:02x}"));
            }
        }
        c => out.push(c),
    }
}

/// The word before the closing quote, and what follows it.
fn decode_word(mut rest: &[u8]) -> Option<(Vec<u8>, &[u8])> {
    let mut word = Vec::new();
    loop {
        let (&first, after) = rest.split_first()?;
        rest = after;
        match first {
            b'"' => return Some((word, rest)),
            b'\\' => {
                let (byte, after) = decode_escape(rest)?;
                word.push(byte);
                rest = after;
            }
            byte => word.push(byte),
        }
    }
}

fn decode_escape(rest: &[u8]) -> Option<(u8, &[u8])> {
    let (&kind, after) = rest.split_first()?;
    let byte = match kind {
        b'"' | b'\\' => kind,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'x' => {
            let digits = str::from_utf8(after.get(..2)?).ok()?;
            return Some((u8::from_str_radix(digits, 16).ok()?, &after[2..]));
        }
        _ => return None,
    };
    Some((byte, after))
}

/// Control characters, and those that reorder or hide the text around them on a terminal or in a chart.
fn is_unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn argv(words: &[&str]) -> Vec<Vec<u8>> {
        words.iter().map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn display_is_one_readable_line() {
        let cases = [
            (&["python3", "x.py"][..], "python3 x.py"),
            (&["sh", "-c", "sleep 0.5; exit 3"], "sh -c 'sleep 0.5; exit 3'"),
            (&["printf", "a\nb\x1b[31m"], r"printf a\nb\u{1b}[31m"),
            (&["echo", "it's", ""], "echo \"it's\" ''"),
        ];
        for (words, line) in cases {
            assert_eq!(display(&argv(words)), line);
        }
    }

    #[test]
    fn what_is_not_an_encoded_line_is_refused() {
        for line in [&b"\"open"[..], b"bare", b"\"\\q\"", b"\"\\x4\"", b"\"a\" b"] {
            assert_eq!(decode(line), None, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn every_argument_round_trips(argv in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..5)) {
            let words: Vec<String> = argv.iter().map(|arg| encode(arg)).collect();
            let line = words.join(" ");
            prop_assert!(!line.contains(char::is_control));
            prop_assert_eq!(decode(line.as_bytes()), Some(argv));
        }
    }
}
