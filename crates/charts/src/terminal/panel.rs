//! A panel in cells: its axes, bands, curves and marks.

use super::dots::Dots;
use super::page::{Page, Shade};
use super::signs::{Signs, signs};
use super::{GAP, Key};
use crate::canvas::Spot;
use crate::chart::{Axis, Band, Ink, Mark, Moment, Panel, Point, Series};
use crate::sheet::Charset;
use mprof_recording::peak::PeakKind;

/// The axis of time, its labels, and its unit.
pub(super) const N_AXIS_LINES: usize = 3;
/// A rise that only the kernel saw is one dot in so many.
const DOTTED_EVERY: f32 = 2.0;
/// A letter stands on its curve once in so many columns.
const LETTER_EVERY: usize = 24;
/// The name of a moment is clipped to so many cells, and left out where fewer are free.
const MOST_NAME: usize = 24;
const LEAST_NAME: usize = 5;

/// The cells of a plot. The axis of memory is left of them, that of time below.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
    pub(super) n_lines: usize,
    pub(super) n_columns: usize,
}

/// How many lines of bands a panel shows. Brackets on the curve would be lost among its dots: they are bars as well.
fn n_band_lines(panel: &Panel) -> usize {
    panel.bands.iter().map(|band| band.row as usize + 1).max().unwrap_or(0)
}

/// How many lines stand above a plot: bands, and one with the names of moments.
pub(super) fn n_lines_above(panel: &Panel) -> usize {
    n_band_lines(panel) + usize::from(!panel.moments.is_empty())
}

/// Draws a panel; the labels of its memory are written by [`memory_labels`].
pub(super) fn draw(panel: &Panel, place: Place, key: &Key, page: &mut Page) {
    axes(panel, place, page);
    let first_band = place.line - n_lines_above(panel);
    for band in &panel.bands {
        draw_band(band, panel, place, first_band, page);
    }
    gaps(panel, place, page);
    let dots = curves(panel, place);
    write_dots(panel, &dots, place, key, page);
    for moment in &panel.moments {
        upright(panel, moment, place, page);
    }
    for limit in &panel.limits {
        across(panel, limit.bytes, Ink::Limit, place, page);
    }
    // Letters on curves that share one would only hide the others.
    let lettered = panel.series.iter().enumerate().filter(|(_, series)| series.ink != Ink::Others);
    for (idx, series) in lettered {
        if let Some(letter) = key.of_ink(series.ink) {
            letters(series, idx, letter, &dots, place, page);
        }
    }
    for mark in &panel.marks {
        peak(panel, mark, place, page);
    }
    texts(panel, place, page);
    for moment in &panel.moments {
        moment_name(panel, moment, place, page);
    }
}

impl Place {
    /// The column of a time, if it is on the plot.
    fn column_of(&self, axis: &Axis, at_ns: u64) -> Option<usize> {
        let share = axis.share(at_ns);
        let idx = (share * self.n_columns as f64).floor().min(self.n_columns as f64 - 1.0);
        (0.0..=1.0).contains(&share).then_some(self.column + idx.max(0.0) as usize)
    }

    /// The line of an amount of memory, if it is on the plot.
    fn line_of(&self, axis: &Axis, bytes: u64) -> Option<usize> {
        let share = axis.share(bytes);
        let idx = ((1.0 - share) * self.n_lines as f64).floor().min(self.n_lines as f64 - 1.0);
        (0.0..=1.0).contains(&share).then_some(self.line + idx.max(0.0) as usize)
    }

    fn end(&self) -> usize {
        self.column + self.n_columns
    }

    fn bottom(&self) -> usize {
        self.line + self.n_lines
    }
}

fn axes(panel: &Panel, place: Place, page: &mut Page) {
    let signs = signs(page);
    for line in place.line..place.bottom() {
        page.sign(line, place.column - 1, signs.side, Shade::Quiet);
    }
    for column in place.column..place.end() {
        page.sign(place.bottom(), column, signs.foot, Shade::Quiet);
    }
    page.sign(place.bottom(), place.column - 1, signs.corner, Shade::Quiet);
    time_labels(panel, place, signs, page);
    let unit = &panel.time.label;
    let middle = place.column + (place.n_columns.saturating_sub(page.width(unit))) / 2;
    page.put(place.bottom() + 2, middle, unit, place.end() - middle, Shade::Quiet);
}

/// The labels of the time axis. One that would touch the one before it is left out. The first may stand out to the left,
/// where another panel's last is no nearer than a blank.
fn time_labels(panel: &Panel, place: Place, signs: &Signs, page: &mut Page) {
    let mut free_from = place.column.saturating_sub(GAP);
    let (least, most) = (free_from, place.end());
    for tick in &panel.time.ticks {
        let Some(column) = place.column_of(&panel.time, tick.at) else { continue };
        let width = page.width(&tick.label);
        let from = column.saturating_sub(width / 2).max(least).min(most.saturating_sub(width));
        if from >= free_from {
            page.sign(place.bottom(), column, signs.foot_tick, Shade::Quiet);
            page.put(place.bottom() + 1, from, &tick.label, width, Shade::Quiet);
            free_from = from + width + 1;
        }
    }
}

/// The labels of the memory axis, left of a plot.
pub(super) fn memory_labels(panel: &Panel, place: Place, gutter: usize, page: &mut Page) {
    let signs = signs(page);
    let mut free_to = usize::MAX;
    for tick in &panel.memory.ticks {
        let Some(line) = place.line_of(&panel.memory, tick.at).filter(|&line| line < free_to) else {
            continue;
        };
        // What is at the foot of the plot stands beside the axis of time.
        let line = if tick.at == panel.memory.from { place.bottom() } else { line };
        let from = gutter.saturating_sub(1 + page.width(&tick.label));
        // In a plot that is narrower than the figure of its peak, that figure stands here.
        let is_axis = line == place.bottom() || page.holds(line, place.column - 1, signs.side);
        if !is_axis || !(from..gutter).all(|column| page.is_blank(line, column)) {
            continue;
        }
        page.put(line, from, &tick.label, gutter - 1, Shade::Quiet);
        if line < place.bottom() {
            page.sign(line, place.column - 1, signs.side_tick, Shade::Quiet);
        }
        free_to = line;
    }
}

fn draw_band(band: &Band, panel: &Panel, place: Place, first_line: usize, page: &mut Page) {
    let signs = signs(page);
    let [begin, middle, end] = if band.n_calls > 1 { [signs.faint; 3] } else { signs.band };
    let axis = &panel.time;
    if band.to_ns < axis.from || band.from_ns > axis.end {
        return;
    }
    let column = |at_ns: u64| place.column_of(axis, at_ns.clamp(axis.from, axis.end)).unwrap_or(place.column);
    let (from, to, line) = (column(band.from_ns), column(band.to_ns), first_line + band.row as usize);
    for column in from..=to {
        page.sign(line, column, middle, Shade::Quiet);
    }
    page.sign(line, from, begin, Shade::Quiet);
    page.sign(line, to.max(from + 1).min(place.end() - 1), end, Shade::Quiet);
    let room = (to - from).saturating_sub(1);
    let names = band.names();
    let name = names.iter().find(|name| page.width(name) <= room);
    if let Some(name) = name.or(names.last().filter(|_| room > 4)) {
        page.put(line, from + 1, name, room, Shade::Plain);
    }
}

fn gaps(panel: &Panel, place: Place, page: &mut Page) {
    let (sign, axis) = (signs(page).gap, &panel.time);
    for gap in &panel.gaps {
        let ends =
            [gap.from_ns, gap.to_ns].map(|at_ns| place.column_of(axis, at_ns.clamp(axis.from, axis.end)));
        let [Some(from), Some(to)] = ends else { continue };
        for column in from + 1..to {
            (place.line..place.bottom()).for_each(|line| page.sign(line, column, sign, Shade::Quiet));
        }
    }
}

/// Every curve as dots.
fn curves(panel: &Panel, place: Place) -> Dots {
    let mut dots = Dots::new(place.n_columns, place.n_lines);
    let rect = dots.rect();
    let spot = |&Point { at_ns, bytes }: &Point| Spot {
        x: rect.x(&panel.time, at_ns),
        y: rect.y(&panel.memory, bytes),
    };
    for (idx, series) in panel.series.iter().enumerate() {
        for piece in series.pieces() {
            let spots: Vec<Spot> = piece.iter().map(spot).collect();
            match spots[..] {
                [only] => dots.line(only, only, idx),
                // What is read now and then is its readings: a line would hide what is right above it.
                _ if series.ink == Ink::Shared => spots.iter().for_each(|&at| dots.line(at, at, idx)),
                _ => spots.windows(2).for_each(|pair| dots.line(pair[0], pair[1], idx)),
            }
        }
    }
    for spike in &panel.spikes {
        let owner = panel.series.iter().position(|series| series.ink == spike.ink).unwrap_or(0);
        // It was somewhere in between, and nobody knows how it came there: dots over the interval, and no slopes.
        let [from, to] =
            [spike.from.at_ns, spike.to.at_ns].map(|at_ns| spot(&Point { at_ns, bytes: spike.bytes }));
        let n_dots = ((to.x - from.x) / DOTTED_EVERY) as usize + 1;
        for dot in 0..n_dots.min(place.n_columns) {
            let dot = Spot { x: from.x + dot as f32 * DOTTED_EVERY, y: from.y };
            dots.line(dot, dot, owner);
        }
    }
    dots
}

/// A moment: a line through what is left free, and beside its name above.
fn upright(panel: &Panel, moment: &Moment, place: Place, page: &mut Page) {
    let Some(column) = place.column_of(&panel.time, moment.at_ns) else { return };
    let stem = signs(page).stem;
    for line in place.line - 1..place.bottom() {
        if page.is_blank(line, column) {
            page.sign(line, column, stem, Shade::Quiet);
        }
    }
}

/// The name of a moment above the plot, where there is room before the next one.
fn moment_name(panel: &Panel, moment: &Moment, place: Place, page: &mut Page) {
    let Some(column) = place.column_of(&panel.time, moment.at_ns) else { return };
    let (line, from) = (place.line - 1, column + 1);
    let n_free = (from..place.end()).take_while(|&column| page.is_blank(line, column)).count();
    if n_free > LEAST_NAME {
        page.put(line, from, &moment.name, (n_free - 1).min(MOST_NAME), Shade::Quiet);
    }
}

fn write_dots(panel: &Panel, dots: &Dots, place: Place, key: &Key, page: &mut Page) {
    for line in 0..place.n_lines {
        for column in 0..place.n_columns {
            let cell = dots.get(line, column);
            let Some(dotted) = cell.character(page.charset()) else { continue };
            let ink = panel.series.get(cell.owner).map_or(Ink::Rest, |series| series.ink);
            // Without dots, a curve is made of its letter.
            let letter = key.of_ink(ink).filter(|_| page.charset() == Charset::Ascii);
            page.sign(place.line + line, place.column + column, letter.unwrap_or(dotted), Shade::Ink(ink));
        }
    }
}

/// A line through what is blank.
fn across(panel: &Panel, bytes: u64, ink: Ink, place: Place, page: &mut Page) {
    let Some(line) = place.line_of(&panel.memory, bytes) else { return };
    let sign = signs(page).across;
    for column in place.column..place.end() {
        if page.is_blank(line, column) {
            page.sign(line, column, sign, Shade::Ink(ink));
        }
    }
}

/// Letters on a curve: at its top, and now and then along it.
fn letters(series: &Series, idx: usize, letter: char, dots: &Dots, place: Place, page: &mut Page) {
    let is_own = |line: usize, column: usize| {
        let cell = dots.get(line, column);
        cell.dots != 0 && cell.owner == idx
    };
    let tops = (0..place.n_columns).filter_map(|column| {
        let line = (0..place.n_lines).find(|&line| is_own(line, column))?;
        Some((line, column))
    });
    let tops: Vec<(usize, usize)> = tops.collect();
    let Some(&(top_line, top_column)) = tops.iter().min() else { return };
    // Curves that run together take turns.
    let phase = (top_column + idx * 5) % LETTER_EVERY;
    let mut places: Vec<(usize, usize)> =
        tops.iter().copied().filter(|(_, column)| column % LETTER_EVERY == phase).collect();
    if places.is_empty() {
        places.push((top_line, top_column));
    }
    for (line, column) in places {
        page.sign(place.line + line, place.column + column, letter, Shade::Ink(series.ink));
    }
}

/// The mark of a peak, with a stem down to its curve, or a line across where it has no time.
fn peak(panel: &Panel, mark: &Mark, place: Place, page: &mut Page) {
    let Some(at_ns) = mark.peak.at_ns else {
        let end = place.column_of(&panel.time, mark.level_ns(&panel.time).1).unwrap_or(place.end() - 1);
        let place = Place { n_columns: end + 1 - place.column, ..place };
        return across(panel, mark.peak.bytes, mark.ink, place, page);
    };
    let Some(column) = place.column_of(&panel.time, at_ns) else { return };
    let Some(line) = place.line_of(&panel.memory, mark.peak.bytes) else { return };
    let signs = signs(page);
    let foot = mark.curve_bytes.and_then(|bytes| place.line_of(&panel.memory, bytes)).unwrap_or(line);
    for line in line..foot {
        if page.is_blank(line, column) {
            page.sign(line, column, signs.stem, Shade::Ink(mark.ink));
        }
    }
    let is_known = matches!(mark.peak.kind, PeakKind::HighWaterMark | PeakKind::ReapedMaxrss);
    let sign = if is_known { signs.known_peak } else { signs.seen_peak };
    page.sign(line, column, sign, Shade::Ink(mark.ink));
}

/// Words in the plot: of peaks above their marks, of limits at the right of their lines, and remarks.
fn texts(panel: &Panel, place: Place, page: &mut Page) {
    let mut taken = Vec::new();
    for mark in &panel.marks {
        let Some(line) = place.line_of(&panel.memory, mark.peak.bytes) else { continue };
        let fits = |text: &&String| page.width(text) <= place.n_columns;
        let Some(text) = mark.texts.iter().find(fits).or(mark.texts.last()) else { continue };
        // Part of a figure is another figure: one that is wider than the plot stands on the axis too, or nowhere.
        let width = page.width(text);
        let Some(last_from) = place.end().checked_sub(width) else { continue };
        let at_ns = mark.peak.at_ns.unwrap_or(mark.level_ns(&panel.time).1);
        let Some(column) = place.column_of(&panel.time, at_ns) else { continue };
        let from = column.saturating_sub(width / 2).max(place.column).min(last_from);
        let lines = [line.wrapping_sub(1), line + 1];
        let is_free = |&at: &usize| (place.line..place.bottom()).contains(&at) && !taken.contains(&at);
        if let Some(at) = lines.into_iter().find(is_free) {
            on_plate(at, from, text, width, place, page);
            taken.push(at);
        }
    }
    for limit in &panel.limits {
        let Some(line) = place.line_of(&panel.memory, limit.bytes).filter(|line| !taken.contains(line))
        else {
            continue;
        };
        let width = page.width(&limit.label).min(place.n_columns);
        page.put(line, place.end() - width, &limit.label, width, Shade::Ink(Ink::Limit));
    }
    if let Some(remark) = &panel.remark {
        let width = page.width(remark).min(place.n_columns);
        let from = place.column + (place.n_columns - width) / 2;
        page.put(place.line + place.n_lines / 2, from, remark, width, Shade::Quiet);
    }
}

/// A text with a blank on either side, which sets it off from curves.
fn on_plate(line: usize, from: usize, text: &str, width: usize, place: Place, page: &mut Page) {
    for column in [from.wrapping_sub(1), from + width] {
        if (place.column..place.end()).contains(&column) {
            page.sign(line, column, ' ', Shade::Plain);
        }
    }
    page.put(line, from, text, width, Shade::Bold);
}
