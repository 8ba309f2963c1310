//! Control groups as files show them: which one a process is in, where it is mounted, and what its files say
//! (cgroups(7)). Pure: it takes bytes, from whatever kernel.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// Which hierarchy counts memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// The memory controller's own hierarchy.
    V1,
    /// The unified one.
    V2,
}

/// Where the cgroup of a process is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whose files these are.
    pub version: Version,
    /// Where the hierarchy is mounted: the highest folder that can be seen from here.
    pub mount: PathBuf,
    /// The folder of the cgroup, at or below it.
    pub folder: PathBuf,
}

impl Place {
    /// The cgroup that counts a process's memory, of `/proc/PID/cgroup` and our own `mountinfo`; nothing when it is
    /// not mounted where we could see it.
    #[must_use]
    pub fn find(cgroup: &[u8], mountinfo: &[u8]) -> Option<Self> {
        let (version, path) = path_of(cgroup)?;
        lines(mountinfo).filter_map(|line| mount_of(line, version)).find_map(|(root, mount)| {
            let below = path.strip_prefix(&root).ok()?;
            let is_inside = below.components().all(|it| matches!(it, Component::Normal(_)));
            // To join nothing would leave a slash at the end.
            let folder = if below.as_os_str().is_empty() { mount.clone() } else { mount.join(below) };
            is_inside.then_some(Self { version, mount, folder })
        })
    }

    /// The cgroup's folder and those above it, the nearest first.
    pub fn levels(&self) -> impl Iterator<Item = &Path> {
        self.folder.ancestors().take_while(|folder| folder.starts_with(&self.mount))
    }
}

/// The path of the cgroup that counts memory: version 1 counts it where there is such a line.
fn path_of(cgroup: &[u8]) -> Option<(Version, PathBuf)> {
    let find = |wanted: &dyn Fn(&[u8], &[u8]) -> bool| {
        lines(cgroup).find_map(|line| {
            let mut parts = line.splitn(3, |&byte| byte == b':');
            let (id, controllers, path) = (parts.next()?, parts.next()?, parts.next()?);
            wanted(id, controllers).then(|| PathBuf::from(OsStr::from_bytes(path)))
        })
    };
    let is_v1 =
        |_: &[u8], controllers: &[u8]| controllers.split(|&byte| byte == b',').any(|it| it == b"memory");
    let is_v2 = |id: &[u8], controllers: &[u8]| id == b"0" && controllers.is_empty();
    let v1 = find(&is_v1).map(|path| (Version::V1, path));
    v1.or_else(|| find(&is_v2).map(|path| (Version::V2, path)))
}

/// Of a line of `mountinfo` what is mounted and where, if it is the hierarchy that counts memory (proc_pid_mountinfo(5)).
fn mount_of(line: &[u8], version: Version) -> Option<(PathBuf, PathBuf)> {
    let words: Vec<&[u8]> = line.split(|&byte| byte == b' ').collect();
    let dash = words.iter().position(|&word| word == b"-")?;
    let (kind, options) = (*words.get(dash + 1)?, *words.get(dash + 3)?);
    let counts_memory = match version {
        Version::V1 => kind == b"cgroup" && options.split(|&byte| byte == b',').any(|it| it == b"memory"),
        Version::V2 => kind == b"cgroup2",
    };
    counts_memory.then_some((unescaped(words.get(3)?), unescaped(words.get(4)?)))
}

/// Blanks, line feeds and backslashes stand as three octal digits.
fn unescaped(text: &[u8]) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let code = after.get(..3).and_then(|it| u8::from_str_radix(str::from_utf8(it).ok()?, 8).ok());
        match (first, code) {
            (b'\\', Some(code)) => {
                bytes.push(code);
                rest = &after[3..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    PathBuf::from(OsStr::from_bytes(&bytes))
}

/// The number behind a name, as in `oom_kill 3`: of `memory.events`, `memory.oom_control` and `/proc/vmstat`.
#[must_use]
pub fn count(text: &[u8], name: &[u8]) -> Option<u64> {
    lines(text).find_map(|line| number(line.strip_prefix(name)?.strip_prefix(b" ")?))
}

/// A file that is one number, such as `memory.peak`.
#[must_use]
pub fn number(text: &[u8]) -> Option<u64> {
    str::from_utf8(text.trim_ascii()).ok()?.parse().ok()
}

/// The limit in `memory.max` or `memory.limit_in_bytes`; none where it says `max`, or what version 1 says for that.
#[must_use]
pub fn limit_bytes(text: &[u8]) -> Option<u64> {
    number(text).filter(|&bytes| bytes < 1 << 62)
}

/// The numbers in `cgroup.procs`. A process of a PID namespace around ours stands there as 0 in version 2, and not at all
/// in version 1.
pub fn members(text: &[u8]) -> impl Iterator<Item = u32> {
    lines(text).filter_map(|line| u32::try_from(number(line)?).ok())
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split(|&byte| byte == b'\n').filter(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const V1_MOUNT: &[u8] = b"31 23 0:28 / /sys/fs/cgroup rw - tmpfs tmpfs rw\n\
        33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
        35 31 0:32 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory\n\
        41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

    #[track_caller]
    fn check(cgroup: &[u8], mountinfo: &[u8], expected: Option<(Version, &str)>) {
        let place = Place::find(cgroup, mountinfo);
        let found = place.as_ref().map(|it| (it.version, it.folder.to_str().unwrap()));
        assert_eq!(found, expected);
    }

    #[test]
    fn version_1_counts_memory_where_it_is_mounted() {
        let cgroup = b"8:pids:/\n4:memory:/jobs/7\n0::/\n";
        check(cgroup, V1_MOUNT, Some((Version::V1, "/sys/fs/cgroup/memory/jobs/7")));
        check(
            b"3:cpu,memory:/a:b\n",
            b"1 0 0:2 / /m rw - cgroup c rw,cpu,memory\n",
            Some((Version::V1, "/m/a:b")),
        );
    }

    #[test]
    fn version_2_counts_it_where_version_1_does_not() {
        let mount = b"41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        check(b"0::/user.slice/x\n", mount, Some((Version::V2, "/sys/fs/cgroup/user.slice/x")));
        check(b"0::/\n", mount, Some((Version::V2, "/sys/fs/cgroup")));
    }

    #[test]
    fn a_part_of_the_hierarchy_may_be_mounted_and_a_folder_may_have_a_blank() {
        let mount = b"1 0 0:2 /docker/ab /sys/fs/cg\\040roup rw - cgroup2 c rw\n";
        check(b"0::/docker/ab/job\n", mount, Some((Version::V2, "/sys/fs/cg roup/job")));
        check(b"0::/docker/other\n", mount, None);
        check(b"0::/../up\n", b"1 0 0:2 / /m rw - cgroup2 c rw\n", None);
    }

    #[test]
    fn what_is_no_cgroup_is_none() {
        for text in [&b""[..], b"0:", b"::", b"4:memory", b"\n\n"] {
            check(text, V1_MOUNT, None);
        }
        check(b"0::/\n", b"1 0 0:2 / /m rw cgroup2\n\\04 - - -\n", None);
    }

    #[test]
    fn limits_are_looked_for_from_the_nearest_folder_up() {
        let place = Place::find(b"4:memory:/jobs/7\n", V1_MOUNT).unwrap();
        let levels: Vec<&str> = place.levels().map(|it| it.to_str().unwrap()).collect();
        let root = "/sys/fs/cgroup/memory";
        assert_eq!(levels, [&format!("{root}/jobs/7"), &format!("{root}/jobs"), root]);
    }

    #[test]
    fn counts_limits_and_members() {
        let events = b"low 0\nhigh 0\nmax 12\noom 2\noom_kill 1\noom_group_kill 0\n";
        assert_eq!((count(events, b"oom_kill"), count(events, b"oom")), (Some(1), Some(2)));
        assert_eq!(count(b"oom_kill_disable 0\nunder_oom 0\noom_kill 3\n", b"oom_kill"), Some(3));
        assert_eq!((count(events, b"kill"), count(b"oom_kill x\n", b"oom_kill")), (None, None));
        assert_eq!((limit_bytes(b"max\n"), limit_bytes(b"9223372036854771712\n")), (None, None));
        assert_eq!(limit_bytes(b"536870912\n"), Some(512 << 20));
        assert_eq!(members(b"12\n0\n-3\n77\n").collect::<Vec<_>>(), [12, 0, 77]);
    }
}
