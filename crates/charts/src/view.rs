//! The part of a recording that a panel shows: one metric, from one time to another, as finely as can be seen.
//!
//! Every curve goes through here: it is cut at the edges, reduced, and broken where nothing was read.

use crate::chart::{Gap, Ground, Ink, Point, Series};
use crate::finest::finest_columns;
use crate::options::{Detail, Options};
use crate::reduce::Reduction;
use crate::show::Show;
use mprof_recording::area::is_within;
use mprof_recording::metric::Metric;
use mprof_recording::window::Clip;
use mprof_recording::{Process, Recording};

/// A curve of so many points is told without those that lie on a level line between two others.
const LEVEL_FROM: usize = 1000;

/// Gaps that are narrower than so many columns of pixels cannot be seen.
const LEAST_GAP_COLUMNS: u64 = 3;

/// What a panel shows of a recording.
#[derive(Clone)]
pub(crate) struct View {
    pub(crate) show: Show,
    pub(crate) from_ns: u64,
    pub(crate) end_ns: u64,
    n_columns: usize,
    pub(crate) interval_ns: Option<u64>,
    detail: Detail,
    tells_departures: bool,
    /// Where nothing was read, of what can be seen.
    pub(crate) gaps: Vec<Gap>,
    /// The same of all, for figures.
    pub(crate) gaps_ns: Vec<(u64, u64)>,
}

impl View {
    /// A view of a recording whose time ends there, in a panel of a figure that has so many beside each other.
    pub(crate) fn of(recording: &Recording, end_ns: u64, options: &Options, n_panels: usize) -> Self {
        let show = options.show;
        let (from_ns, end_ns) =
            show.window_ns.map_or((0, end_ns), |(from_ns, to_ns)| (from_ns, to_ns.min(end_ns)));
        let n_columns = options.resolution(n_panels).min(finest_columns(recording)).max(1);
        let least_ns = end_ns.saturating_sub(from_ns) / n_columns as u64 * LEAST_GAP_COLUMNS;
        let is_visible =
            |gap: &Gap| gap.from_ns < end_ns && gap.to_ns > from_ns && gap.to_ns - gap.from_ns > least_ns;
        let gaps_ns = recording.gaps();
        let gaps = gaps_ns.iter().map(|&(from_ns, to_ns)| Gap { from_ns, to_ns });
        let interval_ns = recording.start.interval_ns;
        let gaps = gaps.filter(is_visible).collect();
        let (detail, tells_departures) = (options.detail, recording.tells_departures());
        Self { show, from_ns, end_ns, n_columns, interval_ns, detail, tells_departures, gaps, gaps_ns }
    }

    pub(crate) fn metric(&self) -> Metric {
        self.show.metric
    }

    /// The same view of what was not read then, in any order.
    pub(crate) fn with_gaps(&self, gaps: impl Iterator<Item = Gap>) -> Self {
        let mut gaps: Vec<Gap> = gaps.collect();
        gaps.sort_unstable_by_key(|gap| (gap.from_ns, gap.to_ns));
        gaps.dedup_by(|next, before| {
            let is_joined = next.from_ns < before.to_ns;
            before.to_ns = if is_joined { before.to_ns.max(next.to_ns) } else { before.to_ns };
            is_joined
        });
        Self { gaps, ..self.clone() }
    }

    /// Whether a time is shown.
    pub(crate) fn holds(&self, at_ns: u64) -> bool {
        self.show.window_ns.is_none() || (self.from_ns..=self.end_ns).contains(&at_ns)
    }

    /// Whether anything was read around a time.
    pub(crate) fn is_read(&self, at_ns: u64) -> bool {
        !is_within(&self.gaps_ns, at_ns)
    }

    /// The least time that can be seen.
    pub(crate) fn column_ns(&self) -> u64 {
        self.end_ns.saturating_sub(self.from_ns) / self.n_columns as u64
    }

    /// Whether a curve has nothing in the window.
    pub(crate) fn is_empty_part(&self, series: &Series) -> bool {
        self.show.window_ns.is_some() && series.points.is_empty()
    }

    /// The curve of a process. It ends where the process left, or with its last reading where that is not told.
    pub(crate) fn process(&self, process: &Process, name: String, ink: Ink) -> Series {
        let left_ns = process.left.at_ns().filter(|_| self.tells_departures);
        self.series(points_until(process, self.metric(), left_ns), name, ink)
    }

    /// A curve through points.
    pub(crate) fn series(&self, points: impl Iterator<Item = (u64, u64)>, name: String, ink: Ink) -> Series {
        let mut cut = self.cut();
        points.for_each(|point| cut.push(point));
        self.drawn(cut.finish(), name, ink)
    }

    /// What a curve becomes in this view, while it comes.
    pub(crate) fn cut(&self) -> Cut {
        let (clip, from_ns) = match self.show.window_ns {
            Some(_) => (Some(Clip::new(self.from_ns, self.end_ns)), self.from_ns),
            None => (None, 0),
        };
        Cut { clip, from_ns, reduction: Reduction::new(self.end_ns - from_ns, self.n_columns) }
    }

    /// A curve through points that are cut already.
    pub(crate) fn drawn(&self, points: Vec<Point>, name: String, ink: Ink) -> Series {
        let series = self.broken(Series { name, ink, points, breaks: Vec::new(), ground: Ground::Bare });
        // What is read now and then is dots, and each of them counts.
        let is_line = self.metric().is_in_every_reading() && ink != Ink::Shared;
        let is_long = self.detail == Detail::Zoom && series.points.len() > LEVEL_FROM;
        if is_long && is_line { without_levels(series) } else { series }
    }

    /// The curve without what it claims of stretches in which nothing was read.
    fn broken(&self, mut series: Series) -> Series {
        for gap in &self.gaps {
            let points = &mut series.points;
            let from = points.partition_point(|point| point.at_ns <= gap.from_ns);
            let to = points.partition_point(|point| point.at_ns < gap.to_ns);
            points.drain(from..to.max(from));
            if from > 0 && from < points.len() {
                series.breaks.push(from);
            }
        }
        series
    }
}

/// A curve that is cut at the edges of a window and reduced, point by point.
pub(crate) struct Cut {
    clip: Option<Clip>,
    from_ns: u64,
    reduction: Reduction,
}

impl Cut {
    #[inline]
    pub(crate) fn push(&mut self, point: (u64, u64)) {
        match &mut self.clip {
            None => self.reduction.push(point),
            Some(clip) => {
                let (reduction, from_ns) = (&mut self.reduction, self.from_ns);
                clip.take(point).for_each(|(at_ns, bytes)| reduction.push((at_ns - from_ns, bytes)));
            }
        }
    }

    pub(crate) fn finish(self) -> Vec<Point> {
        let mut points = self.reduction.finish();
        points.iter_mut().for_each(|point| point.at_ns += self.from_ns);
        points
    }
}

/// The same line with the least points where nothing changes: a metric that never does is two. It stays where it is, as
/// there may be no room for another.
fn without_levels(mut series: Series) -> Series {
    let mut breaks = series.breaks.iter().copied().peekable();
    let (mut kept_breaks, mut n_kept, mut before) = (Vec::new(), 0, None);
    let points = &mut series.points;
    for idx in 0..points.len() {
        let is_first = breaks.next_if_eq(&idx).is_some();
        if is_first {
            kept_breaks.push(n_kept);
        }
        let is_last = breaks.peek() == Some(&(idx + 1));
        let bytes = Some(points[idx].bytes);
        let after = points.get(idx + 1).filter(|_| !is_last).map(|point| point.bytes);
        let is_level = !is_first && before == bytes && after == bytes;
        before = bytes;
        if !is_level {
            points[n_kept] = points[idx];
            n_kept += 1;
        }
    }
    points.truncate(n_kept);
    points.shrink_to_fit();
    series.breaks = kept_breaks;
    series
}

/// The readings of a process as points that straight lines may join, to the time when it left.
pub(crate) fn points_of(process: &Process, metric: Metric) -> impl Iterator<Item = (u64, u64)> + '_ {
    points_until(process, metric, process.left.at_ns())
}

fn points_until(
    process: &Process,
    metric: Metric,
    left_ns: Option<u64>,
) -> impl Iterator<Item = (u64, u64)> + '_ {
    let last = process.samples.times_ns().last().copied().zip(left_ns);
    let last_bytes = || process.samples.get(process.samples.len() - 1, metric);
    let held = last.filter(|(last_ns, left_ns)| left_ns > last_ns);
    let held = held.and_then(|(_, left_ns)| Some((left_ns, last_bytes()?)));
    process.samples.iter(metric).chain(held)
}

/// The highest point, and of equals the first.
pub(crate) fn highest(points: &[Point]) -> Option<Point> {
    points.iter().copied().reduce(|best, next| if next.bytes > best.bytes { next } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mprof_recording::Left;
    use mprof_recording::event::{Departure, Start};
    use mprof_recording::metric::Bytes;

    fn process(readings: &[(u64, u64)], silences_ns: &[(u64, u64)], left_ns: u64) -> Process {
        let mut process =
            Process { silences_ns: silences_ns.iter().copied().collect(), ..Process::default() };
        process.left = Left::at(left_ns, Departure::default());
        for &(at_ns, bytes) in readings {
            process.samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
        }
        process
    }

    fn series(process: Process, window_ns: Option<(u64, u64)>) -> Series {
        let start = Start { recorder: Some("us".into()), ..Start::default() };
        let recording = Recording { start, processes: vec![process], ..Recording::default() };
        let show = Show { window_ns, ..Show::default() };
        let view = View::of(&recording, 1000, &Options { show, ..Options::default() }, 1);
        view.process(&recording.processes[0], String::new(), Ink::Rest)
    }

    fn pairs(series: &Series) -> Vec<(u64, u64)> {
        series.points.iter().map(Point::pair).collect()
    }

    #[test]
    fn a_curve_ends_where_its_process_left() {
        let curve = series(process(&[(4, 70)], &[], 9), None);
        assert_eq!(pairs(&curve), [(4, 70), (9, 70)]);
    }

    #[test]
    fn a_window_cuts_a_curve_at_its_edges() {
        let curve = series(process(&[(0, 0), (100, 100), (900, 100)], &[], 900), Some((50, 500)));
        assert_eq!(pairs(&curve), [(50, 50), (100, 100), (500, 100)]);
    }

    #[test]
    fn a_curve_is_broken_where_nothing_was_read() {
        let curve = series(process(&[(0, 5), (10, 5), (700, 9), (800, 9)], &[(10, 700)], 800), None);
        assert_eq!((pairs(&curve).len(), &curve.breaks[..]), (4, &[2][..]));
        let pieces: Vec<usize> = curve.pieces().map(<[Point]>::len).collect();
        assert_eq!(pieces, [2, 2]);
    }

    #[test]
    fn a_page_keeps_the_ends_of_what_stays_level() {
        let curve = |detail| {
            let readings: Vec<(u64, u64)> =
                (0..2000).map(|at_ns| (at_ns, if at_ns == 900 { 9 } else { 5 })).collect();
            let start = Start { recorder: Some("us".into()), ..Start::default() };
            let process = process(&readings, &[(1500, 1600)], 1999);
            let recording = Recording { start, processes: vec![process], ..Recording::default() };
            let options = Options { detail, width_px: 3000, ..Options::default() };
            let view = View::of(&recording, 2000, &options, 1);
            view.process(&recording.processes[0], String::new(), Ink::Rest)
        };
        let page = curve(Detail::Zoom);
        let ends = [(0, 5), (899, 5), (900, 9), (901, 5), (1500, 5), (1600, 5), (1999, 5)];
        assert_eq!((pairs(&page), &page.breaks[..]), (ends.to_vec(), &[5][..]));
        assert!(curve(Detail::Sheet).points.len() > 1000);
    }

    #[test]
    fn a_gap_at_the_edge_of_a_window_leaves_nothing_of_the_line_through_it() {
        let run = process(&[(0, 5), (10, 5), (700, 9), (800, 9)], &[(10, 700)], 800);
        assert_eq!(pairs(&series(run.clone(), Some((300, 800)))), [(700, 9), (800, 9)]);
        assert_eq!(pairs(&series(run.clone(), Some((0, 300)))), [(0, 5), (10, 5)]);
        assert_eq!(pairs(&series(run, Some((300, 500)))), []);
    }
}
