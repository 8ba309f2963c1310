//! What lies on disk after a run, and what may have lain there before.

use std::{fs, os::unix::fs::symlink, path::Path};

use mprof_workloads::random::Normal;

use crate::run::{N_SMALL_VALUES, STORES, check_failure, example, folder, run_small};

/// The values of a store, read without any code of ours: they end each file.
fn stored_values(path: &Path) -> Vec<f32> {
    let files = match fs::metadata(path).unwrap().is_dir() {
        true => (0..3).map(|at| path.join(format!("c/{at}/0/0"))).collect(),
        false => vec![path.to_owned()],
    };
    let bytes: Vec<u8> = files.iter().flat_map(|file| fs::read(file).unwrap()).collect();
    let values = &bytes[bytes.len() - 4 * N_SMALL_VALUES..];
    values.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

#[test]
fn one_seed_gives_the_same_values_everywhere() {
    let mut normal = Normal::new(11);
    let in_memory: Vec<f32> = (0..3).flat_map(|_| normal.slice(40 * 50)).collect();
    for (name, file) in STORES {
        let folder = folder();
        assert!(run_small(name, folder.path(), &["--seed=11"]).status.success(), "{name}");
        assert_eq!(stored_values(&folder.path().join(file)), in_memory, "{name}");
    }
}

#[test]
fn without_a_seed_values_differ() {
    let folder = folder();
    let values = ["a", "b"].map(|file| {
        assert!(run_small("ex4", folder.path(), &["--output", file]).status.success());
        stored_values(&folder.path().join(file))
    });
    assert_ne!(values[0], values[1]);
}

#[test]
fn an_earlier_output_is_replaced() {
    for (name, file) in STORES {
        let folder = folder();
        let large =
            example(name, folder.path()).args(["--depth=9", "--rows=60", "--cols=60"]).output().unwrap();
        assert!(large.status.success(), "{name}");
        assert!(run_small(name, folder.path(), &["--seed=3"]).status.success(), "{name}");
        let mut normal = Normal::new(3);
        assert_eq!(stored_values(&folder.path().join(file))[..2000], normal.slice(2000), "{name}");
        assert!(!folder.path().join(file).join("c/8").exists(), "{name}");
    }
}

#[test]
fn discard_leaves_nothing() {
    for (name, _) in STORES {
        let folder = folder();
        assert!(run_small(name, folder.path(), &["--discard"]).status.success(), "{name}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "{name}");
    }
}

#[test]
fn a_folder_that_is_no_array_stays() {
    let folder = folder();
    fs::create_dir(folder.path().join("file.zarr")).unwrap();
    fs::write(folder.path().join("file.zarr/thesis.txt"), "years of work").unwrap();
    for args in [&[][..], &["--discard"]] {
        check_failure(
            &run_small("ex5", folder.path(), args),
            "ex5: file.zarr is there already and is not a Zarr array; choose another place with --output\n",
        );
    }
    assert!(folder.path().join("file.zarr/thesis.txt").exists());
}

#[test]
fn a_group_of_arrays_stays() {
    let folder = folder();
    fs::create_dir(folder.path().join("file.zarr")).unwrap();
    fs::write(folder.path().join("file.zarr/zarr.json"), r#"{"zarr_format": 3, "node_type": "group"}"#)
        .unwrap();
    assert_eq!(run_small("ex5", folder.path(), &[]).status.code(), Some(1));
    assert!(folder.path().join("file.zarr/zarr.json").exists());
}

#[test]
fn what_is_no_regular_file_stays() {
    let folder = folder();
    fs::create_dir(folder.path().join("file.hdf5")).unwrap();
    symlink("/dev/null", folder.path().join("file.npy")).unwrap();
    for (name, file) in &STORES[..2] {
        check_failure(
            &run_small(name, folder.path(), &["--discard"]),
            &format!("{name}: {file} is not a regular file; choose another place with --output\n"),
        );
        assert!(folder.path().join(file).exists());
    }
}

#[test]
fn a_missing_folder_is_named() {
    for (name, _) in STORES {
        check_failure(
            &run_small(name, folder().path(), &["--output=none/file"]),
            &format!("{name}: cannot write none/file: No such file or directory (os error 2)\n"),
        );
    }
}
