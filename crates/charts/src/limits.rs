//! Limits as a ceiling, where the memory came near to one.

use crate::chart::{Entry, Ink, Limit};
use crate::peak_label;
use crate::view::View;
use mprof_recording::Recording;
use mprof_recording::event::limits::{ADDRESS_SPACE, CGROUP, DATA, SYSTEM};
use mprof_recording::metric::Metric;

/// What the notes of a recording limit, and what a legend calls it.
const LIMITS: [(&str, &str); 4] = [
    (CGROUP, "limit of the cgroup"),
    (ADDRESS_SPACE, "limit of each process's address space (RLIMIT_AS)"),
    (DATA, "limit of each process's data (RLIMIT_DATA)"),
    (SYSTEM, "memory of the system"),
];

/// The limits of a recording that were more than half used: those of each process by the largest, and those of all
/// together by the highest value that is drawn.
pub(crate) fn near(recording: &Recording, highest_bytes: u64, view: &View) -> Vec<Limit> {
    let of_processes = recording.processes.iter().filter_map(|process| process.samples.max(view.metric()));
    let largest_bytes = of_processes.map(|(_, bytes)| bytes).max().unwrap_or(0);
    let limit = |(key, what): (&str, &str)| {
        if !limits(key, view.metric()) {
            return None;
        }
        let is_of_all = matches!(key, CGROUP | SYSTEM);
        let highest_bytes = if is_of_all { highest_bytes } else { largest_bytes };
        let bytes: u64 = recording.note(key)?.parse().ok()?;
        let label = format!("{what}, {}", peak_label::figure(bytes, view.show.unit));
        (highest_bytes > bytes / 2).then_some(Limit { bytes, label })
    };
    LIMITS.into_iter().filter_map(limit).collect()
}

/// Whether a limit is one of what is drawn.
fn limits(key: &str, metric: Metric) -> bool {
    match metric {
        Metric::Swap | Metric::PageTables | Metric::Hugetlb => false,
        // Addresses are no memory: it may all be reserved several times over.
        Metric::Vms => key == ADDRESS_SPACE,
        _ => true,
    }
}

/// The lines of the legend for them.
pub(crate) fn legend(limits: &[Limit]) -> Vec<Entry> {
    let entry = |limit: &Limit| {
        let (label, value) = limit.label.rsplit_once(", ").unwrap_or((&limit.label, ""));
        Entry { ink: Some(Ink::Limit), label: label.to_owned(), value: value.to_owned() }
    };
    limits.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Show};
    use mprof_recording::Process;
    use mprof_recording::metric::Bytes;

    #[test]
    fn only_limits_that_are_near_are_drawn() {
        let notes = [(CGROUP, "1048576"), (DATA, "none"), (SYSTEM, "99999999")];
        let notes = notes.map(|(key, text)| (key.to_owned(), text.to_owned())).to_vec();
        let recording = Recording { notes, ..Recording::default() };
        let view = View::of(&recording, 10, &Options::default(), 1);
        assert_eq!(near(&recording, 500_000, &view), []);
        let near = near(&recording, 600_000, &view);
        assert_eq!((near.len(), near[0].label.as_str()), (1, "limit of the cgroup, 1.000 MiB"));
        assert_eq!(legend(&near)[0].value, "1.000 MiB");
    }

    #[test]
    fn addresses_are_limited_by_their_own_limit_alone() {
        let mut root = Process::default();
        root.samples.push(0, &Bytes::default().with(Metric::Vms, 1 << 20));
        let notes = [CGROUP, ADDRESS_SPACE, DATA, SYSTEM].map(|key| (key.to_owned(), "1048576".to_owned()));
        let recording = Recording { notes: notes.to_vec(), processes: vec![root], ..Recording::default() };
        let show = Show { metric: Metric::Vms, ..Show::default() };
        let view = View::of(&recording, 10, &Options { show, ..Options::default() }, 1);
        let near: Vec<String> =
            near(&recording, 1 << 20, &view).into_iter().map(|limit| limit.label).collect();
        assert_eq!(near, ["limit of each process's address space (RLIMIT_AS), 1.000 MiB"]);
    }
}
