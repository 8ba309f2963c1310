//! Recordings on disk: finding, reading, and creating them without harm to what is there.

mod ahead;
mod create;
mod successor;

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use mprof_recording::command::printable;
use mprof_recording::samples::Wanted;
use mprof_recording::{Recording, dat};

use crate::console;
use crate::exit::Misused;
use ahead::Piece;
use create::trusted;
pub(crate) use create::{Opened, Replace, Unopened, claim, create, create_default};

/// The name that stands for what is piped in.
pub(crate) const STDIN: &str = "-";

/// Reads a recording, and says on stderr what was odd about its file. Of its metrics, only the wanted ones are kept.
pub(crate) fn read(path: &Path, wanted: Wanted) -> Result<Recording> {
    let file = if path == Path::new(STDIN) { None } else { Some(open_file(path)?) };
    read_whole(path, file.as_ref(), wanted)
}

fn open_file(path: &Path) -> Result<File> {
    if path.is_dir() {
        anyhow::bail!("{}: is a folder, expected a recording (.dat)", console::shown(path));
    }
    File::open(path).with_context(|| unreadable(path))
}

pub(crate) fn unreadable(path: &Path) -> String {
    format!("{}: cannot be read", console::shown(path))
}

fn read_whole(path: &Path, file: Option<&File>, wanted: Wanted) -> Result<Recording> {
    let reader = fed(path, file, dat::Reader::new(wanted))?;
    let read = reader.finish().with_context(|| console::shown(path))?;
    complain(path, &read);
    Ok(read.recording)
}

/// A recording, and how to come by its readings.
pub(crate) struct Outlined {
    pub(crate) recording: Recording,
    /// They are in the file still, if they are not in the recording.
    pub(crate) in_file: Option<(File, dat::Outline)>,
}

/// Reads a recording, but leaves its readings in the file where that can be read again.
pub(crate) fn read_outline(path: &Path) -> Result<Outlined> {
    let is_file = path != Path::new(STDIN) && path.is_file();
    if !is_file {
        return Ok(Outlined { recording: read(path, Wanted::ALL)?, in_file: None });
    }
    let mut file = open_file(path)?;
    let reader = fed(path, Some(&file), dat::Reader::of_outline())?;
    let (read, outline) = reader.finish_outline().with_context(|| console::shown(path))?;
    if let Some(outline) = outline {
        complain(path, &read);
        return Ok(Outlined { recording: read.recording, in_file: Some((file, outline)) });
    }
    drop(read);
    file.rewind().with_context(|| unreadable(path))?;
    Ok(Outlined { recording: read_whole(path, Some(&file), Wanted::ALL)?, in_file: None })
}

/// Says what was odd about a file.
fn complain(path: &Path, read: &dat::Read) {
    let shown = console::shown(path);
    for warning in &read.warnings {
        console::complain(&format!("{shown}:{}: {}", warning.line, warning.why));
    }
    let n_more = read.n_warnings - read.warnings.len() as u64;
    if n_more > 0 {
        console::complain(&format!("{shown}: {n_more} more lines were not understood"));
    }
}

/// Reads piece by piece, so that nothing of the file is held but what it says. No file is what is piped in.
fn fed(path: &Path, file: Option<&File>, mut reader: dat::Reader) -> Result<dat::Reader> {
    let take = &mut |piece: Piece<'_>| {
        let taken = match piece {
            Piece::Plain(bytes) => reader.feed(bytes),
            Piece::Scanned(bytes, scan) => reader.feed_scanned(bytes, scan),
        };
        taken.with_context(|| console::shown(path))
    };
    let fed = match file {
        Some(file) if file.metadata().is_ok_and(|metadata| metadata.is_file()) => {
            ahead::each_piece_of_file(file, take)
        }
        Some(mut file) => ahead::each_piece(&mut file, take),
        None => ahead::each_piece(&mut io::stdin().lock(), take),
    };
    fed.with_context(|| unreadable(path))??;
    Ok(reader)
}

/// Reads recordings in order.
pub(crate) fn read_all(paths: &[PathBuf], wanted: Wanted) -> Result<Vec<Recording>> {
    paths.iter().map(|path| read(path, wanted)).collect()
}

/// Writes a picture, replacing one of an earlier time.
pub(crate) fn write_picture(path: &Path, bytes: &[u8]) -> Result<()> {
    put_in_place(path, |file| file.write_all(bytes))
}

/// Writes a file, replacing one of an earlier time. It is put in place whole or not at all; a device or a pipe gets it
/// as it comes.
pub(crate) fn put_in_place(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<()> {
    mprof_probe::outlive_file_size_limit();
    let context = || format!("{}: cannot be written", console::shown(path));
    if let Err(Unopened::Refused(why)) = trusted(path) {
        return Err(Misused(format!("{}: {why}", console::shown(path))).into());
    }
    // Behind a link lies the file that is meant.
    let path = &path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let metadata = path.metadata();
    if metadata.as_ref().is_ok_and(|metadata| metadata.permissions().readonly()) {
        return Err(io::Error::from(io::ErrorKind::PermissionDenied)).with_context(context);
    }
    if metadata.is_ok_and(|metadata| !metadata.is_file()) {
        let mut file = OpenOptions::new().write(true).open(path).with_context(context)?;
        return write(&mut file).with_context(context);
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let place = || -> io::Result<()> {
        let mut file = tempfile::Builder::new().permissions(default_permissions()).tempfile_in(folder)?;
        write(file.as_file_mut())?;
        file.persist(path)?;
        Ok(())
    };
    // The name of the file that stood in for it means nothing to anyone.
    place().map_err(|error| systems(&error)).with_context(context)
}

/// What a plain new file would have, before the user's umask.
fn default_permissions() -> fs::Permissions {
    std::os::unix::fs::PermissionsExt::from_mode(0o666)
}

/// Whether a file begins as recordings do.
pub(crate) fn looks_like_recording(path: &Path) -> bool {
    path.is_file() && File::open(path).and_then(begins_as_recording).unwrap_or(false)
}

fn begins_as_recording(file: File) -> io::Result<bool> {
    Ok(dat::may_be_recording(&head(file, FIRST_LINE_LEN)?))
}

/// The command of a recording, if it stands near the beginning of its file.
pub(crate) fn command_in(path: &Path) -> Option<String> {
    // A pipe would be waited for.
    let file = path.is_file().then(|| File::open(path))?.ok()?;
    let head = head(file, FIRST_LINE_LEN).ok()?;
    let line = head.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"CMDLINE "))?;
    let command = printable(&String::from_utf8_lossy(line));
    Some(command).filter(|command| !command.is_empty())
}

/// So far the first line of a recording is looked for, and its command.
const FIRST_LINE_LEN: u64 = 1 << 14;

fn head(file: File, n_bytes: u64) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    file.take(n_bytes).read_to_end(&mut head)?;
    Ok(head)
}

/// What the system said, without the name of a file that nobody knows.
fn systems(error: &io::Error) -> io::Error {
    let text = error.to_string();
    let said = text.split(" at path ").next().unwrap_or_default();
    io::Error::new(error.kind(), said.to_owned())
}

/// The name of a picture beside a recording.
pub(crate) fn picture_beside(recording: &Path, format: mprof_charts::Format) -> PathBuf {
    if recording.as_os_str() == STDIN {
        return PathBuf::from("stdin").with_extension(format.extension());
    }
    if recording.extension().is_some_and(|extension| extension == "dat") {
        return recording.with_extension(format.extension());
    }
    let mut name = recording.as_os_str().to_owned();
    name.push(".");
    name.push(format.extension());
    PathBuf::from(name)
}

/// Checks that an output would not take the place of a recording: of one that it is made of, or of any other.
pub(crate) fn check_apart(output: &Path, recordings: &[PathBuf]) -> Result<()> {
    let Ok(output_file) = output.canonicalize() else { return Ok(()) };
    let shown = console::shown(output);
    if recordings.iter().any(|it| it.canonicalize().is_ok_and(|it| it == output_file)) {
        let why = format!("{shown}: is one of the recordings; give the output another name with -o");
        return Err(Misused(why).into());
    }
    if looks_like_recording(&output_file) {
        let why = format!("{shown}: is a recording, which no output replaces; give another name with -o");
        return Err(Misused(why).into());
    }
    Ok(())
}

/// The format that a picture's name asks for.
pub(crate) fn format_of(path: &Path) -> Result<mprof_charts::Format> {
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    mprof_charts::Format::from_extension(&extension).ok_or_else(|| {
        let known: Vec<String> =
            mprof_charts::Format::ALL.iter().map(|it| format!(".{}", it.extension())).collect();
        let path = console::shown(path);
        Misused(format!(
            "{path}: no such kind of picture, expected a name that ends in one of {}",
            known.join(", ")
        ))
        .into()
    })
}
