//! Linux: `/proc/PID/status` for memory (proc(5)), a pidfd for the exit (pidfd_open(2)), perf or the
//! process connector for new processes.

#![expect(unsafe_code, reason = "system calls that std does not offer")]

mod aside;
mod bare_copy;
mod children;
mod connector;
mod family;
mod hook;
mod lean;
mod membership;
mod namespace;
mod perf;
mod precision;
mod pressure;
mod raw;
mod reader;
mod resetter;
mod sentinel;
mod stillness;
mod terminal;
mod tracer;
mod waiting;

use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use mprof_recording::metric::Bytes;

pub(crate) use aside::Aside;
pub(crate) use hook::Hook;
pub(crate) use membership::Membership;
pub(crate) use namespace::check_numbers;
pub(crate) use precision::describe as describe_precision;
pub(crate) use pressure::Watch;
pub(crate) use reader::Reader;
pub(crate) use resetter::Resetter;
pub(crate) use sentinel::Sentinel;
pub(crate) use terminal::{Mirror, open_terminal};
pub(crate) use tracer::{Exited, Tracer};
pub(crate) use waiting::Waiting;

use mprof_recording::metric::Metric;

use super::Woken;
pub(crate) use super::environment::give_environment;
pub(crate) use super::streams::{appends, ignore_signals, take_streams, wait_for};
use super::unix::reaping::peek_exited;
pub(crate) use super::unix::{
    Caught, Origin, Signals, exists, exited_child, ignore_interrupts, is_beyond_us, make_fifo, may_execute,
    open_fifo, own_usage, reap, reap_if_ours, send_to_number, thread_cpu_ns,
};
use super::unix::{check, clock_ns, retry_on_eintr};
pub use super::unix::{
    end_by_interrupt, give_up_signals, local_offset_seconds, outlive_file_size_limit, own_user,
};
use crate::running::{Holding, Running};
use crate::status;

/// Enough for a `status` file, unless its process is in a thousand groups.
const STATUS_SIZE: usize = 8192;
/// Enough for the 52 numbers of a `stat` file, of at most twenty digits, and a name.
const STAT_SIZE: usize = 1280;

/// Waits for a time, for the exit of a child, for signals to us, and for new processes, whichever comes first.
#[derive(Debug)]
pub(crate) struct Waiter {
    pid: u32,
    /// Absent where the kernel has no pidfd: the exit is then noticed at the next tick.
    pidfd: Option<OwnedFd>,
}

impl Waiter {
    pub(crate) fn new(pid: u32) -> Self {
        Self { pid, pidfd: pidfd_open(pid).ok() }
    }

    /// Waits until a time of the monotonic clock.
    pub(crate) fn wait(
        &mut self,
        until_ns: u64,
        signals: Option<&Signals>,
        membership: &Membership,
    ) -> io::Result<Woken> {
        let left_ns = until_ns.saturating_sub(monotonic_ns());
        let wait_ns = left_ns.min(membership.longest_wait_ns());
        let pidfd = self.pidfd.as_ref().map_or(-1, AsRawFd::as_raw_fd);
        let signals = signals.map_or(-1, Signals::fd);
        let mut fds = [pidfd, signals, membership.fd()].map(to_read);
        ppoll(&mut fds, wait_ns)?;
        let has_exited = if self.pidfd.is_some() { fds[0].revents != 0 } else { !is_running(self.pid) };
        Ok(match fds.map(|fd| fd.revents != 0) {
            _ if has_exited => Woken::Exited,
            [_, true, _] | [_, _, true] => Woken::Called,
            _ if wait_ns < left_ns => Woken::Called,
            _ => Woken::Due,
        })
    }
}

impl Waiter {
    /// Sends a signal to the process that is waited for.
    pub(crate) fn send(&self, signal: i32) {
        match &self.pidfd {
            Some(pidfd) => pidfd_send(pidfd, signal),
            None => send_to_number(self.pid, signal),
        }
    }
}

/// Sends a signal to a process, unless a look at what is kept of it says that it is gone: its number may then be
/// another's. The descriptor is opened before that look, so that it is of the same process.
pub(crate) fn send(pid: u32, signal: i32, is_still: impl FnOnce() -> bool) {
    let pidfd = pidfd_open(pid);
    if !is_still() {
        return;
    }
    match pidfd {
        Ok(pidfd) => pidfd_send(&pidfd, signal),
        // No such call, or no descriptor left. The look was a moment ago.
        Err(_) => send_to_number(pid, signal),
    }
}

fn pidfd_send(pidfd: &OwnedFd, signal: i32) {
    let info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: the descriptor is open, and no siginfo means that of kill(2).
    unsafe { libc::syscall(libc::SYS_pidfd_send_signal, pidfd.as_raw_fd(), signal, info, 0) };
}

/// Lets the kernel wake this thread at the nanosecond asked for, instead of up to 50 µs later (prctl(2)).
fn sharpen_timers() {
    // SAFETY: PR_SET_TIMERSLACK takes one integer and touches no memory.
    unsafe { libc::prctl(libc::PR_SET_TIMERSLACK, 1_u64) };
}

/// Whether a process has a handler for a signal.
pub(crate) fn catches(number: u32, signal: i32) -> bool {
    let status = read_file(format!("/proc/{number}/status")).unwrap_or_default();
    status::caught(&status).is_some_and(|caught| caught & 1 << (signal - 1) != 0)
}

/// Reads a file of the kernel's. Such a file does not tell its size, and reading it bit by bit costs more than room does.
fn read_file(path: impl AsRef<Path>) -> io::Result<Vec<u8>> {
    const USUAL_SIZE: usize = 8192;
    let mut text = Vec::with_capacity(USUAL_SIZE);
    File::open(path)?.take(u64::MAX).read_to_end(&mut text)?;
    Ok(text)
}

/// A process that runs, with what it tells of itself.
pub(crate) fn running(number: u32) -> Option<Running> {
    let status = read_file(format!("/proc/{number}/status")).ok()?;
    // A thread can be looked up by its number as well, and would seem to be over when the process is not.
    if let Some(process) = status::process(&status).filter(|&process| process != number) {
        return running(process);
    }
    let name = status::name(&status).to_vec();
    let cmdline = read_file(format!("/proc/{number}/cmdline")).unwrap_or_default();
    let words =
        cmdline.strip_suffix(b"\0").map(|words| words.split(|&byte| byte == 0).map(<[u8]>::to_vec).collect());
    // A thread of the kernel has no command, and neither has a process in the middle of exec.
    Some(Running { number, argv: words.unwrap_or_else(|| vec![name.clone()]), name })
}

/// What a process holds that could be recorded.
pub(crate) fn holding(number: u32) -> Holding {
    // What may not be read is another matter, which is told of where it is tried.
    let is_over = |error: io::Error| {
        error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(libc::ESRCH)
    };
    let has_memory = Reader::open(number).and_then(|mut reader| reader.read());
    if !has_memory.map_or_else(is_over, |bytes| bytes.is_none()) {
        return Holding::Memory;
    }
    let stat = read_file(format!("/proc/{number}/stat")).unwrap_or_default();
    if status::is_of_kernel(&stat) { Holding::NothingEver } else { Holding::NothingMore }
}

/// The numbers of all processes that we may see.
pub(crate) fn process_numbers() -> io::Result<Vec<u32>> {
    let entries = std::fs::read_dir("/proc")?;
    Ok(entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

/// The system in a few words, such as `linux 6.18.44 x86_64`.
#[must_use]
pub fn describe_system() -> String {
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("linux {} {}", release.trim(), std::env::consts::ARCH)
}

/// Our own high-water mark. `ru_maxrss` has that of whoever spawned us in it (getrusage(2)).
pub(crate) fn own_peak_bytes() -> Option<u64> {
    status::parse(&read_file("/proc/self/status").ok()?)?.get(Metric::Hwm)
}

/// Nanoseconds of the clock that no clock change moves.
pub(crate) fn monotonic_ns() -> u64 {
    clock_ns(libc::CLOCK_MONOTONIC).unwrap_or(0)
}

/// The same of the clock that goes on while the system sleeps.
pub(crate) fn with_sleep_ns() -> u64 {
    clock_ns(libc::CLOCK_BOOTTIME).unwrap_or(0)
}

/// The file of a descriptor, opened once more to be read.
pub(crate) fn reopen(file: &File) -> io::Result<File> {
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Lets a pipe hold more than 64 KiB, as far as the system has room (fcntl(2), `F_SETPIPE_SZ`).
pub(super) fn widen_pipe(pipe: &File) {
    const PIPE_SIZE: libc::c_int = 1 << 20;
    // SAFETY: fcntl with this command takes integers. A refusal leaves the pipe as it was.
    unsafe { libc::fcntl(pipe.as_raw_fd(), libc::F_SETPIPE_SZ, PIPE_SIZE) };
}

/// Whether a process runs still. One that is not our child and is gone has no status to wait for.
fn is_running(pid: u32) -> bool {
    match peek_exited(libc::P_PID, pid, 0) {
        Ok(exited) => exited.is_none(),
        Err(_) => exists(pid),
    }
}

/// Whether a process uses the memory of its parent, as between vfork(2) and exec (kcmp(2)). Async-signal-safe.
fn shares_memory(pid: u32, parent: u32) -> bool {
    const KCMP_VM: libc::c_long = 1;
    // SAFETY: kcmp takes integers and touches no memory. Where it is refused, the answer is no.
    let result = unsafe { libc::syscall(libc::SYS_kcmp, pid, parent, KCMP_VM, 0, 0) };
    result == 0
}

/// Whether a process has its parent's memory instead of its own. Two that have given theirs back share that as well.
pub(crate) fn borrows_memory(pid: u32, parent: u32) -> bool {
    let has_memory = || read_file(format!("/proc/{pid}/statm")).is_ok_and(|pages| !pages.starts_with(b"0 "));
    shares_memory(pid, parent) && has_memory()
}

/// Whether a process has given back its memory and cannot be reaped yet.
pub(crate) fn is_dying(pid: u32) -> bool {
    read_file(format!("/proc/{pid}/stat")).is_ok_and(|stat| status::is_dying(&stat))
}

/// The proportional and the unique set of a process (proc_pid_smaps(5)). It may take milliseconds, and may not be
/// allowed. Where the main thread has exited, one of the others tells.
pub(crate) fn read_sets(pid: u32) -> Option<Bytes> {
    let of_task = |task: &Path| read_file(task.join("smaps_rollup"));
    let process = PathBuf::from(format!("/proc/{pid}"));
    match of_task(&process) {
        Ok(text) if !text.is_empty() => return status::sets(&text),
        // A process without memory of its own has no sets, and neither has its main thread when it has exited.
        Err(error) if error.raw_os_error() != Some(libc::ESRCH) => return None,
        _ => {}
    }
    let threads = std::fs::read_dir(process.join("task")).ok()?.flatten();
    threads.flat_map(|thread| of_task(&thread.path())).find_map(|text| status::sets(&text))
}

/// How often a process has faulted, and what it holds: where neither has changed, it has mapped and given back nothing.
pub(crate) fn memory_state(pid: u32) -> Option<(u64, u64)> {
    let stat = read_file(format!("/proc/{pid}/stat")).ok()?;
    Some((status::n_faults(&stat)?, status::stat_resident_pages(&stat)?))
}

/// What we change for ourselves once the program runs, since a child inherits it.
pub(crate) fn after_spawn() {
    sharpen_timers();
    come_first();
    raise_descriptor_limit();
}

/// Lets the sampler run as soon as its time comes, although all processors are busy: by real-time priority where we
/// may have it, or else by a short slice, which needs no privilege (sched_setattr(2), since Linux 6.12).
fn come_first() {
    if has_better_place() {
        return;
    }
    let first = libc::sched_param { sched_priority: 1 };
    // SAFETY: the pointer lives through the call.
    let result = unsafe {
        libc::sched_setscheduler(0, libc::SCHED_FIFO | libc::SCHED_RESET_ON_FORK, &raw const first)
    };
    if result == 0 {
        return;
    }
    let slice = SchedAttr {
        size: size_of::<SchedAttr>() as u32,
        // SAFETY: getpriority takes two integers.
        nice: unsafe { libc::getpriority(libc::PRIO_PROCESS, 0) },
        runtime_ns: SLICE_NS,
        ..SchedAttr::default()
    };
    // SAFETY: the attributes live through the call and say how long they are. A refusal leaves all as it was.
    unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const slice, 0) };
}

/// Whether somebody has given us a place among those who come first already (chrt(1)).
fn has_better_place() -> bool {
    // SAFETY: sched_getscheduler takes an integer.
    let policy = unsafe { libc::sched_getscheduler(0) } & !libc::SCHED_RESET_ON_FORK;
    [libc::SCHED_FIFO, libc::SCHED_RR, libc::SCHED_DEADLINE].contains(&policy)
}

const SLICE_NS: u64 = 100_000;

/// `sched_attr`, version 0 (sched_setattr(2)).
#[repr(C)]
#[derive(Default)]
struct SchedAttr {
    size: u32,
    policy: u32,
    flags: u64,
    nice: i32,
    priority: u32,
    runtime_ns: u64,
    deadline_ns: u64,
    period_ns: u64,
}

fn n_processors() -> usize {
    // SAFETY: sysconf takes a number and touches no memory.
    let n = unsafe { libc::sysconf(libc::_SC_NPROCESSORS_CONF) };
    usize::try_from(n).unwrap_or(1).max(1)
}

fn page_size() -> usize {
    // SAFETY: sysconf takes a number and touches no memory.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    usize::try_from(size).unwrap_or(4096)
}

/// Allows us as many descriptors as the system lets us have: two for each process that is followed
/// (`status`, `schedstat`), and two more where its mark is begun anew.
fn raise_descriptor_limit() {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the pointer lives through the calls.
    unsafe {
        if libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit) == 0 {
            limit.rlim_cur = limit.rlim_max;
            libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit);
        }
    }
}

/// The processor time of a process, of all its threads that live and have lived (clock_getcpuclockid(3)). Nothing where
/// it is gone.
pub(crate) fn process_cpu_ns(pid: u32) -> Option<u64> {
    // What that function gives without asking the kernel whether there is such a process (`CPUCLOCK_SCHED`).
    clock_ns((!(pid as libc::clockid_t) << 3) | 2)
}

fn pidfd_open(pid: u32) -> io::Result<OwnedFd> {
    // SAFETY: pidfd_open takes two integers and gives a new descriptor, close-on-exec, or -1.
    let fd = unsafe { libc::syscall(libc::SYS_pidfd_open, pid as libc::pid_t, 0) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new, so nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

fn to_read(fd: i32) -> libc::pollfd {
    libc::pollfd { fd, events: libc::POLLIN, revents: 0 }
}

fn ppoll(fds: &mut [libc::pollfd], timeout_ns: u64) -> io::Result<usize> {
    let timeout = libc::timespec {
        tv_sec: (timeout_ns / 1_000_000_000) as libc::time_t,
        tv_nsec: (timeout_ns % 1_000_000_000) as libc::c_long,
    };
    retry_on_eintr(|| {
        // SAFETY: the slice and the timeout live through the call, and the length is the slice's.
        unsafe {
            libc::ppoll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, &raw const timeout, std::ptr::null())
        }
    })
    .map(|n| n as usize)
}
