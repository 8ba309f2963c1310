//! Where ex3, ex4 and ex5 put their slices: files that the article's Python tools open.
//!
//! A store is whole only once [`Store::finish`] has run: until then its reader refuses it, because the header (or the
//! metadata) is written last. Slices are float32 and little endian in all of them.

pub mod hdf5;
#[cfg(feature = "libhdf5")]
pub mod libhdf5;
pub mod npy;
pub mod zarr;

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use crate::{error::Error, shape::Shape};

// The values are written as they lie in memory.
const _: () = assert!(cfg!(target_endian = "little"), "the stores write little endian values");

/// A three-dimensional float32 array on disk that is written slice by slice.
pub trait Store: Sized {
    /// Whether the output is one file or a folder of them, which decides how it is replaced and removed.
    const LAYOUT: Layout;
    /// How the values get there, which decides what the run needs.
    const ACCESS: Access = Access::Written;

    /// Makes the output, whose place is free by now.
    ///
    /// # Errors
    /// When the system refuses.
    fn create(path: &Path, shape: Shape) -> io::Result<Self>;

    /// Writes slice `at`.
    ///
    /// # Errors
    /// When the disk is full, for one.
    fn put(&mut self, at: usize, slice: &[f32]) -> io::Result<()>;

    /// Makes the output readable.
    ///
    /// # Errors
    /// As for `put`.
    fn finish(self) -> io::Result<()>;
}

/// How a store lies on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One regular file.
    File,
    /// A folder that is known as ours by the Zarr metadata in it.
    Folder,
}

/// How values get into a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// By system calls, from one slice in memory.
    Written,
    /// Through a mapping of the whole file.
    Mapped,
}

impl Layout {
    /// Frees the output's place for a new one, if what lies there is of the same kind.
    ///
    /// # Errors
    /// [`Error::Foreign`] if it is something else.
    pub fn clear(self, path: &Path) -> Result<(), Error> {
        let foreign = |what| Err(Error::Foreign(path.to_owned(), what));
        match (self, fs::metadata(path)) {
            (_, Err(_)) => Ok(()),
            (Self::File, Ok(metadata)) if metadata.is_file() => Ok(()),
            (Self::File, Ok(_)) => foreign("is not a regular file"),
            (Self::Folder, Ok(_)) if zarr::is_array(path) => self.remove(path),
            (Self::Folder, Ok(_)) => foreign("is there already and is not a Zarr array"),
        }
    }

    /// Removes an output that this run has made, or that `clear` has found to be of its kind.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn remove(self, path: &Path) -> Result<(), Error> {
        let removed = match self {
            Self::File => fs::remove_file(path),
            Self::Folder => fs::remove_dir_all(path),
        };
        removed.map_err(|error| Error::Output(path.to_owned(), error))
    }
}

/// A new or emptied file, as `h5py.File(path, 'w')` makes it.
fn new_file(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(true).open(path)
}
