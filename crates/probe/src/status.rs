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
#[path = "status/tests.rs"]
mod tests;
