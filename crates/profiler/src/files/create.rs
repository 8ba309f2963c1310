//! Files to be written: created or opened without harm to what is there, which goes when there is something to put in its
//! place.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, FixedOffset, TimeDelta};

use super::{begins_as_recording, successor};

/// A file to be written.
#[derive(Clone, Debug)]
pub(crate) struct Opened {
    pub(crate) file: Arc<File>,
    /// It was not there before.
    pub(crate) is_new: bool,
}

impl Opened {
    /// Replaces what a plain file holds by the beginning of something else: by another file, and where that cannot be,
    /// in the same one.
    ///
    /// A new file is written to as it is: of one that was cut to nothing, ext4 waits for the disk when it is closed.
    pub(crate) fn begin(&mut self, path: &Path, beginning: &[u8]) -> io::Result<()> {
        if !self.is_new {
            match successor::succeed(&self.file, path, beginning) {
                Ok(file) => {
                    self.file = Arc::new(file);
                    return Ok(());
                }
                Err(error) if !successor::is_refusal(&error) => return Err(error),
                Err(_) => self.file.set_len(0)?,
            }
        }
        (&*self.file).write_all(beginning)
    }
}

/// Why a file to be written was not opened.
#[derive(Debug)]
pub(crate) enum Unopened {
    /// It is not ours to write to. Holds why, and what can be done instead.
    Refused(String),
    /// It cannot be.
    Failed(io::Error),
}

impl From<io::Error> for Unopened {
    fn from(error: io::Error) -> Self {
        Self::Failed(error)
    }
}

/// Opens a file to write, and leaves what it holds: that is for whoever has something to put in its place.
///
/// A device or a pipe, such as `/dev/null`, holds nothing that could be lost. A pipe that nobody reads must not hold
/// up the program, so nothing here waits.
pub(crate) fn create(path: &Path, replace: Replace) -> Result<Opened, Unopened> {
    let created = OpenOptions::new().write(true).create_new(true).custom_flags(libc::O_NONBLOCK).open(path);
    match created {
        Ok(file) => Ok(Opened { file: file.into(), is_new: true }),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let opened = open_there(path)?;
            // Asked of what is open now, since a name may mean another file by then.
            if !opened.is_new && !holds_nothing(&opened.file)? {
                replace.check(path, &opened.file)?;
            }
            Ok(opened)
        }
        Err(error) => Err(error.into()),
    }
}

/// Opens what is there, but through no link of another user. Behind a link to nothing, a file is made.
fn open_there(path: &Path) -> Result<Opened, Unopened> {
    let is_link = trusted(path)?.is_symlink();
    // If what is none has become a link meanwhile, somebody is at work on it.
    let flags = if is_link { libc::O_NONBLOCK } else { libc::O_NONBLOCK | libc::O_NOFOLLOW };
    match OpenOptions::new().write(true).custom_flags(flags).open(path) {
        Err(error) if is_link && error.kind() == io::ErrorKind::NotFound => {
            // Only the one that is named, however things change meanwhile: no further link is gone through.
            let target = path.parent().unwrap_or(Path::new("")).join(path.read_link()?);
            Ok(Opened { file: File::create_new(target)?.into(), is_new: true })
        }
        opened => Ok(Opened { file: opened?.into(), is_new: false }),
    }
}

/// What is there, unless it is a link of another user: that may lead to what we would never have named.
pub(super) fn trusted(path: &Path) -> Result<fs::Metadata, Unopened> {
    const ROOT: u32 = 0;
    let metadata = path.symlink_metadata()?;
    if !metadata.is_symlink() || [ROOT, mprof_probe::own_user()].contains(&metadata.uid()) {
        return Ok(metadata);
    }
    Err(Unopened::Refused(format!(
        "is a link of another user (number {}); name the file that it leads to, or another one",
        metadata.uid()
    )))
}

/// Makes a file ours to write for as long as it is open. Where locks are not to be had, it is taken to be.
pub(crate) fn claim(opened: Opened) -> Result<Opened, Unopened> {
    let is_locked = matches!(opened.file.try_lock(), Err(TryLockError::WouldBlock));
    let metadata = opened.file.metadata()?;
    // If it has lost its name since it was opened, another one has just replaced it.
    if metadata.is_file() && (is_locked || metadata.nlink() == 0) {
        let why = "another mprof-rs records into it; choose another name";
        return Err(Unopened::Refused(why.to_owned()));
    }
    Ok(opened)
}

/// A terminal, a pipe, a socket, `/dev/null`: no disk, and no file.
fn holds_nothing(file: &File) -> io::Result<bool> {
    let kind = file.metadata()?.file_type();
    Ok(kind.is_char_device() || kind.is_fifo() || kind.is_socket())
}

/// What to do with a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replace {
    /// Refuse.
    Never,
    /// Overwrite it, if it is a recording: a slip of the finger must not cost another file.
    Recordings,
}

impl Replace {
    fn check(self, path: &Path, file: &File) -> Result<(), Unopened> {
        let why = match self {
            Self::Never => "exists; choose another name, or replace it with --overwrite",
            Self::Recordings if may_go(path, file)? => return Ok(()),
            Self::Recordings => "is no recording, and is not replaced; choose another name",
        };
        Err(Unopened::Refused(why.to_owned()))
    }
}

/// Whether a file holds a recording, or nothing. It is open for writing alone, and so is opened once more: another file
/// that has its name by then says nothing of it, and a pipe is not waited for.
fn may_go(path: &Path, file: &File) -> io::Result<bool> {
    let is = file.metadata()?;
    if is.len() == 0 {
        return Ok(is.is_file());
    }
    let there = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path);
    let Ok(there) = there else { return Ok(false) };
    let was = there.metadata()?;
    Ok((was.dev(), was.ino()) == (is.dev(), is.ino()) && begins_as_recording(there)?)
}

/// A new file of the default name, `mprofile_<YYYYMMDDhhmmss>.dat` in local time: the next second that is free.
pub(crate) fn create_default(now: DateTime<FixedOffset>) -> (PathBuf, Result<Opened, Unopened>) {
    let mut at = now;
    loop {
        let path = PathBuf::from(at.format("mprofile_%Y%m%d%H%M%S.dat").to_string());
        // The name can be foreseen, so that whatever stands there is left alone, even a device behind a link.
        match File::create_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => at += TimeDelta::seconds(1),
            outcome => {
                let opened = outcome.map(|file| Opened { file: file.into(), is_new: true });
                return (path, opened.map_err(Unopened::from));
            }
        }
    }
}
