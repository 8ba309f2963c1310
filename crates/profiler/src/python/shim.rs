//! The files that make `profile` known to a Python program, in a private folder of the run.
//!
//! Python finds the folder through `PYTHONPATH`, and so do the Python programs that the program starts.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::Path;

use mprof_probe::folder::{self, Folder};

/// The variable that names where Python looks first.
const VARIABLE: &str = "PYTHONPATH";

const FILES: [(&str, &str); 5] = [
    ("sitecustomize.py", include_str!("sitecustomize.py")),
    ("mprof_rs_profile.py", include_str!("mprof_rs_profile.py")),
    ("mprof_rs_stepwise.py", include_str!("mprof_rs_stepwise.py")),
    ("mprof_rs_holders.py", include_str!("mprof_rs_holders.py")),
    ("mprof_rs_stand_in.py", include_str!("mprof_rs_stand_in.py")),
];

/// How the name of the folder begins.
const PREFIX: &str = "mprof-rs-python-";

/// The folder, removed when it is dropped.
#[derive(Debug)]
pub(crate) struct Shim(Folder);

impl Shim {
    /// A new folder that only its owner can read.
    pub(crate) fn new() -> io::Result<Self> {
        let place = std::path::absolute(std::env::temp_dir())?;
        if place.as_os_str().as_encoded_bytes().contains(&b':') {
            return Err(io::Error::other("the path of the folder for temporary files has a colon in it"));
        }
        let shim = Self(Folder::new(&place, PREFIX)?);
        for (name, text) in FILES {
            fs::write(shim.0.path().join(name), text)?;
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
        folder::tidy(self.0.path().parent().unwrap_or(Path::new("/tmp")), PREFIX, remove);
    }
}

fn remove(folder: &Path) {
    let _ = fs::remove_dir_all(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

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
