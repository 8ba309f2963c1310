//! From sources to sinks: the two extension points of the recorder, and the loop between them.

use std::io;

use crate::event::{Event, Kind};

/// How long a reading may wait before it is handed to the sinks, and by them to the system. What a killed recorder loses
/// is not more.
pub(crate) const MAX_WAIT_NS: u64 = 80_000_000;
/// So many events do not wait for more.
const MAX_GATHERED: usize = 256;

/// Produces events.
pub trait Source {
    /// Appends what happened since the last call. May wait for it, but never long.
    ///
    /// # Errors
    /// When nothing more can be learnt of the run. A process that vanished is an event, not an error.
    fn poll(&mut self, events: &mut Vec<Event>) -> io::Result<State>;
}

/// Whether a source has more to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// There may be more.
    Running,
    /// The last event was given.
    Finished,
}

/// Consumes events.
pub trait Sink {
    /// Takes one event.
    ///
    /// # Errors
    /// When it cannot be kept. The sink is then dropped, and the run goes on without it.
    fn event(&mut self, event: &Event) -> io::Result<()>;

    /// Called when there may be no event for a while: what was taken can be handed on.
    ///
    /// # Errors
    /// As for an event.
    fn pause(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Called once, after the last event.
    ///
    /// # Errors
    /// When what is left cannot be kept.
    fn finish(&mut self) -> io::Result<()>;
}

/// A sink under its name, and how it failed if it did.
pub struct Outlet<'a> {
    /// What to call it in a message.
    pub name: &'a str,
    /// Where the events go.
    pub sink: &'a mut dyn Sink,
    /// Why it was dropped. Losing a file or a view must not disturb the run that is being measured.
    pub failure: Option<io::Error>,
}

impl<'a> Outlet<'a> {
    /// An outlet that has not failed.
    pub fn new(name: &'a str, sink: &'a mut dyn Sink) -> Self {
        Self { name, sink, failure: None }
    }

    fn attempt(&mut self, act: impl FnOnce(&mut dyn Sink) -> io::Result<()>) {
        if self.failure.is_none() {
            self.failure = act(self.sink).err();
        }
    }
}

/// Moves every event of a source to every outlet that still works, until the source has finished.
///
/// # Errors
/// When the source fails. The outlets are finished first.
pub fn pump(source: &mut dyn Source, outlets: &mut [Outlet<'_>]) -> io::Result<()> {
    let mut events = Vec::with_capacity(MAX_GATHERED);
    let mut handed_on_at_ns = 0;
    let outcome = loop {
        let n_before = events.len();
        let state = source.poll(&mut events);
        let is_due = is_due(&events, n_before, handed_on_at_ns);
        if matches!(state, Ok(State::Running))
            && !is_due
            && (n_before + 1..MAX_GATHERED).contains(&events.len())
        {
            continue;
        }
        if let Some(last) = events.last().filter(|_| is_due) {
            handed_on_at_ns = last.at_ns;
        }
        hand_on(&mut events, outlets);
        match state {
            Ok(State::Running) => {}
            Ok(State::Finished) => break Ok(()),
            Err(error) => break Err(error),
        }
    };
    for outlet in outlets {
        outlet.attempt(|sink| sink.finish());
    }
    outcome
}

/// Whether something is new that should not wait, or something has waited for long enough. Readings are gathered, since
/// each look at the sinks costs a processor that has slept more than what they do.
fn is_due(events: &[Event], n_before: usize, handed_on_at_ns: u64) -> bool {
    let is_rare = |event: &Event| !matches!(event.kind, Kind::Sample { .. });
    let is_old = |last: &Event| last.at_ns.saturating_sub(handed_on_at_ns) >= MAX_WAIT_NS;
    events.last().is_some_and(is_old) || events[n_before..].iter().any(is_rare)
}

fn hand_on(events: &mut Vec<Event>, outlets: &mut [Outlet<'_>]) {
    for event in events.drain(..) {
        for outlet in &mut *outlets {
            outlet.attempt(|sink| sink.event(&event));
        }
    }
    for outlet in outlets {
        outlet.attempt(|sink| sink.pause());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Finish, Pid};
    use crate::metric::Bytes;

    struct Script(Vec<Vec<Event>>);

    impl Source for Script {
        fn poll(&mut self, events: &mut Vec<Event>) -> io::Result<State> {
            events.extend(self.0.remove(0));
            Ok(if self.0.is_empty() { State::Finished } else { State::Running })
        }
    }

    /// Fails at its second event.
    struct Brittle(usize);

    impl Sink for Brittle {
        fn event(&mut self, _: &Event) -> io::Result<()> {
            self.0 += 1;
            if self.0 == 2 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
        }

        fn finish(&mut self) -> io::Result<()> {
            unreachable!("a failed sink is left alone")
        }
    }

    /// How many events each look at the sink brings.
    #[derive(Default)]
    struct Looks(Vec<usize>, usize);

    impl Sink for Looks {
        fn event(&mut self, _: &Event) -> io::Result<()> {
            self.1 += 1;
            Ok(())
        }

        fn pause(&mut self) -> io::Result<()> {
            self.0.push(std::mem::take(&mut self.1));
            Ok(())
        }

        fn finish(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn looks(script: Vec<Vec<Event>>) -> Vec<usize> {
        let mut looks = Looks::default();
        pump(&mut Script(script), &mut [Outlet::new("looks", &mut looks)]).unwrap();
        looks.0
    }

    #[test]
    fn readings_are_gathered_and_nothing_waits_for_long() {
        let sample = |at_ms: u64| {
            let kind = Kind::Sample { pid: Pid::from(1), bytes: Bytes::default() };
            Event { at_ns: at_ms * 1_000_000, kind }
        };
        let rare = |at_ms: u64| Event { kind: Kind::Finished(Finish::default()), ..sample(at_ms) };
        let each = |times_ms: std::ops::Range<u64>| times_ms.map(|ms| vec![sample(10 * ms)]);
        assert_eq!(looks(each(1..25).collect()), [8, 8, 8]);
        assert_eq!(
            looks(
                each(1..4)
                    .map(|mut it| {
                        it[0].at_ns *= 10;
                        it
                    })
                    .collect()
            ),
            [1, 1, 1]
        );
        let interrupted = each(1..4).chain([vec![rare(35)]]).chain(each(4..12)).collect();
        assert_eq!(looks(interrupted), [4, 8]);
        assert_eq!(looks(vec![vec![sample(1)], vec![], vec![sample(2)], vec![rare(3)]]), [1, 2]);
        assert_eq!(looks(vec![vec![sample(1); 300], vec![sample(2); 300], vec![rare(3)]]), [300, 300, 1]);
    }

    #[test]
    fn a_sink_that_fails_is_dropped_and_the_others_go_on() {
        let event = |at_ns| Event { at_ns, kind: Kind::Finished(Finish::default()) };
        let mut source = Script(vec![vec![event(1), event(2)], vec![event(3)]]);
        let (mut brittle, mut looks) = (Brittle(0), Looks::default());
        let mut outlets = [Outlet::new("disk", &mut brittle), Outlet::new("memory", &mut looks)];
        pump(&mut source, &mut outlets).unwrap();
        assert_eq!(outlets[0].failure.as_ref().unwrap().kind(), io::ErrorKind::StorageFull);
        assert!(outlets[1].failure.is_none());
        assert_eq!(brittle.0, 2);
        assert_eq!(looks.0.iter().sum::<usize>(), 3);
    }
}
