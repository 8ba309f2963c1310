//! Signals and times as they come, without either.

use super::*;

const MS: u64 = 1_000_000;

fn sent(signal: i32) -> Caught {
    Caught { signal, origin: Origin::Process }
}

fn typed(signal: i32) -> Caught {
    Caught { signal, origin: Origin::System }
}

fn had_by_all(signal: i32) -> Caught {
    Caught { signal, origin: Origin::Group }
}

fn to_root(signal: i32) -> Order {
    Order { to: Whom::Root, signal }
}

fn control(deadline_ns: Option<u64>) -> Control {
    Control::new(Relation::Child, Lookout::Sentinel, deadline_ns)
}

/// What is passed on of TERM that is caught in these ways, one after the other a millisecond apart.
fn passed_on(caught: &[Caught]) -> usize {
    let mut control = control(None);
    let mut orders = Vec::new();
    for (idx, caught) in caught.iter().enumerate() {
        orders.extend(control.orders(&[*caught], idx as u64 * MS));
    }
    orders.extend(control.orders(&[], GRACE_NS + 9 * MS));
    orders.extend(control.orders(&[], 10 * GRACE_NS));
    assert!(orders.iter().all(|order| *order == to_root(libc::SIGTERM)));
    orders.len()
}

#[test]
fn what_a_process_sent_is_passed_on_once_after_its_grace() {
    let mut control = control(None);
    assert_eq!(control.orders(&[sent(libc::SIGTERM), sent(libc::SIGTERM)], 0), []);
    assert_eq!(control.next_ns(), GRACE_NS);
    assert_eq!(control.orders(&[], GRACE_NS), [to_root(libc::SIGTERM)]);
    assert_eq!(control.orders(&[], GRACE_NS + MS), []);
    assert_eq!(control.ending(Some(Exit::Code(0))), Ending::Interrupted);
}

#[test]
fn what_the_whole_group_has_is_never_passed_on_in_whatever_order_it_is_told() {
    let (us, all) = (sent(libc::SIGTERM), had_by_all(libc::SIGTERM));
    for caught in [&[us, all][..], &[all, us], &[us, us, all], &[us, all, us], &[all], &[all, us, us]] {
        assert_eq!(passed_on(caught), 0, "{caught:?}");
    }
    assert_eq!(passed_on(&[us, us]), 1);
    assert_eq!(passed_on(&[us, had_by_all(libc::SIGINT)]), 1);
}

#[test]
fn what_was_sent_to_one_process_alone_waits_for_nothing() {
    let to_us = Caught { signal: libc::SIGTERM, origin: Origin::ProcessToUs };
    assert_eq!(control(None).orders(&[to_us], 5), [to_root(libc::SIGTERM)]);
}

#[test]
fn who_asks_again_later_is_heard_again() {
    let mut control = control(None);
    control.orders(&[sent(libc::SIGINT), had_by_all(libc::SIGINT)], 0);
    assert_eq!(control.orders(&[sent(libc::SIGINT)], 3 * GRACE_NS), []);
    assert_eq!(control.orders(&[], 4 * GRACE_NS), [to_root(libc::SIGINT)]);
}

#[test]
fn without_a_sentinel_a_program_gets_more_time_to_end_by_itself() {
    let mut control = Control::new(Relation::Child, Lookout::None, None);
    control.orders(&[sent(libc::SIGTERM)], 0);
    assert_eq!(control.next_ns(), BLIND_GRACE_NS);
}

#[test]
fn a_terminal_tells_the_program_itself_but_for_a_hangup() {
    let mut control = control(None);
    control.orders(&[typed(libc::SIGINT), typed(libc::SIGHUP)], 0);
    assert_eq!(control.orders(&[], GRACE_NS), [to_root(libc::SIGHUP)]);
}

#[test]
fn an_interrupt_that_the_program_ignored_is_none() {
    let mut control = control(None);
    control.orders(&[typed(libc::SIGINT)], 0);
    assert_eq!(control.ending(Some(Exit::Code(0))), Ending::Exit);
    assert_eq!(control.ending(Some(Exit::Signal(libc::SIGINT))), Ending::Interrupted);
}

#[test]
fn what_comes_with_the_end_of_the_program_explains_it_and_gives_nothing_up() {
    let mut control = control(None);
    control.orders(&[typed(libc::SIGINT)], 0);
    control.heed(&[typed(libc::SIGINT), sent(libc::SIGTERM), had_by_all(libc::SIGUSR1)]);
    assert!(control.was_typed_to() && !control.leaves_program());
    let ended_by = |signal| control.ending(Some(Exit::Signal(signal)));
    let endings = [libc::SIGINT, libc::SIGTERM, libc::SIGUSR1].map(ended_by);
    assert_eq!(endings, [Ending::Interrupted, Ending::Interrupted, Ending::Exit]);
}

#[test]
fn two_interrupts_in_a_row_get_out_and_two_of_a_session_do_not() {
    let mut control = control(None);
    control.orders(&[typed(libc::SIGINT)], 0);
    control.orders(&[typed(libc::SIGINT)], 5 * IMPATIENCE_NS);
    assert!(!control.leaves_program());
    control.orders(&[typed(libc::SIGINT)], 5 * IMPATIENCE_NS + 300 * MS);
    assert!(control.leaves_program());
    assert_eq!(control.ending(None), Ending::Interrupted);
}

#[test]
fn a_program_with_a_handler_is_left_by_three_in_a_row_and_the_second_is_warned_of() {
    let mut control = control(None);
    control.learn(Attitude::Catches);
    let mut typed_at = |at_ms: u64| {
        control.orders(&[typed(libc::SIGINT)], at_ms * MS);
        (control.take_warning(), control.leaves_program())
    };
    assert_eq!([0, 300].map(&mut typed_at), [(false, false), (true, false)]);
    // The session goes on.
    assert_eq!([2300, 3200, 5300].map(&mut typed_at), [(false, false), (true, false), (false, false)]);
    assert_eq!([5800, 7700].map(&mut typed_at), [(true, false), (false, true)]);
}

#[test]
fn a_stranger_is_left_alone() {
    let mut control = Control::new(Relation::Stranger, Lookout::None, Some(5 * MS));
    assert_eq!(control.orders(&[], MS), []);
    assert!(!control.leaves_program());
    assert_eq!(control.orders(&[], 5 * MS), []);
    assert_eq!((control.leaves_program(), control.ending(None)), (true, Ending::Timeout));
    let mut control = Control::new(Relation::Stranger, Lookout::None, None);
    assert_eq!(control.orders(&[sent(libc::SIGTERM)], 0), []);
    assert_eq!(control.orders(&[], GRACE_NS), []);
    assert_eq!((control.leaves_program(), control.ending(None)), (true, Ending::Interrupted));
}

#[test]
fn time_that_is_over_ends_every_process_first_gently() {
    let mut control = control(Some(5 * MS));
    assert_eq!(control.orders(&[], 4 * MS), []);
    assert_eq!(control.orders(&[], 5 * MS), to_everyone(&[libc::SIGTERM, libc::SIGCONT]));
    assert_eq!(control.orders(&[], 6 * MS), []);
    assert_eq!(control.orders(&[], 5 * MS + TERM_TO_KILL_NS), to_everyone(&[libc::SIGKILL]));
    assert_eq!(control.ending(Some(Exit::Signal(9))), Ending::Timeout);
}

#[test]
fn a_program_may_outlive_its_recording() {
    let mut control = control(Some(5 * MS)).with(AfterTimeout::Leave);
    assert_eq!(control.orders(&[], 4 * MS), []);
    assert!(!control.leaves_program());
    assert_eq!(control.orders(&[], 5 * MS + 2 * TERM_TO_KILL_NS), []);
    assert_eq!((control.leaves_program(), control.ending(None)), (true, Ending::Timeout));
}
