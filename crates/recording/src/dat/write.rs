//! Writing a recording as it happens.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Seek, SeekFrom, Write};

use super::calls::{self, Curve};
use super::shown::{self, ChildLines, MemLines};
use super::{VERSION, decimal};
use crate::call::Call;
use crate::command;
use crate::event::{Departure, Event, Exit, Finish, Kind, Pid, Start};
use crate::gaps::MUCH_LONGER;
use crate::metric::{Bytes, Metric};
use crate::pump::{MAX_WAIT_NS, Sink};

/// Writes events as lines of a `.dat` file.
///
/// A reading that differs in nothing from the last one of its process is counted, not written; the line before the
/// next change carries the count, so that the curve is exact. Lines are handed on whole, in one write. Until a line
/// follows it, the last line of the file is one that says how far the counting has come, and it is replaced in place.
#[derive(Debug)]
pub struct Writer<W: Write + Seek> {
    out: W,
    pending: Vec<u8>,
    /// Length of the line at the end of the file that is to be replaced.
    tail_len: usize,
    /// Whether the last line can be replaced. If not, as in a pipe, every reading is written.
    is_seekable: bool,
    handed_on_at_ns: u64,
    /// When anything was read last, and when anything was read first after a stretch in which nothing was.
    read_at_ns: u64,
    heard_again_at_ns: u64,
    silence_ns: u64,
    /// Something rare is pending, which should not wait.
    is_urgent: bool,
    now_ns: u64,
    started_unix_ns: u64,
    root: Option<Pid>,
    latest: BTreeMap<Pid, Latest>,
    mem_lines: MemLines,
    metric: Metric,
    child_lines: ChildLines,
    /// The root's reading of a tick whose other readings are still to come.
    held: Option<(u64, Bytes)>,
    /// What mprof draws, and where it was when each open call began.
    curve: Curve,
    entered_bytes: HashMap<u64, u64>,
}

/// The latest reading of a process.
#[derive(Debug)]
struct Latest {
    bytes: Bytes,
    /// The number at the head of its line; absent when the metric that mprof is to draw was not read.
    shown_bytes: Option<u64>,
    at_ns: u64,
    /// How many readings since its last line said the same.
    n_same: u64,
}

impl<W: Write + Seek> Writer<W> {
    /// A writer to a file, or to any other place.
    pub fn new(mut out: W, mem_lines: MemLines) -> Self {
        let is_seekable = out.stream_position().is_ok();
        Self {
            out,
            pending: Vec::with_capacity(8192),
            tail_len: 0,
            is_seekable,
            handed_on_at_ns: 0,
            read_at_ns: 0,
            heard_again_at_ns: 0,
            silence_ns: u64::MAX,
            is_urgent: false,
            now_ns: 0,
            started_unix_ns: 0,
            root: None,
            latest: BTreeMap::new(),
            mem_lines,
            metric: Metric::Rss,
            child_lines: ChildLines::Shown,
            held: None,
            curve: Curve::default(),
            entered_bytes: HashMap::new(),
        }
    }

    /// The same, with lines of children as they are wanted.
    #[must_use]
    pub fn with(self, child_lines: ChildLines) -> Self {
        Self { child_lines, ..self }
    }

    /// The same, with a metric for mprof to draw in place of the resident set.
    #[must_use]
    pub fn drawing(self, metric: Metric) -> Self {
        Self { metric, ..self }
    }

    /// Gives the place back. What was not handed on is lost, so a stream is finished first.
    pub fn into_inner(self) -> W {
        self.out
    }

    /// Hands on what is pending, in place of the line that only said how far the counting had come.
    fn hand_on(&mut self) -> io::Result<()> {
        self.handed_on_at_ns = self.now_ns;
        self.is_urgent = false;
        let n_replaced = self.tail_len;
        self.push_tail()?;
        if n_replaced > 0 {
            self.out.seek(SeekFrom::Current(-(n_replaced as i64)))?;
            // Nothing of a longer line may be left behind this one.
            let n_missing = n_replaced.saturating_sub(self.pending.len());
            let end = self.pending.len().saturating_sub(1);
            self.pending.splice(end..end, std::iter::repeat_n(b' ', n_missing));
        }
        self.out.write_all(&self.pending)?;
        self.pending.clear();
        self.out.flush()
    }

    /// The line that says how far the counting has come, where anything is being counted.
    fn push_tail(&mut self) -> io::Result<()> {
        let n_lines = self.pending.len();
        if self.latest.values().any(|latest| latest.n_same > 0) {
            let n_same = self.root.and_then(|root| self.latest.get(&root)).map_or(0, |latest| latest.n_same);
            write!(self.pending, "SAME ")?;
            decimal::write_seconds(&mut self.pending, self.started_unix_ns.saturating_add(self.now_ns))?;
            writeln!(self.pending, " {n_same}")?;
        }
        self.tail_len = self.pending.len() - n_lines;
        Ok(())
    }

    fn line(&mut self, event: &Event) -> io::Result<()> {
        let unix_ns = self.started_unix_ns.saturating_add(event.at_ns);
        let out = &mut self.pending;
        match &event.kind {
            Kind::Started(start) => {
                self.started_unix_ns = start.unix_ns;
                self.silence_ns = start.interval_ns.map_or(u64::MAX, |ns| ns.saturating_mul(MUCH_LONGER));
                write_start(out, start)?;
                shown::write_notes(out, self.mem_lines, self.metric, self.child_lines)
            }
            Kind::Noted { key, text } => writeln!(out, "META {key} {}", command::encode(text.as_bytes())),
            Kind::Joined { pid, parent, name } => {
                let tag = if self.root.is_none() { "ROOT" } else { "PROC" };
                self.root.get_or_insert(*pid);
                write_joined(out, tag, *pid, unix_ns, *parent, name)
            }
            Kind::Renamed { pid, name } => {
                write!(out, "NAME {pid} ")?;
                decimal::write_seconds(out, unix_ns)?;
                writeln!(out, " {}", command::encode(name.as_bytes()))
            }
            Kind::Sample { pid, bytes } => self.sample(*pid, event.at_ns, bytes),
            Kind::Left { pid, departure } => {
                self.settle(*pid)?;
                self.latest.remove(pid);
                write_left(&mut self.pending, *pid, unix_ns, departure)
            }
            Kind::Entered(entry) => {
                self.entered_bytes.insert(entry.id, self.curve.at(event.at_ns));
                calls::write_entry(out, entry, unix_ns)
            }
            Kind::Called { call, id } => self.call(call, *id),
            Kind::Marked(moment) => calls::write_moment(out, moment, unix_ns),
            Kind::Told { name, value } => {
                write!(out, "TOLD {} ", told_name(name))?;
                decimal::write_seconds(out, unix_ns)?;
                writeln!(out, " {value}")
            }
            Kind::Finished(finish) => {
                self.settle_all()?;
                write_finish(&mut self.pending, unix_ns, finish)
            }
        }
    }

    fn call(&mut self, call: &Call, id: Option<u64>) -> io::Result<()> {
        let entered_bytes = id.and_then(|id| self.entered_bytes.remove(&id));
        let point = |at_ns: u64, bytes| (self.started_unix_ns.saturating_add(at_ns), bytes);
        let from = point(call.from_ns, entered_bytes.unwrap_or_else(|| self.curve.at(call.from_ns)));
        let to = point(call.to_ns, self.curve.at(call.to_ns));
        calls::write_call(&mut self.pending, call, id, [from, to])
    }

    fn sample(&mut self, pid: Pid, at_ns: u64, bytes: &Bytes) -> io::Result<()> {
        if at_ns.saturating_sub(self.read_at_ns) > self.silence_ns {
            self.heard_again_at_ns = at_ns;
        }
        self.read_at_ns = at_ns;
        if self.mem_lines == MemLines::Sum && self.root == Some(pid) {
            self.held = Some((at_ns, *bytes));
            return Ok(());
        }
        self.keep(pid, at_ns, bytes, bytes.get(self.metric))
    }

    /// Writes the root's reading once the sum of its tick is known.
    fn let_go(&mut self) -> io::Result<()> {
        let (Some((at_ns, bytes)), Some(root)) = (self.held.take(), self.root) else { return Ok(()) };
        let others = self.latest.iter().filter(|(pid, _)| **pid != root);
        let others_bytes = others.filter_map(|(_, latest)| latest.shown_bytes);
        let sum_bytes = bytes.get(self.metric).into_iter().chain(others_bytes).reduce(u64::saturating_add);
        self.keep(root, at_ns, &bytes, sum_bytes)
    }

    fn keep(&mut self, pid: Pid, at_ns: u64, bytes: &Bytes, shown_bytes: Option<u64>) -> io::Result<()> {
        if let Some(shown_bytes) = shown_bytes.filter(|_| self.root == Some(pid)) {
            self.curve.push(at_ns, shown_bytes);
        }
        if let Some(latest) = self.latest.get_mut(&pid)
            && self.is_seekable
            // The readings on both sides of a stretch without any are written, so that one sees where it was.
            && latest.at_ns >= self.heard_again_at_ns
            && latest.bytes == *bytes
            && latest.shown_bytes == shown_bytes
        {
            latest.at_ns = at_ns;
            latest.n_same += 1;
            return Ok(());
        }
        self.settle(pid)?;
        let known = self.latest.get(&pid).map_or(Bytes::default(), |latest| latest.bytes);
        // What is read now and then must be written each time, so it is never the same.
        let latest = Latest { bytes: bytes.of_every_reading(), shown_bytes, at_ns, n_same: 0 };
        self.write_reading(pid, &latest, bytes, &known)?;
        self.latest.insert(pid, latest);
        Ok(())
    }

    /// Writes the last of the readings that were only counted.
    fn settle(&mut self, pid: Pid) -> io::Result<()> {
        let Some(latest) = self.latest.get_mut(&pid) else { return Ok(()) };
        let Some(n_before) = latest.n_same.checked_sub(1) else { return Ok(()) };
        latest.n_same = 0;
        let last = Latest { n_same: n_before, ..*latest };
        self.write_reading(pid, &last, &last.bytes, &last.bytes)
    }

    fn settle_all(&mut self) -> io::Result<()> {
        let pids: Vec<Pid> = self.latest.keys().copied().collect();
        pids.into_iter().try_for_each(|pid| self.settle(pid))
    }

    /// Writes a reading with what differs from the line before. A sample without a resident set has no place in the
    /// format that mprof reads, and no platform gives one.
    fn write_reading(&mut self, pid: Pid, latest: &Latest, bytes: &Bytes, known: &Bytes) -> io::Result<()> {
        let unix_ns = self.started_unix_ns.saturating_add(latest.at_ns);
        let out = &mut self.pending;
        let Some(rss_bytes) = bytes.get(Metric::Rss) else {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "a sample without a resident set"));
        };
        // What mprof is to draw was not read: it passes over the line.
        let is_hidden = latest.shown_bytes.is_none();
        let number_bytes = latest.shown_bytes.unwrap_or(rss_bytes);
        match (self.root == Some(pid), self.child_lines) {
            (true, _) if is_hidden => write!(out, "KIN - ")?,
            (true, _) => write!(out, "MEM ")?,
            (false, ChildLines::Shown) if !is_hidden => write!(out, "CHLD {pid} ")?,
            (false, _) => write!(out, "KIN {pid} ")?,
        }
        decimal::write_mib(out, number_bytes)?;
        out.push(b' ');
        decimal::write_seconds(out, unix_ns)?;
        if rss_bytes != number_bytes {
            write!(out, " {}={rss_bytes}", Metric::Rss.name())?;
        }
        for metric in Metric::ALL.into_iter().skip(1) {
            match (bytes.get(metric), known.get(metric)) {
                (value, known) if value == known => {}
                (Some(value), _) => write!(out, " {}={value}", metric.name())?,
                (None, _) => write!(out, " {}=-", metric.name())?,
            }
        }
        if latest.n_same > 0 {
            write!(out, " same={}", latest.n_same)?;
        }
        writeln!(out)
    }
}

impl<W: Write + Seek> Sink for Writer<W> {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let is_rare = !matches!(event.kind, Kind::Sample { .. });
        if is_rare || self.held.is_some_and(|(at_ns, _)| at_ns != event.at_ns) {
            self.let_go()?;
        }
        self.now_ns = self.now_ns.max(event.at_ns);
        self.is_urgent |= is_rare;
        self.line(event)
    }

    fn pause(&mut self) -> io::Result<()> {
        if self.is_urgent || self.now_ns.saturating_sub(self.handed_on_at_ns) >= MAX_WAIT_NS {
            // A tick is over, so that its sum is known.
            self.let_go()?;
            self.hand_on()?;
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        self.let_go()?;
        self.hand_on()
    }
}

fn write_start(out: &mut Vec<u8>, start: &Start) -> io::Result<()> {
    writeln!(out, "META format mprof-rs {VERSION}")?;
    write!(out, "META start ")?;
    decimal::write_seconds(out, start.unix_ns)?;
    writeln!(out)?;
    if let Some(interval_ns) = start.interval_ns {
        writeln!(out, "META interval_ns {interval_ns}")?;
    }
    for (key, text) in [("recorder", &start.recorder), ("system", &start.system)] {
        if let Some(text) = text {
            writeln!(out, "META {key} {}", command::encode(text.as_bytes()))?;
        }
    }
    let words: Vec<String> = start.argv.iter().map(|arg| command::encode(arg)).collect();
    writeln!(out, "META argv {}", words.join(" "))?;
    writeln!(out, "CMDLINE {}", command::display(&start.argv))
}

fn write_joined(
    out: &mut Vec<u8>,
    tag: &str,
    pid: Pid,
    unix_ns: u64,
    parent: Option<Pid>,
    name: &str,
) -> io::Result<()> {
    write!(out, "{tag} {pid} ")?;
    decimal::write_seconds(out, unix_ns)?;
    match parent {
        Some(parent) => write!(out, " {parent} ")?,
        None => write!(out, " - ")?,
    }
    writeln!(out, "{}", command::encode(name.as_bytes()))
}

fn write_left(out: &mut Vec<u8>, pid: Pid, unix_ns: u64, departure: &Departure) -> io::Result<()> {
    write!(out, "LEFT {pid} ")?;
    decimal::write_seconds(out, unix_ns)?;
    match departure.exit {
        Some(Exit::Code(code)) => write!(out, " exit={code}")?,
        Some(Exit::Signal(signal)) => write!(out, " signal={signal}")?,
        None => {}
    }
    let figures = [
        ("hwm", departure.hwm_bytes),
        ("maxrss", departure.maxrss_bytes),
        ("maxrss_floor", departure.maxrss_floor_bytes),
    ];
    for (key, value) in figures {
        if let Some(value) = value {
            write!(out, " {key}={value}")?;
        }
    }
    writeln!(out)
}

fn write_finish(out: &mut Vec<u8>, unix_ns: u64, finish: &Finish) -> io::Result<()> {
    write!(out, "END ")?;
    decimal::write_seconds(out, unix_ns)?;
    write!(out, " how={} samples={} missed={}", finish.how.name(), finish.n_samples, finish.n_missed)?;
    write!(out, " late={} unread={}", finish.n_late, finish.n_unread)?;
    let measured = [
        ("unreadable", Some(finish.n_unreadable).filter(|&n| n > 0)),
        ("cgroup_peak", finish.cgroup_peak_bytes),
        ("late_median_ns", finish.late_median_ns),
        ("late_p99_ns", finish.late_p99_ns),
        ("own_cpu_ns", finish.own_cpu_ns),
        ("own_peak", finish.own_peak_bytes),
    ];
    for (key, value) in measured {
        if let Some(value) = value {
            write!(out, " {key}={value}")?;
        }
    }
    writeln!(out)
}

/// The name of a told figure as one word.
fn told_name(name: &str) -> String {
    let word_char = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
    name.chars().map(word_char).collect()
}
