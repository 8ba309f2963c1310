//! Whose numbers are in `/proc`: a PID namespace counts its processes anew, and what is mounted there may be the
//! `/proc` of another one (pid_namespaces(7)).

use std::fs;
use std::io;
use std::path::Path;

/// The inode of the PID namespace that a system begins with (`PROC_PID_INIT_INO` in include/linux/proc_ns.h).
const FIRST: &str = "pid:[4026531836]";

/// Checks that `/proc` counts processes as we do. Where it does not, its numbers are those of strangers.
pub(crate) fn check_numbers() -> io::Result<()> {
    check(Path::new("/proc"), std::process::id())
}

fn check(proc: &Path, number: u32) -> io::Result<()> {
    let told = fs::read_link(proc.join("self"))?;
    if told.to_str() == Some(&number.to_string()) {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "/proc is of another PID namespace: it calls us {}, and we are {number}; mount one that is of this namespace \
         (`unshare --mount-proc` does)",
        told.display()
    )))
}

/// Whether there may be processes that no number of ours means: those of the namespaces around it.
pub(super) fn is_nested(proc: &Path) -> bool {
    fs::read_link(proc.join("self/ns/pid")).map_or(true, |namespace| namespace.to_str() != Some(FIRST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_are_not_ours_are_refused_with_what_to_do() {
        assert!(check_numbers().is_ok());
        let proc = tempfile::tempdir().unwrap();
        assert_eq!(check(proc.path(), 7).unwrap_err().kind(), io::ErrorKind::NotFound);
        std::os::unix::fs::symlink("41", proc.path().join("self")).unwrap();
        assert!(check(proc.path(), 41).is_ok());
        let error = check(proc.path(), 7).unwrap_err().to_string();
        assert!(error.contains("it calls us 41, and we are 7; mount one"), "{error}");
    }
}
