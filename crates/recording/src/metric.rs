//! The table of metrics: what each number is called, what it means, and what it does not mean.
//!
//! A reading is a [`Bytes`]: one optional value per metric. A metric that a platform cannot give is
//! absent, never zero. Adding a metric is one row of [`Metric::ALL`] and a line in the platform's reader.

use std::fmt;

use serde::{Serialize, Serializer};

/// A kind of memory reading. All are in bytes.
///
/// Linux reads them from one `/proc/PID/status` (proc(5)) unless something else is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Metric {
    /// Resident set: pages of the process that are in RAM now, shared ones counted in full.
    ///
    /// Linux: `VmRSS`. macOS: `ri_resident_size` of `proc_pid_rusage`. What mprof draws.
    /// It is a sample: what rose and fell between two readings is not in it.
    #[default]
    Rss,
    /// High-water mark of the resident set since the process's last exec, as the kernel kept it.
    ///
    /// Linux: `VmHWM`. It cannot miss a peak between two readings. Since Linux 6.2 the stored mark may lag the
    /// true one by the batches of per-CPU counters.
    Hwm,
    /// Resident anonymous memory: heap, stack, private copies. Linux: `RssAnon`.
    Anon,
    /// Resident pages of mapped files. The system can drop them and read them again. Linux: `RssFile`.
    File,
    /// Resident shared memory: tmpfs, System V, shared anonymous mappings. Linux: `RssShmem`.
    Shmem,
    /// Anonymous memory that was swapped out, and so is not resident. Linux: `VmSwap`.
    Swap,
    /// The page tables themselves, which are in no resident set. Linux: `VmPTE`.
    PageTables,
    /// Huge pages of hugetlbfs, which are in no resident set either. Linux: `HugetlbPages`.
    Hugetlb,
    /// Proportional set: each resident page divided by the number of processes that map it.
    ///
    /// Linux: `Pss` of `/proc/PID/smaps_rollup`. The sum over processes counts each shared page once. Reading it
    /// walks the page tables and costs with their size, so that it is read seldom, unless every tick was asked for.
    Pss,
    /// Unique set: the resident pages that no other process maps, which would be free if this one ended.
    ///
    /// Linux: `Private_Clean`, `Private_Dirty` and `Private_Hugetlb` of `/proc/PID/smaps_rollup` together. It comes
    /// with the proportional set, from one read.
    Uss,
    /// macOS: `ri_phys_footprint`, what the system charges to the process (compressed and swapped included).
    Footprint,
    /// macOS: `ri_lifetime_max_phys_footprint`, the highest footprint since the process began.
    FootprintPeak,
    /// Virtual size: all addresses that the process has mapped or reserved, whether there is memory behind them or not.
    ///
    /// Linux: `VmSize`. It is no memory, and may be many times as much: files that are mapped, stacks of threads and what
    /// allocators reserve count in full. What `RLIMIT_AS` limits. On macOS it would take another call for each reading,
    /// and say little, since what the system shares among all processes counts in each.
    Vms,
}

/// A row of the table: the name in files and flags, the words for people, and the same within a sentence.
const ROWS: [(Metric, &str, &str, &str); 13] = [
    (Metric::Rss, "rss", "resident set (RSS)", "the resident set (RSS)"),
    (Metric::Hwm, "hwm", "resident high-water mark", "the resident high-water mark"),
    (Metric::Anon, "anon", "anonymous", "the anonymous part of the resident set"),
    (Metric::File, "file", "file", "the part of the resident set that files are mapped to"),
    (Metric::Shmem, "shmem", "shared", "the shared part of the resident set"),
    (Metric::Swap, "swap", "swap", "what is swapped out"),
    (Metric::PageTables, "page_tables", "page tables", "the page tables"),
    (Metric::Hugetlb, "hugetlb", "hugetlb pages", "the pages of hugetlbfs"),
    (Metric::Pss, "pss", "proportional set (PSS)", "the proportional set (PSS)"),
    (Metric::Uss, "uss", "unique set (USS)", "the unique set (USS)"),
    (Metric::Footprint, "footprint", "phys_footprint", "the phys_footprint"),
    (
        Metric::FootprintPeak,
        "footprint_peak",
        "lifetime maximum of phys_footprint",
        "the lifetime maximum of phys_footprint",
    ),
    (Metric::Vms, "vms", "virtual size (VMS)", "the virtual size (VMS)"),
];

impl Metric {
    /// Every metric, in the order of its column.
    pub const ALL: [Self; ROWS.len()] = {
        let mut all = [Self::Rss; ROWS.len()];
        let mut idx = 0;
        while idx < all.len() {
            all[idx] = ROWS[idx].0;
            idx += 1;
        }
        all
    };

    /// The name in files and flags.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ROWS[self as usize].1
    }

    /// The words for people, on an axis or in a table.
    #[must_use]
    pub fn label(self) -> &'static str {
        ROWS[self as usize].2
    }

    /// The words for people, within a sentence.
    #[must_use]
    pub fn noun(self) -> &'static str {
        ROWS[self as usize].3
    }

    /// Whether it holds until the next reading says otherwise. What is read now and then does not.
    #[must_use]
    pub fn is_in_every_reading(self) -> bool {
        !matches!(self, Self::Pss | Self::Uss)
    }

    /// The metric of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One reading of one process, in bytes; a metric that was not read is absent.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Bytes {
    /// A bit for each metric that was read.
    read: u16,
    /// Zero where nothing was read, so that equal readings are equal.
    values: [u64; Metric::ALL.len()],
}

impl Bytes {
    /// The value of a metric, if it was read.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<u64> {
        self.has(metric).then_some(self.values[metric as usize])
    }

    /// Sets or clears a metric.
    pub fn set(&mut self, metric: Metric, bytes: Option<u64>) {
        let bit = 1 << metric as u16;
        self.read = if bytes.is_some() { self.read | bit } else { self.read & !bit };
        self.values[metric as usize] = bytes.unwrap_or(0);
    }

    /// The same reading with one metric set.
    #[must_use]
    pub fn with(mut self, metric: Metric, bytes: u64) -> Self {
        self.set(metric, Some(bytes));
        self
    }

    /// The reading without what is read only now and then.
    #[must_use]
    pub fn of_every_reading(mut self) -> Self {
        for metric in Metric::ALL.into_iter().filter(|metric| !metric.is_in_every_reading()) {
            self.set(metric, None);
        }
        self
    }

    /// The metrics that were read, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, u64)> + '_ {
        Metric::ALL.into_iter().filter_map(|metric| Some((metric, self.get(metric)?)))
    }

    fn has(&self, metric: Metric) -> bool {
        self.read & 1 << metric as u16 != 0
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_column_order_and_names_are_unique() {
        for (idx, metric) in Metric::ALL.into_iter().enumerate() {
            assert_eq!(metric as usize, idx);
            assert_eq!(Metric::from_name(metric.name()), Some(metric));
        }
    }

    #[test]
    fn absent_is_not_zero() {
        let bytes = Bytes::default().with(Metric::Rss, 0);
        assert_eq!(bytes.get(Metric::Rss), Some(0));
        assert_eq!(bytes.get(Metric::Hwm), None);
        assert_eq!(bytes.iter().collect::<Vec<_>>(), [(Metric::Rss, 0)]);
    }
}
