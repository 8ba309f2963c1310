//! The runs of a comparison's table, with the figures of what is drawn: another metric, or a part of each run.

use crate::curve;
use crate::options::{Named, Options};
use crate::view::View;
use crate::whole::Whole;
use mprof_recording::Recording;
use mprof_recording::area::{self, Area};
use mprof_recording::command::printable;
use mprof_recording::compare::{Row, Subject};
use mprof_recording::summary::Summary;

/// A row for each recording, about what the options show of it.
#[must_use]
pub fn rows(recordings: &[Named<'_>], options: &Options) -> Vec<Row> {
    let show = options.show;
    let subject = Subject { metric: show.metric, window_ns: show.window_ns, unit: show.unit };
    let row = |named: &Named<'_>| {
        let mut row = Row::new(&printable(named.label), named.recording);
        row.subject = subject;
        if !subject.is_whole_run() || row.summary.metric != subject.metric {
            narrow(&mut row.summary, named.recording, options);
        }
        row
    };
    recordings.iter().map(row).collect()
}

/// Puts figures of what is shown in the place of those of the whole run.
fn narrow(summary: &mut Summary, recording: &Recording, options: &Options) {
    let view = View::of(recording, curve::end_ns(recording), options, 1);
    let whole = Whole::of(recording, &view);
    let peak = whole.as_ref().and_then(|whole| whole.peak);
    (summary.peak_bytes, summary.peak_kind) = (peak.map(|peak| peak.bytes), peak.map(|peak| peak.kind));
    summary.peak_at_ns = peak.and_then(|peak| peak.at_ns);
    summary.duration_ns = view.end_ns.saturating_sub(view.from_ns);
    // Between readings that are taken now and then nobody knows.
    let whole = whole.filter(|_| view.metric().is_in_every_reading());
    let area = whole.and_then(|whole| area_byte_ns(&whole, &view));
    let read_ns = area::read_ns(&view.gaps_ns, view.from_ns, view.end_ns);
    let mean = area.and_then(|area| area.checked_div(u128::from(read_ns)));
    summary.mean_bytes = mean.and_then(|mean| u64::try_from(mean).ok());
    summary.area_byte_seconds = area.and_then(|area| u64::try_from(area / 1_000_000_000).ok());
}

/// What lies below the curve, where it was read.
fn area_byte_ns(whole: &Whole<'_>, view: &View) -> Option<u128> {
    let mut area = Area::outside(&view.gaps_ns);
    whole.points(view).for_each(|point| area.take(point));
    area.byte_ns()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::Show;
    use mprof_recording::Process;
    use mprof_recording::event::Start;
    use mprof_recording::metric::{Bytes, Metric};

    /// Duration, peak and mean of a run whose memory rises by a byte, and whose heap by two, each nanosecond.
    #[track_caller]
    fn check(show: Show, expected: (u64, Option<u64>, Option<u64>)) {
        let mut root = Process::default();
        for at_ns in [0, 10, 20] {
            root.samples
                .push(at_ns, &Bytes::default().with(Metric::Rss, at_ns).with(Metric::Anon, 2 * at_ns));
        }
        let recording = Recording { processes: vec![root], ..Recording::default() };
        let options = Options { show, ..Options::default() };
        let rows = rows(&[Named { label: "a", recording: &recording }], &options);
        let summary = &rows[0].summary;
        assert_eq!((summary.duration_ns, summary.peak_bytes, summary.mean_bytes), expected);
    }

    /// Peak and mean of a window of a run with readings and a stretch in which nothing was read.
    #[track_caller]
    fn check_window(window_ns: (u64, u64), expected: (Option<u64>, Option<u64>)) {
        let mut root = Process { silences_ns: [(60, 90)].into_iter().collect(), ..Process::default() };
        for (at_ns, bytes) in [(0, 10), (40, 10), (50, 30), (60, 30), (90, 50), (100, 50)] {
            root.samples.push(at_ns, &Bytes::default().with(Metric::Rss, bytes));
        }
        let start = Start { recorder: Some(String::new()), ..Start::default() };
        let run = Recording { start, processes: vec![root], ..Recording::default() };
        let mut tree = run.clone();
        let mut child = Process::default();
        child.samples.push(0, &Bytes::default().with(Metric::Rss, 0));
        tree.processes.push(child);
        for recording in [run, tree] {
            let show = Show { window_ns: Some(window_ns), ..Show::default() };
            let named = Named { label: "a", recording: &recording };
            let rows = rows(&[named], &Options { show, ..Options::default() });
            let summary = &rows[0].summary;
            assert_eq!((summary.peak_bytes, summary.mean_bytes), expected, "{}", recording.has_tree());
        }
    }

    #[test]
    fn a_window_has_the_peak_of_what_held_in_it() {
        check_window((10, 30), (Some(10), Some(10)));
        check_window((42, 48), (Some(26), Some(20)));
        check_window((0, 45), (Some(20), Some(10)));
    }

    #[test]
    fn a_window_in_which_nothing_was_read_has_no_figures() {
        check_window((65, 80), (None, None));
        check_window((55, 80), (Some(30), Some(30)));
        check_window((70, 100), (Some(50), Some(50)));
    }

    #[test]
    fn a_row_is_of_the_metric_and_the_part_that_is_drawn() {
        check(Show::default(), (20, Some(20), Some(10)));
        check(Show { window_ns: Some((0, 10)), ..Show::default() }, (10, Some(10), Some(5)));
        check(Show { metric: Metric::Anon, ..Show::default() }, (20, Some(40), Some(20)));
        check(Show { metric: Metric::Pss, ..Show::default() }, (20, None, None));
    }
}
