//! PDF: what a reader finds in it. Streams are inflated, and text is read through its `ToUnicode` tables.

use super::{chart_of, recording};
use flate2::read::ZlibDecoder;
use mprof_charts::{Format, render};
use std::collections::HashMap;
use std::io::Read;

const SECOND_NS: u64 = 1_000_000_000;
const MIB: u64 = 1 << 20;

#[test]
fn what_the_font_lacks_is_said_once() {
    let texts = Document::of("日本").texts();
    let note = "2 characters are not in the font; SVG, pages and terminals show them";
    assert_eq!(texts.iter().filter(|text| text.contains(note)).count(), 1, "{texts:?}");
}

/// A document, taken apart just enough.
struct Document {
    /// What stands outside streams.
    plain: String,
    streams: Vec<Vec<u8>>,
}

impl Document {
    fn of(command: &str) -> Self {
        let run = recording(command, &[(0, MIB, None), (SECOND_NS, 9 * MIB, Some(9 * MIB))]);
        Self::read(&render(&chart_of(&run), Format::Pdf).expect("it can be drawn"))
    }

    fn read(bytes: &[u8]) -> Self {
        assert!(bytes.starts_with(b"%PDF-1.7"));
        let (mut plain, mut streams, mut rest) = (String::new(), Vec::new(), bytes);
        while let Some(at) = find(rest, b"stream\n") {
            plain += &String::from_utf8_lossy(&rest[..at]);
            let body = &rest[at + 7..];
            let end = find(body, b"endstream").expect("a stream has an end");
            let mut inflated = Vec::new();
            ZlibDecoder::new(body).read_to_end(&mut inflated).expect("it can be inflated");
            streams.push(inflated);
            rest = &body[end + 9..];
        }
        plain += &String::from_utf8_lossy(rest);
        Self { plain, streams }
    }

    /// The table from numbers of glyphs to characters in a stream, if it is one.
    fn characters(stream: &[u8]) -> Option<HashMap<u16, char>> {
        let text = std::str::from_utf8(stream).ok()?.split_once("beginbfchar")?.1;
        let pair = |line: &str| {
            let mut words = line.split(['<', '>', ' ']).filter(|word| !word.is_empty());
            let number = u16::from_str_radix(words.next()?, 16).ok()?;
            let units: Vec<u16> = words
                .next()?
                .as_bytes()
                .chunks(4)
                .map(|hex| u16::from_str_radix(std::str::from_utf8(hex).expect("hex"), 16).expect("hex"))
                .collect();
            Some((number, String::from_utf16(&units).ok()?.chars().next()?))
        };
        Some(text.lines().filter_map(pair).collect())
    }

    /// The texts of the page, in order.
    fn texts(&self) -> Vec<String> {
        let tables: Vec<HashMap<u16, char>> =
            self.streams.iter().filter_map(|it| Self::characters(it)).collect();
        let page = self.streams.iter().find(|it| find(it, b"BT\n").is_some()).expect("there is text");
        let mut rest = &page[..];
        let mut texts = Vec::new();
        while let Some(at) = find(rest, b"BT\n") {
            let end = at + find(&rest[at..], b"\nET").expect("a text has an end");
            let block = &rest[at..end];
            let face = usize::from(block[find(block, b"/F").expect("it has a font") + 2] - b'0');
            let shown = &block[find(block, b"[").expect("it shows glyphs")..];
            texts.push(numbers(shown).iter().map(|number| tables[face][number]).collect());
            rest = &rest[end..];
        }
        texts
    }
}

fn find(bytes: &[u8], part: &[u8]) -> Option<usize> {
    bytes.windows(part.len()).position(|window| window == part)
}

/// The numbers of glyphs in an array of strings, in round or in angle brackets.
fn numbers(array: &[u8]) -> Vec<u16> {
    let (mut found, mut rest) = (Vec::new(), array);
    while let [first, after @ ..] = rest {
        let (bytes, left) = match first {
            b'(' => literal(after),
            b'<' => hexadecimal(after),
            _ => (Vec::new(), after),
        };
        found.extend(bytes.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])));
        rest = left;
    }
    found
}

/// A string up to its closing bracket, and what follows.
fn literal(mut rest: &[u8]) -> (Vec<u8>, &[u8]) {
    let mut bytes = Vec::new();
    loop {
        rest = match rest {
            [b')', after @ ..] => return (bytes, after),
            [b'\\', b'0'..=b'9', ..] => {
                let octal = std::str::from_utf8(&rest[1..4]).expect("digits");
                bytes.push(u8::from_str_radix(octal, 8).expect("octal"));
                &rest[4..]
            }
            [b'\\', escaped, after @ ..] => {
                let known = [(b'n', b'\n'), (b'r', b'\r'), (b't', b'\t'), (b'b', 8), (b'f', 12)];
                let meant = known.into_iter().find(|(letter, _)| letter == escaped);
                bytes.push(meant.map_or(*escaped, |(_, byte)| byte));
                after
            }
            [plain, after @ ..] => {
                bytes.push(*plain);
                after
            }
            [] => unreachable!("a string has an end"),
        };
    }
}

fn hexadecimal(rest: &[u8]) -> (Vec<u8>, &[u8]) {
    let end = find(rest, b">").expect("a string has an end");
    let digits = std::str::from_utf8(&rest[..end]).expect("digits");
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).expect("hexadecimal");
    ((0..end / 2).map(|idx| byte(2 * idx)).collect(), &rest[end..])
}

#[test]
fn its_text_is_text_in_fonts_that_it_brings_along() {
    let document = Document::of("sort VAT AVATAR");
    let texts = document.texts();
    for text in ["sort VAT AVATAR", "peak 9.000 MiB · high-water mark", "resident set (RSS), MiB", "time (s)"]
    {
        assert!(texts.iter().any(|it| it == text), "no {text:?} in {texts:?}");
    }
    assert_eq!(document.plain.matches("/FontFile2").count(), 2);
    assert_eq!(document.plain.matches("/ToUnicode").count(), 2);
}

#[test]
fn it_says_what_it_is_and_in_which_language() {
    let document = Document::of("sort (a)\\");
    // Brackets that come in pairs need no escape.
    let title = document.plain.split_once("/Title ").expect("it has a title").1;
    assert!(title.starts_with(r"(sort \(a\)\\)") || title.starts_with(r"(sort (a)\\)"), "{title}");
    assert!(document.plain.contains("/Lang (en)") && document.plain.contains("/DisplayDocTitle true"));
    assert!(document.plain.contains("/S /Figure") && document.plain.contains("/Alt "));
    assert!(!document.plain.contains("Date"), "the same chart gives the same bytes");
}

#[test]
fn what_the_font_lacks_can_still_be_copied() {
    let document = Document::of("עברית 🦀");
    let page = document.streams.iter().find(|it| find(it, b"BT\n").is_some()).expect("there is text");
    let utf16: Vec<u8> = "עברית".encode_utf16().flat_map(u16::to_be_bytes).collect();
    let actual = &page[find(page, b"/ActualText").expect("the words are kept")..];
    let hex: String = utf16.iter().map(|byte| format!("{byte:02X}")).collect();
    let is_there = find(actual, &utf16).is_some() || find(actual, hex.as_bytes()).is_some();
    assert!(is_there, "{:?}", String::from_utf8_lossy(&actual[..200]));
    assert!(document.texts().iter().any(|it| it.starts_with("\u{fffd}\u{fffd}")));
}
