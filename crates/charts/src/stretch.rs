//! Runs of different length on one axis of the part that is done: the times of each are stretched to the longest.

use crate::content::Content;

/// Stretches every time of a run that ends at `own_end_ns`, so that it ends at `end_ns`.
pub(crate) fn content(content: &mut Content, own_end_ns: u64, end_ns: u64) {
    let stretched = |at_ns: &mut u64| *at_ns = time_ns(*at_ns, own_end_ns, end_ns);
    content.series.iter_mut().flat_map(|it| &mut it.points).for_each(|point| stretched(&mut point.at_ns));
    content.marks.iter_mut().for_each(|mark| {
        mark.peak.at_ns.iter_mut().for_each(stretched);
        stretched(&mut mark.to_ns);
    });
    content
        .spikes
        .iter_mut()
        .flat_map(|it| [&mut it.from, &mut it.to])
        .for_each(|point| stretched(&mut point.at_ns));
}

fn time_ns(at_ns: u64, own_end_ns: u64, end_ns: u64) -> u64 {
    let stretched = u128::from(at_ns) * u128::from(end_ns) / u128::from(own_end_ns.max(1));
    u64::try_from(stretched).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_run_is_the_end_of_the_axis() {
        assert_eq!(time_ns(7, 7, 3_000_000_000_000_000), 3_000_000_000_000_000);
        assert_eq!(time_ns(30, 60, 90), 45);
        assert_eq!(time_ns(0, 0, 90), 0);
    }
}
