//! The wire format of phases: one line, understood by itself, and how lines are found in what writers send.
//!
//! `docs/phases.md` defines it. Writers are not trusted: nothing here waits, fails, or keeps more than one line.

/// The variable that tells a program where the channel is.
pub(crate) const VARIABLE: &str = "MPROF_RS_PHASES";
/// The number that stands for the program which the run began with, for who does not know it.
pub(crate) const ROOT: u32 = 0;

/// The longest line, with its end. A pipe takes so much at once or not at all (`PIPE_BUF` is no less anywhere).
pub(crate) const MAX_LINE: usize = 512;

/// What a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    pub(crate) verb: Verb,
    /// By the recorder's clock; absent when the line leaves it to the reader.
    pub(crate) clock_ns: Option<u64>,
    pub(crate) number: u32,
    pub(crate) task: &'a [u8],
    pub(crate) name: &'a [u8],
}

/// What a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// A call of a phase begins.
    Enter,
    /// The innermost call of that name is over.
    Leave,
    /// A moment.
    Mark,
    /// A figure: a name, a blank, and a whole number.
    Fact,
    /// So many lines could not be sent: the number stands in the place of the name.
    Lost,
}

const VERBS: [(&[u8], Verb); 5] = [
    (b"enter", Verb::Enter),
    (b"leave", Verb::Leave),
    (b"mark", Verb::Mark),
    (b"fact", Verb::Fact),
    (b"lost", Verb::Lost),
];

/// Understands a line without its end, and says how much before it is none of it.
///
/// Something without an end may have been written before it by someone else. That is passed over, so that a broken
/// writer costs nobody but itself. It may be a line but for its end: so the last one is it, unless it stands behind a
/// blank, as in a name of several words.
pub(crate) fn parse(text: &[u8]) -> Option<(Line<'_>, usize)> {
    let may_begin = |idx: &usize| matches!(text[*idx], b'e' | b'l' | b'm' | b'f');
    let starts = (0..text.len()).filter(may_begin);
    let mut lines = starts.filter_map(|idx| Some((parse_whole(&text[idx..])?, idx))).peekable();
    let first = lines.peek().copied();
    lines.rfind(|&(_, idx)| idx == 0 || text[idx - 1] != b' ').or(first)
}

fn parse_whole(text: &[u8]) -> Option<Line<'_>> {
    let (verb, rest) = VERBS
        .into_iter()
        .find_map(|(word, verb)| Some((verb, text.strip_prefix(word)?.strip_prefix(b" ")?)))?;
    let (clock, rest) = split_word(rest)?;
    let clock_ns = if clock == b"-" { None } else { Some(integer(clock)?) };
    let (number, rest) = split_word(rest)?;
    let number = u32::try_from(integer(number)?).ok()?;
    let (task, name) = split_word(rest)?;
    (!name.is_empty()).then_some(Line { verb, clock_ns, number, task, name })
}

/// The figure that a `fact` tells, or the count of a `lost`.
pub(crate) fn figure(name: &[u8]) -> Option<(&[u8], u64)> {
    let (name, value) = split_word(name)?;
    Some((name, integer(value)?))
}

/// A whole number.
pub(crate) fn integer(word: &[u8]) -> Option<u64> {
    if word.is_empty() || !word.iter().all(u8::is_ascii_digit) {
        return None;
    }
    str::from_utf8(word).ok()?.parse().ok()
}

/// The word before the first blank, and what stands behind it.
fn split_word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let idx = text.iter().position(|&byte| byte == b' ')?;
    (idx > 0).then_some((&text[..idx], &text[idx + 1..]))
}

/// Cuts what comes in pieces into lines.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// A line whose end has not come yet: the last of it, where it is too long.
    begun: Vec<u8>,
}

impl Lines {
    /// Gives each line that a piece ends. Of one that is too long the end is given, in which another may stand.
    pub(crate) fn take(&mut self, piece: &[u8], mut each: impl FnMut(&[u8])) {
        let mut rest = piece;
        while let Some(idx) = rest.iter().position(|&byte| byte == b'\n') {
            let (line, after) = (&rest[..idx], &rest[idx + 1..]);
            if self.begun.is_empty() {
                each(last(line));
            } else {
                self.keep(line);
                each(&self.begun);
                self.begun.clear();
            }
            rest = after;
        }
        self.keep(rest);
    }

    /// Whether a line has begun that has no end.
    pub(crate) fn has_begun(&self) -> bool {
        !self.begun.is_empty()
    }

    fn keep(&mut self, part: &[u8]) {
        self.begun.extend_from_slice(last(part));
        let n_too_many = self.begun.len().saturating_sub(MAX_LINE);
        self.begun.drain(..n_too_many);
    }
}

/// As much of the end of a line as a line can have.
fn last(line: &[u8]) -> &[u8] {
    &line[line.len().saturating_sub(MAX_LINE)..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> Option<(Verb, Option<u64>, u32, String)> {
        let (found, _) = parse(text.as_bytes())?;
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        Some((found.verb, found.clock_ns, found.number, text(found.task) + "|" + &text(found.name)))
    }

    #[test]
    fn a_line_is_a_verb_a_time_a_process_a_task_and_a_name() {
        let cases = [
            ("enter 17 4711 main load", (Verb::Enter, Some(17), 4711, "main|load")),
            ("leave - 4711 7 load  the data ", (Verb::Leave, None, 4711, "7|load  the data ")),
            ("mark 0 1 t enter 1 2 t x", (Verb::Mark, Some(0), 1, "t|enter 1 2 t x")),
            ("xx\0yyenter 17 4711 main load", (Verb::Enter, Some(17), 4711, "main|load")),
        ];
        for (text, (verb, clock_ns, number, words)) in cases {
            assert_eq!(told(text), Some((verb, clock_ns, number, words.to_owned())), "{text}");
        }
    }

    #[test]
    fn what_somebody_left_unended_takes_nobodys_line_and_is_told() {
        let cases = [
            ("mark - 1 t x", 0),
            ("enter - 1 t never endmark - 1 t x", 21),
            ("enter - 1 t ymark - 1 t zmark - 1 t x", 25),
            ("yy mark - 1 t x", 3),
        ];
        for (text, n_before) in cases {
            let (line, found_before) = parse(text.as_bytes()).unwrap();
            assert_eq!((line.verb, line.name, found_before), (Verb::Mark, &b"x"[..], n_before), "{text}");
        }
    }

    #[test]
    fn anything_else_is_not_a_line() {
        let cases = [
            "",
            "enter",
            "enter 1 2 t",
            "enter 1 2 t ",
            "enter  1 2 t x",
            "enter x 2 t x",
            "enter 1 -2 t x",
            "enter -1 2 t x",
            "enter 1 4294967296 t x",
            "enter 99999999999999999999 2 t x",
            "ENTER 1 2 t x",
        ];
        for text in cases {
            assert_eq!(told(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn lines_are_the_same_however_they_come(text in "[a\n]{0,40}", sizes in prop::collection::vec(1..9_usize, 40)) {
            let mut whole = Vec::new();
            Lines::default().take(text.as_bytes(), |line| whole.push(line.to_vec()));
            let (mut lines, mut pieced, mut rest) = (Lines::default(), Vec::new(), text.as_bytes());
            for size in sizes {
                let (piece, after) = rest.split_at(size.min(rest.len()));
                lines.take(piece, |line| pieced.push(line.to_vec()));
                rest = after;
            }
            prop_assert_eq!(&pieced, &whole);
            prop_assert_eq!(whole.len(), text.matches('\n').count());
        }

        #[test]
        fn no_bytes_make_it_panic_or_keep_more_than_a_line(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..900), 0..9)) {
            let mut lines = Lines::default();
            for piece in pieces {
                lines.take(&piece, |line| {
                    assert!(line.len() <= MAX_LINE);
                    let _ = parse(line);
                });
                prop_assert!(lines.begun.len() <= MAX_LINE);
            }
        }
    }
}
