//! New processes as `/proc` shows them: the children of every thread (`/proc/PID/task/TID/children`, proc(5)).
//!
//! What is used where the kernel does not tell of forks. It sees what is alive when it looks. A process whose parent
//! has died is a child of ours, because we are a subreaper (prctl(2), `PR_SET_CHILD_SUBREAPER`).

use std::collections::HashSet;
use std::fs;

use crate::tree::Born;

/// Appends the descendants of some processes that are not known yet, parents before their children. Strangers and
/// what comes of them are left out.
pub(crate) fn look(known: impl Iterator<Item = u32>, strangers: &[u32], born: &mut Vec<Born>) {
    let mut to_visit: Vec<u32> = known.collect();
    let mut seen: HashSet<u32> = to_visit.iter().chain(strangers).copied().collect();
    while let Some(parent) = to_visit.pop() {
        for number in of(parent) {
            if seen.insert(number) {
                born.push(Born { number, parent });
                to_visit.push(number);
            }
        }
    }
}

/// Every thread of a process and of what came of it.
pub(crate) fn threads_below(number: u32) -> Vec<u32> {
    let mut born = Vec::new();
    look(std::iter::once(number), &[], &mut born);
    let numbers = std::iter::once(number).chain(born.into_iter().map(|born| born.number));
    numbers.flat_map(threads).collect()
}

fn threads(number: u32) -> Vec<u32> {
    let entries = fs::read_dir(format!("/proc/{number}/task")).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The children of all threads of a process; none when it is gone.
pub(crate) fn of(parent: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{parent}/task")).into_iter().flatten().flatten();
    let texts = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let numbers =
        |text: String| text.split_ascii_whitespace().filter_map(|it| it.parse().ok()).collect::<Vec<u32>>();
    texts.flat_map(numbers).collect()
}
