//! Signals: the program gets each as often as if it ran alone, whoever they were sent to.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use crate::harness::{BINARY, Place};

/// Counts how often it gets TERM, for half a second or more, and says how often that was.
const COUNTER: &str = "n=0; trap 'n=$((n+1))' TERM; echo ready; i=0; \
    while [ $i -lt 100 ]; do sleep 0.01; i=$((i+1)); done; echo $n";

/// How often the program got TERM that somebody sends, once it is ready for it, to what is named after our number.
fn n_received(options: &[&str], send: impl Fn(u32) -> String) -> u32 {
    let place = Place::new();
    let mut command = Command::new(BINARY);
    command.args(["run", "-q", "-o"]).arg(place.path("out.dat")).args(options).args(["sh", "-c", COUNTER]);
    let mut child = command.process_group(0).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut ready = String::new();
    lines.read_line(&mut ready).unwrap();
    // The shell that sends is in another group, as a terminal's would be.
    let status = Command::new("sh").args(["-c", &send(child.id())]).status().unwrap();
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(child.wait().unwrap().success() && status.success() && ready == "ready\n", "{rest}");
    assert!(place.read("out.dat").contains("\nEND "));
    rest.trim().parse().unwrap()
}

#[test]
fn what_is_sent_to_us_alone_reaches_the_program_once() {
    assert_eq!(n_received(&[], |pid| format!("kill -TERM {pid}")), 1);
    assert_eq!(n_received(&["--exact"], |pid| format!("kill -TERM {pid}")), 1);
}

#[test]
fn what_is_sent_to_the_whole_group_is_not_passed_on() {
    assert_eq!(n_received(&[], |pid| format!("kill -TERM -{pid}")), 1);
    assert_eq!(n_received(&["--exact"], |pid| format!("kill -TERM -{pid}")), 1);
}

/// As timeout(1) does, and who ends all processes of a service one by one.
#[test]
fn what_is_sent_to_us_and_then_to_all_is_not_passed_on() {
    assert_eq!(n_received(&[], |pid| format!("kill -TERM {pid} -{pid}")), 1);
}
