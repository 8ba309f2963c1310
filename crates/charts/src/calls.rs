//! Calls of functions as bands, however many there are.

use crate::chart::{Band, Calls, Entry, Ink};
use crate::lanes::{self, Bounds};
use crate::options::{Detail, Options};
use crate::palette::N_TINTS;
use crate::view::View;
use mprof_recording::Recording;
use mprof_recording::call::{Call, Caller};
use mprof_recording::command::printable;
use mprof_recording::event::Pid;
use mprof_recording::phases::Phase;
use mprof_recording::units::{self, counted};
use std::borrow::Borrow;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Brackets of more calls than this would hide the curve: those of the longest are drawn.
const MOST_BRACKETS: usize = 40;
/// Of a figure that was asked to be lower, bars of more levels would take most.
const LOW_PX: u32 = 480;

/// Calls as they are drawn, and how many are not.
#[derive(Debug, Default)]
pub(crate) struct Drawn {
    pub(crate) bands: Vec<Band>,
    n_left_out: usize,
    /// What would draw those that are not.
    remedy: Option<&'static str>,
}

/// The rows that an output has room for.
fn bounds(calls: Calls, options: &Options) -> Bounds {
    let (n_rows, n_levels) = match (calls, options.letters, options.detail) {
        (Calls::Flame, None, Detail::Sheet) | (Calls::Brackets, None, _) => (40, 40),
        (Calls::Flame, ..) => (12, 12),
        _ if options.height_px.is_some_and(|height_px| height_px < LOW_PX) => (6, 4),
        (_, None, _) => (12, 8),
        (_, Some(_), _) => (8, 6),
    };
    Bounds { n_rows, n_levels }
}

/// The calls that can be seen in a view, by row and time. Those of a row that are narrower than a pixel and stand side
/// by side are drawn as one.
pub(crate) fn drawn(recording: &Recording, calls: Calls, view: &View, options: &Options) -> Drawn {
    let seen: Vec<&Call> = recording.calls.iter().filter(|call| is_seen(call, view)).collect();
    let least_ns = view.column_ns().max(1);
    let (naming, tinted) = (Naming::of(&seen), tinted(recording));
    let mut rows: BTreeMap<u32, Vec<Band>> = BTreeMap::new();
    for (call, row) in seen.iter().zip(lanes::rows(&seen, bounds(calls, options))) {
        let Some(row) = row else { continue };
        let tint = tinted.iter().position(|name| *name == call.name);
        let next = Band { tint, ..band(call, row, view, &naming) };
        let row = rows.entry(row).or_default();
        match row.last_mut().filter(|last| last.runs_into(&next, least_ns)) {
            Some(last) => last.join(next.to_ns),
            None => row.push(next),
        }
    }
    let mut bands: Vec<Band> = rows.into_values().flatten().collect();
    if calls == Calls::Brackets {
        bands.retain(|band| !band.is_short(least_ns));
        bands = inked(longest(bands));
    }
    let n_drawn: usize = bands.iter().map(|band| band.n_calls).sum();
    let n_left_out = seen.len() - n_drawn;
    let has_room = || lanes::rows(&seen, bounds(Calls::Flame, options)).iter().all(Option::is_some);
    let is_remedied = n_left_out > 0 && calls == Calls::Bars && has_room();
    Drawn { bands, n_left_out, remedy: is_remedied.then_some(": --flame draws them") }
}

impl Drawn {
    /// What there is to say of the calls that cannot be seen one by one.
    pub(crate) fn notes(&self) -> impl Iterator<Item = String> {
        let merged = self.bands.iter().map(|band| band.n_calls).filter(|&n| n > 1);
        let n_merged: usize = merged.sum();
        let faint = (n_merged > 0)
            .then(|| format!("faint: {} calls too short to be told apart", counted(n_merged as u64)));
        let remedy = self.remedy.unwrap_or_default();
        let left_out = match self.n_left_out {
            0 => None,
            1 => Some(format!("and 1 more call, not drawn{remedy}")),
            n => Some(format!("and {} more calls, not drawn{remedy}", counted(n as u64))),
        };
        faint.into_iter().chain(left_out)
    }
}

/// How callers are named, where there are several.
struct Naming {
    tells_pids: bool,
    tells_tasks: bool,
}

impl Naming {
    fn of(calls: &[&Call]) -> Self {
        let callers: BTreeSet<(Pid, &str)> = calls
            .iter()
            .filter_map(|call| call.caller.as_ref())
            .map(|caller| (caller.pid, caller.task.as_str()))
            .collect();
        let n_pids = callers.iter().map(|(pid, _)| pid).collect::<BTreeSet<_>>().len();
        Self { tells_pids: n_pids > 1, tells_tasks: callers.len() > n_pids }
    }

    fn name(&self, caller: Option<&Caller>) -> String {
        let Some(caller) = caller else { return String::new() };
        let pid = self.tells_pids.then(|| caller.pid.to_string());
        let task = Some(printable(&caller.task)).filter(|task| self.tells_tasks && !task.is_empty());
        [pid, task].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// The functions whose bars have a tint: those that were called first, so that each keeps its own in any part of the run.
fn tinted(recording: &Recording) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for call in &recording.calls {
        if names.len() < N_TINTS && !names.contains(&call.name.as_str()) {
            names.push(&call.name);
        }
    }
    names
}

/// Gives the calls of each function an ink of their own.
fn inked(mut bands: Vec<Band>) -> Vec<Band> {
    let mut names: Vec<String> = Vec::new();
    for band in &mut bands {
        let known = names.iter().position(|name| *name == band.name);
        let idx = known.unwrap_or_else(|| {
            names.push(band.name.clone());
            names.len() - 1
        });
        band.ink = Some(Ink::Call(idx));
    }
    bands
}

/// Lines of a legend for the functions whose calls are drawn as brackets: how often each was called in what is shown, and
/// for how long in all. These are the figures of the table of phases: what has no room as a bracket took its time too.
pub(crate) fn legend(recording: &Recording, bands: &[Band], view: &View) -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for band in bands.iter().filter(|band| band.ink.is_some()) {
        if !entries.iter().any(|entry| entry.ink == band.ink) {
            entries.push(Entry { ink: band.ink, label: band.name.clone(), value: String::new() });
        }
    }
    if entries.is_empty() {
        return entries;
    }
    let [whole, shown] = phases_of(recording, view);
    for entry in &mut entries {
        let is_same = |phase: &&Phase| shown_name(&phase.name) == entry.label;
        let ns = |phases: &[Phase]| phases.iter().filter(is_same).map(|phase| phase.duration_ns).sum();
        let took = duration_of(ns(&shown), ns(&whole));
        let n_calls: u64 = shown.iter().filter(is_same).map(|phase| phase.n_calls).sum();
        entry.value = if n_calls == 1 { took } else { format!("{} times, {took} in all", counted(n_calls)) };
    }
    entries
}

/// The figures of the phases that are seen of a recording: of whole calls, and of what is shown of each.
fn phases_of(recording: &Recording, view: &View) -> [Vec<Phase>; 2] {
    let seen = recording.calls.iter().filter(|call| is_seen(call, view)).cloned();
    let mut seen = Recording { calls: seen.collect(), ..Recording::default() };
    let whole = seen.phases();
    for call in &mut seen.calls {
        (call.from_ns, call.to_ns) = (call.from_ns.max(view.from_ns), call.to_ns.min(view.end_ns));
    }
    [whole, seen.phases()]
}

/// How long what is shown took, and the whole where that is more.
fn duration_of(shown_ns: u64, whole_ns: u64) -> String {
    let shown = units::duration(shown_ns);
    if whole_ns > shown_ns { format!("{shown} of {}", units::duration(whole_ns)) } else { shown }
}

fn is_seen(call: &Call, view: &View) -> bool {
    call.to_ns > view.from_ns && call.from_ns < view.end_ns
}

/// What a function is called: that it stands in the script itself says nothing.
fn shown_name(name: &str) -> String {
    let name =
        Some(printable(name.strip_prefix("__main__.").unwrap_or(name))).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| "without a name".to_owned())
}

fn band(call: &Call, row: u32, view: &View, naming: &Naming) -> Band {
    let (from_ns, to_ns) = (call.from_ns.max(view.from_ns), call.to_ns.min(view.end_ns));
    let name = shown_name(&call.name);
    // An end that is not shown has no bracket.
    let ends_bytes =
        [call.from_bytes.filter(|_| call.from_ns == from_ns), call.to_bytes.filter(|_| call.to_ns == to_ns)];
    let caller = naming.name(call.caller.as_ref());
    let took_ns = call.to_ns.saturating_sub(call.from_ns);
    Band { name, caller, from_ns, to_ns, took_ns, row, ends_bytes, n_calls: 1, ink: None, tint: None }
}

/// Keeps so many of the longest, the longest first.
pub(crate) fn keep_longest(bands: &mut Vec<impl Borrow<Band>>, n_most: usize) {
    bands.sort_by_cached_key(|band| {
        let Band { from_ns, to_ns, .. } = band.borrow();
        Reverse(to_ns.saturating_sub(*from_ns))
    });
    bands.truncate(n_most);
}

/// The longest of many, by time.
fn longest(mut bands: Vec<Band>) -> Vec<Band> {
    keep_longest(&mut bands, MOST_BRACKETS);
    bands.sort_by_cached_key(|band| (band.from_ns, band.row));
    bands
}

impl Band {
    /// Whether it is narrower than a pixel, or made of such.
    fn is_short(&self, least_ns: u64) -> bool {
        self.n_calls > 1 || self.to_ns - self.from_ns < least_ns
    }

    /// Whether it and the next one of its row cannot be told apart.
    fn runs_into(&self, next: &Self, least_ns: u64) -> bool {
        let is_near = next.from_ns <= self.to_ns.saturating_add(least_ns);
        is_near && self.is_short(least_ns) && next.is_short(least_ns)
    }

    /// Takes in the next one. Several have no name.
    fn join(&mut self, to_ns: u64) {
        self.to_ns = self.to_ns.max(to_ns);
        self.took_ns = self.to_ns - self.from_ns;
        self.n_calls += 1;
        self.name.clear();
        self.caller.clear();
        self.tint = None;
        self.ends_bytes = [None; 2];
    }

    /// How long what is shown of it took, and the whole of it where that is more; of several, in what time they were.
    pub(crate) fn duration(&self) -> String {
        let duration = duration_of(self.to_ns - self.from_ns, self.took_ns);
        if self.n_calls > 1 { format!("in {duration}") } else { duration }
    }

    /// Its name in as many wordings as there are, the longest first.
    pub(crate) fn names(&self) -> Vec<String> {
        if self.n_calls > 1 {
            return vec![format!("{} calls", counted(self.n_calls as u64))];
        }
        let last = self.name.rsplit('.').next().unwrap_or(&self.name).to_owned();
        let with_caller = (!self.caller.is_empty()).then(|| format!("{} [{}]", self.name, self.caller));
        with_caller.into_iter().chain([self.name.clone(), last]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    fn call(from_ns: u64, to_ns: u64, level: u32) -> Call {
        Call {
            name: "f".into(),
            from_ns,
            to_ns,
            from_bytes: Some(1),
            to_bytes: Some(2),
            level,
            ..Call::default()
        }
    }

    fn check(calls: Vec<Call>, how: Calls, expected: &[(u64, u64, u32, usize)], notes: &[&str]) {
        let recording = Recording { calls, ..Recording::default() };
        let options = Options::default();
        let view = View::of(&recording, 1_200_000, &options, 1);
        let drawn = drawn(&recording, how, &view, &options);
        let bands = drawn.bands.iter().map(|band| (band.from_ns, band.to_ns, band.row, band.n_calls));
        assert_eq!(bands.collect::<Vec<_>>(), expected);
        assert_eq!(drawn.notes().collect::<Vec<_>>(), notes);
    }

    #[test]
    fn what_is_narrower_than_a_pixel_is_merged_and_counted() {
        let calls: Vec<Call> = (0..40_000).map(|n| call(n * 30, n * 30 + 20, 0)).collect();
        for how in [Calls::Flame, Calls::Bars] {
            let notes = ["faint: 40,000 calls too short to be told apart"];
            check(calls.clone(), how, &[(0, 1_199_990, 0, 40_000)], &notes);
        }
    }

    #[test]
    fn each_function_has_its_tint_in_any_part_of_the_run_and_what_is_merged_has_none() {
        let named = |name: &str, from_ns, to_ns| Call { name: name.into(), ..call(from_ns, to_ns, 0) };
        let mut calls: Vec<Call> = ["f", "g", "f"]
            .iter()
            .zip(0..)
            .map(|(name, n)| named(name, n * 100_000, n * 100_000 + 90_000))
            .collect();
        calls.extend((0..9).map(|n| named("f", 400_000 + n * 30, 400_020 + n * 30)));
        calls.extend((0..8).map(|n| named(&n.to_string(), 500_000 + n * 50_000, 540_000 + n * 50_000)));
        let recording = Recording { calls, ..Recording::default() };
        let tints = |window_ns| {
            let options = Options::default();
            let options = Options { show: crate::Show { window_ns, ..options.show }, ..options };
            let view = View::of(&recording, 1_200_000, &options, 1);
            let drawn = drawn(&recording, Calls::Bars, &view, &options);
            drawn.bands.iter().map(|band| band.tint).collect::<Vec<_>>()
        };
        let [f, g] = [Some(0), Some(1)];
        let others = [Some(2), Some(3), Some(4), Some(5), None, None, None, None];
        assert_eq!(tints(None), [&[f, g, f, None], &others[..]].concat());
        assert_eq!(tints(Some((100_000, 290_000))), [g, f]);
    }

    #[test]
    fn a_short_call_alone_is_drawn() {
        let calls = vec![call(0, 500_000, 0), call(600_000, 600_001, 0)];
        check(calls, Calls::Bars, &[(0, 500_000, 0, 1), (600_000, 600_001, 0, 1)], &[]);
    }

    #[test]
    fn what_is_nested_too_deep_is_counted() {
        let calls = (0..10).map(|level| call(u64::from(level), 900_000, level)).collect();
        let bands: Vec<_> = (0..8).map(|level| (u64::from(level), 900_000, level, 1)).collect();
        check(calls, Calls::Bars, &bands, &["and 2 more calls, not drawn: --flame draws them"]);
    }

    #[test]
    fn a_flame_is_named_where_it_draws_what_is_left_out() {
        let last = |how, n_levels, height_px| {
            let calls = (0..n_levels).map(|level| call(u64::from(level), 900_000, level)).collect();
            let recording = Recording { calls, ..Recording::default() };
            let options = Options { height_px, ..Options::default() };
            let view = View::of(&recording, 1_200_000, &options, 1);
            drawn(&recording, how, &view, &options).notes().last()
        };
        let low = last(Calls::Bars, 6, Some(LOW_PX - 1));
        assert_eq!(low.as_deref(), Some("and 2 more calls, not drawn: --flame draws them"));
        assert_eq!(last(Calls::Flame, 6, Some(LOW_PX - 1)), None);
        assert_eq!(last(Calls::Bars, 50, None).as_deref(), Some("and 42 more calls, not drawn"));
        assert_eq!(last(Calls::Flame, 50, None).as_deref(), Some("and 10 more calls, not drawn"));
    }

    #[test]
    fn brackets_are_of_the_longest_calls() {
        let calls: Vec<Call> = (1..=100).map(|n| call(n * 10_000, n * 10_000 + 2000 + n, 0)).collect();
        let bands: Vec<_> = (61..=100).map(|n| (n * 10_000, n * 10_000 + 2000 + n, 0, 1)).collect();
        check(calls, Calls::Brackets, &bands, &["and 60 more calls, not drawn"]);
    }

    #[test]
    fn a_legend_counts_calls_and_time_as_the_table_of_phases_does() {
        let nested = (0..50u32).map(|level| call(u64::from(level), 900_000 - u64::from(level), level));
        let calls = nested.chain([call(1_000_000, 1_100_000, 0)]).collect();
        let recording = Recording { calls, ..Recording::default() };
        let told = |window_ns| {
            let show = crate::Show { window_ns, ..crate::Show::default() };
            let options = Options { show, ..Options::default() };
            let view = View::of(&recording, 1_200_000, &options, 1);
            let drawn = drawn(&recording, Calls::Brackets, &view, &options);
            legend(&recording, &drawn.bands, &view).into_iter().map(|entry| entry.value).collect::<Vec<_>>()
        };
        assert_eq!(told(None), ["51 times, 1.0 ms in all"]);
        assert_eq!(told(Some((600_000, 1_050_000))), ["51 times, 0.35 ms of 1.0 ms in all"]);
        assert_eq!(told(Some((1_000_000, 1_050_000))), ["0.05 ms of 0.10 ms"]);
    }

    #[test]
    fn callers_are_named_by_what_tells_them_apart() {
        let callers = [(7, "a"), (7, "b"), (8, "a")];
        let callers = callers.map(|(pid, task)| Caller { pid: Pid::from(pid), task: task.to_owned() });
        let names = |n: usize| {
            let calls: Vec<Call> = callers[..n]
                .iter()
                .map(|caller| Call { caller: Some(caller.clone()), ..call(0, 9, 0) })
                .collect();
            let calls: Vec<&Call> = calls.iter().collect();
            let naming = Naming::of(&calls);
            calls.iter().map(|call| naming.name(call.caller.as_ref())).collect::<Vec<_>>()
        };
        assert_eq!((names(1), names(2)), (vec![String::new()], vec!["a".into(), "b".into()]));
        assert_eq!(names(3), ["7 a", "7 b", "8 a"]);
    }
}
