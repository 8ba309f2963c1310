//! What a piece of a file says of readings, understood before the lines in front of it are taken in.
//!
//! Numbers are most of the work, and depend on nothing. So another processor may do it; whose a reading is and what
//! follows from it is the [`Reader`](super::Reader)'s to say, in the order of the file.

use std::ops::Range;

use super::fast::{self, Second};
use super::line::Reading;
use crate::event::Pid;

/// The lines of a piece. It is made to be used again, so that its room is.
#[derive(Debug, Default)]
pub struct Scan {
    /// From the first line that begins in the piece to the last that ends there.
    pub(super) lines: Range<usize>,
    pub(super) steps: Vec<Step>,
    /// What readings tell, one after the other.
    pub(super) values: Vec<u64>,
    latest: Second,
    reading: Reading,
}

/// A line of a piece.
#[derive(Debug)]
pub(super) enum Step {
    /// A reading as recorders write it, which tells so many of the values.
    Reading { pid: Option<Pid>, unix_ns: u64, n_same: u64, metrics: u16 },
    /// Any other, without its end.
    Line(Range<usize>),
}

impl Scan {
    /// Scans a piece of a file, which may begin and end anywhere.
    pub fn take(&mut self, piece: &[u8]) {
        self.steps.clear();
        self.values.clear();
        let mut at = memchr::memchr(b'\n', piece).map_or(piece.len(), |end| end + 1);
        self.lines.start = at;
        loop {
            while let Some((pid, len)) = fast::reading(&piece[at..], &mut self.latest, &mut self.reading) {
                let Reading { unix_ns, n_same, told } = &self.reading;
                let metrics = told.unload(&mut self.values);
                self.steps.push(Step::Reading { pid, unix_ns: *unix_ns, n_same: *n_same, metrics });
                at += len;
            }
            let Some(len) = memchr::memchr(b'\n', &piece[at..]) else { break };
            self.steps.push(Step::Line(at..at + len));
            at += len + 1;
        }
        self.lines.end = at;
    }
}
