//! What the processes held together of a kind that no resident set counts, such as what was swapped out.

/// Gathers what is told at each tick. A process that cannot be read at a tick is left out, so that the figure is a lower
/// bound.
#[derive(Debug, Default)]
pub(super) struct Apart {
    now_bytes: u64,
    first_bytes: Option<u64>,
    most_bytes: u64,
}

impl Apart {
    pub(super) fn begin(&mut self) {
        self.now_bytes = 0;
    }

    pub(super) fn add(&mut self, bytes: u64) {
        self.now_bytes = self.now_bytes.saturating_add(bytes);
    }

    pub(super) fn end(&mut self) {
        self.first_bytes.get_or_insert(self.now_bytes);
        self.most_bytes = self.most_bytes.max(self.now_bytes);
    }

    /// The most there was.
    pub(super) fn most_bytes(&self) -> u64 {
        self.most_bytes
    }

    /// The most there was, if that is more than at first.
    pub(super) fn risen_bytes(&self) -> u64 {
        if Some(self.most_bytes) > self.first_bytes { self.most_bytes } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_rose_is_told() {
        let mut apart = Apart::default();
        let mut tick = |bytes: &[u64]| {
            apart.begin();
            bytes.iter().for_each(|&bytes| apart.add(bytes));
            apart.end();
            apart.risen_bytes()
        };
        assert_eq!([tick(&[5]), tick(&[4]), tick(&[4, 3]), tick(&[0])], [0, 0, 7, 7]);
    }
}
