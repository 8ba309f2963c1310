//! A channel, and writers that keep to the format and that do not.

use super::*;
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};

use mprof_recording::call::Cut;

/// Processes of which some are gone.
struct Known(&'static [u32]);

impl Processes for Known {
    fn latest(&self, number: u32) -> Pid {
        Pid::from(number)
    }

    fn is_there(&self, number: u32) -> bool {
        self.0.contains(&number)
    }
}

fn at(now_ns: u64) -> Now {
    Now { started_ns: 1000, now_ns, until_ns: u64::MAX }
}

fn hear(phases: &mut Phases, now_ns: u64) -> Vec<Event> {
    let mut events = Vec::new();
    phases.hear(at(now_ns), &Known(&[7]), &mut events);
    events
}

fn path(phases: &Phases) -> PathBuf {
    phases.path().unwrap().to_owned()
}

/// A writer as `docs/phases.md` wants it.
fn writer(phases: &Phases) -> File {
    writer_of(&path(phases))
}

fn writer_of(path: &Path) -> File {
    File::options().read(true).write(true).custom_flags(libc::O_NONBLOCK).open(path).unwrap()
}

/// What the notes of the end say.
fn lapses(mut phases: Phases) -> Vec<String> {
    let mut events = Vec::new();
    phases.end(at(9000), &Known(&[7]), &mut events);
    notes(events)
}

fn notes(events: Vec<Event>) -> Vec<String> {
    let notes = events.into_iter().filter_map(|event| match event.kind {
        Kind::Noted { text, .. } => Some(text),
        _ => None,
    });
    notes.collect()
}

/// What a note counts: the numbers that its parts begin with.
fn counts_in(text: &str) -> impl Iterator<Item = usize> {
    let parts = text.trim_start_matches("phases: ").split("; ");
    parts.filter_map(|part| part.split(' ').next()?.parse().ok())
}

#[test]
fn the_channel_is_the_owners_alone_and_leaves_nothing_behind() {
    let phases = Phases::open();
    let (fifo, folder) = (path(&phases), path(&phases).parent().unwrap().to_owned());
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    assert_eq!((mode(&folder), mode(&fifo)), (0o700, 0o600));
    drop(phases);
    assert!(!folder.exists());
}

#[test]
fn what_is_written_is_heard_in_the_run_s_own_time() {
    let mut phases = Phases::open();
    let mut writer = writer(&phases);
    assert_eq!(hear(&mut phases, 2000), []);
    writer
        .write_all(
            b"enter 1 7 main early\nmark 99999 7 main late\nmark - 7 main now\nleave 1600 7 main early\n",
        )
        .unwrap();
    let times: Vec<u64> = hear(&mut phases, 2000).iter().map(|event| event.at_ns).collect();
    assert_eq!(times, [1000, 1000, 600]);
    assert_eq!(hear(&mut phases, 3000), []);
    assert_eq!(lapses(phases), [""; 0]);
}

#[test]
fn a_line_that_comes_in_two_parts_is_one() {
    let mut phases = Phases::open();
    let mut writer = writer(&phases);
    writer.write_all(b"mark - 7 ma").unwrap();
    assert_eq!(hear(&mut phases, 2000), []);
    writer.write_all(b"in half\nmark - 7 main cut of").unwrap();
    assert_eq!(hear(&mut phases, 2000).len(), 1);
    assert_eq!(lapses(phases), ["phases: 1 lines not understood"]);
}

#[test]
fn a_broken_writer_costs_nobody_else_a_mark() {
    let mut phases = Phases::open();
    let mut writer = writer(&phases);
    for garbage in [&b"\0\xff\xfe"[..], &[b'x'; 4000], b"enter 1 2", b"mark ", &[b'm'; 600]] {
        writer.write_all(garbage).unwrap();
        writer.write_all(b"mark - 7 main good\n").unwrap();
    }
    let names: Vec<String> = hear(&mut phases, 2000)
        .into_iter()
        .filter_map(|event| match event.kind {
            Kind::Marked(moment) => Some(moment.name),
            _ => None,
        })
        .collect();
    assert_eq!(names, ["good"; 5]);
}

#[test]
fn a_flood_of_garbage_is_counted_and_takes_no_room() {
    let mut phases = Phases::open();
    let path = path(&phases);
    // One that waits until it is read, which the recorder does not promise to anybody.
    let flood = std::thread::spawn(move || {
        let mut writer = File::options().write(true).open(path).unwrap();
        let garbage: Vec<u8> =
            (0..1 << 16).map(|n: u32| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
        (0..256).for_each(|_| writer.write_all(&garbage).unwrap());
    });
    while !flood.is_finished() {
        assert_eq!(hear(&mut phases, 2000), []);
        assert!(phases.buffer.capacity() <= 2 * CHUNK);
    }
    let told = lapses(phases);
    assert!(told[0].contains(" lines not understood"), "{told:?}");
}

#[test]
fn reading_has_an_end_although_writing_has_none() {
    let mut phases = Phases::open();
    let mut writer = writer(&phases);
    let line = b"mark - 7 main x\n".repeat(200);
    let mut n_written = 0;
    while writer.write_all(&line).is_ok() {
        n_written += 1;
    }
    assert!(n_written > 0);
    let mut events = Vec::new();
    let out_of_time = Now { until_ns: 0, ..at(2000) };
    phases.hear(out_of_time, &Known(&[7]), &mut events);
    assert!(events.len() <= CHUNK / 16 + 1, "{}", events.len());
}

#[test]
fn a_channel_that_the_program_removes_or_replaces_is_lost_and_said_so() {
    type Harm = fn(&Path);
    let harms: [Harm; 3] = [
        |path| fs::remove_file(path).unwrap(),
        |path| {
            fs::remove_file(path).unwrap();
            fs::write(path, "mark - 7 main x\n").unwrap();
        },
        |path| fs::remove_dir_all(path.parent().unwrap()).unwrap(),
    ];
    for harm in harms {
        let mut phases = Phases::open();
        let mut writer = writer(&phases);
        harm(&path(&phases));
        // Who has it open can go on.
        writer.write_all(b"mark - 7 main still\n").unwrap();
        assert_eq!(hear(&mut phases, 2000).len(), 1);
        assert!(lapses(phases)[0].contains("removed"));
    }
}

#[test]
fn what_the_program_puts_into_the_folder_stays_its_own() {
    let phases = Phases::open();
    let folder = path(&phases).parent().unwrap().to_owned();
    fs::write(folder.join("kept"), "").unwrap();
    drop(phases);
    assert!(folder.join("kept").exists());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_process_that_leaves_or_was_never_there_ends_its_calls() {
    let mut phases = Phases::open();
    writer(&phases).write_all(b"enter - 7 main a\nenter - 8 main b\nenter - 9 main c\n").unwrap();
    let departure = mprof_recording::event::Departure::default();
    let left = Event { at_ns: 0, kind: Kind::Left { pid: Pid::from(9), departure } };
    let mut events = vec![left];
    phases.hear(at(2000), &Known(&[7, 9]), &mut events);
    phases.end(at(3000), &Known(&[7, 9]), &mut events);
    let mut cut: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.kind {
            Kind::Called { call, .. } => Some((call.name.as_str(), call.cut)),
            _ => None,
        })
        .collect();
    cut.sort_by_key(|(name, _)| *name);
    let expected = [("a", Cut::Recording), ("b", Cut::Process), ("c", Cut::Process)];
    assert_eq!(cut, expected.map(|(name, cut)| (name, Some(cut))));
    let n_told = events.iter().filter(|event| matches!(event.kind, Kind::Entered(_))).count();
    assert_eq!(n_told, 3);
}

#[test]
fn without_a_channel_nothing_is_heard_and_nothing_awaited() {
    let mut phases = Phases::none();
    assert_eq!((phases.path(), phases.refusal(), phases.due_ns()), (None, None, u64::MAX));
    assert_eq!(hear(&mut phases, 2000), []);
}

#[test]
fn a_line_that_is_never_ended_costs_its_writer_alone_and_is_counted() {
    let mut phases = Phases::open();
    writer(&phases).write_all(b"enter - 7 main never").unwrap();
    writer(&phases).write_all(b"mark - 7 main x\n").unwrap();
    let events = hear(&mut phases, 2000);
    let marks: Vec<&str> = events
        .iter()
        .map(|event| match &event.kind {
            Kind::Marked(moment) => moment.name.as_str(),
            other => unreachable!("{other:?}"),
        })
        .collect();
    assert_eq!(marks, ["x"]);
    assert_eq!(lapses(phases), ["phases: 1 lines not understood"]);
}

/// Whoever finds no room and ends can tell nobody. That there was none is seen from this side.
#[test]
fn a_full_channel_is_told_of_unless_somebody_has_counted() {
    for (confession, expected) in
        [(&b""[..], "the channel was full"), (b"lost - 7 main 3\n", "3 lines that their")]
    {
        let mut phases = Phases::open();
        let mut writer = writer(&phases);
        let line = [&b"mark - 7 main "[..], &[b'x'; 400], b"\n"].concat();
        while writer.write_all(&line).is_ok() {}
        hear(&mut phases, 2000);
        writer.write_all(confession).unwrap();
        let told = lapses(phases);
        assert!(told.len() == 1 && told[0].contains(expected), "{told:?}");
    }
}

#[test]
fn the_end_does_not_wait_for_who_goes_on_writing_and_counts_what_is_left() {
    let mut phases = Phases::open();
    let path = path(&phases);
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let flood = std::thread::spawn(move || {
        let mut writer = writer_of(&path);
        let line = b"mark - 7 main x\n".repeat(200);
        while stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) {
            // When there is no room, it is tried again.
            let _ = writer.write_all(&line);
        }
    });
    while phases.channel.as_ref().is_some_and(|channel| !channel.is_full()) {}
    let mut events = Vec::new();
    phases.end(at(9000), &Known(&[7]), &mut events);
    drop(stop);
    flood.join().unwrap();
    let n_marks = events.iter().filter(|event| matches!(event.kind, Kind::Marked(_))).count();
    let n_told: usize = notes(events).iter().flat_map(|text| counts_in(text)).sum();
    // All that was read, and what the channel held then.
    let n_lines = n_marks + n_told;
    let n_at_most = (N_LAST_READS + 1) * MAX_READ / 16;
    assert!((1000..=n_at_most).contains(&n_lines), "{n_marks} marks, and {n_told} told of");
    let mut writer = writer(&phases);
    while phases.n_left_over() > 0 {}
    writer.write_all(b"mark - 7 main x\nmark - 7 main y\n").unwrap();
    assert_eq!(phases.n_left_over(), 2);
}
