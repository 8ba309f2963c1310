//! Large recordings for measuring: makes them, and says how fast they are read.
//!
//!     cargo run --release -p mprof-recording --example dat -- make mprof 10000000 > mprof.dat
//!     cargo run --release -p mprof-recording --example dat -- read mprof.dat
//!
//! Kinds, of so many samples: `mprof` (as mprof 0.61 writes), `children` (the same, of a program with three children),
//! `functions` (with a call every hundred samples), `ours` (as `run` writes on Linux), `metrics` (ours, of which every
//! metric changes), `tree` (ours, of 32 processes), and `storm` (ours, of two samples of each short process).

use mprof_recording::dat::{self, MemLines, Writer};
use mprof_recording::event::{Departure, Event, Exit, Kind, Start};
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::pump::Sink as _;
use std::error::Error;
use std::fs;
use std::hint::black_box;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::time::Instant;

const INTERVAL_NS: u64 = 10_000_000;
const START_NS: u64 = 1_795_432_880_809_812_345;
const PAGE: u64 = 4096;
const N_READS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", "mprof", n] => make_mprofs(n.parse()?, &Mprofs { n_children: 0, call_every: u64::MAX })?,
        ["make", "children", n] => make_mprofs(n.parse()?, &Mprofs { n_children: 3, call_every: u64::MAX })?,
        ["make", "functions", n] => make_mprofs(n.parse()?, &Mprofs { n_children: 0, call_every: 100 })?,
        ["make", "ours", n] => make_ours(n.parse()?, 1, few_change)?,
        ["make", "metrics", n] => make_ours(n.parse()?, 1, all_change)?,
        ["make", "tree", n] => make_ours(n.parse()?, 32, few_change)?,
        ["make", "storm", n] => make_storm(n.parse()?)?,
        ["read", path] => read(path)?,
        _ => return Err("expected make KIND N, or read FILE; kinds are at the top of this file".into()),
    }
    Ok(())
}

/// Says how many bytes of a file, in memory already, are read in a second: the median of some times.
fn read(path: &str) -> Result<(), Box<dyn Error>> {
    let file = fs::read(path)?;
    let mut rates = Vec::new();
    for _ in 0..N_READS {
        let start = Instant::now();
        black_box(dat::read(black_box(&file))?);
        rates.push(file.len() as f64 / 1e6 / start.elapsed().as_secs_f64());
    }
    rates.sort_by(f64::total_cmp);
    let [low, median, high] = [rates[0], rates[N_READS / 2], rates[N_READS - 1]];
    println!("{path}: {median:.0} MB/s ({low:.0}–{high:.0}), {} bytes", file.len());
    Ok(())
}

/// Memory that goes up and down by some pages at a time, now and then by many.
struct Walk {
    state: u64,
    n_pages: u64,
}

impl Walk {
    fn next_bytes(&mut self) -> u64 {
        // Xorshift: the same walk every time.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let step = if self.state.is_multiple_of(1000) { self.state % 20_000 } else { self.state % 16 };
        let is_up = self.n_pages < 5000 || (self.n_pages < 60_000 && self.state >> 40 & 1 == 0);
        self.n_pages = if is_up { self.n_pages + step } else { self.n_pages.saturating_sub(step).max(100) };
        self.n_pages * PAGE
    }
}

/// What a file of mprof's has beside its readings of the program.
struct Mprofs {
    n_children: u64,
    call_every: u64,
}

fn make_mprofs(n_samples: u64, kind: &Mprofs) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut walk = Walk { state: 7, n_pages: 4000 };
    writeln!(out, "CMDLINE python3 train.py")?;
    for idx in 0..n_samples {
        let (tick, place) = (idx / (kind.n_children + 1), idx % (kind.n_children + 1));
        let seconds = (START_NS + tick * INTERVAL_NS) as f64 / 1e9;
        let mib = walk.next_bytes() as f64 / f64::from(1 << 20);
        match place {
            0 => writeln!(out, "MEM {mib:.6} {seconds:.4}")?,
            _ => writeln!(out, "CHLD {} {mib:.6} {seconds:.4}", 4711 + place)?,
        }
        if idx % kind.call_every == kind.call_every - 1 {
            let end = seconds + 0.005;
            writeln!(out, "FUNC __main__.step {mib:.4} {seconds:.4} {mib:.4} {end:.4} 0")?;
        }
    }
    out.flush()
}

/// A stream that counts as a file of its own: nothing in it is replaced, as while memory changes all the time.
struct Forward<W: Write>(W);

impl<W: Write> Write for Forward<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<W: Write> Seek for Forward<W> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::NotSeekable.into())
    }
}

/// A program that is read every ten milliseconds.
fn start() -> Event {
    let start = Start {
        argv: vec![b"python3".to_vec(), b"train.py".to_vec()],
        unix_ns: START_NS,
        interval_ns: Some(INTERVAL_NS),
        recorder: Some("mprof-rs 0.1.0".into()),
        system: None,
    };
    Event { at_ns: 0, kind: Kind::Started(start) }
}

fn joined(at_ns: u64, number: u32) -> Event {
    let parent = (number > 1).then_some(1.into());
    Event { at_ns, kind: Kind::Joined { pid: number.into(), parent, name: "python3".into() } }
}

/// A resident set of which the anonymous part changes.
fn few_change(rss: u64) -> Bytes {
    let bytes = Bytes::default().with(Metric::Rss, rss);
    bytes.with(Metric::Anon, rss - 20 * PAGE).with(Metric::File, 20 * PAGE)
}

/// Every metric that Linux has changes with the resident set.
fn all_change(rss: u64) -> Bytes {
    let all = [Metric::File, Metric::Shmem, Metric::Swap, Metric::PageTables, Metric::Hugetlb, Metric::Pss];
    all.into_iter().zip(1..).fold(few_change(rss), |bytes, (metric, part)| bytes.with(metric, rss / 8 * part))
}

fn make_ours(n_samples: u64, n_processes: u32, reading: impl Fn(u64) -> Bytes) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut writer = Writer::new(Forward(&mut out), MemLines::Root);
    writer.event(&start())?;
    for number in 1..=n_processes {
        writer.event(&joined(0, number))?;
    }
    let mut walks: Vec<(Walk, u64)> =
        (1..=n_processes).map(|number| (Walk { state: number.into(), n_pages: 4000 }, 0)).collect();
    for idx in 0..n_samples {
        let place = (idx % u64::from(n_processes)) as usize;
        let (walk, hwm) = &mut walks[place];
        let rss = walk.next_bytes();
        *hwm = rss.max(*hwm);
        let at_ns = idx / u64::from(n_processes) * INTERVAL_NS;
        let bytes = reading(rss).with(Metric::Hwm, *hwm);
        writer.event(&Event { at_ns, kind: Kind::Sample { pid: (place as u32 + 1).into(), bytes } })?;
        writer.pause()?;
    }
    writer.finish()?;
    out.flush()
}

/// A program that starts four short processes a tick, of each of which two readings are taken.
fn make_storm(n_samples: u64) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut writer = Writer::new(Forward(&mut out), MemLines::Root);
    let mut walk = Walk { state: 7, n_pages: 400 };
    writer.event(&start())?;
    writer.event(&joined(0, 1))?;
    for idx in 0..n_samples / 2 {
        let (at_ns, number) = (idx / 4 * INTERVAL_NS, idx as u32 + 2);
        if idx % 4 == 0 {
            let bytes = few_change(walk.next_bytes());
            writer.event(&Event { at_ns, kind: Kind::Sample { pid: 1.into(), bytes } })?;
        }
        writer.event(&joined(at_ns, number))?;
        for at_ns in [at_ns, at_ns + INTERVAL_NS / 2] {
            let rss = walk.next_bytes();
            let bytes = few_change(rss).with(Metric::Hwm, rss);
            writer.event(&Event { at_ns, kind: Kind::Sample { pid: number.into(), bytes } })?;
        }
        let departure = Departure { exit: Some(Exit::Code(0)), ..Departure::default() };
        let kind = Kind::Left { pid: number.into(), departure };
        writer.event(&Event { at_ns: at_ns + INTERVAL_NS / 2, kind })?;
        writer.pause()?;
    }
    writer.finish()?;
    out.flush()
}
