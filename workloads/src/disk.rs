//! How full the disk is, and how much a file or folder takes.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path};

use crate::room::{Resource, Room};

/// What the file system leaves for `output`, counting what its predecessor of the same name will give back.
///
/// # Errors
/// When the folder of the output does not exist or cannot be asked.
pub fn room_for(output: &Path) -> io::Result<Room> {
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let space = rustix::fs::statvfs(folder)?;
    let free_bytes =
        space.f_bavail.saturating_mul(space.f_frsize).saturating_add(total(output, allocated_bytes));
    Ok(Room { resource: Resource::Disk, place: format!("free in {}", folder.display()), free_bytes })
}

/// The sizes of a file, or of all files in a folder, as `ls` shows them.
pub fn file_bytes(path: &Path) -> u64 {
    total(path, fs::Metadata::len)
}

/// What cannot be read counts as nothing.
fn total(path: &Path, bytes: fn(&fs::Metadata) -> u64) -> u64 {
    match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let entries = fs::read_dir(path).into_iter().flatten().flatten();
            entries.map(|entry| total(&entry.path(), bytes)).sum()
        }
        Ok(metadata) => bytes(&metadata),
        Err(_) => 0,
    }
}

/// `st_blocks` counts 512 bytes whatever the file system's blocks are.
fn allocated_bytes(metadata: &fs::Metadata) -> u64 {
    metadata.blocks() * 512
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_the_sum_of_its_files() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("c")).unwrap();
        fs::write(folder.path().join("zarr.json"), "12345").unwrap();
        fs::write(folder.path().join("c/0"), [0; 100]).unwrap();
        assert_eq!(file_bytes(folder.path()), 105);
        assert_eq!(file_bytes(&folder.path().join("zarr.json")), 5);
        assert_eq!(file_bytes(&folder.path().join("none")), 0);
    }

    #[test]
    fn a_missing_folder_is_an_error() {
        let error = room_for(Path::new("/no/such/folder/file.npy")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(room_for(Path::new("file.npy")).is_ok());
    }
}
