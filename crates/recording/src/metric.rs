//! The table of metrics: what each number is called, what it means, and what it does not mean.
//!
//! A reading is a [`Bytes`]: one optional value per metric. A metric that a platform cannot give is
//! absent, never zero. Adding a metric is one row of [`Metric::ALL`] and a line in the platform's reader.

/// A kind of memory reading. All are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Metric {
    /// Resident set: pages of the process that are in RAM now, shared ones counted in full.
    ///
    /// Linux: `VmRSS` of `/proc/PID/status` (proc(5)). macOS: `ri_resident_size` of `proc_pid_rusage`.
    /// What mprof draws. It is a sample: what rose and fell between two readings is not in it.
    Rss,
    /// High-water mark of the resident set since the process's last exec, as the kernel kept it.
    ///
    /// Linux: `VmHWM` of `/proc/PID/status` (proc(5)). It cannot miss a peak between two readings. Since
    /// Linux 6.2 the stored mark may lag the true one by the batches of per-CPU counters.
    Hwm,
    /// macOS: `ri_phys_footprint`, what the system charges to the process (compressed and swapped included).
    Footprint,
    /// macOS: `ri_lifetime_max_phys_footprint`, the highest footprint since the process began.
    FootprintPeak,
}

impl Metric {
    /// Every metric, in the order of its column.
    pub const ALL: [Self; 4] = [Self::Rss, Self::Hwm, Self::Footprint, Self::FootprintPeak];

    /// The name in files and flags.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Hwm => "hwm",
            Self::Footprint => "footprint",
            Self::FootprintPeak => "footprint_peak",
        }
    }

    /// The words for people, on an axis or in a table.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Rss => "resident set (RSS)",
            Self::Hwm => "resident high-water mark",
            Self::Footprint => "phys_footprint",
            Self::FootprintPeak => "lifetime maximum of phys_footprint",
        }
    }

    /// The metric of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| metric.name() == name)
    }
}

/// One reading of one process, in bytes; a metric that was not read is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes([Option<u64>; Metric::ALL.len()]);

impl Bytes {
    /// The value of a metric, if it was read.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<u64> {
        self.0[metric as usize]
    }

    /// Sets or clears a metric.
    pub fn set(&mut self, metric: Metric, bytes: Option<u64>) {
        self.0[metric as usize] = bytes;
    }

    /// The same reading with one metric set.
    #[must_use]
    pub fn with(mut self, metric: Metric, bytes: u64) -> Self {
        self.set(metric, Some(bytes));
        self
    }

    /// The metrics that were read, with their values.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, u64)> + '_ {
        Metric::ALL.into_iter().filter_map(|metric| Some((metric, self.get(metric)?)))
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
