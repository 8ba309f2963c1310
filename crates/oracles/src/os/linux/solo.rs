//! One process: what rises and falls between two samples.

use std::io;
use std::time::Instant;

use super::mapping::{MIB, Mapping};
use super::reading::{own_peak_bytes, truth_of_root};
use super::system::{cpu_ns, monotonic_ns, sleep_ms};
use crate::truth::{Truth, print};

/// So much quiet lies around a spike that a sampler finds the program small nearly always.
const QUIET_MS: u64 = 250;

pub(super) fn spike(sizes: &[u64]) -> io::Result<()> {
    let [mib, hold_ms, n_spikes] = *sizes else { unreachable!("the table gives three sizes") };
    let mut peak_bytes = 0;
    for nth in 1..=n_spikes {
        sleep_ms(QUIET_MS);
        let spike = Mapping::populated(nth * mib * MIB)?;
        peak_bytes = own_peak_bytes()?;
        sleep_ms(hold_ms);
        drop(spike);
    }
    sleep_ms(QUIET_MS);
    truth_of_root(peak_bytes).tell()
}

pub(super) fn ramp(sizes: &[u64]) -> io::Result<()> {
    let [mib, n_steps, step_ms] = *sizes else { unreachable!("the table gives three sizes") };
    let memory = Mapping::untouched(mib * MIB)?;
    let n_steps = n_steps.max(1);
    for nth in 0..n_steps {
        memory.touch(mib * MIB * nth / n_steps, mib * MIB * (nth + 1) / n_steps);
        sleep_ms(step_ms);
    }
    truth_of_root(own_peak_bytes()?).tell()
}

pub(super) fn populate(sizes: &[u64]) -> io::Result<()> {
    let memory = Mapping::populated(sizes[0] * MIB)?;
    let peak_bytes = own_peak_bytes()?;
    drop(memory);
    truth_of_root(peak_bytes).tell()
}

pub(super) fn populate_loop(sizes: &[u64]) -> io::Result<()> {
    let [mib, n_rounds] = *sizes else { unreachable!("the table gives two sizes") };
    let mut peak_bytes = 0;
    for _ in 0..n_rounds {
        let _memory = Mapping::populated(mib * MIB)?;
        peak_bytes = own_peak_bytes()?.max(peak_bytes);
    }
    truth_of_root(peak_bytes).tell()
}

pub(super) fn late_rise(sizes: &[u64]) -> io::Result<()> {
    let [mib, quiet_ms] = *sizes else { unreachable!("the table gives two sizes") };
    sleep_ms(quiet_ms);
    let memory = Mapping::populated(mib * MIB)?;
    truth_of_root(own_peak_bytes()?).tell()?;
    // Whoever looks now sees it whole, or sees the process gone.
    std::mem::forget(memory);
    Ok(())
}

/// A line for each round, told at the end so that telling takes no time from a round: when it began by the system's
/// monotonic clock, how long it took, and its processor time.
pub(super) fn slices(sizes: &[u64]) -> io::Result<()> {
    const LEAST_ROUND_NS: u64 = 10_000;
    let [kib, seconds] = *sizes else { unreachable!("the table gives two sizes") };
    let (start_ns, whole_ns) = (monotonic_ns(), seconds * 1_000_000_000);
    let mut rounds = Vec::with_capacity((whole_ns / LEAST_ROUND_NS) as usize);
    let (mut begin_ns, mut begin_cpu_ns) = (start_ns, cpu_ns());
    while begin_ns < start_ns + whole_ns {
        drop(Mapping::touched(kib << 10)?);
        let (end_ns, end_cpu_ns) = (monotonic_ns(), cpu_ns());
        rounds.push((begin_ns, end_ns - begin_ns, end_cpu_ns - begin_cpu_ns));
        (begin_ns, begin_cpu_ns) = (end_ns, end_cpu_ns);
    }
    let lines = rounds.iter().map(|(begin_ns, ns, cpu_ns)| format!("{begin_ns} {ns} {cpu_ns}\n"));
    print(&lines.collect::<String>())
}

pub(super) fn touch(sizes: &[u64]) -> io::Result<()> {
    let [mib, n_rounds] = *sizes else { unreachable!("the table gives two sizes") };
    let (start, start_cpu_ns) = (Instant::now(), cpu_ns());
    for _ in 0..n_rounds {
        drop(Mapping::touched(mib * MIB)?);
    }
    let elapsed_ns = Some(start.elapsed().as_nanos() as u64);
    let cpu_ns = Some(cpu_ns() - start_cpu_ns);
    let truth = truth_of_root(own_peak_bytes()?);
    Truth { elapsed_ns, cpu_ns, ..truth }.tell()
}
