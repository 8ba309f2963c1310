//! What mprof sees of a recording of ours: the choices, and the notes in the file that tell of them.

use std::io::{self, Write};

use crate::peak::Peak;
use crate::recording::{Process, Recording};

/// What the number on a `MEM` line is, which is what mprof draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemLines {
    /// The root's resident set.
    Root,
    /// The sum of the resident sets of all processes, as `mprof run -C` writes; the root's own is beside it.
    Sum,
}

/// Whether mprof draws the processes beside the root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChildLines {
    /// Their readings are `CHLD` lines, as `mprof run -M` writes.
    Shown,
    /// Their readings are `KIN` lines, which mprof passes over.
    Hidden,
}

const MEM: (&str, &str) = ("mem", "sum");
const CHILDREN: (&str, &str) = ("children", "hidden");

/// Notes what is not as `run` does it by itself.
pub(super) fn write_notes(out: &mut Vec<u8>, mem_lines: MemLines, child_lines: ChildLines) -> io::Result<()> {
    let sum = (mem_lines == MemLines::Sum).then_some(MEM);
    let hidden = (child_lines == ChildLines::Hidden).then_some(CHILDREN);
    sum.into_iter().chain(hidden).try_for_each(|(key, text)| writeln!(out, "META {key} \"{text}\""))
}

impl Recording {
    /// Whether mprof draws the sum of all processes in the place of the root.
    #[must_use]
    pub fn shows_sum_to_mprof(&self) -> bool {
        self.is_noted(MEM)
    }

    /// The peak of what mprof draws as the program: of the program alone, or of the sum.
    #[must_use]
    pub fn peak_to_mprof(&self) -> Option<Peak> {
        match self.readings_of_mem_lines() {
            Some(samples) => Process { samples, ..Process::default() }.peak(),
            None if self.shows_sum_to_mprof() => self.peak(),
            None => self.root_peak(),
        }
    }

    /// Whether mprof draws the children, and prints their peaks.
    #[must_use]
    pub fn shows_children_to_mprof(&self) -> bool {
        !self.is_noted(CHILDREN)
    }

    pub(super) fn is_noted(&self, (key, text): (&str, &str)) -> bool {
        self.notes.iter().any(|(its_key, its_text)| its_key == key && its_text == text)
    }
}
