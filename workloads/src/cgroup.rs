//! Where the kernel keeps the memory limits of a process's control groups. It parses text and reads no files, so it
//! is tested on every platform.
//!
//! A limit holds for all groups below it, so each level up to the root of the mount counts. Version 1 and version 2
//! may be mounted side by side.

use std::path::{Path, PathBuf};

/// The names that one version of the interface gives its files.
#[derive(Debug, PartialEq, Eq)]
pub struct Version {
    /// The files that hold limits; "max" or an absurdly large number means none.
    pub limits: &'static [&'static str],
    /// The file that holds what is used, the page cache included.
    pub usage: &'static str,
    /// The lines of `memory.stat` that count cache which the kernel gives back when memory gets short.
    pub cache: [&'static str; 2],
}

const V1: Version = Version {
    limits: &["memory.limit_in_bytes"],
    usage: "memory.usage_in_bytes",
    cache: ["total_inactive_file", "total_active_file"],
};

/// Beyond `memory.high` a process is not killed but throttled to a standstill, which is no better.
const V2: Version = Version {
    limits: &["memory.max", "memory.high"],
    usage: "memory.current",
    cache: ["inactive_file", "active_file"],
};

/// One group on the way from a process up to the root.
#[derive(Debug, PartialEq, Eq)]
pub struct Level {
    /// Its directory.
    pub folder: PathBuf,
    /// How its files are called.
    pub version: &'static Version,
}

/// The groups that limit a process, innermost first, from its `/proc/…/cgroup` and `/proc/…/mountinfo`.
pub fn levels(memberships: &str, mounts: &str) -> Vec<Level> {
    memberships
        .lines()
        .filter_map(membership)
        .flat_map(|(version, group)| {
            let mount = mounts.lines().find_map(|line| mount(line, version));
            mount.map_or_else(Vec::new, |mount| upwards(&mount, group, version))
        })
        .collect()
}

/// The version of the memory controller that a line speaks of, and the group's path.
fn membership(line: &str) -> Option<(&'static Version, &str)> {
    let mut fields = line.splitn(3, ':');
    let (id, controllers, group) = (fields.next()?, fields.next()?, fields.next()?);
    let version = match (id, controllers) {
        ("0", "") => &V2,
        (_, controllers) if controllers.split(',').any(|controller| controller == "memory") => &V1,
        _ => return None,
    };
    Some((version, group))
}

/// Which part of the hierarchy is visible, and where.
struct Mount<'a> {
    root: &'a str,
    point: &'a str,
}

fn mount<'a>(line: &'a str, version: &'static Version) -> Option<Mount<'a>> {
    let (left, right) = line.split_once(" - ")?;
    let mut fields = left.split(' ').skip(3);
    let mount = Mount { root: fields.next()?, point: fields.next()? };
    let mut fields = right.split(' ');
    let (kind, options) = (fields.next()?, fields.nth(1)?);
    let suits = match kind {
        "cgroup2" => *version == V2,
        "cgroup" => *version == V1 && options.split(',').any(|option| option == "memory"),
        _ => false,
    };
    suits.then_some(mount)
}

/// A container may see only its own part of the hierarchy: then the group's path begins with the mount's root.
fn upwards(mount: &Mount<'_>, group: &str, version: &'static Version) -> Vec<Level> {
    let below = Path::new(group).strip_prefix(mount.root).unwrap_or(Path::new(""));
    let below = below.strip_prefix("/").unwrap_or(below);
    below.ancestors().map(|path| Level { folder: Path::new(mount.point).join(path), version }).collect()
}

/// What a group still leaves, from the texts of its files. `None` if it sets no limit.
pub fn free_bytes(version: &Version, limit: &str, usage: &str, stat: &str) -> Option<u64> {
    let limit_bytes: u64 = limit.trim().parse().ok()?;
    let used_bytes: u64 = usage.trim().parse().ok()?;
    let cache_bytes: u64 = stat.lines().filter_map(|line| cache_line(version, line)).sum();
    // Version 1 writes the largest page-aligned number for "no limit".
    let no_limit = limit_bytes > u64::MAX / 4;
    (!no_limit).then(|| limit_bytes.saturating_sub(used_bytes.saturating_sub(cache_bytes)))
}

fn cache_line(version: &Version, line: &str) -> Option<u64> {
    let (name, bytes) = line.split_once(' ')?;
    version.cache.contains(&name).then(|| bytes.trim().parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    const HYBRID: &str = "\
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:7 - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
";

    fn folders(memberships: &str, mounts: &str) -> Vec<String> {
        levels(memberships, mounts).iter().map(|level| level.folder.display().to_string()).collect()
    }

    #[test]
    fn every_level_up_to_the_root() {
        let mounts = "30 24 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n";
        assert_eq!(
            folders("0::/user.slice/run-7.scope\n", mounts),
            ["/sys/fs/cgroup/user.slice/run-7.scope", "/sys/fs/cgroup/user.slice", "/sys/fs/cgroup/"]
        );
    }

    #[test]
    fn both_versions_side_by_side() {
        assert_eq!(
            folders("9:name=systemd:/\n4:memory:/jobs/8\n0::/\n", HYBRID),
            [
                "/sys/fs/cgroup/memory/jobs/8",
                "/sys/fs/cgroup/memory/jobs",
                "/sys/fs/cgroup/memory/",
                "/sys/fs/cgroup/unified/"
            ]
        );
    }

    #[test]
    fn a_container_that_sees_only_its_own_part() {
        let mounts = "900 890 0:32 /docker/ab /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        assert_eq!(folders("4:memory:/docker/ab\n", mounts), ["/sys/fs/cgroup/memory/"]);
        assert_eq!(
            folders("4:memory:/docker/ab/inner\n", mounts),
            ["/sys/fs/cgroup/memory/inner", "/sys/fs/cgroup/memory/"]
        );
    }

    #[test]
    fn nothing_mounted_nothing_limited() {
        assert_eq!(folders("0::/a\n", ""), Vec::<String>::new());
        assert_eq!(folders("torn", HYBRID), Vec::<String>::new());
    }

    #[test]
    fn cache_does_not_count_as_used() {
        let stat = "anon 700\ninactive_file 200\nactive_file 50\nshmem 10\n";
        assert_eq!(free_bytes(&V2, "1000\n", "950\n", stat), Some(300));
    }

    #[test]
    fn no_limit_is_no_room() {
        assert_eq!(free_bytes(&V2, "max\n", "950\n", ""), None);
        assert_eq!(free_bytes(&V1, "9223372036854771712\n", "950\n", ""), None);
    }
}
