//! The files that make `profile` known to a Python program, in a private folder of the run.
//!
//! Python finds the folder through `PYTHONPATH`, and so do the Python programs that the program starts. Beside the
//! sources lies what some releases of CPython would make of them (scripts/python-code), since compiling them costs a
//! program more than all else that we add to it. A Python that finds nothing of its own there compiles the sources.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::ZlibDecoder;
use mprof_probe::folder::Folder;

/// The variable that names where Python looks first.
const VARIABLE: &str = "PYTHONPATH";

/// In the order of their names, without the ending.
const FILES: [(&str, &str); 5] = [
    ("mprof_rs_holders", include_str!("mprof_rs_holders.py")),
    ("mprof_rs_profile", include_str!("mprof_rs_profile.py")),
    ("mprof_rs_stand_in", include_str!("mprof_rs_stand_in.py")),
    ("mprof_rs_stepwise", include_str!("mprof_rs_stepwise.py")),
    ("sitecustomize", include_str!("sitecustomize.py")),
];

/// How the name of the folder begins.
const PREFIX: &str = "mprof-rs-python-";
/// The same, compiled: what a release is called, and each file behind its length, all of it compressed by zlib.
const CODE: [(&str, &[u8]); 6] = [
    ("cpython-38", include_bytes!("code/cpython-38.code")),
    ("cpython-39", include_bytes!("code/cpython-39.code")),
    ("cpython-310", include_bytes!("code/cpython-310.code")),
    ("cpython-311", include_bytes!("code/cpython-311.code")),
    ("cpython-312", include_bytes!("code/cpython-312.code")),
    ("cpython-313", include_bytes!("code/cpython-313.code")),
];
/// Where Python looks for what it has compiled.
const CODE_FOLDER: &str = "__pycache__";

/// The folder, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Shim(Folder);

impl Shim {
    /// A new folder that only its owner can read.
    pub(crate) fn new() -> io::Result<Self> {
        // Where Python looks for modules, colons stand between folders.
        let has_no_colon = |place: &Path| !place.as_os_str().as_encoded_bytes().contains(&b':');
        let shim = Self(Folder::private(PREFIX, has_no_colon)?);
        for (name, text) in FILES {
            fs::write(shim.0.path().join(name).with_extension("py"), text)?;
        }
        let compiled = shim.0.path().join(CODE_FOLDER);
        fs::create_dir(&compiled)?;
        for (tag, code) in CODE {
            for ((name, _), pyc) in FILES.iter().zip(parts(&inflated(code)?)) {
                fs::write(compiled.join(format!("{name}.{tag}.pyc")), pyc)?;
            }
        }
        Ok(shim)
    }

    /// What the program needs to know to find the folder, given what it knows now.
    pub(crate) fn variable(&self, current: Option<&OsStr>) -> (OsString, OsString) {
        let mut value = self.0.path().as_os_str().to_owned();
        if let Some(current) = current.filter(|current| !current.is_empty()) {
            value.push(":");
            value.push(current);
        }
        (VARIABLE.into(), value)
    }

    /// The same for a program that gets our own environment.
    pub(crate) fn variable_here(&self) -> (OsString, OsString) {
        self.variable(std::env::var_os(VARIABLE).as_deref())
    }
}

impl Drop for Shim {
    /// What Python has put there is of no use to anyone else.
    fn drop(&mut self) {
        remove(self.0.path());
        self.0.tidy_beside(PREFIX, remove);
    }
}

fn remove(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

fn inflated(code: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    ZlibDecoder::new(code).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Texts that stand one behind the other, each behind its length.
fn parts(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (len, behind) = rest.split_first_chunk()?;
        let (part, behind) = behind.split_at_checked(u32::from_le_bytes(*len) as usize)?;
        rest = behind;
        Some(part)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_has_every_file() {
        for (tag, code) in CODE {
            let code = inflated(code).unwrap();
            assert_eq!(parts(&code).count(), FILES.len(), "{tag}");
            assert_eq!(parts(&code).map(|part| part.len() + 4).sum::<usize>(), code.len(), "{tag}");
        }
    }

    #[test]
    fn the_folder_comes_first_and_leaves_with_the_run() {
        let shim = Shim::new().unwrap();
        let folder = shim.0.path().to_owned();
        let value = |current| shim.variable(current).1.into_string().unwrap();
        let shown = folder.display();
        assert_eq!(value(None), format!("{shown}"));
        // An empty value means nothing; an empty entry would mean the current folder.
        assert_eq!(value(Some(OsStr::new(""))), format!("{shown}"));
        assert_eq!(value(Some(OsStr::new("a:b"))), format!("{shown}:a:b"));
        assert!(folder.join("sitecustomize.py").is_file());
        drop(shim);
        assert!(!folder.exists());
    }
}
