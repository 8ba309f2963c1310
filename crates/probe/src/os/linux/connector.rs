//! New processes as the kernel's process connector tells of them (linux/cn_proc.h).
//!
//! A socket on which a message comes for every fork in the system, before the new process runs. Since Linux 6.6 it needs
//! no privilege, but the system's own namespaces of users, processes and networks. It opens at once, and a program is
//! slowed by the one message.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::proc_event::{self, CONNECTOR, Question, Told};
use crate::records::Fork;

/// As much room for messages as is asked for. A system grants less where `net.core.rmem_max` says so: by its default,
/// what some five hundred forks take.
const ROOM_BYTES: libc::c_int = 2 << 20;

/// More than any message of the connector has.
const MESSAGE_SIZE: usize = 128;

/// Tells of new processes of the whole system.
#[derive(Debug)]
pub(crate) struct Connector {
    socket: Socket,
}

/// A socket of the connector's.
#[derive(Debug)]
struct Socket(OwnedFd);

/// A message as it came.
struct Message {
    bytes: [u8; MESSAGE_SIZE],
    len: usize,
}

impl Connector {
    /// Begins to listen.
    ///
    /// # Errors
    /// Those of socket(2), bind(2) and send(2), and where nobody answers: before Linux 6.6 without privilege, and in a
    /// namespace of its own.
    pub(crate) fn open() -> io::Result<Self> {
        let kind = libc::SOCK_DGRAM | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        // SAFETY: socket takes integers and gives a new descriptor or -1.
        let fd = unsafe { libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_CONNECTOR) };
        super::check(fd)?;
        // SAFETY: the descriptor is new.
        let socket = Socket(unsafe { OwnedFd::from_raw_fd(fd) });
        socket.make_room();
        socket.bind()?;
        socket.ask(Question::TellAll)?;
        socket.answer()?;
        // Only who was counted among the listeners may take leave.
        let connector = Self { socket };
        connector.socket.ask(Question::TellForks)?;
        Ok(connector)
    }

    /// Appends the forks since the last call, and gives how often there was no room for more: each time, one was lost
    /// at least.
    pub(crate) fn drain(&mut self, forks: &mut Vec<Fork>) -> u64 {
        let mut n_lost = 0;
        loop {
            match self.socket.next() {
                Ok(message) => {
                    if let Told::Fork(fork) = proc_event::read(message.text()) {
                        forks.push(fork);
                    }
                }
                Err(error) if error.raw_os_error() == Some(libc::ENOBUFS) => n_lost += 1,
                Err(_) => return n_lost,
            }
        }
    }
}

impl Socket {
    /// More room than the default, if there is. It does without.
    fn make_room(&self) {
        let size = size_of::<libc::c_int>() as libc::socklen_t;
        let room_bytes = ROOM_BYTES;
        let room = &raw const room_bytes;
        // SAFETY: the option is an int, which lives through the call.
        unsafe { libc::setsockopt(self.fd(), libc::SOL_SOCKET, libc::SO_RCVBUF, room.cast(), size) };
    }

    fn bind(&self) -> io::Result<()> {
        // SAFETY: all of it are integers, for which zero is a value.
        let mut address: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
        address.nl_family = libc::AF_NETLINK as libc::sa_family_t;
        address.nl_groups = 1 << (CONNECTOR - 1);
        let size = size_of_val(&address) as libc::socklen_t;
        // SAFETY: the address lives through the call and is as long as is said.
        super::check(unsafe { libc::bind(self.fd(), (&raw const address).cast(), size) })?;
        Ok(())
    }

    fn ask(&self, question: Question) -> io::Result<()> {
        let message = question.message(std::process::id());
        // SAFETY: the message lives through the call and is as long as is said.
        let n_sent = unsafe { libc::send(self.fd(), message.as_ptr().cast(), message.len(), 0) };
        if n_sent < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
    }

    /// Whether the question was granted. The answer is there when it is asked, or none will come. Everyone hears the
    /// answers to everyone.
    fn answer(&self) -> io::Result<()> {
        loop {
            let message = self.next().map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock => io::Error::other("nobody answers"),
                _ => error,
            });
            if let Told::Answer { to, code } = proc_event::read(message?.text())
                && to == std::process::id()
            {
                return if code == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(code as i32)) };
            }
        }
    }

    /// The next message of the kernel's.
    fn next(&self) -> io::Result<Message> {
        let mut bytes = [0_u8; MESSAGE_SIZE];
        loop {
            // SAFETY: all of it are integers, for which zero is a value.
            let mut sender: libc::sockaddr_nl = unsafe { std::mem::zeroed() };
            let mut size = size_of_val(&sender) as libc::socklen_t;
            let (room, address) = (bytes.as_mut_ptr().cast(), (&raw mut sender).cast());
            // SAFETY: bytes and address live through the call and are as long as is said.
            let len = unsafe { libc::recvfrom(self.fd(), room, MESSAGE_SIZE, 0, address, &raw mut size) };
            if len < 0 {
                return Err(io::Error::last_os_error());
            }
            // Others may write to a socket too, and are not believed.
            if sender.nl_pid == 0 {
                return Ok(Message { bytes, len: len as usize });
            }
        }
    }

    fn fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl Message {
    fn text(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}

impl Drop for Connector {
    /// The kernel counts who listens, and prepares messages as long as it counts anybody. It does not see who is killed.
    fn drop(&mut self) {
        let _ = self.socket.ask(Question::TellNothing);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;
    use std::process::Command;

    /// It takes Linux 6.6 or root, and the system's own namespaces.
    fn open() -> Option<Connector> {
        let told = |error: &io::Error| writeln!(io::stderr(), "SKIPPED: {error}");
        Connector::open().inspect_err(|error| drop(told(error))).ok()
    }

    fn run(script: &str) -> u32 {
        let mut child = Command::new("sh").args(["-c", script]).spawn().unwrap();
        child.wait().unwrap();
        child.id()
    }

    #[test]
    fn every_fork_is_told_with_its_parent() {
        let Some(mut connector) = open() else { return };
        let shell = run("(((:); :); (:); :) & wait");
        let mut forks = Vec::new();
        assert_eq!(connector.drain(&mut forks), 0);
        let children = |parent: u32| forks.iter().filter(move |fork| fork.parent == parent);
        let own = children(std::process::id()).filter(|fork| fork.number == shell).count();
        let below: Vec<_> = children(shell).flat_map(|child| children(child.number)).collect();
        let deepest = below.iter().flat_map(|child| children(child.number)).count();
        assert_eq!((own, children(shell).count(), below.len(), deepest), (1, 1, 2, 1), "{forks:?}");
    }

    #[test]
    fn what_there_was_no_room_for_is_told() {
        let Some(mut connector) = open() else { return };
        let (least_bytes, size): (libc::c_int, _) = (0, size_of::<libc::c_int>() as libc::socklen_t);
        let room = &raw const least_bytes;
        // SAFETY: the option is an int, which lives through the call.
        unsafe {
            libc::setsockopt(connector.socket.fd(), libc::SOL_SOCKET, libc::SO_RCVBUF, room.cast(), size)
        };
        run("for i in 1 2 3 4 5 6 7 8 9; do (:); done");
        let mut forks = Vec::new();
        assert!(connector.drain(&mut forks) > 0, "{forks:?}");
    }
}
