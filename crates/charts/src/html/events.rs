//! What happened during a run, as the viewer reads it: the same whichever metric is shown, so that it is told once.

use crate::calls::keep_longest;
use crate::chart::{Band, Ink, Panel};
use crate::lettering::set_apart;
use serde::Serialize;
use std::collections::HashMap;

/// Bands of a panel, the longest.
const MOST_BANDS: usize = 50_000;

/// The calls, moments and gaps of a panel.
#[derive(Serialize)]
pub(super) struct EventsData<'a> {
    /// What each name is called where there is room, and shorter wordings of it.
    band_names: Vec<Vec<String>>,
    bands: Vec<BandData>,
    n_bands_left_out: usize,
    moments: Vec<(u64, &'a str)>,
    /// Beginnings and ends of stretches without a reading.
    gaps: Vec<(u64, u64)>,
}

/// The place of a band's name, its beginning, its end, its row, how many calls it stands for, its ink, its tint, and how
/// long the whole call took where that is more than what is shown.
type BandData = (usize, u64, u64, u32, usize, Option<String>, Option<usize>, Option<u64>);

impl<'a> EventsData<'a> {
    pub(super) fn of(panel: &'a Panel) -> Self {
        let mut bands: Vec<&Band> = panel.bands.iter().collect();
        let n_bands_left_out = bands.len().saturating_sub(MOST_BANDS);
        keep_longest(&mut bands, MOST_BANDS);
        bands.sort_by_cached_key(|band| (band.from_ns, band.row));
        let (band_names, bands) = numbered(&bands);
        let moments = panel.moments.iter().map(|moment| (moment.at_ns, moment.name.as_str())).collect();
        let gaps = panel.gaps.iter().map(|gap| (gap.from_ns, gap.to_ns)).collect();
        Self { band_names, bands, n_bands_left_out, moments, gaps }
    }
}

/// Bands with each name told once.
fn numbered(bands: &[&Band]) -> (Vec<Vec<String>>, Vec<BandData>) {
    let (mut names, mut places) = (Vec::new(), HashMap::new());
    let mut number = |wordings: Vec<String>| {
        *places.entry(wordings).or_insert_with_key(|wordings| {
            names.push(wordings.iter().map(|name| set_apart(name)).collect());
            names.len() - 1
        })
    };
    let mut row = |band: &&Band| {
        let mut wordings = band.names();
        wordings.dedup();
        let name = number(wordings);
        let beyond_ns = Some(band.took_ns).filter(|&took_ns| took_ns > band.to_ns - band.from_ns);
        (name, band.from_ns, band.to_ns, band.row, band.n_calls, band.ink.map(ink_name), band.tint, beyond_ns)
    };
    let rows = bands.iter().map(&mut row).collect();
    (names, rows)
}

/// A name by which curves, marks and lines of the legend belong together.
pub(super) fn ink_name(ink: Ink) -> String {
    format!("{ink:?}")
}
