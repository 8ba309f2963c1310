//! An oracle run under mprof-rs: its truth, and the recorder's answer.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

/// The binary with the oracles.
pub(crate) const ORACLE: &str = env!("CARGO_BIN_EXE_oracle");

/// A truth and an answer.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) truth: Value,
    pub(crate) answer: Value,
}

/// Records an oracle. There is no run where the machine does not allow what the oracle does; that is said.
pub(crate) fn record(options: &[&str], oracle: &[&str]) -> Option<Run> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.dat");
    let mut command = Command::new(recorder());
    let pace: &[&str] = if options.contains(&"-T") { &[] } else { &["-T", "10ms"] };
    command.args(["run", "-q"]).args(pace).args(options).arg("-o").arg(&file).arg(ORACLE).args(oracle);
    let truth = json(&mut command);
    if let Some(why) = truth["cannot"].as_str() {
        eprintln!("skipped: oracle {}: {why}", oracle[0]);
        return None;
    }
    let answer = json(Command::new(recorder()).args(["summary", "--json"]).arg(&file));
    Some(Run { truth, answer })
}

/// Records any command, however it ends, with words before the recorder that make its surroundings.
pub(crate) fn record_by(before: &[&str], options: &[&str], command: &[&str]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.dat");
    let recorder = recorder();
    let words = before.iter().map(OsStr::new).chain([recorder.as_os_str()]);
    let words = words.chain(["run", "-q", "-o"].map(OsStr::new)).chain([file.as_os_str()]);
    let words = words.chain(options.iter().map(OsStr::new)).chain(["--"].map(OsStr::new));
    let words: Vec<&OsStr> = words.chain(command.iter().map(OsStr::new)).collect();
    let mut command = Command::new(words[0]);
    command
        .args(&words[1..])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    json(Command::new(&recorder).args(["summary", "--json"]).arg(&file))
}

/// Runs a command that prints JSON and must succeed.
pub(crate) fn json(command: &mut Command) -> Value {
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{command:?}: {error}: {text:?}"))
}

impl Run {
    /// Holds a figure of the answer against one of the truth, within the kernel's bound.
    #[track_caller]
    pub(crate) fn check_equal(&self, key: &str, truth_key: &str) {
        let (said, truth, slack) = (self.said(key), self.known(truth_key), self.known("slack_bytes"));
        assert!(said.abs_diff(truth) <= slack, "{key}: {said} is not {truth} ± {slack}: {self:#?}");
    }

    /// Holds a figure of the answer between another one of it and one of the truth.
    #[track_caller]
    pub(crate) fn check_between(&self, key: &str, least_key: &str, truth_key: &str) {
        let (said, least) = (self.said(key), self.said(least_key));
        let most = self.known(truth_key) + self.known("slack_bytes");
        assert!((least..=most).contains(&said), "{key}: {said} is not from {least} to {most}: {self:#?}");
    }

    /// The same of a total of all processes, each of which may lie off by the bound.
    #[track_caller]
    pub(crate) fn check_sum(&self, key: &str, truth_key: &str) {
        let (said, truth) = (self.said(key), self.known(truth_key));
        let slack = self.known("slack_bytes") * self.known("n_processes");
        assert!(said.abs_diff(truth) <= slack, "{key}: {said} is not {truth} ± {slack}: {self:#?}");
    }

    /// Everyone who was seen.
    #[track_caller]
    pub(crate) fn processes(&self) -> &[Value] {
        self.answer["processes"].as_array().unwrap_or_else(|| panic!("no processes: {self:#?}"))
    }

    /// A figure of the answer.
    #[track_caller]
    pub(crate) fn said(&self, key: &str) -> u64 {
        self.answer[key].as_u64().unwrap_or_else(|| panic!("the answer lacks {key}: {self:#?}"))
    }

    /// A figure of the truth.
    #[track_caller]
    pub(crate) fn known(&self, key: &str) -> u64 {
        self.truth[key].as_u64().unwrap_or_else(|| panic!("the oracle does not know {key}: {self:#?}"))
    }
}

/// The recorder that was built beside the oracles.
pub(crate) fn recorder() -> PathBuf {
    let path = Path::new(ORACLE).with_file_name("mprof-rs");
    assert!(path.exists(), "there is no {}; run `cargo test --workspace`, which builds it", path.display());
    path
}
