//! The run itself: slice after slice, from the generator to its place.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use bytemuck::Pod;

use crate::{
    array::Array,
    disk,
    error::Error,
    facts::Facts,
    interruption::Interruption,
    os,
    progress::Progress,
    random::Normal,
    room::{self, Need, Resource},
    shape::Shape,
    store::{Access, Layout, Store},
};

/// The program itself, buffers and a little more.
const PROGRAM_BYTES: u64 = 8 << 20;

/// Where an output goes, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Output {
    /// The file, or for Zarr the folder.
    pub path: PathBuf,
    /// What happens at the end of a good run.
    pub ending: Ending,
}

/// What becomes of a finished output. An unfinished one is always removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It stays.
    Keep,
    /// It is removed once its size is known.
    Discard,
}

/// ex1 and ex2: fills an array in memory with fresh slices.
///
/// # Errors
/// When it does not fit or is interrupted.
pub fn fill_memory<T: Pod>(shape: Shape, fresh: impl FnMut(usize) -> Vec<T>) -> Result<Facts, Error> {
    let slice_bytes = slice_bytes::<T>(shape);
    let fixed_bytes = slice_bytes + PROGRAM_BYTES;
    let needs = [Resource::Memory, Resource::Addresses, Resource::Data];
    let needs = needs.map(|resource| Need { resource, slice_bytes, fixed_bytes });
    room::check(&needs, &os::rooms(), shape.depth()).map_err(Error::Shortage)?;

    let interruption = Interruption::watch().map_err(Error::Signals)?;
    let start = Instant::now();
    let mut array = {
        let _phase = mprof_phases::phase("allocate");
        Array::zeros(shape).map_err(Error::Memory)?
    };
    each_slice(shape, &interruption, fresh, |at, slice| {
        array.slice_mut(at).copy_from_slice(slice);
        Ok(())
    })?;
    let elapsed = start.elapsed();
    let _phase = mprof_phases::phase("free");
    drop(array);
    Ok(Facts { elapsed, calculated_bytes: calculated_bytes::<T>(shape), file_bytes: None })
}

/// ex3, ex4 and ex5: fills a store with standard normal slices.
///
/// # Errors
/// When it does not fit, cannot be written or is interrupted; then nothing unfinished is left.
pub fn fill_store<S: Store>(shape: Shape, seed: u64, output: &Output) -> Result<Facts, Error> {
    let path = output.path.as_path();
    let mut rooms = os::rooms();
    rooms.push(disk::room_for(path).map_err(|error| Error::Output(path.to_owned(), error))?);
    room::check(&store_needs::<S>(shape), &rooms, shape.depth()).map_err(Error::Shortage)?;
    S::LAYOUT.clear(path)?;

    let mut normal = Normal::new(seed);
    // From here on an interrupted run removes what it has made.
    let interruption = Interruption::watch().map_err(Error::Signals)?;
    let start = Instant::now();
    let store = {
        let _phase = mprof_phases::phase("create");
        S::create(path, shape).map_err(|error| Error::Output(path.to_owned(), error))?
    };
    let stored = store_slices(store, path, shape, &interruption, |n_values| normal.slice(n_values));
    let elapsed = start.elapsed();
    let file_bytes = Some(disk::file_bytes(path));
    if stored.is_err() || output.ending == Ending::Discard {
        let _phase = mprof_phases::phase("remove");
        let removed = S::LAYOUT.remove(path);
        stored.and(removed)?;
    }
    Ok(Facts { elapsed, calculated_bytes: calculated_bytes::<f32>(shape), file_bytes })
}

/// Every output takes disk space, and a mapping addresses for the whole file; memory need not grow with the depth.
fn store_needs<S: Store>(shape: Shape) -> Vec<Need> {
    let (slice_bytes, fixed_bytes) = (slice_bytes::<f32>(shape), slice_bytes::<f32>(shape) + PROGRAM_BYTES);
    let in_memory = [Resource::Memory, Resource::Data];
    let mut needs = in_memory.map(|resource| Need { resource, slice_bytes: 0, fixed_bytes }).to_vec();
    needs.push(Need { resource: Resource::Disk, slice_bytes, fixed_bytes: 4096 });
    if S::ACCESS == Access::Mapped {
        needs.push(Need { resource: Resource::Addresses, slice_bytes, fixed_bytes });
    }
    if S::LAYOUT == Layout::File {
        needs.push(Need { resource: Resource::FileSize, slice_bytes, fixed_bytes: 4096 });
    }
    needs
}

fn store_slices<S: Store>(
    mut store: S,
    path: &Path,
    shape: Shape,
    interruption: &Interruption,
    fresh: impl FnMut(usize) -> Vec<f32>,
) -> Result<(), Error> {
    let failed = |error| Error::Output(path.to_owned(), error);
    each_slice(shape, interruption, fresh, |at, slice| store.put(at, slice).map_err(failed))?;
    let _phase = mprof_phases::phase("finish");
    store.finish().map_err(failed)
}

/// The article's loop: each slice is made afresh, put in its place and dropped.
fn each_slice<T>(
    shape: Shape,
    interruption: &Interruption,
    mut fresh: impl FnMut(usize) -> Vec<T>,
    mut put: impl FnMut(usize, &[T]) -> Result<(), Error>,
) -> Result<(), Error> {
    // Not a phase for each slice: hundreds of bands show nothing.
    let _phase = mprof_phases::phase("fill");
    let mut progress = Progress::on_stderr(shape.depth());
    for at in 0..shape.depth() {
        progress.show(at);
        put(at, &fresh(shape.n_slice_values()))?;
        interruption.check()?;
    }
    Ok(())
}

fn slice_bytes<T>(shape: Shape) -> u64 {
    (shape.n_slice_values() * size_of::<T>()) as u64
}

fn calculated_bytes<T>(shape: Shape) -> usize {
    shape.n_values() * size_of::<T>()
}
