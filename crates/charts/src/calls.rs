//! Calls of functions as bands, however many there are.

use crate::chart::{Band, Calls, Entry, Ink};
use crate::view::View;
use mprof_recording::command::printable;
use mprof_recording::recording::Call;
use mprof_recording::{Recording, units};
use std::collections::BTreeMap;

/// Brackets of more calls than this would hide the curve: those of the longest are drawn.
const MOST_BRACKETS: usize = 40;

/// The calls that can be seen in a view, by level and time. Those of a level that are narrower than a pixel and stand
/// side by side are drawn as one.
pub(crate) fn bands(recording: &Recording, calls: Calls, view: &View) -> Vec<Band> {
    let least_ns = view.column_ns().max(1);
    let mut levels: BTreeMap<u32, Vec<Band>> = BTreeMap::new();
    for call in recording.calls.iter().filter(|call| call.to_ns > view.from_ns && call.from_ns < view.end_ns)
    {
        let (from_ns, to_ns) = (call.from_ns.max(view.from_ns), call.to_ns.min(view.end_ns));
        let row = levels.entry(call.level).or_default();
        let is_narrow = to_ns - from_ns < least_ns;
        let before = row
            .last_mut()
            .filter(|last| is_narrow && last.is_short() && from_ns <= last.to_ns.saturating_add(least_ns));
        match before {
            Some(band) => {
                band.to_ns = band.to_ns.max(to_ns);
                band.n_calls += 1;
            }
            None if is_narrow => row.push(Band::short(from_ns, to_ns, call.level)),
            None => row.push(band(call, from_ns, to_ns)),
        }
    }
    let bands = levels.into_values().flatten();
    match calls {
        Calls::Flame => {
            bands.filter(|band| !band.is_short() || band.to_ns - band.from_ns >= least_ns).collect()
        }
        Calls::Bars => bands.filter(|band| !band.is_short()).collect(),
        Calls::Brackets => inked(longest(bands.filter(|band| !band.is_short()).collect())),
    }
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

/// Lines of a legend for the functions whose calls are drawn as brackets: how often, and for how long in all.
pub(crate) fn legend(bands: &[Band]) -> Vec<Entry> {
    let mut entries: Vec<(Entry, u64, u64)> = Vec::new();
    for band in bands.iter().filter(|band| band.ink.is_some()) {
        let took_ns = band.to_ns - band.from_ns;
        match entries.iter_mut().find(|(entry, _, _)| entry.ink == band.ink) {
            Some((_, n, sum_ns)) => (*n, *sum_ns) = (*n + 1, *sum_ns + took_ns),
            None => {
                let entry = Entry { ink: band.ink, label: band.name.clone(), value: String::new() };
                entries.push((entry, 1, took_ns));
            }
        }
    }
    let told = entries.into_iter().map(|(entry, n, sum_ns)| {
        let took = units::duration(sum_ns);
        Entry { value: if n == 1 { took } else { format!("{n} times, {took} in all") }, ..entry }
    });
    told.collect()
}

fn band(call: &Call, from_ns: u64, to_ns: u64) -> Band {
    // That a function stands in the script itself says nothing.
    let name = call.name.strip_prefix("__main__.").unwrap_or(&call.name);
    let name = Some(printable(name)).filter(|name| !name.is_empty());
    let name = name.unwrap_or_else(|| "without a name".to_owned());
    // An end that is not shown has no bracket.
    let ends_bytes =
        [call.from_bytes.filter(|_| call.from_ns == from_ns), call.to_bytes.filter(|_| call.to_ns == to_ns)];
    Band { name, from_ns, to_ns, level: call.level, ends_bytes, n_calls: 1, ink: None }
}

/// The longest of many, by time.
fn longest(mut bands: Vec<Band>) -> Vec<Band> {
    bands.sort_by_key(|band| std::cmp::Reverse(band.to_ns - band.from_ns));
    bands.truncate(MOST_BRACKETS);
    bands.sort_by_key(|band| (band.from_ns, band.level));
    bands
}

impl Band {
    /// A call that is too short to be drawn by itself, to which others may be added. It has no name.
    fn short(from_ns: u64, to_ns: u64, level: u32) -> Self {
        Self { name: String::new(), from_ns, to_ns, level, ends_bytes: [None; 2], n_calls: 1, ink: None }
    }

    fn is_short(&self) -> bool {
        self.name.is_empty()
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

    fn drawn(calls: Vec<Call>, how: Calls) -> Vec<(u64, u64, u32, bool)> {
        let recording = Recording { calls, ..Recording::default() };
        let view = View::of(&recording, 1_200_000, &Options::default(), 1);
        let bands = bands(&recording, how, &view);
        bands.iter().map(|band| (band.from_ns, band.to_ns, band.level, band.is_short())).collect()
    }

    #[test]
    fn a_flame_merges_what_is_narrower_than_a_pixel() {
        let calls = (0..40_000).map(|n| call(n * 30, n * 30 + 20, 1)).chain([call(0, 1_200_000, 0)]);
        assert_eq!(drawn(calls.collect(), Calls::Flame), [(0, 1_200_000, 0, false), (0, 1_199_990, 1, true)]);
    }

    #[test]
    fn bars_leave_out_what_cannot_be_seen() {
        let calls = vec![call(0, 500_000, 0), call(600_000, 600_001, 0)];
        assert_eq!(drawn(calls.clone(), Calls::Bars), [(0, 500_000, 0, false)]);
        assert_eq!(drawn(calls, Calls::Flame), [(0, 500_000, 0, false)]);
    }

    #[test]
    fn brackets_are_of_the_longest_calls() {
        let calls: Vec<Call> = (1..=100).map(|n| call(n * 10_000, n * 10_000 + 2000 + n, 0)).collect();
        let bands = drawn(calls, Calls::Brackets);
        assert_eq!((bands.len(), bands[0].0), (40, 610_000));
    }
}
