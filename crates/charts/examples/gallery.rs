//! Draws every kind of chart, to be looked at: `cargo run --release --example gallery -- FOLDER [FILE.dat …]`.
//!
//! Without files it draws made-up runs; with files it draws those, each alone and all together.

use mprof_charts::{
    CELL_PX, Charset, Chart, Coloring, DPI, Error, Format, Letters, Named, Options, Theme, over_time, render,
    side_by_side,
};
use mprof_recording::dat;
use mprof_recording::event::{Departure, Start};
use mprof_recording::metric::{Bytes, Metric};
use mprof_recording::recording::Call;
use mprof_recording::samples::Samples;
use mprof_recording::{Left, Process, Recording};
use std::path::PathBuf;
use std::time::Instant;

const MIB: f64 = 1048576.0;
const GB: f64 = 1e9;

fn main() {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let folder = arguments.next().expect("name a folder for the pictures");
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    let gallery = Gallery { folder };
    let files: Vec<PathBuf> = arguments.collect();
    if !files.is_empty() {
        return recorded(&gallery, &files);
    }
    one_run(&gallery);
    trees(&gallery);
    runs_together(&gallery);
    extremes(&gallery);
    narrow(&gallery);
}

fn recorded(gallery: &Gallery, files: &[PathBuf]) {
    let read = |file: &PathBuf| {
        let started = Instant::now();
        let bytes = std::fs::read(file).expect("the file can be read");
        let recording = dat::read(&bytes).expect("it is a recording").recording;
        println!("read {} in {:?}", file.display(), started.elapsed());
        (file.file_stem().unwrap_or_default().to_string_lossy().into_owned(), recording)
    };
    let runs: Vec<(String, Recording)> = files.iter().map(read).collect();
    let named: Vec<Named<'_>> = runs.iter().map(|(label, recording)| Named { label, recording }).collect();
    named.iter().for_each(|one| gallery.draw(one.label, &[*one]));
    gallery.draw("together", &named);
    gallery.draw_panels("panels", &named);
}

/// Runs of which every process was read alone.
fn trees(gallery: &Gallery) {
    let runs = [pool(), make(3000), make(40), bursts(), crowd(1000, 1000)];
    let names = ["tree_pool", "tree_make", "tree_small_make", "tree_own_peak", "tree_crowd"];
    let named: Vec<Named<'_>> =
        names.iter().zip(&runs).map(|(label, recording)| Named { label, recording }).collect();
    named.iter().for_each(|one| gallery.draw(one.label, &[*one]));
    gallery.draw("tree_together", &named[..3]);
    gallery.draw_panels("tree_panels", &named);
    for (idx, one) in named[..3].iter().enumerate() {
        let options = Options { width_px: 460, height_px: Some(420), dpi: 192, ..Options::default() };
        let chart = over_time(&[*one], &options).expect("there is something to draw");
        gallery.write(&format!("tree_narrow_{idx}"), Format::Png, &chart, Instant::now());
    }
}

fn one_run(gallery: &Gallery) {
    let alone = |name: &str, recording: &Recording| gallery.draw(name, &[Named { label: name, recording }]);
    alone("ramp", &ramp("python3 ex1.py", 60.0, 16.0 * GB));
    alone("spikes", &spikes());
    alone("tree", &tree(4));
    alone("forest", &tree(30));
    alone("calls", &with_calls());
    let mut hidden = ramp("./bursts", 8.0, 120.0 * MIB);
    hwm_above(&mut hidden.processes[0].samples, 3.1, 175.0 * MIB);
    alone("hidden_peak", &hidden);
    let mut reaped = ramp("make -j8", 8.0, 120.0 * MIB);
    let departure = Departure { maxrss_bytes: Some((310.0 * MIB) as u64), ..Departure::default() };
    reaped.processes[0].left = Left::at(8_000_000_000, departure);
    alone("reaped", &reaped);
}

fn runs_together(gallery: &Gallery) {
    let sixteen = ramp("ex1", 58.2, 16.0 * GB);
    let eight = ramp("ex2", 31.0, 8.0 * GB);
    let small = run("ex3", (0..900).map(|i| (f64::from(i) * 0.05, 40.0 * MIB + f64::from(i % 9) * 90_000.0)));
    let nothing = Recording { command: "false".into(), ..Recording::default() };
    let files = ["mprofile_20261123134500.dat — ex1", "mprofile_20261123134700.dat — ex2", "ex3.dat — ex3"];
    let three = [&sixteen, &eight, &small];
    let named: Vec<Named<'_>> =
        files.iter().zip(three).map(|(label, recording)| Named { label, recording }).collect();
    gallery.draw("overlay_3", &named);
    gallery.draw_panels("panels_3", &named);
    let with_nothing = [named[0], named[2], Named { label: "false.dat — false", recording: &nothing }];
    gallery.draw("overlay_empty", &with_nothing);
    gallery.draw_panels("panels_empty", &with_nothing);
    let bursts = spikes();
    let many = [named[0], named[1], named[2], Named { label: "spikes", recording: &bursts }];
    let cycle = |n: usize| many.iter().copied().cycle().take(n).collect::<Vec<_>>();
    gallery.draw(
        "overlay_10",
        &ten(&["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"])
            .iter()
            .map(|(label, recording)| Named { label, recording })
            .collect::<Vec<_>>(),
    );
    gallery.draw_panels("panels_7", &cycle(7));
    gallery.draw_panels("panels_12", &cycle(12));
    gallery.draw_panels("panels_2", &cycle(2));
}

/// Runs of different lengths and sizes.
fn ten<'a>(names: &[&'a str]) -> Vec<(&'a str, Recording)> {
    let run = |(idx, name): (usize, &&'a str)| {
        let nth = idx as f64;
        (*name, ramp(&format!("./train --batch {}", 16 << idx), 20.0 + 4.0 * nth, (0.3 + 0.35 * nth) * GB))
    };
    names.iter().enumerate().map(run).collect()
}

/// As wide as a column of a paper.
fn narrow(gallery: &Gallery) {
    let runs = [ramp("ex1", 58.2, 16.0 * GB), spikes(), tree(12)];
    let named: Vec<Named<'_>> = runs.iter().map(|it| Named { label: &it.command, recording: it }).collect();
    let options = Options { width_px: 460, height_px: Some(320), dpi: 192, ..Options::default() };
    for (idx, recordings) in [&named[..1], &named[2..], &named[..]].into_iter().enumerate() {
        let chart = over_time(recordings, &options).expect("there is something to draw");
        gallery.write(&format!("narrow_{idx}"), Format::Png, &chart, Instant::now());
    }
    let chart = side_by_side(&named, &options).expect("there is something to draw");
    gallery.write("narrow_panels", Format::Png, &chart, Instant::now());
}

fn extremes(gallery: &Gallery) {
    let alone = |name: &str, recording: &Recording| gallery.draw(name, &[Named { label: name, recording }]);
    let three = [(0.0, 3.0), (1.0, 11.0), (2.0, 7.0)];
    alone("three_samples", &run("sleep 2", three.iter().map(|&(at_s, mib)| (at_s, mib * MIB))));
    alone("one_sample", &run("true", std::iter::once((0.0035, 610_000.0))));
    alone("constant_zero", &run("zero", (0..100).map(|i| (f64::from(i) * 0.1, 0.0))));
    alone("no_time", &run("instant", std::iter::once((0.0, 12.0 * MIB))));
    alone(
        "weeks",
        &run("server", (0..50_000).map(|i| (f64::from(i) * 40.0, 3e9 + f64::from(i % 977) * 1e6))),
    );
    alone("huge", &run("huge", (0..50).map(|i| (f64::from(i) * 1e6, 3e17 * f64::from(i)))));
    let hostile =
        "echo '<script>alert(1)</script>' & \"quotes\" עברית 🦀 naïve Ελληνικά Кириллица a\u{0}b\nnew";
    alone("hostile", &ramp(&hostile.repeat(9), 9.0, 50.0 * MIB));
    let started = Instant::now();
    let ten_million = run("long", (0..10_000_000).map(|i| (f64::from(i) * 1e-3, noise(i) * 2e9)));
    println!("made 10 million samples in {:?}", started.elapsed());
    alone("ten_million", &ten_million);
}

struct Gallery {
    folder: PathBuf,
}

/// A kind of chart.
type Kind = fn(&[Named<'_>], &Options) -> Result<Chart, Error>;

impl Gallery {
    fn draw(&self, name: &str, recordings: &[Named<'_>]) {
        self.draw_kind(name, recordings, over_time);
    }

    fn draw_panels(&self, name: &str, recordings: &[Named<'_>]) {
        self.draw_kind(name, recordings, side_by_side);
    }

    /// Every output, in both themes, and bitmaps for dense screens too.
    fn draw_kind(&self, name: &str, recordings: &[Named<'_>], kind: Kind) {
        for (suffix, theme, dpi) in
            [("", Theme::Light, DPI), ("_dark", Theme::Dark, DPI), ("_2x", Theme::Light, 2 * DPI)]
        {
            for format in
                Format::ALL.into_iter().filter(|it| it.kind() == mprof_charts::Kind::Bitmap || dpi == DPI)
            {
                let options = Options { theme, dpi, detail: format.detail(), ..Options::default() };
                let options = if format == Format::Text { in_cells(theme) } else { options };
                let started = Instant::now();
                let chart = kind(recordings, &options).expect("there is something to draw");
                self.write(&format!("{name}{suffix}"), format, &chart, started);
            }
        }
    }

    fn write(&self, name: &str, format: Format, chart: &Chart, started: Instant) {
        let built = started.elapsed();
        let started = Instant::now();
        let bytes = render(chart, format).expect("the chart can be drawn");
        let file = self.folder.join(format!("{name}.{}", format.extension()));
        let (took, size) = (started.elapsed(), bytes.len() / 1000);
        println!("{:28} built {built:>10.1?} drawn {took:>8.1?} {size:>5} kB", file.display());
        std::fs::write(file, bytes).expect("the picture can be written");
    }
}

/// A terminal of the usual size; instead of dark, one of ASCII.
fn in_cells(theme: Theme) -> Options {
    let charset = if theme == Theme::Dark { Charset::Ascii } else { Charset::Unicode };
    let letters = Some(Letters { charset, coloring: Coloring::Plain });
    Options { width_px: 100 * CELL_PX.0, letters, ..Options::default() }
}

fn run(command: &str, readings: impl Iterator<Item = (f64, f64)>) -> Recording {
    let samples = sampled(readings);
    let root = Process { pid: Some(4242.into()), name: Some(command.into()), samples, ..Process::default() };
    Recording { command: command.to_owned(), processes: vec![root], ..Recording::default() }
}

fn sampled(readings: impl Iterator<Item = (f64, f64)>) -> Samples {
    let mut samples = Samples::default();
    for (at_s, bytes) in readings {
        samples.push((at_s * 1e9) as u64, &Bytes::default().with(Metric::Rss, bytes as u64));
    }
    samples
}

/// Grows to a size in 6000 samples with the kernel's mark beside, and falls at the end.
fn ramp(command: &str, seconds: f64, top: f64) -> Recording {
    let mut samples = Samples::default();
    for i in 0..6000_u32 {
        let share = f64::from(i) / 5999.0;
        let rss = 28.0 * MIB + (share / 0.97).min(1.0) * top + noise(i) * 4.0 * MIB;
        let rss = if share > 0.97 { rss * 0.4 } else { rss };
        let bytes = Bytes::default().with(Metric::Rss, rss as u64);
        samples.push((share * seconds * 1e9) as u64, &bytes);
    }
    hwm_above(&mut samples, 0.0, 0.0);
    let root =
        Process { pid: Some(4242.into()), name: Some("python3".into()), samples, ..Process::default() };
    Recording { command: command.to_owned(), processes: vec![root], ..Recording::default() }
}

/// Adds the kernel's mark: the running maximum, and what rose unseen at a time.
fn hwm_above(samples: &mut Samples, at_s: f64, hidden: f64) {
    let mut marked = Samples::default();
    let mut hwm = 0;
    for (at_ns, rss) in samples.iter(Metric::Rss) {
        hwm = hwm.max(rss);
        if hidden > 0.0 && at_ns as f64 >= at_s * 1e9 {
            hwm = hwm.max(hidden as u64);
        }
        marked.push(at_ns, &Bytes::default().with(Metric::Rss, rss).with(Metric::Hwm, hwm));
    }
    *samples = marked;
}

fn spikes() -> Recording {
    let value = |i: u32| {
        let spike = if i % 97 < 3 { noise(i / 97) * 900.0 } else { 0.0 };
        (f64::from(i) * 0.01, (60.0 + spike + noise(i) * 12.0) * MIB)
    };
    run("node server.js --workers 1", (0..6000).map(value))
}

fn tree(n_children: u32) -> Recording {
    let mut recording = ramp("python3 pool.py --workers 4", 20.0, 300.0 * MIB);
    for child in 0..n_children {
        let start_s = 1.0 + f64::from(child) * 0.4;
        let size = 30.0 + noise(child * 31) * 240.0;
        let value = |i: u32| {
            let share = f64::from(i) / 400.0;
            (start_s + share * 8.0, (10.0 + size * (share * 3.1).sin().abs()) * MIB)
        };
        let samples = sampled((0..400).map(value));
        let name = Some("python3".into());
        recording.processes.push(Process {
            pid: Some((4300 + child).into()),
            name,
            samples,
            ..Process::default()
        });
    }
    recording
}

/// A run of the recorder's own: a reading each 10 ms.
fn of_ours(command: &str, processes: Vec<Process>) -> Recording {
    let recorder = Some("mprof-rs".to_owned());
    let start = Start { recorder, interval_ns: Some(10_000_000), ..Start::default() };
    Recording { command: command.to_owned(), start, processes, ..Recording::default() }
}

/// A process that joins at a time, with readings each 10 ms from then on, and leaves.
fn member(pid: u32, name: &str, from_s: f64, mib: impl Iterator<Item = f64>) -> Process {
    let mut samples = Samples::default();
    let (mut at_ns, mut hwm) = ((from_s * 1e9) as u64, 0);
    for mib in mib {
        let rss = (mib * MIB) as u64;
        hwm = hwm.max(rss);
        samples.push(at_ns, &Bytes::default().with(Metric::Rss, rss).with(Metric::Hwm, hwm));
        at_ns += 10_000_000;
    }
    let name = Some(name.into());
    let left = Left::at(at_ns, Departure::default());
    Process { pid: Some(pid.into()), name, samples, left, ..Process::default() }
}

/// A program of 400 MiB that forks workers, who write to more and more of what they share. PSS is read each second.
fn pool() -> Recording {
    let mut processes =
        vec![member(100, "python3", 0.0, (0..1200).map(|i| f64::from(i.min(150)) * 400.0 / 150.0))];
    let worker = |n: u32| {
        member(101 + n, "python3", 2.0 + f64::from(n) * 0.3, (0..800).map(|i| 380.0 + f64::from(i) * 0.1))
    };
    processes.extend((0..6).map(worker));
    for process in &mut processes {
        let mut samples = Samples::default();
        for (idx, &at_ns) in process.samples.times_ns().iter().enumerate() {
            let mut bytes = process.samples.bytes(idx);
            if at_ns / 10_000_000 % 100 == 0 {
                let share = if at_ns > 2_000_000_000 { 0.25 } else { 1.0 };
                bytes.set(Metric::Pss, bytes.get(Metric::Rss).map(|rss| (rss as f64 * share) as u64));
            }
            samples.push(at_ns, &bytes);
        }
        process.samples = samples;
    }
    of_ours("python3 pool.py --workers 6", processes)
}

/// A build: compilers that live shortly, many of them for one reading only, and a linker.
fn make(n_compilers: u32) -> Recording {
    let end_s = 60.0;
    let mut processes = vec![member(1, "make", 0.0, (0..6000).map(|_| 6.0))];
    for n in 0..n_compilers {
        let from_s = f64::from(n) / f64::from(n_compilers) * (end_s - 8.0);
        let n_readings =
            1 + (noise(n) * noise(n * 7 + 1) * 60_000.0 / f64::from(n_compilers.max(200))) as u32;
        let top = 15.0 + noise(n * 3 + 2).powi(6) * 300.0;
        let share = move |i: u32| f64::from(i + 1) / f64::from(n_readings);
        processes.push(member(n + 2, "cc1plus", from_s, (0..n_readings).map(move |i| top * share(i).sqrt())));
    }
    processes.push(member(n_compilers + 2, "ld", 53.0, (0..500).map(|i| 30.0 + f64::from(i) * 0.9)));
    of_ours("make -j8", processes)
}

/// One of two processes reached more between two readings than both together in any.
fn bursts() -> Recording {
    let mut worker = member(7, "burst", 1.0, (0..500).map(|i| 40.0 + noise(i) * 9.0));
    hwm_above(&mut worker.samples, 3.1, 190.0 * MIB);
    worker.left = Left::at(6_000_000_000, Departure::default());
    of_ours("sh -c ./burst", vec![member(6, "sh", 0.0, (0..700).map(|_| 2.0)), worker])
}

/// Many processes with many readings each.
fn crowd(n_processes: u32, n_readings: u32) -> Recording {
    let member = |n: u32| {
        let mib = (0..n_readings).map(move |i| 10.0 + f64::from(n % 37) + noise(i * 31 + n) * 5.0);
        member(n + 1, "worker", 0.0, mib)
    };
    of_ours("mpirun -n 1000 ./model", (0..n_processes).map(member).collect())
}

fn with_calls() -> Recording {
    let mut recording = ramp("python3 nested.py", 12.0, 220.0 * MIB);
    let calls =
        [("__main__.main", 0.5, 11.5, 0), ("__main__.load", 1.0, 4.0, 1), ("__main__.fit", 4.2, 9.8, 1)];
    let parts = [("__main__.parse", 1.2, 2.1, 2), ("numpy.linalg.svd", 6.0, 6.3, 2)];
    for (name, from_s, to_s, level) in calls.into_iter().chain(parts) {
        let (from_ns, to_ns) = ((from_s * 1e9) as u64, (to_s * 1e9) as u64);
        recording.calls.push(Call { name: name.into(), from_ns, to_ns, level, ..Call::default() });
    }
    recording
}

/// Between 0 and 1, the same on every machine.
fn noise(seed: u32) -> f64 {
    let mixed = seed.wrapping_mul(2_654_435_761) ^ (seed >> 7).wrapping_mul(2_246_822_519);
    f64::from(mixed >> 8 & 0xffff) / 65535.0
}
