//! Large recordings for measuring: makes them, and says how fast they are read.
//!
//!     cargo run --release -p mprof-recording --example dat -- make mprof 10000000 > mprof.dat
//!     cargo run --release -p mprof-recording --example dat -- read mprof.dat
//!
//! Kinds are `mprof` (as mprof 0.61 writes), `ours` (as `run` writes on Linux), and `tree` (ours, of 32 processes).

use mprof_recording::dat::{self, MemLines, Writer};
use mprof_recording::event::{Event, Kind, Start};
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
        ["make", "mprof", n] => make_mprofs(n.parse()?)?,
        ["make", "ours", n] => make_ours(n.parse()?, 1)?,
        ["make", "tree", n] => make_ours(n.parse()?, 32)?,
        ["read", path] => read(path)?,
        _ => return Err("expected make mprof|ours|tree N, or read FILE".into()),
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

fn make_mprofs(n_samples: u64) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut walk = Walk { state: 7, n_pages: 4000 };
    writeln!(out, "CMDLINE python3 train.py")?;
    for idx in 0..n_samples {
        let seconds = (START_NS + idx * INTERVAL_NS) as f64 / 1e9;
        writeln!(out, "MEM {:.6} {seconds:.4}", walk.next_bytes() as f64 / f64::from(1 << 20))?;
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

fn make_ours(n_samples: u64, n_processes: u32) -> io::Result<()> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut writer = Writer::new(Forward(&mut out), MemLines::Root);
    let start = Start {
        argv: vec![b"python3".to_vec(), b"train.py".to_vec()],
        unix_ns: START_NS,
        interval_ns: Some(INTERVAL_NS),
        recorder: Some("mprof-rs 0.1.0".into()),
        system: None,
    };
    writer.event(&Event { at_ns: 0, kind: Kind::Started(start) })?;
    for number in 1..=n_processes {
        let parent = (number > 1).then_some(1.into());
        let kind = Kind::Joined { pid: number.into(), parent, name: "python3".into() };
        writer.event(&Event { at_ns: 0, kind })?;
    }
    let mut walks: Vec<(Walk, u64)> =
        (1..=n_processes).map(|number| (Walk { state: number.into(), n_pages: 4000 }, 0)).collect();
    for idx in 0..n_samples {
        let place = (idx % u64::from(n_processes)) as usize;
        let (walk, hwm) = &mut walks[place];
        let rss = walk.next_bytes();
        *hwm = rss.max(*hwm);
        let bytes = Bytes::default().with(Metric::Rss, rss).with(Metric::Hwm, *hwm);
        let bytes = bytes.with(Metric::Anon, rss - 20 * PAGE).with(Metric::File, 20 * PAGE);
        let at_ns = idx / u64::from(n_processes) * INTERVAL_NS;
        writer.event(&Event { at_ns, kind: Kind::Sample { pid: (place as u32 + 1).into(), bytes } })?;
        writer.pause()?;
    }
    writer.finish()?;
    out.flush()
}
