//! How a recording begins: the program is started, or one that runs is found, and what is known then is told.

use std::io;
use std::os::unix::ffi::OsStrExt;

use mprof_recording::event::{Event, Kind, Pid, Start};

use super::{Options, Polling};
use crate::control::{Control, Lookout, Relation};
use crate::exits::Exits;
use crate::os::{self, Aside, Membership, Signals};
use crate::outputs::Outputs;
use crate::pace::Pace;
use crate::phases::Phases;
use crate::program::{NotRunnable, Program, Spawned};
use crate::running::Running;
use crate::sets::SetsRead;
use crate::time::{self, Sleeps, Time};
use crate::tree::{MarksKept, Tree, name_text};

/// What is looked at, whoever began the program.
pub(super) struct Seen {
    pub(super) tree: Option<Tree>,
    pub(super) membership: Membership,
    pub(super) signals: Option<Signals>,
}

impl Polling {
    /// Starts the program. It runs from here on, whatever becomes of us.
    ///
    /// # Errors
    /// When the program cannot be executed.
    pub fn spawn(program: &Program, options: &Options) -> Result<Self, NotRunnable> {
        let phases = Phases::open();
        // What is born before it is told of is none of the program's.
        let (outputs, given) = Outputs::arrange(options.mark_on.as_ref(), phases.path());
        let membership = Membership::of_next_child(options.interval_ns);
        let program = &phases.introduced_to(program);
        let argv = program.typed.iter().map(|arg| arg.as_bytes().to_vec()).collect();
        // Without signals of our own the program can still be run and recorded.
        let mut signals = Signals::hold().ok();
        let (spawn_ns, unix_ns) = (os::monotonic_ns(), time::unix_ns());
        let Spawned { pid: root, maxrss_floor_bytes, tracer } =
            program.spawn(options.exits, given, signals.as_mut())?;
        let signals = signals.and_then(|signals| signals.catch().ok());
        os::after_spawn();
        let exits = tracer.as_ref().map(|tracer| match tracer {
            Ok(_) => ("exits", "every process is stopped at its exit by ptrace, and read".to_owned()),
            Err(error) => ("exits_refused", format!("processes cannot be stopped at their exit: {error}")),
        });
        let (exits_key, exits) = exits.map_or(("exits", None), |(key, text)| (key, Some(text)));
        let (tree, refusal) = match Tree::new(root, file_name(program), options.marks) {
            Ok(tree) => (Some(tree.with_sets(options.sets)), None),
            Err(error) => (None, Some(format!("the program cannot be read: {error}"))),
        };
        let notes = [
            ("membership", Some(membership.describe())),
            (exits_key, exits),
            ("marks", note_of(options.marks)),
            ("sets", note_of_sets(options.sets)),
            ("phases_refused", phases.refusal()),
            ("mark_on_refused", mark_on_refused(&outputs)),
            ("unread", refusal),
        ];
        let start = start(argv, options, unix_ns);
        let opening = opening(start, &notes, root, file_name(program));
        let seen = Seen { tree, membership, signals };
        let mut polling = Self::follow(root, Relation::Child, seen, Time::of(root), options);
        (polling.opening, polling.started_ns) = (opening, spawn_ns);
        polling.tree.iter_mut().for_each(|tree| tree.starts_at(spawn_ns));
        polling.maxrss_floor_bytes = maxrss_floor_bytes;
        polling.exits = Exits::of(tracer.and_then(Result::ok));
        (polling.phases, polling.outputs) = (phases, outputs);
        Ok(polling)
    }

    /// Follows a program that runs already. It is read and nothing else: no signal of ours reaches it, and when the
    /// recording ends first, it goes on.
    ///
    /// # Errors
    /// When there is no such process, or when it may not be read.
    pub fn attach(running: &Running, options: &Options) -> io::Result<Self> {
        let tree = Tree::new(running.number, &running.name, options.marks)?;
        let tree = tree.with_old_marks().with_sets(options.sets);
        let signals = Signals::hold().and_then(Signals::catch).ok();
        os::after_spawn();
        let membership = Membership::of_running(running.number);
        let attached =
            "the program ran before; its high-water mark may be older than the recording".to_owned();
        let notes = [
            ("membership", Some(membership.describe())),
            ("attached", Some(attached)),
            ("marks", note_of(options.marks)),
            ("sets", note_of_sets(options.sets)),
        ];
        let start = start(running.argv.clone(), options, time::unix_ns());
        let opening = opening(start, &notes, running.number, &running.name);
        let seen = Seen { tree: Some(tree), membership, signals };
        let mut polling =
            Self::follow(running.number, Relation::Stranger, seen, Time::of(running.number), options);
        polling.opening = opening;
        Ok(polling)
    }

    pub(super) fn follow(root: u32, relation: Relation, seen: Seen, time: Time, options: &Options) -> Self {
        let Seen { tree, membership, signals } = seen;
        let now_ns = time.now_ns();
        let has_sentinel = signals.as_ref().and_then(Signals::sentinel).is_some();
        let lookout = if has_sentinel { Lookout::Sentinel } else { Lookout::None };
        let deadline_ns = options.timeout_ns.map(|ns| now_ns.saturating_add(ns));
        Self {
            root,
            relation,
            pid: Pid::from(root),
            tree,
            membership,
            time,
            sleeps: Sleeps::default(),
            signals,
            control: Control::new(relation, lookout, deadline_ns).with(options.after_timeout),
            pace: Pace::new(now_ns, options.interval_ns),
            started_ns: now_ns,
            maxrss_floor_bytes: None,
            phases: Phases::none(),
            outputs: Outputs::default(),
            opening: Vec::new(),
            born: Vec::new(),
            unseen: Vec::new(),
            exits: Exits::default(),
            aside: Aside::of(root),
            watch: None,
        }
    }
}

pub(super) fn start(argv: Vec<Vec<u8>>, options: &Options, unix_ns: u64) -> Start {
    Start {
        argv,
        unix_ns,
        interval_ns: Some(options.interval_ns),
        recorder: Some(options.recorder.clone()),
        system: Some(os::describe_system()),
    }
}

/// What is told before the first reading.
pub(super) fn opening(
    start: Start,
    notes: &[(&'static str, Option<String>)],
    root: u32,
    name: &[u8],
) -> Vec<Event> {
    let notes = notes.iter().filter_map(|(key, text)| Some(Kind::Noted { key, text: text.clone()? }));
    let joined = Kind::Joined { pid: Pid::from(root), parent: None, name: name_text(name) };
    let kinds = [Kind::Started(start)].into_iter().chain(notes).chain([joined]);
    kinds.map(|kind| Event { at_ns: 0, kind }).collect()
}

fn note_of(marks: MarksKept) -> Option<String> {
    let text = "each mark is of the interval before, or of more of them while a process kept it from being begun anew; what \
                rose and fell in the moment of that is lost, and marks_unsure says how often there may have been such; the \
                processes' own ru_maxrss was reset with it";
    (marks == MarksKept::ForInterval).then(|| text.to_owned())
}

fn mark_on_refused(outputs: &Outputs) -> Option<String> {
    let refusals = outputs.refusals();
    (!refusals.is_empty()).then(|| refusals.join("; "))
}

fn note_of_sets(sets: SetsRead) -> Option<String> {
    let text = "proportional and unique sets are read at every tick; a read keeps a process from changing its mappings \
                meanwhile, for a time that grows with its size";
    (sets == SetsRead::EveryTick).then(|| text.to_owned())
}

fn file_name(program: &Program) -> &[u8] {
    program.path.file_name().unwrap_or_default().as_bytes()
}
