//! Messages of the kernel's process connector (linux/netlink.h, linux/connector.h, linux/cn_proc.h). Pure: it is given
//! bytes.

use crate::records::Fork;

/// The number of the connector of processes, which is its group as well, and what it calls its one value.
pub const CONNECTOR: u32 = 1;

/// Bytes of `struct nlmsghdr`, and of `struct cn_msg` behind it.
const NETLINK_SIZE: usize = 16;
const CONNECTOR_SIZE: usize = 20;
/// Where `struct proc_event` stands, and in it, behind `what`, the processor and the time, what it tells.
const EVENT_AT: usize = NETLINK_SIZE + CONNECTOR_SIZE;
const DATA_AT: usize = EVENT_AT + 16;

/// Of `what`: an answer, and a fork.
const ANSWER: u32 = 0;
const FORK: u32 = 1;

/// What is asked of the connector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// To be told of everything, and whether that is granted.
    TellAll,
    /// To be told of forks alone, from now on.
    TellForks,
    /// To be told of nothing more.
    TellNothing,
}

/// What a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// A process was made.
    Fork(Fork),
    /// An answer to a question.
    Answer {
        /// The number that the question bore.
        to: u32,
        /// Why it was refused, as in errno(3); zero if it was granted.
        code: u32,
    },
    /// Something else.
    Other,
}

impl Question {
    /// The operation (`enum proc_cn_mcast_op`) and the events that it is about, without which it is about all.
    fn words(self) -> (u32, Option<u32>) {
        match self {
            Self::TellAll => (1, None),
            Self::TellForks => (1, Some(FORK)),
            Self::TellNothing => (2, None),
        }
    }

    /// The message that asks it, with a number that the answer will bear.
    #[must_use]
    pub fn message(self, number: u32) -> Vec<u8> {
        const NLMSG_DONE: u16 = 3;
        let (operation, events) = self.words();
        let data: Vec<u8> =
            [Some(operation), events].into_iter().flatten().flat_map(u32::to_ne_bytes).collect();
        let head = (EVENT_AT + data.len()) as u32;
        let kind_and_flags = [NLMSG_DONE, 0].map(u16::to_ne_bytes).concat();
        let netlink = [&head.to_ne_bytes()[..], &kind_and_flags, &[0; 8]].concat();
        let connector = [CONNECTOR, CONNECTOR, 0, number].map(u32::to_ne_bytes).concat();
        let len_and_flags = [data.len() as u16, 0].map(u16::to_ne_bytes).concat();
        [netlink, connector, len_and_flags, data].concat()
    }
}

/// Reads a message.
#[must_use]
pub fn read(message: &[u8]) -> Told {
    let word = |at: usize| {
        let bytes = message.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u32::from_ne_bytes)
    };
    let is_of_processes = [NETLINK_SIZE, NETLINK_SIZE + 4].map(word) == [Some(CONNECTOR); 2];
    match word(EVENT_AT).filter(|_| is_of_processes) {
        Some(ANSWER) => answer(word).unwrap_or(Told::Other),
        Some(FORK) => fork(word).map_or(Told::Other, Told::Fork),
        _ => Told::Other,
    }
}

/// The number of the question comes back one higher (`cn_proc_ack`), and what stands in the place of the data is an error.
fn answer(word: impl Fn(usize) -> Option<u32>) -> Option<Told> {
    Some(Told::Answer { to: word(NETLINK_SIZE + 12)?.wrapping_sub(1), code: word(DATA_AT)? })
}

/// `parent_pid, parent_tgid, child_pid, child_tgid`: what the kernel calls a pid is a thread. A new thread has the
/// number of its process, and the parent of that.
fn fork(word: impl Fn(usize) -> Option<u32>) -> Option<Fork> {
    let [low, high] = [EVENT_AT + 8, EVENT_AT + 12].map(|at| word(at).map(u64::from));
    let [parent_thread, parent, thread, number] = [0, 4, 8, 12].map(|offset| word(DATA_AT + offset));
    let at_ns = if cfg!(target_endian = "little") { low? | high? << 32 } else { high? | low? << 32 };
    let fork = Fork { at_ns, number: number?, parent: parent?, parent_thread: parent_thread? };
    (thread? == fork.number).then_some(fork)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(what: u32, data: &[u32]) -> Vec<u8> {
        let words = [&[76, 3, 0, 0, CONNECTOR, CONNECTOR, 0, 0, 40, what, 0][..], &[7, 1], data].concat();
        words.into_iter().flat_map(u32::to_ne_bytes).collect()
    }

    #[test]
    fn a_fork_tells_who_made_whom() {
        let at_ns = if cfg!(target_endian = "little") { 7 | 1 << 32 } else { 1 | 7 << 32 };
        let fork = Fork { at_ns, number: 20, parent: 10, parent_thread: 11 };
        assert_eq!(read(&message(FORK, &[11, 10, 20, 20])), Told::Fork(fork));
        assert_eq!(read(&message(FORK, &[11, 10, 21, 20])), Told::Other, "a thread of 20");
    }

    #[test]
    fn an_answer_tells_whether_it_is_granted() {
        for code in [0, 22] {
            let mut message = message(ANSWER, &[code]);
            message[NETLINK_SIZE + 12..NETLINK_SIZE + 16].copy_from_slice(&78_u32.to_ne_bytes());
            assert_eq!(read(&message), Told::Answer { to: 77, code });
        }
    }

    #[test]
    fn what_is_short_or_of_another_connector_tells_nothing() {
        let whole = message(FORK, &[11, 10, 20, 20]);
        (0..whole.len()).for_each(|len| assert_eq!(read(&whole[..len]), Told::Other, "{len} bytes"));
        let mut of_another = whole;
        of_another[NETLINK_SIZE..NETLINK_SIZE + 4].copy_from_slice(&9_u32.to_ne_bytes());
        assert_eq!(read(&of_another), Told::Other);
    }

    #[test]
    fn a_question_says_how_long_it_is() {
        for (question, len) in
            [(Question::TellAll, 40), (Question::TellForks, 44), (Question::TellNothing, 40)]
        {
            let message = question.message(7);
            assert_eq!(
                (message.len(), message[..4] == (len as u32).to_ne_bytes()),
                (len, true),
                "{question:?}"
            );
        }
    }
}
