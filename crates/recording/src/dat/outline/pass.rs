//! One more way through a file, for the readings of some processes: those of the first are handed on as they come,
//! those of the others are held until it is their turn.
//!
//! What is no reading of theirs is passed over without being understood.

use std::collections::HashMap;
use std::io::{self, Read};
use std::ops::Range;

use super::Outline;
use crate::dat::fast;
use crate::dat::line::{self, Line, MAX_LINE_LEN, Reading};
use crate::event::Pid;
use crate::export::EachReading;
use crate::metric::{Bytes, Metric};
use crate::recording::Recording;
use crate::samples::{Samples, Told, Untold};

/// How much of a file is read at once: little enough to stay in the processor's cache.
const PIECE_LEN: usize = 256 << 10;

/// So many processes of neighbouring numbers are found without a search.
const N_RECENT: usize = 64;

/// Whose a reading is: no number is the root's.
type Whose = Option<Pid>;

pub(super) struct Pass<'a> {
    outline: &'a Outline,
    recording: &'a Recording,
    processes: Range<usize>,
    /// Where the wanted processes are.
    places: HashMap<Whose, usize>,
    /// What was found of processes of late, by the last digits of their numbers.
    recent: [Option<(Whose, Option<usize>)>; N_RECENT],
    /// The latest reading of the first process.
    latest: Option<(u64, Bytes)>,
    latest_second: fast::Second,
    n_handed_on: u64,
    held: Vec<Samples>,
}

impl<'a> Pass<'a> {
    pub(super) fn new(outline: &'a Outline, recording: &'a Recording, processes: Range<usize>) -> Self {
        let number = |place: usize| recording.processes[place].pid.filter(|_| place > 0);
        Self {
            places: processes.clone().map(|place| (number(place), place)).collect(),
            held: vec![Samples::default(); processes.len() - 1],
            recent: [None; N_RECENT],
            latest: None,
            latest_second: fast::Second::default(),
            n_handed_on: 0,
            outline,
            recording,
            processes,
        }
    }

    /// Goes through the file, and hands on every reading of these processes.
    pub(super) fn run(mut self, file: &mut (impl Read + ?Sized), each: EachReading<'_>) -> io::Result<()> {
        let mut file = file.take(self.outline.n_bytes);
        let (mut text, mut n_kept) = (vec![0; PIECE_LEN], 0);
        loop {
            let n_read = match file.read(&mut text[n_kept..]) {
                Ok(0) => break,
                Ok(n_read) => n_read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let end = n_kept + n_read;
            let n_left = self.lines(&text[..end], each)?;
            text.copy_within(end - n_left..end, 0);
            n_kept = n_left;
            if n_kept > MAX_LINE_LEN {
                return Err(replaced());
            }
            if n_kept == text.len() {
                text.resize(2 * n_kept, 0);
            }
        }
        self.finish_first(each)?;
        self.hand_on_held(each)
    }

    /// Understands the whole lines of a text. How much is left of it.
    fn lines(&mut self, mut rest: &[u8], each: EachReading<'_>) -> io::Result<usize> {
        let mut reading = Reading::default();
        while !rest.is_empty() {
            let place = fast::whose(rest).map(|whose| self.place(whose));
            if let Some(Some(place)) = place
                && let Some((_, len)) = fast::reading(rest, &mut self.latest_second, &mut reading)
            {
                self.reading(place, &reading, &mut *each)?;
                rest = &rest[len..];
                continue;
            }
            let Some(end) = memchr::memchr(b'\n', rest) else { break };
            // Whose is known and not wanted need not be understood.
            if place != Some(None) {
                self.line(&rest[..end], &mut *each)?;
            }
            rest = &rest[end + 1..];
        }
        Ok(rest.len())
    }

    /// A line that is not as recorders write readings, and may be one nevertheless.
    fn line(&mut self, text: &[u8], each: EachReading<'_>) -> io::Result<()> {
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        let (whose, reading) = match line::reading_in(text) {
            Some(Line::Root(reading)) => (None, reading),
            Some(Line::Child(pid, reading)) => (Some(pid), reading),
            _ => return Ok(()),
        };
        match self.place(whose) {
            Some(place) => self.reading(place, &reading, each),
            None => Ok(()),
        }
    }

    /// Where a process is, if it is wanted.
    fn place(&mut self, whose: Whose) -> Option<usize> {
        let slot = whose.map_or(0, |pid| pid.number as usize) % N_RECENT;
        match self.recent[slot] {
            Some((recent, place)) if recent == whose => place,
            _ => {
                let place = self.places.get(&whose).copied();
                self.recent[slot] = Some((whose, place));
                place
            }
        }
    }

    fn reading(&mut self, place: usize, reading: &Reading, each: EachReading<'_>) -> io::Result<()> {
        let first = self.processes.start;
        if place > first {
            self.held[place - first - 1].push_told(reading.unix_ns, &reading.told);
            return Ok(());
        }
        let before = self.latest.map_or(Bytes::default(), |(_, bytes)| bytes);
        let bytes = reading.told.after(&before, self.outline.untold);
        self.latest = Some((reading.unix_ns, bytes));
        self.n_handed_on += 1;
        each(first, self.at_ns(reading.unix_ns), &bytes)
    }

    /// Times count from the start. What lay before it is put at zero.
    fn at_ns(&self, unix_ns: u64) -> u64 {
        unix_ns.saturating_sub(self.recording.start.unix_ns)
    }

    /// How far the last reading of a process held, when the recorder was cut off.
    fn held_until_ns(&self, place: usize) -> Option<u64> {
        self.outline.same_unix_ns.filter(|_| !self.recording.processes[place].left.is_known())
    }

    fn finish_first(&mut self, each: EachReading<'_>) -> io::Result<()> {
        let first = self.processes.start;
        self.check(first, self.n_handed_on)?;
        match (self.latest, self.held_until_ns(first)) {
            (Some((last_ns, bytes)), Some(until_ns)) if until_ns > last_ns => {
                each(first, self.at_ns(until_ns), &bytes.of_every_reading())
            }
            _ => Ok(()),
        }
    }

    fn hand_on_held(mut self, each: EachReading<'_>) -> io::Result<()> {
        let held = std::mem::take(&mut self.held);
        for (place, mut samples) in self.processes.clone().skip(1).zip(held) {
            self.check(place, samples.len() as u64)?;
            samples.settle(self.outline.untold);
            self.held_until_ns(place).into_iter().for_each(|unix_ns| samples.extend_to(unix_ns));
            samples.rows().try_for_each(|(unix_ns, bytes)| each(place, self.at_ns(unix_ns), &bytes))?;
        }
        Ok(())
    }

    /// Somebody may have written another file in the place of this one.
    fn check(&self, place: usize, n_readings: u64) -> io::Result<()> {
        if n_readings == u64::from(self.outline.extents[place].n_readings) {
            return Ok(());
        }
        Err(replaced())
    }
}

/// Of a file that does not hold any more what it held, such as lines of which none was so long.
fn replaced() -> io::Error {
    io::Error::other("the recording was replaced while it was read: export it again")
}

impl Told {
    /// The whole reading that a line makes of the one before it.
    fn after(&self, before: &Bytes, untold: Untold) -> Bytes {
        let mut bytes = match untold {
            Untold::Holds => before.of_every_reading(),
            Untold::Absent => Bytes::default(),
        };
        bytes.set(Metric::Rss, None);
        self.metrics().for_each(|metric| bytes.set(metric, self.get(metric)));
        bytes
    }
}
