//! The first line of a script, which may name its interpreter.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::{Surroundings, TOOLS, file_name, is_interpreter};

/// As much as the kernel reads of it.
const MAX_SIZE: u64 = 256;

/// What stands behind `#!`, and the line after it.
#[derive(Debug)]
pub(super) struct Shebang {
    words: Vec<String>,
    next_line: String,
}

impl Shebang {
    /// That of a file, if it has one.
    pub(super) fn of(path: &Path) -> Option<Self> {
        let mut text = Vec::new();
        File::open(path).ok()?.take(MAX_SIZE).read_to_end(&mut text).ok()?;
        Self::parse(&String::from_utf8_lossy(&text))
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.strip_prefix("#!")?.split('\n');
        let words: Vec<String> = lines.next()?.split([' ', '\t']).map(str::to_owned).collect();
        let words: Vec<String> = words.into_iter().filter(|word| !word.is_empty()).collect();
        let next_line = lines.next().unwrap_or_default().to_owned();
        (!words.is_empty()).then_some(Self { words, next_line })
    }

    /// Whether it leads to Python. pip writes a line for `sh` where the path of the interpreter is too long for one.
    pub(super) fn is_python(&self) -> bool {
        let is_it = |word: &String| {
            is_interpreter(OsStr::new(word)) || TOOLS.contains(&file_name(OsStr::new(word)).as_str())
        };
        self.words.iter().any(is_it)
            || (self.next_line.contains("'''exec'") && self.next_line.contains("python"))
    }

    /// Whether the script can be executed: it may be, and the interpreter that it names is there. A line that was
    /// written on Windows names one that is not.
    pub(super) fn can_run(&self, script: &Path, around: &Surroundings) -> bool {
        let may_be = script.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o111 != 0);
        may_be && self.interpreter_exists(around)
    }

    fn interpreter_exists(&self, around: &Surroundings) -> bool {
        let (first, rest) = (&self.words[0], &self.words[1..]);
        if file_name(OsStr::new(first)) != "env" {
            return Path::new(first).is_file();
        }
        let named = rest.iter().find(|word| !word.starts_with('-') && !word.contains('='));
        named.is_some_and(|name| around.on_path(OsStr::new(name)).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_python(text: &str) -> Option<bool> {
        Shebang::parse(text).map(|shebang| shebang.is_python())
    }

    #[test]
    fn the_first_line_tells_python() {
        let cases = [
            ("#!/usr/bin/python3\n", Some(true)),
            ("#! /usr/bin/env python3.12\nimport os", Some(true)),
            ("#!/usr/bin/env -S uv run --script\n", Some(true)),
            ("#!/home/me/venv/bin/python3 -sE\n", Some(true)),
            ("#!/bin/sh\n'''exec' \"/a long/path/python\" \"$0\" \"$@\"\n' '''\n", Some(true)),
            ("#!/bin/sh\nexec python3 x.py\n", Some(false)),
            ("#!/usr/bin/perl\n", Some(false)),
            ("#!/usr/bin/python-config\n", Some(false)),
            ("#!", None),
            ("#!\n", None),
            ("print()", None),
        ];
        for (text, expected) in cases {
            assert_eq!(is_python(text), expected, "{text:?}");
        }
    }

    #[test]
    fn an_interpreter_that_is_not_there_runs_nothing() {
        let around = Surroundings { search_path: "/bin:/usr/bin".into(), virtual_env: None };
        let cases = [
            ("#!/bin/sh\n", true),
            ("#!/usr/bin/env sh\n", true),
            ("#!/usr/bin/env -S A=1 sh -e\n", true),
            ("#!/bin/sh\r\n", false),
            ("#!/no/such/python\n", false),
            ("#!/usr/bin/env no-such-python\n", false),
            ("#!/usr/bin/env\n", false),
        ];
        for (text, expected) in cases {
            assert_eq!(Shebang::parse(text).unwrap().interpreter_exists(&around), expected, "{text:?}");
        }
    }
}
