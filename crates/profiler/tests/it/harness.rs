//! A folder of its own for each test, and the binary run in it.

use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// The binary under test.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_mprof-rs");

/// A folder that is removed at the end.
pub(crate) struct Place(TempDir);

/// What a command gave.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.path().join(name)
    }

    /// Runs mprof-rs here.
    pub(crate) fn mprof<S: AsRef<OsStr>>(&self, args: &[S]) -> Outcome {
        self.command(Path::new(BINARY), args)
    }

    /// Runs any program here.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, program: &Path, args: &[S]) -> Outcome {
        let mut command = Command::new(program);
        command.args(args).current_dir(self.0.path()).stdin(Stdio::null());
        let output = command.env_remove("NO_COLOR").output().unwrap();
        Outcome {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        fs::write(self.path(name), text).unwrap();
        self.path(name)
    }

    /// Makes a script that can be run. Another process writes it: a test beside may fork while we have it open, and
    /// nobody can execute what is open for writing.
    pub(crate) fn script(&self, name: &str, text: &str) {
        let write = "mkdir -p \"$(dirname \"$1\")\" && cat > \"$1\" && chmod 755 \"$1\"";
        let mut command = Command::new("sh");
        command.args(["-c", write, "sh"]).arg(self.path(name)).stdin(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Names of the files here.
    pub(crate) fn files(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

impl Outcome {
    /// Holds the outcome against an exit code, and what stderr must contain.
    #[track_caller]
    pub(crate) fn check(&self, code: i32, stderr: &str) {
        assert_eq!(self.code, code, "{self:#?}");
        assert!(self.stderr.contains(stderr), "no {stderr:?} in {self:#?}");
    }
}

/// A file that mprof itself wrote.
pub(crate) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../recording/tests/data").join(name)
}
