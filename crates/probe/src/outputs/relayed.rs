//! The recorder's side of a relay: it starts one, and asks at the end whether all is handed on.

use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command};

use crate::marking::{Expression, MarkOn};
use crate::os::{self, Interest, Signals};
use crate::phases::VARIABLE;
use crate::relay;

/// A stream that a relay reads along.
#[derive(Debug)]
pub(super) struct Relayed {
    stream: &'static str,
    process: Child,
    control: UnixStream,
    answer: Option<Answer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    /// So many marks could not be told.
    HandedOn(u64),
    /// There is no relay any more. It was ended by somebody.
    Gone,
}

impl Relayed {
    /// Starts a relay from one end to another. It is in a process group of its own: what is sent to the program's is not
    /// for it.
    pub(super) fn start(
        stream: &'static str,
        kind: &'static str,
        [source, destination]: [OwnedFd; 2],
        mark_on: &MarkOn,
        channel: &Path,
    ) -> io::Result<Self> {
        let (control, theirs) = UnixStream::pair()?;
        let mut command = Command::new(&mark_on.program);
        command.arg0(relay::NAME).args([stream, kind]);
        command.args(mark_on.expressions.iter().map(Expression::text));
        command.env(VARIABLE, channel).process_group(0);
        command.stdin(source).stdout(destination).stderr(OwnedFd::from(theirs));
        let process = command.spawn()?;
        Ok(Self { stream, process, control, answer: None })
    }

    pub(super) fn number(&self) -> u32 {
        self.process.id()
    }

    pub(super) fn ask(&mut self) {
        if self.control.write_all(&[relay::ASK]).is_err() {
            self.answer = Some(Answer::Gone);
        }
    }

    pub(super) fn is_answered(&self) -> bool {
        self.answer.is_some()
    }

    pub(super) fn n_untold(&self) -> u64 {
        if let Some(Answer::HandedOn(n)) = self.answer { n } else { 0 }
    }

    pub(super) fn loss(&self) -> Option<String> {
        let text = match self.answer? {
            Answer::HandedOn(_) => return None,
            Answer::Gone => "what handed it on was ended by somebody, and what came then is lost",
        };
        Some(format!("{}: {text}", self.stream))
    }

    fn as_fd(&self) -> BorrowedFd<'_> {
        self.control.as_fd()
    }

    fn listen(&mut self) {
        let mut n_untold = [0; 8];
        let answer = self.control.read_exact(&mut n_untold);
        self.answer = Some(answer.map_or(Answer::Gone, |()| Answer::HandedOn(u64::from_le_bytes(n_untold))));
    }
}

/// Waits a moment for the answers of one or two relays, or a signal.
pub(super) fn wait_for(
    first: &mut Relayed,
    mut second: Option<&mut Relayed>,
    signals: Option<&Signals>,
    patience_ms: i32,
) -> io::Result<()> {
    let fds = [
        (Some(first.as_fd()), Interest::Reading),
        (second.as_ref().map(|it| it.as_fd()), Interest::Reading),
        (signals.map(Signals::as_fd), Interest::Reading),
    ];
    let [one, other, _] = os::wait_for(fds, Some(patience_ms))?;
    if one.is_ready {
        first.listen();
    }
    if let Some(second) = second.as_mut().filter(|_| other.is_ready) {
        second.listen();
    }
    Ok(())
}
