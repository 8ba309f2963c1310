//! Looks at the files that say what the system does for want of memory: the cgroup's, and those of the whole system.
//!
//! It only reads, and finds the files anew at each look: before the run and after it.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::{namespace, read_file};
use crate::cgroup::{self, Place, Version};
use crate::limits::Limits;
use crate::pressure::{Change, Level, Look};

/// A process's cgroup and the system, and what they said when it was begun.
#[derive(Debug)]
pub(crate) struct Watch {
    proc: PathBuf,
    mountinfo: Vec<u8>,
    pid: u32,
    place: Option<Place>,
    before: Look,
}

impl Watch {
    /// Begins at a process that runs.
    pub(crate) fn begin(pid: u32) -> Self {
        Self::below(Path::new("/proc"), pid)
    }

    fn below(proc: &Path, pid: u32) -> Self {
        let mountinfo = read_file(proc.join("self/mountinfo")).unwrap_or_default();
        let place = place_of(proc, pid, &mountinfo);
        let mut before = look(proc, place.as_ref());
        before.levels = place.as_ref().map_or_else(Vec::new, levels);
        before.system_bytes = memory_bytes(&read_file(proc.join("meminfo")).unwrap_or_default());
        Self { proc: proc.to_owned(), before, mountinfo, pid, place }
    }

    /// What the process and what it starts may not exceed.
    pub(crate) fn limits(&self) -> Limits {
        let text = read_file(self.proc.join(format!("{}/limits", self.pid))).unwrap_or_default();
        Limits::of(&self.before, &text)
    }

    /// What changed since. A program may have moved to another cgroup, which version 2 tells of a zombie as well.
    pub(crate) fn change(&self, root: u32, ours: impl Fn(u32) -> bool) -> Change {
        let moved = place_of(&self.proc, root, &self.mountinfo).filter(|place| place.version == Version::V2);
        let place = moved.as_ref().or(self.place.as_ref());
        let mut later = look(&self.proc, place);
        if self.before.has_more_killed(&later) {
            later.levels = place.map_or_else(Vec::new, levels);
        }
        self.before.change(&later, ours)
    }
}

fn place_of(proc: &Path, pid: u32, mountinfo: &[u8]) -> Option<Place> {
    Place::find(&read_file(proc.join(format!("{pid}/cgroup"))).ok()?, mountinfo)
}

fn levels(place: &Place) -> Vec<Level> {
    let files = Files::of(place.version);
    place.levels().map(|folder| files.level(folder)).collect()
}

/// What may change in any run.
fn look(proc: &Path, place: Option<&Place>) -> Look {
    let vmstat = read_file(proc.join("vmstat")).unwrap_or_default();
    let paged = |name: &[u8]| Some(cgroup::count(&vmstat, name)? * super::page_size() as u64);
    Look {
        n_killed_of_system: cgroup::count(&vmstat, b"oom_kill"),
        swapped_in_bytes: paged(b"pswpin"),
        swapped_out_bytes: paged(b"pswpout"),
        ..place.map_or_else(Look::default, |place| look_at(place, knows_all(proc, place.version)))
    }
}

/// Whether a list of members holds everybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Members {
    All,
    Some,
}

/// Version 1 lists nobody who has no number here.
fn knows_all(proc: &Path, version: Version) -> Members {
    if version == Version::V1 && namespace::is_nested(proc) { Members::Some } else { Members::All }
}

fn look_at(place: &Place, listed: Members) -> Look {
    let files = Files::of(place.version);
    let read = |name: &str| read_file(place.folder.join(name)).ok();
    let has_cgroups_below = place.folder.metadata().map_or(true, |it| it.nlink() > 2);
    Look {
        n_killed: read(files.kills).and_then(|text| cgroup::count(&text, b"oom_kill")),
        peak_bytes: read(files.peak).and_then(|text| cgroup::number(&text)),
        members: read("cgroup.procs")
            .filter(|_| !has_cgroups_below && listed == Members::All)
            .map(|text| cgroup::members(&text).collect()),
        folder: Some(place.folder.clone()),
        ..Look::default()
    }
}

/// What the files are called.
struct Files {
    kills: &'static str,
    peak: &'static str,
    limit: &'static str,
    /// Those that say how often the limit stood in the way: the first that is there, and the name in it, if any.
    hits: [(&'static str, &'static [u8]); 2],
}

impl Files {
    fn of(version: Version) -> Self {
        match version {
            Version::V1 => Self {
                kills: "memory.oom_control",
                peak: "memory.max_usage_in_bytes",
                limit: "memory.limit_in_bytes",
                hits: [("memory.failcnt", b""); 2],
            },
            Version::V2 => Self {
                kills: "memory.events",
                peak: "memory.peak",
                limit: "memory.max",
                hits: [("memory.events.local", b"oom"), ("memory.events", b"oom")],
            },
        }
    }

    fn level(&self, folder: &Path) -> Level {
        let read = |name: &str| read_file(folder.join(name)).ok();
        let hits = |(file, name): (&str, &[u8])| {
            let text = read(file)?;
            if name.is_empty() { cgroup::number(&text) } else { cgroup::count(&text, name) }
        };
        Level {
            folder: PathBuf::from(folder),
            limit_bytes: read(self.limit).and_then(|text| cgroup::limit_bytes(&text)),
            n_hits: self.hits.into_iter().find_map(hits).unwrap_or(0),
        }
    }
}

/// `MemTotal` of `/proc/meminfo`.
fn memory_bytes(meminfo: &[u8]) -> Option<u64> {
    let line = meminfo.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"MemTotal:"))?;
    Some(cgroup::number(line.trim_ascii().strip_suffix(b" kB")?)? * 1024)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::pressure::WasRoot;

    /// A `/proc` and a cgroup file system of our own making.
    struct Fake(tempfile::TempDir);

    impl Fake {
        fn new(cgroup: &str, mount: &str) -> Self {
            let fake = Self(tempfile::tempdir().unwrap());
            let mountinfo = format!("1 0 0:2 / {}/fs rw - {mount}\n", fake.0.path().display());
            fake.write("proc/42/cgroup", cgroup);
            fake.write("proc/self/mountinfo", &mountinfo);
            fake.write("proc/meminfo", "MemTotal:    2048 kB\nMemFree:  1 kB\n");
            fake.write("proc/vmstat", "pswpin 1\npswpout 2\noom_kill 5\n");
            fake
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn is_in(&self, pid_namespace: &str) {
            let link = self.0.path().join("proc/self/ns/pid");
            fs::create_dir_all(link.parent().unwrap()).unwrap();
            let _ = fs::remove_file(&link);
            std::os::unix::fs::symlink(format!("pid:[{pid_namespace}]"), link).unwrap();
        }

        fn watch(&self) -> Watch {
            Watch::below(&self.0.path().join("proc"), 42)
        }
    }

    #[test]
    fn version_2_in_a_folder_of_our_own() {
        let fake = Fake::new("0::/job\n", "cgroup2 cgroup2 rw");
        fake.write("fs/job/memory.events", "oom 0\noom_kill 0\n");
        fake.write("fs/job/memory.events.local", "oom 0\noom_kill 0\n");
        fake.write("fs/job/memory.max", "536870912\n");
        fake.write("fs/job/memory.peak", "4096\n");
        fake.write("fs/job/cgroup.procs", "42\n");
        let watch = fake.watch();
        fake.write("fs/job/memory.events", "oom 1\noom_kill 1\n");
        fake.write("fs/job/memory.events.local", "oom 1\noom_kill 1\n");
        fake.write("fs/job/memory.peak", "536870912\n");
        fake.write("proc/vmstat", "pswpin 1\npswpout 4\noom_kill 6\n");
        let change = watch.change(42, |number| number == 42);
        let text = change.killed.unwrap().text(WasRoot::Yes);
        assert!(text.starts_with("cgroup limit 512.0 MiB of ") && text.contains("/fs/job;"), "{text}");
        assert_eq!(change.peak_bytes, Some(512 << 20));
        assert_eq!(change.swapped_out_bytes, 2 * super::super::page_size() as u64);
    }

    #[test]
    fn version_1_and_a_limit_of_the_folder_above() {
        let fake = Fake::new("4:memory:/a/b\n0::/\n", "cgroup cgroup rw,memory");
        fake.write("fs/a/b/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
        fake.write("fs/a/b/memory.limit_in_bytes", "9223372036854771712\n");
        fake.write("fs/a/b/memory.failcnt", "0\n");
        fake.write("fs/a/memory.limit_in_bytes", "1048576\n");
        fake.write("fs/a/memory.failcnt", "0\n");
        let watch = fake.watch();
        fake.write("fs/a/b/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 3\n");
        fake.write("fs/a/memory.failcnt", "17\n");
        let killed = watch.change(42, |_| true).killed.unwrap();
        assert!(
            killed.limit.starts_with("cgroup limit 1.000 MiB of ") && killed.limit.ends_with("/fs/a"),
            "{killed:?}"
        );
    }

    /// Whoever is in a namespace around ours holds memory there and stands in no list.
    #[test]
    fn the_peak_of_version_1_counts_where_every_process_has_a_number() {
        let fake = Fake::new("4:memory:/a\n", "cgroup cgroup rw,memory");
        fake.write("fs/a/memory.max_usage_in_bytes", "4096\n");
        fake.write("fs/a/cgroup.procs", "42\n");
        let peak_bytes = || {
            fake.write("fs/a/memory.max_usage_in_bytes", "4096\n");
            let watch = fake.watch();
            fake.write("fs/a/memory.max_usage_in_bytes", "8192\n");
            watch.change(42, |number| number == 42).peak_bytes
        };
        assert_eq!(peak_bytes(), None, "which namespace this is cannot be read");
        fake.is_in("4026532999");
        assert_eq!(peak_bytes(), None);
        fake.is_in("4026531836");
        assert_eq!(peak_bytes(), Some(8192));
    }

    #[test]
    fn a_program_may_have_moved_to_another_cgroup() {
        let fake = Fake::new("0::/here\n", "cgroup2 cgroup2 rw");
        fake.write("fs/here/memory.events", "oom 0\noom_kill 0\n");
        let watch = fake.watch();
        fake.write("proc/42/cgroup", "0::/there\n");
        fake.write("fs/there/memory.events", "oom 1\noom_kill 1\n");
        fake.write("fs/there/memory.max", "1048576\n");
        assert_eq!(watch.change(42, |_| true).killed, None, "the system has killed nobody meanwhile");
        fake.write("proc/vmstat", "oom_kill 6\n");
        let killed = watch.change(42, |_| true).killed.unwrap();
        assert!(killed.limit.ends_with("/fs/there") && !killed.is_ours, "{killed:?}");
    }

    #[test]
    fn nothing_to_read_is_nothing_to_say() {
        let nowhere = tempfile::tempdir().unwrap();
        assert_eq!(Watch::below(nowhere.path(), 1).before, Look::default());
    }

    #[test]
    fn this_system_can_be_looked_at() {
        let watch = Watch::begin(std::process::id());
        assert!(watch.before.system_bytes.is_some_and(|bytes| bytes > 0), "{watch:?}");
    }
}
