//! Taking in a piece that was scanned.

use super::Reader;
use crate::dat::line::Reading;
use crate::dat::outcome::Error;
use crate::dat::scan::{Scan, Step};

impl Reader {
    /// Takes in the next bytes of the file, of which a scan has told the lines. What comes of it is what
    /// [`feed`](Self::feed) makes of them.
    ///
    /// # Errors
    /// As from [`feed`](Self::feed).
    pub fn feed_scanned(&mut self, piece: &[u8], scan: &Scan) -> Result<(), Error> {
        self.take_in(&piece[..scan.lines.start])?;
        if !scan.steps.is_empty() {
            self.see_bytes(&piece[scan.lines.clone()]);
            self.take_steps(piece, scan)?;
            self.n_bytes_of_lines = self.n_bytes;
        }
        self.take_in(&piece[scan.lines.end..])?;
        self.check_understood()
    }

    fn take_steps(&mut self, piece: &[u8], scan: &Scan) -> Result<(), Error> {
        let mut reading = Reading::default();
        let mut values = scan.values.as_slice();
        for step in &scan.steps {
            match step {
                Step::Line(place) => self.line(&piece[place.clone()])?,
                &Step::Reading { pid, unix_ns, n_same, metrics } => {
                    (reading.unix_ns, reading.n_same) = (unix_ns, n_same);
                    values = reading.told.load(metrics, values);
                    self.plain_reading(pid, &mut reading);
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dat::read;
    use crate::dat::read::MOST_BEFORE_FIRST_LINE;
    use crate::samples::Wanted;
    use proptest::prelude::*;

    fn lines() -> impl Strategy<Value = String> {
        let line = prop_oneof![
            4 => "MEM [0-9]{1,3}\\.[0-9]{6} 17000000[0-9]{2}\\.[0-9]{4}( (hwm|pss|same)=[0-9]{1,9})?",
            4 => "CHLD [1-3](\\.1)? [0-9]{1,3}\\.[0-9]{6,8} 17000000[0-9]{2}\\.[0-9]{1,9}( anon=[0-9]{1,9})?",
            1 => "(META (format mprof-rs 1|interval_ns 9|argv \"x)|CMDLINE '?|PROC 2 1700000000 1 \"a\"|SAME 1700000001 3)",
            1 => "[A-Z0-9 .]{0,12}\r?",
        ];
        prop::collection::vec(line, 0..40).prop_map(|lines| lines.join("\n"))
    }

    /// The piece that goes beyond what may come before the first line has that line, or has none either.
    #[test]
    fn a_file_is_given_up_where_any_is() {
        let other = vec![b'x'; usize::try_from(MOST_BEFORE_FIRST_LINE).unwrap()];
        for (next, is_ours) in [("the end\nMEM 1.0 1700000000.0\nand", true), ("the end\n\nand", false)] {
            let (mut plain, mut scanned) = [(); 2].map(|()| Reader::new(Wanted::ALL)).into();
            for (piece, is_fed) in [(&other[..], true), (next.as_bytes(), is_ours)] {
                let mut scan = Scan::default();
                scan.take(piece);
                let (fed, fed_scanned) = (plain.feed(piece), scanned.feed_scanned(piece, &scan));
                assert_eq!(format!("{fed_scanned:?}"), format!("{fed:?}"), "{next}");
                assert_eq!(fed.is_ok(), is_fed, "{next}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_scanned_file_is_read_as_any(text in lines(), len in 1..200_usize, end in "\n?") {
            let file = (text + &end).into_bytes();
            let (mut reader, mut scan) = (Reader::new(Wanted::ALL), Scan::default());
            for piece in file.chunks(len) {
                scan.take(piece);
                reader.feed_scanned(piece, &scan).unwrap();
            }
            prop_assert_eq!(reader.n_bytes_of_lines, file.iter().rposition(|&it| it == b'\n').map_or(0, |at| at as u64 + 1));
            prop_assert_eq!(format!("{:?}", reader.finish()), format!("{:?}", read(&file)));
        }
    }
}
