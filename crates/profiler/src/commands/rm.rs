//! `mprof-rs rm` and `mprof-rs clean`: remove recordings, or show which would be.

use std::io::Write;
use std::path::PathBuf;

use anyhow::Result;

use crate::cli::{CleanArgs, RmArgs};
use crate::exit::Exit;
use crate::manner::Manner;
use crate::{console, listing};

/// Removes those that were named.
pub(super) fn execute(args: &RmArgs, manner: Manner) -> Result<Exit> {
    if args.files.is_empty() && manner == Manner::Mprof {
        println!("A profile to remove must be provided (number or filename)");
        return Ok(Exit::Failure);
    }
    remove(listing::meant(&args.files)?, args.dry_run.into())
}

/// Removes every recording of a default name.
pub(super) fn clean(args: &CleanArgs) -> Result<Exit> {
    remove(listing::all()?, args.dry_run.into())
}

/// Whether files are removed, or only named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    Real,
    Dry,
}

impl From<bool> for Run {
    fn from(is_dry: bool) -> Self {
        if is_dry { Self::Dry } else { Self::Real }
    }
}

fn remove(paths: Vec<PathBuf>, run: Run) -> Result<Exit> {
    let paths = listing::with_companions(paths);
    if run == Run::Real {
        listing::remove(&paths)?;
        return Ok(Exit::Success);
    }
    listing::check_removable(&paths)?;
    let mut out = std::io::stdout().lock();
    // mprof's line ends in a blank.
    writeln!(out, "Files to be removed: ")?;
    for path in &paths {
        writeln!(out, "{}", console::shown(path))?;
    }
    Ok(Exit::Success)
}
