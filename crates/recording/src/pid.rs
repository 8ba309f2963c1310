//! What a process is called: its number, and which process of that number it is.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

/// A process of a run. The system uses its numbers again; the life says which process of that number it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pid {
    /// The number that the system gave.
    pub number: u32,
    /// How many processes of the run had the number before.
    pub life: u32,
}

impl From<u32> for Pid {
    fn from(number: u32) -> Self {
        Self { number, life: 0 }
    }
}

/// `4711`, and `4711.1` for the second process of that number.
impl fmt::Display for Pid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.life {
            0 => write!(f, "{}", self.number),
            life => write!(f, "{}.{life}", self.number),
        }
    }
}

impl FromStr for Pid {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (number, life) = text.split_once('.').unwrap_or((text, "0"));
        Ok(Self { number: number.parse()?, life: life.parse()? })
    }
}
