//! The environment that a program is given: our own, byte for byte and in its order, with what we add.
//!
//! std would sort it, drop what has no name or no `=`, and keep one of several entries of one name. It is set in the
//! child, between fork and exec.

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::ffi::{CStr, CString, OsString};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

type Environ = *mut *mut libc::c_char;

/// Arranges that the program of a command gets our environment and these variables. No variable may be set by the
/// command itself.
pub(crate) fn give_environment(command: &mut Command, added: &[(OsString, OsString)]) {
    let environment = Environment::of(entries(added));
    let give = move || {
        environment.take_place();
        Ok(())
    };
    // SAFETY: the hook stores one pointer and calls nothing.
    unsafe { command.pre_exec(give) };
}

/// Our own entries with these variables.
pub(crate) fn entries(added: &[(OsString, OsString)]) -> Vec<CString> {
    // SAFETY: nothing in this process changes its environment, so that the entries live for as long as we do.
    with(unsafe { own() }, added)
}

/// Entries, and where each of them is, as the C library wants it.
struct Environment {
    _entries: Vec<CString>,
    addresses: Vec<usize>,
}

impl Environment {
    fn of(entries: Vec<CString>) -> Self {
        let addresses = entries.iter().map(|entry| entry.as_ptr() as usize).chain([0]).collect();
        Self { _entries: entries, addresses }
    }

    /// Runs in the child, which has one thread.
    fn take_place(&self) {
        // SAFETY: the child's memory is its own, and the list and its entries live until it execs.
        unsafe { *place() = self.addresses.as_ptr().cast_mut().cast() };
    }
}

/// The entries, where a variable that is added takes the place of the first of its name, or else the last place.
fn with(own: Vec<&CStr>, added: &[(OsString, OsString)]) -> Vec<CString> {
    let mut entries: Vec<CString> = own.into_iter().map(CStr::to_owned).collect();
    for (name, value) in added {
        let name = [name.as_bytes(), b"="].concat();
        // A path cannot hold a zero, and neither can a variable.
        let Ok(entry) = CString::new([&name, value.as_bytes()].concat()) else { continue };
        let place = entries.iter().position(|it| it.as_bytes().starts_with(&name)).unwrap_or(entries.len());
        entries.retain(|it| !it.as_bytes().starts_with(&name));
        entries.insert(place, entry);
    }
    entries
}

/// Our own entries.
///
/// # Safety
/// The environment must not change for as long as they are used.
unsafe fn own() -> Vec<&'static CStr> {
    let mut entries = Vec::new();
    // SAFETY: the C library keeps a list of strings there that ends with a null pointer, or nothing.
    unsafe {
        let mut entry = *place();
        while !entry.is_null() && !(*entry).is_null() {
            entries.push(CStr::from_ptr(*entry));
            entry = entry.add(1);
        }
    }
    entries
}

/// Where the C library keeps the list (environ(7)).
#[cfg(target_os = "linux")]
fn place() -> *mut Environ {
    unsafe extern "C" {
        static mut environ: Environ;
    }
    &raw mut environ
}

#[cfg(target_os = "macos")]
fn place() -> *mut Environ {
    // SAFETY: it takes nothing and gives where the list is kept.
    unsafe { libc::_NSGetEnviron() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(own: &[&CStr], added: &[(&str, &str)], expected: &[&CStr]) {
        let added: Vec<(OsString, OsString)> =
            added.iter().map(|&(name, value)| (name.into(), value.into())).collect();
        assert_eq!(with(own.to_vec(), &added), expected);
    }

    #[test]
    fn what_is_there_stays_as_it_is_and_where_it_is() {
        let odd = [c"B=1", c"A=2", c"B=3", c"NOEQUALS", c"=weird", c"C=\xff"];
        check(&odd, &[], &odd);
        check(&odd, &[("N", "x=y")], &[c"B=1", c"A=2", c"B=3", c"NOEQUALS", c"=weird", c"C=\xff", c"N=x=y"]);
    }

    #[test]
    fn what_is_added_is_the_only_one_of_its_name() {
        check(&[c"A=1", c"B=2", c"A=3", c"AA=4", c"A"], &[("A", "5")], &[c"A=5", c"B=2", c"AA=4", c"A"]);
        check(&[c"B=1", c"A=2", c"A=3"], &[("A", "5")], &[c"B=1", c"A=5"]);
        check(&[], &[("A", "5"), ("A", "6"), ("B", "\0")], &[c"A=6"]);
    }
}
