//! Runs side by side: small panels that share one memory axis, so that heights can be compared.

use crate::account::Account;
use crate::chart::{Chart, Ground, Ink, Panel, Series};
use crate::curve::{self, Labelling};
use crate::fit::{bare_axis, fit_axes};
use crate::options::{Error, Named, Options};
use crate::peak_label;
use crate::whole::Whole;
use mprof_recording::command::printable;

/// Height of a panel's plot where the caller sets none.
const PANEL_PX: u32 = 230;
/// The least width at which a panel can be read.
const LEAST_WIDTH_PX: u32 = 250;
const MOST_COLUMNS: usize = 4;

/// Draws every recording in a panel of its own. All panels have the same memory axis; time is each run's own.
///
/// # Errors
///
/// There is no recording, or no reading in any.
pub fn side_by_side(recordings: &[Named<'_>], options: &Options) -> Result<Chart, Error> {
    if recordings.is_empty() {
        return Err(Error::NoRecordings);
    }
    if recordings.iter().all(|named| curve::is_blank(named.recording)) {
        return Err(Error::NothingToDraw);
    }
    let n_columns = columns(recordings.len(), options.width_px);
    let resolution = options.resolution(n_columns);
    let panels: Vec<Panel> = recordings.iter().map(|named| panel(named, resolution)).collect();
    let peaks: Vec<_> = panels.iter().flat_map(|panel| &panel.marks).map(|mark| mark.peak).collect();
    Ok(fit_axes(Chart {
        title: options.title.as_deref().map_or_else(|| "Memory over time".to_owned(), printable),
        note: peak_label::key(&peaks),
        sheet: options.sheet(PANEL_PX),
        n_columns,
        panels,
        legend: Vec::new(),
        account: Account::for_detail(recordings, options.detail),
    }))
}

/// As many columns as can be read, in rows of equal length where possible: seven are four and three.
fn columns(n_panels: usize, width_px: u32) -> usize {
    let room = (width_px / LEAST_WIDTH_PX) as usize;
    let n_rows = n_panels.div_ceil(room.clamp(1, MOST_COLUMNS));
    n_panels.div_ceil(n_rows)
}

/// The curve and the peak of all processes together. Each of them would be lost at this size.
fn panel(named: &Named<'_>, resolution: usize) -> Panel {
    let recording = named.recording;
    let end_ns = curve::end_ns(recording);
    let name = printable(named.label);
    let whole = Whole::of(recording);
    let series = whole.as_ref().map(|whole| Series {
        ground: Ground::Tinted,
        ..whole.series(name.clone(), Ink::Main(0), end_ns, resolution)
    });
    let mark = whole.as_ref().and_then(|whole| whole.mark(Ink::Main(0), Labelling::Short));
    Panel {
        title: Some(name),
        remark: curve::is_blank(recording).then(|| peak_label::in_legend(None)),
        time: bare_axis(end_ns),
        memory: bare_axis(0),
        series: series.into_iter().collect(),
        marks: mark.into_iter().collect(),
        ..Panel::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_of_equal_length_where_possible() {
        assert_eq!(columns(3, 1200), 3);
        assert_eq!(columns(5, 1200), 3);
        assert_eq!(columns(7, 1200), 4);
        assert_eq!(columns(12, 1200), 4);
        assert_eq!(columns(4, 600), 2);
        assert_eq!(columns(2, 100), 1);
    }
}
