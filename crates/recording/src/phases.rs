//! What a run's phases used: time, and memory as its readings show it.
//!
//! A phase is all calls of one name. A call that calls itself is one stretch of time; calls of several threads or
//! processes at a time each have their own.

use std::collections::HashMap;

use serde::Serialize;

use crate::call::{Call, Caller};
use crate::metric::Metric;
use crate::open_calls::callers;
use crate::recording::Recording;
use crate::samples::Samples;

/// The figures of a phase.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Phase {
    /// What it is called.
    pub name: String,
    /// How many times it was called.
    pub n_calls: u64,
    /// How many of these did not end by themselves.
    pub n_cut: u64,
    /// How long it took, added up over its threads and processes.
    pub duration_ns: u64,
    /// The highest resident set that was read of the callers' processes within the calls.
    pub peak_bytes: Option<u64>,
    /// The resident set at the exits less that at the entries, added up: at each, the last that was read up to it, so
    /// that nothing counts that came after an exit. Absent when it is not known of one of them.
    pub growth_bytes: Option<i64>,
}

/// Calls of one name and one caller that lie within each other.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    from_ns: u64,
    to_ns: u64,
    from_bytes: Option<u64>,
    to_bytes: Option<u64>,
}

impl Recording {
    /// The figures of each phase, in the order in which they were first called.
    #[must_use]
    pub fn phases(&self) -> Vec<Phase> {
        let samples = self.samples_by_caller();
        let mut places = HashMap::new();
        let mut phases: Vec<(Phase, Stretches<'_>)> = Vec::new();
        for call in &self.calls {
            let place = *places.entry(call.name.as_str()).or_insert(phases.len());
            if place == phases.len() {
                phases.push((Phase { name: call.name.clone(), ..Phase::default() }, Stretches::default()));
            }
            let (phase, stretches) = &mut phases[place];
            phase.n_calls += 1;
            phase.n_cut += u64::from(call.cut.is_some());
            stretches.take(call, call.caller.as_ref());
        }
        phases.into_iter().map(|(phase, stretches)| stretches.sum_up(phase, &samples)).collect()
    }

    /// The highest of the numbers that mprof shows within the calls of a function, by the name that mprof shows;
    /// nothing when there is no such function. Calls that no reading falls in are as high as their ends.
    #[must_use]
    pub fn peak_within_to_mprof(&self, function: &str) -> Option<u64> {
        let mut stretches = Stretches::default();
        let calls = self.calls.iter().filter(|call| call.name_in_mprof() == function);
        // mprof has no callers.
        calls.for_each(|call| stretches.take(call, None));
        let all = stretches.0.remove(&None)?;
        let drawn = self.drawn_by_mprof();
        let samples = drawn.as_ref().or(self.root().map(|root| &root.samples));
        let is_set = self.metric_to_mprof() != Metric::Rss;
        let drawn = drawn.as_ref().filter(|_| is_set);
        all.iter().filter_map(|stretch| stretch.with_ends_on(drawn).peak(samples)).max()
    }

    /// The readings of who calls. Where that is not known, it is the program.
    fn samples_by_caller<'a>(&'a self) -> impl Fn(Option<&Caller>) -> Option<&'a Samples> {
        let by_pid = callers(&self.calls, &self.processes);
        move |caller| match caller {
            Some(caller) => by_pid.get(&caller.pid).map(|process| &process.samples),
            None => self.root().map(|root| &root.samples),
        }
    }
}

/// The stretches of a phase, by caller, in order of time.
#[derive(Debug, Default)]
struct Stretches<'a>(HashMap<Option<&'a Caller>, Vec<Stretch>>);

impl<'a> Stretches<'a> {
    /// Takes the calls in the order in which they began.
    fn take(&mut self, call: &'a Call, caller: Option<&'a Caller>) {
        let Call { from_ns, to_ns, from_bytes, to_bytes, .. } = *call;
        let stretches = self.0.entry(caller).or_default();
        match stretches.last_mut().filter(|last| from_ns < last.to_ns) {
            Some(last) if to_ns <= last.to_ns => {}
            Some(last) => (last.to_ns, last.to_bytes) = (to_ns, to_bytes),
            None => stretches.push(Stretch { from_ns, to_ns, from_bytes, to_bytes }),
        }
    }

    fn sum_up(self, mut phase: Phase, samples: &impl Fn(Option<&Caller>) -> Option<&'a Samples>) -> Phase {
        phase.growth_bytes = Some(0);
        for (caller, stretches) in self.0 {
            let samples = samples(caller);
            for stretch in stretches {
                phase.duration_ns = phase.duration_ns.saturating_add(stretch.to_ns - stretch.from_ns);
                phase.peak_bytes = phase.peak_bytes.max(stretch.peak(samples));
                let growths = phase.growth_bytes.zip(stretch.growth_bytes());
                phase.growth_bytes = growths.map(|(sum, growth)| sum.saturating_add(growth));
            }
        }
        phase
    }
}

impl Stretch {
    /// The highest reading, or of no reading the memory at the ends.
    fn peak(&self, samples: Option<&Samples>) -> Option<u64> {
        let read = samples.and_then(|samples| samples.highest_rss_within(self.from_ns, self.to_ns));
        read.or(self.from_bytes.max(self.to_bytes))
    }

    /// The same with ends on another curve than that of the callers' resident sets, if there is one.
    fn with_ends_on(self, curve: Option<&Samples>) -> Self {
        let Some(curve) = curve else { return self };
        let [from_bytes, to_bytes] = [self.from_ns, self.to_ns].map(|at_ns| curve.rss_at(at_ns));
        Self { from_bytes, to_bytes, ..self }
    }

    fn growth_bytes(&self) -> Option<i64> {
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        Some(signed(self.to_bytes?).saturating_sub(signed(self.from_bytes?)))
    }
}

impl Samples {
    /// The highest resident set that was read from one time to another, both included.
    fn highest_rss_within(&self, from_ns: u64, to_ns: u64) -> Option<u64> {
        let times_ns = self.times_ns();
        let first = times_ns.partition_point(|&at_ns| at_ns < from_ns);
        let end = times_ns.partition_point(|&at_ns| at_ns <= to_ns);
        (first..end).filter_map(|idx| self.get(idx, Metric::Rss)).max()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Cut;
    use crate::event::Pid;
    use crate::metric::Bytes;
    use crate::recording::Process;

    /// Two processes, 7 and 8, whose memory is ten times and a hundred times the time.
    fn recording(calls: &[(&str, u32, &str, u64, u64)]) -> Recording {
        let process = |number: u32, factor: u64| {
            let mut process = Process { pid: Some(Pid::from(number)), ..Process::default() };
            (0..=10).for_each(|it| {
                process.samples.push(10 * it, &Bytes::default().with(Metric::Rss, 10 * it * factor));
            });
            process
        };
        let call = |&(name, number, task, from_ns, to_ns): &(&str, u32, &str, u64, u64)| {
            let caller = (number > 0).then(|| Caller { pid: Pid::from(number), task: task.to_owned() });
            Call { name: name.to_owned(), caller, from_ns, to_ns, ..Call::default() }
        };
        let calls = calls.iter().map(call).collect();
        let mut recording =
            Recording { processes: vec![process(7, 10), process(8, 100)], calls, ..Recording::default() };
        recording.settle_calls();
        recording
    }

    /// Name, calls, duration, peak and growth of each phase.
    fn check(calls: &[(&str, u32, &str, u64, u64)], expected: &[(&str, u64, u64, u64, i64)]) {
        let phases = recording(calls).phases();
        let short = |phase: &Phase| {
            let Phase { n_calls, duration_ns, peak_bytes, growth_bytes, .. } = *phase;
            (phase.name.clone(), n_calls, duration_ns, peak_bytes.unwrap(), growth_bytes.unwrap())
        };
        let expected: Vec<_> = expected
            .iter()
            .map(|&(name, n_calls, duration_ns, peak, growth)| {
                (name.to_owned(), n_calls, duration_ns, peak, growth)
            })
            .collect();
        assert_eq!(phases.iter().map(short).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn phases_within_phases_each_have_their_own_figures() {
        check(
            &[("main", 7, "a", 0, 95), ("load", 7, "a", 20, 40), ("load", 7, "a", 45, 60)],
            &[("main", 1, 95, 900, 900), ("load", 2, 35, 600, 400)],
        );
    }

    #[test]
    fn a_call_within_a_call_of_the_same_name_is_the_same_time() {
        check(
            &[("f", 7, "a", 10, 50), ("f", 7, "a", 20, 30), ("f", 7, "a", 30, 70), ("f", 7, "a", 80, 90)],
            &[("f", 4, 70, 900, 700)],
        );
    }

    #[test]
    fn threads_and_processes_add_up() {
        check(
            &[("f", 7, "a", 10, 30), ("f", 7, "b", 20, 30), ("f", 8, "a", 20, 40)],
            &[("f", 3, 50, 4000, 200 + 100 + 2000)],
        );
    }

    #[test]
    fn what_the_next_phase_takes_is_its_own() {
        check(
            &[("load", 7, "a", 10, 39), ("use", 7, "a", 39, 70)],
            &[("load", 1, 29, 300, 200), ("use", 1, 31, 700, 400)],
        );
    }

    #[test]
    fn a_call_between_two_readings_is_as_high_as_its_ends() {
        check(&[("f", 7, "a", 52, 57)], &[("f", 1, 5, 500, 0)]);
    }

    #[test]
    fn of_a_process_that_was_never_read_only_the_time_is_known() {
        let mut recording = recording(&[("f", 9, "a", 10, 30)]);
        recording.calls[0].cut = Some(Cut::Process);
        let phase = Phase {
            name: "f".to_owned(),
            n_calls: 1,
            n_cut: 1,
            duration_ns: 20,
            peak_bytes: None,
            growth_bytes: None,
        };
        assert_eq!(recording.phases(), [phase]);
    }

    #[test]
    fn what_a_phase_grew_by_is_not_known_when_that_of_a_call_is_not() {
        let mut recording = recording(&[("f", 7, "a", 10, 30), ("f", 7, "a", 40, 60)]);
        assert_eq!(recording.phases()[0].growth_bytes, Some(400));
        recording.calls[1].from_bytes = None;
        assert_eq!(recording.phases()[0].growth_bytes, None);
    }

    #[test]
    fn to_mprof_a_function_has_the_highest_number_that_is_drawn_within_it() {
        let mut recording = recording(&[("a b", 8, "a", 12, 31), ("f", 0, "", 40, 50)]);
        assert_eq!(recording.peak_within_to_mprof("a_b"), Some(300));
        assert_eq!(recording.peak_within_to_mprof("f"), Some(500));
        assert_eq!(recording.peak_within_to_mprof("a b"), None);
        recording.notes.push(("mem".to_owned(), "sum".to_owned()));
        assert_eq!(recording.peak_within_to_mprof("f"), Some(500 + 5000));
    }
}
