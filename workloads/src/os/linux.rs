//! Linux: memory from `/proc/meminfo`, control groups and resource limits; huge pages by `madvise`; blocks
//! by `fallocate`.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use memmap2::{Advice, MmapMut};
use procfs::{
    Current, Meminfo,
    process::{Process, Status},
};
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
    let status = Process::myself().and_then(|me| me.status());
    let used_bytes = |kib: fn(&Status) -> Option<u64>| status.as_ref().ok().and_then(kib).unwrap_or(0) * 1024;
    let mut rooms: Vec<Room> = available_memory().into_iter().collect();
    let memberships = text("/proc/self/cgroup");
    let levels = cgroup::levels(&memberships, &text("/proc/self/mountinfo"));
    rooms.extend(levels.iter().flat_map(group_rooms));
    rooms.extend(limit_room(Resource::Addresses, Limit::As, used_bytes(|it| it.vmsize), "ulimit -v"));
    rooms.extend(limit_room(Resource::Data, Limit::Data, used_bytes(|it| it.vmdata), "ulimit -d"));
    rooms.extend(limit_room(Resource::FileSize, Limit::Fsize, 0, "ulimit -f"));
    rooms
}

fn available_memory() -> Option<Room> {
    let free_bytes = Meminfo::current().ok()?.mem_available?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_has_memory() {
        assert!(rooms().iter().any(|room| room.resource == Resource::Memory && room.free_bytes > 0));
    }
}
