//! Is there room for the run? Refusing before the first slice beats being killed half way.
//!
//! A [`Need`] grows with the depth; a [`Room`] is what one limit leaves. The check is arithmetic only: `os` and `disk`
//! find the rooms. A room nobody could measure is absent and refuses nothing.

use std::fmt;

/// What a run uses up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// Pages that the system must hold for us.
    Memory,
    /// Addresses, whether or not memory stands behind them (`ulimit -v`).
    Addresses,
    /// Private writable memory, touched or not (`ulimit -d`).
    Data,
    /// The size of one file (`ulimit -f`).
    FileSize,
    /// Free blocks on the output's file system.
    Disk,
}

/// How much of a resource a run needs.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// Of what.
    pub resource: Resource,
    /// For each slice of the array.
    pub slice_bytes: u64,
    /// Whatever the depth.
    pub fixed_bytes: u64,
}

/// How much of a resource one limit leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Room {
    /// Of what.
    pub resource: Resource,
    /// Who sets the limit, as the message goes on after "only so much is".
    pub place: String,
    /// What is left below the limit.
    pub free_bytes: u64,
}

/// The tightest room that a run does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shortage {
    room: Room,
    needed_bytes: u64,
    fitting_depth: u64,
}

/// Compares every need with every room for it.
///
/// # Errors
/// The shortage that leaves the smallest depth.
pub fn check(needs: &[Need], rooms: &[Room], depth: usize) -> Result<(), Shortage> {
    let shortages = rooms.iter().flat_map(|room| {
        let needs = needs.iter().filter(|need| need.resource == room.resource);
        needs.filter_map(|need| shortage(need, room, depth as u64))
    });
    shortages.min_by_key(|shortage| shortage.fitting_depth).map_or(Ok(()), Err)
}

fn shortage(need: &Need, room: &Room, depth: u64) -> Option<Shortage> {
    let needed_bytes = need.slice_bytes.saturating_mul(depth).saturating_add(need.fixed_bytes);
    // A twentieth is kept back, because other programs go on working while this one runs.
    let usable_bytes = room.free_bytes - room.free_bytes / 20;
    (needed_bytes > usable_bytes).then(|| Shortage {
        room: room.clone(),
        needed_bytes,
        fitting_depth: fitting_depth(need, room, depth),
    })
}

/// A tenth is kept back here, so that the advice still holds when somebody acts on it a minute later.
fn fitting_depth(need: &Need, room: &Room, depth: u64) -> u64 {
    let usable_bytes = room.free_bytes - room.free_bytes / 10;
    let slices_bytes = usable_bytes.saturating_sub(need.fixed_bytes);
    slices_bytes.checked_div(need.slice_bytes).unwrap_or(0).min(depth - 1)
}

impl Resource {
    fn noun(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Addresses => "address space",
            Self::Data => "data memory",
            Self::FileSize => "file size",
            Self::Disk => "disk space",
        }
    }
}

impl fmt::Display for Shortage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { room, needed_bytes, fitting_depth } = self;
        write!(
            f,
            "needs {} of {}, but only {} is {}",
            size(*needed_bytes),
            room.resource.noun(),
            size(room.free_bytes),
            room.place
        )?;
        if *needed_bytes <= room.free_bytes {
            f.write_str(", of which a twentieth is kept back")?;
        }
        match fitting_depth {
            0 => write!(f, "; not even one slice would fit: try smaller --rows and --cols"),
            depth => write!(f, "; --depth {depth} would fit"),
        }
    }
}

/// Decimal units, as in the article's tables.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: Need =
        Need { resource: Resource::Memory, slice_bytes: 32_000_000, fixed_bytes: 64_000_000 };

    fn room(resource: Resource, free_bytes: u64) -> Room {
        Room { resource, place: "here".to_owned(), free_bytes }
    }

    fn message(needs: &[Need], rooms: &[Room], depth: usize) -> String {
        check(needs, rooms, depth).map_or_else(|shortage| shortage.to_string(), |()| "fits".to_owned())
    }

    #[test]
    fn what_fits_passes() {
        assert_eq!(message(&[MEMORY], &[room(Resource::Memory, 17_000_000_000)], 500), "fits");
        assert_eq!(message(&[MEMORY], &[room(Resource::Disk, 0)], 500), "fits");
        assert_eq!(message(&[MEMORY], &[], 500), "fits");
    }

    #[test]
    fn a_refusal_names_both_sizes_and_a_depth() {
        assert_eq!(
            message(&[MEMORY], &[room(Resource::Memory, 8_000_000_000)], 500),
            "needs 16.1 GB of memory, but only 8.0 GB is here; --depth 223 would fit"
        );
    }

    #[test]
    fn a_narrow_refusal_explains_itself() {
        assert_eq!(
            message(&[MEMORY], &[room(Resource::Memory, 16_100_000_000)], 500),
            "needs 16.1 GB of memory, but only 16.1 GB is here, of which a twentieth is kept back; \
             --depth 450 would fit"
        );
    }

    #[test]
    fn the_depth_that_is_advised_passes() {
        for free_bytes in (100_000_000..8_000_000_000).step_by(123_456_789) {
            let rooms = [room(Resource::Memory, free_bytes)];
            let Err(shortage) = check(&[MEMORY], &rooms, 500) else { panic!("{free_bytes}") };
            let depth = usize::try_from(shortage.fitting_depth).unwrap();
            assert!(depth == 0 || check(&[MEMORY], &rooms, depth).is_ok(), "{free_bytes} {depth}");
        }
    }

    #[test]
    fn the_tightest_room_speaks() {
        let rooms = [room(Resource::Memory, 9_000_000_000), room(Resource::Memory, 50_000_000)];
        assert_eq!(
            message(&[MEMORY], &rooms, 500),
            "needs 16.1 GB of memory, but only 50.0 MB is here; \
             not even one slice would fit: try smaller --rows and --cols"
        );
    }

    #[test]
    fn sizes_are_decimal() {
        let texts = [0, 999, 1_500, 2_000_000, 16_000_000_000].map(size);
        assert_eq!(texts, ["0 bytes", "999 bytes", "1.5 kB", "2.0 MB", "16.0 GB"]);
    }
}
