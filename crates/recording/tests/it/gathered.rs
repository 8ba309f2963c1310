//! What the events of a run come to, gathered without a file: what reading it back is held against.

use mprof_recording::event::{Event, Kind, Pid};
use mprof_recording::recording::Told;
use mprof_recording::{Left, Process, Recording, command};
use std::cmp::Reverse;

/// The recording that a stream of events is.
pub(crate) fn gathered(events: &[Event]) -> Recording {
    let mut recording = Recording::default();
    events.iter().for_each(|event| take(&mut recording, event));
    settle_calls(&mut recording);
    recording
}

fn take(recording: &mut Recording, event: &Event) {
    let at_ns = event.at_ns;
    match &event.kind {
        Kind::Started(start) => {
            recording.command = command::display(&start.argv);
            recording.start = start.clone();
        }
        Kind::Joined { pid, parent, name } => {
            let process = process(recording, *pid);
            (process.parent, process.name) = (*parent, Some(name.as_str().into()));
            process.joined_ns = Some(at_ns);
        }
        Kind::Renamed { pid, name } => process(recording, *pid).renamed.push((at_ns, name.as_str().into())),
        Kind::Noted { key, text } => recording.notes.push(((*key).to_owned(), text.clone())),
        Kind::Sample { pid, bytes } => process(recording, *pid).samples.push(at_ns, bytes),
        Kind::Left { pid, departure } => process(recording, *pid).left = Left::at(at_ns, *departure),
        Kind::Told { name, value } => {
            recording.told.push(Told { at_ns, name: name.clone(), value: *value });
        }
        // Of a run that was recorded to its end, every entry has its call.
        Kind::Entered(_) => {}
        Kind::Called { call, .. } => recording.calls.push(call.clone()),
        Kind::Marked(moment) => recording.moments.push(moment.clone()),
        Kind::Finished(finish) => recording.end = Some((at_ns, finish.clone())),
    }
}

fn process(recording: &mut Recording, pid: Pid) -> &mut Process {
    let known = recording.processes.iter().position(|process| process.pid == Some(pid));
    let place = known.unwrap_or_else(|| {
        recording.processes.push(Process { pid: Some(pid), ..Process::default() });
        recording.processes.len() - 1
    });
    &mut recording.processes[place]
}

/// Calls and moments stand in order, and a call has the memory that its process was last read to have.
fn settle_calls(recording: &mut Recording) {
    recording.calls.sort_by_key(|call| (call.from_ns, call.level, Reverse(call.to_ns)));
    recording.moments.sort_by_key(|moment| moment.at_ns);
    for call in &mut recording.calls {
        let of_caller = |process: &&Process| process.pid == call.caller.as_ref().map(|caller| caller.pid);
        let Some(process) = recording.processes.iter().find(of_caller) else { continue };
        call.from_bytes = process.rss_at_entry(call);
        call.to_bytes = process.samples.rss_by(call.to_ns);
    }
}
