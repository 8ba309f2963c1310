//! From threads to processes: a process ends when the last of its threads does. Pure: it takes notes in any order
//! in which the kernel may tell them.
//!
//! The reading of the last thread counts, since the memory is whole until then. A thread is told to be born twice: by
//! itself, so that it is known before it can do anything, and by the thread that began it, which may exit before the
//! new one has run. Either may come first, the second perhaps never (its teller was killed) or after the thread's end.
//! A thread that calls exec becomes the first one, and the end of that one may go untold.

use std::collections::{HashMap, HashSet};

use mprof_recording::metric::{Bytes, Metric};

use super::Exited;
use super::note::{Note, What, field, line, size_bytes};
use crate::status;

/// A copy of a process may touch so much more before it calls exec, and the kernel counts pages in batches: what it held
/// then is its parent's still.
const COPY_BYTES: u64 = 1 << 20;

/// Which threads live, as far as it matters.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    /// Processes that have, or had, more than one thread.
    groups: HashMap<u32, Group>,
    /// Threads whose exit was told, and whose end will be told too.
    lingering: HashSet<u32>,
    /// What each process was before it is what it is.
    images: HashMap<u32, Images>,
    refusal: Option<i32>,
    is_closed: bool,
}

/// The memory of a process before its last exec.
#[derive(Debug)]
struct Images {
    /// When its first note was written.
    born_ns: u64,
    /// What it had of its parent's, or of ours.
    copied_bytes: u64,
    /// The highest beyond that which an exec has ended.
    earlier_bytes: Option<u64>,
}

#[derive(Debug)]
struct Group {
    n_live: u32,
    /// Living threads but the first.
    threads: HashSet<u32>,
    /// Threads that were heard of, and not yet from the thread that began them.
    unannounced: HashSet<u32>,
    /// The newest reading.
    bytes: Option<Bytes>,
    /// The first thread's, which is the process's.
    name: Option<Vec<u8>>,
}

impl Ledger {
    /// Takes a note, and appends the process that ended by it.
    pub(super) fn take(&mut self, note: &Note<'_>, exited: &mut Vec<Exited>) {
        match note.what {
            What::Begins | What::Announced => self.born(note),
            What::Replaces => self.replaced(note.number),
            What::Exits => exited.extend(self.ended(note, status::parse(note.text))),
            What::Lingers => drop(self.lingering.insert(note.number)),
            What::Ended if self.lingering.remove(&note.number) => {}
            What::ExitsBorrowing => exited.extend(self.ended(note, Some(nothing_of_its_own()))),
            What::Ended => exited.extend(self.ended(note, None)),
            What::Copied => drop(self.images_of(note)),
            What::Becomes => self.became(note),
            What::Refused => self.refusal = Some(note.number as i32),
            What::Closed => self.is_closed = true,
        }
    }

    /// The error by which tracing was refused.
    pub(super) fn refusal(&self) -> Option<i32> {
        self.refusal
    }

    /// Whether the follower had nothing left to do.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    fn born(&mut self, note: &Note<'_>) {
        let tid = note.number;
        match field(note.text, b"Tgid:") {
            Some(pid) if pid == tid => {}
            Some(pid) if note.what == What::Begins => self.groups.entry(pid).or_default().begins(tid),
            Some(pid) => self.groups.entry(pid).or_default().announced(tid),
            // It is gone already, and so is its status.
            None => drop(self.groups.values_mut().any(|group| group.unannounced.remove(&tid))),
        }
    }

    /// What a process was, which begins with its first note. The program's own is its first exec.
    fn images_of(&mut self, note: &Note<'_>) -> Option<(&mut Images, u64)> {
        let bytes = size_bytes(note.text)?;
        let copied = Images { born_ns: note.at_ns, copied_bytes: bytes, earlier_bytes: None };
        Some((self.images.entry(note.number).or_insert(copied), bytes))
    }

    fn became(&mut self, note: &Note<'_>) {
        if let Some((images, bytes)) = self.images_of(note)
            && bytes > images.copied_bytes.saturating_add(COPY_BYTES)
        {
            images.earlier_bytes = images.earlier_bytes.max(Some(bytes));
        }
    }

    fn replaced(&mut self, pid: u32) {
        self.groups.remove(&pid);
        self.lingering.remove(&pid);
    }

    fn ended(&mut self, note: &Note<'_>, bytes: Option<Bytes>) -> Option<Exited> {
        let tid = note.number;
        let pid = field(note.text, b"Tgid:").unwrap_or(tid);
        let own_name = line(note.text, b"Name:\t").unwrap_or_default().to_vec();
        let parent = field(note.text, b"PPid:").unwrap_or(0);
        let images = &mut self.images;
        let mut exited = |name, bytes| {
            let images = images.remove(&pid);
            let born_ns = images.as_ref().map(|images| images.born_ns);
            let earlier_bytes = images.and_then(|images| images.earlier_bytes);
            Exited { pid, parent, name, born_ns, at_ns: note.at_ns, bytes, earlier_bytes }
        };
        if tid == pid && !self.groups.contains_key(&pid) {
            return Some(exited(own_name, bytes.unwrap_or_default()));
        }
        let group = self.groups.entry(pid).or_default();
        group.bytes = bytes.or(group.bytes);
        if tid == pid {
            group.name = Some(own_name.clone());
        }
        if !group.ends_with(tid, pid) {
            return None;
        }
        let group = self.groups.remove(&pid)?;
        Some(exited(group.name.unwrap_or(own_name), group.bytes.unwrap_or_default()))
    }
}

/// What is known of a process that was in its parent's memory to its end: all of that is the parent's.
fn nothing_of_its_own() -> Bytes {
    Bytes::default().with(Metric::Hwm, 0)
}

impl Default for Group {
    fn default() -> Self {
        Self { n_live: 1, threads: HashSet::new(), unannounced: HashSet::new(), bytes: None, name: None }
    }
}

impl Group {
    fn begins(&mut self, tid: u32) {
        if self.threads.insert(tid) {
            self.unannounced.insert(tid);
            self.n_live += 1;
        }
    }

    fn announced(&mut self, tid: u32) {
        if !self.unannounced.remove(&tid) && self.threads.insert(tid) {
            self.n_live += 1;
        }
    }

    /// Whether the process ends with that thread.
    fn ends_with(&mut self, tid: u32, pid: u32) -> bool {
        if tid != pid && !self.threads.remove(&tid) {
            self.unannounced.insert(tid);
            return false;
        }
        self.n_live = self.n_live.saturating_sub(1);
        self.n_live == 0
    }
}

#[cfg(test)]
mod tests {
    use super::super::note::size_text;
    use super::*;

    /// Takes notes of `what tid tgid hwm`, and gives the processes that ended with their marks, in kB.
    fn ended(notes: &[(What, u32, u32, u64)]) -> Vec<(u32, Option<u64>)> {
        let (mut ledger, mut exited) = (Ledger::default(), Vec::new());
        for &(what, number, tgid, kib) in notes {
            let vm = if kib > 0 { format!("VmHWM:\t{kib} kB\nVmRSS:\t{kib} kB\n") } else { String::new() };
            let text = if tgid > 0 { format!("Name:\tt{number}\nTgid:\t{tgid}\nPPid:\t1\n{vm}") } else { vm };
            ledger.take(&Note { at_ns: 0, what, number, text: text.as_bytes() }, &mut exited);
        }
        exited.into_iter().map(|it| (it.pid, it.bytes.get(Metric::Hwm).map(|it| it / 1024))).collect()
    }

    #[test]
    fn a_process_of_one_thread_ends_at_once() {
        assert_eq!(ended(&[(What::Exits, 5, 5, 9), (What::Exits, 6, 6, 8)]), [(5, Some(9)), (6, Some(8))]);
    }

    #[test]
    fn the_last_thread_ends_the_process_whichever_it_is() {
        let born = (What::Announced, 6, 5, 1);
        let (first, second) = ((What::Exits, 5, 5, 7), (What::Exits, 6, 5, 9));
        assert_eq!(ended(&[born, first]), []);
        assert_eq!(ended(&[born, second, first]), [(5, Some(7))]);
        assert_eq!(ended(&[born, first, second]), [(5, Some(9))]);
    }

    #[test]
    fn a_thread_may_be_gone_before_it_is_announced() {
        let (begins, announced) = ((What::Begins, 6, 5, 1), (What::Announced, 6, 5, 1));
        let (ends, last) = ((What::Exits, 6, 5, 7), (What::Exits, 5, 5, 8));
        assert_eq!(ended(&[begins, ends, announced, last]), [(5, Some(8))]);
        assert_eq!(ended(&[begins, announced, begins, ends, last]), [(5, Some(8))]);
        assert_eq!(ended(&[ends, announced, last]), [(5, Some(8))]);
        assert_eq!(ended(&[ends, (What::Announced, 6, 0, 0), last]), [(5, Some(8))]);
        assert_eq!(ended(&[announced, last]), []);
        assert_eq!(ended(&[begins, last]), []);
    }

    #[test]
    fn a_thread_that_calls_exec_becomes_the_process() {
        let (begins, replaces) = ((What::Begins, 6, 5, 1), (What::Replaces, 5, 0, 0));
        let (first, last) = ((What::Exits, 5, 5, 90), (What::Exits, 5, 5, 3));
        assert_eq!(ended(&[begins, first, replaces, last]), [(5, Some(3))]);
        assert_eq!(ended(&[begins, replaces, last]), [(5, Some(3))]);
    }

    #[test]
    fn one_killed_twice_is_told_once_and_keeps_what_was_read() {
        let (exits, lingers, end) =
            ((What::Exits, 5, 5, 4), (What::Lingers, 5, 0, 0), (What::Ended, 5, 5, 0));
        assert_eq!(ended(&[exits, lingers, end]), [(5, Some(4))]);
        assert_eq!(ended(&[end]), [(5, None)]);
        assert_eq!(ended(&[(What::Announced, 6, 5, 1), (What::Exits, 6, 5, 4), end]), [(5, Some(4))]);
    }

    #[test]
    fn what_an_exec_has_ended_is_known_and_what_a_copy_had_of_its_parent_is_not_its_own() {
        let (mut ledger, mut exited) = (Ledger::default(), Vec::new());
        let mut take = |what, number, text: &[u8]| {
            ledger.take(&Note { at_ns: 0, what, number, text }, &mut exited);
        };
        let mib = |mib: u64| size_text(mib << 20);
        // The program itself: its first exec is its beginning.
        take(What::Becomes, 5, &mib(3));
        take(What::Becomes, 5, &mib(64));
        take(What::Becomes, 5, &mib(64));
        // A copy of it that rises, one that does not, and one of the same number.
        take(What::Copied, 6, &mib(64));
        take(What::Becomes, 6, &mib(70));
        take(What::Copied, 7, &mib(64));
        take(What::Becomes, 7, &mib(65));
        for (number, text) in [(7, b"Tgid:\t7\n"), (6, b"Tgid:\t6\n"), (5, b"Tgid:\t5\n"), (6, b"Tgid:\t6\n")]
        {
            take(What::Exits, number, text);
        }
        let earlier: Vec<_> = exited.iter().map(|it| (it.pid, it.earlier_bytes.map(|it| it >> 20))).collect();
        assert_eq!(earlier, [(7, None), (6, Some(70)), (5, Some(64)), (6, None)]);
        assert!(ledger.images.is_empty());
    }

    #[test]
    fn borrowed_memory_is_nothing_of_ones_own_and_a_cloned_process_no_thread() {
        assert_eq!(ended(&[(What::Announced, 6, 6, 1), (What::ExitsBorrowing, 6, 6, 9)]), [(6, Some(0))]);
        assert_eq!(ended(&[(What::Ended, 7, 7, 0)]), [(7, None)], "nobody knows what that one had");
    }
}
