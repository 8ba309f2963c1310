//! Lines in, events out.

use super::*;

/// Says lines, one each nanosecond from 1 on, all by the process 7.
fn say(calls: &mut Calls, lines: &[&str]) -> Vec<Event> {
    let mut events = Vec::new();
    for (idx, text) in lines.iter().enumerate() {
        match line::parse(text.as_bytes()) {
            Some((line, _)) => calls.take(&line, Pid::from(line.number), 1 + idx as u64, &mut events),
            None => calls.not_understood(),
        }
    }
    events
}

/// What was told, in short.
fn told(events: &[Event]) -> Vec<String> {
    let call = |call: &Call| {
        let cut = call.cut.map_or(String::new(), |cut| format!(" cut by {}", cut.name()));
        format!("{} {}-{} level {}{cut}", call.name, call.from_ns, call.to_ns, call.level)
    };
    let text = |event: &Event| match &event.kind {
        Kind::Called { call: it, id: None } => call(it),
        Kind::Called { call: it, id: Some(id) } => format!("{} #{id}", call(it)),
        Kind::Entered(entry) => format!("{} from {} #{}", entry.name, event.at_ns, entry.id),
        Kind::Marked(moment) => format!("{} at {}", moment.name, moment.at_ns),
        Kind::Told { name, value } => format!("{name} is {value}"),
        kind => unreachable!("{kind:?}"),
    };
    events.iter().map(text).collect()
}

#[test]
fn calls_nest_by_task() {
    let lines = [
        "enter 0 7 a main",
        "enter 0 7 b other",
        "enter 0 7 a load it",
        "mark 0 7 a half",
        "leave 0 7 a load it",
        "leave 0 7 b other",
        "leave 0 7 a main",
    ];
    let events = say(&mut Calls::default(), &lines);
    assert_eq!(told(&events), ["half at 4", "load it 3-5 level 1", "other 2-6 level 0", "main 1-7 level 0"]);
}

#[test]
fn a_call_that_calls_itself_ends_from_within() {
    let lines = ["enter 0 7 a f", "enter 0 7 a f", "leave 0 7 a f", "leave 0 7 a f"];
    assert_eq!(told(&say(&mut Calls::default(), &lines)), ["f 2-3 level 1", "f 1-4 level 0"]);
}

#[test]
fn calls_that_take_turns_under_one_word_each_end_in_their_time() {
    let lines = [
        "enter 0 7 a x",
        "enter 0 7 a y",
        "leave 0 7 a x",
        "enter 0 7 a z",
        "leave 0 7 a y",
        "leave 0 7 a z",
    ];
    assert_eq!(
        told(&say(&mut Calls::default(), &lines)),
        ["x 1-3 level 0", "y 2-5 level 1", "z 4-6 level 2"]
    );
}

#[test]
fn an_open_call_is_told_once_and_ended_under_its_number() {
    let mut calls = Calls::default();
    let mut events = say(&mut calls, &["enter 0 7 a x"]);
    calls.tell_open(5, &mut events);
    calls.tell_open(6, &mut events);
    events.extend(say(&mut calls, &["leave 0 7 a x"]));
    assert_eq!(told(&events), ["x from 1 #0", "x 1-1 level 0 #0"]);
}

#[test]
fn what_is_never_left_is_cut() {
    let mut calls = Calls::default();
    let mut events = say(&mut calls, &["enter 0 7 a x", "enter 0 7 a y", "enter 0 8 a z", "enter 0 9 a w"]);
    calls.see_gone(&HashSet::from([Pid::from(7)]), |number| number != 8, 20);
    calls.see_gone(&HashSet::new(), |number| number == 9, 25);
    assert_eq!(events, []);
    calls.cut_all(30, &mut events);
    let mut cut = told(&events);
    cut.sort();
    let gone =
        ["x 1-20 level 0", "y 2-20 level 1", "z 3-20 level 0"].map(|it| format!("{it} cut by process"));
    assert_eq!(cut, [&["w 4-30 level 0 cut by recording".to_owned()], &gone[..]].concat());
    assert_eq!(calls.describe_lapses(), None);
}

#[test]
fn who_waited_for_a_process_may_tell_of_its_end_as_late_as_it_wants() {
    const HOUR_NS: u64 = 3_600_000_000_000;
    let mut calls = Calls::default();
    let mut events = say(&mut calls, &["enter 0 7 a x", "enter 0 8 a y"]);
    (2..5).for_each(|n| calls.see_gone(&HashSet::new(), |_| false, n * HOUR_NS));
    events.extend(say(&mut calls, &["mark 0 9 a m", "mark 0 9 a m", "leave 0 7 a x"]));
    calls.cut_all(9 * HOUR_NS, &mut events);
    assert_eq!(told(&events)[2..], ["x 1-3 level 0", "y 2-7200000000000 level 0 cut by process"]);
    assert_eq!(calls.describe_lapses(), None);
}

#[test]
fn another_process_of_the_same_number_has_calls_of_its_own() {
    let mut calls = Calls::default();
    let mut events = say(&mut calls, &["enter 0 7 a x"]);
    calls.see_gone(&HashSet::new(), |_| false, 9);
    events.extend(say(&mut calls, &["mark 0 9 a m", "enter 0 7 a x", "leave 0 7 a x"]));
    assert_eq!(told(&events)[..], ["m at 1", "x 1-9 level 0 cut by process", "x 2-3 level 0"]);
}

#[test]
fn calls_of_the_gone_make_room() {
    let mut calls = Calls::default();
    let mut events = Vec::new();
    let enter = line::parse(b"enter 0 7 a x").unwrap().0;
    (0..MAX_OPEN as u64).for_each(|at_ns| calls.take(&enter, Pid::from(7), at_ns, &mut events));
    calls.see_gone(&HashSet::new(), |_| false, 9000);
    calls.take(&enter, Pid::from(8), 9001, &mut events);
    assert_eq!((events.len(), calls.n_open, calls.lapses.n_not_kept), (MAX_OPEN, 1, 0));
}

#[test]
fn what_makes_no_sense_is_counted() {
    let mut calls = Calls::default();
    let lines = [
        "leave 0 7 a x",
        "enter 0 7 a y",
        "leave 0 7 a x",
        "nonsense",
        "fact 0 7 a n",
        "lost 0 7 a 12",
        "lost 0 7 a x",
    ];
    assert_eq!(told(&say(&mut calls, &lines)), [""; 0]);
    let text = "phases: 3 lines not understood; 2 leaves of calls that were not entered; 12 lines that their writers could not send";
    assert_eq!(calls.describe_lapses().unwrap(), text);
}

#[test]
fn figures_are_told_up_to_a_number_of_them() {
    let mut calls = Calls::default();
    let lines = vec!["fact 0 7 a file_bytes 12"; MAX_FACTS as usize + 3];
    let events = say(&mut calls, &lines);
    assert_eq!(events.len() as u64, MAX_FACTS);
    assert_eq!(told(&events)[0], "file_bytes is 12");
    assert_eq!(calls.lapses.n_not_kept, 3);
}

#[test]
fn a_million_calls_that_are_never_left_take_no_more_room_than_the_bound() {
    let mut calls = Calls::default();
    let enter = line::parse(b"enter 0 7 a x").unwrap().0;
    let leave = line::parse(b"leave 0 7 a x").unwrap().0;
    let mut events = Vec::new();
    for at_ns in 0..1_000_000 {
        calls.take(&enter, Pid::from(7), at_ns, &mut events);
    }
    assert_eq!((calls.n_open, calls.lapses.n_not_kept), (MAX_OPEN, 1_000_000 - MAX_OPEN as u64));
    // The calls inside for which there was no room are left first, and each of the others in its time.
    for at_ns in 1_000_000..2_000_000 {
        calls.take(&leave, Pid::from(7), at_ns, &mut events);
    }
    assert_eq!(events.len(), MAX_OPEN);
    assert_eq!(told(&events).last().unwrap(), "x 0-1999999 level 0");
    assert_eq!((calls.n_open, calls.stacks.len(), calls.lapses.n_never_entered), (0, 0, 0));
}

#[test]
fn beyond_the_bound_calls_that_last_are_kept_still() {
    let mut calls = Calls::default();
    let mut events = Vec::new();
    let long = [&b"enter 0 7 a long"[..], b"leave 0 7 a long"].map(|text| line::parse(text).unwrap().0);
    let short = [&b"enter 0 7 b short"[..], b"leave 0 7 b short"].map(|text| line::parse(text).unwrap().0);
    calls.take(&long[0], Pid::from(7), 0, &mut events);
    for at_ns in 0..MAX_KEPT + 500 {
        short.iter().for_each(|line| calls.take(line, Pid::from(7), 5000 + at_ns, &mut events));
    }
    calls.take(&long[1], Pid::from(7), 5000 + MAX_KEPT, &mut events);
    assert_eq!(events.len() as u64, MAX_KEPT + 1);
    assert_eq!(told(&events).last().unwrap(), "long 0-105000 level 0");
    assert_eq!(calls.lapses.n_not_kept, 500);
}
