//! The process that holds the ptrace relation, and the hook by which a program gets into it.
//!
//! It is a copy of us that never calls exec, so that it may use async-signal-safe calls only: no allocation, no lock,
//! no panic. It keeps no state; it reads, notes and lets go. A wait only peeks (WNOWAIT): the kernel then remembers
//! a stopped thread's signal until it is let go, and delivers it even if we are killed in between.

use std::fs::File;
use std::io::{self, Write};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixStream;

use super::super::bare_copy;
use super::super::{STATUS_SIZE, monotonic_ns, shares_memory};
use super::note::{HEAD_SIZE, Note, What, field, size_text};
use super::retry_on_eintr;

/// Not the option that kills the tracees with us: the program must survive its recorder.
const OPTIONS: libc::c_int = libc::PTRACE_O_TRACEEXIT
    | libc::PTRACE_O_TRACEEXEC
    | libc::PTRACE_O_TRACECLONE
    | libc::PTRACE_O_TRACEFORK
    | libc::PTRACE_O_TRACEVFORK;

/// What a note of a birth holds of that file: enough for the process's number, which is its fourth line.
const BIRTH_SIZE: usize = 256;

/// What the follower needs.
pub(super) struct Ends<'fds> {
    /// Where the program comes in.
    pub(super) gate: &'fds UnixStream,
    /// The gate's other side, which it must not hold.
    pub(super) entrance: &'fds UnixStream,
    pub(super) notes: &'fds File,
    pub(super) bell: &'fds File,
}

/// Starts the follower, and gives its number.
pub(super) fn start(ends: &Ends<'_>) -> io::Result<u32> {
    bare_copy::start(|parent| follow(ends, parent))
}

/// Runs in the program's process before its exec: waits until it is traced, or until nobody is there to trace it.
pub(super) fn admit(entrance: &UnixStream, follower: u32) -> io::Result<()> {
    let fd = entrance.as_raw_fd();
    let mut byte = [0_u8];
    // SAFETY: system calls that are async-signal-safe; both buffers live through the calls. Where Yama guards
    // ptrace, a sibling must be allowed; elsewhere that call fails and is not needed.
    unsafe {
        libc::prctl(libc::PR_SET_PTRACER, libc::c_ulong::from(follower), 0, 0, 0);
        let pid = libc::getpid().to_ne_bytes();
        if libc::send(fd, pid.as_ptr().cast(), pid.len(), libc::MSG_NOSIGNAL) == pid.len() as isize {
            let _ = retry_on_eintr(|| libc::recv(fd, byte.as_mut_ptr().cast(), 1, 0) as i32);
        }
    }
    Ok(())
}

fn follow(ends: &Ends<'_>, parent: libc::pid_t) {
    // SAFETY: it takes an integer. The descriptor is not used through its owner again: this process ends without
    // running destructors. What follows closes it too, but on old kernels.
    unsafe { libc::close(ends.entrance.as_raw_fd()) };
    let kept = [ends.gate.as_raw_fd(), ends.notes.as_raw_fd(), ends.bell.as_raw_fd()];
    bare_copy::settle(c"mprof-tracer", parent, kept);
    let log = Log { notes: ends.notes.as_raw_fd(), bell: ends.bell.as_raw_fd() };
    if let Some(pid) = arrival(ends.gate) {
        if let Err(code) = ptrace(libc::PTRACE_SEIZE, pid, OPTIONS as usize) {
            log.tell(What::Refused, code as u32, b"");
        }
        release(ends.gate);
        while let Some(change) = next_change() {
            log.handle(&change);
        }
    }
    log.tell(What::Closed, 0, b"");
}

/// The number of the program's process, or nothing when none will come.
fn arrival(gate: &UnixStream) -> Option<u32> {
    let mut pid = [0; 4];
    // SAFETY: the buffer lives through the call.
    let n = unsafe { libc::recv(gate.as_raw_fd(), pid.as_mut_ptr().cast(), pid.len(), libc::MSG_WAITALL) };
    (n == pid.len() as isize).then_some(u32::from_ne_bytes(pid))
}

/// Lets the program run, and any other that the same command might start run untraced.
fn release(gate: &UnixStream) {
    // SAFETY: the buffer lives through the call. The descriptor's owner never runs its destructor here.
    unsafe {
        libc::send(gate.as_raw_fd(), b"!".as_ptr().cast(), 1, libc::MSG_NOSIGNAL);
        libc::close(gate.as_raw_fd());
    }
}

/// What a thread that is traced did.
enum Change {
    /// It waits for us. The status is of ptrace(2): a signal, and an event above it.
    Stopped { tid: u32, status: libc::c_int },
    /// It is a zombie that only its tracer sees.
    Ended { tid: u32 },
}

/// Waits for the next change, and leaves it as it is; nothing when no thread is left.
fn next_change() -> Option<Change> {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WSTOPPED | libc::WEXITED | libc::WNOWAIT | libc::__WALL;
    // SAFETY: the pointer lives through the call, and the structure is filled when it succeeds.
    let info = unsafe {
        retry_on_eintr(|| libc::waitid(libc::P_ALL, 0, info.as_mut_ptr(), options)).ok()?;
        info.assume_init()
    };
    // SAFETY: these are the fields of a siginfo that waitid filled.
    let (tid, status) = unsafe { (info.si_pid() as u32, info.si_status()) };
    match info.si_code {
        libc::CLD_TRAPPED | libc::CLD_STOPPED => Some(Change::Stopped { tid, status }),
        _ => Some(Change::Ended { tid }),
    }
}

/// Waits for what was peeked at.
fn take(tid: u32, what: libc::c_int) {
    // SAFETY: a null pointer asks for no result.
    unsafe { libc::waitid(libc::P_PID, tid, std::ptr::null_mut(), what | libc::WNOHANG | libc::__WALL) };
}

/// Waits for what was peeked at, or peeks once more, and asks what the process held at most until now: in the images
/// that it was, in the one that it is, and in the children that it waited for. The system call tells that to a tracer
/// alone, of a process that stands, and libc's has no room for the answer (waitid(2)).
fn most_bytes(tid: u32, options: libc::c_int) -> Option<u64> {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    let options = options | libc::WSTOPPED | libc::WNOHANG | libc::__WALL;
    let nowhere = std::ptr::null_mut::<libc::siginfo_t>();
    // SAFETY: the pointer lives through the call, a null pointer asks for no other result, and a zeroed rusage is a
    // valid one, which stays when nothing waits.
    let usage = unsafe {
        let result = libc::syscall(libc::SYS_waitid, libc::P_PID, tid, nowhere, options, usage.as_mut_ptr());
        (result == 0).then(|| usage.assume_init())?
    };
    Some(usage.ru_maxrss as u64 * 1024)
}

/// Where notes go.
struct Log {
    notes: RawFd,
    bell: RawFd,
}

impl Log {
    fn handle(&self, change: &Change) {
        match *change {
            Change::Stopped { tid, status } => self.resume(tid, status),
            Change::Ended { tid } => self.bury(tid),
        }
    }

    fn resume(&self, tid: u32, status: libc::c_int) {
        let (signal, event) = (status & 0xff, status >> 8);
        let resumed = match event {
            // The signal is on its way: it arrives as if we were not there.
            0 => ptrace(libc::PTRACE_CONT, tid, signal as usize),
            libc::PTRACE_EVENT_EXIT => return self.hear(tid),
            // Stopped as by Ctrl-Z: it stays so, and we hear of its continuation.
            libc::PTRACE_EVENT_STOP if signal != libc::SIGTRAP => ptrace(libc::PTRACE_LISTEN, tid, 0),
            libc::PTRACE_EVENT_STOP => self.begin(tid),
            libc::PTRACE_EVENT_CLONE => self.announce(tid),
            libc::PTRACE_EVENT_EXEC => self.replace(tid),
            _ => ptrace(libc::PTRACE_CONT, tid, 0),
        };
        // It fails when the thread was killed meanwhile: that is the next change.
        let _ = resumed;
    }

    /// A thread exits: its memory is read, and it goes its way as if it had never been traced.
    fn hear(&self, tid: u32) {
        let mut buffer = [0; STATUS_SIZE];
        let text = read_status(tid, &mut buffer);
        let what = if is_borrowing(tid, text) { What::ExitsBorrowing } else { What::Exits };
        self.tell(what, tid, text);
        if ptrace(libc::PTRACE_DETACH, tid, 0).is_err() {
            self.tell(What::Lingers, tid, b"");
        }
    }

    /// A thread or a process is about to run its first instruction, or to go on after a stop.
    fn begin(&self, tid: u32) -> Result<(), i32> {
        self.introduce(What::Begins, tid);
        ptrace(libc::PTRACE_CONT, tid, 0)
    }

    /// A thread began another one, which counts from now on: it may not have run yet when this one exits.
    fn announce(&self, tid: u32) -> Result<(), i32> {
        let child = event_number(tid)?;
        self.introduce(What::Announced, child);
        ptrace(libc::PTRACE_CONT, tid, 0)
    }

    /// A process called exec. Only one thread is left; it got the number of the first, and had another if it was not.
    fn replace(&self, pid: u32) -> Result<(), i32> {
        // Here alone a peek is not enough: as long as nobody has waited for it, the kernel takes the number for the
        // old first thread's, and refuses every request. This stop has no signal that could be lost.
        if let Some(bytes) = most_bytes(pid, 0) {
            self.tell(What::Becomes, pid, &size_text(bytes));
        }
        if event_number(pid)? != pid {
            self.tell(What::Replaces, pid, b"");
        }
        ptrace(libc::PTRACE_CONT, pid, 0)
    }

    /// Notes a new thread; of a new process, what its memory was before it did anything.
    fn introduce(&self, what: What, tid: u32) {
        if is_first_thread(tid) {
            let bytes = most_bytes(tid, libc::WNOWAIT).filter(|_| what == What::Begins);
            bytes.into_iter().for_each(|bytes| self.tell(What::Copied, tid, &size_text(bytes)));
        } else {
            let mut buffer = [0; STATUS_SIZE];
            let text = read_status(tid, &mut buffer);
            self.tell(what, tid, text.get(..BIRTH_SIZE).unwrap_or(text));
        }
    }

    /// A thread was killed while it waited for us. Its end goes on to its real parent.
    fn bury(&self, tid: u32) {
        let mut buffer = [0; STATUS_SIZE];
        self.tell(What::Ended, tid, read_status(tid, &mut buffer));
        take(tid, libc::WEXITED);
    }

    /// Writes a note and rings. Without memory for it, the recorder is to know that the account is not whole.
    fn tell(&self, what: What, number: u32, text: &[u8]) {
        let note = Note { at_ns: monotonic_ns(), what, number, text };
        let head = note.head();
        let parts = [&head[..], text]
            .map(|it| libc::iovec { iov_base: it.as_ptr().cast_mut().cast(), iov_len: it.len() });
        // SAFETY: the parts and what they point at live through the calls, which only read them.
        unsafe {
            let n = libc::writev(self.notes, parts.as_ptr(), 2);
            if n != (HEAD_SIZE + text.len()) as isize {
                libc::_exit(1);
            }
            libc::write(self.bell, (&raw const ONE).cast(), size_of_val(&ONE));
        }
    }
}

/// What is added to the eventfd.
static ONE: u64 = 1;

/// Whether a process is in its parent's memory, as after vfork without exec: the reading is then the parent's.
fn is_borrowing(tid: u32, text: &[u8]) -> bool {
    let Some(parent) = field(text, b"PPid:").filter(|_| field(text, b"Tgid:") == Some(tid)) else {
        return false;
    };
    shares_memory(tid, parent)
}

/// Whether that number is a process's.
fn is_first_thread(tid: u32) -> bool {
    // SAFETY: tgkill takes integers, and signal 0 is none: it only asks whether the thread is in that process.
    unsafe { libc::syscall(libc::SYS_tgkill, tid, tid, 0) == 0 }
}

/// The status file of a thread; empty when there is none.
fn read_status(tid: u32, buffer: &mut [u8; STATUS_SIZE]) -> &[u8] {
    let mut path = [0; 32];
    if write!(&mut path[..], "/proc/{tid}/status\0").is_err() {
        return b"";
    }
    // SAFETY: the path ends in a zero, the buffer is as long as it says, and the descriptor is closed once.
    let n = unsafe {
        let fd = libc::open(path.as_ptr().cast(), libc::O_RDONLY | libc::O_CLOEXEC);
        let n = libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len());
        libc::close(fd);
        n
    };
    usize::try_from(n).ok().and_then(|n| buffer.get(..n)).unwrap_or_default()
}

/// The thread that an event is about.
fn event_number(tid: u32) -> Result<u32, i32> {
    let mut number: libc::c_ulong = 0;
    ptrace(libc::PTRACE_GETEVENTMSG, tid, &raw mut number as usize)?;
    Ok(number as u32)
}

/// A request without an address. The data is a number, or the address of a result that outlives the call.
fn ptrace(request: impl Into<i64>, tid: u32, data: usize) -> Result<(), i32> {
    // SAFETY: no request used here writes but PTRACE_GETEVENTMSG, whose caller gives the address of a long.
    let result = unsafe { libc::syscall(libc::SYS_ptrace, request.into(), tid, 0, data) };
    if result < 0 { Err(io::Error::last_os_error().raw_os_error().unwrap_or(0)) } else { Ok(()) }
}
