//! `/proc/PID/status` as a reading (proc(5)). Pure: it takes the file's bytes, from whatever kernel.

use mprof_recording::metric::{Bytes, Metric};

/// The lines that are read, and the metric that each gives. The values are in units of 1024 bytes.
const LINES: [(&[u8], Metric); 2] = [(b"VmHWM:", Metric::Hwm), (b"VmRSS:", Metric::Rss)];

/// The reading in a status file; nothing for a process without memory: a zombie, or one that is exiting.
#[must_use]
pub fn parse(text: &[u8]) -> Option<Bytes> {
    let mut bytes = Bytes::default();
    let vm_lines = text.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"Vm"));
    for line in vm_lines {
        if let Some((name, metric)) = LINES.iter().find(|(name, _)| line.starts_with(name)) {
            bytes.set(*metric, kib(&line[name.len()..]).map(|kib| kib * 1024));
        }
    }
    bytes.get(Metric::Rss).is_some_and(|rss_bytes| rss_bytes > 0).then_some(bytes)
}

/// The number in `   12345 kB`.
fn kib(text: &[u8]) -> Option<u64> {
    let digits = text.trim_ascii().strip_suffix(b" kB")?;
    let value = str::from_utf8(digits).ok()?.parse::<u64>().ok()?;
    (value < 1 << 54).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1024;

    fn check(text: &str, rss_kib: u64, hwm_kib: Option<u64>) {
        let bytes = parse(text.as_bytes()).unwrap();
        assert_eq!(bytes.get(Metric::Rss), Some(rss_kib * KIB));
        assert_eq!(bytes.get(Metric::Hwm), hwm_kib.map(|kib| kib * KIB));
    }

    #[test]
    fn a_file_of_linux_6_18() {
        check(include_str!("../tests/data/status_linux_6.18.txt"), 1728, Some(1728));
    }

    #[test]
    fn a_zombie_has_no_reading() {
        assert_eq!(parse(include_bytes!("../tests/data/status_zombie_linux_6.18.txt")), None);
    }

    #[test]
    fn an_exiting_process_has_no_reading() {
        assert_eq!(parse(b"Name:\ttrue\nVmHWM:\t     100 kB\nVmRSS:\t       0 kB\n"), None);
    }

    #[test]
    fn a_name_cannot_pass_for_a_line() {
        check("Name:\tVmRSS: 7 kB\\nVmRSS:\nVmRSS:\t 5 kB\n", 5, None);
    }

    #[test]
    fn numbers_that_are_none_are_absent() {
        for text in ["VmRSS:\t-1 kB\n", "VmRSS:\t kB\n", "VmRSS:\t99999999999999999999 kB\n", "VmRSS:", ""] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
