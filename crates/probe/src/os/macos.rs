//! macOS: libproc for memory (proc_pid_rusage), kqueue for the exit (kqueue(2), `EVFILT_PROC`).
//!
//! Compiled, linted and linked by the checks; never run by them.

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::collections::HashSet;
use std::ffi::{CStr, OsString};
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use mach2::mach_time::{mach_absolute_time, mach_continuous_time, mach_timebase_info};
use mprof_recording::metric::Bytes;

pub(crate) use super::environment::give_environment;
use super::inherited::close_again;
pub(crate) use super::linux_only::{
    Aside, Exited, Mirror, Resetter, Sentinel, Tracer, Waiting, Watch, borrows_memory, catches,
    check_numbers, holding, is_dying, memory_state, open_terminal, process_cpu_ns,
};
pub(crate) use super::streams::{appends, ignore_signals, take_streams, wait_for};
pub(crate) use super::unix::{
    Caught, Origin, Signals, exists, exited_child, ignore_interrupts, is_beyond_us, make_fifo, may_execute,
    open_fifo, own_usage, reap, reap_if_ours, send_to_number, thread_cpu_ns,
};
use super::unix::{change_dispositions, check, retry_on_eintr};
pub use super::unix::{
    end_by_interrupt, give_up_signals, local_offset_seconds, outlive_file_size_limit, own_user,
};
use super::{Exec, Woken};
use crate::footprint::{self, Reading};
use crate::running::Running;
use crate::ticks;
use crate::tree::Born;

/// Children of one process that are asked for at once.
const MAX_CHILDREN: usize = 4096;
/// Processes of the whole system that are listed.
const MAX_PROCESSES: usize = 65_536;
/// `PROC_ALL_PIDS` of sys/proc_info.h.
const PROC_ALL_PIDS: u32 = 1;
/// Bytes of a name that the system keeps (`MAXCOMLEN`, twice for `pbi_name`).
const MAX_NAME: usize = 32;

/// What runs in the child between fork and exec: it restores the signals and streams that were changed.
///
/// macOS begins `ru_maxrss` anew at exec, so that it has no floor.
#[derive(Debug)]
pub(crate) struct Hook;

impl Hook {
    pub(crate) fn install(command: &mut Command, _: Option<Exec<'_>>) -> io::Result<Self> {
        let dispositions = change_dispositions();
        let restore = move || {
            dispositions.iter().for_each(|disposition| disposition.restore());
            close_again();
            Ok(())
        };
        // SAFETY: the hook makes a few system calls, which are async-signal-safe.
        unsafe { command.pre_exec(restore) };
        Ok(Self)
    }

    pub(crate) fn is_refused(&mut self, _: u32) -> bool {
        false
    }

    pub(crate) fn maxrss_floor_bytes(&self) -> Option<u64> {
        None
    }
}

/// The file of a descriptor, opened once more to be read (fcntl(2), `F_GETPATH`).
pub(crate) fn reopen(file: &File) -> io::Result<File> {
    let mut path = [0; libc::PATH_MAX as usize];
    // SAFETY: the buffer is as long as the call asks for and lives through it.
    check(unsafe { libc::fcntl(file.as_raw_fd(), libc::F_GETPATH, path.as_mut_ptr()) })?;
    let bytes = path.iter().map_while(|&c| (c != 0).then_some(c as u8)).collect();
    File::open(OsString::from_vec(bytes))
}

/// What tells of new processes: a look at the children of every process that is followed.
#[derive(Debug)]
pub(crate) struct Membership;

impl Membership {
    pub(crate) fn of_next_child(_: u64) -> Self {
        Self
    }

    pub(crate) fn of_running(_: u32) -> Self {
        Self
    }

    /// Nothing is told here, so nothing is lost.
    pub(crate) fn n_lost(&self) -> u64 {
        0
    }

    pub(crate) fn describe(&self) -> String {
        "children as libproc lists them, seen when looked at".to_owned()
    }

    /// Appends what is new. `known` gives the processes that are followed already.
    pub(crate) fn drain(&mut self, known: impl Fn() -> Vec<u32>, _: u64, born: &mut Vec<Born>) {
        let mut to_visit = known();
        let mut seen: HashSet<u32> = to_visit.iter().copied().collect();
        while let Some(parent) = to_visit.pop() {
            for number in children(parent).into_iter().filter(|&number| seen.insert(number)) {
                born.push(Born { number, parent });
                to_visit.push(number);
            }
        }
    }
}

/// The children of a process. libproc gives their number, and nothing on an error (proc_listchildpids).
fn children(parent: u32) -> Vec<u32> {
    let mut pids = vec![0_i32; MAX_CHILDREN];
    let size = size_of_val(pids.as_slice()) as libc::c_int;
    // SAFETY: the buffer is as large as the size says, in bytes, and lives through the call.
    let n = unsafe { libc::proc_listchildpids(parent as libc::pid_t, pids.as_mut_ptr().cast(), size) };
    pids.truncate(usize::try_from(n).unwrap_or(0));
    pids.into_iter().filter_map(|pid| u32::try_from(pid).ok()).collect()
}

/// Nothing has to be changed for ourselves once the program runs.
pub(crate) fn after_spawn() {}

/// A pipe grows by itself here, to 64 KiB.
pub(super) fn widen_pipe(_: &File) {}

/// There is no proportional set here, and no unique one.
pub(crate) fn read_sets(_: u32) -> Option<Bytes> {
    None
}

/// Reads the memory of one process of the same user. No task port is needed, so no entitlement either.
#[derive(Debug)]
pub(crate) struct Reader {
    pid: libc::c_int,
    name: Vec<u8>,
}

impl Reader {
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        Ok(Self { pid: pid as libc::c_int, name: Vec::new() })
    }

    /// One reading, or nothing when the process has no memory any more.
    pub(crate) fn read(&mut self) -> io::Result<Option<Bytes>> {
        let mut info = MaybeUninit::<libc::rusage_info_v4>::zeroed();
        // SAFETY: the buffer is a rusage_info_v4, the flavour asked for, and lives through the call.
        let result =
            unsafe { libc::proc_pid_rusage(self.pid, libc::RUSAGE_INFO_V4, info.as_mut_ptr().cast()) };
        match check(result) {
            Ok(()) => {
                // SAFETY: initialised above, zeroed and then filled.
                let info = unsafe { info.assume_init() };
                Ok(footprint::to_bytes(&reading(&info)))
            }
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Reader {
    /// There is no cheaper look than a reading here.
    pub(crate) fn read_unless_asleep(&mut self, _: u64) -> io::Result<Option<Bytes>> {
        self.read()
    }

    pub(crate) fn read_if_run(&mut self, _: u64) -> io::Result<Option<Bytes>> {
        self.read()
    }

    /// Marks cannot be begun anew here.
    pub(crate) fn reset_marks(&mut self, _: &Resetter) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn keeps_mark(&self) -> bool {
        false
    }

    /// No mark is begun anew.
    pub(crate) fn carried_bytes(&self) -> Option<u64> {
        None
    }

    /// There is nothing to give up.
    pub(crate) fn shed(&mut self) {}

    /// The process is known by a name.
    pub(crate) fn knows_name(&mut self, name: &[u8]) {
        self.name = name[..name.len().min(MAX_NAME)].to_vec();
    }

    /// The name of the process, when it is another than at the last call.
    pub(crate) fn take_new_name(&mut self) -> Option<Vec<u8>> {
        let mut name = vec![0_u8; 2 * MAX_NAME];
        // SAFETY: the buffer is as large as the size says and lives through the call.
        let n = unsafe { libc::proc_name(self.pid, name.as_mut_ptr().cast(), name.len() as u32) };
        name.truncate(usize::try_from(n).unwrap_or(0).min(MAX_NAME));
        let is_new = !name.is_empty() && name != self.name;
        is_new.then(|| {
            self.name.clone_from(&name);
            name
        })
    }
}

fn reading(info: &libc::rusage_info_v4) -> Reading {
    Reading {
        resident_bytes: info.ri_resident_size,
        footprint_bytes: info.ri_phys_footprint,
        footprint_peak_bytes: info.ri_lifetime_max_phys_footprint,
    }
}

/// Waits for a time, for the exit of a child, and for signals to us, whichever comes first.
#[derive(Debug)]
pub(crate) struct Waiter {
    pid: u32,
    /// Absent when the system gives none: the exit is then not noticed, and waiting says why.
    kqueue: io::Result<OwnedFd>,
    /// The child was gone before it could be watched.
    has_exited: bool,
    watches_signals: bool,
}

impl Waiter {
    pub(crate) fn new(pid: u32) -> Self {
        let mut has_exited = false;
        let kqueue = open_kqueue().and_then(|kqueue| {
            let watched = register(&kqueue, &event(pid as usize, libc::EVFILT_PROC, libc::NOTE_EXIT));
            has_exited = matches!(&watched, Err(error) if error.raw_os_error() == Some(libc::ESRCH));
            if has_exited { Ok(kqueue) } else { watched.map(|()| kqueue) }
        });
        Self { pid, kqueue, has_exited, watches_signals: false }
    }

    /// Waits until a time of the monotonic clock.
    pub(crate) fn wait(
        &mut self,
        until_ns: u64,
        signals: Option<&Signals>,
        _: &Membership,
    ) -> io::Result<Woken> {
        if self.has_exited {
            return Ok(Woken::Exited);
        }
        let kqueue = self.kqueue.as_ref().map_err(|error| io::Error::new(error.kind(), error.to_string()))?;
        if let (false, Some(signals)) = (self.watches_signals, signals) {
            register(kqueue, &event(signals.fd() as usize, libc::EVFILT_READ, 0))?;
            self.watches_signals = true;
        }
        Ok(match next_event(kqueue, until_ns.saturating_sub(monotonic_ns()))? {
            None => Woken::Due,
            Some(event) if event.filter == libc::EVFILT_PROC && event.ident == self.pid as usize => {
                Woken::Exited
            }
            Some(_) => Woken::Called,
        })
    }
}

impl Waiter {
    /// Sends a signal to the process that is waited for.
    pub(crate) fn send(&self, signal: i32) {
        send_to_number(self.pid, signal);
    }
}

/// Sends a signal to a process, unless a look at it says that it is gone.
pub(crate) fn send(pid: u32, signal: i32, is_still: impl FnOnce() -> bool) {
    if is_still() {
        send_to_number(pid, signal);
    }
}

/// Nanoseconds of the clock that no clock change moves. `CLOCK_MONOTONIC` only counts microseconds here.
/// Our own high-water mark.
pub(crate) fn own_peak_bytes() -> Option<u64> {
    own_usage().map(|usage| usage.peak_bytes)
}

pub(crate) fn monotonic_ns() -> u64 {
    // SAFETY: the call takes nothing and always succeeds.
    to_ns(unsafe { mach_absolute_time() })
}

fn to_ns(ticks: u64) -> u64 {
    let mut base = mach_timebase_info { numer: 0, denom: 0 };
    // SAFETY: the pointer lives through the call, which always succeeds.
    unsafe { mach_timebase_info(&raw mut base) };
    ticks::to_ns(ticks, base.numer, base.denom)
}

/// The same of the clock that goes on while the system sleeps.
pub(crate) fn with_sleep_ns() -> u64 {
    // SAFETY: the call takes nothing and always succeeds.
    to_ns(unsafe { mach_continuous_time() })
}

/// What there is to know of a reading's precision: the system says nothing of it.
pub(crate) fn describe_precision() -> String {
    "not known of this system".to_owned()
}

/// A process that runs, with what it tells of itself. Its arguments would need more rights than its name.
pub(crate) fn running(number: u32) -> Option<Running> {
    let mut reader = Reader::open(number).ok()?;
    let name = reader.take_new_name()?;
    Some(Running { number, argv: vec![name.clone()], name })
}

/// The numbers of all processes.
pub(crate) fn process_numbers() -> io::Result<Vec<u32>> {
    let mut pids = vec![0_i32; MAX_PROCESSES];
    let size = size_of_val(pids.as_slice()) as libc::c_int;
    // SAFETY: the buffer is as large as the size says, in bytes, and lives through the call.
    let n_bytes = unsafe { libc::proc_listpids(PROC_ALL_PIDS, 0, pids.as_mut_ptr().cast(), size) };
    if n_bytes <= 0 {
        return Err(io::Error::last_os_error());
    }
    pids.truncate(n_bytes as usize / size_of::<i32>());
    Ok(pids.into_iter().filter_map(|pid| u32::try_from(pid).ok()).filter(|&pid| pid > 0).collect())
}

/// The system in a few words, such as `macos 23.5.0 aarch64`.
#[must_use]
pub fn describe_system() -> String {
    format!("macos {} {}", release().unwrap_or_default(), std::env::consts::ARCH)
}

fn release() -> Option<String> {
    let mut names = MaybeUninit::<libc::utsname>::zeroed();
    // SAFETY: the buffer lives through the call, and uname ends its strings with a zero.
    let names = unsafe {
        check(libc::uname(names.as_mut_ptr())).ok()?;
        names.assume_init()
    };
    // SAFETY: as above; the field lives as long as `names`.
    let release = unsafe { CStr::from_ptr(names.release.as_ptr()) };
    Some(release.to_string_lossy().into_owned())
}

fn open_kqueue() -> io::Result<OwnedFd> {
    // SAFETY: kqueue takes nothing and gives a new descriptor or -1.
    let fd = unsafe { libc::kqueue() };
    check(fd)?;
    // SAFETY: the descriptor is new, so nothing else owns it. A child does not inherit a kqueue (kqueue(2)).
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn event(ident: usize, filter: i16, fflags: u32) -> libc::kevent {
    libc::kevent { ident, filter, flags: libc::EV_ADD, fflags, data: 0, udata: std::ptr::null_mut() }
}

fn register(kqueue: &OwnedFd, event: &libc::kevent) -> io::Result<()> {
    // SAFETY: one change, which lives through the call, and no room for events.
    check(unsafe { libc::kevent(kqueue.as_raw_fd(), event, 1, std::ptr::null_mut(), 0, std::ptr::null()) })
}

/// Waits for one event, or for the time to pass.
fn next_event(kqueue: &OwnedFd, timeout_ns: u64) -> io::Result<Option<libc::kevent>> {
    let timeout = libc::timespec {
        tv_sec: (timeout_ns / 1_000_000_000) as libc::time_t,
        tv_nsec: (timeout_ns % 1_000_000_000) as libc::c_long,
    };
    let mut ready = event(0, 0, 0);
    let n_ready = retry_on_eintr(|| {
        // SAFETY: no change, room for one event, and both pointers live through the call.
        unsafe {
            libc::kevent(kqueue.as_raw_fd(), std::ptr::null(), 0, &raw mut ready, 1, &raw const timeout)
        }
    })?;
    Ok((n_ready > 0).then_some(ready))
}
