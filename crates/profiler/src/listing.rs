//! The recordings of this folder that bear default names: their order, and what an index means among them.

use std::cmp::Ordering;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::exit::NothingToShow;
use crate::{console, files};

/// A default name is `mprofile_<14 characters>.dat`, with the local time of the start in the place of the characters.
const PREFIX: &str = "mprofile_";
const SUFFIX: &str = ".dat";
const N_CHARS: usize = 14;

/// The recordings here that bear default names, the oldest first: files, and links to files.
pub(crate) fn all() -> Result<Vec<PathBuf>> {
    let context = "this folder cannot be listed";
    let mut names = Vec::new();
    for entry in fs::read_dir(".").context(context)? {
        let name = PathBuf::from(entry.context(context)?.file_name());
        if middle(&name).is_some() && name.is_file() {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

/// What stands in a default name for the time.
pub(crate) fn middle(name: &Path) -> Option<String> {
    let middle = name.to_str()?.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?;
    (middle.chars().count() == N_CHARS).then(|| middle.to_owned())
}

/// The recordings that words mean: each a path, or an index among those of default names. A recording that is named
/// twice is meant once.
pub(crate) fn meant(words: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = Vec::new();
    for word in words {
        let path = one(word)?;
        if !paths.contains(&path) {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// The recordings that words mean, where a folder means all that are in it, by their names: `run2` before `run10`.
pub(crate) fn with_folders(words: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for word in words {
        if word.is_dir() {
            paths.extend(inside(word)?);
        } else {
            paths.push(one(word)?);
        }
    }
    Ok(paths)
}

fn inside(folder: &Path) -> Result<Vec<PathBuf>> {
    let shown = console::shown(folder);
    let context = || format!("{shown}: cannot be listed");
    let entries = fs::read_dir(folder).with_context(context)?.collect::<Result<Vec<_>, _>>();
    let mut paths: Vec<PathBuf> = entries.with_context(context)?.iter().map(fs::DirEntry::path).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "dat") && files::looks_like_recording(path));
    paths.sort_by(|a, b| by_numbers(a.as_os_str().as_encoded_bytes(), b.as_os_str().as_encoded_bytes()));
    let hint = || NothingToShow(format!("{shown}: no recording (.dat) is in this folder"));
    if paths.is_empty() { Err(hint().into()) } else { Ok(paths) }
}

/// Compares names as people count: where both have digits, by the number that these are.
fn by_numbers(mut a: &[u8], mut b: &[u8]) -> Ordering {
    let whole = a.cmp(b);
    while let ([first_a, ..], [first_b, ..]) = (a, b) {
        let [n_a, n_b] = [a, b].map(|name| name.iter().take_while(|byte| byte.is_ascii_digit()).count());
        let order =
            if n_a > 0 && n_b > 0 { number_order(&a[..n_a], &b[..n_b]) } else { first_a.cmp(first_b) };
        if order.is_ne() {
            return order;
        }
        (a, b) = (&a[n_a.max(1)..], &b[n_b.max(1)..]);
    }
    // One goes on where the other ends, or they differ by zeros before a number alone.
    a.len().cmp(&b.len()).then(whole)
}

/// Compares whole numbers of any length.
fn number_order(a: &[u8], b: &[u8]) -> Ordering {
    let [a, b] = [a, b].map(|digits| {
        let n_zeros = digits.iter().take_while(|&&digit| digit == b'0').count();
        &digits[n_zeros..]
    });
    a.len().cmp(&b.len()).then_with(|| a.cmp(b))
}

/// What exists is itself, even when its name is a number. Any other number is an index: 0 is the oldest, -1 the newest.
pub(crate) fn one(word: &Path) -> Result<PathBuf> {
    if word.symlink_metadata().is_ok() {
        return Ok(word.to_owned());
    }
    let Some(index) = word.to_str().and_then(|text| text.parse::<i64>().ok()) else {
        return Ok(word.to_owned());
    };
    let mut names = all()?;
    let place = place(index, names.len()).with_context(|| no_such(index, names.len()))?;
    Ok(names.swap_remove(place))
}

fn place(index: i64, n_names: usize) -> Option<usize> {
    let n_names = i64::try_from(n_names).ok()?;
    let place = if index < 0 { index.checked_add(n_names)? } else { index };
    usize::try_from(place).ok().filter(|_| place < n_names)
}

fn no_such(index: i64, n_names: usize) -> String {
    match n_names {
        0 => format!("{index}: no such file, and there is no {PREFIX}*{SUFFIX} here to count"),
        1 => format!("{index}: no such file, and there is one recording here: 0 (or -1)"),
        n => format!(
            "{index}: no such file, and there are {n} recordings here: 0 to {} (or -1 to -{n}); see `list`",
            n - 1
        ),
    }
}

/// Companions that early releases of mprof wrote, `<name>_ts.dat`, go with their recordings.
pub(crate) fn with_companions(mut paths: Vec<PathBuf>) -> Vec<PathBuf> {
    for path in paths.clone().into_iter().rev() {
        let Some(stem) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        let mut name = format!("{stem}_ts");
        name.extend(path.extension().and_then(|it| it.to_str()).map(|extension| format!(".{extension}")));
        let companion = path.with_file_name(name);
        if companion.is_file() && !paths.contains(&companion) {
            paths.push(companion);
        }
    }
    paths
}

/// Removes recordings. Nothing is removed when any of them is not there, or is something else.
pub(crate) fn remove(paths: &[PathBuf]) -> Result<()> {
    check_removable(paths)?;
    paths.iter().try_for_each(|path| {
        fs::remove_file(path).with_context(|| format!("{}: cannot be removed", console::shown(path)))
    })
}

/// Checks that each of them is there, and is a recording: a slip of the finger must not cost another file.
pub(crate) fn check_removable(paths: &[PathBuf]) -> Result<()> {
    paths.iter().try_for_each(|path| check_recording(path))
}

fn check_recording(path: &Path) -> Result<()> {
    let shown = console::shown(path);
    let metadata = path.symlink_metadata().with_context(|| format!("{shown}: nothing was removed"))?;
    anyhow::ensure!(!metadata.is_dir(), "{shown}: is a folder, expected a recording; nothing was removed");
    let is_named_as_one = path.extension().is_some_and(|extension| extension == "dat");
    anyhow::ensure!(
        is_named_as_one || files::looks_like_recording(path),
        "{shown}: is no recording; nothing was removed"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indexes_count_from_both_ends() {
        let cases = [(0, Some(0)), (2, Some(2)), (3, None), (-1, Some(2)), (-3, Some(0)), (-4, None)];
        for (index, expected) in cases {
            assert_eq!(place(index, 3), expected, "{index}");
        }
        assert_eq!((place(0, 0), place(-1, 0), place(i64::MIN, 1)), (None, None, None));
    }

    #[test]
    fn names_are_in_the_order_in_which_people_count() {
        let names = [
            "1",
            "002",
            "2",
            "10",
            "a",
            "a1",
            "a1b2",
            "a1b10",
            "a2",
            "a09",
            "a9",
            "a10",
            "a10.dat",
            "a99999999999999999999",
            "a100000000000000000000",
            "b",
            "ä",
        ];
        for (idx, one) in names.iter().enumerate() {
            for (other_idx, other) in names.iter().enumerate() {
                let expected = if *one == *other { Ordering::Equal } else { idx.cmp(&other_idx) };
                assert_eq!(by_numbers(one.as_bytes(), other.as_bytes()), expected, "{one} {other}");
            }
        }
    }

    #[test]
    fn a_default_name_has_fourteen_characters() {
        for (name, expected) in [
            ("mprofile_20261123161620.dat", Some("20261123161620")),
            ("mprofile_before-the-fix.dat", Some("before-the-fix")),
            ("mprofile_äöüß0123456789.dat", Some("äöüß0123456789")),
            ("mprofile_2026112316162.dat", None),
            ("mprofile_20261123161620_ts.dat", None),
            ("mprofile_20261123161620.png", None),
            ("xmprofile_20261123161620.dat", None),
        ] {
            assert_eq!(middle(Path::new(name)).as_deref(), expected, "{name}");
        }
    }
}
