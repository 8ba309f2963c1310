//! A system on which nobody records: all of it is optimized away.

/// What would be told.
pub(crate) enum Verb {
    Enter,
    Leave,
    Mark,
    Fact,
}

/// Who would tell it: there is no such one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sender {}

pub(crate) const fn is_off() -> bool {
    true
}

impl Sender {
    pub(crate) fn here() -> Option<Self> {
        None
    }

    pub(crate) fn send_if_same_process(self, _: Verb, _: &str) {
        match self {}
    }

    pub(crate) fn send(self, _: Verb, _: &str) {
        match self {}
    }
}
