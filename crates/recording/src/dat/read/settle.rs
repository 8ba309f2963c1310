//! What can be said when a file is read to its end: its last line, who the root is, the command, and the order of time.

use super::{Error, Line, Reader, Tracks, Warning, line};
use crate::command;
use crate::event::Pid;
use crate::recording::Process;

/// No process has so many before it: what stands in for a label until the end.
const STAND_IN_LIFE: u32 = u32::MAX;

impl Reader {
    /// Takes in what stands behind the last line break, if that is a line.
    pub(super) fn last_line(&mut self) -> Result<(), Error> {
        let text = std::mem::take(&mut self.begun);
        if text.is_empty() {
            return Ok(());
        }
        if self.is_whole(&text) {
            // Whether it is one is seen at the end only, so that nobody would find it again who goes through the file.
            self.tracks.iter_mut().for_each(Tracks::see_intricate);
            return self.line(&text);
        }
        self.n_lines += 1;
        self.warn(|| "the last line has no end: it was cut off and is not read".into());
        self.n_understood += u64::from(line::is_record(&text));
        Ok(())
    }

    /// Whether a line without an end can be believed. We end every line; whoever writes a recording by hand may not. If
    /// a time lost digits, it mostly lies before the root's last reading; else it is too early by what they said.
    fn is_whole(&self, text: &[u8]) -> bool {
        let latest_ns = self.root.samples.times_ns().last().copied().unwrap_or(0);
        let Ok(Line::Root(reading) | Line::Child(_, reading) | Line::Labelled(_, reading)) =
            line::parse(text)
        else {
            return false;
        };
        !self.is_ours && reading.unix_ns >= latest_ns
    }

    /// What stands in for the number of a child that has a label.
    pub(super) fn stand_in(&mut self, label: &[u8]) -> Pid {
        let n_labels = self.labels.len() as u32;
        let number = match self.labels.get(label) {
            Some(number) => *number,
            None => *self.labels.entry(label.to_vec()).or_insert(n_labels),
        };
        Pid { number, life: STAND_IN_LIFE }
    }

    /// A child with a label has no number, and the label for a name.
    pub(super) fn settle_labels(&mut self) {
        for (label, number) in std::mem::take(&mut self.labels) {
            let place = self.places.get(&Pid { number, life: STAND_IN_LIFE });
            if let Some(child) = place.and_then(|&place| self.children.get_mut(place as usize)) {
                child.name = Some(String::from_utf8_lossy(&label).into());
                child.pid = None;
            }
        }
    }

    /// Lines name the root by its number, and may come before the one that says whose number it is.
    pub(super) fn settle_root(&mut self) {
        let root_pid = self.root_pid;
        if let Some(idx) = self.children.iter().position(|it| root_pid.is_some() && it.pid == root_pid) {
            let Process { left, renamed, .. } = self.children.remove(idx);
            self.tracks.iter_mut().for_each(|tracks| tracks.forget(idx));
            (self.root.left, self.root.renamed) = (left, renamed);
        }
        let is_known = self.root.pid.is_some() || !self.root.samples.is_empty();
        let mut processes = std::mem::take(&mut self.children);
        if is_known || !processes.is_empty() {
            processes.insert(0, std::mem::take(&mut self.root));
            self.tracks.iter_mut().for_each(Tracks::put_root_first);
        }
        self.recording.processes = processes;
    }

    pub(super) fn settle_command(&mut self) {
        let argv = &self.recording.start.argv;
        self.recording.command = if argv.is_empty() {
            command::printable(&String::from_utf8_lossy(&self.command))
        } else {
            command::display(argv)
        };
    }

    /// Says that readings are out of order.
    pub(super) fn settle_order(&mut self) {
        let Some(line) = self.first_backwards else { return };
        let processes = &self.recording.processes;
        let n_late: usize =
            processes.iter().map(|process| n_before_an_earlier(process.samples.times_ns())).sum();
        let (samples, are) = if n_late == 1 { ("sample", "is") } else { ("samples", "are") };
        let why = format!(
            "time runs backwards here: {n_late} {samples} {are} of earlier times than one before in the file; \
             all were sorted by time, so that the curve, the duration and the mean are wrong where a clock was set \
             back or recordings were joined"
        );
        self.n_warnings += 1;
        let place = self.warnings.partition_point(|warning| warning.line < line);
        self.warnings.insert(place, Warning { line, why });
    }

    /// Puts everything in order of time, counted from the start: the one told, before which nothing can have been read,
    /// or else the first thing recorded.
    pub(super) fn settle_times(&mut self) {
        let untold = self.untold();
        let recording = &mut self.recording;
        for process in &mut recording.processes {
            process.samples.settle(untold);
            if self.first_backwards.is_some() {
                process.forget_broken_silences();
            }
            process.renamed.sort_by_cached_key(|(at_ns, _)| *at_ns);
            if let (Some((unix_ns, _)), false) = (self.same, process.left.is_known()) {
                process.samples.extend_to(unix_ns);
            }
        }
        if !self.is_ours {
            recording.settle_as_mprofs();
        }
        if let (Some((_, n_same)), Some(root)) = (self.same, recording.processes.first_mut()) {
            root.n_same = root.n_same.saturating_add(n_same.saturating_sub(1));
        }
        let mut open = std::mem::take(&mut self.entered);
        open.retain(|(_, entry)| !self.left_ids.contains(&entry.id));
        recording.cut_open_calls(open, recording.last_ns());
        recording.settle_calls();
        recording.settle_marks();
        let start_ns = match self.started_unix_ns {
            Some(started_ns) => recording.first_reading_ns().map_or(started_ns, |ns| ns.min(started_ns)),
            None => recording.first_ns().unwrap_or(0),
        };
        recording.start.unix_ns = start_ns;
        recording.rebase(start_ns);
    }
}

impl Process {
    /// A silence in which there is a reading after all was none.
    fn forget_broken_silences(&mut self) {
        let times_ns = self.samples.times_ns();
        let is_whole = |&(from_ns, to_ns): &(u64, u64)| {
            let next = times_ns.partition_point(|&at_ns| at_ns <= from_ns);
            times_ns.get(next).is_none_or(|&at_ns| at_ns >= to_ns)
        };
        self.silences_ns = self.silences_ns.iter().copied().filter(is_whole).collect();
    }
}

/// How many times lie before one that comes earlier.
fn n_before_an_earlier(times_ns: &[u64]) -> usize {
    let mut latest_ns = 0;
    let is_late = |&&at_ns: &&u64| {
        latest_ns = at_ns.max(latest_ns);
        at_ns < latest_ns
    };
    times_ns.iter().filter(is_late).count()
}
