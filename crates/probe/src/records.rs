//! Task records of perf as they stand in a ring (linux/perf_event.h, `PERF_RECORD_FORK`). Pure: it is given words.

const LOST: u32 = 2;
const FORK: u32 = 7;

/// Bytes of the head of a record: its kind, flags, and size.
const HEAD_SIZE: u64 = 8;

/// A fork, as a record of perf or a message of the process connector tells of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fork {
    /// By a clock that is the same on all processors.
    pub at_ns: u64,
    /// The new process.
    pub number: u32,
    /// The process that made it.
    pub parent: u32,
    /// The thread of the parent that made it.
    pub parent_thread: u32,
}

/// How far records were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walked {
    /// Where the next ones will begin.
    pub tail: u64,
    /// Records that did not fit into the ring.
    pub n_lost: u64,
}

/// Reads the records from one position to another, and appends the forks of processes. The words of the ring are asked
/// for by a position that is a multiple of four.
pub fn walk(mut tail: u64, head: u64, word: impl Fn(u64) -> u32, forks: &mut Vec<Fork>) -> Walked {
    let mut n_lost = 0_u64;
    while tail.is_multiple_of(HEAD_SIZE) && head.saturating_sub(tail) >= HEAD_SIZE {
        let size = u64::from(word(tail + 4) >> 16);
        // A record is never shorter than its head and is aligned. If this one is not, nothing behind it can be trusted.
        if size < HEAD_SIZE || !size.is_multiple_of(HEAD_SIZE) || size > head - tail {
            break;
        }
        match word(tail) {
            FORK if size >= 32 => forks.extend(fork(tail + HEAD_SIZE, &word)),
            // `id, lost`, of eight bytes each.
            LOST if size >= 24 => n_lost = n_lost.saturating_add(u64::from(word(tail + 16))),
            _ => {}
        }
        tail += size;
    }
    Walked { tail: head, n_lost }
}

/// `pid, ppid, tid, ptid, time`: a new thread has the pid of the one that made it.
fn fork(at: u64, word: impl Fn(u64) -> u32) -> Option<Fork> {
    let (number, parent) = (word(at), word(at + 4));
    let at_ns = u64::from(word(at + 16)) | u64::from(word(at + 20)) << 32;
    (number != parent).then_some(Fork { at_ns, number, parent, parent_thread: word(at + 12) })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW_PROCESS: [u32; 8] = [FORK, 32 << 16, 20, 10, 20, 11, 7, 1];
    const NEW_THREAD: [u32; 8] = [FORK, 32 << 16, 10, 10, 12, 10, 8, 1];
    const TWO_LOST: [u32; 6] = [LOST, 24 << 16, 1, 0, 2, 0];

    fn walked(words: &[u32]) -> (Vec<Fork>, Walked) {
        let mut forks = Vec::new();
        let n_bytes = 4 * words.len() as u64;
        let walked = walk(0, n_bytes, |at| words[at as usize / 4 % words.len()], &mut forks);
        assert_eq!(walked.tail, n_bytes);
        (forks, walked)
    }

    #[test]
    fn processes_count_and_threads_do_not() {
        let words = [&NEW_PROCESS[..], &NEW_THREAD, &TWO_LOST, &NEW_PROCESS].concat();
        let (forks, walked) = walked(&words);
        let fork = Fork { at_ns: 7 | 1 << 32, number: 20, parent: 10, parent_thread: 11 };
        assert_eq!((forks, walked.n_lost), (vec![fork, fork], 2));
    }

    #[test]
    fn behind_a_record_that_makes_no_sense_nothing_is_read() {
        for size in [0, 4, 12, 4096] {
            let (forks, _) = walked(&[&[9, size << 16][..], &NEW_PROCESS].concat());
            assert_eq!(forks, []);
        }
    }
}
