//! What processes hold together, moment by moment: one pass over all of them, however many sums are asked for.

use std::ops::Range;

use super::largest::Largest;
use super::merge::{Change, Merge, What};
use super::reach::{Known, Reach};
use crate::metric::Metric;
use crate::recording::Process;
use crate::samples::Along;

/// What is summed up, part by part. A metric that a reading lacks adds nothing.
#[derive(Clone, Copy, Debug)]
pub enum Parts<'a> {
    /// A metric of processes, and for each process the part that it belongs to.
    Processes(Metric, &'a [u8]),
    /// Metrics of all processes, each a part.
    Metrics(&'a [Metric]),
}

impl Parts<'_> {
    /// How many there are. No more than 64 can be told apart.
    fn n(&self) -> usize {
        match self {
            Self::Processes(_, of) => of.iter().copied().max().map_or(1, |part| usize::from(part) + 1),
            Self::Metrics(metrics) => metrics.len(),
        }
    }

    fn first_metric(&self) -> Option<Metric> {
        match self {
            Self::Processes(metric, _) => Some(*metric),
            Self::Metrics(metrics) => metrics.first().copied(),
        }
    }
}

/// Sums at a moment at which anything changes.
#[derive(Debug, Default)]
pub struct Moment {
    /// When it is.
    pub at_ns: u64,
    /// What each part comes to.
    pub parts: Vec<u64>,
    /// The largest process, in the first metric.
    pub largest_bytes: u64,
    /// The sum of proportional sets, where every process that is there was read.
    pub pss_bytes: Option<u64>,
    /// The same of unique sets.
    pub uss_bytes: Option<u64>,
    pub(super) reach: Reach,
    pub(super) n_alive: usize,
    changed: u64,
    stepped: u64,
}

impl Moment {
    /// What these parts come to together.
    #[must_use]
    pub fn sum_of(&self, parts: Range<usize>) -> u64 {
        self.parts[parts].iter().copied().fold(0, u64::saturating_add)
    }

    /// Whether anything changed in one of these parts.
    #[must_use]
    pub fn has_changed(&self, parts: Range<usize>) -> bool {
        self.changed & bits(parts) != 0
    }

    /// Whether a process of one of these parts began or ceased to count.
    #[must_use]
    pub fn is_step(&self, parts: Range<usize>) -> bool {
        self.stepped & bits(parts) != 0
    }
}

fn bits(parts: Range<usize>) -> u64 {
    parts.filter(|&part| part < 64).fold(0, |bits, part| bits | 1 << part)
}

/// Sums up processes in order of time.
///
/// Marks and proportional sets go with resident sets: where the first metric is another, nothing is said of them.
pub fn sum_up(processes: &[&Process], parts: Parts<'_>, mut each: impl FnMut(&Moment)) {
    let mut sums = Sums {
        processes,
        parts,
        is_resident: parts.first_metric() == Some(Metric::Rss),
        held: Vec::new(),
        largest: Largest::default(),
        moment: Moment { parts: vec![0; parts.n()], ..Moment::default() },
    };
    let mut merge = Merge::of(processes);
    while let Some((at_ns, changes)) = merge.advance() {
        sums.take(at_ns, changes);
        each(&sums.moment);
    }
}

struct Sums<'a> {
    processes: &'a [&'a Process],
    parts: Parts<'a>,
    /// Whether the first metric is the resident set, with which marks and other sets go.
    is_resident: bool,
    /// What each process holds that is alive, by its slot.
    held: Vec<Held<'a>>,
    largest: Largest,
    moment: Moment,
}

/// What a process holds of each metric that is asked for.
#[derive(Default)]
struct Held<'a> {
    metrics: Vec<(Along<'a>, u64)>,
    pss: Along<'a>,
    uss: Along<'a>,
    mark: Along<'a>,
    known: Known,
    is_alive: bool,
}

impl<'a> Sums<'a> {
    fn take(&mut self, at_ns: u64, changes: &[Change]) {
        let moment = &mut self.moment;
        (moment.at_ns, moment.changed, moment.stepped) = (at_ns, 0, 0);
        moment.reach.begin();
        let [mut pss, mut uss] = [SetSum::default(); 2];
        for change in changes {
            match change.what {
                What::Reading(idx) => {
                    let [pss_bytes, uss_bytes] = self.read(change, idx as usize);
                    pss.add(pss_bytes);
                    uss.add(uss_bytes);
                }
                What::Left => self.leave(change),
            }
        }
        self.moment.pss_bytes = pss.whole(self.moment.n_alive);
        self.moment.uss_bytes = uss.whole(self.moment.n_alive);
        self.moment.largest_bytes = self.largest.bytes();
    }

    /// Takes in a reading, and says what its proportional and its unique set are.
    fn read(&mut self, change: &Change, idx: usize) -> [Option<u64>; 2] {
        if idx == 0 {
            self.begin(change);
        }
        let held = &mut self.held[change.slot as usize];
        let bits = part_bits(&self.parts, change);
        self.moment.stepped |= if idx == 0 { bits } else { 0 };
        self.moment.changed |= bits;
        if !std::mem::replace(&mut held.is_alive, true) {
            self.moment.n_alive += 1;
        }
        for (part, (along, before_bytes)) in (first_part(&self.parts, change)..).zip(&mut held.metrics) {
            let bytes = along.at(idx).unwrap_or(0);
            let sum = &mut self.moment.parts[part];
            *sum = sum.saturating_sub(*before_bytes).saturating_add(bytes);
            *before_bytes = bytes;
        }
        let first_bytes = held.metrics.first().map_or(0, |it| it.1);
        self.largest.set(change.slot, first_bytes);
        let rss_bytes = if self.is_resident { first_bytes } else { 0 };
        let now = Known { rss_bytes, mark_bytes: held.mark.at(idx).unwrap_or(0) };
        self.moment.reach.change(std::mem::replace(&mut held.known, now), now, now);
        [held.pss.at(idx), held.uss.at(idx)]
    }

    fn begin(&mut self, change: &Change) {
        let samples = &self.processes[change.process as usize].samples;
        let along = |&metric: &Metric| (samples.along(metric), 0);
        let metrics = match self.parts {
            Parts::Processes(metric, _) => vec![along(&metric)],
            Parts::Metrics(metrics) => metrics.iter().map(along).collect(),
        };
        let beside = |metric| if self.is_resident { samples.along(metric) } else { Along::default() };
        let [pss, uss, mark] = [Metric::Pss, Metric::Uss, Metric::Hwm].map(beside);
        let held = Held { metrics, pss, uss, mark, known: Known::default(), is_alive: false };
        let slot = change.slot as usize;
        let n_slots = self.held.len().max(slot + 1);
        self.held.resize_with(n_slots, Held::default);
        self.held[slot] = held;
    }

    fn leave(&mut self, change: &Change) {
        self.rise_and_leave(change);
        // Who leaves before it was read holds nothing yet.
        let held = self.held.get_mut(change.slot as usize).filter(|held| held.is_alive);
        let Some(held) = held else { return };
        held.is_alive = false;
        self.moment.n_alive -= 1;
        self.moment.stepped |= part_bits(&self.parts, change);
        self.moment.changed |= part_bits(&self.parts, change);
        for (part, (_, bytes)) in (first_part(&self.parts, change)..).zip(&mut held.metrics) {
            let sum = &mut self.moment.parts[part];
            *sum = sum.saturating_sub(std::mem::take(bytes));
        }
        self.largest.set(change.slot, 0);
    }
}

impl Sums<'_> {
    /// What it had risen to at its exit counts once more, even of one that was never read.
    fn rise_and_leave(&mut self, change: &Change) {
        let held = self.held.get(change.slot as usize).filter(|held| held.is_alive);
        let process = self.processes[change.process as usize];
        match (held.map(|held| held.known), process.left.at_ns().zip(process.left.departure())) {
            (Some(known), Some((_, departure))) => {
                self.moment.reach.change(known, known.at_exit(&departure), Known::default());
            }
            (None, Some((left_ns, departure))) => {
                let joined_ns = process.joined_ns.unwrap_or(0);
                self.moment.reach.came_and_went(joined_ns, left_ns, Known::of_unread(&departure));
            }
            (_, None) => {}
        }
    }
}

/// The sum of a metric that is not in every reading.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SetSum {
    n_read: usize,
    bytes: u64,
}

impl SetSum {
    pub(super) fn add(&mut self, bytes: Option<u64>) {
        if let Some(bytes) = bytes {
            self.n_read += 1;
            self.bytes = self.bytes.saturating_add(bytes);
        }
    }

    /// The sum. One that lacks a process says nothing.
    pub(super) fn whole(self, n_alive: usize) -> Option<u64> {
        (self.n_read > 0 && self.n_read >= n_alive).then_some(self.bytes)
    }
}

/// The part that the first metric of a process adds to.
fn first_part(parts: &Parts<'_>, change: &Change) -> usize {
    match parts {
        Parts::Processes(_, of) => of.get(change.process as usize).map_or(0, |&part| usize::from(part)),
        Parts::Metrics(_) => 0,
    }
}

fn part_bits(parts: &Parts<'_>, change: &Change) -> u64 {
    match parts {
        Parts::Processes(..) => 1 << first_part(parts, change),
        Parts::Metrics(_) => u64::MAX,
    }
}
