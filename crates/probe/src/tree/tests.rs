//! Who is whose child, however short both lived.

use super::*;
use std::time::{Duration, Instant};

/// No process has so high a number.
const NOBODY: u32 = 1 << 23;

/// Waits for what must come.
#[track_caller]
pub(super) fn wait_until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(20), "it never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until a child of ours has ended, and does not reap it.
#[track_caller]
pub(super) fn wait_for_zombie(number: u32) {
    wait_until(|| std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap().contains(") Z "));
}

fn exited(number: u32, parent: u32) -> Exited {
    Exited {
        pid: number,
        parent,
        name: b"brief".to_vec(),
        born_ns: None,
        at_ns: 0,
        bytes: Bytes::default(),
        earlier_bytes: None,
    }
}

#[test]
fn a_parent_is_known_when_it_is_gone_and_is_the_latest_of_its_number() {
    let root = std::process::id();
    let mut tree = Tree::new(root, b"root", MarksKept::ForLife).unwrap();
    let mut events = Vec::new();
    let [parent, child] = [NOBODY, NOBODY + 1];
    for exited in [(parent, root), (child, parent), (parent, root), (child, parent), (child, 1)] {
        tree.tell_unseen(&self::exited(exited.0, exited.1), 0, &mut events);
    }
    let parents = events.iter().filter_map(|event| match event.kind {
        Kind::Joined { parent, .. } => Some(parent),
        _ => None,
    });
    let [first, second] = [0, 1].map(|life| Some(Pid { number: parent, life }));
    let root = Some(Pid::from(root));
    assert_eq!(parents.collect::<Vec<_>>(), [root, first, root, second, None]);
}

#[test]
fn who_is_told_after_the_parent_is_gone_had_it_all_the_same() {
    let mut tree = Tree::new(std::process::id(), b"root", MarksKept::ForLife).unwrap();
    let (mut exits, mut events) = (Exits::default(), Vec::new());
    tree.tell_unseen(&exited(NOBODY, std::process::id()), 0, &mut events);
    let mut child = std::process::Command::new("sleep").arg("100").spawn().unwrap();
    tree.add(Born { number: child.id(), parent: NOBODY }, 0, &mut exits, &mut events);
    // Another process takes the number of the parent before the child is read.
    tree.tell_unseen(&exited(NOBODY, std::process::id()), 0, &mut events);
    tree.read(0, &mut exits, &mut events);
    let of_child = events.iter().find_map(|event| match event.kind {
        Kind::Joined { pid, parent, .. } if pid.number == child.id() => parent,
        _ => None,
    });
    assert_eq!(of_child, Some(Pid::from(NOBODY)), "{events:?}");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn who_was_told_of_and_is_found_once_more_before_we_reap_it_is_no_second_process() {
    let mut tree = Tree::new(std::process::id(), b"root", MarksKept::ForLife).unwrap();
    let (mut exits, mut events) = (Exits::default(), Vec::new());
    let mut child = std::process::Command::new("true").spawn().unwrap();
    let (number, parent) = (child.id(), std::process::id());
    wait_for_zombie(number);
    tree.tell_unseen(&exited(number, parent), 0, &mut events);
    tree.add(Born { number, parent }, 0, &mut exits, &mut events);
    tree.read(0, &mut exits, &mut events);
    let n_joined = events.iter().filter(|event| matches!(event.kind, Kind::Joined { .. })).count();
    assert_eq!((n_joined, tree.n_unread()), (1, 0), "{events:?}");
    assert!(child.wait().is_err(), "it was reaped");
}
