//! What a process reads of itself and of its descendants: the kernel's own figures, while memory is held.

use std::fs;
use std::io;

use crate::truth::Truth;

/// Pages that one processor may keep back from a counter (the batch of `percpu_counter`, Linux 6.2 and later).
const SMALLEST_BATCH_PAGES: u64 = 32;
/// What a thread may keep back before that: the pages of so many faults, each of which may bring some of a mapped file.
const KEPT_FAULTS_BYTES: u64 = 65 * (64 << 10);
/// Anonymous, file and shared memory are counted apart.
const N_COUNTERS: u64 = 3;
const PAGE_BYTES: u64 = 4096;
/// What it takes to tell the truth after it was measured.
const TELLING_BYTES: u64 = 256 << 10;

/// The figures of `/proc/PID/status` and `smaps_rollup` (proc(5)), in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    pub(super) hwm_bytes: u64,
    pub(super) rss_bytes: u64,
    /// Shared pages in equal parts; absent where the kernel does not offer it.
    pub(super) pss_bytes: Option<u64>,
}

/// Reads a living process.
pub(super) fn of(pid: u32) -> io::Result<Reading> {
    let folder = format!("/proc/{pid}");
    let status = read(&format!("{folder}/status"))?;
    let smaps = read(&format!("{folder}/smaps_rollup")).unwrap_or_default();
    let missing = || io::Error::other(format!("{folder}/status has no memory in it"));
    Ok(Reading {
        hwm_bytes: field(&status, "VmHWM:").ok_or_else(missing)?,
        // Counters are kept in batches, before Linux 6.2 in each thread, and pages are counted.
        rss_bytes: field(&smaps, "Rss:").or(field(&status, "VmRSS:")).ok_or_else(missing)?,
        pss_bytes: field(&smaps, "Pss:"),
    })
}

/// Our own high-water mark. It is exact while the memory is still held, because the kernel then counts anew.
///
/// It asks for the thread that reads, so that it works without a main thread.
pub(super) fn own_peak_bytes() -> io::Result<u64> {
    let status = read("/proc/thread-self/status")?;
    field(&status, "VmHWM:").ok_or_else(|| io::Error::other("no VmHWM in /proc/thread-self/status"))
}

/// What is known of a program of one process.
pub(super) fn truth_of_root(root_peak_bytes: u64) -> Truth {
    Truth {
        root_peak_bytes: Some(root_peak_bytes),
        largest_process_bytes: Some(root_peak_bytes),
        n_processes: 1,
        slack_bytes: slack_bytes(),
        ..Truth::default()
    }
}

/// How far the kernel's stored mark may lie off.
fn slack_bytes() -> u64 {
    let is_per_thread = read("/proc/sys/kernel/osrelease").is_ok_and(|release| is_before_6_2(&release));
    TELLING_BYTES + if is_per_thread { KEPT_FAULTS_BYTES } else { batches_bytes() }
}

fn is_before_6_2(release: &str) -> bool {
    let numbers = release.split(['.', '-']).map_while(|it| it.parse::<u32>().ok());
    numbers.lt([6, 2])
}

fn batches_bytes() -> u64 {
    let n_cpus = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let batch_pages = SMALLEST_BATCH_PAGES.max(2 * n_cpus);
    (batch_pages - 1) * n_cpus * N_COUNTERS * PAGE_BYTES
}

/// The text of a file. A process may call itself what is no text, and that is not what is looked for.
fn read(path: &str) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}
