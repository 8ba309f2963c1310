//! Whatever the bytes of a file are, it is read or refused, and what is read can be summed up.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mprof_recording::dat;

fuzz_target!(|file: &[u8]| {
    if let Ok(read) = dat::read(file) {
        let summary = read.recording.summary();
        assert!(read.warnings.len() as u64 <= read.n_warnings);
        assert_eq!(summary.peak_bytes.is_some(), summary.peak_kind.is_some());
        let _ = read.recording.total_curve();
    }
});
