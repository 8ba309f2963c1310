//! Options with which Python looks neither at `PYTHONPATH` nor for a `sitecustomize`, and so does not find `profile`.

use std::ffi::{OsStr, OsString};

use super::is_interpreter;

/// Options of the interpreter that take a value, in the same word or the next one.
const WITH_VALUE: [char; 2] = ['W', 'X'];
/// Those behind which there is no further option of the interpreter: code and modules.
const LAST: [char; 2] = ['c', 'm'];
/// Those that keep us out.
const ISOLATING: [char; 3] = ['I', 'E', 'S'];

/// What keeps `profile` from a script that names it.
pub(super) fn keeps_out(command: &[OsString]) -> Option<char> {
    let (first, rest) = command.split_first()?;
    if !is_interpreter(first) {
        return None;
    }
    let (option, script) = scan(rest);
    let names_profile = |script: &OsStr| {
        let text = std::fs::read(script).unwrap_or_default();
        text.windows(b"profile".len()).any(|word| word == b"profile")
    };
    option.filter(|_| script.is_none_or(names_profile))
}

/// The first option that keeps us out, and the script, unless code or a module is run.
fn scan(words: &[OsString]) -> (Option<char>, Option<&OsStr>) {
    let mut option = None;
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let text = word.to_string_lossy();
        let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.starts_with('-')) else {
            return (option, Some(word));
        };
        for (idx, letter) in letters.char_indices() {
            option = option.or(ISOLATING.contains(&letter).then_some(letter));
            if LAST.contains(&letter) {
                return (option, None);
            }
            if WITH_VALUE.contains(&letter) {
                if idx + 1 == letters.len() {
                    words.next();
                }
                break;
            }
        }
    }
    (option, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_told_from_their_values_and_from_the_scripts_own() {
        let cases = [
            ("python3 x.py -I", None),
            ("python3 -u -W error x.py -E", None),
            ("python3 -X E -WI -c S", None),
            ("python3 -m I -I", None),
            ("sh -I", None),
            ("python3", None),
            ("python3 -I -c pass", Some('I')),
            ("python3 -uE -m x", Some('E')),
            ("python3 -W error -sS -c x", Some('S')),
            // A script that is not there names nothing.
            ("python3 -I /no/such/script.py", None),
        ];
        for (line, expected) in cases {
            let command: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(keeps_out(&command), expected, "{line}");
        }
    }
}
