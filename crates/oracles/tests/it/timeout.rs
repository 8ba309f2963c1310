//! `--timeout` ends everyone, even those who ignore the request, who fork on, and who left for another parent.

use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::recorded::{ORACLE, json, recorder};

/// Living processes of a process group: a zombie that nobody reaps is none.
fn living(group: u32) -> Vec<String> {
    let stats = std::fs::read_dir("/proc").unwrap().flatten();
    let stats = stats.filter_map(|entry| std::fs::read_to_string(entry.path().join("stat")).ok());
    let is_living = |stat: &String| {
        // Behind the name: state, parent, group.
        let words: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        words.get(2) == Some(&group.to_string().as_str()) && !["Z", "X"].contains(&words[0])
    };
    stats.filter(is_living).collect()
}

#[test]
fn a_brood_is_ended_to_the_last() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("run.dat");
    let mut command = Command::new(recorder());
    command.args(["run", "-q", "--timeout", "0.5", "-o"]).arg(&file).args([ORACLE, "brood"]);
    let mut child = command.process_group(0).stdout(Stdio::null()).spawn().unwrap();
    let group = child.id();
    assert_eq!(child.wait().unwrap().code(), Some(137));
    let patience = Instant::now() + Duration::from_secs(20);
    while !living(group).is_empty() {
        assert!(Instant::now() < patience, "{:?}", living(group));
        std::thread::sleep(Duration::from_millis(10));
    }
    let answer = json(Command::new(recorder()).args(["summary", "--json"]).arg(&file));
    assert_eq!(answer["ended_by"], "timeout", "{answer:#}");
    // On a slow machine, most are over before they can be read.
    let n = ["n_processes", "n_unread"].map(|key| answer[key].as_u64().unwrap());
    assert!(n.iter().sum::<u64>() > 10, "{answer:#}");
}
