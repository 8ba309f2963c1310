//! One line of the wire format, made without allocating.

use std::io::Write;

/// The longest line, with its end: less than `PIPE_BUF`, so that lines of several writers never mix.
const MAX_LINE: usize = 512;

/// What a line tells.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verb {
    Enter,
    Leave,
    Mark,
    Fact,
    Lost,
}

impl Verb {
    fn word(self) -> &'static str {
        match self {
            Self::Enter => "enter",
            Self::Leave => "leave",
            Self::Mark => "mark",
            Self::Fact => "fact",
            Self::Lost => "lost",
        }
    }
}

/// A line and how long it is.
pub(crate) struct Line {
    bytes: [u8; MAX_LINE],
    len: usize,
}

impl Line {
    pub(crate) fn new(verb: Verb, clock_ns: u64, pid: u32, task: u32, name: &str) -> Self {
        let mut bytes = [0; MAX_LINE];
        let mut free = &mut bytes[..];
        // The numbers take less than a hundred bytes.
        let _ = write!(free, "{} {clock_ns} {pid} {task} ", verb.word());
        let n_head = MAX_LINE - free.len();
        // What has no name still happened.
        let name = if name.is_empty() { "?" } else { name };
        let mut len = n_head + name.floor_char_boundary(MAX_LINE - 1 - n_head);
        bytes[n_head..len].copy_from_slice(&name.as_bytes()[..len - n_head]);
        for byte in &mut bytes[n_head..len] {
            *byte = if matches!(byte, b'\n' | b'\r' | 0) { b' ' } else { *byte };
        }
        bytes[len] = b'\n';
        len += 1;
        Self { bytes, len }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(name: &str) -> String {
        String::from_utf8(Line::new(Verb::Enter, 17, 4711, 2, name).as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_line_is_one_line() {
        assert_eq!(text("load"), "enter 17 4711 2 load\n");
        assert_eq!(text("load\nleave 1 2 3 x"), "enter 17 4711 2 load leave 1 2 3 x\n");
        assert_eq!(text(""), "enter 17 4711 2 ?\n");
    }

    #[test]
    fn a_name_that_is_too_long_is_cut_between_two_characters() {
        for c in ["x", "é", "€", "😀"] {
            let text = text(&c.repeat(600));
            assert!((MAX_LINE - 4..=MAX_LINE).contains(&text.len()), "{}", text.len());
            assert!(text.ends_with(&format!("{c}\n")));
        }
        let widest = Line::new(Verb::Enter, u64::MAX, u32::MAX, u32::MAX, &"x".repeat(600));
        assert_eq!(widest.as_bytes().len(), MAX_LINE);
    }
}
