//! What the reader of a page may choose from: the same recordings in every metric that they hold, and as stacks.

use crate::account::Account;
use crate::chart::Chart;
use crate::curve;
use crate::options::{Detail, Error, Named, Options};
use crate::show::{Show, Stack};
use mprof_recording::command::printable;
use mprof_recording::metric::Metric;

/// Stacks of more readings would take longer to make than all the rest of a page. Whoever asks for one gets it.
const MOST_STACKED: u64 = 2_000_000;

/// The chart that the options ask for, and where a reader can choose, the account and the other charts that some
/// drawing makes of the same recordings.
pub(crate) fn with_choices(
    recordings: &[Named<'_>],
    stacks: &[Stack],
    options: &Options,
    draw: impl Fn(&Options) -> Result<Chart, Error>,
) -> Result<Chart, Error> {
    check(recordings, options)?;
    let mut chart = draw(options)?;
    // A stack that this kind of chart does not know was not drawn.
    let stack = options.show.stack.filter(|stack| stacks.contains(stack));
    chart.name = name(&Show { stack, ..options.show });
    if options.detail == Detail::Zoom {
        chart.account = Account::of(recordings, options);
        let n_readings: u64 = recordings.iter().map(|named| named.recording.n_readings()).sum();
        let stacks = if n_readings > MOST_STACKED { &[] } else { stacks };
        let shows = shows(stacks, options.show).filter(|show| *show != options.show);
        // What cannot be drawn of these recordings is not offered.
        chart.others = shows.filter_map(|show| other(recordings, options, show, &draw)).collect();
    }
    Ok(chart)
}

/// Every metric by itself, and the stacks of resident sets.
fn shows(stacks: &[Stack], show: Show) -> impl Iterator<Item = Show> {
    let metrics = Metric::ALL.into_iter().map(move |metric| Show { metric, stack: None, ..show });
    let stacked = move |&stack| Show { metric: Metric::Rss, stack: Some(stack), ..show };
    metrics.chain(stacks.iter().map(stacked).collect::<Vec<_>>())
}

/// One of the other charts, if there is anything in it.
fn other(
    recordings: &[Named<'_>],
    options: &Options,
    show: Show,
    draw: impl Fn(&Options) -> Result<Chart, Error>,
) -> Option<Chart> {
    let options = Options { show, ..options.clone() };
    check(recordings, &options).ok()?;
    let chart = draw(&options).ok()?;
    let n_series: usize = chart.panels.iter().map(|panel| panel.series.len()).sum();
    // Of a single process or kind, a stack is the curve that there is already.
    let is_new = n_series > chart.panels.len() * usize::from(show.stack.is_some());
    is_new.then(|| Chart { name: name(&show), ..chart })
}

/// What a chart is called among others.
fn name(show: &Show) -> String {
    match show.stack {
        None => show.metric.label().to_owned(),
        Some(Stack::Kinds) => "kinds, stacked".to_owned(),
        Some(Stack::Processes) if show.metric == Metric::Rss => "processes, stacked".to_owned(),
        Some(Stack::Processes) => format!("processes, stacked: {}", show.metric.label()),
    }
}

/// Whether there is anything to draw.
fn check(recordings: &[Named<'_>], options: &Options) -> Result<(), Error> {
    let metric = options.show.metric;
    if recordings.is_empty() {
        return Err(Error::NoRecordings);
    }
    if recordings.iter().all(|named| curve::is_blank(named.recording, metric)) {
        let is_known =
            |metric: &Metric| recordings.iter().any(|named| !curve::is_blank(named.recording, *metric));
        let known: Vec<Metric> = Metric::ALL.into_iter().filter(is_known).collect();
        return Err(if known.is_empty() {
            let labels = recordings.iter().map(|named| printable(named.label)).collect();
            Error::NothingToDraw { labels }
        } else {
            Error::NoMetric { wanted: metric, known }
        });
    }
    let end_ns = recordings.iter().map(|named| curve::end_ns(named.recording)).max().unwrap_or(0);
    match options.show.window_ns {
        Some((from_ns, _)) if from_ns >= end_ns => Err(Error::OutsideWindow { from_ns, end_ns }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{over_time, side_by_side};
    use mprof_recording::metric::Bytes;
    use mprof_recording::{Process, Recording};

    fn recording(metrics: &[Metric]) -> Recording {
        let mut root = Process::default();
        for at_ns in 0..9 {
            let bytes =
                metrics.iter().fold(Bytes::default(), |bytes, &metric| bytes.with(metric, at_ns << 20));
            root.samples.push(at_ns, &bytes);
        }
        Recording { processes: vec![root], ..Recording::default() }
    }

    fn names(chart: &Chart) -> Vec<&str> {
        chart.choices().map(|chart| chart.name.as_str()).collect()
    }

    fn options(metric: Metric, detail: Detail) -> Options {
        Options { show: Show { metric, ..Show::default() }, detail, ..Options::default() }
    }

    #[test]
    fn what_was_asked_for_comes_first_and_then_whatever_was_recorded() {
        let recording = recording(&[Metric::Rss, Metric::Anon, Metric::File, Metric::Swap]);
        let named = [Named { label: "a", recording: &recording }];
        let chart = over_time(&named, &options(Metric::Anon, Detail::Zoom)).expect("it has readings");
        assert_eq!(names(&chart), ["anonymous", "resident set (RSS)", "file", "swap", "kinds, stacked"]);
        assert!(chart.others.iter().all(|other| other.others.is_empty()));
        let chart = side_by_side(&named, &options(Metric::Rss, Detail::Zoom)).expect("it has readings");
        assert_eq!(names(&chart)[1..], ["anonymous", "file", "swap", "kinds, stacked"]);
    }

    #[test]
    fn a_picture_holds_one() {
        let recording = recording(&[Metric::Rss, Metric::Anon]);
        let named = [Named { label: "a", recording: &recording }];
        let chart = over_time(&named, &options(Metric::Rss, Detail::Sheet)).expect("it has readings");
        assert_eq!(names(&chart), ["resident set (RSS)"]);
    }
}
