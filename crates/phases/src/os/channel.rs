//! Whether anybody records, and how a line gets there.
//!
//! No descriptor and no lock is held between two lines, so that nothing a program does to its descriptors or by fork
//! can mislead us: a line opens the channel, makes sure that it is one, and closes it again.

use std::borrow::Cow;
use std::cell::Cell;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

use super::clock;
use super::line::{Line, Verb};
use super::lost;

/// The variable that names the channel.
const VARIABLE: &str = "MPROF_RS_PHASES";

/// Nobody has looked yet; somebody looks right now; nobody records; somebody does.
const UNKNOWN: u8 = 0;
const LOOKING: u8 = 1;
const OFF: u8 = 2;
const ON: u8 = 3;

static STATE: AtomicU8 = AtomicU8::new(UNKNOWN);
static PATH: OnceLock<PathBuf> = OnceLock::new();
static N_TASKS: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// This thread's word; zero until it has one. It needs no destructor, so that it is there to the thread's end.
    static TASK: Cell<u32> = const { Cell::new(0) };
}

/// Whether nobody records, as far as that is known.
#[inline]
pub(crate) fn is_off() -> bool {
    STATE.load(Ordering::Relaxed) == OFF
}

/// Who tells something: a thread of a process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sender {
    pid: u32,
    task: u32,
}

impl Sender {
    /// This thread, if anybody records.
    #[cold]
    pub(crate) fn here() -> Option<Self> {
        channel()?;
        let task = TASK.with(|task| {
            if task.get() == 0 {
                task.set(N_TASKS.fetch_add(1, Ordering::Relaxed).wrapping_add(1));
            }
            task.get()
        });
        Some(Self { pid: process::id(), task })
    }

    /// Sends a line, unless we are in a copy of the process whose it is.
    #[cold]
    pub(crate) fn send_if_same_process(self, verb: Verb, name: &str) {
        if self.pid == process::id() {
            self.send(verb, name);
        }
    }

    /// Sends a line, or counts it as lost.
    #[cold]
    pub(crate) fn send(self, verb: Verb, name: &str) {
        let Some(path) = channel() else { return };
        let clock_ns = clock::now_ns();
        let line = |verb, name: &str| Line::new(verb, clock_ns, self.pid, self.task, name);
        let Ok(mut fifo) = open(&path) else {
            lost::add(self.pid, 1);
            return;
        };
        let n_lost = lost::take(self.pid);
        if n_lost > 0 && !is_sent(&mut fifo, &line(Verb::Lost, &n_lost.to_string())) {
            lost::add(self.pid, n_lost);
        }
        if !is_sent(&mut fifo, &line(verb, name)) {
            lost::add(self.pid, 1);
        }
    }
}

/// So short a line is written whole or not at all.
fn is_sent(fifo: &mut File, line: &Line) -> bool {
    fifo.write(line.as_bytes()).is_ok_and(|n| n == line.as_bytes().len())
}

/// Where the channel is, if anybody records.
///
/// Who comes while another thread finds out for the first time looks for itself: a wait would have no end where a fork
/// has left that thread behind.
fn channel() -> Option<Cow<'static, Path>> {
    match STATE.load(Ordering::Acquire) {
        ON => PATH.get().map(|path| Cow::Borrowed(path.as_path())),
        OFF => None,
        _ if STATE.compare_exchange(UNKNOWN, LOOKING, Ordering::AcqRel, Ordering::Acquire).is_ok() => {
            let is_on = look().is_some_and(|path| PATH.set(path).is_ok());
            STATE.store(if is_on { ON } else { OFF }, Ordering::Release);
            PATH.get().map(|path| Cow::Borrowed(path.as_path()))
        }
        _ => look().map(Cow::Owned),
    }
}

/// The variable may be anybody's: what is not a pipe is not even opened, as there are devices that mind.
fn look() -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os(VARIABLE)?);
    let is_channel = clock::IS_KNOWN && fs::metadata(&path).is_ok_and(|it| it.file_type().is_fifo());
    is_channel.then_some(path)
}

/// The channel, open for a line. For both directions, so that opening never waits and writing raises no signal although
/// nobody reads. A failure that may pass is an error; where none will, nobody is told anything from now on.
fn open(path: &Path) -> Result<File, ()> {
    let opened = File::options().read(true).write(true).custom_flags(clock::O_NONBLOCK).open(path);
    match opened {
        Ok(file) if file.metadata().is_ok_and(|it| it.file_type().is_fifo()) => return Ok(file),
        Err(error) if [clock::EMFILE, clock::ENFILE].map(Some).contains(&error.raw_os_error()) => {}
        // The run is over, or the channel is not for us any more.
        _ => STATE.store(OFF, Ordering::Release),
    }
    Err(())
}
