//! An HDF5 file with one contiguous float32 dataset, `data`, written without the HDF5 library.
//!
//! The file is the smallest that the format's specification (version 3.0) allows: a superblock of version 2, an object
//! header for the root group with one hard link, one for the dataset, and the values. Addresses and lengths take
//! eight bytes and everything is little endian. What it leaves out: chunks, compression, attributes, further groups.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use crate::{
    shape::Shape,
    store::{Layout, Store, hdf5::checksum::lookup3, new_file},
};

mod checksum;

/// What `ex3 --version` says: the version and whose writer it has.
pub const VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), " (writes with its own HDF5 writer)");

/// Where the values begin; all metadata fits well below.
const DATA_ADDRESS: u64 = 2048;
const ROOT_ADDRESS: u64 = 48;
const DATASET_ADDRESS: u64 = 112;
/// The address that means "nowhere".
const UNDEFINED: u64 = u64::MAX;

/// A file that is being filled.
#[derive(Debug)]
pub struct Hdf5File {
    file: File,
    shape: Shape,
}

impl Store for Hdf5File {
    const LAYOUT: Layout = Layout::File;

    fn create(path: &Path, shape: Shape) -> io::Result<Self> {
        Ok(Self { file: new_file(path)?, shape })
    }

    fn put(&mut self, at: usize, slice: &[f32]) -> io::Result<()> {
        let start = at * size_of_val(slice);
        self.file.write_all_at(bytemuck::cast_slice(slice), DATA_ADDRESS + start as u64)
    }

    fn finish(self) -> io::Result<()> {
        self.file.write_all_at(&metadata(self.shape), 0)
    }
}

/// Everything that lies before the values.
fn metadata(shape: Shape) -> Vec<u8> {
    let mut bytes = superblock(DATA_ADDRESS + data_bytes(shape));
    for (address, header) in [(ROOT_ADDRESS, root_header()), (DATASET_ADDRESS, dataset_header(shape))] {
        bytes.resize(address as usize, 0);
        bytes.extend(header);
    }
    bytes
}

fn data_bytes(shape: Shape) -> u64 {
    (shape.n_values() * size_of::<f32>()) as u64
}

/// Versions and sizes, then the addresses of the file's start, of an extension, of its end and of the root group.
fn superblock(end_address: u64) -> Vec<u8> {
    let mut bytes = b"\x89HDF\r\n\x1a\n\x02\x08\x08\x00".to_vec();
    for address in [0, UNDEFINED, end_address, ROOT_ADDRESS] {
        bytes.extend(address.to_le_bytes());
    }
    with_checksum(bytes)
}

/// The root group: how its links are kept, and the link to the dataset.
fn root_header() -> Vec<u8> {
    let mut link_info = vec![0, 0];
    link_info.extend([UNDEFINED.to_le_bytes(), UNDEFINED.to_le_bytes()].concat());
    let mut link = b"\x01\x00\x04data".to_vec();
    link.extend(DATASET_ADDRESS.to_le_bytes());
    object_header(&[
        Message { kind: 0x02, body: link_info },
        Message { kind: 0x0a, body: vec![0, 0] },
        Message { kind: 0x06, body: link },
    ])
}

/// The dataset: its shape, the type of its values, the rules for values never written, and where they lie.
fn dataset_header(shape: Shape) -> Vec<u8> {
    let mut dataspace = vec![2, 3, 0, 1];
    dataspace.extend(shape.dimensions().iter().flat_map(|&n| (n as u64).to_le_bytes()));
    let mut layout = vec![3, 1];
    layout.extend([DATA_ADDRESS.to_le_bytes(), data_bytes(shape).to_le_bytes()].concat());
    object_header(&[
        Message { kind: 0x01, body: dataspace },
        Message { kind: 0x03, body: ieee_float32() },
        // Space is allocated late, and filled only if somebody sets a fill value: the library's own defaults.
        Message { kind: 0x05, body: vec![3, 0x0a] },
        Message { kind: 0x08, body: layout },
    ])
}

/// IEEE 754: a sign at bit 31, 8 bits of exponent with bias 127 at bit 23, and 23 bits below an implied one.
fn ieee_float32() -> Vec<u8> {
    let mut bytes = vec![0x11, 0x20, 31, 0];
    bytes.extend(4_u32.to_le_bytes());
    bytes.extend([0, 0, 32, 0, 23, 8, 0, 23]);
    bytes.extend(127_u32.to_le_bytes());
    bytes
}

/// One part of an object header.
struct Message {
    kind: u8,
    body: Vec<u8>,
}

/// An object header of version 2 whose messages fit 255 bytes.
fn object_header(messages: &[Message]) -> Vec<u8> {
    let bodies: Vec<u8> = messages.iter().flat_map(Message::bytes).collect();
    let n_bytes = u8::try_from(bodies.len()).expect("these few messages take less than 256 bytes");
    let mut bytes = b"OHDR\x02\x00".to_vec();
    bytes.push(n_bytes);
    bytes.extend(bodies);
    with_checksum(bytes)
}

impl Message {
    fn bytes(&self) -> Vec<u8> {
        let n_bytes = u16::try_from(self.body.len()).expect("a message takes a few dozen bytes");
        let [low, high] = n_bytes.to_le_bytes();
        [&[self.kind, low, high, 0], self.body.as_slice()].concat()
    }
}

fn with_checksum(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = lookup3(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_where_the_addresses_say() {
        let bytes = metadata(Shape::new(500, 2000, 2000).unwrap());
        assert_eq!(&bytes[..8], b"\x89HDF\r\n\x1a\n");
        assert_eq!(&bytes[28..36], (2048_u64 + 8_000_000_000).to_le_bytes());
        assert_eq!(&bytes[ROOT_ADDRESS as usize..][..6], b"OHDR\x02\x00");
        assert_eq!(&bytes[DATASET_ADDRESS as usize..][..6], b"OHDR\x02\x00");
        assert!(bytes.len() < DATA_ADDRESS as usize);
    }

    #[test]
    fn each_part_ends_with_its_checksum() {
        let shape = Shape::new(2, 3, 4).unwrap();
        for part in [superblock(2144), root_header(), dataset_header(shape)] {
            let (body, checksum) = part.split_at(part.len() - 4);
            assert_eq!(checksum, lookup3(body).to_le_bytes());
        }
    }

    #[test]
    fn the_dimensions_are_those_of_the_shape() {
        let header = dataset_header(Shape::new(2, 3, 4).unwrap());
        let dimensions = [2_u64, 3, 4].map(u64::to_le_bytes).concat();
        assert!(header.windows(24).any(|window| window == dimensions));
    }
}
