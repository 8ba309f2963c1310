//! What a program prints, where lines of it make marks (`--mark-on`): each stream stays what it is, and is read along.
//!
//! A file is not touched: the program has the very descriptor that it would have had, and we read what is added to it.
//! Anything else is read by a relay, a process that hands it on and outlives us (`relay.rs`).

mod followed;
mod relayed;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use crate::marking::MarkOn;
use crate::os::{self, Signals};
use crate::phases::Read;
use crate::phases::tell::Name;
use crate::program::Given;
use crate::relay;
use followed::Followed;
use relayed::Relayed;

/// The streams that are read along.
#[derive(Debug, Default)]
pub(crate) struct Outputs {
    relayed: Vec<Relayed>,
    followed: Vec<Followed>,
    refusals: Vec<String>,
}

impl Outputs {
    /// Makes ready for a program that is about to be started. `channel` is where relays tell of marks.
    pub(crate) fn arrange(mark_on: Option<&MarkOn>, channel: Option<&Path>) -> (Self, Given) {
        let (mut outputs, mut given) = (Self::default(), Given::default());
        let (Some(mark_on), Some(channel)) = (mark_on, channel) else { return (outputs, given) };
        let (stdout, stderr) = (io::stdout(), io::stderr());
        given.stdout = outputs.read_along("stdout", stdout.as_fd(), mark_on, channel);
        if is_same(stdout.as_fd(), stderr.as_fd()) {
            // One stream, so that the order of what is printed on both stays.
            given.stderr = given.stdout.as_ref().and_then(|fd| fd.try_clone().ok());
        } else {
            given.stderr = outputs.read_along("stderr", stderr.as_fd(), mark_on, channel);
        }
        (outputs, given)
    }

    fn read_along(
        &mut self,
        stream: &'static str,
        fd: BorrowedFd<'_>,
        mark_on: &MarkOn,
        channel: &Path,
    ) -> Option<OwnedFd> {
        let given = fd.try_clone_to_owned().map(File::from).and_then(|file| {
            if file.metadata()?.is_file() {
                self.followed.push(Followed::open(stream, &file, mark_on.expressions.clone())?);
                return Ok(None);
            }
            let (relayed, given) = relay_of(stream, file, mark_on, channel)?;
            self.relayed.push(relayed);
            Ok(Some(given))
        });
        given.unwrap_or_else(|error| {
            self.refusals.push(format!("{stream}: its lines make no marks: {error}"));
            None
        })
    }

    /// Why a stream is not read along.
    pub(crate) fn refusals(&self) -> &[String] {
        &self.refusals
    }

    /// The processes that are ours and no part of the program's tree.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.relayed.iter().map(Relayed::number)
    }

    /// Reads a bounded part of what was added to files, until it takes too long.
    pub(crate) fn read(&mut self, until_ns: u64, mut each: impl FnMut(&'static str, &Name)) {
        for followed in &mut self.followed {
            followed.read(until_ns, &mut each);
        }
    }

    /// Nothing is printed any more: reads what is left, until it takes too long, and what has begun is a line.
    pub(crate) fn end(&mut self, until_ns: u64, mut each: impl FnMut(&'static str, &Name)) {
        for followed in &mut self.followed {
            while followed.read(until_ns, &mut each) == Read::APart && os::monotonic_ns() < until_ns {}
            followed.end(&mut each);
        }
    }

    /// Asks to be told when all that was printed until now is handed on.
    pub(crate) fn ask(&mut self) {
        self.relayed.iter_mut().for_each(Relayed::ask);
    }

    /// Waits a moment for the answers; a signal ends it. Says whether all of them have come.
    pub(crate) fn is_answered(&mut self, signals: Option<&Signals>, patience_ms: i32) -> bool {
        let mut asked = self.relayed.iter_mut().filter(|it| !it.is_answered());
        let (first, second) = (asked.next(), asked.next());
        let Some(first) = first else { return true };
        if relayed::wait_for(first, second, signals, patience_ms).is_err() {
            return true;
        }
        self.relayed.iter().all(Relayed::is_answered)
    }

    /// How many marks could not be told by those who saw them.
    pub(crate) fn n_untold(&self) -> u64 {
        self.relayed.iter().map(Relayed::n_untold).sum()
    }

    /// What was not looked at.
    pub(crate) fn losses(&self) -> Vec<String> {
        let relayed = self.relayed.iter().filter_map(Relayed::loss);
        relayed.chain(self.followed.iter().filter_map(Followed::loss)).collect()
    }
}

/// A relay between what the program is given and what we were.
fn relay_of(
    stream: &'static str,
    destination: File,
    mark_on: &MarkOn,
    channel: &Path,
) -> io::Result<(Relayed, OwnedFd)> {
    let kind = destination.metadata()?.file_type();
    let (source, given, kind) = if destination.is_terminal() {
        let (source, given) = os::open_terminal(destination.as_fd()).map_err(|error| {
            io::Error::other(format!("{error}; put `| cat` behind the command, or let it print to a file"))
        })?;
        let is_stdin = is_same(destination.as_fd(), io::stdin().as_fd());
        (source, given, if is_stdin { relay::TERMINAL } else { relay::TERMINAL_ALONE })
    } else if kind.is_fifo() || kind.is_socket() || kind.is_char_device() {
        let (source, given) = io::pipe()?;
        (source.into(), given.into(), relay::PIPE)
    } else {
        return Err(io::Error::other("it is neither a file nor a pipe nor a terminal"));
    };
    Ok((Relayed::start(stream, kind, [source, destination.into()], mark_on, channel)?, given))
}

/// Whether two descriptors are of the same file. Where pipes have no number, that is not known.
fn is_same(one: BorrowedFd<'_>, other: BorrowedFd<'_>) -> bool {
    let identity = |fd: BorrowedFd<'_>| {
        let metadata = File::from(fd.try_clone_to_owned().ok()?).metadata().ok()?;
        Some((metadata.dev(), metadata.ino(), metadata.rdev())).filter(|(_, ino, _)| *ino != 0)
    };
    identity(one).is_some_and(|it| identity(other) == Some(it))
}
