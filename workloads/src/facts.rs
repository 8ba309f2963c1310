//! What a run tells the harness that started it.
//!
//! If the environment variable `MPROF_RS_FACTS` names a file, these lines are appended to it at the end of the run,
//! each a name, one space and a whole number:
//!
//! ```text
//! elapsed_ns 1234567890        from before the array is made until its last slice is stored
//! calculated_bytes 8000000000  bytes of one value times the number of values
//! file_bytes 8000002048        ex3 to ex5: the sizes of the output's files, before --discard removes them
//! ```
//!
//! Numbers and not the printed text, because that is rounded. No run fails because they could not be written.

use std::{env, fs::File, io::Write, time::Duration};

const VARIABLE: &str = "MPROF_RS_FACTS";

/// The figures of a finished run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Facts {
    /// How long the article's timer would have run.
    pub elapsed: Duration,
    /// What the array's values take.
    pub calculated_bytes: usize,
    /// What the output takes, if there is one.
    pub file_bytes: Option<u64>,
}

impl Facts {
    /// Appends the facts to the file that the environment names, if any.
    pub fn tell(&self) {
        let Some(path) = env::var_os(VARIABLE) else { return };
        if let Ok(mut file) = File::options().append(true).create(true).open(path) {
            // The run itself went well, and the harness sees that the lines are missing.
            let _ = file.write_all(self.lines().as_bytes());
        }
    }

    fn lines(&self) -> String {
        let Self { elapsed, calculated_bytes, file_bytes } = self;
        let mut lines = format!("elapsed_ns {}\ncalculated_bytes {calculated_bytes}\n", elapsed.as_nanos());
        if let Some(file_bytes) = file_bytes {
            lines += &format!("file_bytes {file_bytes}\n");
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_to_each_fact() {
        let facts = Facts { elapsed: Duration::from_millis(2), calculated_bytes: 96, file_bytes: Some(100) };
        assert_eq!(facts.lines(), "elapsed_ns 2000000\ncalculated_bytes 96\nfile_bytes 100\n");
    }

    #[test]
    fn what_is_not_there_has_no_line() {
        let facts = Facts { elapsed: Duration::ZERO, calculated_bytes: 8, file_bytes: None };
        assert_eq!(facts.lines(), "elapsed_ns 0\ncalculated_bytes 8\n");
    }
}
