//! Which lines of what a program prints make a mark, and what the mark is called. It reads nothing itself.
//!
//! Whatever comes, no more than one line is kept, of a bounded length, and the time for a line is linear. Lines in which
//! nothing is found are not looked at one by one.

mod anywhere;
mod text;

use std::path::PathBuf;

use memchr::{memchr2, memrchr2};
use regex::bytes::{Captures, Regex};

use crate::phases::tell::Name;
use anywhere::Anywhere;

/// What makes marks of lines.
#[derive(Clone, Debug)]
pub struct MarkOn {
    /// A line makes a mark for each of these that is found in it.
    pub expressions: Vec<Expression>,
    /// Our own program, which is a relay when it is called [`crate::relay::NAME`].
    pub program: PathBuf,
}

/// So much of a line is looked at.
const MAX_LOOKED_AT: usize = 1 << 16;

/// An expression that makes a mark of every line in which it is found.
#[derive(Clone, Debug)]
pub struct Expression(Regex);

impl Expression {
    /// Takes an expression in the syntax of the `regex` crate.
    ///
    /// # Errors
    /// Why it is none.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("an expression has more than blanks".to_owned());
        }
        Regex::new(text).map(Self).map_err(|error| error.to_string())
    }

    /// The expression as it was given.
    #[must_use]
    pub fn text(&self) -> &str {
        self.0.as_str()
    }

    /// What the mark of a line is called: by the group `name`, or the first group, or all that was found. What has no
    /// letter to show is called by the expression.
    fn name_in(&self, line: &[u8]) -> Option<Name> {
        let found = self.0.captures(line)?;
        let groups = |found: &Captures<'_>| {
            let groups = [found.name("name"), found.get(1), found.get(0)];
            groups.into_iter().flatten().find_map(|group| Name::fitting(group.as_bytes()))
        };
        groups(&found).or_else(|| Name::fitting(self.text().as_bytes()))
    }
}

/// Looks at what a stream carries, piece by piece.
#[derive(Debug)]
pub(crate) struct Watcher {
    expressions: Vec<Expression>,
    anywhere: Anywhere,
    /// The mark that each expression made last.
    last: Vec<Option<Name>>,
    /// A line whose end has not come yet, as far as it is looked at.
    begun: Vec<u8>,
    /// Whether it stands where another stood: a carriage return came before it.
    is_written_over: bool,
}

impl Watcher {
    pub(crate) fn new(expressions: Vec<Expression>) -> Self {
        let last = vec![None; expressions.len()];
        let anywhere = Anywhere::new(expressions.iter().map(Expression::text));
        Self { expressions, anywhere, last, begun: Vec::new(), is_written_over: false }
    }

    /// Gives the marks of each line that a piece ends.
    pub(crate) fn take(&mut self, piece: &[u8], mut each: impl FnMut(&Name)) {
        let mut rest = piece;
        if let (false, Some(idx)) = (self.begun.is_empty(), memchr2(b'\n', b'\r', rest)) {
            self.keep(&rest[..idx]);
            self.end(&mut each);
            self.is_written_over = rest[idx] == b'\r';
            rest = &rest[idx + 1..];
        }
        let (lines, begun) = rest.split_at(memrchr2(b'\n', b'\r', rest).map_or(0, |idx| idx + 1));
        self.look(&text::shown(lines), &mut each);
        self.keep(begun);
    }

    /// Takes what has begun for a line: nothing comes any more.
    pub(crate) fn end(&mut self, mut each: impl FnMut(&Name)) {
        let mut line = std::mem::take(&mut self.begun);
        self.look_at_line(&text::shown(&line), &mut each);
        line.clear();
        self.begun = line;
    }

    /// Looks at whole lines. Of those in which something may be found, the halves are looked at in turn, so that one
    /// among many is found soon.
    fn look(&mut self, lines: &[u8], each: &mut impl FnMut(&Name)) {
        let Some((&end, line)) = lines.split_last() else { return };
        if self.anywhere.may_be_in(lines) {
            match memrchr2(b'\n', b'\r', &line[..line.len() / 2]).or_else(|| memchr2(b'\n', b'\r', line)) {
                Some(idx) => {
                    self.look(&lines[..=idx], each);
                    self.look(&lines[idx + 1..], each);
                }
                None => self.look_at_line(&line[..line.len().min(MAX_LOOKED_AT)], each),
            }
        }
        self.is_written_over = end == b'\r';
    }

    /// A progress bar writes a line over and over: as long as its mark is called the same, it is one.
    fn look_at_line(&mut self, line: &[u8], each: &mut impl FnMut(&Name)) {
        if line.is_empty() {
            return;
        }
        for (expression, last) in self.expressions.iter().zip(&mut self.last) {
            let Some(name) = expression.name_in(line) else { continue };
            if !self.is_written_over || last.as_ref() != Some(&name) {
                each(&name);
            }
            *last = Some(name);
        }
    }

    fn keep(&mut self, part: &[u8]) {
        let n_room = MAX_LOOKED_AT - self.begun.len();
        self.begun.extend_from_slice(&part[..part.len().min(n_room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marks_of(expressions: &[&str], pieces: &[&[u8]]) -> Vec<String> {
        let expressions = expressions.iter().map(|text| Expression::new(text).unwrap()).collect();
        let mut watcher = Watcher::new(expressions);
        let mut names = Vec::new();
        for piece in pieces {
            watcher.take(piece, |name| names.push(name.text().to_owned()));
        }
        watcher.end(|name| names.push(name.text().to_owned()));
        names
    }

    #[track_caller]
    fn check(expression: &str, printed: &str, expected: &[&str]) {
        assert_eq!(marks_of(&[expression], &[printed.as_bytes()]), expected, "{expression} in {printed:?}");
    }

    #[test]
    fn a_mark_is_called_by_a_group_or_by_what_was_found() {
        check("epoch [0-9]+", "x epoch 12 y\nepoch\n", &["epoch 12"]);
        check("epoch ([0-9]+)", "epoch 1\nepoch 2", &["1", "2"]);
        check("(a)(?P<name>b)", "ab\n", &["b"]);
        check("(a)?b", "b\n", &["b"]);
        check("^(.*) done$", "  load  done\r\n", &["load"]);
        check("x*", "abc\n\n", &["x*"]);
        check("(?i)DONE", "größe Done\n", &["Done"]);
    }

    #[test]
    fn what_is_looked_at_is_what_would_be_seen() {
        check("^ *Compiling (\\w+)", "\x1b[1m\x1b[32m   Compiling\x1b[0m foo v1\n", &["foo"]);
        check("a.c", "a\tc\n", &["a c"]);
        check(".+", "\u{1b}[31m\n", &[]);
    }

    #[test]
    fn a_line_that_is_written_over_is_marked_when_its_mark_changes() {
        check(
            "epoch \\d",
            "epoch 1 10%\repoch 1 20%\repoch 2 5%\r\nepoch 2\n",
            &["epoch 1", "epoch 2", "epoch 2"],
        );
        check("epoch \\d", "epoch 1\r\nepoch 1\r\n", &["epoch 1", "epoch 1"]);
    }

    #[test]
    fn each_expression_makes_its_own_mark() {
        assert_eq!(marks_of(&["a", "b", "(c)"], &[b"a b\nb\n"]), ["a", "b", "b"]);
    }

    #[test]
    fn of_a_long_line_the_beginning_is_looked_at_and_the_next_line_is_whole() {
        let long = [b"start", vec![b'x'; 2 * MAX_LOOKED_AT].as_slice(), b"end\nend\n"].concat();
        assert_eq!(marks_of(&["start|end"], &[&long]), ["start", "end"]);
        let pieces: Vec<&[u8]> = long.chunks(1000).collect();
        assert_eq!(marks_of(&["start|end"], &pieces), ["start", "end"]);
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        for text in ["(", "", " ", "[z-a]", "a{1000000}"] {
            assert!(Expression::new(text).is_err(), "{text}");
        }
    }

    /// All that an expression can say of where a line begins and ends, and what could be found across two.
    const EXPRESSIONS: &[&str] = &[
        "a+",
        "b",
        "^a",
        "b$",
        "^b+$",
        "\\Ac",
        "c\\z",
        "(?m)^a$",
        "(?mR)^b|c$",
        "(?m)b$",
        "^",
        "$",
        "\\bab\\b",
        "\\Bb",
        "[^a]b",
        "(?s).a.",
        "(?s-u)a.*c",
        "^ *(a)(b|$)",
        "x*",
        "(?:^a|b$){2}",
        "\\b{start}c",
        "a\\nb",
        "\\x1b|\\[a",
    ];

    #[test]
    fn lines_in_which_nothing_is_found_are_passed_over_together() {
        let lines = b"one\ntwo end\rthree end \r\nfour\n";
        let may_be_in = |expressions: &[&str]| Anywhere::new(expressions.iter().copied()).may_be_in(lines);
        for none in ["nothing", "^wo", "thre$", "^one two", "end\\z{2}\\bx", "\\Aend"] {
            assert!(!may_be_in(&[none, "neither"]), "{none}");
        }
        for some in ["^two", "end$", "\\Afour\\z", "(?i)THREE", "(?s)e.*t"] {
            assert!(may_be_in(&["nothing", some]), "{some}");
        }
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_they_come(
            text in "[abc \r\n\x1b\\[]{0,40}",
            sizes in prop::collection::vec(1..9_usize, 40),
            expressions in prop::collection::vec(prop::sample::select(EXPRESSIONS), 1..4),
        ) {
            let whole = marks_of(&expressions, &[text.as_bytes()]);
            let mut rest = text.as_bytes();
            let mut pieces = Vec::new();
            for size in sizes {
                let (piece, after) = rest.split_at(size.min(rest.len()));
                pieces.push(piece);
                rest = after;
            }
            pieces.push(rest);
            prop_assert_eq!(&marks_of(&expressions, &pieces), &whole);
            // Byte by byte, every line is looked at by itself.
            let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
            prop_assert_eq!(marks_of(&expressions, &bytes), whole);
        }

        #[test]
        fn nothing_that_is_printed_is_too_much(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            for name in marks_of(&["(?s-u).*", "."], &[&bytes]) {
                prop_assert!(Name::new(&name).is_ok() && name.trim() == name);
            }
        }
    }
}
