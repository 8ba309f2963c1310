//! What the system did to a run for want of memory: whether it killed for it, at which limit, and whether it swapped;
//! and what the cgroup took at most. Pure: it compares what was read before and after.

use std::path::PathBuf;

use mprof_recording::units;

/// What was read at one moment. What cannot be read is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Processes that were killed for want of memory, in the cgroup.
    pub n_killed: Option<u64>,
    /// The same in the whole system.
    pub n_killed_of_system: Option<u64>,
    /// The cgroup's folder.
    pub folder: Option<PathBuf>,
    /// That one and those above it, the nearest first. Of a later look they are wanted if somebody was killed.
    pub levels: Vec<Level>,
    /// The highest that the cgroup ever held.
    pub peak_bytes: Option<u64>,
    /// Who is in the cgroup; absent when there are cgroups below it.
    pub members: Option<Vec<u32>>,
    /// All memory that the system has. Of a later look it is not wanted.
    pub system_bytes: Option<u64>,
    /// Bytes that the system read from swap.
    pub swapped_in_bytes: Option<u64>,
    /// Bytes that the system wrote to swap.
    pub swapped_out_bytes: Option<u64>,
}

/// A cgroup that may have a limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Level {
    /// Where its files are.
    pub folder: PathBuf,
    /// What it may hold, if that is limited.
    pub limit_bytes: Option<u64>,
    /// How often the limit stood in the way.
    pub n_hits: u64,
}

/// What happened between two looks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Who was killed for want of memory.
    pub killed: Option<Killed>,
    /// What the cgroup held at most, if it was reached during the run and nobody else was in it.
    pub peak_bytes: Option<u64>,
    /// Bytes that the system read from swap.
    pub swapped_in_bytes: u64,
    /// Bytes that the system wrote to swap.
    pub swapped_out_bytes: u64,
}

/// The kernel killed for want of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Killed {
    /// How many processes.
    pub n: u64,
    /// Whether it can only have been processes of the run.
    pub is_ours: bool,
    /// Which limit it was.
    pub limit: String,
    /// How much that is.
    pub limit_bytes: Option<u64>,
}

impl Look {
    /// Whether somebody was killed until a later look, or may have been.
    #[must_use]
    pub fn has_more_killed(&self, later: &Self) -> bool {
        (self.n_killed, self.n_killed_of_system) != (later.n_killed, later.n_killed_of_system)
    }

    /// What changed until a later look. The numbers are those of the run, and our own.
    #[must_use]
    pub fn change(&self, later: &Self, ours: impl Fn(u32) -> bool) -> Change {
        let is_alone = [self, later].iter().all(|look| {
            look.members.as_ref().is_some_and(|members| members.iter().all(|&number| ours(number)))
        });
        let n_of_system = rise(self.n_killed_of_system, later.n_killed_of_system);
        let has_moved = self.folder != later.folder;
        // The cgroup counts its own alone. Where it does not count, the whole system's count is all there is.
        let n_killed = if has_moved {
            // What the other cgroup had counted before is not known: as much as the system did, at most.
            later.n_killed.zip(n_of_system).map(|(n, n_of_system)| n.min(n_of_system))
        } else {
            rise(self.n_killed, later.n_killed)
        };
        let killed = match (n_killed, n_of_system) {
            // What the other cgroup counted may have been before we came.
            (Some(n), _) => Some((n, is_alone && !has_moved)),
            (None, Some(n)) => Some((n, false)),
            (None, None) => None,
        };
        let killed = killed.filter(|&(n, _)| n > 0);
        Change {
            killed: killed.map(|(n, is_ours)| {
                let (limit, limit_bytes) = self.limit(later);
                Killed { n, is_ours, limit, limit_bytes }
            }),
            peak_bytes: later
                .peak_bytes
                .filter(|&bytes| is_alone && !has_moved && Some(bytes) > self.peak_bytes),
            swapped_in_bytes: rise(self.swapped_in_bytes, later.swapped_in_bytes).unwrap_or(0),
            swapped_out_bytes: rise(self.swapped_out_bytes, later.swapped_out_bytes).unwrap_or(0),
        }
    }

    /// The limit that stood in the way: the nearest one that was hit, or else the end of all memory.
    fn limit(&self, later: &Self) -> (String, Option<u64>) {
        let n_hits_before = |level: &Level| {
            self.levels.iter().find(|it| it.folder == level.folder).map_or(0, |before| before.n_hits)
        };
        let hit = later.levels.iter().find_map(|level| {
            let limit_bytes = level.limit_bytes.filter(|_| level.n_hits > n_hits_before(level))?;
            let text = format!("cgroup limit {} of {}", units::bytes(limit_bytes), level.folder.display());
            Some((text, Some(limit_bytes)))
        });
        let all = self.system_bytes.map(|bytes| format!(", {} in all", units::bytes(bytes)));
        hit.unwrap_or_else(|| {
            let all = all.unwrap_or_default();
            let text = format!("no limit of a cgroup that can be seen, so the system's memory{all}");
            (text, self.system_bytes)
        })
    }
}

fn rise(before: Option<u64>, after: Option<u64>) -> Option<u64> {
    Some(after?.saturating_sub(before?))
}

impl Killed {
    /// Whether the program was among them, given that SIGKILL ended it, and the most that it was seen to hold.
    ///
    /// In a cgroup with others, somebody else may have been killed for want of memory, and the program by a person. The
    /// kernel takes the largest process first, and nobody is larger than who held most of what there was.
    #[must_use]
    pub fn was_root(&self, peak_bytes: u64) -> WasRoot {
        let is_largest = self.limit_bytes.is_some_and(|limit_bytes| peak_bytes > limit_bytes / 2);
        if self.is_ours || is_largest { WasRoot::Yes } else { WasRoot::Maybe }
    }

    /// What to say of it, given that the program itself was killed or not.
    #[must_use]
    pub fn text(&self, was_root: WasRoot) -> String {
        let n = self.n;
        let who = match (was_root, self.is_ours) {
            (WasRoot::Yes, _) if n == 1 => "the program was killed".to_owned(),
            (WasRoot::Yes, _) => format!("{n} processes were killed, the program among them"),
            (WasRoot::Maybe, _) => format!(
                "{n} killed beside or in the run; signal 9 ended the program, and whether that was for its memory is not \
                 known"
            ),
            (WasRoot::No, true) => {
                format!("{n} of the run's processes {} killed", if n == 1 { "was" } else { "were" })
            }
            (WasRoot::No, false) => {
                format!("{n} killed beside or in the run; which of them were the run's is not known")
            }
        };
        format!("{}; {who}", self.limit)
    }
}

/// Whether it was the program itself that was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WasRoot {
    /// It was.
    Yes,
    /// It was killed, by the kernel or by somebody.
    Maybe,
    /// It was another process.
    No,
}

/// What there is to say of swapping, given the most that the run's processes had swapped out.
#[must_use]
pub fn swap_text(run_bytes: u64, change: &Change) -> Option<String> {
    let (out, into) = (change.swapped_out_bytes, change.swapped_in_bytes);
    if run_bytes > 0 {
        return Some(format!(
            "swapped: up to {} of the run were swapped out, which no resident set counts",
            units::bytes(run_bytes)
        ));
    }
    (out > 0 || into > 0).then(|| {
        format!(
            "the system swapped during the run ({} out, {} in), so a resident set may have been pushed down",
            units::bytes(out),
            units::bytes(into)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn level(folder: &str, limit_mib: Option<u64>, n_hits: u64) -> Level {
        Level { folder: folder.into(), limit_bytes: limit_mib.map(|mib| mib * MIB), n_hits }
    }

    fn look(n_killed: u64, peak_mib: u64, n_hits: u64) -> Look {
        Look {
            n_killed: Some(n_killed),
            n_killed_of_system: Some(7 + n_killed),
            folder: Some("/cg/a/b".into()),
            levels: vec![
                level("/cg/a/b", Some(900), 4),
                level("/cg/a", Some(512), n_hits),
                level("/cg", None, 9),
            ],
            peak_bytes: Some(peak_mib * MIB),
            members: Some(vec![1, 2]),
            system_bytes: Some(4096 * MIB),
            ..Look::default()
        }
    }

    #[test]
    fn the_limit_that_was_hit_is_named() {
        let killed = look(0, 1, 2).change(&look(1, 1, 3), |_| true).killed.unwrap();
        assert_eq!((killed.n, killed.is_ours), (1, true));
        assert_eq!(killed.text(WasRoot::Yes), "cgroup limit 512.0 MiB of /cg/a; the program was killed");
    }

    #[test]
    fn among_others_the_program_was_killed_for_its_memory_if_it_held_most_of_what_there_was() {
        let killed = look(0, 1, 2).change(&look(1, 1, 3), |number| number == 1).killed.unwrap();
        let was_root = |mib: u64| killed.was_root(mib * MIB);
        assert_eq!([2, 256, 257].map(was_root), [WasRoot::Maybe, WasRoot::Maybe, WasRoot::Yes]);
        let text = killed.text(WasRoot::Maybe);
        assert!(text.ends_with("whether that was for its memory is not known"), "{text}");
        let alone = look(0, 1, 2).change(&look(1, 1, 3), |_| true).killed.unwrap();
        assert_eq!(alone.was_root(2 * MIB), WasRoot::Yes);
        // Where nothing tells how much there was, nobody held most of it.
        assert_eq!(Killed { limit_bytes: None, ..killed }.was_root(u64::MAX), WasRoot::Maybe);
    }

    #[test]
    fn without_a_limit_it_was_the_system() {
        let killed = look(0, 1, 2).change(&look(2, 1, 2), |_| false).killed.unwrap();
        assert!(killed.limit.ends_with("the system's memory, 4.000 GiB in all"), "{killed:?}");
        assert!(killed.text(WasRoot::No).ends_with("which of them were the run's is not known"));
    }

    #[test]
    fn what_the_system_killed_elsewhere_is_none_of_ours() {
        let mut later = look(0, 1, 2);
        later.n_killed_of_system = Some(9);
        assert_eq!(look(0, 1, 2).change(&later, |_| true).killed, None);
        let (before, after) = (Look { n_killed: None, ..look(0, 1, 2) }, Look { n_killed: None, ..later });
        assert!(!before.change(&after, |_| true).killed.unwrap().is_ours);
    }

    #[test]
    fn a_peak_counts_if_it_rose_while_we_were_alone() {
        let peak = |before: u64, after: u64, ours: &[u32]| {
            look(0, before, 0).change(&look(0, after, 0), |number| ours.contains(&number)).peak_bytes
        };
        assert_eq!(peak(5, 9, &[1, 2, 3]), Some(9 * MIB));
        assert_eq!(peak(9, 9, &[1, 2, 3]), None);
        assert_eq!(peak(5, 9, &[1]), None);
        let crowded = Look { members: None, ..look(0, 5, 0) };
        assert_eq!(crowded.change(&look(0, 9, 0), |_| true).peak_bytes, None);
    }

    #[test]
    fn swapping_is_told_of_the_run_or_of_the_system() {
        let (mut before, mut after) = (look(0, 1, 0), look(0, 1, 0));
        (before.swapped_out_bytes, after.swapped_out_bytes) = (Some(MIB), Some(3 * MIB));
        let change = before.change(&after, |_| true);
        assert!(swap_text(MIB, &change).unwrap().contains("up to 1.000 MiB of the run"));
        assert!(swap_text(0, &change).unwrap().contains("2.000 MiB out, 0 B in"));
        assert_eq!(swap_text(0, &Change::default()), None);
    }
}
