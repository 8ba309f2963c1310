//! What Linux and macOS do alike: signals that reach the recorder instead of the program, FIFOs, and reaping.

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};

#[cfg(target_os = "linux")]
pub(super) use reaping::clock_ns;
pub(crate) use reaping::{exited_child, own_usage, reap, reap_if_ours, thread_cpu_ns};

use super::imp::{Sentinel, Waiting, widen_pipe};
use held::Held;

mod held;
pub(super) mod reaping;

/// Signals that would end the recorder before the program. The recorder outlives them to write how the run ended.
const CAUGHT: [i32; 6] =
    [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT, libc::SIGUSR1, libc::SIGUSR2];

/// Where the origin stands in the byte that the handler writes. No signal of ours is 64 or more.
const ORIGIN_SHIFT: u32 = 6;

/// Where the handler writes. A handler can reach nothing but a static.
static HANDLER_FD: AtomicI32 = AtomicI32::new(-1);

/// A signal that reached the recorder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Caught {
    pub(crate) signal: i32,
    pub(crate) origin: Origin,
}

/// Who sent a signal, and to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Origin {
    /// The system: mostly a terminal, which sends to its whole foreground group, the program included.
    System,
    /// A process, to us or to a group that we are in.
    Process,
    /// A process, to us and nobody else.
    ProcessToUs,
    /// Not we got it, but another process in our group that does nothing else.
    Group,
}

impl Caught {
    /// Whether it was typed on the terminal, to end whatever runs there.
    pub(crate) fn is_typed_interrupt(&self) -> bool {
        self.signal == libc::SIGINT && self.origin == Origin::System
    }

    pub(crate) fn byte(self) -> u8 {
        self.signal as u8 | (self.origin as u8) << ORIGIN_SHIFT
    }

    fn from_byte(byte: u8) -> Self {
        const ORIGINS: [Origin; 4] = [Origin::System, Origin::Process, Origin::ProcessToUs, Origin::Group];
        let signal = i32::from(byte & ((1 << ORIGIN_SHIFT) - 1));
        Self { signal, origin: ORIGINS[usize::from(byte >> ORIGIN_SHIFT)] }
    }
}

/// Caught signals, as bytes in a socket that can be polled.
#[derive(Debug)]
pub(crate) struct Signals {
    inbox: UnixStream,
    /// Kept open for the handler.
    outbox: UnixStream,
    sentinel: Option<Sentinel>,
    /// Until they are caught, they wait.
    held: Option<Held>,
}

impl Signals {
    /// Holds up signals while a program is born. They neither end us then nor find a handler of ours in the copy of us
    /// that becomes it.
    pub(crate) fn hold() -> io::Result<Self> {
        let (inbox, outbox) = UnixStream::pair()?;
        inbox.set_nonblocking(true)?;
        outbox.set_nonblocking(true)?;
        let sentinel = Sentinel::post(outbox.as_raw_fd(), &CAUGHT).ok();
        Ok(Self { inbox, outbox, sentinel, held: Some(Held::begin(&CAUGHT)?) })
    }

    /// Arranges that the program of a command gets the signals of before the fork, which would have ended us if it had
    /// not been for the program; what comes later, it gets as anybody in our group, or from us.
    pub(crate) fn let_through(&self, command: &mut Command) {
        let before = self.held.as_ref().map(Held::before);
        let of_us = Waiting::of_us().ok();
        let let_through = move || {
            // In this order: what has reached us both came later.
            let of_us = of_us.as_ref().map_or(0, Waiting::signals);
            let of_copy = held::waiting();
            let is_early = |signal: &i32| of_us & !of_copy & 1 << (signal - 1) != 0;
            CAUGHT.into_iter().filter(is_early).for_each(held::raise);
            before.iter().try_for_each(held::set_mask)
        };
        // SAFETY: the hook makes a few system calls, which are async-signal-safe.
        unsafe { command.pre_exec(let_through) };
    }

    /// Catches from here on the signals that are not ignored already, as under nohup(1), and those that were held up.
    pub(crate) fn catch(mut self) -> io::Result<Self> {
        HANDLER_FD.store(self.outbox.as_raw_fd(), Ordering::SeqCst);
        CAUGHT.into_iter().try_for_each(catch)?;
        self.held = None;
        Ok(self)
    }

    pub(crate) fn fd(&self) -> RawFd {
        self.inbox.as_raw_fd()
    }

    pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
        self.inbox.as_fd()
    }

    /// The signals since the last call.
    pub(crate) fn take(&self) -> Vec<Caught> {
        let mut bytes = [0; 64];
        let n = (&self.inbox).read(&mut bytes).unwrap_or(0);
        let told = bytes[..n].iter().map(|&byte| Caught::from_byte(byte));
        // A sentinel that had no processor yet has the signal all the same.
        let pending = self.sentinel.as_ref().map_or(0, Sentinel::pending);
        let has_pending = |signal: &i32| pending & 1 << (signal - 1) != 0;
        let pending = CAUGHT.into_iter().filter(has_pending);
        told.chain(pending.map(|signal| Caught { signal, origin: Origin::Group })).collect()
    }

    /// Sends the sentinel home: its place is wanted for the program.
    pub(crate) fn dismiss_sentinel(&mut self) {
        self.sentinel = None;
    }

    /// Lets the sentinel go, which takes it a moment, while there is other work to do. Signals are over.
    pub(crate) fn release_sentinel(&self) {
        self.sentinel.iter().for_each(Sentinel::release);
    }

    /// The process that stands in our group and tells of its signals.
    pub(crate) fn sentinel(&self) -> Option<u32> {
        self.sentinel.as_ref().map(Sentinel::pid)
    }
}

impl Drop for Signals {
    /// The handler stays and finds nowhere to write.
    fn drop(&mut self) {
        HANDLER_FD.store(-1, Ordering::SeqCst);
    }
}

/// Sends a signal to the process of a number. One that is gone needs none.
pub(crate) fn send_to_number(pid: u32, signal: i32) {
    // SAFETY: kill takes two integers.
    unsafe { libc::kill(pid as libc::pid_t, signal) };
}

/// Lets the signals that were caught end this process, as one that never caught them. Ignored ones stay so.
pub fn give_up_signals() {
    let is_handled = |&signal: &i32| disposition(signal) != libc::SIG_IGN;
    for signal in CAUGHT.into_iter().filter(is_handled) {
        set_disposition(signal, libc::SIG_DFL);
    }
}

/// Ends this process by SIGINT, as one that never caught it: whoever waits for it is told so. It returns only where the
/// signal is blocked.
pub fn end_by_interrupt() {
    set_disposition(libc::SIGINT, libc::SIG_DFL);
    held::raise(libc::SIGINT);
}

/// Whether there is a process of that number, even one that we may not signal.
pub(crate) fn exists(pid: u32) -> bool {
    // SAFETY: kill takes two integers, and signal 0 does nothing but check.
    let result = unsafe { libc::kill(pid as libc::pid_t, 0) };
    result == 0 || is_refused()
}

/// Whether there is a process of that number that only another user may signal.
pub(crate) fn is_beyond_us(pid: u32) -> bool {
    // SAFETY: kill takes two integers, and signal 0 does nothing but check.
    let result = unsafe { libc::kill(pid as libc::pid_t, 0) };
    result != 0 && is_refused()
}

fn is_refused() -> bool {
    io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
}

/// The number of the user that we act as.
#[must_use]
pub fn own_user() -> u32 {
    // SAFETY: geteuid takes nothing.
    unsafe { libc::geteuid() }
}

/// How a signal was dealt with before we changed it for ourselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Disposition {
    signal: i32,
    was_ignored: bool,
}

impl Disposition {
    /// Gives the program what it would have had. Async-signal-safe, for the time between fork and exec.
    pub(crate) fn restore(self) {
        let disposition = if self.was_ignored { libc::SIG_IGN } else { libc::SIG_DFL };
        set_disposition(self.signal, disposition);
    }
}

/// Changes for ourselves what would end us or hide our children: an ignored SIGCHLD lets children vanish unreaped,
/// and SIGXFSZ kills who writes beyond a limit, where an error will do.
pub(crate) fn change_dispositions() -> [Disposition; 3] {
    let change = |signal, disposition| Disposition {
        signal,
        was_ignored: set_disposition(signal, disposition) == libc::SIG_IGN,
    };
    let pipe = Disposition { signal: libc::SIGPIPE, was_ignored: PIPE_WAS_IGNORED.load(Ordering::SeqCst) };
    [change(libc::SIGCHLD, libc::SIG_DFL), change(libc::SIGXFSZ, libc::SIG_IGN), pipe]
}

/// How SIGPIPE came to us. Rust ignores it for us before `main`, and gives children the default.
static PIPE_WAS_IGNORED: AtomicBool = AtomicBool::new(false);

/// Runs before Rust's runtime has changed anything.
#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
static REMEMBER_SIGPIPE: extern "C" fn() = remember_sigpipe;

extern "C" fn remember_sigpipe() {
    PIPE_WAS_IGNORED.store(disposition(libc::SIGPIPE) == libc::SIG_IGN, Ordering::SeqCst);
}

/// What a signal does now.
fn disposition(signal: i32) -> libc::sighandler_t {
    let mut now = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a zeroed sigaction is a valid one, and the pointer lives through the call.
    unsafe {
        libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr());
        now.assume_init().sa_sigaction
    }
}

/// Writing beyond the limit of a file's size (`ulimit -f`) is an error from now on, and no longer the end of us.
pub fn outlive_file_size_limit() {
    set_disposition(libc::SIGXFSZ, libc::SIG_IGN);
}

/// What the terminal's keys send is for the program that we run, which decides what it means, as a shell has it.
/// A handler that does nothing becomes the default at exec, so that the program has what it would have had.
pub(crate) fn ignore_interrupts() -> io::Result<()> {
    [libc::SIGINT, libc::SIGQUIT].into_iter().try_for_each(catch)
}

fn set_disposition(signal: i32, disposition: libc::sighandler_t) -> libc::sighandler_t {
    // SAFETY: ignoring and the default install no code.
    unsafe { libc::signal(signal, disposition) }
}

/// Makes a FIFO that only its owner can open (mkfifo(3)), and opens it for both directions: opening waits for nobody,
/// and reading never comes to an end.
pub(crate) fn make_fifo(path: &Path) -> io::Result<File> {
    let name = CString::new(path.as_os_str().as_bytes())?;
    // SAFETY: the string ends with a zero and lives through the call.
    check(unsafe { libc::mkfifo(name.as_ptr(), 0o600) })?;
    let fifo = File::options().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(path);
    // Where descriptors are short, nothing of it stays.
    let fifo = fifo.inspect_err(|_| drop(std::fs::remove_file(path)))?;
    widen_pipe(&fifo);
    Ok(fifo)
}

/// Opens a FIFO that somebody reads, to write to it without ever waiting. Anything else is left as it is.
///
/// # Errors
/// `NotFound` when nobody reads it.
pub(crate) fn open_fifo(path: &Path) -> io::Result<File> {
    let opened = File::options().write(true).custom_flags(libc::O_NONBLOCK).open(path);
    let file = opened.map_err(|error| match error.raw_os_error() {
        Some(libc::ENXIO) => io::Error::from(io::ErrorKind::NotFound),
        _ => error,
    })?;
    let is_fifo = file.metadata()?.file_type().is_fifo();
    if is_fifo { Ok(file) } else { Err(io::Error::other("it is no FIFO")) }
}

/// Whether we may execute a file (access(2)).
pub(crate) fn may_execute(path: &Path) -> bool {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else { return false };
    // SAFETY: the string ends with a zero and lives through the call.
    unsafe { libc::access(path.as_ptr(), libc::X_OK) == 0 }
}

fn catch(signal: i32) -> io::Result<()> {
    let mut old = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a zeroed sigaction is a valid one, and both pointers live through the calls.
    unsafe {
        check(libc::sigaction(signal, std::ptr::null(), old.as_mut_ptr()))?;
        if old.assume_init_ref().sa_sigaction == libc::SIG_IGN {
            return Ok(());
        }
        let mut new: libc::sigaction = std::mem::zeroed();
        new.sa_sigaction = handler as *const () as libc::sighandler_t;
        new.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART;
        check(libc::sigaction(signal, &raw const new, std::ptr::null_mut()))
    }
}

/// Runs inside a signal: it may only call what is async-signal-safe (signal-safety(7)), and must keep `errno`.
extern "C" fn handler(signal: i32, info: *mut libc::siginfo_t, _: *mut libc::c_void) {
    // SAFETY: the kernel gives a valid siginfo to a handler with SA_SIGINFO.
    let byte = Caught { signal, origin: origin(unsafe { (*info).si_code }) }.byte();
    let fd = HANDLER_FD.load(Ordering::SeqCst);
    let errno = io::Error::last_os_error().raw_os_error().unwrap_or(0);
    // SAFETY: write is async-signal-safe, and the byte lives through the call. A full or closed socket loses it.
    unsafe {
        libc::write(fd, (&raw const byte).cast(), 1);
        *errno_location() = errno;
    }
}

/// sigqueue(3) and tgkill(2) reach one process; kill(2) may have been meant for many.
#[cfg(target_os = "linux")]
fn origin(code: i32) -> Origin {
    match code {
        libc::SI_TKILL | libc::SI_QUEUE => Origin::ProcessToUs,
        ..=0 => Origin::Process,
        _ => Origin::System,
    }
}

/// On macOS kill(2) gives `SI_USER`, which is positive there.
#[cfg(target_os = "macos")]
fn origin(code: i32) -> Origin {
    const SI_USER: i32 = 0x10001;
    if code == SI_USER { Origin::Process } else { Origin::System }
}

#[cfg(target_os = "linux")]
fn errno_location() -> *mut i32 {
    // SAFETY: it takes nothing and gives this thread's errno.
    unsafe { libc::__errno_location() }
}

#[cfg(target_os = "macos")]
fn errno_location() -> *mut i32 {
    // SAFETY: it takes nothing and gives this thread's errno.
    unsafe { libc::__error() }
}

/// How far local time is ahead of UTC at a moment, in seconds (localtime_r(3)).
#[must_use]
pub fn local_offset_seconds(unix_seconds: i64) -> i32 {
    let mut parts = MaybeUninit::<libc::tm>::zeroed();
    let time = unix_seconds as libc::time_t;
    // SAFETY: both pointers live through the call, and a zeroed tm is a valid one, with the offset of UTC.
    let parts = unsafe {
        libc::localtime_r(&raw const time, parts.as_mut_ptr());
        parts.assume_init()
    };
    parts.tm_gmtoff as i32
}

pub(crate) fn retry_on_eintr(mut call: impl FnMut() -> i32) -> io::Result<i32> {
    loop {
        let result = call();
        if result >= 0 {
            return Ok(result);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

pub(crate) fn check(result: i32) -> io::Result<()> {
    if result < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}
