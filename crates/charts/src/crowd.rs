//! Which of many runs on the same axes have ink of their own.
//!
//! Thirty inks cannot be told apart, however they are chosen. Of more runs than a dozen, those that a reader looks for
//! stand out, and the others show what is usual.

use crate::chart::{Entry, Ink};
use crate::peak_label;
use mprof_recording::peak::Peak;
use mprof_recording::units::Unit;

/// So many runs each have ink of their own.
const MOST_APART: usize = 12;

/// How a run is drawn among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Role {
    pub(crate) ink: Ink,
    /// Why it stands out, where the others do not.
    words: Vec<&'static str>,
}

impl Role {
    /// Whether it has ink, and a line of the legend, of its own.
    pub(crate) fn is_apart(&self) -> bool {
        self.ink != Ink::Others
    }

    /// A value of the legend, with why the run stands out.
    pub(crate) fn told(&self, value: String) -> String {
        std::iter::once(value)
            .chain(self.words.iter().map(|&it| it.to_owned()))
            .collect::<Vec<_>>()
            .join(" · ")
    }
}

/// The roles of runs with these peaks, in their order.
pub(crate) fn roles(peaks: &[Option<Peak>]) -> Vec<Role> {
    if peaks.len() <= MOST_APART {
        return (0..peaks.len()).map(|idx| Role { ink: Ink::Main(idx), words: Vec::new() }).collect();
    }
    let mut n_apart = 0;
    let reasons = reasons(peaks);
    let role = |idx| {
        let own = reasons.iter().filter(|(place, _)| *place == idx);
        let words: Vec<&'static str> = own.map(|&(_, words)| words).collect();
        n_apart += usize::from(!words.is_empty());
        Role { ink: if words.is_empty() { Ink::Others } else { Ink::Main(n_apart - 1) }, words }
    };
    (0..peaks.len()).map(role).collect()
}

/// Runs with their roles: those that do not stand out first, below the others.
pub(crate) fn others_first<'a, 'r, T>(
    runs: &'a [T],
    roles: &'r [Role],
) -> impl Iterator<Item = (&'a T, &'r Role)> {
    let (apart, others): (Vec<_>, Vec<_>) = runs.iter().zip(roles).partition(|(_, role)| role.is_apart());
    others.into_iter().chain(apart)
}

/// The places of the runs that stand out, and why. Of equal peaks it is the first.
fn reasons(peaks: &[Option<Peak>]) -> Vec<(usize, &'static str)> {
    let known = || peaks.iter().enumerate().filter_map(|(idx, peak)| Some((idx, (*peak)?.bytes)));
    let lowest = known().min_by_key(|&(_, bytes)| bytes);
    let highest = known().min_by_key(|&(_, bytes)| std::cmp::Reverse(bytes));
    let extremes = highest.zip(lowest).filter(|(highest, lowest)| highest.1 > lowest.1);
    let extremes = extremes.map(|(highest, lowest)| [(highest.0, "highest peak"), (lowest.0, "lowest peak")]);
    let ends = [(0, "first"), (peaks.len() - 1, "last")];
    ends.into_iter().chain(extremes.into_iter().flatten()).collect()
}

/// The one line of the legend for all that do not stand out; none where there are none.
pub(crate) fn entry(peaks: &[Option<Peak>], roles: &[Role], unit: Option<Unit>) -> Option<Entry> {
    let others = peaks.iter().zip(roles).filter(|(_, role)| !role.is_apart());
    let others: Vec<Option<Peak>> = others.map(|(peak, _)| *peak).collect();
    let known = || others.iter().flatten();
    let ends = known().min_by_key(|peak| peak.bytes).zip(known().max_by_key(|peak| peak.bytes));
    let figure = |peak| peak_label::short(peak, unit);
    let range = ends.map(|(least, most)| format!("peaks {} to {}", figure(least), figure(most)));
    let n_unknown = others.len() - known().count();
    let unknown = (n_unknown > 0).then(|| format!("{n_unknown} without samples"));
    let value = range.into_iter().chain(unknown).collect::<Vec<_>>().join(" · ");
    let ink = ends.map(|_| Ink::Others);
    (!others.is_empty()).then(|| Entry { ink, label: format!("{} others", others.len()), value })
}

#[cfg(test)]
mod tests {
    use super::*;
    use mprof_recording::peak::PeakKind;

    fn peaks(bytes: &[Option<u64>]) -> Vec<Option<Peak>> {
        let peak = |bytes| Peak { bytes, at_ns: None, kind: PeakKind::HighestSample };
        bytes.iter().map(|bytes| bytes.map(peak)).collect()
    }

    fn inks(peaks_bytes: &[Option<u64>]) -> Vec<(Ink, String)> {
        roles(&peaks(peaks_bytes)).iter().map(|role| (role.ink, role.told(String::new()))).collect()
    }

    #[test]
    fn a_dozen_runs_have_ink_of_their_own() {
        let inks = inks(&[Some(1); 12]);
        assert!(inks.iter().enumerate().all(|(idx, role)| *role == (Ink::Main(idx), String::new())));
        assert_eq!(entry(&peaks(&[Some(1); 12]), &roles(&peaks(&[Some(1); 12])), None), None);
    }

    #[test]
    fn of_more_the_ends_and_the_extremes_stand_out() {
        let mut peaks_bytes = vec![Some(50); 30];
        (peaks_bytes[4], peaks_bytes[9], peaks_bytes[17], peaks_bytes[20]) =
            (Some(7), Some(99), None, Some(40));
        let peaks = peaks(&peaks_bytes);
        let roles = roles(&peaks);
        let apart: Vec<(usize, Ink, String)> = roles
            .iter()
            .enumerate()
            .filter(|(_, role)| role.is_apart())
            .map(|(idx, role)| (idx, role.ink, role.told("p".to_owned())))
            .collect();
        let expected = [
            (0, Ink::Main(0), "p · first"),
            (4, Ink::Main(1), "p · lowest peak"),
            (9, Ink::Main(2), "p · highest peak"),
            (29, Ink::Main(3), "p · last"),
        ];
        assert_eq!(apart, expected.map(|(idx, ink, words)| (idx, ink, words.to_owned())));
        let entry = entry(&peaks, &roles, None).expect("there are others");
        assert_eq!(
            (entry.ink, entry.label.as_str(), entry.value.as_str()),
            (Some(Ink::Others), "26 others", "peaks ≥ 40 B to ≥ 50 B · 1 without samples")
        );
    }

    #[test]
    fn a_run_may_stand_out_twice_and_equal_peaks_are_no_extremes() {
        let mut peaks_bytes = vec![Some(50); 13];
        assert_eq!(inks(&peaks_bytes).iter().filter(|(ink, _)| *ink != Ink::Others).count(), 2);
        peaks_bytes[0] = Some(60);
        assert_eq!(inks(&peaks_bytes)[0], (Ink::Main(0), " · first · highest peak".to_owned()));
    }
}
