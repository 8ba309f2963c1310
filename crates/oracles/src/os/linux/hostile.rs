//! Descendants that do not want to be followed: another user, other namespaces, and a brood that cannot be asked to end.

use std::io;
use std::time::{Duration, Instant};

use super::crew::Crew;
use super::mapping::{MIB, Mapping};
use super::system::{self, sleep_ms};
use crate::truth::Truth;

/// A user that owns nothing, and that is not us.
const NOBODY: u32 = 65_534;
/// The brood dies out by itself after so long, whoever should have ended it.
const LONGEST_BROOD: Duration = Duration::from_secs(30);

pub(super) fn other_user(sizes: &[u64]) -> io::Result<()> {
    let [mib, hold_ms] = *sizes else { unreachable!("the table gives two sizes") };
    hidden(mib, hold_ms, || system::become_user(NOBODY))
}

pub(super) fn namespaces(sizes: &[u64]) -> io::Result<()> {
    let [mib, hold_ms] = *sizes else { unreachable!("the table gives two sizes") };
    hidden(mib, hold_ms, system::leave_namespaces)
}

/// A child that hides in some way before it takes memory. The root reads what is true of it, as far as it may.
fn hidden(mib: u64, hold_ms: u64, hide: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
    let mut crew = Crew::new()?;
    let started = crew.start(|| {
        hide()?;
        Mapping::touched(mib * MIB)
    });
    if started.is_err() {
        return Err(io::Error::new(
            io::ErrorKind::Unsupported,
            "this user may not hide a process in this way",
        ));
    }
    crew.truth(hold_ms)?.tell()
}

/// Nothing is told but that it began: it never ends in peace. Each child of it forks as well, once.
pub(super) fn brood(sizes: &[u64]) -> io::Result<()> {
    Truth { n_processes: 1, ..Truth::default() }.tell()?;
    system::ignore_requests_to_end();
    let end = Instant::now() + LONGEST_BROOD;
    while Instant::now() < end {
        system::fork(|| {
            system::fork(|| {
                sleep_ms(4 * sizes[0]);
                Ok(())
            })?;
            sleep_ms(2 * sizes[0]);
            Ok(())
        })?;
        sleep_ms(4);
    }
    Ok(())
}
