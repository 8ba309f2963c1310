//! The figures of a run: for people after `run`, and as JSON for programs.
//!
//! They are gathered event by event, so that a run of days needs no more memory than one of seconds, and what
//! a full disk has swallowed is still summed up. A figure that was not measured is null.

mod processes;

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use crate::command;
use crate::event::{Departure, Ending, Event, Exit, Finish, Kind, Pid};
use crate::metric::Metric;
use crate::note::{LOSSES, MARKS_BEGUN_ANEW, MARKS_UNSURE, SETS_BOUND};
use crate::peak::{Marks, MarksHold, Peak, PeakKind, SetsSum, highest_of_tree};
use crate::phases::Phase;
use crate::pump::Sink;
use crate::recording::{Process, Recording};
use crate::root_peak::Others;
use crate::total::{Peaks, Total, Witness};

pub use processes::ProcessSummary;

/// Notes of a recording that say what is not in it.
const WARNING_KEYS: [&str; 17] = [
    "unread",
    "running_on",
    "not_ended",
    "exits_refused",
    "exits_missed",
    "membership_lost",
    "marks_kept",
    MARKS_UNSURE,
    "marks_longer",
    "phases_refused",
    "phases_lost",
    "mark_on_refused",
    "mark_on_lost",
    "hugetlb",
    "swapped",
    "suspended",
    "mem_unclear",
];

/// The figures of one run. The keys of the JSON are the fields' names, with their unit at the end.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The command on one line.
    pub command: String,
    /// Wall-clock time of the start, in nanoseconds since 1970.
    pub started_unix_ns: u64,
    /// From the start to the end, or to the last reading when the end was not recorded.
    pub duration_ns: u64,
    /// The program's exit code; null when a signal ended it, or when it is not known.
    pub exit_code: Option<i32>,
    /// The signal that ended the program.
    pub exit_signal: Option<i32>,
    /// Why the recording ended; null when it was cut off, and in files of mprof.
    pub ended_by: Option<Ending>,
    /// The kind of memory that the run was recorded for: its peak and its mean are of it.
    pub metric: Metric,
    /// The highest memory of the run: of the program, or of all its processes together when there are several.
    pub peak_bytes: Option<u64>,
    /// What kind of number the peak is.
    pub peak_kind: Option<PeakKind>,
    /// When the peak was first seen, counted from the start.
    pub peak_at_ns: Option<u64>,
    /// The peak of the program itself.
    pub root_peak_bytes: Option<u64>,
    /// What kind of number that is.
    pub root_peak_kind: Option<PeakKind>,
    /// The peak of the largest process: the tree had no less.
    pub largest_process_bytes: Option<u64>,
    /// The highest sum of resident sets at a sampled moment. Shared pages count once for each process.
    pub sum_rss_peak_bytes: Option<u64>,
    /// What all processes were not above together: the sum of their marks. Null unless each was read at its exit.
    pub sum_rss_bound_bytes: Option<u64>,
    /// The highest sum of proportional sets at the moments at which it was read. Shared pages count once.
    pub pss_peak_bytes: Option<u64>,
    /// What kind of number that is: a sample where nothing changed meanwhile, and else no bound.
    pub pss_peak_kind: Option<PeakKind>,
    /// The sum of resident sets at that moment: far below its peak, the proportional sets tell nothing of that.
    pub sum_rss_at_pss_peak_bytes: Option<u64>,
    /// The highest sum of unique sets at these moments: what the processes shared with nobody.
    pub uss_peak_bytes: Option<u64>,
    /// The highest resident set of the program among the samples, which its peak may lie above.
    pub root_highest_sample_bytes: Option<u64>,
    /// The mean memory over the duration. Null in the account of a run that is just over: its recording has it.
    pub mean_bytes: Option<u64>,
    /// The memory times the time that it was held. Null as the mean is.
    pub area_byte_seconds: Option<u64>,
    /// Time between samples that was asked for.
    pub interval_ns: Option<u64>,
    /// Samples of the program.
    pub n_samples: u64,
    /// Ticks at which no sample could be taken.
    pub n_missed: Option<u64>,
    /// Samples taken more than half an interval late.
    pub n_late: Option<u64>,
    /// Half of the samples came no later after their tick than this.
    pub late_median_ns: Option<u64>,
    /// One of a hundred samples came later than this.
    pub late_p99_ns: Option<u64>,
    /// The program, and every process that was read, at its exit at least. They are those that sums are of.
    pub n_processes: u64,
    /// Other processes, which were never read: over before they could be, or for want of descriptors.
    pub n_unread: Option<u64>,
    /// Those among them that were alive and could not be read: the sums lack them.
    pub n_unreadable: Option<u64>,
    /// The highest that the run's cgroup held, page cache and kernel memory included, where the run was alone in it.
    pub cgroup_peak_bytes: Option<u64>,
    /// Which limit of memory the kernel killed a process of the run for, and whom; null when it did not.
    pub out_of_memory: Option<String>,
    /// Processor time that the recorder took for itself.
    pub own_cpu_ns: Option<u64>,
    /// The recorder's own resident high-water mark.
    pub own_peak_bytes: Option<u64>,
    /// What kept the recording from telling all.
    pub warnings: Vec<String>,
    /// Whether the end of the run was recorded.
    pub is_complete: bool,
    /// The size of the result, as the program calculated it.
    pub calculated_bytes: Option<u64>,
    /// What the program wrote to disk, as it told.
    pub file_bytes: Option<u64>,
    /// The time that the program measured itself.
    pub elapsed_ns: Option<u64>,
    /// Each phase, in the order in which they were first called. Empty in the account of a run that is just over.
    pub phases: Vec<Phase>,
}

/// Gathers the figures of a run as it goes on. It takes as much room as there are processes alive.
#[derive(Debug, Default)]
pub struct Tally {
    summary: Summary,
    root: Option<Pid>,
    root_marks: Marks,
    root_departure: Option<Departure>,
    alive: BTreeMap<Pid, Marks>,
    largest_child: Option<Peak>,
    total: Total,
    /// How many processes were told of.
    n_told: u64,
    /// How many processes left with an end that nobody read.
    n_unseen_ends: u64,
    /// Whether a process beside the program may have risen after it was last read.
    has_open_peaks: bool,
    /// Whether the peak of such a process is its mark.
    has_marks_at_end: bool,
    has_losses: bool,
    begins_marks_anew: bool,
    marks_hold: MarksHold,
    sets_sum: SetsSum,
}

impl Tally {
    /// Of a run that is recorded for a kind of memory.
    #[must_use]
    pub fn of(metric: Metric) -> Self {
        Self { summary: Summary { metric, ..Summary::default() }, ..Self::default() }
    }

    /// The figures so far.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let witness = Witness {
            sees_every_end: self.sees_every_end(),
            begins_marks_anew: self.begins_marks_anew,
            marks_hold: self.marks_hold,
            n_unreadable: self.summary.n_unreadable.unwrap_or(0),
        };
        self.with_peaks(self.total.peaks(), witness, self.others())
    }

    /// What is known of the processes beside the program.
    fn others(&self) -> Others {
        let alive = || self.alive.iter().filter(|(pid, _)| self.root != Some(**pid));
        let peaks = alive().map(|(_, marks)| marks.peak(None)).chain([self.largest_child]);
        let is_root_unread = self.root.is_some() && self.root_marks == Marks::default();
        let n_unread = self.summary.n_unread.unwrap_or(0).saturating_sub(u64::from(is_root_unread));
        // A mark that another process had at its end is its peak only where marks hold all.
        let has_gaps = self.has_marks_at_end && self.marks_hold == MarksHold::NotAll;
        let is_open = self.has_open_peaks || has_gaps || alive().next().is_some();
        let are_known = n_unread == 0 && !self.has_losses && !is_open;
        Others { largest: peaks.flatten().max_by_key(|peak| peak.bytes), are_known }
    }

    fn sees_every_end(&self) -> bool {
        let is_whole = self.summary.is_complete && self.summary.n_unread == Some(0);
        is_whole && self.alive.is_empty() && self.n_unseen_ends == 0 && !self.has_losses
    }

    /// The figures so far, with the highest sums and what they are good for.
    fn with_peaks(&self, sums: Peaks, witness: Witness, others: Others) -> Summary {
        let exit = self.root_departure.and_then(|departure| departure.exit);
        let among = |peak: Peak| peak.among(witness.marks_hold);
        let root_peak = self.root_marks.peak_beside(self.root_departure.as_ref(), others).map(among);
        // What the program reaped may have been larger than what was read of it.
        let reaped = self.root_marks.peak(self.root_departure.as_ref());
        let largest = [others.largest, reaped].into_iter().flatten().max_by_key(|peak| peak.bytes).map(among);
        let of_sums = sums.peak(witness).filter(|_| self.n_told > 1);
        let peak = match (self.summary.metric, of_sums) {
            (Metric::Pss, _) => sums.pss().map(|at| at.peak(self.kind_of_sets(Metric::Pss))),
            (Metric::Uss, _) => sums.uss().map(|at| at.peak(self.kind_of_sets(Metric::Uss))),
            (_, Some(sum)) => highest_of_tree(Some(sum), largest),
            (_, None) => largest.map(|peak| peak.beside_unread(self.summary.n_unread.unwrap_or(0))),
        };
        Summary {
            exit_code: exit.and_then(Exit::code),
            exit_signal: exit.and_then(Exit::signal),
            peak_bytes: peak.map(|peak| peak.bytes),
            peak_kind: peak.map(|peak| peak.kind),
            peak_at_ns: peak.and_then(|peak| peak.at_ns),
            root_peak_bytes: root_peak.map(|peak| peak.bytes),
            root_peak_kind: root_peak.map(|peak| peak.kind),
            largest_process_bytes: largest.map(|peak| peak.bytes),
            sum_rss_peak_bytes: sums.sum().map(|at| at.bytes),
            sum_rss_bound_bytes: sums.bound(witness).map(|at| at.bytes),
            pss_peak_bytes: sums.pss().map(|at| at.bytes),
            pss_peak_kind: sums.pss().map(|_| self.kind_of_sets(Metric::Pss)),
            sum_rss_at_pss_peak_bytes: sums.rss_at_pss_bytes(),
            uss_peak_bytes: sums.uss().map(|at| at.bytes),
            root_highest_sample_bytes: self.root_marks.highest_sample().map(|peak| peak.bytes),
            ..self.summary.clone()
        }
    }

    fn left(&mut self, pid: Pid, departure: &Departure) {
        let marks = self.alive.remove(&pid).unwrap_or_default();
        self.n_unseen_ends += u64::from(!marks.tell_all(departure));
        if self.root == Some(pid) {
            self.root_departure = Some(*departure);
        } else {
            let is_read_at_exit = marks == Marks::default() && departure.hwm_bytes.is_some();
            self.summary.n_processes += u64::from(is_read_at_exit);
            let peak = marks.peak(Some(departure));
            self.has_open_peaks |= !peak.is_some_and(Peak::is_final);
            self.has_marks_at_end |= peak.is_some_and(|peak| peak.kind == PeakKind::HighWaterMark);
            let largest_bytes = self.largest_child.map_or(0, |it| it.bytes);
            self.largest_child = peak.filter(|peak| peak.bytes > largest_bytes).or(self.largest_child);
        }
    }

    fn kind_of_sets(&self, set: Metric) -> PeakKind {
        let sets_sum = if set == Metric::Pss { self.sets_sum } else { SetsSum::Open };
        PeakKind::of_sets(self.n_told, sets_sum)
    }

    fn noted(&mut self, key: &str, text: &str) {
        if key == SETS_BOUND {
            self.sets_sum = SetsSum::Bound;
        }
        self.has_losses |= LOSSES.contains(&key);
        self.begins_marks_anew |= key == MARKS_BEGUN_ANEW;
        if key == MARKS_UNSURE {
            self.marks_hold = MarksHold::NotAll;
        }
        if key == "out_of_memory" {
            self.summary.out_of_memory = Some(text.to_owned());
        }
        if WARNING_KEYS.contains(&key) {
            self.summary.warnings.push(text.to_owned());
        }
    }

    fn told(&mut self, name: &str, value: u64) {
        let field = match name {
            "calculated_bytes" => &mut self.summary.calculated_bytes,
            "file_bytes" => &mut self.summary.file_bytes,
            "elapsed_ns" => &mut self.summary.elapsed_ns,
            _ => return,
        };
        *field = Some(value);
    }

    fn finished(&mut self, finish: &Finish) {
        let summary = &mut self.summary;
        summary.ended_by = Some(finish.how);
        summary.n_missed = Some(finish.n_missed);
        summary.n_late = Some(finish.n_late);
        summary.late_median_ns = finish.late_median_ns;
        summary.late_p99_ns = finish.late_p99_ns;
        summary.n_unread = Some(finish.n_unread);
        summary.n_unreadable = Some(finish.n_unreadable);
        summary.cgroup_peak_bytes = finish.cgroup_peak_bytes;
        summary.own_cpu_ns = finish.own_cpu_ns;
        summary.own_peak_bytes = finish.own_peak_bytes;
        summary.is_complete = true;
    }
}

impl Sink for Tally {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.summary.duration_ns = self.summary.duration_ns.max(event.at_ns);
        match &event.kind {
            Kind::Started(start) => {
                self.summary.command = command::display(&start.argv);
                self.summary.started_unix_ns = start.unix_ns;
                self.summary.interval_ns = start.interval_ns;
            }
            Kind::Joined { pid, .. } => {
                self.n_told += 1;
                self.summary.n_processes += u64::from(self.root.is_none());
                self.root.get_or_insert(*pid);
                self.alive.entry(*pid).or_default();
                self.total.joined(event.at_ns, *pid);
            }
            Kind::Sample { pid, bytes } => {
                self.total.sample(event.at_ns, *pid, bytes);
                let marks = self.alive.entry(*pid).or_default();
                let is_first = *marks == Marks::default();
                marks.see(event.at_ns, bytes);
                if self.root == Some(*pid) {
                    self.root_marks.see(event.at_ns, bytes);
                    self.summary.n_samples += 1;
                } else {
                    self.summary.n_processes += u64::from(is_first);
                }
            }
            Kind::Left { pid, departure } => {
                self.total.left(event.at_ns, *pid, departure);
                self.left(*pid, departure);
            }
            Kind::Told { name, value } => self.told(name, *value),
            Kind::Finished(finish) => {
                self.total.advance(u64::MAX);
                self.finished(finish);
            }
            Kind::Noted { key, text } => self.noted(key, text),
            Kind::Renamed { .. } | Kind::Entered(_) | Kind::Called { .. } | Kind::Marked(_) => {}
        }
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Recording {
    /// The figures of this run.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut tally = Tally::of(self.metric_to_mprof());
        let is_resident = tally.summary.metric == Metric::Rss;
        let is_summed_up = self.has_tree() || !is_resident;
        let sums = if is_summed_up { self.sum_up(|_| {}) } else { Peaks::default() };
        if let Some(root) = self.root() {
            tally.root_marks = root.marks();
            tally.root_departure = root.left.departure();
            tally.summary.n_samples = self.n_readings_of_root();
        }
        self.notes.iter().for_each(|(key, text)| tally.noted(key, text));
        self.told.iter().for_each(|told| tally.told(&told.name, told.value));
        if let Some((_, finish)) = &self.end {
            tally.finished(finish);
        }
        let summary = &mut tally.summary;
        summary.command.clone_from(&self.command);
        summary.started_unix_ns = self.start.unix_ns;
        summary.interval_ns = self.start.interval_ns;
        summary.duration_ns = self.duration_ns();
        // Between two readings of a set nobody knows.
        summary.mean_bytes = self.mean_bytes().filter(|_| is_resident);
        let area = self.area_byte_ns().filter(|_| is_resident);
        summary.area_byte_seconds = area.and_then(|area| u64::try_from(area / 1_000_000_000).ok());
        summary.n_processes = self.n_known_processes();
        tally.n_told = self.processes.len() as u64;
        summary.phases = self.phases();
        let mut summary = tally.with_peaks(sums, self.witness(), self.others());
        if !self.has_tree() && !self.children().is_empty() {
            self.amend_for_mprof(&mut summary);
        }
        summary
    }

    /// Of mprof's children beside lines that may be their sum already.
    fn amend_for_mprof(&self, summary: &mut Summary) {
        let largest = self.children().iter().filter_map(Process::peak).max_by_key(|peak| peak.bytes);
        summary.largest_process_bytes = largest.map(|peak| peak.bytes);
        if self.is_summed_by_mprof() {
            summary.peak_kind = self.peak().map(|peak| peak.kind);
            summary.sum_rss_peak_bytes = summary.peak_bytes;
            (summary.root_peak_bytes, summary.root_peak_kind) = (None, None);
        }
    }
}

impl Summary {
    /// What the run held at least, in figures in which no page counts twice. A peak that sums up resident sets is none.
    #[must_use]
    pub fn certain_bytes(&self) -> Option<u64> {
        let is_sum = self.peak_kind.is_some_and(|kind| kind.is_sum_of_rss() || kind == PeakKind::SumInTurn);
        let pss_bytes = self.pss_peak_bytes.filter(|_| self.pss_peak_kind == Some(PeakKind::HighestSample));
        if is_sum { self.largest_process_bytes.max(pss_bytes) } else { self.peak_bytes }
    }
}
