//! Runs side by side: small panels that share one memory axis, so that heights can be compared.

use crate::chart::{Chart, Ground, Ink, Mark, Panel, Series};
use crate::curve::{self, DRAWN, Labelling};
use crate::options::{Error, Named, Options};
use crate::{peak_label, ticks};
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
    let grid = Grid::for_panels(recordings.len(), options);
    let contents: Vec<Content> = recordings.iter().map(|named| content(named, grid, options)).collect();
    let max_bytes = contents.iter().map(|it| curve::max_bytes(&it.series, &it.marks)).max().unwrap_or(0);
    let memory = ticks::memory_axis(DRAWN.label(), max_bytes, options.panel_height_px(grid.n_rows, PANEL_PX));
    let peaks: Vec<_> = contents.iter().flat_map(|it| &it.marks).map(|mark| mark.peak).collect();
    let panels = recordings.iter().zip(contents).map(|(named, content)| Panel {
        title: Some(printable(named.label)),
        remark: curve::is_blank(named.recording).then(|| peak_label::in_legend(None)),
        time: ticks::time_axis(curve::end_ns(named.recording), options.panel_width_px(grid.n_columns)),
        memory: memory.clone(),
        series: content.series,
        bands: Vec::new(),
        marks: content.marks,
    });
    Ok(Chart {
        title: options.title.as_deref().map_or_else(|| "Memory over time".to_owned(), printable),
        note: peak_label::key(&peaks),
        sheet: options.sheet(PANEL_PX),
        n_columns: grid.n_columns,
        panels: panels.collect(),
        legend: Vec::new(),
    })
}

/// How the panels are arranged.
#[derive(Clone, Copy)]
struct Grid {
    n_columns: usize,
    n_rows: usize,
}

impl Grid {
    /// As many columns as can be read, with rows of equal length where possible: seven are four and three.
    fn for_panels(n_panels: usize, options: &Options) -> Self {
        let room = (options.width_px / LEAST_WIDTH_PX) as usize;
        let n_rows = n_panels.div_ceil(room.clamp(1, MOST_COLUMNS));
        Self { n_columns: n_panels.div_ceil(n_rows), n_rows }
    }
}

/// What stands in a panel.
struct Content {
    series: Vec<Series>,
    marks: Vec<Mark>,
}

/// The program's curve and peak. Its children would be lost at this size.
fn content(named: &Named<'_>, grid: Grid, options: &Options) -> Content {
    let ink = Ink::Main(0);
    let end_ns = curve::end_ns(named.recording);
    let n_columns = options.panel_width_px(grid.n_columns) as usize * options.scale as usize;
    let root = named.recording.root();
    let curve = root.map(|root| Series {
        ground: Ground::Tinted,
        ..curve::series(root, printable(named.label), ink, end_ns, n_columns)
    });
    let mark = root.and_then(|root| curve::mark(root, ink, Labelling::Short));
    Content { series: curve.into_iter().collect(), marks: mark.into_iter().collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_of_equal_length_where_possible() {
        let shape = |n_panels, width_px| {
            let grid = Grid::for_panels(n_panels, &Options { width_px, ..Options::default() });
            (grid.n_columns, grid.n_rows)
        };
        assert_eq!(shape(3, 1200), (3, 1));
        assert_eq!(shape(5, 1200), (3, 2));
        assert_eq!(shape(7, 1200), (4, 2));
        assert_eq!(shape(12, 1200), (4, 3));
        assert_eq!(shape(4, 600), (2, 2));
        assert_eq!(shape(2, 100), (1, 2));
    }
}
