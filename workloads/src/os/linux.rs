//! Linux: memory from `/proc/meminfo`, control groups and resource limits; huge pages by `madvise`; blocks
//! by `fallocate`.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use memmap2::{Advice, MmapMut};
use rustix::{
    fs::{FallocateFlags, fallocate},
    io::Errno,
    process::{Resource as Limit, getrlimit},
};

use crate::{
    cgroup::{self, Level},
    room::{Resource, Room},
};

/// Advice only: where the kernel has no huge pages, small ones do.
pub(crate) fn prefer_huge_pages(map: &MmapMut) {
    let _ = map.advise(Advice::HugePage);
}

/// Gives a part of a file its blocks. File systems that cannot do so allocate as they are written.
pub(crate) fn reserve(file: &File, start: u64, n_bytes: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), start, n_bytes) {
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(()),
        result => Ok(result?),
    }
}

/// Everything that limits the memory, the addresses and the files of this process.
pub(crate) fn rooms() -> Vec<Room> {
    let used_bytes = |field| kib_field(&text("/proc/self/status"), field).unwrap_or(0);
    let mut rooms: Vec<Room> = available_memory().into_iter().collect();
    let memberships = text("/proc/self/cgroup");
    let levels = cgroup::levels(&memberships, &text("/proc/self/mountinfo"));
    rooms.extend(levels.iter().flat_map(group_rooms));
    rooms.extend(limit_room(Resource::Addresses, Limit::As, used_bytes("VmSize:"), "ulimit -v"));
    rooms.extend(limit_room(Resource::Data, Limit::Data, used_bytes("VmData:"), "ulimit -d"));
    rooms.extend(limit_room(Resource::FileSize, Limit::Fsize, 0, "ulimit -f"));
    rooms
}

fn available_memory() -> Option<Room> {
    let free_bytes = kib_field(&text("/proc/meminfo"), "MemAvailable:")?;
    Some(Room { resource: Resource::Memory, place: "available on this machine".to_owned(), free_bytes })
}

fn group_rooms(level: &Level) -> impl Iterator<Item = Room> {
    let file = |name| text(level.folder.join(name));
    let (usage, stat) = (file(level.version.usage), file("memory.stat"));
    level.version.limits.iter().filter_map(move |limit| {
        let free_bytes = cgroup::free_bytes(level.version, &file(limit), &usage, &stat)?;
        let place = format!("left by {}", level.folder.join(limit).display());
        Some(Room { resource: Resource::Memory, place, free_bytes })
    })
}

fn limit_room(resource: Resource, limit: Limit, used_bytes: u64, place: &str) -> Option<Room> {
    let free_bytes = getrlimit(limit).current?.saturating_sub(used_bytes);
    Some(Room { resource, place: format!("left by {place}"), free_bytes })
}

/// Files that are missing, or hidden from us, set no limit that we could know of.
fn text(path: impl AsRef<Path>) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The kernel says kB and means 1024 bytes.
fn kib_field(text: &str, field: &str) -> Option<u64> {
    let value = text.lines().find_map(|line| line.strip_prefix(field))?;
    value.trim().strip_suffix(" kB")?.parse::<u64>().ok()?.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_kib() {
        let text = "MemTotal:  24684000 kB\nMemAvailable:   1000 kB\n";
        assert_eq!(kib_field(text, "MemAvailable:"), Some(1_024_000));
        assert_eq!(kib_field(text, "MemFree:"), None);
    }

    #[test]
    fn this_machine_has_memory() {
        assert!(rooms().iter().any(|room| room.resource == Resource::Memory && room.free_bytes > 0));
    }
}
