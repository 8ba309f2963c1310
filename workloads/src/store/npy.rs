//! A `.npy` file of version 1.0, written through a memory mapping as `np.lib.format.open_memmap` does.
//!
//! Blocks are reserved before they are touched, where the system can: a full disk then is an error, where a write to
//! the mapping would kill the process with SIGBUS.

use std::{fs::File, io, path::Path};

use memmap2::MmapMut;

use crate::{
    os::reserve,
    shape::Shape,
    store::{Access, Layout, Store, new_file},
};

/// The header is padded so that the values begin at a multiple of this.
const ALIGNMENT: usize = 64;
/// NumPy leaves room for the outermost dimension to grow to this many digits in place.
const GROWTH_DIGITS: usize = 21;

/// A file that is being filled.
#[derive(Debug)]
pub struct NpyFile {
    file: File,
    map: MmapMut,
    header: Vec<u8>,
}

impl Store for NpyFile {
    const LAYOUT: Layout = Layout::File;
    const ACCESS: Access = Access::Mapped;

    fn create(path: &Path, shape: Shape) -> io::Result<Self> {
        let header = header(shape);
        let file = new_file(path)?;
        file.set_len((header.len() + shape.n_values() * size_of::<f32>()) as u64)?;
        let map = map(&file)?;
        Ok(Self { file, map, header })
    }

    fn put(&mut self, at: usize, slice: &[f32]) -> io::Result<()> {
        let bytes: &[u8] = bytemuck::cast_slice(slice);
        let start = self.header.len() + at * bytes.len();
        reserve(&self.file, start as u64, bytes.len() as u64)?;
        self.map[start..][..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn finish(mut self) -> io::Result<()> {
        reserve(&self.file, 0, self.header.len() as u64)?;
        self.map[..self.header.len()].copy_from_slice(&self.header);
        Ok(())
    }
}

#[expect(
    unsafe_code,
    reason = "no crate maps a file without it, because another process could truncate the file"
)]
fn map(file: &File) -> io::Result<MmapMut> {
    // SAFETY: the file is the run's own output, opened and sized by it just now. If somebody else truncates it during
    // the run, the process ends with SIGBUS; nothing is read from the mapping that would have to keep its value.
    unsafe { MmapMut::map_mut(file) }
}

/// The header that NumPy writes for a float32 array of this shape in C order.
fn header(shape: Shape) -> Vec<u8> {
    let [depth, rows, cols] = shape.dimensions();
    let growth = GROWTH_DIGITS - depth.to_string().len();
    let text = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({depth}, {rows}, {cols}), }}");
    let text = format!("{text}{:growth$}", "");
    let prefix = b"\x93NUMPY\x01\x00";
    let n_unpadded = prefix.len() + size_of::<u16>() + text.len() + "\n".len();
    let n_text = n_unpadded.next_multiple_of(ALIGNMENT) - prefix.len() - size_of::<u16>();
    let text = format!("{text:<width$}\n", width = n_text - 1);
    let n_text = u16::try_from(text.len()).expect("three numbers take less than 64 KiB");
    [prefix, &n_text.to_le_bytes()[..], text.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_ends_at_a_multiple_of_64() {
        let header = header(Shape::new(500, 2000, 2000).unwrap());
        assert_eq!(header.len(), 128);
        assert_eq!(&header[..10], b"\x93NUMPY\x01\x00\x76\x00");
        let text = String::from_utf8(header[10..].to_vec()).unwrap();
        assert_eq!(text.trim_end(), "{'descr': '<f4', 'fortran_order': False, 'shape': (500, 2000, 2000), }");
        assert!(text.ends_with(" \n"));
    }

    #[test]
    fn wide_shapes_take_a_longer_header() {
        let header = header(Shape::new(1, 1 << 30, 1 << 29).unwrap());
        assert_eq!(header.len() % 64, 0);
    }
}
