//! What a chart in cells is drawn with, apart from dots and letters: in Unicode, and in ASCII alone.

use super::page::Page;
use crate::sheet::Charset;

/// The signs of a character set.
pub(super) struct Signs {
    pub(super) side: char,
    pub(super) side_tick: char,
    pub(super) foot: char,
    pub(super) foot_tick: char,
    pub(super) corner: char,
    pub(super) known_peak: char,
    pub(super) seen_peak: char,
    pub(super) stem: char,
    pub(super) across: char,
    pub(super) gap: char,
    pub(super) band: [char; 3],
    pub(super) faint: char,
}

const UNICODE: Signs = Signs {
    side: '│',
    side_tick: '┤',
    foot: '─',
    foot_tick: '┬',
    corner: '└',
    known_peak: '●',
    seen_peak: '○',
    stem: '┊',
    across: '╌',
    gap: '░',
    band: ['├', '─', '┤'],
    faint: '╌',
};

const ASCII: Signs = Signs {
    side: '|',
    side_tick: '+',
    foot: '-',
    foot_tick: '+',
    corner: '+',
    known_peak: '@',
    seen_peak: 'o',
    stem: ':',
    across: '-',
    gap: '~',
    band: ['[', '-', ']'],
    faint: '.',
};

pub(super) fn signs(page: &Page) -> &'static Signs {
    match page.charset() {
        Charset::Unicode => &UNICODE,
        Charset::Ascii => &ASCII,
    }
}
