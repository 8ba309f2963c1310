//! The same dataset written through the HDF5 library, for those who want the real one (cargo feature `libhdf5`).

use std::{io, path::Path};

use hdf5::{Dataset, File};
use ndarray::{ArrayView2, s};

use crate::{
    shape::Shape,
    store::{Layout, Store},
};

/// What `ex3 --version` says: the version and whose writer it has.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (writes with the HDF5 library)");

/// A file that is being filled.
#[derive(Debug)]
pub struct Hdf5File {
    file: File,
    dataset: Dataset,
    shape: Shape,
}

impl Store for Hdf5File {
    const LAYOUT: Layout = Layout::File;

    fn create(path: &Path, shape: Shape) -> io::Result<Self> {
        let file = File::create(path).map_err(failed)?;
        let dataset = file.new_dataset::<f32>().shape(shape.dimensions()).create("data");
        Ok(Self { file, dataset: dataset.map_err(failed)?, shape })
    }

    fn put(&mut self, at: usize, slice: &[f32]) -> io::Result<()> {
        let [_, rows, cols] = self.shape.dimensions();
        let view = ArrayView2::from_shape((rows, cols), slice).map_err(io::Error::other)?;
        self.dataset.write_slice(view, s![at, .., ..]).map_err(failed)
    }

    fn finish(self) -> io::Result<()> {
        drop(self.dataset);
        self.file.close().map_err(failed)
    }
}

/// The library's messages run over several lines; ours take one.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err asks for")]
fn failed(error: hdf5::Error) -> io::Error {
    io::Error::other(error.to_string().split_whitespace().collect::<Vec<_>>().join(" "))
}
