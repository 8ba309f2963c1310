//! What a program's memory may not exceed, as it is known when it starts: its cgroup's limit, its own limits, and all
//! memory that there is. Pure: it takes what was read.

use mprof_recording::event::limits::{ADDRESS_SPACE, CGROUP, DATA, SYSTEM};

use crate::pressure::Look;

/// The limits, in bytes; absent where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The lowest of the cgroup and those above it.
    pub cgroup_bytes: Option<u64>,
    /// `RLIMIT_AS`, of each process.
    pub address_space_bytes: Option<u64>,
    /// `RLIMIT_DATA`, of each process.
    pub data_bytes: Option<u64>,
    /// The memory of the system.
    pub system_bytes: Option<u64>,
}

impl Limits {
    /// The limits, of a look at the system and the text of `/proc/PID/limits`.
    #[must_use]
    pub fn of(look: &Look, limits: &[u8]) -> Self {
        Self {
            cgroup_bytes: look.levels.iter().filter_map(|level| level.limit_bytes).min(),
            address_space_bytes: soft_limit(limits, b"Max address space"),
            data_bytes: soft_limit(limits, b"Max data size"),
            system_bytes: look.system_bytes,
        }
    }

    /// Those that there are, as notes of a recording.
    #[must_use]
    pub fn notes(&self) -> [(&'static str, Option<String>); 4] {
        let all = [
            (CGROUP, self.cgroup_bytes),
            (ADDRESS_SPACE, self.address_space_bytes),
            (DATA, self.data_bytes),
            (SYSTEM, self.system_bytes),
        ];
        all.map(|(key, bytes)| (key, bytes.map(|bytes| bytes.to_string())))
    }
}

/// The first number behind a name; none where it says `unlimited`.
fn soft_limit(limits: &[u8], name: &[u8]) -> Option<u64> {
    let rest = limits.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(name))?;
    str::from_utf8(rest).ok()?.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pressure::Level;

    const TEXT: &[u8] = b"Limit                     Soft Limit           Hard Limit           Units\n\
        Max data size             unlimited            unlimited            bytes\n\
        Max address space         4294967296           unlimited            bytes\n";

    #[test]
    fn the_lowest_limit_counts_and_none_is_none() {
        let level = |limit_bytes| Level { limit_bytes, ..Level::default() };
        let levels = vec![level(Some(900)), level(None), level(Some(500))];
        let look = Look { levels, system_bytes: Some(7000), ..Look::default() };
        let limits = Limits::of(&look, TEXT);
        let told: Vec<(&str, String)> =
            limits.notes().into_iter().filter_map(|(key, text)| Some((key, text?))).collect();
        let expected = [(CGROUP, "500"), (ADDRESS_SPACE, "4294967296"), (SYSTEM, "7000")];
        assert_eq!(told, expected.map(|(key, text)| (key, text.to_owned())));
        assert_eq!(Limits::of(&Look::default(), b"Max address space"), Limits::default());
    }
}
