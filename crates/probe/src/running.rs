//! Finding a program that runs already, by its number or its name.

use std::io;

use crate::os;

/// What a process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holding {
    /// Memory, which can be recorded or may not be read.
    Memory,
    /// None, since it is a thread of the kernel.
    NothingEver,
    /// None any more: it has ended, or is about to.
    NothingMore,
}

/// A process that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its number.
    pub number: u32,
    /// Its name, as the system keeps it.
    pub name: Vec<u8>,
    /// Its command, as far as it can be read.
    pub argv: Vec<Vec<u8>>,
}

impl Running {
    /// The processes that a number or a name means, by number. The number of a thread means its process. A name means the processes of just that name, or, when
    /// there are none, those whose name it is a part of. We are never meant ourselves.
    ///
    /// # Errors
    /// When the processes of this system cannot be listed.
    pub fn find(hint: &str) -> io::Result<Vec<Self>> {
        os::check_numbers()?;
        if let Some(number) = number_in(hint) {
            return Ok(os::running(number).into_iter().collect());
        }
        let numbers = os::process_numbers()?;
        let others = numbers.into_iter().filter(|&number| number != std::process::id());
        let all: Vec<Self> = others.filter_map(os::running).collect();
        Ok(meant(all, hint.as_bytes()))
    }

    /// What it holds that could be recorded.
    #[must_use]
    pub fn holding(&self) -> Holding {
        os::holding(self.number)
    }
}

/// The number that a hint is, if it is one. `+5` is a name.
#[must_use]
pub fn number_in(hint: &str) -> Option<u32> {
    hint.parse().ok().filter(|_| hint.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Those of just that name, or else those whose name it is a part of.
fn meant(mut all: Vec<Running>, hint: &[u8]) -> Vec<Running> {
    all.sort_unstable_by_key(|it| it.number);
    // The system may keep fifteen bytes of a name.
    let is_it = |it: &Running| it.name == hint || (it.name.len() == 15 && hint.starts_with(&it.name));
    let has_part = |it: &Running| !hint.is_empty() && it.name.windows(hint.len()).any(|part| part == hint);
    let exact: Vec<Running> = all.iter().filter(|it| is_it(it)).cloned().collect();
    if exact.is_empty() { all.into_iter().filter(has_part).collect() } else { exact }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(hint: &str) -> Vec<u32> {
        let names = [(9, "python3"), (3, "postgres"), (5, "python3.11"), (4, "a-very-long-nam")];
        let running = |(number, name): (u32, &str)| Running { number, name: name.into(), argv: Vec::new() };
        meant(names.map(running).into(), hint.as_bytes()).iter().map(|it| it.number).collect()
    }

    #[test]
    fn just_that_name_comes_before_a_part_of_it() {
        assert_eq!(found("python3"), [9]);
        assert_eq!(found("python"), [5, 9]);
        assert_eq!(found("a-very-long-name-indeed"), [4]);
        assert!(found("ruby").is_empty());
        assert!(found("").is_empty());
    }

    #[test]
    fn a_number_is_digits() {
        assert_eq!(
            ["5", "+5", "-5", "5x", "", "4294967296"].map(number_in),
            [Some(5), None, None, None, None, None]
        );
    }

    #[test]
    fn this_process_can_be_found_by_its_number() {
        let number = std::process::id();
        assert_eq!(Running::find(&number.to_string()).unwrap()[0].number, number);
        assert!(Running::find("4294967295").unwrap().is_empty());
    }
}
