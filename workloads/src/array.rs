//! An array of zeros in memory whose pages come into being when they are first written, as those of `np.zeros`.
//!
//! It is one anonymous mapping, for which huge pages are asked as NumPy does: a fault for each 2 MiB instead of one
//! for each 4 KiB is most of the difference between a fast and a slow run.

use std::{io, marker::PhantomData};

use bytemuck::Pod;
use memmap2::MmapMut;

use crate::{os, shape::Shape};

/// The whole array, of which `slice_mut` gives one slice at a time.
#[derive(Debug)]
pub struct Array<T> {
    map: MmapMut,
    n_slice_values: usize,
    values: PhantomData<T>,
}

impl<T: Pod> Array<T> {
    /// Reserves addresses only; memory follows as slices are written.
    ///
    /// # Errors
    /// When the system refuses to reserve so much.
    pub fn zeros(shape: Shape) -> io::Result<Self> {
        let map = MmapMut::map_anon(shape.n_values() * size_of::<T>())?;
        os::prefer_huge_pages(&map);
        Ok(Self { map, n_slice_values: shape.n_slice_values(), values: PhantomData })
    }

    /// The values of slice `at`.
    pub fn slice_mut(&mut self, at: usize) -> &mut [T] {
        let n = self.n_slice_values;
        &mut bytemuck::cast_slice_mut(&mut self.map)[at * n..][..n]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_as_zeros_and_keeps_what_is_written() {
        let mut array = Array::<f64>::zeros(Shape::new(3, 2, 2).unwrap()).unwrap();
        array.slice_mut(1).copy_from_slice(&[1.0, 2.0, 3.0, 4.0]);
        assert_eq!(array.slice_mut(0), [0.0; 4]);
        assert_eq!(array.slice_mut(1), [1.0, 2.0, 3.0, 4.0]);
        assert_eq!(array.slice_mut(2), [0.0; 4]);
    }
}
