//! Where phases can be told: on Linux and macOS, which is where they can be recorded. Elsewhere nothing is done.

#[cfg(any(target_os = "linux", target_os = "macos"))]
mod channel;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod clock;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod line;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod lost;
#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod nowhere;

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(crate) use nowhere::{Sender, Verb, is_off};
#[cfg(any(target_os = "linux", target_os = "macos"))]
pub(crate) use {
    channel::{Sender, is_off},
    line::Verb,
};
