//! What a Rust program calls to name its phases. How they reach a recorder is below `os`, what becomes of them is the
//! recorder's business.
//!
#![doc = include_str!("../README.md")]

mod os;

use os::{Sender, Verb};

/// Begins a phase. It ends where the guard is dropped.
///
/// Phases of one thread nest. A name is any text; what it has beyond some 400 bytes is cut off, and line breaks
/// become blanks.
///
/// ```
/// let loaded = {
///     let _phase = mprof_phases::phase("load");
///     vec![0_u8; 1 << 20]
/// };
/// assert_eq!(loaded.len(), 1 << 20);
/// ```
#[inline]
#[must_use = "the phase ends where this is dropped, which would be here"]
pub fn phase(name: &str) -> Phase<'_> {
    let sender = if os::is_off() { None } else { Sender::here() };
    if let Some(sender) = &sender {
        sender.send(Verb::Enter, name);
    }
    Phase { name, sender }
}

/// Marks a moment.
///
/// ```
/// mprof_phases::event("half of it");
/// ```
#[inline]
pub fn event(name: &str) {
    if !os::is_off() {
        tell(Verb::Mark, name);
    }
}

/// Tells a figure about the run, such as the size of its result. The unit belongs into the name.
///
/// ```
/// mprof_phases::fact("calculated_bytes", 16_000_000_000);
/// ```
#[inline]
pub fn fact(name: &str, value: u64) {
    if !os::is_off() {
        tell_fact(name, value);
    }
}

/// A phase that goes on.
#[derive(Debug)]
pub struct Phase<'a> {
    name: &'a str,
    /// Who began it; nobody where nothing is recorded.
    sender: Option<Sender>,
}

impl Drop for Phase<'_> {
    #[inline]
    fn drop(&mut self) {
        if let Some(sender) = &self.sender {
            sender.send_if_same_process(Verb::Leave, self.name);
        }
    }
}

#[cold]
fn tell(verb: Verb, name: &str) {
    if let Some(sender) = Sender::here() {
        sender.send(verb, name);
    }
}

#[cold]
fn tell_fact(name: &str, value: u64) {
    // A figure is told as its name, a blank and its value, so that its name can have no blank.
    let word: String = name.chars().map(|c| if c.is_whitespace() { '_' } else { c }).take(200).collect();
    tell(Verb::Fact, &format!("{word} {value}"));
}
