//! From sources to sinks: the two extension points of the recorder, and the loop between them.

use std::io;

use crate::event::Event;
use crate::recording::Recording;

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
    let mut events = Vec::with_capacity(16);
    let outcome = loop {
        let state = source.poll(&mut events);
        for event in events.drain(..) {
            for outlet in &mut *outlets {
                outlet.attempt(|sink| sink.event(&event));
            }
        }
        for outlet in &mut *outlets {
            outlet.attempt(|sink| sink.pause());
        }
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

impl Sink for Recording {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.apply(event);
        Ok(())
    }

    fn finish(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Finish, Kind};

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

    #[test]
    fn a_sink_that_fails_is_dropped_and_the_others_go_on() {
        let event = |at_ns| Event { at_ns, kind: Kind::Finished(Finish::default()) };
        let mut source = Script(vec![vec![event(1), event(2)], vec![event(3)]]);
        let (mut brittle, mut recording) = (Brittle(0), Recording::default());
        let mut outlets = [Outlet::new("disk", &mut brittle), Outlet::new("memory", &mut recording)];
        pump(&mut source, &mut outlets).unwrap();
        assert_eq!(outlets[0].failure.as_ref().unwrap().kind(), io::ErrorKind::StorageFull);
        assert!(outlets[1].failure.is_none());
        assert_eq!(brittle.0, 2);
        assert_eq!(recording.end.unwrap().0, 3);
    }
}
