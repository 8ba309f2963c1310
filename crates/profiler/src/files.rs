//! Recordings on disk: finding, reading, and creating them without harm to what is there.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use chrono::{DateTime, FixedOffset, TimeDelta};
use mprof_recording::{Recording, dat};

use crate::console;
use crate::exit::{Misused, NothingToShow};

/// Reads a recording, and says on stderr what was odd about its file.
pub(crate) fn read(path: &Path) -> Result<Recording> {
    let shown = path.display();
    if path.is_dir() {
        anyhow::bail!("{shown}: is a folder, expected a recording (.dat)");
    }
    let bytes = fs::read(path).with_context(|| format!("{shown}: cannot be read"))?;
    let read = dat::read(&bytes).with_context(|| shown.to_string())?;
    for warning in &read.warnings {
        console::complain(&format!("{shown}:{}: {}", warning.line, warning.why));
    }
    let n_more = read.n_warnings - read.warnings.len() as u64;
    if n_more > 0 {
        console::complain(&format!("{shown}: {n_more} more lines were not understood"));
    }
    Ok(read.recording)
}

/// Reads recordings in order.
pub(crate) fn read_all(paths: &[PathBuf]) -> Result<Vec<Recording>> {
    paths.iter().map(|path| read(path)).collect()
}

/// The recordings that were named, or else the newest one in this folder, which is said on stderr.
pub(crate) fn named_or_newest(named: Vec<PathBuf>) -> Result<Vec<PathBuf>> {
    if !named.is_empty() {
        return Ok(named);
    }
    let newest = newest_in(Path::new("."))?;
    console::say(&console::faint(&format!("the newest recording here: {}", newest.display())));
    Ok(vec![newest])
}

/// A new file at a path, which is never one that was there before unless it may be replaced.
///
/// A device, such as `/dev/null`, holds nothing that could be lost.
pub(crate) fn create(path: &Path, replace: Replace) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true);
    match replace {
        Replace::Never if is_device(path) => &mut options,
        Replace::Never => options.create_new(true),
        Replace::Always => options.create(true).truncate(true),
    };
    options.open(path)
}

fn is_device(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| metadata.file_type().is_char_device())
}

/// What to do with a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Replace {
    /// Refuse.
    Never,
    /// Overwrite it.
    Always,
}

/// A new file of the default name, `mprofile_<YYYYMMDDhhmmss>.dat` in local time: the next second that is free.
pub(crate) fn create_default(now: DateTime<FixedOffset>) -> (PathBuf, io::Result<File>) {
    let mut at = now;
    loop {
        let path = PathBuf::from(at.format("mprofile_%Y%m%d%H%M%S.dat").to_string());
        match create(&path, Replace::Never) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => at += TimeDelta::seconds(1),
            outcome => return (path, outcome),
        }
    }
}

/// Writes a picture, replacing one of an earlier time. It is put in place whole or not at all.
pub(crate) fn write_picture(path: &Path, bytes: &[u8]) -> Result<()> {
    let context = || format!("{}: cannot be written", path.display());
    if path.exists() && !path.is_file() {
        // A device or a pipe, such as /dev/stdout, cannot be put in place.
        return fs::write(path, bytes).with_context(context);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let place = || -> io::Result<()> {
        let mut file = tempfile::Builder::new().permissions(default_permissions()).tempfile_in(folder)?;
        io::Write::write_all(&mut file, bytes)?;
        file.persist(path)?;
        Ok(())
    };
    place().with_context(context)
}

/// What a plain new file would have, before the user's umask.
fn default_permissions() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

/// The newest recording in a folder, by the time of its last change.
fn newest_in(folder: &Path) -> Result<PathBuf> {
    let context = || format!("{}: cannot be listed", folder.display());
    let mut newest: Option<(SystemTime, PathBuf)> = None;
    for entry in fs::read_dir(folder).with_context(context)? {
        let path = entry.with_context(context)?.path();
        let path = path.strip_prefix(".").map(Path::to_owned).unwrap_or(path);
        let Some(changed) = changed_at(&path) else { continue };
        // Of two files of one moment the later name is taken, as names of recordings hold their time.
        if newest.as_ref().is_none_or(|(when, other)| (changed, &path) > (*when, other)) {
            newest = Some((changed, path));
        }
    }
    let hint = "no recording in this folder: name one, or make one with `mprof-rs run PROGRAM`";
    newest.map(|(_, path)| path).ok_or_else(|| NothingToShow(hint.to_owned()).into())
}

/// When a file was changed, if it looks like a recording.
fn changed_at(path: &Path) -> Option<SystemTime> {
    if path.extension()? != "dat" || !path.is_file() {
        return None;
    }
    let mut start = [0; 8];
    let n = File::open(path).ok()?.read(&mut start).ok()?;
    let tags: [&[u8]; 5] = [b"META ", b"CMDLINE ", b"MEM ", b"FUNC ", b"CHLD "];
    tags.iter().any(|tag| start[..n].starts_with(tag)).then_some(())?;
    path.metadata().ok()?.modified().ok()
}

/// The name of a picture beside a recording.
pub(crate) fn picture_beside(recording: &Path) -> PathBuf {
    recording.with_extension("png")
}

/// The format that a picture's name asks for.
pub(crate) fn format_of(path: &Path) -> Result<mprof_charts::Format> {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    mprof_charts::Format::from_extension(&extension).ok_or_else(|| {
        let known: Vec<String> =
            mprof_charts::Format::ALL.iter().map(|it| format!(".{}", it.extension())).collect();
        let path = path.display();
        Misused(format!(
            "{path}: no such kind of picture, expected a name that ends in {}",
            known.join(" or ")
        ))
        .into()
    })
}
