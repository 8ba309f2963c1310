//! Ending a run between two slices when the user or the system asks for it, so that nothing half written stays.
//!
//! A second signal ends the program at once, as it would have without us.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use signal_hook::{
    consts::{SIGINT, SIGTERM},
    flag, low_level,
};

use crate::error::Error;

/// The signals that were asked to wait for the end of a slice.
#[derive(Debug)]
pub struct Interruption(Vec<(i32, Arc<AtomicBool>)>);

impl Interruption {
    /// Watches for Ctrl-C and polite requests to end.
    ///
    /// # Errors
    /// When the system refuses the handlers.
    pub fn watch() -> io::Result<Self> {
        [SIGINT, SIGTERM].into_iter().map(watched).collect::<io::Result<_>>().map(Self)
    }

    /// Fails once a signal has come.
    ///
    /// # Errors
    /// [`Error::Interrupted`] with the signal.
    pub fn check(&self) -> Result<(), Error> {
        let arrived = self.0.iter().find(|(_, arrived)| arrived.load(Ordering::Relaxed));
        arrived.map_or(Ok(()), |&(signal, _)| Err(Error::Interrupted(signal)))
    }
}

fn watched(signal: i32) -> io::Result<(i32, Arc<AtomicBool>)> {
    let arrived = Arc::new(AtomicBool::new(false));
    // In this order the first signal only sets the flag, and the second one finds it set.
    flag::register_conditional_default(signal, Arc::clone(&arrived))?;
    flag::register(signal, Arc::clone(&arrived))?;
    Ok((signal, arrived))
}

/// Ends the process as the signal does by itself, so that shells and harnesses see that one did.
pub fn die_of(signal: i32) {
    // If even this fails, the caller's exit code has to tell.
    let _ = low_level::emulate_default_handler(signal);
}
