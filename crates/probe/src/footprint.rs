//! What libproc says of a process on macOS, as a reading. Pure, so that it is tested on every system.

use mprof_recording::metric::{Bytes, Metric};

/// The fields of `rusage_info_v4` (sys/resource.h) that are memory, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reading {
    /// `ri_resident_size`.
    pub resident_bytes: u64,
    /// `ri_phys_footprint`.
    pub footprint_bytes: u64,
    /// `ri_lifetime_max_phys_footprint`, zero on systems that do not keep it.
    pub footprint_peak_bytes: u64,
}

/// The reading of a live process; a process that has given back its memory has none.
#[must_use]
pub fn to_bytes(reading: &Reading) -> Option<Bytes> {
    if reading.resident_bytes == 0 {
        return None;
    }
    let mut bytes = Bytes::default().with(Metric::Rss, reading.resident_bytes);
    bytes.set(Metric::Footprint, Some(reading.footprint_bytes));
    bytes.set(Metric::FootprintPeak, Some(reading.footprint_peak_bytes).filter(|&it| it > 0));
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_without_memory_gives_no_reading() {
        assert_eq!(to_bytes(&Reading::default()), None);
    }

    #[test]
    fn a_maximum_that_the_system_does_not_keep_is_absent() {
        let reading = Reading { resident_bytes: 4096, footprint_bytes: 0, footprint_peak_bytes: 0 };
        let bytes = to_bytes(&reading).unwrap();
        assert_eq!(bytes.get(Metric::Rss), Some(4096));
        assert_eq!(bytes.get(Metric::Footprint), Some(0));
        assert_eq!(bytes.get(Metric::FootprintPeak), None);
    }
}
