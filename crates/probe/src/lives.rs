//! How often each process number was used in a run, in little room however many there were.

use std::collections::HashMap;

use mprof_recording::event::Pid;

/// Which numbers were used, and how often those that were used again.
///
/// A bit for each number is enough for nearly all: Linux has at most 2^22 of them (proc_sys_kernel(5)), half a MiB.
#[derive(Debug, Default)]
pub(crate) struct Lives {
    used: Vec<u64>,
    used_again: HashMap<u32, u32>,
}

impl Lives {
    /// The latest process of a number; the first, where there was none.
    pub(crate) fn latest(&self, number: u32) -> Pid {
        Pid { number, life: self.used_again.get(&number).copied().unwrap_or(0) }
    }

    /// Whether there was a process of a number.
    pub(crate) fn has_used(&self, number: u32) -> bool {
        let (word, bit) = place_of(number);
        self.used.get(word).is_some_and(|word| word & bit != 0)
    }

    /// The next process of a number.
    pub(crate) fn next(&mut self, number: u32) -> Pid {
        let (word, bit) = place_of(number);
        if word >= self.used.len() {
            self.used.resize(word + 1, 0);
        }
        if self.used[word] & bit == 0 {
            self.used[word] |= bit;
            return Pid { number, life: 0 };
        }
        let life = self.used_again.entry(number).or_default();
        *life += 1;
        Pid { number, life: *life }
    }
}

fn place_of(number: u32) -> (usize, u64) {
    (number as usize / 64, 1 << (number % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_use_of_a_number_is_another_life() {
        let mut lives = Lives::default();
        let given: Vec<Pid> = [7, 70, 7, 7, 70].map(|number| lives.next(number)).into();
        let texts: Vec<String> = given.iter().map(Pid::to_string).collect();
        assert_eq!(texts, ["7", "70", "7.1", "7.2", "70.1"]);
        assert_eq!([7, 70, 700].map(|number| lives.latest(number).life), [2, 1, 0]);
        assert_eq!([7, 70, 8, 700].map(|number| lives.has_used(number)), [true, true, false, false]);
    }
}
