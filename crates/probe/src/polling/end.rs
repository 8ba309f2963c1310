//! How a recording ends: what is left of the tree is ended or let go, and what is known then is told.

use std::io;
use std::time::Duration;

use mprof_recording::event::{Departure, Ending, Event, Exit, Finish, Kind};
use mprof_recording::units;

use super::{Polling, caught, in_order};
use crate::control::Relation;
use crate::os::{self, Signals};
use crate::phases::tell::Name;
use crate::phases::{Family, Now};
use crate::pressure::{self, Change, WasRoot};
use crate::tree::Tree;

/// How often, and how long apart, processes are looked at that are to end because the time is over: for five seconds.
const N_LAST_LOOKS: u32 = 500;
const LAST_LOOK_EVERY: Duration = Duration::from_millis(10);
/// How long to wait for what was printed to be handed on, where the time is over already.
const LAST_WORDS_NS: u64 = 1_000_000_000;
const LAST_WORDS_EVERY_MS: i32 = 20;
/// How long what was printed to a file is read that was not read yet.
const LAST_READING_NS: u64 = 5_000_000_000;

impl Polling {
    pub(super) fn end(&mut self, events: &mut Vec<Event>) -> io::Result<()> {
        // What is waited for from here on is not the program, and its ticks are not missed.
        self.pace.end(self.time.now_ns());
        if self.control.has_timed_out() && self.relation == Relation::Child {
            self.outlast(events);
        }
        let now_ns = self.time.now_ns();
        let at_ns = self.at(now_ns);
        let n_before = events.len();
        // Whose cgroup it is depends on who came of the program.
        self.catch_up(now_ns, events);
        // A cgroup is told of a zombie, and of nobody who was reaped.
        let change = self.change();
        let departure = self.departure()?;
        if let Some(tree) = &mut self.tree {
            tree.remove_exited(at_ns, &mut self.exits, events);
        }
        // A process that was stopped at its exit may be told of only now.
        self.catch_up(now_ns, events);
        // Who was born since the last tick may be an orphan that waits for us, and who runs on is read once more.
        if let Some(tree) = self.tree.as_mut().filter(|_| departure.is_some()) {
            tree.read(at_ns, &mut self.exits, events);
            let (signals, control) = (self.signals.as_ref(), &mut self.control);
            // Whoever wants to get out need not wait for that.
            let is_wanted = || {
                let caught = caught(signals);
                control.heed(&caught);
                caught.is_empty()
            };
            if self.relation == Relation::Child {
                tree.bury_the_last(is_wanted, at_ns, events);
            }
        }
        in_order(&mut events[n_before..]);
        let was_root = was_killed_for_memory(departure, &change);
        let finish = self.finish(departure.and_then(|departure| departure.exit), was_root, &change);
        let left = departure.map(|departure| Kind::Left { pid: self.pid, departure });
        events.extend(left.map(|kind| Event { at_ns, kind }));
        let now = Now { started_ns: self.started_ns, now_ns, until_ns: u64::MAX };
        self.hear_the_rest(now, events);
        let mut notes = self.closing_notes(&finish, was_root, &change);
        let running_on = self.tree.as_ref().filter(|_| departure.is_some()).and_then(Tree::running_on);
        notes.extend(running_on.map(|text| Kind::Noted { key: "running_on", text }));
        self.phases.end(now, &Family(self.root, self.tree.as_ref()), events);
        let kinds = notes.into_iter().chain([Kind::Finished(finish)]);
        events.extend(kinds.map(|kind| Event { at_ns, kind }));
        self.signals.iter().for_each(Signals::release_sentinel);
        Ok(())
    }

    /// Takes up the marks in what was printed last, and waits until that is handed on: without us the program itself
    /// would have had to wait for that.
    fn hear_the_rest(&mut self, now: Now, events: &mut Vec<Event>) {
        if self.control.leaves_program() {
            return;
        }
        // Those that came before the end were for the program.
        caught(self.signals.as_ref());
        let patience_ns = if self.control.has_timed_out() { LAST_WORDS_NS } else { u64::MAX };
        let mut until_ns = os::monotonic_ns().saturating_add(patience_ns);
        self.outputs.ask();
        while !self.outputs.is_answered(self.signals.as_ref(), LAST_WORDS_EVERY_MS) {
            self.phases.hear(now, &Family(self.root, self.tree.as_ref()), events);
            if self.signals.as_ref().is_some_and(|signals| !signals.take().is_empty()) {
                until_ns = until_ns.min(os::monotonic_ns().saturating_add(LAST_WORDS_NS / 5));
            }
            if os::monotonic_ns() >= until_ns {
                break;
            }
        }
        let until_ns = os::monotonic_ns().saturating_add(LAST_READING_NS);
        let (phases, root) = (&mut self.phases, self.pid);
        let mut mark = |stream: &'static str, name: &Name| phases.mark(now, root, stream, name, events);
        self.outputs.end(until_ns, &mut mark);
        self.phases.untold(self.outputs.n_untold());
    }

    /// What the system did for want of memory while the run went on.
    fn change(&self) -> Change {
        let sentinel = self.signals.as_ref().and_then(Signals::sentinel);
        let ourselves = [Some(std::process::id()), self.exits.tracer_number(), sentinel];
        let ourselves: Vec<u32> = ourselves.into_iter().flatten().chain(self.outputs.numbers()).collect();
        let has_followed = |number| self.tree.as_ref().is_some_and(|tree| tree.has_followed(number));
        let ours = |number| ourselves.contains(&number) || has_followed(number);
        self.watch.as_ref().map_or_else(Change::default, |watch| watch.change(self.root, ours))
    }

    /// What kept the recording from telling all, and what there is to know before its figures are believed.
    fn closing_notes(&self, finish: &Finish, was_root: WasRoot, change: &Change) -> Vec<Kind> {
        let n_lost = self.membership.n_lost();
        // Where the time was over, or somebody asked for the end, the program was killed for that.
        let is_known = matches!(finish.how, Ending::Exit | Ending::OutOfMemory);
        let was_root = if is_known { was_root } else { WasRoot::No };
        let swapped_bytes = self.tree.as_ref().map_or(0, Tree::swapped_bytes);
        let notes = [
            ("out_of_memory", change.killed.as_ref().map(|killed| killed.text(was_root))),
            ("hugetlb", hugetlb_text(self.tree.as_ref().map_or(0, Tree::hugetlb_bytes))),
            ("swapped", pressure::swap_text(swapped_bytes, change)),
            (
                "membership_lost",
                (n_lost > 0).then(|| {
                    format!("news of at least {n_lost} new processes or ends of processes was lost")
                }),
            ),
            ("marks_kept", marks_kept_text(self.tree.as_ref().map_or(0, Tree::n_marks_kept))),
            ("marks_unsure", self.tree.as_ref().map(Tree::n_unsure_marks).and_then(marks_unsure_text)),
            ("sets_bound", self.tree.as_ref().is_some_and(Tree::are_sets_bound).then(sets_bound_text)),
            ("marks_longer", marks_longer_text(self.tree.as_ref().map_or(0, Tree::n_longer_marks))),
            ("mark_on_lost", Some(self.outputs.losses().join("; ")).filter(|text| !text.is_empty())),
            (
                "exits_missed",
                self.escape_text().map(|text| format!("not every process was stopped at its exit: {text}")),
            ),
        ];
        notes.into_iter().filter_map(|(key, text)| Some(Kind::Noted { key, text: text? })).collect()
    }

    /// Who was not stopped at its exit, or why nobody was.
    fn escape_text(&self) -> Option<String> {
        let n_escaped = self.tree.as_ref().map_or(0, Tree::n_escaped);
        let escaped = (n_escaped > 0).then(|| format!("{n_escaped} escaped, as with CLONE_UNTRACED"));
        self.exits.failure().or(escaped)
    }

    /// How the program ended, if it did. Only of a child is more known than that.
    fn departure(&mut self) -> io::Result<Option<Departure>> {
        match self.relation {
            _ if self.control.leaves_program() => Ok(None),
            Relation::Child => {
                let reaped = os::reap(self.root)?.departure(self.maxrss_floor_bytes);
                let exited = self.exits.take(self.root);
                let reaped = exited.map_or(reaped, |exited| exited.added_to(reaped));
                // A mark that was begun anew since the last reading took with it what it had risen to.
                let carried_bytes = self.tree.as_ref().and_then(Tree::carried_bytes);
                let maxrss_bytes = reaped.maxrss_bytes.max(carried_bytes);
                let hwm_bytes = reaped.hwm_bytes.map(|bytes| bytes.max(carried_bytes.unwrap_or(0)));
                Ok(Some(Departure { hwm_bytes, maxrss_bytes, ..reaped }))
            }
            Relation::Stranger => Ok(Some(Departure::default())),
        }
    }

    fn finish(&self, exit: Option<Exit>, was_root: WasRoot, change: &Change) -> Finish {
        let usage = os::own_usage();
        let how = match (self.control.ending(exit), was_root) {
            (Ending::Exit, WasRoot::Yes) => Ending::OutOfMemory,
            (how, _) => how,
        };
        Finish {
            how,
            n_unread: self.tree.as_ref().map_or(0, Tree::n_unread),
            n_unreadable: self.tree.as_ref().map_or(0, Tree::n_unreadable),
            cgroup_peak_bytes: change.peak_bytes,
            own_cpu_ns: usage.map(|usage| usage.cpu_ns),
            own_peak_bytes: os::own_peak_bytes(),
            ..self.pace.finish()
        }
    }

    /// The time is over and the root is gone: ends what came of it, which may have ignored the first request.
    /// Who lives on is read meanwhile.
    fn outlast(&mut self, events: &mut Vec<Event>) {
        let mut due_ns = self.pace.due_ns();
        for _ in 0..N_LAST_LOOKS {
            let now_ns = self.time.now_ns();
            self.admit(now_ns, events);
            let Some(tree) = &mut self.tree else { return };
            if !tree.has_living_others() {
                return;
            }
            if now_ns >= due_ns {
                tree.read(now_ns.saturating_sub(self.started_ns), &mut self.exits, events);
                due_ns = now_ns.saturating_add(self.pace.interval_ns());
            }
            if now_ns >= self.control.kill_ns() {
                tree.signal_others(libc::SIGKILL);
            }
            std::thread::sleep(LAST_LOOK_EVERY);
        }
    }
}

/// Whether the program was killed for want of memory, by how it ended and the most that it or its children held.
fn was_killed_for_memory(departure: Option<Departure>, change: &Change) -> WasRoot {
    let is_killed = |departure: &Departure| departure.exit == Some(Exit::Signal(libc::SIGKILL));
    match (departure.filter(is_killed), &change.killed) {
        (Some(departure), Some(killed)) => killed.was_root(departure.maxrss_bytes.unwrap_or(0)),
        _ => WasRoot::No,
    }
}

fn hugetlb_text(bytes: u64) -> Option<String> {
    let most = units::bytes(bytes);
    (bytes > 0).then(|| {
        format!("at least {most} of hugetlbfs at once, which no resident set counts: plot --metric hugetlb")
    })
}

fn marks_kept_text(n: u64) -> Option<String> {
    let whose = if n == 1 { "1 process" } else { &format!("{n} processes") };
    let why = "could not be begun anew, for want of permission or of descriptors, and are of the whole life";
    (n > 0).then(|| format!("the marks of {whose} {why}"))
}

fn marks_unsure_text((n, n_begun): (u64, u64)) -> Option<String> {
    let text = "memory came in the moment in which a mark was begun anew, and what was gone again then is in no mark";
    (n > 0).then(|| format!("{n} of {n_begun} times, {text}"))
}

fn sets_bound_text() -> String {
    "nothing changed while the highest sum of proportional sets was read".to_owned()
}

fn marks_longer_text(n: u64) -> Option<String> {
    let text = "a mark was not begun anew before the next reading, and is of more than one interval";
    let times = if n == 1 { "once" } else { &format!("{n} times") };
    (n > 0).then(|| format!("{times}, {text}"))
}
