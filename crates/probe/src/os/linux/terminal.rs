//! A terminal in the place of another (pty(7)): what is printed on it can be read, and then goes to the other.
//!
//! Modes and size are kept the same on both, whoever changes them. A program that changes the modes of the one in whose
//! place it stands is heard at once: with EXTPROC set, a terminal in packet mode tells of it (ioctl_tty(2), TIOCPKT).
//! Its output is processed once: what the one has made of it is undone before the other does the same. So a program
//! finds the very modes that it would have found, but for EXTPROC, which changes nothing about output.

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use memchr::memmem;

use super::super::Keys;
use super::check;
use modes::{Modes, Size, set_size, size};

#[path = "terminal/modes.rs"]
mod modes;

/// How often modes and size are looked at that nobody tells of.
const LOOK_EVERY_MS: i32 = 100;
/// How a packet begins in which something was printed (`TIOCPKT_DATA`). Others tell of a change.
const DATA: u8 = 0;
/// What is read at once.
const PACKET: usize = 1 << 14;
/// How a terminal is opened that is to be nobody's controlling one.
const OPEN: libc::c_int = libc::O_RDWR | libc::O_NOCTTY | libc::O_CLOEXEC;
/// `FSOPEN_CLOEXEC` and `FSMOUNT_CLOEXEC`.
const CLOSE_ON_EXEC: libc::c_int = 1;

/// A terminal like another one: the side that is read, and the side that a program is given.
///
/// Nobody types on it, so that a program should not open it to read keys, as less(1) does with the name of the terminal
/// behind stderr, before it tries `/dev/tty`. Hence it has no name where we may arrange that, and else is to be opened
/// for writing only.
pub(crate) fn open_terminal(like: BorrowedFd<'_>) -> io::Result<(OwnedFd, OwnedFd)> {
    let nameless = private_multiplexer().and_then(unlocked);
    let has_name = nameless.is_err();
    let (reader, given) = match nameless {
        Ok(sides) => sides,
        Err(_) => unlocked(common_multiplexer()?)?,
    };
    let packets: libc::c_int = 1;
    // SAFETY: the pointer lives through the call, and the other takes integers.
    unsafe {
        check(libc::ioctl(reader.as_raw_fd(), libc::TIOCPKT, &raw const packets))?;
        if has_name {
            check(libc::fchmod(given.as_raw_fd(), libc::S_IWUSR))?;
        }
    }
    Modes::of(like)?.with_told_changes().set(given.as_fd())?;
    set_size(given.as_fd(), size(like)?)?;
    Ok((reader, given))
}

/// Where terminals of the system come from (ptmx(4)).
fn common_multiplexer() -> io::Result<OwnedFd> {
    // SAFETY: the call takes an integer and gives a new descriptor or -1.
    owned(unsafe { libc::posix_openpt(OPEN) })
}

/// Where terminals come from that stand in no folder: a file system of our own that is mounted nowhere (fsopen(2)). It
/// needs a privilege.
fn private_multiplexer() -> io::Result<OwnedFd> {
    const CREATE: libc::c_int = 6;
    let none = std::ptr::null::<libc::c_char>();
    // SAFETY: the strings end with a zero and live through the calls, each of which gives a new descriptor or -1.
    unsafe {
        let made = owned(libc::syscall(libc::SYS_fsopen, c"devpts".as_ptr(), CLOSE_ON_EXEC) as RawFd)?;
        check(libc::syscall(libc::SYS_fsconfig, made.as_raw_fd(), CREATE, none, none, 0) as i32)?;
        let mount = owned(libc::syscall(libc::SYS_fsmount, made.as_raw_fd(), CLOSE_ON_EXEC, 0) as RawFd)?;
        owned(libc::openat(mount.as_raw_fd(), c"ptmx".as_ptr(), OPEN))
    }
}

/// Both sides of a terminal that was just made (ioctl_tty(2), TIOCGPTPEER).
fn unlocked(reader: OwnedFd) -> io::Result<(OwnedFd, OwnedFd)> {
    let is_locked: libc::c_int = 0;
    // SAFETY: the pointer lives through the call, and the other gives a new descriptor or -1.
    unsafe {
        check(libc::ioctl(reader.as_raw_fd(), libc::TIOCSPTLCK, &raw const is_locked))?;
        let given = owned(libc::ioctl(reader.as_raw_fd(), libc::TIOCGPTPEER, OPEN))?;
        Ok((reader, given))
    }
}

/// The side that is read, with the terminal in whose place it stands.
#[derive(Debug)]
pub(crate) struct Mirror {
    reader: File,
    shown: OwnedFd,
    /// What the modes were when they were last made the same: here and there.
    last: [Modes; 2],
    size: [Size; 2],
    /// Whether what is printed has a return before the end of a line that the program did not print.
    adds_returns: bool,
    /// A return that was the last that was printed, as far as it was read. What comes next says whose it was.
    has_return: bool,
    /// Whether what was read last was printed while nothing was made of it, although that is over.
    is_verbatim: bool,
    keys: Keys,
    passes_keys: bool,
    /// Keys that there was no room for. Until there is, all others stay where they were typed.
    untaken: Vec<u8>,
    /// The process group of the recorder, and the session.
    group: libc::pid_t,
    session: libc::pid_t,
    packet: Vec<u8>,
}

impl Mirror {
    pub(crate) fn new(reader: OwnedFd, shown: BorrowedFd<'_>, keys: Keys) -> io::Result<Self> {
        let shown = shown.try_clone_to_owned()?;
        // SAFETY: the call takes integers. Nobody else has this side, so that nobody else is surprised.
        check(unsafe { libc::fcntl(reader.as_raw_fd(), libc::F_SETFL, libc::O_RDWR | libc::O_NONBLOCK) })?;
        // The program may have begun already: both were the same before.
        let modes = Modes::of(shown.as_fd())?;
        let (last, size) = ([modes.with_told_changes(), modes], [size(shown.as_fd())?; 2]);
        // SAFETY: these calls take integers.
        let (group, session) = unsafe { (libc::getpgid(libc::getppid()), libc::getsid(0)) };
        let (adds_returns, packet) = (last[0].adds_returns(), vec![0; PACKET]);
        Ok(Self {
            reader: reader.into(),
            shown,
            last,
            size,
            adds_returns,
            has_return: false,
            is_verbatim: false,
            keys,
            passes_keys: false,
            untaken: Vec::new(),
            group,
            session,
            packet,
        })
    }

    /// How long to wait before `follow` is to be called.
    pub(crate) fn patience_ms(&self) -> i32 {
        if self.has_return { 0 } else { LOOK_EVERY_MS }
    }

    /// Nothing comes next for now: what was held back for it.
    pub(crate) fn rest(&mut self) -> &'static [u8] {
        self.follow();
        if std::mem::take(&mut self.has_return) { b"\r" } else { b"" }
    }

    /// Reads what was printed into `piece`, as the program printed it. Nothing may come of it although more will: a change
    /// of modes was told.
    pub(crate) fn read(&mut self, piece: &mut Vec<u8>) -> io::Result<()> {
        piece.clear();
        let n = self.reader.read(&mut self.packet)?;
        match self.packet[..n].split_first() {
            Some((&kind, data)) if kind == DATA => {
                let had_return = std::mem::take(&mut self.has_return);
                self.is_verbatim = false;
                if had_return && !(self.adds_returns && data.starts_with(b"\n")) {
                    piece.push(b'\r');
                }
                if self.adds_returns {
                    let whole = data.strip_suffix(b"\r");
                    self.has_return = whole.is_some();
                    self.is_verbatim = !undo_returns(whole.unwrap_or(data), had_return, piece);
                } else {
                    piece.extend_from_slice(data);
                }
            }
            Some(_) => self.follow(),
            None => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        Ok(())
    }

    /// Shows what was read, by what writes to the other terminal.
    pub(crate) fn show(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        let modes = self.is_verbatim.then(|| Modes::of(self.shown.as_fd())).transpose()?;
        if let Some(modes) = &modes {
            modes.with_nothing_made().set(self.shown.as_fd())?;
        }
        let outcome = write();
        if let Some(modes) = modes {
            modes.set(self.shown.as_fd())?;
        }
        outcome
    }

    /// Makes both the same again, if one was changed. What fails is tried at the next change: a terminal that has gone
    /// is noticed by who writes to it.
    pub(crate) fn follow(&mut self) {
        if !self.untaken.is_empty() {
            self.hand_keys_over();
        }
        if self.is_another_in_front() {
            self.adds_returns =
                Modes::of(self.reader.as_fd()).map_or(self.adds_returns, |it| it.adds_returns());
            return;
        }
        let _ = self.follow_modes();
        let _ = self.follow_size();
    }

    /// Whether the terminal belongs to the shell that we were put into the background by. What it does with the modes
    /// is then its own, and what a program does must wait.
    fn is_another_in_front(&self) -> bool {
        // SAFETY: the call takes a descriptor, and gives -1 where the terminal is not that of our session.
        let front = unsafe { libc::tcgetpgrp(self.shown.as_raw_fd()) };
        front == self.session && front != self.group
    }

    fn follow_modes(&mut self) -> io::Result<()> {
        let (here, there) = (Modes::of(self.reader.as_fd())?, Modes::of(self.shown.as_fd())?);
        if here != self.last[0] {
            there.changed_to(&here).set(self.shown.as_fd())?;
            if here.is_canonical() { self.leave_keys() } else { self.take_keys() }
        } else if there != self.last[1] {
            self.leave_keys();
            here.changed_to(&there).set(self.reader.as_fd())?;
        } else {
            return Ok(());
        }
        let here = Modes::of(self.reader.as_fd())?.with_told_changes();
        here.set(self.reader.as_fd())?;
        self.last = [Modes::of(self.reader.as_fd())?, Modes::of(self.shown.as_fd())?];
        self.adds_returns = self.last[0].adds_returns();
        Ok(())
    }

    /// Who changes the modes here to read key by key will read them here. To read keys for it, we must be in front.
    fn take_keys(&mut self) {
        if self.keys == Keys::OfOutput {
            self.passes_keys = true;
            join_group(self.group);
        }
    }

    fn leave_keys(&mut self) {
        if self.passes_keys {
            self.passes_keys = false;
            join_group(0);
        }
    }

    /// The terminal whose keys are to be passed on.
    pub(crate) fn keyboard(&self) -> Option<BorrowedFd<'_>> {
        (self.passes_keys && self.untaken.is_empty()).then(|| self.shown.as_fd())
    }

    /// Passes on the keys that were typed.
    pub(crate) fn pass_keys(&mut self) {
        let mut keys = [0; 256];
        let shown = self.shown.as_raw_fd();
        // SAFETY: the buffer lives through the call and is as long as it says. Signals interrupt nothing here.
        let n = unsafe { libc::read(shown, keys.as_mut_ptr().cast(), keys.len()) };
        match usize::try_from(n).unwrap_or(0) {
            0 => self.leave_keys(),
            n => {
                self.untaken.extend_from_slice(&keys[..n]);
                self.hand_keys_over();
            }
        }
    }

    /// As far as there is room: a program that does not read its keys must not stop its own output.
    fn hand_keys_over(&mut self) {
        match self.reader.write(&self.untaken) {
            Ok(n) => drop(self.untaken.drain(..n)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => {
                self.untaken.clear();
                self.leave_keys();
            }
        }
    }

    fn follow_size(&mut self) -> io::Result<()> {
        let now = [size(self.reader.as_fd())?, size(self.shown.as_fd())?];
        if now[0] != self.size[0] {
            set_size(self.shown.as_fd(), now[0])?;
            self.size = [now[0]; 2];
        } else if now[1] != self.size[1] {
            set_size(self.reader.as_fd(), now[1])?;
            self.size = [now[1]; 2];
            self.tell_of_size();
        }
        Ok(())
    }

    /// Who is in front was told by the system already, and may have looked before the size was the new one here.
    fn tell_of_size(&self) {
        // SAFETY: these calls take integers.
        unsafe {
            let front = libc::tcgetpgrp(self.shown.as_raw_fd());
            if front > 1 {
                libc::kill(-front, libc::SIGWINCH);
            }
        }
    }
}

impl AsFd for Mirror {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.reader.as_fd()
    }
}

/// Joins a process group; 0 is one of our own. Where it fails, no key can be read.
fn join_group(group: libc::pid_t) {
    // SAFETY: the call takes integers.
    unsafe { libc::setpgid(0, group) };
}

/// A terminal has made `\r\n` of every `\n`. The next one does the same. Where it has not, for it did not when that was
/// printed, it is to be shown as it is, and the answer is no.
fn undo_returns(data: &[u8], had_return: bool, piece: &mut Vec<u8>) -> bool {
    let is_made = |idx| if idx == 0 { had_return } else { data[idx - 1] == b'\r' };
    if !memchr::memchr_iter(b'\n', data).all(is_made) {
        piece.extend_from_slice(data);
        return false;
    }
    let mut from = 0;
    for idx in memmem::find_iter(data, b"\r\n") {
        piece.extend_from_slice(&data[from..idx]);
        from = idx + 1;
    }
    piece.extend_from_slice(&data[from..]);
    true
}

fn owned(fd: RawFd) -> io::Result<OwnedFd> {
    check(fd)?;
    // SAFETY: the descriptor is new, so nothing else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_has_made_of_lines_is_undone_and_what_it_has_not_is_told() {
        let cases: [(&str, bool, &str, bool); 5] = [
            ("a\r\nb", false, "a\nb", true),
            ("a\r\r\n\r\n", false, "a\r\n\n", true),
            ("\nb\r\n", true, "\nb\n", true),
            ("a\nb\r\n", false, "a\nb\r\n", false),
            ("\n", false, "\n", false),
        ];
        for (data, had_return, expected, is_undone) in cases {
            let mut piece = Vec::new();
            let undone = undo_returns(data.as_bytes(), had_return, &mut piece);
            assert_eq!((piece.as_slice(), undone), (expected.as_bytes(), is_undone), "{data:?}");
        }
    }
}
