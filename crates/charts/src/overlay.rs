//! Several runs on the same axes, each counted from its own start.

use crate::chart::{Chart, Entry, Ink, Mark, Panel};
use crate::content::{Content, of_dotted};
use crate::crowd::{self, Role};
use crate::options::{Named, Options};
use crate::show::{Processes, Slope, Time};
use crate::tree::Ranked;
use crate::view::View;
use crate::whole::{Whole, process_name};
use crate::{curve, peak_label, peak_label::Labelling, stretch, trend};
use mprof_recording::Recording;
use mprof_recording::command::printable;
use mprof_recording::peak::Peak;

/// One of the runs.
struct Run<'a> {
    named: &'a Named<'a>,
    view: View,
    whole: Option<Whole<'a>>,
    end_ns: u64,
}

/// Draws the runs: each as its sum or its program, the later ones above the earlier ones.
pub(crate) fn several(recordings: &[Named<'_>], options: &Options) -> Chart {
    let ends = recordings.iter().map(|named| curve::end_ns(named.recording));
    let end_ns = ends.max().unwrap_or(0);
    let runs: Vec<Run<'_>> = recordings.iter().map(|named| Run::of(named, end_ns, options)).collect();
    let peaks: Vec<Option<Peak>> = runs.iter().map(Run::peak).collect();
    let roles = crowd::roles(&peaks);
    let mut content = Content::default();
    for (run, role) in crowd::others_first(&runs, &roles) {
        let mut own = if role.is_apart() { run.content(role) } else { run.curve(role) };
        if options.show.time == Time::Done {
            stretch::content(&mut own, run.end_ns, end_ns);
        }
        content.append(own);
    }
    let key = peak_label::key(&content.marks.iter().map(|mark| mark.peak).collect::<Vec<_>>());
    content.notes.splice(0..0, key);
    content.notes.extend(of_dotted(&content.marks, &content.spikes));
    if let Some(entry) = crowd::entry(&peaks, &roles, options.show.unit) {
        content.legend.push(entry);
        content.notes.extend(of_others(options).map(str::to_owned));
    }
    let title = format!("Memory of {} runs over time", recordings.len());
    let view = View::of(&Recording::default(), end_ns, options, 1);
    content.into_chart(options, title, &view, Panel::default())
}

/// What is not shown of those that do not stand out, where it was asked for.
fn of_others(options: &Options) -> Option<&'static str> {
    let is_trend = options.show.slope == Slope::Drawn;
    match (is_trend, options.show.processes == Processes::Each) {
        (true, true) => Some("trends and processes: of the named runs"),
        (true, false) => Some("trends: of the named runs"),
        (false, true) => Some("processes: of the named runs"),
        (false, false) => None,
    }
}

impl<'a> Run<'a> {
    fn of(named: &'a Named<'a>, end_ns_of_all: u64, options: &Options) -> Self {
        let end_ns = curve::end_ns(named.recording);
        let is_stretched = options.show.time == Time::Done;
        let view = View::of(named.recording, if is_stretched { end_ns } else { end_ns_of_all }, options, 1);
        let whole = Whole::of(named.recording, &view);
        Self { named, view, whole, end_ns }
    }

    fn peak(&self) -> Option<Peak> {
        self.whole.as_ref()?.peak
    }

    fn label(&self) -> String {
        printable(self.named.label)
    }

    /// Its ink. A line that is no curve does not look like one.
    fn ink(&self, role: &Role) -> Ink {
        let is_read = self.whole.as_ref().is_some_and(|whole| whole.points(&self.view).next().is_some());
        match role.ink {
            Ink::Main(idx) if !is_read => Ink::Level(idx),
            ink => ink,
        }
    }

    /// Its curve alone.
    fn curve(&self, role: &Role) -> Content {
        let series = self.whole.iter().map(|whole| whole.series(self.label(), self.ink(role), &self.view));
        Content { series: series.collect(), ..Content::default() }
    }

    /// All that is shown of a run that has ink of its own.
    fn content(&self, role: &Role) -> Content {
        let (view, label) = (&self.view, self.label());
        let peak = self.peak();
        let value = role.told(peak_label::in_legend(peak, view.show.unit));
        let entry = Entry { ink: peak.map(|_| self.ink(role)), label: label.clone(), value };
        let mut content = Content { legend: vec![entry], ..Content::default() };
        let Ink::Main(idx) = role.ink else { return content };
        self.largest_processes(idx, &mut content);
        content.append(self.curve(role));
        if let Some(whole) = &self.whole {
            let mark = whole.mark(self.ink(role), Labelling::InLegend, view);
            content.marks.extend(mark.map(|mark| Mark { to_ns: self.end_ns, ..mark }));
            if view.show.slope == Slope::Drawn {
                trend::add(&mut content, whole, Ink::Trend(idx), Some(&label), view);
            }
        }
        content
    }

    /// The curves of its largest processes, where they are asked for.
    fn largest_processes(&self, idx: usize, content: &mut Content) {
        let recording = self.named.recording;
        if self.view.show.processes != Processes::Each || recording.processes.len() < 2 {
            return;
        }
        let largest = Ranked::of(recording, self.view.metric()).named;
        let largest = largest.into_iter().map(|place| &recording.processes[place]);
        let curve = |process| self.view.process(process, process_name(process), Ink::Of(idx));
        content.series.extend(largest.map(curve));
        let label = format!("its {} largest processes", content.series.len());
        content.legend.push(Entry { ink: Some(Ink::Of(idx)), label, value: String::new() });
    }
}
