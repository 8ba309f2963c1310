//! Moments that a program marked, however many there are.

use crate::chart::Moment;
use crate::view::View;
use mprof_recording::Recording;
use mprof_recording::command::printable;

/// Moments that are nearer than so many columns of pixels are one.
const APART_COLUMNS: u64 = 5;
/// The first so many are kept. Nobody tells more apart.
const MOST: usize = 2000;

/// The moments of a recording that are shown.
pub(crate) fn moments(recording: &Recording, view: &View) -> Vec<Moment> {
    let apart_ns = view.column_ns().saturating_mul(APART_COLUMNS);
    let mut groups: Vec<(u64, &str, usize)> = Vec::new();
    let mut shown: Vec<_> = recording.moments.iter().filter(|moment| view.holds(moment.at_ns)).collect();
    shown.sort_by_cached_key(|moment| moment.at_ns);
    for moment in shown {
        match groups.last_mut().filter(|(at_ns, _, _)| moment.at_ns - *at_ns < apart_ns) {
            Some((_, _, n)) => *n += 1,
            None => groups.push((moment.at_ns, &moment.name, 1)),
        }
    }
    let named = |(at_ns, name, n): (u64, &str, usize)| {
        let more = if n > 1 { format!(" and {} more", n - 1) } else { String::new() };
        Moment { at_ns, name: printable(name) + &more }
    };
    groups.into_iter().take(MOST).map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::Options;
    use mprof_recording::call;
    use mprof_recording::event::Pid;

    #[test]
    fn moments_that_cannot_be_told_apart_are_one() {
        let caller = call::Caller { pid: Pid::from(1), task: "1".into() };
        let moment = |at_ns, name: &str| call::Moment { at_ns, name: name.into(), caller: caller.clone() };
        let all = vec![moment(900, "late"), moment(0, "a"), moment(1, "b"), moment(500, "x\u{1b}")];
        let recording = Recording { moments: all, ..Recording::default() };
        let view = View::of(&recording, 1000, &Options { width_px: 1000, ..Options::default() }, 1);
        let names: Vec<String> = moments(&recording, &view).into_iter().map(|it| it.name).collect();
        assert_eq!(names.len(), 3);
        assert_eq!((names[0].as_str(), names[2].as_str()), ("a and 1 more", "late"));
        assert!(!names[1].contains('\u{1b}'), "{names:?}");
    }
}
