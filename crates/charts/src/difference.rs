//! What runs hold more or less than the first of them, moment by moment: the runs on the same axes, and below them
//! their differences.
//!
//! Moments are matched by time, by the part of each run that is done, or by the calls that both runs made.

use crate::account::Account;
use crate::chart::{Axis, Chart, Entry, Gap, Panel};
use crate::choices::with_choices;
use crate::content::of_dotted;
use crate::crowd::{self, Role};
use crate::curve;
use crate::fit::{bare_axis, fit_axes};
use crate::options::{Error, Named, Options};
use crate::peak_label::{self, Labelling};
use crate::ticks::{difference_axis, done_axis};
use crate::view::View;
use crate::whole::Whole;
use mprof_recording::Recording;
use mprof_recording::command::printable;
use mprof_recording::difference::{Extent, Matching, minus};
use mprof_recording::peak::Peak;
use mprof_recording::units::Unit;

/// Height of each panel's plot where the caller sets none.
const PANEL_PX: u32 = 280;

/// How moments of two runs are matched.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Align {
    /// By the time since the start of each.
    #[default]
    Time,
    /// By the part of each that is done.
    Done,
    /// By the calls of marked functions that both made, in the order in which they made them.
    Calls,
}

/// A run, brought to the time of the first one.
struct Matched<'a> {
    named: &'a Named<'a>,
    whole: Whole<'a>,
    matching: Matching,
    view: View,
    end_ns: u64,
}

impl Matched<'_> {
    fn points(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let points = self.whole.points(&self.view);
        points.map(|(at_ns, bytes)| (self.matching.apply(at_ns), bytes))
    }

    /// Where nothing was read of it.
    fn gaps(&self) -> impl Iterator<Item = Gap> + '_ {
        let matched = |gap: &Gap| Gap {
            from_ns: self.matching.apply(gap.from_ns),
            to_ns: self.matching.apply(gap.to_ns),
        };
        self.view.gaps.iter().map(matched)
    }

    /// How much more or less it holds than another, where both were read.
    fn less<'b>(&'b self, base: &'b Self, gaps: &'b [Gap]) -> impl Iterator<Item = (u64, i128)> + 'b {
        let is_read = |at_ns: u64| !gaps.iter().any(|gap| gap.from_ns < at_ns && at_ns < gap.to_ns);
        minus(self.points(), base.points()).filter(move |&(at_ns, _)| is_read(at_ns))
    }
}

/// Draws several runs, and below them how much more or less each holds than the first.
///
/// # Errors
///
/// There are not two recordings with readings, or they have no call in common to be matched by.
pub fn difference(recordings: &[Named<'_>], align: Align, options: &Options) -> Result<Chart, Error> {
    with_choices(recordings, &[], options, |options| differences(recordings, align, options))
}

fn differences(recordings: &[Named<'_>], align: Align, options: &Options) -> Result<Chart, Error> {
    let first = recordings[0].recording;
    let end_ns = curve::end_ns(first);
    let (mut runs, mut left_out) = (Vec::new(), Vec::new());
    for named in recordings {
        let matching = matching(first, named.recording, align).ok_or_else(|| Error::NothingInCommon {
            first: printable(recordings[0].label),
            other: printable(named.label),
        })?;
        match matched(named, matching, options) {
            Some(run) => runs.push(run),
            None => left_out.push(printable(named.label)),
        }
    }
    let end_ns = runs.iter().map(|run| run.end_ns).fold(end_ns, u64::max);
    let [base, others @ ..] = &runs[..] else { return Err(Error::NothingToCompare) };
    if others.is_empty() {
        return Err(Error::NothingToCompare);
    }
    let view = View::of(&Recording::default(), end_ns, options, 1);
    let mut legend: Vec<Entry> = Vec::new();
    let peaks: Vec<Option<Peak>> = runs.iter().map(|run| run.whole.peak).collect();
    let roles = crowd::roles(&peaks);
    let together = together(&runs, &roles, &view, &mut legend);
    legend.extend(crowd::entry(&peaks, &roles, view.show.unit));
    legend.extend(left_out.iter().map(|label| Entry {
        ink: None,
        label: label.clone(),
        value: peak_label::in_legend(None, None),
    }));
    // Its title is not known before its unit.
    let time = bare_axis(view.from_ns, view.end_ns);
    let below = Panel { title: Some(String::new()), time, ..Panel::default() };
    let key = peak_label::key(&together.marks.iter().map(|mark| mark.peak).collect::<Vec<_>>());
    let notes: Vec<String> = key.into_iter().chain(of_dotted(&together.marks, &together.spikes)).collect();
    let chart = Chart {
        title: options.title.as_deref().map_or_else(|| title(base.named.label), printable),
        note: peak_label::joined(&notes),
        sheet: options.sheet(PANEL_PX),
        n_columns: 1,
        panels: vec![together, below],
        legend,
        left_out,
        account: Account::default(),
        name: String::new(),
        others: Vec::new(),
    };
    let mut chart = fit_axes(chart, &options.show);
    fill(&mut chart, base, others, &roles[1..], &view);
    if align == Align::Done {
        chart.panels.iter_mut().for_each(|panel| panel.time = done_axis(end_ns, options.width_px));
    }
    if align == Align::Calls {
        // The others' own time is not that of the axis.
        chart.panels[0].title = Some("the runs, aligned by phase".to_owned());
        let (first, symbol) = (printable(base.named.label), chart.panels[0].time.unit.symbol);
        let label = format!("time of {first} ({symbol}); the others aligned by phase");
        chart.panels.iter_mut().for_each(|panel| panel.time.label.clone_from(&label));
    }
    Ok(chart)
}

fn title(first: &str) -> String {
    format!("Memory over time, and what differs from {}", printable(first))
}

fn matching(first: &Recording, other: &Recording, align: Align) -> Option<Matching> {
    match align {
        Align::Time => Some(Matching::of_times()),
        Align::Done => Some(Matching::of_ends(curve::end_ns(other), curve::end_ns(first))),
        Align::Calls => Matching::of_calls(other, first),
    }
}

fn matched<'a>(named: &'a Named<'a>, matching: Matching, options: &Options) -> Option<Matched<'a>> {
    let view = View::of(named.recording, curve::end_ns(named.recording), options, 1);
    let whole = Whole::of(named.recording, &view)?;
    let (last_ns, _) = whole.points(&view).last()?;
    let end_ns = matching.apply(last_ns);
    Some(Matched { named, whole, matching, view, end_ns })
}

/// The panel of the runs themselves.
fn together(runs: &[Matched<'_>], roles: &[Role], view: &View, legend: &mut Vec<Entry>) -> Panel {
    let mut panel = Panel {
        title: Some("the runs".to_owned()),
        time: bare_axis(view.from_ns, view.end_ns),
        memory: bare_axis(0, 0),
        ..Panel::default()
    };
    let in_order = crowd::others_first(runs, roles);
    panel.series.extend(in_order.map(|(run, role)| {
        view.with_gaps(run.gaps()).series(run.points(), printable(run.named.label), role.ink)
    }));
    for (run, role) in runs.iter().zip(roles).filter(|(_, role)| role.is_apart()) {
        let value = role.told(peak_label::in_legend(run.whole.peak, view.show.unit));
        legend.push(Entry { ink: Some(role.ink), label: printable(run.named.label), value });
        panel.marks.extend(run.whole.mark(role.ink, Labelling::InLegend, view).map(|mut mark| {
            mark.to_ns = run.end_ns;
            mark.peak.at_ns = mark.peak.at_ns.map(|at_ns| run.matching.apply(at_ns));
            mark
        }));
    }
    panel
}

/// Fills in the panel of the differences, with an axis whose zero is where nothing differs.
fn fill(chart: &mut Chart, base: &Matched<'_>, others: &[Matched<'_>], roles: &[Role], view: &View) {
    let extents: Vec<Option<Extent>> =
        others.iter().map(|run| Extent::of(run.less(base, &gaps_of(run, base, view).gaps))).collect();
    let known = || extents.iter().flatten();
    let least = known().map(|it| it.least).fold(0, i128::min);
    let most = known().map(|it| it.most).fold(0, i128::max);
    let length_px =
        crate::layout::Layout::of(chart).plots.last().map_or(PANEL_PX, |plot| plot.height() as u32);
    let memory = difference_axis(least, most, length_px, view.show.unit);
    let Some(panel) = chart.panels.last_mut() else { return };
    for (run, role) in crowd::others_first(others, roles) {
        let view = gaps_of(run, base, view);
        let mut cut = view.cut();
        let difference = run.less(base, &view.gaps);
        difference.for_each(|(at_ns, bytes)| cut.push((at_ns, raised(bytes, &memory))));
        let name = format!("{} less the first", printable(run.named.label));
        panel.series.push(view.drawn(cut.finish(), name, role.ink));
    }
    for (extent, role) in extents.iter().zip(roles).filter(|(_, role)| role.is_apart()) {
        if let Some(entry) = chart.legend.iter_mut().find(|entry| entry.ink == Some(role.ink)) {
            entry.value += &format!(" · {}", told(*extent, view.show.unit));
        }
    }
    let first = chart.legend.first().map_or("", |entry| entry.label.as_str());
    panel.title = Some(format!("more or less than {first}, {}", memory.unit.symbol));
    panel.memory = memory;
}

/// A view of a difference, with the gaps of both.
fn gaps_of(run: &Matched<'_>, base: &Matched<'_>, view: &View) -> View {
    view.with_gaps(run.gaps().chain(base.gaps()))
}

/// A difference as a value on an axis, where the origin stands for none.
fn raised(difference: i128, axis: &Axis) -> u64 {
    u64::try_from(i128::from(axis.origin) + difference).unwrap_or(0)
}

/// The least and the most of a difference, and its mean over time.
fn told(extent: Option<Extent>, unit: Option<Unit>) -> String {
    let Some(Extent { least, most, mean }) = extent else { return "never at the same time".to_owned() };
    let signed = |bytes| signed(bytes, unit);
    let [least, most] = [least, most].map(signed);
    match mean {
        Some(mean) => format!("{} on average ({least} to {most})", signed(mean)),
        None => format!("{least} to {most}"),
    }
}

fn signed(bytes: i128, unit: Option<Unit>) -> String {
    let size = peak_label::figure(u64::try_from(bytes.unsigned_abs()).unwrap_or(u64::MAX), unit);
    match bytes {
        0 => size,
        1.. => format!("+{size}"),
        _ => format!("−{size}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mprof_recording::Process;
    use mprof_recording::event::Start;
    use mprof_recording::metric::{Bytes, Metric};

    /// A run of a reading each second, of which some were missed.
    fn run(missed_s: std::ops::Range<u64>, spike_s: u64) -> Recording {
        const SECOND_NS: u64 = 1_000_000_000;
        let mut root = Process::default();
        for second in (0..=100).filter(|second| !missed_s.contains(second)) {
            let bytes = if second == spike_s { 90 << 20 } else { 10 << 20 };
            root.samples.push(second * SECOND_NS, &Bytes::default().with(Metric::Rss, bytes));
        }
        let silence = (missed_s.start.saturating_sub(1) * SECOND_NS, missed_s.end * SECOND_NS);
        root.silences_ns = std::iter::once(silence).filter(|_| !missed_s.is_empty()).collect();
        let start = Start { recorder: Some("us".into()), interval_ns: Some(SECOND_NS), ..Start::default() };
        Recording { start, processes: vec![root], ..Recording::default() }
    }

    #[test]
    fn a_run_without_samples_is_named_among_those_that_differ() {
        let runs = [run(0..0, 1), Recording::default(), run(0..0, 35)];
        let labels = ["a", "b", "c"];
        let named: Vec<Named<'_>> =
            labels.iter().zip(&runs).map(|(label, recording)| Named { label, recording }).collect();
        let chart = difference(&named, Align::Time, &Options::default()).expect("two have readings");
        assert_eq!(chart.left_out, ["b"]);
        let last = chart.legend.last().expect("there is a legend");
        assert_eq!((last.label.as_str(), last.value.as_str(), last.ink), ("b", "no samples", None));
    }

    #[test]
    fn nothing_differs_where_either_was_not_read() {
        let runs = [run(31..40, 1), run(61..70, 1), run(0..0, 35)];
        let labels = ["a", "b", "c"];
        let named: Vec<Named<'_>> =
            labels.iter().zip(&runs).map(|(label, recording)| Named { label, recording }).collect();
        let chart = difference(&named, Align::Time, &Options::default()).expect("they have readings");
        let n_breaks = |panel: &Panel| panel.series.iter().map(|it| it.breaks.len()).collect::<Vec<_>>();
        assert_eq!(n_breaks(&chart.panels[0]), [1, 1, 0]);
        // The first run's gap is one of every difference.
        assert_eq!(n_breaks(&chart.panels[1]), [2, 1]);
        // What the third held while the first was not read is no difference.
        assert!(chart.legend[2].value.ends_with("(−80.00 MiB to 0 B)"), "{}", chart.legend[2].value);
    }
}
