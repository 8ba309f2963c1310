//! What the follower tells: notes of a fixed head and a status file, one after the other. Pure.

/// What happened to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum What {
    /// It is about to run. The text is its status. Told again when it goes on after a stop.
    Begins,
    /// The thread that began it says so. The text is its status, or nothing when it is gone already.
    Announced,
    /// It called exec, was not the first thread, and is it now: the only one.
    Replaces,
    /// It is about to end, and its memory stands. The text is its status.
    Exits,
    /// It is about to end, and its memory is its parent's.
    ExitsBorrowing,
    /// It exits, and was killed before it could be let go: `Ended` will follow.
    Lingers,
    /// It ended while it was traced. The text is a zombie's status.
    Ended,
    /// Tracing was refused. The number is the error's.
    Refused,
    /// Nothing is left to be traced.
    Closed,
    /// A new process is a copy of its parent, or in its memory. The text is its `ru_maxrss`.
    Copied,
    /// It called exec. The text is its `ru_maxrss`, which holds the mark of the image that it was.
    Becomes,
}

/// One event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Note<'text> {
    pub(super) at_ns: u64,
    pub(super) what: What,
    /// The thread's number, or an error's.
    pub(super) number: u32,
    pub(super) text: &'text [u8],
}

pub(super) const HEAD_SIZE: usize = 20;

impl<'text> Note<'text> {
    /// What stands before the text.
    pub(super) fn head(&self) -> [u8; HEAD_SIZE] {
        let [a, b, c, d, e, f, g, h] = self.at_ns.to_ne_bytes();
        let [i, j, k, l] = (self.what as u32).to_ne_bytes();
        let [m, n, o, p] = self.number.to_ne_bytes();
        let [q, r, s, t] = (self.text.len() as u32).to_ne_bytes();
        [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t]
    }

    /// The first note, and what follows it; nothing when it is not whole yet.
    pub(super) fn split(bytes: &'text [u8]) -> Option<(Self, &'text [u8])> {
        let (at_ns, rest) = bytes.split_first_chunk()?;
        let (what, rest) = number(rest)?;
        let (number_, rest) = number(rest)?;
        let (size, rest) = number(rest)?;
        let (text, rest) = rest.split_at_checked(size as usize)?;
        let at_ns = u64::from_ne_bytes(*at_ns);
        Some((Self { at_ns, what: What::from_number(what)?, number: number_, text }, rest))
    }
}

impl What {
    const ALL: [Self; 11] = [
        Self::Begins,
        Self::Announced,
        Self::Replaces,
        Self::Exits,
        Self::ExitsBorrowing,
        Self::Lingers,
        Self::Ended,
        Self::Refused,
        Self::Closed,
        Self::Copied,
        Self::Becomes,
    ];

    fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(number as usize).copied()
    }
}

/// A number of bytes that is a text by itself.
pub(super) fn size_text(bytes: u64) -> [u8; size_of::<u64>()] {
    bytes.to_ne_bytes()
}

/// That number.
pub(super) fn size_bytes(text: &[u8]) -> Option<u64> {
    text.try_into().ok().map(u64::from_ne_bytes)
}

/// The number of a line of a status file, such as `PPid:`.
pub(super) fn field(text: &[u8], name: &[u8]) -> Option<u32> {
    str::from_utf8(line(text, name)?.trim_ascii()).ok()?.parse().ok()
}

/// What stands behind a name at the beginning of a line.
pub(super) fn line<'text>(text: &'text [u8], name: &[u8]) -> Option<&'text [u8]> {
    text.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(name))
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_ne_bytes(*number), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_back_and_a_torn_one_waits() {
        for (idx, what) in What::ALL.into_iter().enumerate() {
            assert_eq!(what as usize, idx);
            let note = Note { at_ns: u64::MAX - 1, what, number: 7, text: b"Name:\tsh\n" };
            let bytes = [&note.head(), note.text, b"next"].concat();
            assert_eq!(Note::split(&bytes), Some((note, &b"next"[..])));
            for n in 0..bytes.len() - 4 {
                assert_eq!(Note::split(&bytes[..n]), None);
            }
        }
    }

    #[test]
    fn a_size_is_a_text_of_its_own() {
        assert_eq!(size_bytes(&size_text(5 << 40)), Some(5 << 40));
        assert_eq!(size_bytes(b""), None);
    }

    #[test]
    fn a_name_cannot_pass_for_a_field() {
        let text = b"Name:\tPPid: 3\\nTgid: 4\nTgid:\t5\nPPid:\t6\n";
        assert_eq!((field(text, b"Tgid:"), field(text, b"PPid:")), (Some(5), Some(6)));
        assert_eq!(line(text, b"Name:\t"), Some(&b"PPid: 3\\nTgid: 4"[..]));
        assert_eq!(field(b"", b"Tgid:"), None);
    }
}
