//! The tables: their columns, and their rows.

use std::io;
use std::sync::Arc;

use super::{Cell, Column, Kind, Presence, Readings};
use crate::call::Cut;
use crate::command;
use crate::event::{Exit, Start};
use crate::metric::Metric;
use crate::recording::{Process, Recording};

/// A table of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// One row: the command, its start and its end, and how well it was recorded.
    Run,
    /// A row for each process, the program first.
    Processes,
    /// A row for each name that a process took later.
    Names,
    /// A row for each stretch in which a process was not read.
    Silences,
    /// A row for each call of a phase or of a marked function.
    Calls,
    /// A row for each marked moment.
    Moments,
    /// A row for each figure that the program told about itself.
    Told,
    /// A row for each note on how the run was recorded.
    Notes,
    /// A row for each reading of each process: process by process, in order of time.
    Samples,
}

/// Takes the rows of a table.
type Each<'a> = &'a mut dyn FnMut(&[Cell<'_>]) -> io::Result<()>;

use Kind::{Number, Signed, Text};
use Presence::{Always, WhereKnown};

type Definition = (&'static str, Kind, Presence, &'static str);

const RUN: &[Definition] = &[
    ("command", Text, Always, "the command on one line, for people"),
    (
        "argv",
        Text,
        WhereKnown,
        "the arguments byte for byte, each in double quotes as in META argv of the file format",
    ),
    ("started_unix_ns", Number, Always, "when the run started, in nanoseconds since 1970"),
    ("interval_ns", Number, WhereKnown, "time between two samples that was asked for"),
    ("recorder", Text, WhereKnown, "what made the recording; absent for files of mprof"),
    ("system", Text, WhereKnown, "operating system, release and machine"),
    ("ended_ns", Number, WhereKnown, "when the recording ended; absent when it was cut off"),
    ("ended_by", Text, WhereKnown, "exit, timeout or interrupted"),
    ("n_samples", Number, WhereKnown, "ticks with a sample"),
    ("n_missed", Number, WhereKnown, "ticks without one"),
    ("n_late", Number, WhereKnown, "samples more than half an interval late"),
    ("n_unread", Number, WhereKnown, "processes that were never read"),
    ("n_unreadable", Number, WhereKnown, "processes that could not be read"),
    ("late_median_ns", Number, WhereKnown, "how long after its tick half of the samples came at most"),
    ("late_p99_ns", Number, WhereKnown, "how long after its tick 99 of 100 samples came at most"),
    ("own_cpu_ns", Number, WhereKnown, "processor time of the recorder"),
    ("own_peak_bytes", Number, WhereKnown, "resident high-water mark of the recorder"),
    ("cgroup_peak_bytes", Number, WhereKnown, "the kernel's mark of the run's control group"),
];

const PROCESSES: &[Definition] = &[
    ("process", Number, Always, "its place among the processes; 0 is the program"),
    ("pid", Text, WhereKnown, "the system's number, and .1 and so on for later processes of that number"),
    ("parent", Text, WhereKnown, "the pid of the process that started it"),
    ("name", Text, WhereKnown, "its first name"),
    ("joined_ns", Number, WhereKnown, "when it became part of the run"),
    ("left_ns", Number, WhereKnown, "when it left"),
    ("exit_code", Signed, WhereKnown, "its exit code"),
    ("exit_signal", Signed, WhereKnown, "the signal that ended it"),
    ("exit_hwm_bytes", Number, WhereKnown, "its high-water mark at its exit"),
    (
        "earlier_bytes",
        Number,
        WhereKnown,
        "the highest that an exec has ended: of the images that it was, and of children that it had waited for",
    ),
    (
        "maxrss_bytes",
        Number,
        WhereKnown,
        "ru_maxrss: the largest of it and of the children that it waited for",
    ),
    ("maxrss_floor_bytes", Number, WhereKnown, "what maxrss must exceed to say anything"),
    ("n_same", Number, Always, "readings that repeated the one before them and are no rows of samples"),
];

const NAMES: &[Definition] = &[
    ("process", Number, Always, "its place among the processes"),
    ("time_ns", Number, Always, "since when"),
    ("name", Text, Always, "its name from then on"),
];

const SILENCES: &[Definition] = &[
    ("process", Number, Always, "its place among the processes"),
    ("from_ns", Number, Always, "its last reading before"),
    ("to_ns", Number, Always, "its first reading after"),
];

const CALLS: &[Definition] = &[
    ("name", Text, Always, "the phase or function"),
    ("pid", Text, WhereKnown, "the process that called it"),
    ("task", Text, WhereKnown, "the thread, or what else runs one thing at a time"),
    ("from_ns", Number, Always, "its entry"),
    ("to_ns", Number, Always, "its exit"),
    ("from_bytes", Number, WhereKnown, "resident set at its entry"),
    ("to_bytes", Number, WhereKnown, "resident set at its exit"),
    ("level", Number, Always, "how many calls of the same task enclose it"),
    ("cut_by", Text, WhereKnown, "what ended it when the program did not: process or recording"),
];

const MOMENTS: &[Definition] = &[
    ("time_ns", Number, Always, "when"),
    ("name", Text, Always, "what it is called"),
    ("pid", Text, Always, "the process that marked it"),
    ("task", Text, Always, "its thread, or what else runs one thing at a time"),
];

const TOLD: &[Definition] = &[
    ("time_ns", Number, Always, "when"),
    ("name", Text, Always, "what it is, with its unit"),
    ("value", Number, Always, "how much"),
];

const NOTES: &[Definition] =
    &[("key", Text, Always, "what it is about"), ("text", Text, Always, "what there is to say")];

const SAMPLES: &[Definition] = &[
    ("process", Number, Always, "its place among the processes"),
    ("pid", Text, WhereKnown, "its number, as in processes"),
    ("name", Text, WhereKnown, "its name at the time"),
    ("time_ns", Number, Always, "time since the start"),
    ("unix_ns", Number, Always, "time since 1970, by the wall clock of the start"),
];

impl Table {
    /// Every table.
    pub const ALL: [Self; 9] = [
        Self::Run,
        Self::Processes,
        Self::Names,
        Self::Silences,
        Self::Calls,
        Self::Moments,
        Self::Told,
        Self::Notes,
        Self::Samples,
    ];

    /// Its name in outputs and flags.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Processes => "processes",
            Self::Names => "names",
            Self::Silences => "silences",
            Self::Calls => "calls",
            Self::Moments => "moments",
            Self::Told => "told",
            Self::Notes => "notes",
            Self::Samples => "samples",
        }
    }

    /// Its columns. Times without another word are nanoseconds since the start of the run.
    #[must_use]
    pub fn columns(self) -> Vec<Column> {
        let defined = match self {
            Self::Run => RUN,
            Self::Processes => PROCESSES,
            Self::Names => NAMES,
            Self::Silences => SILENCES,
            Self::Calls => CALLS,
            Self::Moments => MOMENTS,
            Self::Told => TOLD,
            Self::Notes => NOTES,
            Self::Samples => SAMPLES,
        };
        let column = |&(name, kind, presence, meaning): &Definition| Column {
            name: name.to_owned(),
            kind,
            presence,
            meaning,
        };
        let metrics = Metric::ALL.into_iter().filter(|_| self == Self::Samples).map(|metric| Column {
            name: format!("{}_bytes", metric.name()),
            kind: Number,
            presence: WhereKnown,
            meaning: metric.label(),
        });
        defined.iter().map(column).chain(metrics).collect()
    }

    /// Gives each row, with a cell for each column.
    ///
    /// # Errors
    /// Those of who gives the readings, and of who takes the rows.
    pub fn rows(self, recording: &Recording, readings: &mut dyn Readings, each: Each<'_>) -> io::Result<()> {
        let processes = || recording.processes.iter().zip(0_u64..);
        match self {
            Self::Run => each(&run(recording)),
            Self::Processes => processes().try_for_each(|(it, place)| each(&process(it, place))),
            Self::Names => processes().try_for_each(|(it, place)| {
                let mut renamed = it.renamed.iter();
                renamed.try_for_each(|(at_ns, name)| each(&[place.into(), (*at_ns).into(), (&**name).into()]))
            }),
            Self::Silences => processes().try_for_each(|(it, place)| {
                let mut silences = it.silences_ns.iter();
                silences.try_for_each(|&(from_ns, to_ns)| each(&[place.into(), from_ns.into(), to_ns.into()]))
            }),
            Self::Calls => calls(recording, each),
            Self::Moments => recording.moments.iter().try_for_each(|it| {
                let pid = it.caller.pid.to_string();
                each(&[it.at_ns.into(), it.name.as_str().into(), pid.into(), it.caller.task.as_str().into()])
            }),
            Self::Told => {
                let mut told = recording.told.iter();
                told.try_for_each(|it| each(&[it.at_ns.into(), it.name.as_str().into(), it.value.into()]))
            }
            Self::Notes => {
                let mut notes = recording.notes.iter();
                notes.try_for_each(|(key, text)| each(&[key.as_str().into(), text.as_str().into()]))
            }
            Self::Samples => samples(recording, readings, each),
        }
    }
}

fn run(recording: &Recording) -> Vec<Cell<'_>> {
    let Start { argv, unix_ns, interval_ns, recorder, system } = &recording.start;
    let words: Vec<String> = argv.iter().map(|arg| command::encode(arg)).collect();
    let finish = recording.end.as_ref().map(|(_, finish)| finish);
    vec![
        recording.command.as_str().into(),
        (!argv.is_empty()).then(|| words.join(" ")).into(),
        (*unix_ns).into(),
        (*interval_ns).into(),
        recorder.as_deref().into(),
        system.as_deref().into(),
        recording.end.as_ref().map(|(at_ns, _)| *at_ns).into(),
        finish.map(|it| it.how.name()).into(),
        finish.map(|it| it.n_samples).into(),
        finish.map(|it| it.n_missed).into(),
        finish.map(|it| it.n_late).into(),
        finish.map(|it| it.n_unread).into(),
        finish.map(|it| it.n_unreadable).into(),
        finish.and_then(|it| it.late_median_ns).into(),
        finish.and_then(|it| it.late_p99_ns).into(),
        finish.and_then(|it| it.own_cpu_ns).into(),
        finish.and_then(|it| it.own_peak_bytes).into(),
        finish.and_then(|it| it.cgroup_peak_bytes).into(),
    ]
}

fn process(process: &Process, place: u64) -> Vec<Cell<'_>> {
    let departure = process.left.departure();
    let exit = departure.and_then(|it| it.exit);
    vec![
        place.into(),
        process.pid.map(|pid| pid.to_string()).into(),
        process.parent.map(|pid| pid.to_string()).into(),
        process.name.as_deref().into(),
        process.joined_ns.into(),
        process.left.at_ns().into(),
        exit.and_then(Exit::code).into(),
        exit.and_then(Exit::signal).into(),
        departure.and_then(|it| it.hwm_bytes).into(),
        departure.and_then(|it| it.earlier_bytes).into(),
        departure.and_then(|it| it.maxrss_bytes).into(),
        departure.and_then(|it| it.maxrss_floor_bytes).into(),
        process.n_same.into(),
    ]
}

fn calls(recording: &Recording, each: Each<'_>) -> io::Result<()> {
    recording.calls.iter().try_for_each(|call| {
        each(&[
            call.name.as_str().into(),
            call.caller.as_ref().map(|caller| caller.pid.to_string()).into(),
            call.caller.as_ref().map(|caller| caller.task.as_str()).into(),
            call.from_ns.into(),
            call.to_ns.into(),
            call.from_bytes.into(),
            call.to_bytes.into(),
            u64::from(call.level).into(),
            call.cut.map(Cut::name).into(),
        ])
    })
}

fn samples(recording: &Recording, readings: &mut dyn Readings, each: Each<'_>) -> io::Result<()> {
    let mut latest: Option<Named<'_>> = None;
    readings.each(recording, &mut |place, at_ns, bytes| {
        if latest.as_ref().is_none_or(|it| it.place != place) {
            latest = Some(Named::of(recording, place));
        }
        let Some(process) = &mut latest else { return Ok(()) };
        let name = process.name_at(at_ns);
        let unix_ns = recording.start.unix_ns.saturating_add(at_ns);
        let mut cells = [const { Cell::Absent }; SAMPLES.len() + Metric::ALL.len()];
        cells[0] = (place as u64).into();
        cells[1] = process.pid.as_deref().into();
        cells[2] = name.into();
        cells[3] = at_ns.into();
        cells[4] = unix_ns.into();
        for (metric, value) in bytes.iter() {
            cells[SAMPLES.len() + metric as usize] = value.into();
        }
        each(&cells)
    })
}

/// What a process is called, along its readings.
struct Named<'a> {
    place: usize,
    pid: Option<String>,
    name: Option<&'a str>,
    /// The names that it took later.
    later: &'a [(u64, Arc<str>)],
}

impl<'a> Named<'a> {
    fn of(recording: &'a Recording, place: usize) -> Self {
        let process = &recording.processes[place];
        let pid = process.pid.map(|pid| pid.to_string());
        Self { place, pid, name: process.name.as_deref(), later: &process.renamed }
    }

    fn name_at(&mut self, at_ns: u64) -> Option<&'a str> {
        while let [(renamed_ns, name), later @ ..] = self.later
            && *renamed_ns <= at_ns
        {
            (self.name, self.later) = (Some(&**name), later);
        }
        self.name
    }
}
