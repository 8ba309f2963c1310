//! The runs of a comparison's table, with the figures of what is drawn: another metric, or a part of each run.

use crate::curve;
use crate::options::{Named, Options};
use crate::view::View;
use crate::whole::Whole;
use mprof_recording::Recording;
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
        if !subject.is_whole_run() {
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
    let mean = area.and_then(|area| area.checked_div(u128::from(summary.duration_ns)));
    summary.mean_bytes = mean.and_then(|mean| u64::try_from(mean).ok());
    summary.area_byte_seconds = area.and_then(|area| u64::try_from(area / 1_000_000_000).ok());
}

/// What lies below the curve.
fn area_byte_ns(whole: &Whole<'_>, view: &View) -> Option<u128> {
    let (mut before, mut doubled): (Option<(u64, u64)>, u128) = (None, 0);
    for (at_ns, bytes) in whole.points(view) {
        if let Some((before_ns, before_bytes)) = before.replace((at_ns, bytes)) {
            let sum_bytes = u128::from(bytes) + u128::from(before_bytes);
            doubled = doubled.saturating_add(u128::from(at_ns.saturating_sub(before_ns)) * sum_bytes);
        }
    }
    before.map(|_| doubled / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::show::Show;
    use mprof_recording::Process;
    use mprof_recording::metric::{Bytes, Metric};

    /// Duration, peak, mean and area of a run whose memory rises by a byte, and whose heap by two, each nanosecond.
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

    #[test]
    fn a_row_is_of_the_metric_and_the_part_that_is_drawn() {
        check(Show::default(), (20, Some(20), Some(10)));
        check(Show { window_ns: Some((0, 10)), ..Show::default() }, (10, Some(10), Some(5)));
        check(Show { metric: Metric::Anon, ..Show::default() }, (20, Some(40), Some(20)));
        check(Show { metric: Metric::Pss, ..Show::default() }, (20, None, None));
    }
}
