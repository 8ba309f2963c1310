//! A page of cells, as terminals have them, and how it becomes text.
//!
//! Characters have the width that terminals give them: two cells for most of East Asia and for emoji, none for marks
//! that stand on others.

use crate::chart::Ink;
use crate::lettering::is_right_to_left;
use crate::sheet::{Charset, Coloring, Letters};
use unicode_width::UnicodeWidthChar;

/// How a cell is shown where there are colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shade {
    #[default]
    Plain,
    Bold,
    Quiet,
    Ink(Ink),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cell {
    /// A character and the marks that stand on it; nothing in the second cell of a wide one.
    text: String,
    shade: Shade,
}

/// Lines of cells, all of one width.
#[derive(Debug)]
pub(super) struct Page {
    n_columns: usize,
    letters: Letters,
    lines: Vec<Vec<Cell>>,
}

/// The mark that keeps what follows a text from right to left at its place.
const LEFT_TO_RIGHT: char = '\u{200e}';

impl Page {
    pub(super) fn new(n_columns: usize, letters: Letters) -> Self {
        Self { n_columns, letters, lines: Vec::new() }
    }

    pub(super) fn n_columns(&self) -> usize {
        self.n_columns
    }

    pub(super) fn charset(&self) -> Charset {
        self.letters.charset
    }

    /// Adds blank lines, and tells where they begin.
    pub(super) fn add_lines(&mut self, n_lines: usize) -> usize {
        let from = self.lines.len();
        let blank = Cell { text: " ".to_owned(), shade: Shade::Plain };
        self.lines.resize(from + n_lines, vec![blank; self.n_columns]);
        from
    }

    /// Writes a text, clipped to a number of cells, and tells how many it took.
    pub(super) fn put(&mut self, line: usize, column: usize, text: &str, max: usize, shade: Shade) -> usize {
        let max = max.min(self.n_columns.saturating_sub(column));
        let mut to = column;
        for c in clip(&self.spelled(text), max, self.letters.charset).chars() {
            match width(c) {
                0 => self.join(line, to, c),
                n_cells => {
                    self.set(line, to, c, n_cells, shade);
                    to += n_cells;
                }
            }
        }
        to - column
    }

    /// Writes one character of one cell.
    pub(super) fn sign(&mut self, line: usize, column: usize, sign: char, shade: Shade) {
        if line < self.lines.len() && column < self.n_columns {
            self.set(line, column, sign, 1, shade);
        }
    }

    /// Whether nothing stands in a cell.
    pub(super) fn is_blank(&self, line: usize, column: usize) -> bool {
        self.holds(line, column, ' ')
    }

    /// Whether a sign stands in a cell.
    pub(super) fn holds(&self, line: usize, column: usize, sign: char) -> bool {
        let cell = self.lines.get(line).and_then(|line| line.get(column));
        cell.is_some_and(|cell| cell.text.chars().eq([sign]))
    }

    /// How many cells a text takes.
    pub(super) fn width(&self, text: &str) -> usize {
        self.spelled(text).chars().map(width).sum()
    }

    /// The text as the page's characters can write it.
    fn spelled(&self, text: &str) -> String {
        match self.letters.charset {
            Charset::Ascii => ascii(text),
            Charset::Unicode => {
                let mut spelled: String = text.chars().filter_map(steady).collect();
                if spelled.chars().any(is_right_to_left) {
                    spelled.push(LEFT_TO_RIGHT);
                }
                spelled
            }
        }
    }

    fn set(&mut self, line: usize, column: usize, c: char, n_cells: usize, shade: Shade) {
        let cells = &mut self.lines[line];
        // A wide character that loses one of its cells loses the other one too.
        if cells[column].text.is_empty() && column > 0 {
            " ".clone_into(&mut cells[column - 1].text);
        }
        let end = column + n_cells;
        if let Some(next) = cells.get_mut(end).filter(|next| next.text.is_empty()) {
            " ".clone_into(&mut next.text);
        }
        cells[column] = Cell { text: c.to_string(), shade };
        cells[column + 1..end].fill(Cell { text: String::new(), shade });
    }

    /// Adds a mark to the character before a column.
    fn join(&mut self, line: usize, column: usize, mark: char) {
        let before = self.lines[line][..column].iter_mut().rev().find(|cell| !cell.text.is_empty());
        if let Some(cell) = before {
            cell.text.push(mark);
        }
    }

    /// The text, without blanks at the ends of lines.
    pub(super) fn finish(self) -> String {
        let coloring = self.letters.coloring;
        self.lines.iter().map(|line| written(line, coloring) + "\n").collect()
    }
}

fn written(line: &[Cell], coloring: Coloring) -> String {
    let end = line.iter().rposition(|cell| cell.text != " ").map_or(0, |idx| idx + 1);
    let mut out = String::new();
    let mut shade = Shade::Plain;
    for cell in &line[..end] {
        // A blank looks the same in every shade.
        let wanted = if cell.text == " " { shade } else { cell.shade };
        if wanted != shade && coloring == Coloring::Ansi {
            out += &format!("\x1b[{}m", sgr(wanted));
        }
        shade = wanted;
        out += &cell.text;
    }
    if shade != Shade::Plain && coloring == Coloring::Ansi {
        out += "\x1b[0m";
    }
    out
}

/// The parameters of "select graphic rendition", beginning with a reset. The sixteen colours are the terminal's own,
/// which its owner can read on its ground.
fn sgr(shade: Shade) -> &'static str {
    const CURVES: [&str; 7] = ["0;36", "0;33", "0;35", "0;32", "0;34", "0;31", "0;1"];
    match shade {
        Shade::Plain => "0",
        Shade::Bold | Shade::Ink(Ink::OnlyTrend) => "0;1",
        Shade::Quiet | Shade::Ink(Ink::Rest | Ink::Others | Ink::RestLayer | Ink::Absent) => "0;2",
        Shade::Ink(
            Ink::Main(idx)
            | Ink::Level(idx)
            | Ink::Trend(idx)
            | Ink::Layer(idx)
            | Ink::Kind(idx)
            | Ink::Of(idx),
        ) => CURVES[idx % 7],
        Shade::Ink(Ink::Child(idx) | Ink::Call(idx)) => CURVES[1 + idx % 6],
        Shade::Ink(Ink::Shared | Ink::Least) => CURVES[0],
        Shade::Ink(Ink::Limit) => "0;31",
    }
}

/// The text in at most so many cells, ended by dots where it was cut.
fn clip(text: &str, max: usize, charset: Charset) -> String {
    if text.chars().map(width).sum::<usize>() <= max {
        return text.to_owned();
    }
    let dots = match charset {
        Charset::Unicode => "…",
        Charset::Ascii => "...",
    };
    let room = max.saturating_sub(dots.chars().count());
    let mut n_cells = 0;
    let fitting = text.chars().take_while(|&c| {
        n_cells += width(c);
        n_cells <= room
    });
    let kept: String = fitting.collect();
    let mark = if kept.chars().any(is_right_to_left) { LEFT_TO_RIGHT.to_string() } else { String::new() };
    let dots: String = dots.chars().take(max).collect();
    kept.trim_end().to_owned() + &mark + &dots
}

/// Cells of a character. What a terminal would obey has none, and does not come so far.
fn width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The character as every terminal shows it. Joiners and selectors change how wide terminals show their neighbours, each
/// terminal in its own way, and many show isolates as signs: where one ends, a mark does for what follows.
fn steady(c: char) -> Option<char> {
    match c {
        '\u{2069}' => Some(LEFT_TO_RIGHT),
        '\u{200b}'..='\u{200d}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2068}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' => None,
        _ => Some(c).filter(|c| !c.is_control()),
    }
}

fn ascii(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().filter(|&c| width(c) > 0) {
        match c {
            ' '..='~' => out.push(c),
            '·' | '—' | '–' | '−' => out.push('-'),
            'µ' | 'μ' => out.push('u'),
            '×' => out.push('x'),
            '≥' => out.push_str(">="),
            '≤' => out.push_str("<="),
            '…' => out.push_str("..."),
            _ => out.push('?'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(charset: Charset) -> Page {
        let mut page = Page::new(12, Letters { charset, coloring: Coloring::Plain });
        page.add_lines(1);
        page
    }

    fn clipped(text: &str, charset: Charset) -> String {
        let mut page = page(charset);
        page.put(0, 0, text, 8, Shade::Plain);
        page.put(0, 8, "|", 1, Shade::Plain);
        page.finish()
    }

    #[test]
    fn wide_characters_take_two_cells_and_marks_none() {
        assert_eq!(clipped("日本", Charset::Unicode), "日本    |\n");
        assert_eq!(clipped("日本語日本語", Charset::Unicode), "日本語… |\n");
        assert_eq!(clipped("e\u{301}e\u{301}e", Charset::Unicode), "e\u{301}e\u{301}e     |\n");
        assert_eq!(clipped("👩\u{200d}👧", Charset::Unicode), "👩👧    |\n");
    }

    #[test]
    fn what_runs_from_right_to_left_ends_with_its_text() {
        assert_eq!(clipped("אב", Charset::Unicode), "אב\u{200e}      |\n");
        let name = format!("{} 7", crate::lettering::set_apart("אב"));
        assert_eq!(clipped(&name, Charset::Unicode), "אב\u{200e} 7\u{200e}    |\n");
        assert_eq!(clipped(&name, Charset::Ascii), "?? 7    |\n");
    }

    #[test]
    fn plain_ascii_has_a_substitute_for_everything() {
        assert_eq!(clipped("≥5 µs·é", Charset::Ascii), ">=5 us-?|\n");
        assert_eq!(clipped("a long name", Charset::Ascii), "a lon...|\n");
    }

    #[test]
    fn half_of_a_wide_character_is_none() {
        for column in [0, 1] {
            let mut page = page(Charset::Unicode);
            page.put(0, 0, "日本", 8, Shade::Plain);
            page.put(0, column, "x", 1, Shade::Plain);
            assert_eq!(page.finish(), if column == 0 { "x 本\n" } else { " x本\n" });
        }
    }

    #[test]
    fn nothing_is_obeyed_by_a_terminal() {
        let text = clipped("\u{1b}[31m\r\n\u{7}", Charset::Unicode);
        assert_eq!(text, "[31m    |\n");
    }

    #[test]
    fn colours_end_with_their_text() {
        let mut page = Page::new(9, Letters { charset: Charset::Unicode, coloring: Coloring::Ansi });
        page.add_lines(1);
        page.put(0, 0, "ab", 9, Shade::Bold);
        page.put(0, 3, "c", 9, Shade::Ink(Ink::Main(0)));
        assert_eq!(page.finish(), "\x1b[0;1mab \x1b[0;36mc\x1b[0m\n");
    }
}
