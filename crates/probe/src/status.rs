//! `/proc/PID/status` as a reading (proc(5)). Pure: it takes the file's bytes, from whatever kernel.

use std::ops::Range;

use mprof_recording::metric::{Bytes, Metric};

/// The lines that are read, and the metric that each gives. The values are in units of 1024 bytes.
const LINES: [(&[u8], Metric); 9] = [
    (b"VmSize:", Metric::Vms),
    (b"VmHWM:", Metric::Hwm),
    (b"VmRSS:", Metric::Rss),
    (b"RssAnon:", Metric::Anon),
    (b"RssFile:", Metric::File),
    (b"RssShmem:", Metric::Shmem),
    (b"VmPTE:", Metric::PageTables),
    (b"VmSwap:", Metric::Swap),
    (b"HugetlbPages:", Metric::Hugetlb),
];

/// The reading in a status file; nothing for a process without memory: a zombie, or one that is exiting.
#[must_use]
pub fn parse(text: &[u8]) -> Option<Bytes> {
    Some(parse_lines(text)?.0)
}

/// The reading, and where the lines are that it was made of, if they are followed by the line that ends them: from the
/// end of the line before them to the beginning of that one.
///
/// The kernel writes the lines in the order above, each at most once, so that one pass finds those there are. Of a
/// process with memory the last of them comes before the line that counts its threads, and most of the file behind it.
fn parse_lines(text: &[u8]) -> Option<(Bytes, Option<Range<usize>>)> {
    const END: &[u8] = b"Threads:";
    let mut bytes = Bytes::default();
    let mut wanted = LINES.iter();
    let (mut from, mut to, mut at) = (None, None, 0);
    for line in lines(text) {
        let begin = at;
        at += line.len() + 1;
        match line.first() {
            Some(b'T') if line.starts_with(END) => {
                to = Some(begin + END.len());
                break;
            }
            Some(b'V' | b'R' | b'H') => {}
            _ => continue,
        }
        let mut rest = wanted.clone();
        if let Some((name, metric)) = rest.find(|(name, _)| line.starts_with(name)) {
            bytes.set(*metric, kib(&line[name.len()..]).map(|kib| kib * 1024));
            wanted = rest;
            from.get_or_insert(begin.saturating_sub(1));
        }
    }
    let has_memory = bytes.get(Metric::Rss).is_some_and(|rss_bytes| rss_bytes > 0);
    has_memory.then(|| (bytes, from.zip(to).map(|(from, to)| from..to)))
}

/// The last reading of a process with the lines that it was made of. Most readings say what the one before said.
#[derive(Debug, Default)]
pub struct Latest {
    /// Empty where they cannot be told from what is behind them.
    lines: Vec<u8>,
    from: usize,
    bytes: Option<Bytes>,
}

impl Latest {
    /// The reading in a status file, as [`parse`] gives it. Lines that stand where they stood before and are the same
    /// byte by byte are not understood once more.
    pub fn parse(&mut self, text: &[u8]) -> Option<Bytes> {
        let is_same = text.get(self.from..).is_some_and(|rest| rest.starts_with(&self.lines));
        if self.lines.is_empty() || !is_same {
            let (bytes, lines) = parse_lines(text).unzip();
            let lines = lines.flatten().unwrap_or_default();
            (self.bytes, self.from) = (bytes, lines.start);
            self.lines.clear();
            self.lines.extend_from_slice(&text[lines]);
        }
        self.bytes
    }
}

/// The lines of a text, without their ends.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut from = 0;
    // A faster search would ask the processor what it can, which costs a virtual machine more than all searches.
    let ends = text.iter().enumerate().filter_map(|(idx, &byte)| (byte == b'\n').then_some(idx));
    ends.chain([text.len()]).map(move |end| &text[std::mem::replace(&mut from, end + 1)..end])
}

/// The resident pages in a `statm` file: its second number.
#[must_use]
pub fn resident_pages(statm: &[u8]) -> Option<u64> {
    str::from_utf8(statm).ok()?.split_ascii_whitespace().nth(1)?.parse().ok()
}

/// The name in a status file, as the kernel writes it: line feeds and backslashes are escaped.
#[must_use]
pub fn name(text: &[u8]) -> &[u8] {
    let first = lines(text).next().unwrap_or_default();
    first.strip_prefix(NAME).unwrap_or_default()
}

/// Whether that is the name in a status file, without looking for the end of any other.
#[must_use]
pub fn has_name(text: &[u8], name: &[u8]) -> bool {
    let rest = text.strip_prefix(NAME).and_then(|rest| rest.strip_prefix(name));
    rest.is_some_and(|rest| rest.first() == Some(&b'\n'))
}

/// Whether the process of a status file has one thread, and that one sleeps or is stopped.
#[must_use]
pub fn sleeps_alone(text: &[u8]) -> bool {
    let mut lines = lines(text);
    let state = lines.find_map(|line| line.strip_prefix(b"State:\t"));
    let is_asleep = matches!(state.and_then(<[u8]>::first), Some(b'S' | b'T'));
    is_asleep && lines.find_map(|line| line.strip_prefix(b"Threads:\t")) == Some(b"1")
}

/// Whether a `schedstat` file counts that the thread was given a processor. Kernels that do not count write zeros.
#[must_use]
pub fn has_run(schedstat: &[u8]) -> bool {
    let n_times = schedstat.trim_ascii_end().rsplit(|&byte| byte == b' ').next();
    n_times.is_some_and(|n| n.iter().any(|&digit| digit != b'0'))
}

const NAME: &[u8] = b"Name:\t";

/// The processor in a `stat` file on which the process runs, or ran last: its 39th field.
#[must_use]
pub fn processor(stat: &[u8]) -> Option<usize> {
    stat_fields(stat).nth(39 - 3)?.parse().ok()
}

/// How many page faults a process has had, by its `stat` file: those without and with reading from a disk, its 10th and
/// 12th field.
#[must_use]
pub fn n_faults(stat: &[u8]) -> Option<u64> {
    let mut fields = stat_fields(stat).skip(10 - 3).step_by(2).map(|field| field.parse().ok());
    let (minor, major): (u64, u64) = (fields.next()??, fields.next()??);
    Some(minor.wrapping_add(major))
}

/// The resident pages in a `stat` file: its 24th field.
#[must_use]
pub fn stat_resident_pages(stat: &[u8]) -> Option<u64> {
    stat_fields(stat).nth(24 - 3)?.parse().ok()
}

/// The fields of a `stat` file from the third on. The second is the name in parentheses, in which anything may stand.
fn stat_fields(stat: &[u8]) -> impl Iterator<Item = &str> {
    let name_end = stat.iter().rposition(|&byte| byte == b')');
    let rest = name_end.and_then(|end| str::from_utf8(&stat[end + 1..]).ok());
    rest.unwrap_or_default().split_ascii_whitespace()
}

/// The process that a task is a thread of.
#[must_use]
pub fn process(text: &[u8]) -> Option<u32> {
    let line = lines(text).find_map(|line| line.strip_prefix(b"Tgid:"))?;
    str::from_utf8(line.trim_ascii()).ok()?.parse().ok()
}

/// Whether a `stat` file is of a thread of the kernel (`PF_KTHREAD` among the flags, its ninth field).
#[must_use]
pub fn is_of_kernel(stat: &[u8]) -> bool {
    const PF_KTHREAD: u64 = 0x0020_0000;
    let flags: Option<u64> = stat_fields(stat).nth(9 - 3).and_then(|flags| flags.parse().ok());
    flags.is_some_and(|flags| flags & PF_KTHREAD != 0)
}

/// Whether a `stat` file is of a process that has given back its memory (its 23rd field) and is no zombie yet: such a
/// one waits for its parent, unless threads of it (the 20th field) are on their way still.
#[must_use]
pub fn is_dying(stat: &[u8]) -> bool {
    let mut fields = stat_fields(stat);
    let is_over = matches!(fields.next(), Some("Z" | "X"));
    let is_alone = fields.nth(20 - 3 - 1).is_none_or(|n_threads| n_threads == "1" || n_threads == "0");
    let has_none = fields.nth(23 - 20 - 1) == Some("0");
    has_none && !(is_over && is_alone) && !is_of_kernel(stat)
}

/// The proportional and the unique set in a `smaps_rollup` file (proc_pid_smaps(5)).
#[must_use]
pub fn sets(text: &[u8]) -> Option<Bytes> {
    let bytes = |name: &[u8]| {
        let line = lines(text).find_map(|line| line.strip_prefix(name))?;
        Some(kib(line)? * 1024)
    };
    // Kernels may lack the last of them, which counts huge pages.
    let private = [&b"Private_Clean:"[..], b"Private_Dirty:", b"Private_Hugetlb:"].map(bytes);
    let uss_bytes = private[0].zip(private[1]).map(|(clean, dirty)| clean + dirty + private[2].unwrap_or(0));
    let mut sets = Bytes::default().with(Metric::Pss, bytes(b"Pss:")?);
    sets.set(Metric::Uss, uss_bytes);
    Some(sets)
}

/// The signals that wait for a process as a whole, a bit for each, the first for signal 1.
#[must_use]
pub fn pending(text: &[u8]) -> Option<u64> {
    signals(text, b"ShdPnd:")
}

/// The signals that a process has handlers for, a bit for each, the first for signal 1.
#[must_use]
pub fn caught(text: &[u8]) -> Option<u64> {
    signals(text, b"SigCgt:")
}

fn signals(text: &[u8], name: &[u8]) -> Option<u64> {
    let line = text.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(name))?;
    u64::from_str_radix(str::from_utf8(line.trim_ascii()).ok()?, 16).ok()
}

/// The number in `   12345 kB`.
fn kib(text: &[u8]) -> Option<u64> {
    let digits = text.trim_ascii_start().strip_suffix(b" kB")?;
    let value = digits.iter().try_fold(0_u64, |value, &digit| {
        let digit = digit.checked_sub(b'0').filter(|&digit| digit < 10)?;
        value.checked_mul(10)?.checked_add(digit.into())
    })?;
    (!digits.is_empty() && value < 1 << 54).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIB: u64 = 1024;

    fn check(text: &str, rss_kib: u64, hwm_kib: Option<u64>) {
        let bytes = parse(text.as_bytes()).unwrap();
        assert_eq!(bytes.get(Metric::Rss), Some(rss_kib * KIB));
        assert_eq!(bytes.get(Metric::Hwm), hwm_kib.map(|kib| kib * KIB));
    }

    #[test]
    fn a_file_of_linux_6_18() {
        check(include_str!("../tests/data/status_linux_6.18.txt"), 1728, Some(1728));
    }

    #[test]
    fn the_kinds_of_memory_come_with_it_and_an_old_kernel_may_lack_them() {
        let bytes = parse(include_bytes!("../tests/data/status_linux_6.18.txt")).unwrap();
        let parts = [Metric::Anon, Metric::File, Metric::Shmem].map(|metric| bytes.get(metric).unwrap());
        assert_eq!(parts.iter().sum::<u64>(), bytes.get(Metric::Rss).unwrap());
        assert_eq!(bytes.get(Metric::Swap), Some(0));
        assert_eq!(bytes.get(Metric::Vms), Some(3060 * KIB));
        let old = parse(b"VmHWM:\t 9 kB\nVmRSS:\t 8 kB\nVmPTE:\t 4 kB\nVmSwap:\t 2 kB\n").unwrap();
        assert_eq!((old.get(Metric::Anon), old.get(Metric::Swap)), (None, Some(2 * KIB)));
    }

    #[test]
    fn a_zombie_has_no_reading() {
        assert_eq!(parse(include_bytes!("../tests/data/status_zombie_linux_6.18.txt")), None);
    }

    #[test]
    fn an_exiting_process_has_no_reading() {
        assert_eq!(parse(b"Name:\ttrue\nVmHWM:\t     100 kB\nVmRSS:\t       0 kB\n"), None);
    }

    #[test]
    fn a_name_cannot_pass_for_a_processor() {
        let numbers = (4..=52).map(|nth| format!(" {}", nth + 100)).collect::<String>();
        let stat = |name: &str| format!("7 ({name}) S{numbers}\n").into_bytes();
        for name in ["sleep", "a) R 1 2 3", ")", "\u{fc}\n("] {
            assert_eq!(processor(&stat(name)), Some(139), "{name}");
        }
        assert_eq!((processor(b""), processor(b"7 (x) S 1"), processor(b"7 (x")), (None, None, None));
    }

    #[test]
    fn the_sets_are_some_lines_of_many() {
        let head =
            b"55c0-7ffd ---p 00000000 00:00 0 [rollup]\nRss:   2000 kB\nPss:    700 kB\nPss_Dirty: 9 kB\n";
        let pss = Bytes::default().with(Metric::Pss, 700 * KIB);
        assert_eq!(sets(head), Some(pss));
        let private = b"Private_Clean: 5 kB\nPrivate_Dirty: 600 kB\nPrivate_Hugetlb: 2048 kB\n";
        assert_eq!(sets(&[&head[..], private].concat()), Some(pss.with(Metric::Uss, 2653 * KIB)));
        assert_eq!(sets(b""), None);
    }

    #[test]
    fn signals_that_wait_are_bits() {
        assert_eq!(pending(b"SigPnd:\t0000000000000001\nShdPnd:\t0000000000004000\n"), Some(1 << (15 - 1)));
        assert_eq!((pending(b"ShdPnd:\tx\n"), pending(b"")), (None, None));
        assert_eq!(caught(b"SigIgn:\t0000000000001000\nSigCgt:\t0000000000000002\n"), Some(1 << (2 - 1)));
    }

    #[test]
    fn what_is_the_same_need_not_be_understood_again_and_what_is_not_is() {
        let text = |head: &str, rss: &str, tail: &str| {
            format!("Name:\tx\n{head}\nVmHWM:\t 9 kB\nVmRSS:\t {rss} kB\nVmPTE:\t 1 kB\nThreads:\t{tail}\n")
        };
        let mut latest = Latest::default();
        let texts = [
            text("State:\tS", "5", "1"),
            text("State:\tR", "5", "2"),
            text("State:\tR", "6", "2"),
            text("State:\tR (running)", "6", "2"),
            text("State:\tR (running)", "16", "2"),
            text("VmSize:\t 99 kB", "16", "2"),
            text("VmSize:\t 98 kB", "16", "2"),
            text("VmRSS:\t 6 kB", "7", "2"),
            "VmRSS:\t 5 kB".to_owned(),
            "VmRSS:\t 5 kB\nVmSwap:\t 1 kB\nThreads:".to_owned(),
            "Name:\tx\nState:\tZ\nThreads:\t1\n".to_owned(),
            String::new(),
            text("State:\tS", "5", "1"),
        ];
        for text in texts.iter().flat_map(|text| [text, text]) {
            assert_eq!(latest.parse(text.as_bytes()), parse(text.as_bytes()), "{text}");
        }
    }

    #[test]
    fn the_name_is_the_first_line() {
        for (it, is_it) in [("a b", true), ("a", false), ("a b\n", false), ("a b\nU", false), ("", false)] {
            assert_eq!(has_name(b"Name:\ta b\nUmask:\t0022\n", it.as_bytes()), is_it, "{it:?}");
        }
        assert_eq!(name(b"Name:\ta b\nUmask:\t0022\n"), b"a b");
        assert_eq!(name(b"Umask:\t0022\n"), b"");
    }

    #[test]
    fn a_task_is_a_thread_of_its_process_or_of_the_kernel() {
        assert_eq!(process(b"Name:\tx\nTgid:\t4711\nPid:\t4712\n"), Some(4711));
        assert_eq!((process(b"Tgid:\tx\n"), process(b"")), (None, None));
        assert!(is_of_kernel(b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0"));
        assert!(!is_of_kernel(b"9 (a) 0 0 0 0 0 2129984) S 1 9 9 0 -1 4194560 0 0"));
        assert!(!is_of_kernel(b"9 (a"));
    }

    #[test]
    fn who_is_dying_has_no_memory_and_is_no_zombie_or_not_as_a_whole() {
        let stat = |state: char, n_threads: u8, memory: u32| {
            format!(
                "7 (a) Z 1 ) {state} 1 9 9 0 -1 4228100 0 0 0 0 0 0 0 0 20 0 {n_threads} 0 5 {memory} 0 9"
            )
        };
        for (state, n_threads, memory, is_so) in [
            ('R', 1, 0, true),
            ('D', 1, 0, true),
            ('Z', 2, 0, true),
            ('Z', 1, 0, false),
            ('X', 0, 0, false),
            ('R', 1, 4096, false),
        ] {
            assert_eq!(
                is_dying(stat(state, n_threads, memory).as_bytes()),
                is_so,
                "{state} {n_threads} {memory}"
            );
        }
        assert!(!is_dying(b"2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 9"));
        assert!(!is_dying(b"9 (a"));
    }

    #[test]
    fn a_sleeper_is_alone_and_neither_runs_nor_waits_for_a_disk() {
        let text = |state: &str, n_threads: &str| {
            format!("Name:\tState:\\n\nState:\t{state}\nVmRSS:\t 5 kB\nThreads:\t{n_threads}\n")
        };
        for state in ["S (sleeping)", "T (stopped)"] {
            assert!(sleeps_alone(text(state, "1").as_bytes()), "{state}");
            assert!(!sleeps_alone(text(state, "11").as_bytes()), "{state}");
        }
        for state in ["R (running)", "D (disk sleep)", "t (tracing stop)", "Z (zombie)", ""] {
            assert!(!sleeps_alone(text(state, "1").as_bytes()), "{state}");
        }
        assert!(!sleeps_alone(b""));
    }

    #[test]
    fn counts_of_a_kernel_that_does_not_count_say_nothing() {
        assert!(has_run(b"1051931 339373 1\n") && has_run(b"0 0 20"));
        for text in [&b"0 0 0\n"[..], b"7 7 0\n", b"", b"\n"] {
            assert!(!has_run(text), "{text:?}");
        }
    }

    #[test]
    fn faults_are_counted_whether_they_had_to_read_or_not() {
        assert_eq!(n_faults(b"9 (a) 0 0) S 1 9 9 0 -1 4194560 123 4000 7 8000 0 0"), Some(123 + 7));
        assert_eq!(n_faults(b"9 (a) S 1 9 9 0 -1 4194560 123 4000"), None);
        let stat = b"9 (a) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25";
        assert_eq!((stat_resident_pages(stat), stat_resident_pages(&stat[..60])), (Some(24), None));
        assert_eq!((n_faults(b"9 (a) S 1 9 9 0 -1 4194560 -1 4000 7"), n_faults(b"")), (None, None));
    }

    #[test]
    fn a_name_cannot_pass_for_a_line() {
        check("Name:\tVmRSS: 7 kB\\nVmRSS:\nVmRSS:\t 5 kB\n", 5, None);
    }

    #[test]
    fn numbers_that_are_none_are_absent() {
        for text in ["VmRSS:\t-1 kB\n", "VmRSS:\t kB\n", "VmRSS:\t99999999999999999999 kB\n", "VmRSS:", ""] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
