//! A plain file that is ours alone, and a thread that writes to it: where others keep the disk busy, the system makes
//! whoever writes wait for seconds, which must not be the one who reads the memory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::{LONG, MAX_WAITING, begin};
use crate::files::Opened;

/// Who gives more when much waits already is held up for so long. Readings get fewer then, and whoever wants to end the
/// program, or us, is still heard.
const HELD_UP_FOR: Duration = Duration::from_millis(50);
/// More than so much never waits for a disk.
const MOST_WAITING: usize = 16 << 20;

/// A file, and how long it is if nobody else has touched it.
#[derive(Debug)]
pub(super) struct Plain {
    file: Arc<File>,
    len: u64,
    is_disturbed: bool,
}

impl Plain {
    pub(super) fn new(file: Arc<File>, len: u64) -> Self {
        Self { file, len, is_disturbed: false }
    }

    pub(super) fn write(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        self.look();
        self.file.write_all_at(bytes, at)?;
        self.len = self.len.max(at + bytes.len() as u64);
        Ok(())
    }

    pub(super) fn file(&self) -> Arc<File> {
        Arc::clone(&self.file)
    }

    /// Whether somebody else has touched it by now.
    pub(super) fn is_disturbed(&mut self) -> bool {
        self.look();
        self.is_disturbed
    }

    fn look(&mut self) {
        self.is_disturbed |= self.file.metadata().is_ok_and(|metadata| metadata.len() != self.len);
    }
}

/// The thread, and what waits for it.
#[derive(Debug)]
pub(super) struct Aside {
    shared: Arc<Shared>,
    thread: JoinHandle<Plain>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    has_changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// What is to be written, and where in the file it belongs.
    waiting: Vec<u8>,
    at: u64,
    failure: Option<io::Error>,
    is_over: bool,
    has_ended: bool,
}

impl Aside {
    /// Takes what is to be written to a file, from its beginning on. Fails where no thread can be started.
    pub(super) fn start(opened: Opened, path: PathBuf) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let work = move || theirs.write_all(opened, &path);
        let thread = Builder::new().name("file".to_owned()).stack_size(64 << 10).spawn(work)?;
        Ok(Self { shared, thread })
    }

    /// Leaves these bytes for the thread to write: behind what it was given last, or in place of the end of that. Fails
    /// with what failed before, and where the disk has taken nothing for too long.
    pub(super) fn write(&self, bytes: &[u8], at: u64) -> io::Result<()> {
        let is_full = |state: &mut State| state.failure.is_none() && state.waiting.len() >= MAX_WAITING;
        let mut state = self.shared.wait_while_for(HELD_UP_FOR, is_full);
        if let Some(failure) = state.failure.take() {
            return Err(failure);
        }
        if state.waiting.len() >= MOST_WAITING {
            return Err(io::Error::other("its disk is too slow"));
        }
        if state.waiting.is_empty() {
            state.at = at;
        }
        let n_kept = at.saturating_sub(state.at) as usize;
        state.waiting.truncate(n_kept);
        state.waiting.extend_from_slice(bytes);
        self.shared.has_changed.notify_one();
        Ok(())
    }

    /// The file, once all is written to it, and why not all was. Whoever waits for that is told when it takes long.
    pub(super) fn end(self, on_long_wait: &mut dyn FnMut()) -> io::Result<(Plain, Option<io::Error>)> {
        self.shared.wait_while(|_| false).is_over = true;
        self.shared.has_changed.notify_one();
        if !self.shared.wait_while_for(LONG, |state| !state.has_ended).has_ended {
            on_long_wait();
        }
        let plain = self.thread.join().map_err(|_| io::Error::other("it was not written"))?;
        Ok((plain, self.shared.wait_while(|_| false).failure.take()))
    }
}

impl Shared {
    fn wait_while(&self, is_so: impl FnMut(&mut State) -> bool) -> MutexGuard<'_, State> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        self.has_changed.wait_while(state, is_so).unwrap_or_else(PoisonError::into_inner)
    }

    /// The same, for so long at most.
    fn wait_while_for(
        &self,
        duration: Duration,
        is_so: impl FnMut(&mut State) -> bool,
    ) -> MutexGuard<'_, State> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.has_changed.wait_timeout_while(state, duration, is_so);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Writes what is given until there is no more, or until that fails.
    fn write_all(&self, mut opened: Opened, path: &Path) -> Plain {
        let mut plain = Plain::new(Arc::clone(&opened.file), 0);
        let failure = self.write_pieces(&mut opened, path, &mut plain).err();
        let mut state = self.wait_while(|_| false);
        (state.failure, state.has_ended) = (failure, true);
        self.has_changed.notify_one();
        plain
    }

    fn write_pieces(&self, opened: &mut Opened, path: &Path, plain: &mut Plain) -> io::Result<()> {
        // Swapped with what waits, so that nothing is allocated in this thread.
        let mut piece = Vec::new();
        let mut is_begun = false;
        loop {
            let mut state = self.wait_while(|state| state.waiting.is_empty() && !state.is_over);
            if state.waiting.is_empty() {
                return Ok(());
            }
            std::mem::swap(&mut piece, &mut state.waiting);
            let at = state.at;
            drop(state);
            self.has_changed.notify_one();
            if is_begun {
                plain.write(&piece, at)?;
            } else {
                *plain = begin(opened, path, &piece)?;
                is_begun = true;
            }
            piece.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;
    use std::sync::mpsc::{Sender, channel};
    use std::time::{Duration, Instant};

    /// A file that was made for the recording.
    fn new(file: File) -> Opened {
        Opened { file: Arc::new(file), is_new: true }
    }

    #[test]
    fn all_is_written_in_order_and_ends_are_replaced_wherever_they_are() {
        let file = tempfile::tempfile().unwrap();
        let aside = Aside::start(new(file.try_clone().unwrap()), PathBuf::new()).unwrap();
        let (mut expected, mut at) = (String::new(), 0);
        for idx in 0..5000 {
            aside.write(format!("{idx}\nend\n").as_bytes(), at).unwrap();
            expected += &format!("{idx}\n");
            at = expected.len() as u64;
            if idx % 1000 == 0 {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        let (mut plain, failure) = aside.end(&mut || ()).unwrap();
        assert!(!plain.is_disturbed() && failure.is_none());
        let mut text = String::new();
        FileReader(&file, 0).read_to_string(&mut text).unwrap();
        assert_eq!(text, expected + "end\n");
    }

    /// A disk that takes nothing until it is told to.
    fn stalled(file: &File) -> (Aside, Sender<()>) {
        let (go, gone) = channel::<()>();
        let shared = Arc::new(Shared::default());
        let (theirs, opened) = (Arc::clone(&shared), new(file.try_clone().unwrap()));
        let work = move || {
            gone.recv().unwrap();
            theirs.write_all(opened, Path::new(""))
        };
        (Aside { shared, thread: std::thread::spawn(work) }, go)
    }

    #[test]
    fn a_disk_that_stands_still_holds_nobody_up_for_long_and_what_waits_is_bounded() {
        let file = tempfile::tempfile().unwrap();
        let (aside, go) = stalled(&file);
        let mut given = 0;
        let failed = loop {
            match aside.write(&[b'x'; 400_000], given) {
                Ok(()) => given += 400_000,
                Err(error) => break error,
            }
            assert!(given < 2 * MOST_WAITING as u64);
        };
        assert_eq!(failed.to_string(), "its disk is too slow");
        let mut n_told = 0;
        let end = aside.end(&mut || (n_told, _) = (n_told + 1, go.send(()).unwrap()));
        let (mut plain, failure) = end.unwrap();
        assert_eq!((n_told, plain.is_disturbed(), failure.is_none()), (1, false, true));
        assert_eq!(file.metadata().unwrap().len(), given, "what was taken is written");
    }

    /// From the start of a file, wherever others are in it.
    struct FileReader<'a>(&'a File, u64);

    impl Read for FileReader<'_> {
        fn read(&mut self, piece: &mut [u8]) -> io::Result<usize> {
            let n = self.0.read_at(piece, self.1)?;
            self.1 += n as u64;
            Ok(n)
        }
    }

    #[test]
    fn what_cannot_be_written_is_told_at_the_next_write_and_at_the_end() {
        let full = || new(File::options().write(true).open("/dev/full").unwrap());
        let aside = Aside::start(full(), PathBuf::new()).unwrap();
        aside.write(b"one", 0).unwrap();
        let (_, failure) = aside.end(&mut || ()).unwrap();
        assert_eq!(failure.unwrap().raw_os_error(), Some(libc::ENOSPC));
        let aside = Aside::start(full(), PathBuf::new()).unwrap();
        let begun = Instant::now();
        let failed = loop {
            if let Err(error) = aside.write(b"one", 0) {
                break error;
            }
            assert!(begun.elapsed() < Duration::from_secs(20));
        };
        assert_eq!(failed.raw_os_error(), Some(libc::ENOSPC));
    }
}
