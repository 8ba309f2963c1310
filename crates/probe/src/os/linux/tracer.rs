//! What every process of a tree was when it ended, however short its life: ptrace(2) stops each one at its exit, while
//! its memory still stands, and `/proc/PID/status` then holds its true high-water mark.
//!
//! A process of its own traces (`follower.rs`), not a thread of ours: the kernel shows the stops of a tracee to each
//! thread of its tracer's process whatever a wait asks for, so that our own waits would see them and eat them. Beside
//! it our waits behave as ever. It never stops with us at a Ctrl-Z, and killing it frees all tracees at once, unharmed.
//!
//! What tracing alters: a debugger inside the tree is refused, and a setuid program gets no new privilege unless we
//! have CAP_SYS_PTRACE. What a process held before an exec is told with the exec, as `ru_maxrss`, in which children are
//! too that it had waited for by then. Not seen: a process begun with CLONE_UNTRACED.

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;

use mprof_recording::metric::Bytes;

use super::super::unix::reaping::peek_exited;
use super::super::unix::{check, retry_on_eintr};
use super::bare_copy;
use ledger::Ledger;
use note::Note;

#[path = "tracer/follower.rs"]
mod follower;
#[path = "tracer/ledger.rs"]
mod ledger;
#[path = "tracer/note.rs"]
mod note;
#[cfg(test)]
#[path = "tracer/tests.rs"]
mod tests;

/// Bytes of notes that were read and are kept until their pages are given back.
const PUNCH_BYTES: u64 = 1 << 20;

/// What a process was when it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exited {
    pub(crate) pid: u32,
    /// Its parent at that time: whoever adopted it, if its own parent was gone.
    pub(crate) parent: u32,
    /// As the kernel has it: at most 15 bytes, with `\n` for a line feed.
    pub(crate) name: Vec<u8>,
    /// When it began, where that was told.
    pub(crate) born_ns: Option<u64>,
    /// When it ended, on the clock of `monotonic_ns` as well.
    pub(crate) at_ns: u64,
    /// A mark of zero when the memory was its parent's (vfork without exec), and nothing when two SIGKILL outran the
    /// reading.
    pub(crate) bytes: Bytes,
    /// The highest that an exec of it has ended: of the images that it was, and of children that it had waited for.
    pub(crate) earlier_bytes: Option<u64>,
}

/// Traces a program and all that descends from it, until it is dropped.
#[derive(Debug)]
pub(crate) struct Tracer {
    /// Our child. Its exit signal is none, so that only a wait with `__WALL` sees it.
    follower: u32,
    /// A file in memory, which never makes the follower wait for us as a full pipe would.
    notes: File,
    /// An eventfd.
    bell: File,
    read_bytes: u64,
    punched_bytes: u64,
    unread: Vec<u8>,
    ledger: Ledger,
    failure: Option<io::Error>,
}

impl Tracer {
    /// Arranges that the program which the command starts is traced from its first instruction, by one spawn.
    ///
    /// The calling thread must outlive the tracer: the kernel ends the follower with it.
    pub(crate) fn prepare(command: &mut Command) -> io::Result<Self> {
        let notes = memory_file()?;
        let bell = eventfd()?;
        let (gate, entrance) = UnixStream::pair()?;
        let ends = follower::Ends { gate: &gate, entrance: &entrance, notes: &notes, bell: &bell };
        let follower = follower::start(&ends)?;
        // SAFETY: the hook makes three system calls and touches nothing that a lock of another thread guards.
        unsafe { command.pre_exec(move || follower::admit(&entrance, follower)) };
        let (ledger, unread) = (Ledger::default(), Vec::new());
        Ok(Self { follower, notes, bell, read_bytes: 0, punched_bytes: 0, unread, ledger, failure: None })
    }

    /// Appends what ended since the last call; never blocks. A process that can be reaped is in it already.
    pub(crate) fn drain(&mut self, exited: &mut Vec<Exited>) {
        let was_alive = self.is_following();
        // The bell first: what is noted after it rings again.
        let _ = (&self.bell).read(&mut [0; 8]);
        if let Err(error) = self.read_notes() {
            self.failure.get_or_insert(error);
        }
        let mut rest = self.unread.as_slice();
        while let Some((note, after)) = Note::split(rest) {
            rest = after;
            self.ledger.take(&note, exited);
        }
        let n_done = self.unread.len() - rest.len();
        self.unread.drain(..n_done);
        self.conclude(was_alive);
    }

    /// Readable when there is something to drain.
    #[cfg(test)]
    pub(crate) fn fd(&self) -> RawFd {
        self.bell.as_raw_fd()
    }

    /// The process that traces. It is a child of ours and no part of the program's tree.
    pub(crate) fn pid(&self) -> u32 {
        self.follower
    }

    /// Why tracing was refused, or ended before the program and its descendants did, as far as it was drained.
    pub(crate) fn failure(&self) -> Option<&io::Error> {
        self.failure.as_ref()
    }

    fn read_notes(&mut self) -> io::Result<()> {
        let mut page = [0; 1 << 14];
        loop {
            let n = self.notes.read_at(&mut page, self.read_bytes)?;
            if n == 0 {
                break;
            }
            self.unread.extend_from_slice(&page[..n]);
            self.read_bytes += n as u64;
        }
        self.give_back();
        Ok(())
    }

    /// Frees the memory of notes that were read, so that a run of days does not grow.
    fn give_back(&mut self) {
        let n = self.read_bytes - self.punched_bytes;
        if n < PUNCH_BYTES {
            return;
        }
        let mode = libc::FALLOC_FL_PUNCH_HOLE | libc::FALLOC_FL_KEEP_SIZE;
        let (from, n) = (self.punched_bytes as libc::off_t, n as libc::off_t);
        // SAFETY: fallocate takes integers. If it fails, the memory is kept.
        unsafe { libc::fallocate(self.notes.as_raw_fd(), mode, from, n) };
        self.punched_bytes = self.read_bytes;
    }

    fn conclude(&mut self, was_alive: bool) {
        if self.failure.is_some() {
            return;
        }
        if let Some(code) = self.ledger.refusal() {
            self.failure = Some(io::Error::from_raw_os_error(code));
        } else if !was_alive && !self.ledger.is_closed() {
            self.failure = Some(io::Error::other("the tracing process was killed"));
        }
    }

    fn is_following(&self) -> bool {
        matches!(peek_exited(libc::P_PID, self.follower, libc::__WALL), Ok(None))
    }
}

impl Drop for Tracer {
    /// The end of a tracer detaches its tracees before it can be reaped, with no signal of theirs lost.
    fn drop(&mut self) {
        bare_copy::end(self.follower);
    }
}

fn memory_file() -> io::Result<File> {
    // SAFETY: the name is a C string, and the call gives a new descriptor or -1.
    owned(unsafe { libc::memfd_create(c"mprof-tracer".as_ptr(), libc::MFD_CLOEXEC) })
}

fn eventfd() -> io::Result<File> {
    // SAFETY: eventfd takes two integers, and gives a new descriptor or -1.
    owned(unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) })
}

fn owned(fd: RawFd) -> io::Result<File> {
    check(fd)?;
    // SAFETY: the descriptor is new, so nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) }.into())
}
