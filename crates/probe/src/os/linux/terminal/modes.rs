//! The modes and the size of a terminal (termios(3), ioctl_tty(2)).

#![expect(unsafe_code, reason = "system calls that std does not offer")]

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd};

use super::super::{check, retry_on_eintr};

/// The modes of a terminal (termios(3)).
#[derive(Clone, Copy, Debug)]
pub(super) struct Modes(libc::termios);

impl PartialEq for Modes {
    fn eq(&self, other: &Self) -> bool {
        self.told() == other.told()
    }
}

impl Modes {
    pub(super) fn of(terminal: BorrowedFd<'_>) -> io::Result<Self> {
        let mut modes = MaybeUninit::<libc::termios>::zeroed();
        // SAFETY: the pointer lives through the call, and zeroed modes are valid ones.
        check(unsafe { libc::tcgetattr(terminal.as_raw_fd(), modes.as_mut_ptr()) })?;
        // SAFETY: initialised above.
        Ok(Self(unsafe { modes.assume_init() }))
    }

    pub(super) fn set(&self, terminal: BorrowedFd<'_>) -> io::Result<()> {
        // SAFETY: the modes live through the call.
        retry_on_eintr(|| unsafe {
            libc::tcsetattr(terminal.as_raw_fd(), libc::TCSANOW, &raw const self.0)
        })?;
        Ok(())
    }

    /// What is the same on both. How a line carries bits is a matter of the line.
    fn told(&self) -> ([libc::tcflag_t; 3], &[libc::cc_t]) {
        ([self.0.c_iflag, self.0.c_oflag, self.0.c_lflag], &self.0.c_cc)
    }

    /// Whoever changes them is heard of.
    pub(super) fn with_told_changes(mut self) -> Self {
        self.0.c_lflag |= libc::EXTPROC;
        self
    }

    /// What is printed is shown as it is.
    pub(super) fn with_nothing_made(mut self) -> Self {
        self.0.c_oflag &= !libc::OPOST;
        self
    }

    /// These, with all that is the same on both taken from others.
    pub(super) fn changed_to(mut self, other: &Self) -> Self {
        let own = self.0.c_lflag & libc::EXTPROC;
        (self.0.c_iflag, self.0.c_oflag, self.0.c_cc) = (other.0.c_iflag, other.0.c_oflag, other.0.c_cc);
        self.0.c_lflag = other.0.c_lflag & !libc::EXTPROC | own;
        self
    }

    pub(super) fn is_canonical(&self) -> bool {
        self.0.c_lflag & libc::ICANON != 0
    }

    pub(super) fn adds_returns(&self) -> bool {
        self.0.c_oflag & libc::OPOST != 0 && self.0.c_oflag & libc::ONLCR != 0
    }
}

/// Rows, columns, and both in pixels.
pub(super) type Size = [u16; 4];

pub(super) fn size(terminal: BorrowedFd<'_>) -> io::Result<Size> {
    let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the pointer lives through the call.
    check(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCGWINSZ, &raw mut size) })?;
    Ok([size.ws_row, size.ws_col, size.ws_xpixel, size.ws_ypixel])
}

pub(super) fn set_size(terminal: BorrowedFd<'_>, size: Size) -> io::Result<()> {
    let [ws_row, ws_col, ws_xpixel, ws_ypixel] = size;
    let size = libc::winsize { ws_row, ws_col, ws_xpixel, ws_ypixel };
    // SAFETY: the pointer lives through the call.
    check(unsafe { libc::ioctl(terminal.as_raw_fd(), libc::TIOCSWINSZ, &raw const size) })
}
