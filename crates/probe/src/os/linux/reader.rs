//! The memory of one process, through a file that stays open: it follows the process through exec, and never speaks of
//! a later process of the same number (proc(5)).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt;

use mprof_recording::metric::{Bytes, Metric};

use super::resetter::{Reset, Resetter};
use super::stillness::Stillness;
use crate::status::{self, Latest};

/// Enough for the file unless a process is in hundreds of groups; it grows then.
const STATUS_SIZE: usize = 4096;

/// Reads one process.
#[derive(Debug)]
pub(crate) struct Reader {
    pid: u32,
    status: File,
    text: Vec<u8>,
    latest: Latest,
    /// What was read last, and whether it still holds.
    last: Option<Bytes>,
    stillness: Stillness,
    name: Vec<u8>,
    has_new_name: bool,
    /// The main thread is gone and another one is read, whose name is not the process's.
    has_moved: bool,
    /// Present if the high-water mark is begun anew after each reading.
    reset: Option<Reset>,
    /// It was to be, and may not be.
    keeps_mark: bool,
    /// The mark of the last reading did not lie above what was held, so that it is what it would be begun anew with.
    is_settled: bool,
}

impl Reader {
    pub(crate) fn open(pid: u32) -> io::Result<Self> {
        Ok(Self {
            pid,
            status: File::open(format!("/proc/{pid}/status"))?,
            text: vec![0; STATUS_SIZE],
            latest: Latest::default(),
            last: None,
            stillness: Stillness::default(),
            name: Vec::new(),
            has_new_name: false,
            has_moved: false,
            reset: None,
            keeps_mark: false,
            is_settled: false,
        })
    }

    /// The last reading when the process slept all the time since then, or else a new one. Times are of any one clock.
    pub(crate) fn read_unless_asleep(&mut self, now_ns: u64) -> io::Result<Option<Bytes>> {
        let is_exempt = self.reset.is_some() || self.has_moved;
        if !is_exempt && self.stillness.holds(self.pid, now_ns) {
            return Ok(self.last);
        }
        self.read()
    }

    /// The last reading when none of its threads has run since then, or else a new one. Who has begun to run within the
    /// last tick of the scheduler may be taken for one who has not. Times are of any one clock.
    pub(crate) fn read_if_run(&mut self, now_ns: u64) -> io::Result<Option<Bytes>> {
        let is_still = self.stillness.holds_by_clock(self.pid, now_ns);
        if is_still && (self.reset.is_none() || self.is_settled) && self.last.is_some() {
            return Ok(self.last);
        }
        self.read()
    }

    /// One reading, or nothing when the process has no memory any more.
    pub(crate) fn read(&mut self) -> io::Result<Option<Bytes>> {
        let before = self.last.take();
        let mut bytes = match self.read_status()? {
            Status::Bytes(bytes) => Some(bytes),
            Status::Empty if self.moves_to_living_thread() => self.read_status()?.bytes(),
            Status::Empty | Status::Gone => None,
        };
        if let (Some(reset), Some(bytes)) = (&self.reset, &mut bytes) {
            reset.after(bytes);
        }
        self.stillness.learn(bytes.is_some() && before == bytes, &self.text);
        self.is_settled = bytes.is_some_and(|bytes| bytes.get(Metric::Hwm) <= bytes.get(Metric::Rss));
        self.last = bytes;
        Ok(bytes)
    }

    /// Gives up the descriptor that only makes readings cheaper.
    pub(crate) fn shed(&mut self) {
        self.stillness.shed();
    }

    /// From now on, each mark is the highest since the reading before. It alters the process's own `ru_maxrss`. Where
    /// it fails, the mark stands.
    pub(crate) fn reset_marks(&mut self, resetter: &Resetter) -> io::Result<()> {
        self.keeps_mark = true;
        // In small trees every reading will be a full one, and what that spares may be what is missing.
        self.shed();
        self.reset = Some(resetter.of(self.pid)?);
        self.keeps_mark = false;
        Ok(())
    }

    /// Whether the mark was to be begun anew, and stands for the whole life of the process all the same.
    pub(crate) fn keeps_mark(&self) -> bool {
        self.keeps_mark || self.reset.as_ref().is_some_and(Reset::is_refused)
    }

    /// What the mark had risen to since the last reading, when it was begun anew.
    pub(crate) fn carried_bytes(&self) -> Option<u64> {
        self.reset.as_ref().map(Reset::carried_bytes)
    }

    /// The process is known by a name. The kernel keeps fifteen bytes of it (`TASK_COMM_LEN`).
    pub(crate) fn knows_name(&mut self, name: &[u8]) {
        self.name = name[..name.len().min(15)].to_vec();
    }

    /// The name of the process, when it is another than at the last call.
    pub(crate) fn take_new_name(&mut self) -> Option<Vec<u8>> {
        std::mem::take(&mut self.has_new_name).then(|| self.name.clone())
    }

    fn read_status(&mut self) -> io::Result<Status> {
        let n = match self.status.read_at(&mut self.text, 0) {
            Ok(n) => n,
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => return Ok(Status::Gone),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return self.read_status(),
            Err(error) => return Err(error),
        };
        if n == self.text.len() {
            self.text.resize(2 * n, 0);
            return self.read_status();
        }
        let text = &self.text[..n];
        // A main thread that has exited, and a zombie, have the name still.
        if !self.has_moved && !status::has_name(text, &self.name) {
            self.name = status::name(text).to_vec();
            self.has_new_name = true;
        }
        Ok(self.latest.parse(text).map_or(Status::Empty, Status::Bytes))
    }

    /// A main thread that has exited shows no memory, although the process lives in its other threads.
    fn moves_to_living_thread(&mut self) -> bool {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid)).into_iter().flatten().flatten();
        for thread in threads.filter(|thread| thread.file_name() != *self.pid.to_string()) {
            let Ok(status) = File::open(thread.path().join("status")) else { continue };
            let mut text = vec![0; STATUS_SIZE];
            let n = status.read_at(&mut text, 0).unwrap_or(0);
            if status::parse(&text[..n]).is_some() {
                self.status = status;
                self.has_moved = true;
                return true;
            }
        }
        false
    }
}

/// What a status file says.
enum Status {
    Bytes(Bytes),
    /// The task is there and holds no memory: it is exiting, or a zombie.
    Empty,
    /// The task is gone, and its number may be another's.
    Gone,
}

impl Status {
    fn bytes(self) -> Option<Bytes> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }
}
