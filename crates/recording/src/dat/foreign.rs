//! Files of other kinds, told by their first bytes, so that whoever took one for a recording learns what it is.

/// How files of a kind begin, what they are, and what to do with them.
const KINDS: [(&[u8], &str); 12] = [
    (b"\x1f\x8b", "compressed by gzip: unpack it, as in `gzip -dc FILE | mprof-rs plot -`"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd: unpack it, as in `zstd -dc FILE | mprof-rs plot -`"),
    (b"\xfd7zXZ\0", "compressed by xz: unpack it, as in `xz -dc FILE | mprof-rs plot -`"),
    (b"BZh", "compressed by bzip2: unpack it, as in `bzip2 -dc FILE | mprof-rs plot -`"),
    (b"PK\x03\x04", "an archive (zip): unpack it first"),
    (b"\xff\xfe", "text in UTF-16, and a recording is text in UTF-8: convert it, as with `iconv -f UTF-16`"),
    (b"\xfe\xff", "text in UTF-16, and a recording is text in UTF-8: convert it, as with `iconv -f UTF-16`"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"%PDF", "a document (PDF)"),
    (b"<svg", "a picture (SVG)"),
    (b"\x7fELF", "a program: record it with `mprof-rs run`"),
    (b"PAR1", "a table (Parquet)"),
];

/// So many of its first bytes tell the kind of a file.
pub(super) const HEAD_LEN: usize = 8;

/// What a file is that begins so, if it is known to be no recording.
pub(super) fn kind(head: &[u8]) -> Option<&'static str> {
    KINDS.iter().find(|(begin, _)| head.starts_with(begin)).map(|&(_, kind)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recordings_are_of_no_other_kind() {
        for head in ["CMDLINE ", "META for", "MEM 1.5 ", "\u{feff}CMDL", "", "B"] {
            assert_eq!(kind(head.as_bytes()), None);
        }
        assert!(kind(b"\x1f\x8b\x08\0").is_some_and(|it| it.contains("gzip -dc")));
        assert!(KINDS.iter().all(|(begin, _)| begin.len() <= HEAD_LEN));
    }
}
