//! What `META` lines say: the format, the start, and notes.

use super::{ANOTHER, Reader};
use crate::command;
use crate::dat::outcome::Error;
use crate::dat::{VERSION, decimal, words};

impl Reader {
    pub(super) fn meta(&mut self, key: &[u8], value: &[u8]) -> Result<(), Error> {
        let start = &mut self.recording.start;
        match key {
            b"format" => return self.format(value),
            b"start" => self.start(value),
            b"interval_ns" => start.interval_ns = decimal::read_integer(value),
            b"recorder" => start.recorder = words::one_text(value),
            b"system" => start.system = words::one_text(value),
            b"argv" => start.argv = command::decode(value).unwrap_or_default(),
            _ => self.note(key, value),
        }
        Ok(())
    }

    /// A file that was appended to holds several runs. They are read as one, from the first start on.
    fn start(&mut self, value: &[u8]) {
        let started = decimal::read_seconds(value);
        if self.started_unix_ns.is_some() {
            self.warn(|| ANOTHER.into());
        }
        self.started_unix_ns = match (self.started_unix_ns, started) {
            (Some(earlier), Some(later)) => Some(earlier.min(later)),
            (earlier, later) => earlier.or(later),
        };
    }

    fn note(&mut self, key: &[u8], value: &[u8]) {
        if let Some(text) = words::one_text(value) {
            self.recording.notes.push((String::from_utf8_lossy(key).into_owned(), text));
        }
    }

    fn format(&mut self, value: &[u8]) -> Result<(), Error> {
        let number = value.strip_prefix(b"mprof-rs ").and_then(decimal::read_integer);
        match number.and_then(|number| u32::try_from(number).ok()) {
            Some(version) if version > VERSION => Err(Error::NewerFormat(version)),
            Some(_) => {
                self.is_ours = true;
                Ok(())
            }
            None => {
                self.warn(|| "not understood, expected META format mprof-rs <version>".into());
                Ok(())
            }
        }
    }
}
