//! A Zarr array of format 3: a folder with `zarr.json` and one file of raw values for each slice.
//!
//! `zarr.json` is empty while the run lasts: enough for the next run to know the folder as ours and to replace it,
//! and not enough for a reader to take it for a whole array.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{
    shape::Shape,
    store::{Layout, Store},
};

const METADATA: &str = "zarr.json";

/// A folder that is being filled.
#[derive(Debug)]
pub struct ZarrFolder {
    folder: PathBuf,
    shape: Shape,
}

impl Store for ZarrFolder {
    const LAYOUT: Layout = Layout::Folder;

    fn create(path: &Path, shape: Shape) -> io::Result<Self> {
        fs::create_dir(path)?;
        fs::write(path.join(METADATA), "")?;
        Ok(Self { folder: path.to_owned(), shape })
    }

    fn put(&mut self, at: usize, slice: &[f32]) -> io::Result<()> {
        let chunk_folder = self.folder.join(format!("c/{at}/0"));
        fs::create_dir_all(&chunk_folder)?;
        fs::write(chunk_folder.join("0"), bytemuck::cast_slice::<_, u8>(slice))
    }

    fn finish(self) -> io::Result<()> {
        fs::write(self.folder.join(METADATA), metadata(self.shape))
    }
}

/// Whether the folder holds one Zarr array, whole or from a run that did not end. A group of arrays does not count:
/// that is somebody's collection.
pub fn is_array(folder: &Path) -> bool {
    let Ok(text) = fs::read_to_string(folder.join(METADATA)) else { return false };
    let dense: String = text.split_whitespace().collect();
    dense.is_empty() || dense.contains(r#""node_type":"array""#)
}

fn metadata(shape: Shape) -> String {
    let [depth, rows, cols] = shape.dimensions();
    format!(
        r#"{{
  "zarr_format": 3,
  "node_type": "array",
  "shape": [{depth}, {rows}, {cols}],
  "data_type": "float32",
  "chunk_grid": {{"name": "regular", "configuration": {{"chunk_shape": [1, {rows}, {cols}]}}}},
  "chunk_key_encoding": {{"name": "default", "configuration": {{"separator": "/"}}}},
  "fill_value": 0.0,
  "codecs": [{{"name": "bytes", "configuration": {{"endian": "little"}}}}],
  "attributes": {{}}
}}
"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(metadata: Option<&str>) -> bool {
        let folder = tempfile::tempdir().unwrap();
        if let Some(metadata) = metadata {
            fs::write(folder.path().join(METADATA), metadata).unwrap();
        }
        is_array(folder.path())
    }

    #[test]
    fn only_arrays_are_ours_to_replace() {
        assert!(folder_with(Some(&metadata(Shape::new(1, 2, 3).unwrap()))));
        assert!(folder_with(Some("")));
        assert!(!folder_with(Some(r#"{"zarr_format": 3, "node_type": "group"}"#)));
        assert!(!folder_with(None));
    }
}
