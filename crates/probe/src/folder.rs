//! Folders of a run's own, in which nobody else can look, and what a recorder that was killed has left of them.
//!
//! A folder is locked for as long as its recorder lives, so that one which nobody locks, and whose name holds the
//! number of nobody, is one that is left. Where locks cannot be had, nothing is tidied.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::os;

/// How much of a folder for temporary files is looked through, and how many are removed at once.
const MAX_LOOKED_AT: usize = 1000;
const MAX_REMOVED: usize = 64;

/// Users from this number on are people's (login.defs(5)). logind removes what is theirs in `/dev/shm` when they log out
/// (logind.conf(5), `RemoveIPC=`), although a run of theirs goes on.
const FIRST_PERSON: u32 = 1000;

/// A run that is over sooner waits for nothing but its own end.
const SHORT_RUN: Duration = Duration::from_secs(1);

/// Whoever may write to a folder may remove what is others', unless it is sticky.
const OTHERS_MAY_WRITE: u32 = 0o022;
const IS_STICKY: u32 = 0o1000;

/// A folder that is ours until it is dropped, which does not remove it.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    made_at: Instant,
    /// Absent where descriptors are short, or locks are not to be had.
    _lock: Option<File>,
}

impl Folder {
    /// A new folder that only its owner can enter, at the first of the places for such folders that suits: in memory,
    /// where the system offers that, since to make one on a disk takes longer than a short program runs.
    ///
    /// # Errors
    /// When none can be made anywhere.
    pub fn private(prefix: &str, suits: impl Fn(&Path) -> bool) -> io::Result<Self> {
        let mut failure = io::Error::from(io::ErrorKind::NotFound);
        for place in places().filter(|place| place.is_absolute() && suits(place)) {
            match Self::new(&place, prefix) {
                Ok(folder) => return Ok(folder),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Making a folder fails if anything has its name, so that nobody can have prepared it.
    fn new(place: &Path, prefix: &str) -> io::Result<Self> {
        let mut outcome = Err(io::Error::from(io::ErrorKind::AlreadyExists));
        for attempt in 0..100 {
            let path = place.join(format!("{prefix}{}-{attempt:x}", std::process::id()));
            outcome = DirBuilder::new().mode(0o700).create(&path).map(|()| path);
            if !matches!(&outcome, Err(error) if error.kind() == io::ErrorKind::AlreadyExists) {
                break;
            }
        }
        outcome.map(|path| Self { _lock: lock(&path), made_at: Instant::now(), path })
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Removes what dead recorders of the same user have left beside it, in the way that is given, unless the run was
    /// short.
    pub fn tidy_beside(&self, prefix: &str, remove: impl Fn(&Path)) {
        let place = self.path.parent().filter(|_| self.made_at.elapsed() >= SHORT_RUN);
        if let Some(place) = place {
            tidy(place, prefix, remove);
        }
    }
}

fn places() -> impl Iterator<Item = PathBuf> {
    let named = ["XDG_RUNTIME_DIR", "TMPDIR"].into_iter().filter_map(std::env::var_os);
    let memory = (os::own_user() < FIRST_PERSON).then_some("/dev/shm");
    named.map(PathBuf::from).chain(memory.into_iter().chain(["/tmp"]).map(PathBuf::from))
}

fn tidy(place: &Path, prefix: &str, remove: impl Fn(&Path)) {
    let Ok(metadata) = place.metadata() else { return };
    if metadata.mode() & OTHERS_MAY_WRITE != 0 && metadata.mode() & IS_STICKY == 0 {
        return;
    }
    let entries = fs::read_dir(place).into_iter().flatten().flatten().take(MAX_LOOKED_AT);
    let paths = entries.filter(|entry| is_of_nobody(&entry.file_name().to_string_lossy(), prefix));
    let left = paths.filter_map(|entry| Some((lock(&entry.path())?, entry.path())));
    for (_lock, path) in left.take(MAX_REMOVED) {
        remove(&path);
    }
}

/// Whether a name is that of a folder, and there is no process of the number in it.
fn is_of_nobody(name: &str, prefix: &str) -> bool {
    let parts = name.strip_prefix(prefix).and_then(|rest| rest.split_once('-'));
    let Some((number, attempt)) = parts else { return false };
    let is_attempt = attempt.len() <= 2 && attempt.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = number.parse().ok().filter(|&number: &u32| i32::try_from(number).is_ok_and(|it| it > 0));
    is_attempt && number.is_some_and(|number| !os::exists(number))
}

/// Locks a folder of ours that nobody has locked. A link is none.
fn lock(path: &Path) -> Option<File> {
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let folder = File::options().read(true).custom_flags(flags).open(path).ok()?;
    let is_ours = folder.metadata().is_ok_and(|metadata| metadata.uid() == os::own_user());
    (is_ours && folder.try_lock().is_ok()).then_some(folder)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};

    /// More than any system gives.
    const NOBODY: u32 = i32::MAX as u32;

    fn tidied(mode: u32) -> Vec<String> {
        let place = tempfile::tempdir().unwrap();
        let at = |name: &str| place.path().join(name);
        let own = Folder::new(place.path(), "run-").unwrap();
        for name in [format!("run-{NOBODY}-0"), format!("run-{NOBODY}-1"), "run-x-0".into(), "run-0-0".into()]
        {
            fs::create_dir(at(&name)).unwrap();
        }
        fs::create_dir(at(&format!("run-{}-7", std::process::id()))).unwrap();
        symlink(own.path(), at(&format!("run-{NOBODY}-2"))).unwrap();
        fs::write(at(&format!("run-{NOBODY}-3")), "").unwrap();
        let locked = lock(&at(&format!("run-{NOBODY}-1"))).unwrap();
        fs::set_permissions(place.path(), fs::Permissions::from_mode(mode)).unwrap();
        let removed = std::cell::RefCell::new(Vec::new());
        tidy(place.path(), "run-", |path| {
            removed.borrow_mut().push(path.file_name().unwrap().to_str().unwrap().to_owned());
        });
        drop(locked);
        removed.into_inner()
    }

    #[test]
    fn what_is_left_is_ours_and_locked_by_nobody_and_of_nobody() {
        assert_eq!(tidied(0o1777), [format!("run-{NOBODY}-0")]);
        assert_eq!(tidied(0o700), [format!("run-{NOBODY}-0")]);
        assert!(tidied(0o777).is_empty(), "anybody may have put anything in its place");
    }

    #[test]
    fn a_folder_is_new_and_private() {
        let place = tempfile::tempdir().unwrap();
        let [first, second] = ["", ""].map(|_| Folder::new(place.path(), "run-").unwrap());
        assert!(first.path() != second.path());
        assert_eq!(first.path().metadata().unwrap().mode() & 0o777, 0o700);
        assert!(lock(first.path()).is_none(), "it is locked");
    }
}
