//! Reading a file piece by piece. Of a large one, the next pieces are read on another processor meanwhile, for the system
//! has to copy them, and are scanned there as well as long as others wait to be taken.

use std::fs::File;
use std::io::{self, Read};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use mprof_recording::dat::Scan;

/// How much is read at once: little enough to stay in the processor's cache.
const PIECE_LEN: usize = 256 << 10;

/// So many pieces are read before it is worth a thread.
const N_ALONE: usize = 2;

/// So many pieces go round between the two.
const N_PIECES: usize = 4;

/// A piece of a file.
pub(super) enum Piece<'a> {
    Plain(&'a [u8]),
    Scanned(&'a [u8], &'a Scan),
}

/// What takes a piece.
pub(super) type Take<'a> = &'a mut dyn FnMut(Piece<'_>) -> anyhow::Result<()>;

/// Room for a piece, which goes round between the two.
struct Room {
    bytes: Vec<u8>,
    scan: Scan,
    is_scanned: bool,
}

/// A piece, and how much of it is filled.
type Filled = (Room, io::Result<usize>);

impl Room {
    fn new() -> Self {
        Self { bytes: vec![0; PIECE_LEN], scan: Scan::default(), is_scanned: false }
    }

    fn piece(&self, n_bytes: usize) -> Piece<'_> {
        let bytes = &self.bytes[..n_bytes];
        if self.is_scanned { Piece::Scanned(bytes, &self.scan) } else { Piece::Plain(bytes) }
    }
}

/// Gives what a reader has, piece by piece, to its end. What may wait for others, as a pipe does, is read so.
///
/// # Errors
/// Inside, those of who takes the pieces; outside, those of the reader.
pub(super) fn each_piece(from: &mut (impl Read + ?Sized), take: Take<'_>) -> io::Result<anyhow::Result<()>> {
    let mut piece = vec![0; PIECE_LEN];
    while let n_bytes @ 1.. = read(from, &mut piece)? {
        if let Err(error) = take(Piece::Plain(&piece[..n_bytes])) {
            return Ok(Err(error));
        }
    }
    Ok(Ok(()))
}

/// A plain file as far as it goes now, and to the end of a line. A recorder that goes on with it puts other lines in the
/// place of its last one: who read on behind that would begin in the middle of one of them.
#[derive(Clone, Copy)]
struct Now<'a> {
    file: &'a File,
    n_left: u64,
    ends_line: bool,
}

impl<'a> Now<'a> {
    fn of(file: &'a File) -> io::Result<Self> {
        Ok(Self { file, n_left: file.metadata()?.len(), ends_line: true })
    }
}

impl Read for Now<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        if self.n_left == 0 && self.ends_line {
            return Ok(0);
        }
        let is_behind = self.n_left == 0;
        let n_left = if is_behind { usize::MAX } else { usize::try_from(self.n_left).unwrap_or(usize::MAX) };
        let n_wanted = n_left.min(room.len());
        let room = &mut room[..n_wanted];
        let n_read = self.file.read(room)?;
        let line_end = room[..n_read].iter().position(|&byte| byte == b'\n').filter(|_| is_behind);
        let n_taken = line_end.map_or(n_read, |at| at + 1);
        self.n_left = if n_read == 0 { 0 } else { self.n_left.saturating_sub(n_taken as u64) };
        self.ends_line = room[..n_taken].last().is_none_or(|&byte| byte == b'\n');
        Ok(n_taken)
    }
}

/// The same of a plain file, for which nobody waits, as far as it goes now.
pub(super) fn each_piece_of_file(file: &File, take: Take<'_>) -> io::Result<anyhow::Result<()>> {
    let mut from = Now::of(file)?;
    let mut first = (&mut from).take((N_ALONE * PIECE_LEN) as u64);
    let taken = each_piece(&mut first, take)?;
    let is_over = first.limit() > 0;
    if taken.is_err() || is_over {
        return Ok(taken);
    }
    let n_waiting = &AtomicUsize::new(0);
    thread::scope(|scope| {
        let ((to_fill, empty), (hand_on, filled)) = (channel(), channel());
        let work = move || read_ahead(from, &empty, &hand_on, n_waiting);
        match thread::Builder::new().name("ahead".to_owned()).stack_size(64 << 10).spawn_scoped(scope, work) {
            Ok(_) => take_filled(&to_fill, &filled, n_waiting, take),
            Err(_) => each_piece(&mut from, take),
        }
    })
}

/// Fills pieces until there is no more, or nobody wants them any more. While others wait there is time to scan one.
fn read_ahead(mut from: Now<'_>, empty: &Receiver<Room>, hand_on: &Sender<Filled>, n_waiting: &AtomicUsize) {
    for mut room in empty {
        let filled = read(&mut from, &mut room.bytes);
        let n_bytes = filled.as_ref().map_or(0, |&n_bytes| n_bytes);
        room.is_scanned = n_waiting.load(Relaxed) > 0;
        if room.is_scanned {
            room.scan.take(&room.bytes[..n_bytes]);
        }
        n_waiting.fetch_add(1, Relaxed);
        if hand_on.send((room, filled)).is_err() || n_bytes == 0 {
            return;
        }
    }
}

fn take_filled(
    to_fill: &Sender<Room>,
    filled: &Receiver<Filled>,
    n_waiting: &AtomicUsize,
    take: Take<'_>,
) -> io::Result<anyhow::Result<()>> {
    // Whoever fills them is gone only when it has handed on the last.
    let give_back = |room| drop(to_fill.send(room));
    (0..N_PIECES).for_each(|_| give_back(Room::new()));
    for (room, n_bytes) in filled {
        n_waiting.fetch_sub(1, Relaxed);
        if let Err(error) = take(room.piece(n_bytes?)) {
            return Ok(Err(error));
        }
        give_back(room);
    }
    Ok(Ok(()))
}

/// Fills a piece as far as one call does; zero at the end.
fn read(from: &mut (impl Read + ?Sized), piece: &mut [u8]) -> io::Result<usize> {
    loop {
        match from.read(piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            outcome => return outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Seek, Write};
    use std::os::unix::fs::FileExt;

    /// What is read of a file that becomes another one when so much of it is read.
    fn read_of(before: &[u8], n_before: usize, then: &[u8]) -> String {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(before).unwrap();
        file.rewind().unwrap();
        let mut from = Now::of(&file).unwrap();
        let mut bytes = vec![0; n_before];
        from.read_exact(&mut bytes).unwrap();
        file.write_all_at(then, 0).unwrap();
        from.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn lines_that_came_meanwhile_are_read_whole_or_not_at_all() {
        let (before, then) = (b"MEM 1\nSAME 2\n", b"MEM 1\nMEM 2 and more\nMEM 3\n");
        assert_eq!(read_of(before, 0, then), "MEM 1\nMEM 2 and more\n");
        assert_eq!(read_of(before, 6, then), "MEM 1\nMEM 2 and more\n");
        assert_eq!(read_of(before, before.len(), then), "MEM 1\nSAME 2\n");
        assert_eq!(read_of(b"MEM 1\nMEM", 6, b"MEM 1\nMEM"), "MEM 1\nMEM");
    }

    /// What comes of a file of so many bytes when who takes them gives up behind some.
    fn taken(n_bytes: usize, give_up_behind: usize) -> (Vec<u8>, Vec<u8>, bool) {
        let bytes: Vec<u8> = (0..n_bytes).map(|idx| (idx * 7919 / 256) as u8).collect();
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file.rewind().unwrap();
        let mut taken = Vec::new();
        let outcome = each_piece_of_file(&file, &mut |piece| {
            let (Piece::Plain(bytes) | Piece::Scanned(bytes, _)) = piece;
            taken.extend_from_slice(bytes);
            anyhow::ensure!(taken.len() <= give_up_behind, "enough");
            Ok(())
        });
        (bytes, taken, outcome.unwrap().is_err())
    }

    #[test]
    fn every_byte_comes_once_and_in_order() {
        for n_bytes in
            [0, 1, PIECE_LEN, 2 * PIECE_LEN - 1, 2 * PIECE_LEN, 2 * PIECE_LEN + 1, 9 * PIECE_LEN + 5]
        {
            let (bytes, taken, is_err) = taken(n_bytes, usize::MAX);
            assert!(bytes == taken && !is_err, "{n_bytes}");
        }
    }

    #[test]
    fn who_gives_up_gets_no_more() {
        for n_pieces in [0, 1, 2, 5] {
            let (bytes, taken, is_err) = taken(19 * PIECE_LEN, n_pieces * PIECE_LEN);
            assert!(is_err && taken.len() == (n_pieces + 1) * PIECE_LEN && bytes.starts_with(&taken));
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        let folder = File::open(".").unwrap();
        assert!(each_piece_of_file(&folder, &mut |_| Ok(())).is_err());
    }
}
