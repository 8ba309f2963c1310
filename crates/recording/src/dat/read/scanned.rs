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
        self.feed(&piece[..scan.lines.start])?;
        if !scan.steps.is_empty() {
            self.see_bytes(&piece[scan.lines.clone()]);
            self.take_steps(piece, scan)?;
            self.n_bytes_of_lines = self.n_bytes;
        }
        self.feed(&piece[scan.lines.end..])
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
