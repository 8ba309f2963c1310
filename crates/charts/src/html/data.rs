//! What the viewer is told: the chart as JSON, in a form that no name in it can break out of.
//!
//! The viewer's files read these keys; they are the only other ones that know them.

use super::curves::{CurveData, Curves};
use super::events::{EventsData, ink_name};
use crate::account::{Account, Fact, Holds, Table};
use crate::chart::{Axis, Chart, Entry, Ground, Ink, Mark, Panel, Scale, Series, Spike};
use crate::palette::{DARK, LIGHT, N_TINTS, Pen};
use crate::peak_label;
use crate::sheet::Height;
use crate::sheet::Theme;
use mprof_recording::peak::PeakKind;
use mprof_recording::units::Unit;
use serde::Serialize;

/// The chart as the text of a JSON element.
pub(super) fn json(chart: &Chart) -> String {
    // Of a page that holds only numbers and texts nothing can fail.
    let text = serde_json::to_string(&PageData::of(chart)).unwrap_or_default();
    // Within JSON these stand in texts alone, where they may be written so. Nothing can end the element then.
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

#[derive(Serialize)]
struct PageData<'a> {
    title: &'a str,
    /// The theme to begin with, unless it is the reader's.
    theme: Option<&'static str>,
    n_columns: usize,
    panel_px: Option<u32>,
    /// The unit of memory and its size, where one was asked for. Otherwise the viewer chooses what suits.
    unit: Option<(&'static str, u64)>,
    /// Each once, however many charts show it.
    curves: Vec<CurveData>,
    /// Whether readings were left out that lie between the extremes of a column.
    is_reduced: bool,
    /// What happened meanwhile, panel by panel: the same in every chart.
    events: Vec<EventsData<'a>>,
    /// The colours of bars, by tint.
    band_tints: Vec<TintData>,
    /// Those that the reader chooses from, the first to begin with.
    charts: Vec<ChartData<'a>>,
    facts: Vec<(&'static str, &'a str)>,
    tables: Vec<TableData<'a>>,
}

#[derive(Serialize)]
struct ChartData<'a> {
    name: &'a str,
    /// Its highest peak, for the control that it is chosen by.
    peak: Option<String>,
    note: Option<&'a str>,
    description: String,
    panels: Vec<PanelData<'a>>,
    legend: Vec<EntryData<'a>>,
}

#[derive(Serialize)]
struct PanelData<'a> {
    title: Option<&'a str>,
    remark: Option<&'a str>,
    from_ns: u64,
    end_ns: u64,
    /// The unit of the time axis where it is none of time: of a run whose axis is a share of it.
    share_unit: Option<(&'static str, f64)>,
    quantity: &'a str,
    from_bytes: u64,
    end_bytes: u64,
    /// The value that stands for none, of a panel of differences, which has an axis of its own.
    origin_bytes: u64,
    is_log: bool,
    series: Vec<SeriesData<'a>>,
    marks: Vec<MarkData<'a>>,
    spikes: Vec<SpikeData>,
    limits: Vec<(u64, &'a str)>,
    limit_pen: PenData,
}

/// A rise that only the kernel saw: the readings around it, its height and its ink.
#[derive(Serialize)]
struct SpikeData {
    from: (u64, u64),
    to: (u64, u64),
    bytes: u64,
    ink: String,
}

#[derive(Serialize)]
struct SeriesData<'a> {
    name: &'a str,
    ink: String,
    pen: PenData,
    /// What edges it, if it is a layer.
    edge: TintData,
    ground: GroundData,
    /// Its place among the curves.
    curve: usize,
}

/// What lies below a curve, as the chart has it.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum GroundData {
    Tinted,
    Bare,
    Between(usize),
    Layer,
}

#[derive(Serialize)]
struct TintData {
    light: String,
    dark: String,
}

#[derive(Serialize)]
struct PenData {
    light: String,
    dark: String,
    width_px: f32,
    dashes_px: &'static [f32],
    dot_px: f32,
    /// Whether it fills areas rather than drawing lines.
    is_area: bool,
}

#[derive(Serialize)]
struct MarkData<'a> {
    at_ns: Option<u64>,
    /// Where the line of one without a time ends.
    to_ns: u64,
    bytes: u64,
    curve_bytes: Option<u64>,
    ink: String,
    /// A dot is what the kernel knows; a ring is a bound.
    is_dot: bool,
    kind: &'static str,
    /// Whose it is.
    name: Option<&'a str>,
    texts: &'a [String],
}

#[derive(Serialize)]
struct EntryData<'a> {
    ink: Option<String>,
    pen: Option<PenData>,
    label: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct TableData<'a> {
    title: &'a str,
    /// The titles of the columns, and whether they hold figures.
    columns: Vec<(&'a str, bool)>,
    /// The texts of the cells, and the figures behind them.
    rows: Vec<Vec<(&'a str, Option<f64>)>>,
    n_left_out: usize,
}

impl<'a> PageData<'a> {
    fn of(chart: &'a Chart) -> Self {
        let curves = Curves::of(chart);
        let Account { facts, tables, is_reduced, unit } = &chart.account;
        Self {
            title: &chart.title,
            theme: match chart.sheet.theme {
                Theme::Light => Some("light"),
                Theme::Dark => Some("dark"),
                Theme::Auto => None,
            },
            n_columns: chart.n_columns,
            panel_px: match chart.sheet.height {
                Height::Panel(panel_px) => Some(panel_px),
                Height::Total(_) => None,
            },
            unit: unit.map(|unit| (unit.symbol, unit.bytes)),
            curves: curves.packed(),
            is_reduced: *is_reduced || curves.are_reduced(),
            events: chart.panels.iter().map(EventsData::of).collect(),
            band_tints: (0..N_TINTS).map(TintData::of).collect(),
            charts: chart.choices().map(|it| ChartData::of(it, *unit, &curves)).collect(),
            facts: facts.iter().map(|Fact { name, text }| (*name, text.as_str())).collect(),
            tables: tables.iter().map(TableData::of).collect(),
        }
    }
}

impl<'a> ChartData<'a> {
    fn of(chart: &'a Chart, unit: Option<Unit>, curves: &Curves<'_>) -> Self {
        Self {
            name: &chart.name,
            peak: highest(chart, unit),
            note: chart.note.as_deref(),
            description: chart.description(),
            panels: chart.panels.iter().map(|panel| PanelData::of(panel, curves)).collect(),
            legend: chart.legend.iter().map(EntryData::of).collect(),
        }
    }
}

/// The highest peak of a chart, as far as it is known; of one without peaks, as that of nothing but zeros, what is drawn.
fn highest(chart: &Chart, unit: Option<Unit>) -> Option<String> {
    let marks = chart.panels.iter().flat_map(|panel| &panel.marks).map(|mark| mark.peak);
    // On an axis with an origin of its own stand differences.
    let panels = chart.panels.iter().filter(|panel| panel.memory.origin == 0);
    let series = || panels.clone().flat_map(|panel| &panel.series);
    let drawn = || series().flat_map(|series| &series.points).map(|point| point.bytes).max();
    let peak = marks
        .filter(|peak| peak.bytes > 0)
        .max_by_key(|peak| peak.bytes)
        .map(|peak| peak_label::short(&peak, unit));
    peak.or_else(|| drawn().map(|bytes| peak_label::figure(bytes, unit)))
}

impl<'a> PanelData<'a> {
    fn of(panel: &'a Panel, curves: &Curves<'_>) -> Self {
        Self {
            title: panel.title.as_deref(),
            remark: panel.remark.as_deref(),
            from_ns: panel.time.from,
            end_ns: panel.time.end,
            share_unit: Some(&panel.time.unit)
                .filter(|unit| unit.symbol == "%")
                .map(|it| (it.symbol, it.size)),
            quantity: quantity(&panel.memory),
            from_bytes: panel.memory.from,
            end_bytes: panel.memory.end,
            origin_bytes: panel.memory.origin,
            is_log: panel.memory.scale == Scale::Log,
            series: panel.series.iter().map(|series| SeriesData::of(series, curves)).collect(),
            marks: panel.marks.iter().map(|mark| MarkData::of(mark, panel)).collect(),
            spikes: panel.spikes.iter().map(SpikeData::of).collect(),
            limits: panel.limits.iter().map(|limit| (limit.bytes, limit.label.as_str())).collect(),
            limit_pen: PenData::of(Ink::Limit),
        }
    }
}

/// What an axis shows, without the unit of its labels: the viewer has its own.
fn quantity(axis: &Axis) -> &str {
    axis.label.split_once(", ").map_or(&axis.label, |(quantity, _)| quantity)
}

impl<'a> SeriesData<'a> {
    fn of(series: &'a Series, curves: &Curves<'_>) -> Self {
        Self {
            name: &series.name,
            ink: ink_name(series.ink),
            pen: PenData::of(series.ink),
            edge: TintData::edge(series.ink),
            ground: match series.ground {
                Ground::Tinted => GroundData::Tinted,
                Ground::Bare => GroundData::Bare,
                Ground::Between(place) => GroundData::Between(place),
                Ground::Layer => GroundData::Layer,
            },
            curve: curves.place(series),
        }
    }
}

impl TintData {
    fn of(tint: usize) -> Self {
        let [light, dark] = [&LIGHT, &DARK].map(|palette| palette.bar(Some(tint)).hex());
        Self { light, dark }
    }

    fn edge(ink: Ink) -> Self {
        let [light, dark] = [&LIGHT, &DARK].map(|palette| palette.edge(ink).hex());
        Self { light, dark }
    }
}

impl PenData {
    fn of(ink: Ink) -> Self {
        let Pen { color, width_px, dashes_px, dot_px } = LIGHT.pen(ink);
        let is_area = matches!(ink, Ink::Layer(_) | Ink::RestLayer | Ink::Kind(_) | Ink::Absent);
        Self { light: color.hex(), dark: DARK.pen(ink).color.hex(), width_px, dashes_px, dot_px, is_area }
    }
}

impl SpikeData {
    fn of(spike: &Spike) -> Self {
        Self { from: spike.from.pair(), to: spike.to.pair(), bytes: spike.bytes, ink: ink_name(spike.ink) }
    }
}

impl<'a> MarkData<'a> {
    fn of(mark: &'a Mark, panel: &'a Panel) -> Self {
        let kind = mark.peak.kind;
        Self {
            at_ns: mark.peak.at_ns,
            to_ns: mark.to_ns,
            bytes: mark.peak.bytes,
            curve_bytes: mark.curve_bytes,
            ink: ink_name(mark.ink),
            is_dot: matches!(kind, PeakKind::HighWaterMark | PeakKind::ReapedMaxrss),
            kind: kind.label(),
            name: panel_name(panel, mark.ink),
            texts: &mark.texts,
        }
    }
}

impl<'a> EntryData<'a> {
    fn of(entry: &'a Entry) -> Self {
        Self {
            ink: entry.ink.map(ink_name),
            pen: entry.ink.map(PenData::of),
            label: &entry.label,
            value: &entry.value,
        }
    }
}

impl<'a> TableData<'a> {
    fn of(table: &'a Table) -> Self {
        let columns = table.columns.iter().map(|it| (it.title.as_str(), it.holds == Holds::Figures));
        let row = |row: &'a Vec<crate::account::Cell>| {
            row.iter().map(|cell| (cell.text.as_str(), cell.figure)).collect()
        };
        Self {
            title: &table.title,
            columns: columns.collect(),
            rows: table.rows.iter().map(row).collect(),
            n_left_out: table.n_left_out,
        }
    }
}

/// The name of the curve that has an ink.
fn panel_name(panel: &Panel, ink: Ink) -> Option<&str> {
    panel.series.iter().find(|series| series.ink == ink).map(|series| series.name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::{Named, Options};
    use crate::over_time;
    use mprof_recording::metric::{Bytes, Metric};
    use mprof_recording::{Process, Recording};

    fn chart(command: &str, n_readings: u64) -> Chart {
        let mut root = Process::default();
        for idx in 0..n_readings {
            root.samples.push(idx * 1000, &Bytes::default().with(Metric::Rss, idx * 7919 % 1009 * 4096));
        }
        let recording = Recording { command: command.into(), processes: vec![root], ..Recording::default() };
        let options = Options { detail: crate::Detail::Zoom, ..Options::default() };
        over_time(&[Named { label: command, recording: &recording }], &options).expect("it has readings")
    }

    #[test]
    fn no_name_can_end_the_element() {
        let text = json(&chart("</script><!-- <script> & ]]> \"quoted\"", 3));
        assert!(!text.contains(['<', '>', '&']));
        let value: serde_json::Value = serde_json::from_str(&text).expect("it is JSON");
        assert_eq!(value["title"], "</script><!-- <script> & ]]> \"quoted\"");
    }

    #[test]
    fn where_nothing_is_held_differences_add_nothing_to_the_figure_of_a_choice() {
        let recording = |rss: u64| {
            let mut root = Process::default();
            for at_ns in 0..9 {
                let bytes = Bytes::default().with(Metric::Rss, rss + (at_ns << 20)).with(Metric::Swap, 0);
                root.samples.push(at_ns, &bytes);
            }
            Recording { processes: vec![root], ..Recording::default() }
        };
        let [one, other] = [5 << 20, 7 << 20].map(recording);
        let named = [Named { label: "a", recording: &one }, Named { label: "b", recording: &other }];
        let options = Options { detail: crate::Detail::Zoom, ..Options::default() };
        let chart = crate::difference(&named, crate::Align::Time, &options).expect("both have readings");
        let value: serde_json::Value = serde_json::from_str(&json(&chart)).expect("it is JSON");
        let swap = value["charts"].as_array().and_then(|all| all.iter().find(|it| it["name"] == "swap"));
        assert_eq!(swap.expect("it was read")["peak"], "0 B");
    }

    #[test]
    fn few_readings_are_all_there() {
        let value: serde_json::Value = serde_json::from_str(&json(&chart("ls", 5000))).expect("it is JSON");
        assert_eq!(value["charts"][0]["panels"][0]["series"][0]["curve"], 0);
        assert_eq!(value["curves"][0]["points"]["n_points"], 5000);
        assert_eq!(value["is_reduced"], false);
    }
}
