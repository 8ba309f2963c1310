//! One process of a tree: what it gave last, and how closely it needs to be looked at.

use std::io;

use mprof_recording::event::Pid;
use mprof_recording::metric::{Bytes, Metric};

use super::ghosts::Untold;
use super::name_text;
use crate::os::{self, Reader, Resetter};

#[derive(Debug)]
pub(super) struct Process {
    pub(super) pid: Pid,
    /// Who started it, where that is one of the run's.
    pub(super) parent: Option<Pid>,
    /// Whether anything was told of it. Before, it may share its parent's memory, and may be gone unread.
    pub(super) is_told: bool,
    /// The name that was told last.
    pub(super) name: String,
    pub(super) reader: Reader,
    /// A mark that is older than the recording. It tells nothing until it rises.
    pub(super) old_mark_bytes: Option<u64>,
    /// The highest mark that was told of one that is not begun anew.
    pub(super) kept_mark_bytes: u64,
}

/// How closely a process is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effort {
    /// A full reading.
    Full,
    /// A full reading unless it is certain that the process has slept since the last one.
    UnlessAsleep,
    /// A full reading if it has run since the last one, as far as the scheduler has counted.
    IfRun,
}

/// What a process gave.
pub(super) enum Reading {
    Bytes(Bytes),
    /// Nothing yet, or not this time.
    NotYet,
    /// It holds no memory any more.
    Over,
}

impl Process {
    pub(super) fn new(pid: Pid, parent: Option<Pid>, reader: Reader) -> Self {
        Self {
            pid,
            parent,
            is_told: false,
            name: String::new(),
            reader,
            old_mark_bytes: None,
            kept_mark_bytes: 0,
        }
    }

    /// Leaves a mark in a reading only if it is news: it may be older than the recording, or of the whole life among
    /// marks of intervals.
    pub(super) fn sift_mark(&mut self, has_old_marks: bool, bytes: &mut Bytes) {
        if has_old_marks {
            let mark = bytes.get(Metric::Hwm);
            let old_mark = *self.old_mark_bytes.get_or_insert(mark.unwrap_or(0));
            bytes.set(Metric::Hwm, mark.filter(|&mark| mark > old_mark));
        }
        if self.reader.keeps_mark() {
            let mark = bytes.get(Metric::Hwm).filter(|&mark| mark > self.kept_mark_bytes);
            self.kept_mark_bytes = self.kept_mark_bytes.max(mark.unwrap_or(0));
            bytes.set(Metric::Hwm, mark);
        }
    }

    /// Whether it is the same process still, with memory of its own or its parent's.
    pub(super) fn is_alive(&mut self) -> bool {
        !matches!(self.read(Effort::Full, 0), Reading::Over)
    }

    /// What is known of one that is gone, and of which nothing was told.
    pub(super) fn untold(&mut self) -> Untold {
        let name = self.reader.take_new_name().map(|name| name_text(&name)).unwrap_or_default();
        Untold { pid: self.pid, parent: self.parent, name }
    }

    pub(super) fn read(&mut self, effort: Effort, now_ns: u64) -> Reading {
        let is_borrowing = |parent: Pid| os::borrows_memory(self.pid.number, parent.number);
        if !self.is_told && self.parent.is_some_and(is_borrowing) {
            return Reading::NotYet;
        }
        let outcome = match effort {
            Effort::Full => self.reader.read(),
            Effort::UnlessAsleep => self.reader.read_unless_asleep(now_ns),
            Effort::IfRun => self.reader.read_if_run(now_ns),
        };
        match outcome {
            Ok(Some(bytes)) => Reading::Bytes(bytes),
            // A failure to read is for this tick: the permission may come back, the number may not.
            Err(_) if self.is_told => Reading::NotYet,
            Ok(None) | Err(_) => Reading::Over,
        }
    }
}

/// A reader of a process, whose marks are begun anew if anyone is there to do it. Where descriptors are short, some are
/// spared and it is tried once more.
pub(super) fn open(number: u32, resetter: Option<&Resetter>, mut spare: impl FnMut()) -> io::Result<Reader> {
    let mut reader = twice(|| Reader::open(number), &mut spare)?;
    if let Some(resetter) = resetter
        && let Err(error) = twice(|| reader.reset_marks(resetter), &mut spare)
        // The files of a zombie are root's, and it has no mark that could be begun anew.
        && !matches!(reader.read(), Ok(None))
    {
        resetter.refused(&error);
    }
    Ok(reader)
}

fn twice<T>(mut attempt: impl FnMut() -> io::Result<T>, spare: &mut impl FnMut()) -> io::Result<T> {
    attempt().or_else(|error| match error.raw_os_error() {
        Some(libc::EMFILE | libc::ENFILE) => {
            spare();
            attempt()
        }
        _ => Err(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::tests::wait_for_zombie;

    #[test]
    fn want_of_descriptors_is_met_once_and_nothing_else_is() {
        let tried = |code| {
            let (mut n_attempts, mut n_spared) = (0, 0);
            let attempt = || {
                n_attempts += 1;
                if n_attempts == 1 { Err(io::Error::from_raw_os_error(code)) } else { Ok(()) }
            };
            (twice(attempt, &mut || n_spared += 1).is_ok(), n_spared)
        };
        assert_eq!([libc::EMFILE, libc::ENFILE, libc::ESRCH].map(tried), [(true, 1), (true, 1), (false, 0)]);
    }

    /// An orphan that ended while its parent waits to be reaped by its own parent.
    #[test]
    fn two_that_have_no_memory_any_more_do_not_share_it() {
        let mut children = ["true", "true"].map(|name| std::process::Command::new(name).spawn().unwrap());
        let numbers = children.each_ref().map(std::process::Child::id);
        numbers.iter().for_each(|&number| wait_for_zombie(number));
        let [parent, child] = numbers.map(Pid::from);
        let mut process = Process::new(child, Some(parent), Reader::open(child.number).unwrap());
        assert!(matches!(process.read(Effort::Full, 0), Reading::Over));
        children.iter_mut().for_each(|child| assert!(child.wait().unwrap().success()));
    }

    #[test]
    fn who_is_gone_before_it_is_read_has_its_name_still() {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let number = child.id();
        wait_for_zombie(number);
        let mut process = Process::new(Pid::from(number), None, Reader::open(number).unwrap());
        assert!(matches!(process.read(Effort::Full, 0), Reading::Over));
        assert_eq!(process.untold().name, "true");
        child.wait().unwrap();
    }
}
