//! Descendants that are hard to follow: orphans, other sessions, short-lived leaves, reused pids, hostile names.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use super::crew::Crew;
use super::mapping::{MIB, Mapping};
use super::reading::{own_peak_bytes, truth_of_root};
use super::system::{self, sleep_ms};
use crate::truth::Truth;

/// The kernel gives the pid that follows the one in here.
const LAST_PID: &str = "/proc/sys/kernel/ns_last_pid";
/// Others fork too, so that a pid may be taken before us.
const N_TRIES: u32 = 100;

/// Names that end a line, that move a cursor, that look like a record, and that end a text.
const NAMES: [&CStr; 4] = [c"a\nMEM 9 9", c"\x1b[2J\x07\r", c"x) R 1 (y", c"\"\\\xff\xfe "];

pub(super) fn double_fork(sizes: &[u64]) -> io::Result<()> {
    let [mib, hold_ms] = *sizes else { unreachable!("the table gives two sizes") };
    let mut crew = Crew::new()?;
    let middle = system::fork(|| {
        crew.fork(|| {
            let _memory = Mapping::touched(mib * MIB)?;
            crew.report()?;
            system::wait_for_the_end()
        })?;
        Ok(())
    })?;
    middle.wait()?;
    crew.hear()?;
    let truth = crew.truth(hold_ms)?;
    Truth { n_processes: 3, ..truth }.tell()
}

/// The orphan gives back its memory, which takes a while, when the root is gone already.
pub(super) fn last(sizes: &[u64]) -> io::Result<()> {
    let mut crew = Crew::new()?;
    let middle = system::fork(|| {
        crew.fork(|| {
            std::mem::forget(Mapping::populated(sizes[0] * MIB)?);
            crew.report()
        })?;
        Ok(())
    })?;
    middle.wait()?;
    let largest_process_bytes = Some(crew.hear()?.peak_bytes);
    let truth = truth_of_root(own_peak_bytes()?);
    Truth { largest_process_bytes, n_processes: 3, ..truth }.tell()
}

pub(super) fn untraced(sizes: &[u64]) -> io::Result<()> {
    let [mib, hold_ms] = *sizes else { unreachable!("the table gives two sizes") };
    let mut crew = Crew::new()?;
    let child = system::fork_untraced(|| {
        let _memory = Mapping::touched(mib * MIB)?;
        crew.report()?;
        system::wait_for_the_end()
    })?;
    crew.hear()?;
    let truth = crew.truth(hold_ms)?;
    child.reap()?;
    truth.tell()
}

pub(super) fn setsid(sizes: &[u64]) -> io::Result<()> {
    let [mib, hold_ms] = *sizes else { unreachable!("the table gives two sizes") };
    let mut crew = Crew::new()?;
    crew.start(|| {
        system::new_session()?;
        Mapping::touched(mib * MIB)
    })?;
    crew.truth(hold_ms)?.tell()
}

pub(super) fn leaf_spike(sizes: &[u64]) -> io::Result<()> {
    let [mib, life_ms] = *sizes else { unreachable!("the table gives two sizes") };
    let mut crew = Crew::new()?;
    let child = system::fork(|| {
        sleep_ms(100);
        let leaf = crew.fork(|| {
            let _memory = Mapping::populated(mib * MIB)?;
            crew.report()?;
            sleep_ms(life_ms);
            Ok(())
        })?;
        leaf.wait()?;
        sleep_ms(100);
        Ok(())
    })?;
    let largest_process_bytes = Some(crew.hear()?.peak_bytes);
    child.wait()?;
    let truth = truth_of_root(own_peak_bytes()?);
    Truth { largest_process_bytes, n_processes: 3, ..truth }.tell()
}

/// The child tells of the image that it was; what it becomes is smaller, and tells nothing.
pub(super) fn heir(sizes: &[u64]) -> io::Result<()> {
    let [mib, then_mib, hold_ms] = *sizes else { unreachable!("the table gives three sizes") };
    let mut crew = Crew::new()?;
    let child = crew.fork(|| {
        let memory = Mapping::touched(mib * MIB)?;
        crew.report()?;
        drop(memory);
        let sizes = [then_mib, hold_ms, 0].map(|size| size.to_string());
        let mut image = Command::new("/proc/self/exe");
        Err(image.arg("exec-then").args(sizes).stdout(Stdio::null()).exec())
    })?;
    let largest_process_bytes = Some(crew.hear()?.peak_bytes);
    child.wait()?;
    let truth = truth_of_root(own_peak_bytes()?);
    Truth { largest_process_bytes, n_processes: 2, ..truth }.tell()
}

/// The first holds a quarter of what the second holds, so that a recorder that takes them for one is found out.
pub(super) fn reuse(sizes: &[u64]) -> io::Result<()> {
    let [mib, hold_ms] = *sizes else { unreachable!("the table gives two sizes") };
    let first = system::fork(|| {
        let _memory = Mapping::touched(mib / 4 * MIB)?;
        sleep_ms(hold_ms);
        Ok(())
    })?;
    first.wait()?;
    for n_strangers in 0..N_TRIES {
        fs::write(LAST_PID, (first.pid - 1).to_string())
            .map_err(|error| cannot(&format!("{LAST_PID} cannot be written: {error}")))?;
        let mut crew = Crew::new()?;
        let wanted = first.pid;
        let child = crew.fork(|| {
            if std::process::id() != wanted {
                return Ok(());
            }
            let _memory = Mapping::touched(mib * MIB)?;
            crew.report()?;
            sleep_ms(hold_ms);
            Ok(())
        })?;
        if child.pid == wanted {
            let largest_process_bytes = Some(crew.hear()?.peak_bytes);
            child.wait()?;
            let truth = truth_of_root(own_peak_bytes()?);
            let n_processes = 3 + u64::from(n_strangers);
            return Truth { largest_process_bytes, n_processes, ..truth }.tell();
        }
        child.wait()?;
    }
    Err(cannot("the pid was taken every time"))
}

pub(super) fn names(sizes: &[u64]) -> io::Result<()> {
    let mut crew = Crew::new()?;
    for name in NAMES {
        crew.start(|| system::set_name(name))?;
    }
    let names = NAMES.map(|name| name.to_string_lossy().into_owned()).into();
    Truth { names, ..crew.truth(sizes[0])? }.tell()
}

fn cannot(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, why)
}
