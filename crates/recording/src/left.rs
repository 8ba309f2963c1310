//! When and how a process left, in little room: of a million processes, most tell their exit status and nothing more.

use crate::event::{Departure, Exit};

/// When and how a process left, if it did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Left {
    at_ns: u64,
    how: How,
    figures: Option<Box<Figures>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum How {
    /// It has not.
    #[default]
    Not,
    Untold,
    Told(Exit),
}

/// What the kernel said of it then. Every field of [`Departure`] that takes more than the exit status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Figures {
    hwm_bytes: Option<u64>,
    earlier_bytes: Option<u64>,
    maxrss_bytes: Option<u64>,
    maxrss_floor_bytes: Option<u64>,
}

impl Left {
    /// It left at this time.
    #[must_use]
    pub fn at(at_ns: u64, departure: Departure) -> Self {
        let Departure { exit, hwm_bytes, earlier_bytes, maxrss_bytes, maxrss_floor_bytes } = departure;
        let figures = Figures { hwm_bytes, earlier_bytes, maxrss_bytes, maxrss_floor_bytes };
        let figures = (figures != Figures::default()).then(|| Box::new(figures));
        Self { at_ns, how: exit.map_or(How::Untold, How::Told), figures }
    }

    /// When, if it did.
    #[must_use]
    pub fn at_ns(&self) -> Option<u64> {
        self.is_known().then_some(self.at_ns)
    }

    /// How, if it did.
    #[must_use]
    pub fn departure(&self) -> Option<Departure> {
        let exit = match self.how {
            How::Not => return None,
            How::Untold => None,
            How::Told(exit) => Some(exit),
        };
        let Some(figures) = self.figures.as_deref() else {
            return Some(Departure { exit, ..Departure::default() });
        };
        let Figures { hwm_bytes, earlier_bytes, maxrss_bytes, maxrss_floor_bytes } = *figures;
        Some(Departure { exit, hwm_bytes, earlier_bytes, maxrss_bytes, maxrss_floor_bytes })
    }

    /// Whether it left, as far as is known.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.how != How::Not
    }

    pub(crate) fn at_ns_mut(&mut self) -> Option<&mut u64> {
        self.is_known().then_some(&mut self.at_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_is_given_back() {
        let told = Departure { exit: Some(Exit::Signal(9)), maxrss_bytes: Some(0), ..Departure::default() };
        for departure in [Departure::default(), told] {
            let left = Left::at(u64::MAX, departure);
            assert_eq!((left.at_ns(), left.departure()), (Some(u64::MAX), Some(departure)));
        }
        assert_eq!((Left::default().at_ns(), Left::default().departure()), (None, None));
    }

    #[test]
    fn it_takes_little_room() {
        assert_eq!(size_of::<Left>(), 24);
    }
}
