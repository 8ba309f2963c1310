//! Which calls are open, in whose stack: from lines to events.
//!
//! It reads no clock and waits for nothing. Every amount that a writer could drive up has a bound, and what lies
//! beyond is counted.

use std::collections::{HashMap, HashSet};

use mprof_recording::call::{Call, Caller, Cut, Entry, Moment};
use mprof_recording::event::{Event, Kind, Pid};

use super::line::{self, Line, Verb};

/// Calls and marks of a run that are kept. As many again may be calls that last.
const MAX_KEPT: u64 = 100_000;
/// A call lasts when it takes more than this part of the run so far. Of such there are few at any time.
const LASTING_PART: u64 = 1000;
/// Calls that are open at one time.
const MAX_OPEN: usize = 4096;
/// Figures that a run may tell.
const MAX_FACTS: u64 = 100;

/// The open calls of a run.
#[derive(Debug, Default)]
pub(super) struct Calls {
    stacks: HashMap<Caller, Stack>,
    /// Whose process was found gone, and when. Its calls stay open while there is room: who waited for it, as
    /// `mprof-rs phase` does, may tell of their end yet, however late.
    gone: HashMap<Caller, u64>,
    n_open: usize,
    /// Open calls that were not told of.
    n_untold: usize,
    next_id: u64,
    n_kept: u64,
    n_facts: u64,
    lapses: Lapses,
}

/// What did not become part of the recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lapses {
    n_not_understood: u64,
    n_never_entered: u64,
    n_not_kept: u64,
    n_not_sent: u64,
    n_left_over: u64,
    /// There was no room for a line, and nobody has said since how many found none.
    was_full: bool,
}

/// The open calls of one task, the innermost last.
#[derive(Debug, Default)]
struct Stack {
    calls: Vec<Open>,
    /// Calls inside of these for which there was no room.
    n_refused: u64,
}

#[derive(Debug)]
struct Open {
    id: u64,
    name: String,
    from_ns: u64,
    level: u32,
    is_told: bool,
}

impl Calls {
    /// Takes in a line, at its time in nanoseconds since the run started.
    pub(super) fn take(&mut self, line: &Line<'_>, pid: Pid, at_ns: u64, events: &mut Vec<Event>) {
        let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
        let caller = Caller { pid, task: text(line.task) };
        match line.verb {
            Verb::Enter => self.enter(caller, text(line.name), at_ns, events),
            Verb::Leave => self.leave(&caller, &text(line.name), at_ns, events),
            Verb::Mark if self.n_kept < MAX_KEPT => {
                self.n_kept += 1;
                let moment = Moment { at_ns, name: text(line.name), caller };
                events.push(Event { at_ns, kind: Kind::Marked(moment) });
            }
            Verb::Mark => self.lapses.n_not_kept += 1,
            Verb::Fact => self.fact(line.name, at_ns, events),
            Verb::Lost => match line::integer(line.name) {
                Some(n) => self.not_sent(n),
                None => self.not_understood(),
            },
        }
    }

    /// Whether no call is open that could be told of, or be over because its process is.
    pub(super) fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }

    /// Counts lines that their writers could not send.
    pub(super) fn not_sent(&mut self, n: u64) {
        self.lapses.n_not_sent = self.lapses.n_not_sent.saturating_add(n);
        self.lapses.was_full &= n == 0;
    }

    /// There is no room for a line: somebody may have found none, who ends before it can say so.
    pub(super) fn was_full(&mut self) {
        self.lapses.was_full = true;
    }

    /// Counts lines that came when the run was over.
    pub(super) fn left_over(&mut self, n: u64) {
        self.lapses.n_left_over += n;
    }

    /// Counts a line that says nothing.
    pub(super) fn not_understood(&mut self) {
        self.lapses.n_not_understood += 1;
    }

    fn enter(&mut self, caller: Caller, name: String, from_ns: u64, events: &mut Vec<Event>) {
        // Who begins a call is there: it is another process of that number.
        if let Some(gone_ns) = self.gone.remove(&caller) {
            self.cut(&caller, gone_ns, Cut::Process, events);
        }
        if self.n_open >= MAX_OPEN {
            self.cut_gone(events);
        }
        if self.n_open >= MAX_OPEN {
            self.lapses.n_not_kept += 1;
            if let Some(stack) = self.stacks.get_mut(&caller) {
                stack.n_refused += 1;
            }
            return;
        }
        let stack = self.stacks.entry(caller).or_default();
        let level = stack.calls.last().map_or(0, |outer| outer.level + 1);
        stack.calls.push(Open { id: self.next_id, name, from_ns, level, is_told: false });
        self.next_id += 1;
        self.n_open += 1;
        self.n_untold += 1;
    }

    /// Ends the innermost call of that name. What it enclosed goes on, as tasks do that take turns under one word.
    fn leave(&mut self, caller: &Caller, name: &str, at_ns: u64, events: &mut Vec<Event>) {
        let Some(stack) = self.stacks.get_mut(caller) else {
            self.lapses.n_never_entered += 1;
            return;
        };
        if stack.n_refused > 0 {
            stack.n_refused -= 1;
            return;
        }
        let Some(place) = stack.calls.iter().rposition(|call| call.name == name) else {
            self.lapses.n_never_entered += 1;
            return;
        };
        let open = stack.calls.remove(place);
        if stack.calls.is_empty() {
            self.stacks.remove(caller);
            self.gone.remove(caller);
        }
        self.over(caller.clone(), open, at_ns, None, events);
    }

    /// A call is over: it is told, if there is room.
    fn over(&mut self, caller: Caller, open: Open, at_ns: u64, cut: Option<Cut>, events: &mut Vec<Event>) {
        self.n_open -= 1;
        self.n_untold -= usize::from(!open.is_told);
        let to_ns = at_ns.max(open.from_ns);
        if !open.is_told {
            if !self.has_room(to_ns - open.from_ns, to_ns) {
                self.lapses.n_not_kept += 1;
                return;
            }
            self.n_kept += 1;
        }
        let Open { id, name, from_ns, level, is_told } = open;
        let call = Call { name, caller: Some(caller), from_ns, to_ns, level, cut, ..Call::default() };
        events.push(Event { at_ns: to_ns, kind: Kind::Called { call, id: is_told.then_some(id) } });
    }

    fn has_room(&self, lasted_ns: u64, now_ns: u64) -> bool {
        self.n_kept < MAX_KEPT || (lasted_ns >= now_ns / LASTING_PART && self.n_kept < 2 * MAX_KEPT)
    }

    fn fact(&mut self, text: &[u8], at_ns: u64, events: &mut Vec<Event>) {
        match line::figure(text) {
            Some((name, value)) if self.n_facts < MAX_FACTS => {
                self.n_facts += 1;
                let name = String::from_utf8_lossy(name).into_owned();
                events.push(Event { at_ns, kind: Kind::Told { name, value } });
            }
            Some(_) => self.lapses.n_not_kept += 1,
            None => self.not_understood(),
        }
    }

    /// Tells of the calls that are open and were not told of, so that they outlive a recorder that is killed.
    pub(super) fn tell_open(&mut self, now_ns: u64, events: &mut Vec<Event>) {
        if self.n_untold == 0 {
            return;
        }
        let mut stacks = std::mem::take(&mut self.stacks);
        for (caller, stack) in &mut stacks {
            for open in stack.calls.iter_mut().filter(|open| !open.is_told) {
                if !self.has_room(now_ns.saturating_sub(open.from_ns), now_ns) {
                    continue;
                }
                open.is_told = true;
                self.n_kept += 1;
                self.n_untold -= 1;
                let Open { id, level, from_ns, .. } = *open;
                let entry = Entry { id, name: open.name.clone(), caller: caller.clone(), level };
                events.push(Event { at_ns: from_ns, kind: Kind::Entered(entry) });
            }
        }
        self.stacks = stacks;
    }

    /// Takes in whose process is gone, and when that was seen.
    pub(super) fn see_gone(&mut self, left: &HashSet<Pid>, is_there: impl Fn(u32) -> bool, now_ns: u64) {
        for caller in self.stacks.keys() {
            if !self.gone.contains_key(caller) && (left.contains(&caller.pid) || !is_there(caller.pid.number))
            {
                self.gone.insert(caller.clone(), now_ns);
            }
        }
    }

    /// Ends every call: the recording is over.
    pub(super) fn cut_all(&mut self, now_ns: u64, events: &mut Vec<Event>) {
        self.cut_gone(events);
        let callers: Vec<Caller> = self.stacks.keys().cloned().collect();
        callers.into_iter().for_each(|caller| self.cut(&caller, now_ns, Cut::Recording, events));
    }

    /// Ends the calls of processes that are gone, at the time when that was seen.
    fn cut_gone(&mut self, events: &mut Vec<Event>) {
        let mut over: Vec<(Caller, u64)> = self.gone.drain().collect();
        over.sort_by_cached_key(|(_, at_ns)| *at_ns);
        over.into_iter().for_each(|(caller, at_ns)| self.cut(&caller, at_ns, Cut::Process, events));
    }

    fn cut(&mut self, caller: &Caller, now_ns: u64, cut: Cut, events: &mut Vec<Event>) {
        let stack = self.stacks.remove(caller).unwrap_or_default();
        for open in stack.calls.into_iter().rev() {
            self.over(caller.clone(), open, now_ns, Some(cut), events);
        }
    }

    /// What did not become part of the recording, in words.
    pub(super) fn describe_lapses(&self) -> Option<String> {
        let Lapses { n_not_understood, n_never_entered, n_not_kept, n_not_sent, n_left_over, was_full } =
            self.lapses;
        let lapses = [
            (n_not_understood, "lines not understood".to_owned()),
            (n_never_entered, "leaves of calls that were not entered".to_owned()),
            (
                n_not_kept,
                format!("calls and marks beyond the {MAX_KEPT} that are kept, or the {MAX_OPEN} open ones"),
            ),
            (n_not_sent, "lines that their writers could not send".to_owned()),
            (n_left_over, "lines that came when the run was over".to_owned()),
        ];
        let full = "the channel was full, and who found no room may have ended before saying so";
        let told: Vec<String> = lapses
            .into_iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, what)| format!("{n} {what}"))
            .chain(was_full.then(|| full.to_owned()))
            .collect();
        (!told.is_empty()).then(|| format!("phases: {}", told.join("; ")))
    }
}

#[cfg(test)]
#[path = "calls/tests.rs"]
mod tests;
