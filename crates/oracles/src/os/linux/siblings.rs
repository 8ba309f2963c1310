//! Children of the root process: shared, private, short-lived and dead ones.

use std::io::{self, Read, Write};

use super::crew::Crew;
use super::mapping::{MIB, Mapping};
use super::reading::{own_peak_bytes, truth_of_root};
use super::system::{self, Child, sleep_ms};
use crate::truth::Truth;

/// Children that go on living while others vanish.
const N_SURVIVORS: u64 = 3;

pub(super) fn fork_cow(sizes: &[u64]) -> io::Result<()> {
    let [mib, n_children, hold_ms] = *sizes else { unreachable!("the table gives three sizes") };
    let _memory = Mapping::touched(mib * MIB)?;
    let mut crew = Crew::new()?;
    for _ in 0..n_children {
        crew.start(|| Ok(()))?;
    }
    crew.truth(hold_ms)?.tell()
}

/// What everyone shares becomes everyone's own after a while, and no resident set changes by it.
pub(super) fn cow_break(sizes: &[u64]) -> io::Result<()> {
    let [mib, n_children, quiet_ms, hold_ms] = *sizes else { unreachable!("the table gives four sizes") };
    let memory = Mapping::touched(mib * MIB)?;
    let mut crew = Crew::new()?;
    let (gate, mut key) = io::pipe()?;
    let write = || {
        (&gate).read_exact(&mut [0])?;
        memory.touch(0, mib * MIB);
        crew.report()?;
        system::wait_for_the_end()
    };
    let children = (0..n_children).map(|_| crew.fork(write)).collect::<io::Result<Vec<_>>>()?;
    sleep_ms(quiet_ms);
    key.write_all(&vec![0; n_children as usize])?;
    (0..n_children).try_for_each(|_| crew.hear().map(drop))?;
    let truth = crew.truth(hold_ms)?;
    children.iter().try_for_each(|child| child.reap().map(drop))?;
    truth.tell()
}

pub(super) fn shared(sizes: &[u64]) -> io::Result<()> {
    let [mib, n_children, hold_ms] = *sizes else { unreachable!("the table gives three sizes") };
    let memory = Mapping::shared(mib * MIB)?;
    let mut crew = Crew::new()?;
    for _ in 0..n_children {
        crew.start(|| {
            memory.touch(0, mib * MIB);
            Ok(())
        })?;
    }
    crew.truth(hold_ms)?.tell()
}

pub(super) fn private(sizes: &[u64]) -> io::Result<()> {
    let [mib, n_children, hold_ms] = *sizes else { unreachable!("the table gives three sizes") };
    let mut crew = Crew::new()?;
    for _ in 0..n_children {
        crew.start(|| Mapping::touched(mib * MIB))?;
    }
    crew.truth(hold_ms)?.tell()
}

/// Nobody goes down before everyone is up and was measured.
pub(super) fn together(sizes: &[u64]) -> io::Result<()> {
    let [mib, n_children, hold_ms] = *sizes else { unreachable!("the table gives three sizes") };
    let mut crew = Crew::new()?;
    let (gate, mut key) = io::pipe()?;
    let rise = || {
        let memory = Mapping::touched(mib * MIB)?;
        crew.report()?;
        (&gate).read_exact(&mut [0])?;
        drop(memory);
        sleep_ms(hold_ms);
        Ok(())
    };
    let children = (0..n_children).map(|_| crew.fork(rise)).collect::<io::Result<Vec<_>>>()?;
    (0..n_children).try_for_each(|_| crew.hear().map(drop))?;
    let truth = crew.measured()?;
    key.write_all(&vec![0; n_children as usize])?;
    children.iter().try_for_each(Child::wait)?;
    truth.tell()
}

pub(super) fn sleepers(sizes: &[u64]) -> io::Result<()> {
    let mut crew = Crew::new()?;
    for _ in 0..sizes[0] {
        crew.start(|| Ok(()))?;
    }
    crew.truth(sizes[1])?.tell()
}

pub(super) fn zombie(sizes: &[u64]) -> io::Result<()> {
    let [mib, hold_ms] = *sizes else { unreachable!("the table gives two sizes") };
    let mut crew = Crew::new()?;
    let child = crew.fork(|| {
        let _memory = Mapping::touched(mib * MIB)?;
        sleep_ms(hold_ms);
        crew.report()
    })?;
    let largest_process_bytes = crew.hear()?.peak_bytes;
    // It is dead from here on, and still there.
    sleep_ms(hold_ms);
    child.wait()?;
    tell_family(2, largest_process_bytes)
}

pub(super) fn storm(sizes: &[u64]) -> io::Result<()> {
    let [n_children, kib] = *sizes else { unreachable!("the table gives two sizes") };
    let mut crew = Crew::new()?;
    let mut largest_process_bytes = 0;
    for _ in 0..n_children {
        let child = crew.fork(|| {
            let _memory = Mapping::touched(kib * 1024)?;
            sleep_ms(1);
            crew.report()
        })?;
        largest_process_bytes = largest_process_bytes.max(crew.hear()?.peak_bytes);
        child.wait()?;
    }
    tell_family(n_children + 1, largest_process_bytes)
}

/// While some die, the survivors are what a recorder must not lose.
pub(super) fn vanish(sizes: &[u64]) -> io::Result<()> {
    let [mib, n_vanishing, life_ms] = *sizes else { unreachable!("the table gives three sizes") };
    let mut survivors = Crew::new()?;
    for _ in 0..N_SURVIVORS {
        survivors.start(|| Mapping::touched(mib * MIB))?;
    }
    for _ in 0..n_vanishing {
        let child = system::fork(|| {
            sleep_ms(life_ms);
            Ok(())
        })?;
        child.wait()?;
    }
    let truth = survivors.truth(0)?;
    Truth { n_processes: truth.n_processes + n_vanishing, ..truth }.tell()
}

/// The truth about processes of which no more is known than how large one of them was.
fn tell_family(n_processes: u64, largest_process_bytes: u64) -> io::Result<()> {
    let root_peak_bytes = own_peak_bytes()?;
    let largest_process_bytes = Some(largest_process_bytes.max(root_peak_bytes));
    let truth = truth_of_root(root_peak_bytes);
    Truth { largest_process_bytes, n_processes, ..truth }.tell()
}
