//! A recording whose readings stay in its file, and the way to them: so that going through ten million of them takes no
//! room.
//!
//! A file is in order of time, and what goes through readings wants those of one process after the other. So the file is
//! read once more for a process that has many, or for some together that have few.

mod pass;

use std::io::{self, Read, Seek};
use std::ops::Range;

use super::line::{Line, Reading};
use crate::export::EachReading;
use crate::metric::Metric;
use crate::recording::Recording;
use crate::samples::{Samples, Told, Untold};
use pass::Pass;

/// As much room as the readings that are held at once may take: those of the processes beside the first one of a pass.
const MOST_HELD_BYTES: u64 = 128 << 20;

/// So often a file is gone through, at most. Where that is not enough for all, more is held at once.
const MOST_PASSES: u64 = 8;

/// How many readings there are of a process, and how many values other than the resident set are told in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Extent {
    n_readings: u32,
    n_values: u32,
}

impl Extent {
    fn add(&mut self, told: &Told) {
        let n_values = told.metrics().filter(|&metric| metric != Metric::Rss).count() as u32;
        self.n_readings = self.n_readings.saturating_add(1);
        self.n_values = self.n_values.saturating_add(n_values);
    }

    /// The room that they take when they are held, with that of the process.
    fn n_bytes(self) -> u64 {
        64 + 12 * u64::from(self.n_readings) + 8 * u64::from(self.n_values)
    }
}

/// What is noted of readings while their file is read for the first time.
#[derive(Debug, Default)]
pub(super) struct Tracks {
    of_children: Vec<Extent>,
    of_root: Extent,
    /// A line was not what it is by itself.
    is_intricate: bool,
    /// The latest line that said how far readings held: its number and its length.
    same_line: Option<(u64, u64)>,
}

impl Tracks {
    /// Takes in when a reading was and how much it tells, and keeps nothing else of it.
    pub(super) fn see(
        &mut self,
        place: Option<usize>,
        samples: &mut Samples,
        Reading { unix_ns, told, .. }: &Reading,
    ) {
        samples.put_end(*unix_ns);
        let Some(place) = place else { return self.of_root.add(told) };
        if self.of_children.len() <= place {
            self.of_children.resize(place + 1, Extent::default());
        }
        self.of_children[place].add(told);
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
        if place < self.of_children.len() {
            self.of_children.remove(place);
        }
    }

    pub(super) fn put_root_first(&mut self) {
        self.of_children.insert(0, self.of_root);
    }

    /// How much of a file of so many lines and bytes stays as it is while a recorder goes on with it.
    pub(super) fn n_stable(&self, n_lines: u64, n_bytes: u64) -> u64 {
        match self.same_line {
            Some((number, len)) if number == n_lines => n_bytes - len,
            _ => n_bytes,
        }
    }

    /// The way to the readings, when everything else of a recording is settled: they are in so many bytes, and the last
    /// ones held until then.
    pub(super) fn outline(
        self,
        recording: &Recording,
        untold: Untold,
        same_unix_ns: Option<u64>,
        n_bytes: u64,
    ) -> Option<Outline> {
        let is_ours = matches!(untold, Untold::Holds);
        let is_alone = recording.children().is_empty() && recording.calls.is_empty();
        if self.is_intricate || !(is_ours || is_alone) {
            return None;
        }
        let mut extents = self.of_children;
        extents.resize(recording.processes.len(), Extent::default());
        Some(Outline { extents, untold, same_unix_ns, n_bytes })
    }
}

/// The way to the readings of a recording that are in its file.
#[derive(Debug)]
pub struct Outline {
    /// How many readings each process has. The first is the root.
    extents: Vec<Extent>,
    /// What holds for what a line does not tell.
    untold: Untold,
    /// How far the last readings of who is still there held.
    same_unix_ns: Option<u64>,
    /// How much of the file was read, and stays as it was.
    n_bytes: u64,
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
        self.in_passes(self.most_held_bytes(), recording, file, each)
    }

    /// What a pass holds and the first process of the next are more than that, so that there are no more passes than
    /// it goes into the whole.
    fn most_held_bytes(&self) -> u64 {
        let n_bytes: u64 = self.extents.iter().map(|extent| extent.n_bytes()).sum();
        MOST_HELD_BYTES.max(n_bytes / MOST_PASSES)
    }

    fn in_passes(
        &self,
        most_held_bytes: u64,
        recording: &Recording,
        file: &mut (impl Read + Seek + ?Sized),
        each: EachReading<'_>,
    ) -> io::Result<()> {
        let mut rest = 0..self.extents.len();
        while let Some(processes) = self.next_pass(&mut rest, most_held_bytes) {
            file.rewind()?;
            Pass::new(self, recording, processes).run(file, &mut *each)?;
        }
        Ok(())
    }

    /// The next processes whose readings are looked for together.
    fn next_pass(&self, rest: &mut Range<usize>, most_held_bytes: u64) -> Option<Range<usize>> {
        let from = rest.find(|&place| self.extents[place].n_readings > 0)?;
        let mut n_held_bytes = 0;
        while let Some(extent) = self.extents.get(rest.start) {
            n_held_bytes += extent.n_bytes();
            if n_held_bytes > most_held_bytes {
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
    use crate::dat::{self, Reader};
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
        most_held_bytes: u64,
    ) -> io::Result<Vec<Row>> {
        let mut rows = Vec::new();
        outline.in_passes(
            most_held_bytes,
            recording,
            &mut Cursor::new(file),
            &mut |place, at_ns, bytes| {
                rows.push((place, at_ns, *bytes));
                Ok(())
            },
        )?;
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
        for most_held_bytes in [0, 100, 200, MOST_HELD_BYTES] {
            let rows = gone_through(&outline, &read.recording, text.as_bytes(), most_held_bytes).unwrap();
            assert_eq!(rows, held(&whole.recording), "{most_held_bytes} held");
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

    fn of(extents: Vec<Extent>) -> Outline {
        Outline { extents, untold: Untold::Holds, same_unix_ns: None, n_bytes: 0 }
    }

    fn passes(outline: &Outline) -> Vec<Range<usize>> {
        let mut rest = 0..outline.extents.len();
        std::iter::from_fn(|| outline.next_pass(&mut rest, outline.most_held_bytes())).collect()
    }

    #[test]
    fn what_is_held_at_once_depends_on_what_readings_tell() {
        let plain = of(vec![Extent { n_readings: 312_500, n_values: 0 }; 32]);
        let full = of(vec![Extent { n_readings: 312_500, n_values: 937_500 }; 32]);
        assert_eq!((passes(&plain).len(), passes(&full).len()), (1, 3));
        let text =
            format!("{OURS}MEM 1.000000 11.0 anon=5 hwm=7\nMEM 1.000000 12.0\nCHLD 8 2.000000 12.0 pss=9\n");
        let expected = [Extent { n_readings: 2, n_values: 2 }, Extent { n_readings: 1, n_values: 1 }];
        assert_eq!(outline(text.as_bytes()).unwrap().1.unwrap().extents, expected);
    }

    proptest! {
        #[test]
        fn no_file_is_gone_through_more_than_some_times(
            n_readings in prop::collection::vec(prop_oneof![0..9_u32, 1_000_000..50_000_000_u32], 1..300),
        ) {
            let n_all: u32 = n_readings.iter().map(|&n| u32::from(n > 0)).sum();
            let extents = n_readings.into_iter().map(|n_readings| Extent { n_readings, n_values: n_readings });
            let passes = passes(&of(extents.collect()));
            prop_assert!(passes.len() as u64 <= MOST_PASSES, "{:?}", passes);
            prop_assert!(n_all == 0 || !passes.is_empty());
        }
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
