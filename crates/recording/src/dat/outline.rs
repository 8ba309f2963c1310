//! A recording whose readings stay in its file, and the way to them: so that going through ten million of them takes no
//! room.
//!
//! A file is in order of time, and what goes through readings wants those of one process after the other. So the file is
//! read once more for a process that has many, or for some together that have few.

mod pass;

use std::io::{self, Read, Seek};
use std::ops::Range;

use super::line::Line;
use super::read::Reader;
use crate::export::EachReading;
use crate::recording::Recording;
use crate::samples::{Samples, Told, Untold};
use pass::Pass;

/// So many readings are held at once, at most: those of the processes beside the first one of a pass.
const MOST_HELD: u64 = 1 << 22;

/// What is noted of readings while their file is read for the first time.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    /// How many readings each child has, and the root.
    n_readings: Vec<u32>,
    n_of_root: u32,
    root: Root,
    /// A line was not what it is by itself, or readings are out of order.
    is_intricate: bool,
    /// The latest line that said how far readings held: its number and its length.
    same_line: Option<(u64, u64)>,
}

/// Whether the program itself is among the processes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Root {
    First,
    #[default]
    Unknown,
}

impl Tracks {
    /// Takes in when a reading was, of which nothing else is kept.
    pub(super) fn see(&mut self, place: Option<usize>, samples: &mut Samples, unix_ns: u64) {
        self.is_intricate |= samples.times_ns().last().is_some_and(|&last_ns| last_ns > unix_ns);
        samples.put_end(unix_ns);
        let Some(place) = place else {
            self.n_of_root = self.n_of_root.saturating_add(1);
            return;
        };
        if self.n_readings.len() <= place {
            self.n_readings.resize(place + 1, 0);
        }
        self.n_readings[place] = self.n_readings[place].saturating_add(1);
    }

    /// A line is not what it is by itself: it depends on others.
    pub(super) fn see_intricate(&mut self) {
        self.is_intricate = true;
    }

    /// Takes in a line by its number and its length. The last one may be replaced while a recording goes on.
    pub(super) fn see_line(&mut self, line: &Line<'_>, number: u64, len: usize) {
        if matches!(line, Line::Same(..)) {
            self.same_line = Some((number, len as u64));
        }
    }

    /// A child is none.
    pub(super) fn forget(&mut self, place: usize) {
        if place < self.n_readings.len() {
            self.n_readings.remove(place);
        }
    }

    pub(super) fn put_root_first(&mut self) {
        self.n_readings.insert(0, self.n_of_root);
        self.root = Root::First;
    }

    /// How much of a file of so many lines and bytes stays as it is while a recorder goes on with it.
    pub(super) fn n_stable(&self, n_lines: u64, n_bytes: u64) -> u64 {
        match self.same_line {
            Some((number, len)) if number == n_lines => n_bytes - len,
            _ => n_bytes,
        }
    }
}

/// The way to the readings of a recording that are in its file.
#[derive(Debug)]
pub struct Outline {
    /// How many readings each process has.
    n_readings: Vec<u32>,
    root: Root,
    /// What holds for what a line does not tell.
    untold: Untold,
    /// How far the last readings of who is still there held.
    same_unix_ns: Option<u64>,
    /// How much of the file was read, and stays as it was.
    n_bytes: u64,
}

impl Reader {
    /// The way to the readings, when everything else is settled.
    pub(super) fn outline(&self, tracks: Tracks, n_bytes: u64) -> Option<Outline> {
        let recording = &self.recording;
        let is_alone = recording.children().is_empty() && recording.calls.is_empty();
        if tracks.is_intricate || !(self.is_ours || is_alone) {
            return None;
        }
        let mut n_readings = tracks.n_readings;
        n_readings.resize(recording.processes.len(), 0);
        Some(Outline {
            n_readings,
            root: tracks.root,
            untold: if self.is_ours { Untold::Holds } else { Untold::Absent },
            same_unix_ns: self.same.map(|(unix_ns, _)| unix_ns),
            n_bytes,
        })
    }
}

impl Outline {
    /// Gives every reading of a recording from its file: process by process, in order of time.
    ///
    /// # Errors
    /// Those of the file, which must hold what it held, and of who takes the readings.
    pub fn each_reading(
        &self,
        recording: &Recording,
        file: &mut (impl Read + Seek + ?Sized),
        each: EachReading<'_>,
    ) -> io::Result<()> {
        self.in_passes(MOST_HELD, recording, file, each)
    }

    fn in_passes(
        &self,
        most_held: u64,
        recording: &Recording,
        file: &mut (impl Read + Seek + ?Sized),
        each: EachReading<'_>,
    ) -> io::Result<()> {
        let mut rest = 0..self.n_readings.len();
        while let Some(processes) = self.next_pass(&mut rest, most_held) {
            file.rewind()?;
            Pass::new(self, recording, processes).run(file, &mut *each)?;
        }
        Ok(())
    }

    /// The next processes whose readings are looked for together.
    fn next_pass(&self, rest: &mut Range<usize>, most_held: u64) -> Option<Range<usize>> {
        let from = rest.find(|&place| self.n_readings[place] > 0)?;
        let mut n_held = 0;
        while let Some(&n_readings) = self.n_readings.get(rest.start) {
            // A process takes room of its own, besides its readings.
            n_held += u64::from(n_readings) + 1;
            if n_held > most_held {
                break;
            }
            rest.start += 1;
        }
        Some(from..rest.start)
    }
}

impl Samples {
    /// Keeps when the first and the latest reading were, and nothing of what they say.
    fn put_end(&mut self, at_ns: u64) {
        if self.len() < 2 {
            self.push_told(at_ns, &Told::default());
        } else {
            self.set_last_ns(at_ns);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dat;
    use crate::export::{Held, Readings as _};
    use proptest::prelude::*;
    use std::io::Cursor;

    type Row = (usize, u64, crate::metric::Bytes);

    fn held(recording: &Recording) -> Vec<Row> {
        let mut rows = Vec::new();
        Held.each(recording, &mut |place, at_ns, bytes| {
            rows.push((place, at_ns, *bytes));
            Ok(())
        })
        .unwrap();
        rows
    }

    fn outline(text: &[u8]) -> Result<(dat::Read, Option<Outline>), dat::Error> {
        let mut reader = Reader::of_outline();
        reader.feed(text)?;
        reader.finish_outline()
    }

    fn gone_through(
        outline: &Outline,
        recording: &Recording,
        file: &[u8],
        most_held: u64,
    ) -> io::Result<Vec<Row>> {
        let mut rows = Vec::new();
        outline.in_passes(most_held, recording, &mut Cursor::new(file), &mut |place, at_ns, bytes| {
            rows.push((place, at_ns, *bytes));
            Ok(())
        })?;
        Ok(rows)
    }

    fn without_readings(mut recording: Recording) -> Recording {
        recording.processes.iter_mut().for_each(|process| process.samples = Samples::default());
        recording
    }

    /// What is found again is what the file read whole holds. Whether there is a way to it.
    fn check(text: &str) -> bool {
        let (whole, outlined) = (dat::read(text.as_bytes()), outline(text.as_bytes()));
        let (Ok(whole), Ok((read, outline))) = (whole, outlined) else { return false };
        let Some(outline) = outline else { return false };
        assert_eq!((read.n_warnings, read.warnings), (whole.n_warnings, whole.warnings));
        for most_held in [0, 1, 3, MOST_HELD] {
            let rows = gone_through(&outline, &read.recording, text.as_bytes(), most_held).unwrap();
            assert_eq!(rows, held(&whole.recording), "{most_held} held");
        }
        assert_eq!(without_readings(read.recording), without_readings(whole.recording));
        true
    }

    const OURS: &str =
        "META format mprof-rs 1\nMETA start 10.0\nMETA interval_ns 1000000000\nROOT 7 10.0 - \"a\"\n";

    #[test]
    fn who_is_recorded_by_us_or_alone_needs_no_room() {
        assert!(check(&format!(
            "{OURS}MEM 1.000000 11.0 anon=5\nCHLD 8 2.000000 11.0 pss=9\nMEM 1.500000 12.0\n"
        )));
        assert!(check("CMDLINE x\nMEM 1.000000 11.0\nMEM 3.000000 12.0\n"));
        assert!(!check("CMDLINE x\nMEM 1.000000 11.0\nCHLD 8 1.000000 11.1\n"));
        assert!(!check("CMDLINE x\nMEM 1.000000 11.0\nFUNC f 1.0 11.0 1.0 11.5 0\n"));
        assert!(!check(&format!("{OURS}MEM 1.000000 12.0\nMEM 1.000000 11.0\n")));
        assert!(!check("CMDLINE 'a\nMEM b\nMEM 1.000000 11.0\n"));
        assert!(!check("CMDLINE x\nMEM 1.000000 11.0\nMEM 3.000000 12.0"));
    }

    #[test]
    fn what_a_recorder_goes_on_to_write_changes_nothing() {
        let begun = format!("{OURS}MEM 1.000000 11.0 anon=5\nSAME 14.000000000 3\n");
        let (read, outline) = outline(begun.as_bytes()).unwrap();
        let later = format!("{OURS}MEM 1.000000 11.0 anon=5\nMEM 1.000000 15.0 same=3\nMEM 2.000000 16.0\n");
        let rows = gone_through(&outline.unwrap(), &read.recording, later.as_bytes(), 9).unwrap();
        assert_eq!(rows, held(&dat::read(begun.as_bytes()).unwrap().recording));
    }

    #[test]
    fn a_file_that_is_another_meanwhile_is_noticed() {
        let text = format!("{OURS}MEM 1.000000 11.0\nCHLD 8 2.000000 11.0\n");
        let (read, outline) = outline(text.as_bytes()).unwrap();
        for other in ["MEM 1.000000 11.0\n".to_owned(), format!("{OURS}MEM 1.000000 11.0\n")] {
            assert!(gone_through(outline.as_ref().unwrap(), &read.recording, other.as_bytes(), 9).is_err());
        }
    }

    #[test]
    fn what_a_crash_left_behind_the_last_line_is_not_gone_through() {
        let text = format!("{OURS}MEM 1.000000 11.0\n");
        let n_bytes = text.len() as u64;
        for n_zeros in [9, (32 << 20) + 9] {
            let torn = [text.as_bytes(), &vec![0; n_zeros]].concat();
            assert_eq!(outline(&torn).unwrap().1.unwrap().n_bytes, n_bytes, "{n_zeros} zeros");
        }
    }

    #[test]
    fn no_more_is_kept_of_a_line_than_lines_have() {
        let (read, outline) = outline(format!("{OURS}MEM 1.000000 11.0\n").as_bytes()).unwrap();
        let outline = Outline { n_bytes: u64::MAX, ..outline.unwrap() };
        let mut zeros = io::repeat(0).take(200 << 20);
        let pass = Pass::new(&outline, &read.recording, 0..1);
        assert!(pass.run(&mut zeros, &mut |_, _, _| Ok(())).is_err());
        assert!(zeros.limit() > 100 << 20, "{} left", zeros.limit());
    }

    fn lines() -> impl Strategy<Value = String> {
        let reading = (
            "(MEM|CHLD [789]|KIN (-|8|9|w-1)|CHLD 8.1|CHLD 72)",
            0..9_u32,
            9..30_u32,
            "( anon=[1-3]| pss=[12]| anon=-| same=2){0,2}",
        )
            .prop_map(|(tag, mib, seconds, more)| format!("{tag} {mib}.500000 {seconds}.250000{more}"));
        let others = vec![
            "CMDLINE don't",
            "ROOT 8 11.0 - \"b\"",
            "PROC 8 10.5 7 \"c\"",
            "NAME 8 12.5 \"d\"",
            "LEFT 8 25.0 exit=0",
            "SAME 31.0 4",
            "END 32.0 how=exit samples=1 missed=0 late=0 unread=0",
            "broken",
            "CHLD",
            "MEM 1",
            "MEM 1.5 20.0\r",
            "META format mprof-rs 1",
            "FUNC f 1.0 11.0 1.0 12.0 0",
        ];
        prop_oneof![6 => reading, 1 => prop::sample::select(others).prop_map(str::to_owned)]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]

        #[test]
        fn what_is_found_again_is_what_was_read(
            head in prop::sample::select(vec![OURS, "", "CMDLINE x y\n"]),
            mut lines in prop::collection::vec(lines(), 1..20),
            is_in_order: bool,
            end in "(\nMEM 1)?\n?",
        ) {
            if is_in_order {
                lines.sort_by_key(|line| line.split(' ').rev().find(|word| word.ends_with(".250000")).map(str::to_owned));
            }
            check(&format!("{head}{}{end}", lines.join("\n")));
        }
    }
}
