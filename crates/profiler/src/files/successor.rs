//! A new file in the place of one that is replaced: under the same name, and never without anything in it.
//!
//! To empty a file takes the system milliseconds, and of a large one more; who is killed meanwhile would leave neither
//! the old nor the new. A name changes its file at once.

use std::fs::{self, File, Metadata, Permissions};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags};

/// What a system puts on every file by itself, as it will on the new one.
const ATTRIBUTE_OF_ALL: &[u8] = b"security.selinux";
/// The bits of a file's mode that say who may do what.
const PERMISSIONS: u32 = 0o777;

/// Makes a file with a beginning, and gives it the name that the old one has.
///
/// It fails, and nothing has happened, where another file would not be the same to everyone: one of another user, with
/// several names, with lists of access, or that the program prints to; and where the folder is not to be written to.
pub(super) fn succeed(old: &File, path: &Path, beginning: &[u8]) -> io::Result<File> {
    // Behind a link of ours lies the file that is meant. Everything further happens in this one folder, whatever its
    // path leads to by then, and only if the old file is in it.
    let path = path.canonicalize()?;
    let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return Err(refused()) };
    let folder = File::open(folder)?;
    let was = old.metadata()?;
    if !was.is_file() || was.nlink() != 1 || has_attributes(old) || is_open_elsewhere(old, &was) {
        return Err(refused());
    }
    // Nobody can foresee the name, or be in its way.
    let stand_in = format!(".mprof-rs-{:016x}", RandomState::new().build_hasher().finish());
    let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
    let new = File::from(rustix::fs::openat(&folder, &stand_in, flags, Mode::RUSR | Mode::WUSR)?);
    let outcome = begin(&new, beginning, &was).and_then(|()| {
        let there = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let is_same = (there.st_dev as u64, there.st_ino) == (was.dev(), was.ino());
        if is_same { Ok(rustix::fs::renameat(&folder, &stand_in, &folder, name)?) } else { Err(refused()) }
    });
    if outcome.is_err() {
        // Who is killed before this leaves a file under that name, and the old one as it was.
        let _ = rustix::fs::unlinkat(&folder, &stand_in, AtFlags::empty());
    }
    outcome.map(|()| new)
}

/// Makes a new file like the old one to everyone, ours to write, and gives it its beginning.
fn begin(mut new: &File, beginning: &[u8], was: &Metadata) -> io::Result<()> {
    let is = new.metadata()?;
    // A folder may have lists of access for every new file in it.
    if (is.uid(), is.gid()) != (was.uid(), was.gid()) || has_attributes(new) {
        return Err(refused());
    }
    new.set_permissions(Permissions::from_mode(was.mode() & PERMISSIONS))?;
    // Where locks are not to be had, it is taken to be ours.
    let _ = new.try_lock();
    new.write_all(beginning)
}

/// Whether a file is open here once more, as where the program prints to it: it would go on with what has lost its name.
fn is_open_elsewhere(file: &File, was: &Metadata) -> bool {
    let open = fs::read_dir("/dev/fd").into_iter().flatten().flatten();
    let numbers = open.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let is_same = |is: Metadata| (is.dev(), is.ino()) == (was.dev(), was.ino());
    let mut others = numbers.filter(|&number| number != file.as_raw_fd());
    others.any(|number| fs::metadata(format!("/dev/fd/{number}")).is_ok_and(is_same))
}

/// Whether anything was put on a file, such as a list of who may do what, which a new one would not have.
fn has_attributes(file: &File) -> bool {
    let mut names = [0_u8; 256];
    match rustix::fs::flistxattr(file, &mut names) {
        Ok(n) => names[..n].split(|&byte| byte == 0).any(|name| !name.is_empty() && name != ATTRIBUTE_OF_ALL),
        Err(error) => error != rustix::io::Errno::NOTSUP,
    }
}

/// Whether the new file would be another to somebody, or cannot be made beside the old one. What else is wrong, such as a
/// full disk, would be so with the old file too.
pub(super) fn is_refusal(error: &io::Error) -> bool {
    use io::ErrorKind::{NotFound, PermissionDenied, ReadOnlyFilesystem, Unsupported};
    matches!(error.kind(), NotFound | PermissionDenied | ReadOnlyFilesystem | Unsupported)
}

fn refused() -> io::Error {
    io::ErrorKind::Unsupported.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with a file `old`.
    fn place() -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("old"), "all of an earlier run").unwrap();
        place
    }

    fn names(place: &tempfile::TempDir) -> Vec<String> {
        let entries = fs::read_dir(place.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn open(path: &Path) -> File {
        File::options().write(true).open(path).unwrap()
    }

    #[test]
    fn the_name_has_another_file_of_the_same_mode() {
        let place = place();
        let [path, link] = ["old", "link"].map(|name| place.path().join(name));
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink("old", &link).unwrap();
        for (name, beginning) in [(&path, "one"), (&link, "two")] {
            let old = open(name);
            succeed(&old, name, beginning.as_bytes()).unwrap().write_all(b" more").unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{beginning} more"));
            assert_eq!(old.metadata().unwrap().nlink(), 0);
            assert_eq!(path.metadata().unwrap().mode() & PERMISSIONS, 0o640);
            assert!(link.is_symlink());
        }
        assert_eq!(names(&place), ["link", "old"]);
    }

    #[track_caller]
    fn check_refused(change: impl Fn(&Path, &Path)) {
        let place = place();
        let path = place.path().join("old");
        let old = open(&path);
        change(&path, &place.path().join("other"));
        succeed(&old, &path, b"one").unwrap_err();
        assert!(!names(&place).iter().any(|name| name.starts_with(".mprof-rs-")), "{:?}", names(&place));
        let texts: Vec<_> =
            names(&place).iter().map(|name| fs::read(place.path().join(name)).unwrap()).collect();
        assert!(!texts.contains(&b"one".to_vec()));
    }

    #[test]
    fn what_would_not_be_the_same_to_everyone_is_left_in_its_place() {
        check_refused(|path, other| fs::hard_link(path, other).unwrap());
        let prints = std::cell::Cell::new(None);
        check_refused(|path, _| prints.set(Some(open(path))));
        check_refused(|path, other| fs::rename(path, other).unwrap());
        check_refused(|path, other| {
            fs::rename(path, other).unwrap();
            fs::write(path, "of somebody else").unwrap();
        });
        check_refused(|path, other| {
            fs::rename(path, other).unwrap();
            std::os::unix::fs::symlink(other.with_file_name("nowhere"), path).unwrap();
            fs::write(other.with_file_name("nowhere"), "of somebody else").unwrap();
        });
    }
}
