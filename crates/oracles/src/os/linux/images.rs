//! One process that stops being what it was: another image, another main thread, no descriptors, no time.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use super::mapping::{MIB, Mapping};
use super::reading::{own_peak_bytes, truth_of_root};
use super::system::{self, sleep_ms};
use crate::truth::Truth;

pub(super) fn exec(sizes: &[u64]) -> io::Result<()> {
    let [mib, then_mib, hold_ms] = *sizes else { unreachable!("the table gives three sizes") };
    let _memory = Mapping::touched(mib * MIB)?;
    let first_peak_bytes = own_peak_bytes()?;
    sleep_ms(hold_ms);
    let sizes = [then_mib, hold_ms, first_peak_bytes].map(|size| size.to_string());
    Err(Command::new("/proc/self/exe").arg("exec-then").args(sizes).exec())
}

pub(super) fn exec_then(sizes: &[u64]) -> io::Result<()> {
    let [mib, hold_ms, first_peak_bytes] = *sizes else { unreachable!("the table gives three sizes") };
    let _memory = Mapping::touched(mib * MIB)?;
    let peak_bytes = own_peak_bytes()?.max(first_peak_bytes);
    sleep_ms(hold_ms);
    truth_of_root(peak_bytes).tell()
}

/// Without a main thread, `/proc/PID/status` has no memory in it, while the process has all of it.
pub(super) fn threads_outlive(sizes: &[u64]) -> io::Result<()> {
    let [mib, hold_ms] = *sizes else { unreachable!("the table gives two sizes") };
    std::thread::spawn(move || {
        let outcome = grow_alone(mib, hold_ms);
        system::exit_now(i32::from(outcome.is_err()))
    });
    system::exit_thread()
}

fn grow_alone(mib: u64, hold_ms: u64) -> io::Result<()> {
    sleep_ms(hold_ms);
    let _memory = Mapping::touched(mib * MIB)?;
    sleep_ms(hold_ms);
    truth_of_root(own_peak_bytes()?).tell()
}

pub(super) fn closer(sizes: &[u64]) -> io::Result<()> {
    let [mib, hold_ms] = *sizes else { unreachable!("the table gives two sizes") };
    let _memory = Mapping::touched(mib * MIB)?;
    truth_of_root(own_peak_bytes()?).tell()?;
    system::close_everything()?;
    sleep_ms(hold_ms);
    system::exit_now(0)
}

pub(super) fn stopped(sizes: &[u64]) -> io::Result<()> {
    let [mib, stop_ms] = *sizes else { unreachable!("the table gives two sizes") };
    let root = std::process::id();
    let helper = system::fork(|| {
        while system::parent() == root && !is_stopped(root)? {
            sleep_ms(1);
        }
        sleep_ms(stop_ms);
        system::kill(root, libc::SIGCONT)
    })?;
    let _memory = Mapping::touched(mib * MIB)?;
    system::kill(root, libc::SIGSTOP)?;
    helper.wait()?;
    let truth = truth_of_root(own_peak_bytes()?);
    Truth { n_processes: 2, ..truth }.tell()
}

fn is_stopped(pid: u32) -> io::Result<bool> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    Ok(status.lines().any(|line| line.starts_with("State:\tT") || line.starts_with("State:\tt")))
}
