//! The note that explains a chart's marks, on as many lines as it takes where an output is narrow.

/// So many lines are read; the last one takes what is left, and is clipped by whoever draws it.
const MOST_LINES: usize = 4;

/// What stands between the parts of a note: no line begins with it.
const BETWEEN: &str = "·";

/// A note in lines that fit, broken between words.
pub(crate) fn lines(note: Option<&str>, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut words = note.unwrap_or_default().split_whitespace().peekable();
    while let Some(word) = words.next() {
        let between = words.next_if_eq(&BETWEEN).map(|between| format!(" {between}"));
        let word = format!("{word}{}", between.unwrap_or_default());
        let n_lines = lines.len();
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match longer.filter(|longer| n_lines == MOST_LINES || fits(longer)) {
            Some(longer) => lines[n_lines - 1] = longer,
            None => lines.push(word),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_broken_between_words_and_nothing_of_it_is_lost() {
        let within = |most: usize| move |line: &str| line.len() <= most;
        assert_eq!(lines(Some("dotted: a mark"), within(10)), ["dotted: a", "mark"]);
        assert_eq!(lines(Some("a b c d e f"), within(1)), ["a", "b", "c", "d e f"]);
        assert_eq!(lines(Some("ring: a sum · dot: a mark"), within(11)), ["ring: a", "sum · dot:", "a mark"]);
        assert_eq!(lines(Some("a sum · dot"), within(7)), ["a", "sum ·", "dot"]);
        assert_eq!(lines(Some("a sum · dot"), within(8)), ["a sum ·", "dot"]);
        assert_eq!(lines(Some("incomprehensible"), within(3)), ["incomprehensible"]);
        assert_eq!(lines(None, within(3)), [""; 0]);
    }
}
