//! Axes: where they end, their unit, and round values on them.

use crate::chart::{Axis, AxisUnit, Scale, Tick};
use mprof_recording::units::{Unit, grouped, unit_for};

/// A unit of time and the steps that are round in it.
struct TimeUnit {
    symbol: &'static str,
    ns: f64,
    /// The unit is used from this span on, in nanoseconds.
    from_ns: f64,
    /// Round steps of the unit; powers of ten times 1, 2 and 5 where there are none or none is large enough.
    steps: &'static [f64],
}

const SECOND_NS: f64 = 1e9;
const MINUTE_NS: f64 = 60.0 * SECOND_NS;
const HOUR_NS: f64 = 60.0 * MINUTE_NS;
const DAY_NS: f64 = 24.0 * HOUR_NS;
const SIXTIETHS: &[f64] = &[1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 60.0, 120.0];
const HOURS: &[f64] = &[1.0, 2.0, 3.0, 4.0, 6.0, 12.0, 24.0, 48.0];

const TIME_UNITS: [TimeUnit; 5] = [
    TimeUnit { symbol: "ms", ns: 1e6, from_ns: 0.0, steps: &[] },
    TimeUnit { symbol: "s", ns: SECOND_NS, from_ns: SECOND_NS, steps: SIXTIETHS },
    TimeUnit { symbol: "min", ns: MINUTE_NS, from_ns: 5.0 * MINUTE_NS, steps: SIXTIETHS },
    TimeUnit { symbol: "h", ns: HOUR_NS, from_ns: 5.0 * HOUR_NS, steps: HOURS },
    TimeUnit { symbol: "days", ns: DAY_NS, from_ns: 5.0 * DAY_NS, steps: &[] },
];
/// A run that took less still has an axis that a person can read.
const LEAST_SPAN_NS: u64 = 1_000_000;

/// The least space from one label to the next. Those of time stand side by side, and their width counts.
const TIME_LABEL_PX: f64 = 60.0;
const MEMORY_LABEL_PX: f64 = 42.0;
/// What is left free above the highest value, for the label of a peak.
const HEADROOM_PX: f64 = 30.0;
/// A logarithmic axis spans no more than this many powers of ten: what is less is as good as zero beside the rest.
const MOST_DECADES: i32 = 6;

/// Time since the run's start between two times, on an axis so long.
pub(crate) fn time_axis(from_ns: u64, end_ns: u64, length_px: u32) -> Axis {
    let end_ns = match end_ns {
        // A run that took no time at all still needs an axis.
        0 => SECOND_NS as u64,
        end_ns => end_ns.max(from_ns.saturating_add(LEAST_SPAN_NS)),
    };
    let fitting = TIME_UNITS.iter().rev().find(|unit| (end_ns - from_ns) as f64 >= unit.from_ns);
    let unit = fitting.unwrap_or(&TIME_UNITS[0]);
    let span = (end_ns - from_ns) as f64 / unit.ns;
    let n_intervals = intervals(length_px, TIME_LABEL_PX);
    let axis_unit = AxisUnit { symbol: unit.symbol, size: unit.ns };
    let ticks = round_ticks(from_ns, end_ns, &axis_unit, span / n_intervals, unit.steps);
    let label = format!("time ({})", unit.symbol);
    Axis { label, unit: axis_unit, from: from_ns, end: end_ns, ticks, ..Axis::default() }
}

/// How much of a run is done, on an axis whose end is its end.
pub(crate) fn done_axis(end_ns: u64, length_px: u32) -> Axis {
    let end_ns = end_ns.max(LEAST_SPAN_NS);
    let unit = AxisUnit { symbol: "%", size: end_ns as f64 / 100.0 };
    let ticks = round_ticks(0, end_ns, &unit, 100.0 / intervals(length_px, TIME_LABEL_PX), &[]);
    Axis { label: "done (%)".to_owned(), unit, end: end_ns, ticks, ..Axis::default() }
}

/// Memory from zero to a little above the highest value, in the one unit that suits it or that was asked for.
pub(crate) fn memory_axis(label: &str, max_bytes: u64, length_px: u32, unit: Option<Unit>) -> Axis {
    let max_bytes = if max_bytes == 0 { 1 << 20 } else { max_bytes };
    let unit = unit.unwrap_or_else(|| unit_for(max_bytes));
    let length = f64::from(length_px).max(2.0 * HEADROOM_PX);
    let end = (max_bytes as f64 * length / (length - HEADROOM_PX)) as u64;
    let end = end.max(max_bytes.saturating_add(1));
    let axis_unit = AxisUnit { symbol: unit.symbol, size: unit.bytes as f64 };
    let least = end as f64 / axis_unit.size / intervals(length_px, MEMORY_LABEL_PX);
    let ticks = memory_ticks(end, &axis_unit, least);
    Axis { label: format!("{label}, {}", unit.symbol), unit: axis_unit, end, ticks, ..Axis::default() }
}

/// Differences of memory from the least to the most, with room at both ends.
pub(crate) fn difference_axis(least: i128, most: i128, length_px: u32, unit: Option<Unit>) -> Axis {
    let size = |difference: i128| u64::try_from(difference.unsigned_abs()).unwrap_or(u64::MAX);
    let (below, above) = (size(least.min(0)), size(most.max(0)));
    let above = if below == 0 && above == 0 { 1 << 20 } else { above };
    let span = below.saturating_add(above);
    let unit = unit.unwrap_or_else(|| unit_for(below.max(above)));
    let axis_unit = AxisUnit { symbol: unit.symbol, size: unit.bytes as f64 };
    let margin = (span as f64 * HEADROOM_PX / f64::from(length_px).max(2.0 * HEADROOM_PX)) as u64 + 1;
    let (below, above) = (below.saturating_add(margin), above.saturating_add(margin));
    let n_intervals = intervals(length_px, MEMORY_LABEL_PX);
    let least_step = below.saturating_add(above) as f64 / axis_unit.size / n_intervals;
    // From the origin to both sides.
    let [down, up] = [below, above].map(|end| memory_ticks(end, &axis_unit, least_step));
    let negative = down.iter().skip(1).rev();
    let negative = negative.map(|tick| Tick { at: below - tick.at, label: format!("−{}", tick.label) });
    let positive = up.iter().map(|tick| Tick {
        at: below.saturating_add(tick.at),
        label: if tick.at == 0 { tick.label.clone() } else { format!("+{}", tick.label) },
    });
    Axis {
        label: format!("difference, {}", unit.symbol),
        ticks: negative.chain(positive).collect(),
        unit: axis_unit,
        origin: below,
        end: below.saturating_add(above),
        ..Axis::default()
    }
}

/// Memory from a power of ten below the least value to a little above the highest, by equal factors.
pub(crate) fn log_axis(
    label: &str,
    (least_bytes, max_bytes): (u64, u64),
    length_px: u32,
    unit: Option<Unit>,
) -> Axis {
    let max_bytes = if max_bytes == 0 { 1 << 20 } else { max_bytes };
    let unit = unit.unwrap_or_else(|| unit_for(max_bytes));
    let size = unit.bytes as f64;
    let highest = (max_bytes as f64 / size).log10();
    let lowest = ((least_bytes.max(1) as f64 / size).log10().floor() as i32).min(highest.floor() as i32);
    let lowest = lowest.max(highest.ceil() as i32 - MOST_DECADES);
    let from = (10f64.powi(lowest) * size).max(1.0).round() as u64;
    let length = f64::from(length_px).max(2.0 * HEADROOM_PX);
    let factor = (max_bytes as f64 / from as f64).max(1.5).powf(length / (length - HEADROOM_PX));
    let end = ((from as f64 * factor) as u64).max(max_bytes.saturating_add(1));
    let axis_unit = AxisUnit { symbol: unit.symbol, size };
    let label = format!("{label}, {}, logarithmic", unit.symbol);
    let ticks = log_ticks(from, end, size, lowest);
    Axis { label, unit: axis_unit, scale: Scale::Log, from, end, ticks, origin: 0 }
}

/// Powers of ten, and between them twice and five times as much where there are few.
fn log_ticks(from: u64, end: u64, size: f64, lowest: i32) -> Vec<Tick> {
    let n_decades = (end as f64 / from as f64).log10();
    let factors: &[f64] = if n_decades < 3.5 { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let powers = (0..=MOST_DECADES + 2).map(|idx| lowest + idx);
    let values =
        powers.flat_map(|power| factors.iter().map(move |factor| (power, factor * 10f64.powi(power))));
    let tick = |(power, value): (i32, f64)| {
        let n_decimals = usize::try_from(-power).unwrap_or(0);
        Tick { at: (value * size).round() as u64, label: grouped(&format!("{value:.n_decimals$}")) }
    };
    let ticks = values.map(tick).filter(|tick| (from..=end).contains(&tick.at));
    let mut ticks: Vec<Tick> = ticks.collect();
    ticks.dedup_by_key(|tick| tick.at);
    ticks
}

/// How many steps an axis of that length has room for.
fn intervals(length_px: u32, label_px: f64) -> f64 {
    // Neighbouring steps differ by 2.5 at most, so that at least one round value besides zero is on the axis.
    (f64::from(length_px) / label_px).floor().clamp(2.5, 12.0)
}

/// The smallest round step that is not below `least`: one of `steps`, or 1, 2 or 5 times a power of ten.
fn round_step(least: f64, steps: &[f64]) -> f64 {
    let among = steps.iter().copied().find(|&step| step >= least && least > steps[0] / 2.0);
    among.unwrap_or_else(|| {
        let power = 10f64.powi(least.log10().floor() as i32);
        let factors = [1.0, 2.0, 5.0, 10.0];
        let fitting = factors.into_iter().find(|factor| factor * power >= least * (1.0 - 1e-9));
        fitting.unwrap_or(10.0) * power
    })
}

/// Round values of memory from zero on, with their thousands apart: labels of memory stand below each other, and have room.
fn memory_ticks(end: u64, unit: &AxisUnit, least: f64) -> Vec<Tick> {
    let mut ticks = round_ticks(0, end, unit, least, &[]);
    ticks.iter_mut().for_each(|tick| tick.label = grouped(&tick.label));
    ticks
}

/// Multiples of a round step that is not below `least`, with as many decimals as the step has.
fn round_ticks(from: u64, end: u64, unit: &AxisUnit, least: f64, steps: &[f64]) -> Vec<Tick> {
    let step = round_step(least, steps);
    // Nothing is less than a byte.
    let step = if unit.size == 1.0 { step.max(1.0) } else { step };
    let n_decimals = if step < 1.0 { (-step.log10()).ceil() as usize } else { 0 };
    let nth = |value: u64| value as f64 / unit.size / step;
    let (first, last) =
        ((nth(from) * (1.0 - 1e-12)).ceil() as u64, (nth(end) * (1.0 + 1e-12)).floor() as u64);
    let tick = |idx: u64| {
        let value = idx as f64 * step;
        Tick { at: (value * unit.size).round() as u64, label: format!("{value:.n_decimals$}") }
    };
    (first..=last).map(tick).filter(|tick| (from..=end).contains(&tick.at)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn labels(axis: &Axis) -> String {
        let labels: Vec<&str> = axis.ticks.iter().map(|tick| tick.label.as_str()).collect();
        format!("{}: {}", axis.label, labels.join(" "))
    }

    #[test]
    fn time_is_round_in_its_unit() {
        let cases = [
            (0.0, "time (s): 0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0"),
            (1.0, "time (ms): 0.0 0.1 0.2 0.3 0.4 0.5 0.6 0.7 0.8 0.9 1.0"),
            (583e6, "time (ms): 0 50 100 150 200 250 300 350 400 450 500 550"),
            (7.3e9, "time (s): 0 1 2 3 4 5 6 7"),
            (60e9, "time (s): 0 5 10 15 20 25 30 35 40 45 50 55 60"),
            (150e9, "time (s): 0 15 30 45 60 75 90 105 120 135 150"),
            (700e9, "time (min): 0 1 2 3 4 5 6 7 8 9 10 11"),
            (3.0 * HOUR_NS, "time (min): 0 15 30 45 60 75 90 105 120 135 150 165 180"),
            (26.0 * HOUR_NS, "time (h): 0 3 6 9 12 15 18 21 24"),
            (21.0 * DAY_NS, "time (days): 0 2 4 6 8 10 12 14 16 18 20"),
        ];
        for (end_ns, text) in cases {
            assert_eq!(labels(&time_axis(0, end_ns as u64, 1050)), text);
        }
    }

    #[test]
    fn memory_is_round_in_one_unit() {
        let cases = [
            (0, "RSS, MiB: 0.0 0.2 0.4 0.6 0.8 1.0"),
            (3, "RSS, B: 0 1 2 3 4"),
            (190_054_400, "RSS, MiB: 0 20 40 60 80 100 120 140 160 180"),
            (1_000_000_000, "RSS, MiB: 0 200 400 600 800 1,000"),
            (16_000_000_000, "RSS, GiB: 0 2 4 6 8 10 12 14 16"),
        ];
        for (max_bytes, text) in cases {
            assert_eq!(labels(&memory_axis("RSS", max_bytes, 430, None)), text);
        }
    }

    #[test]
    fn a_window_has_round_values_of_its_own() {
        let axis = time_axis(10_250_000_000, 11_030_000_000, 600);
        assert_eq!(labels(&axis), "time (ms): 10300 10400 10500 10600 10700 10800 10900 11000");
        let axis = time_axis(3_600_000_000_000, 3_600_010_000_000, 600);
        assert_eq!(axis.ticks.len(), 11, "{}", labels(&axis));
    }

    #[test]
    fn a_unit_can_be_asked_for() {
        let unit = mprof_recording::units::NAMED_UNITS[4];
        let axis = memory_axis("RSS", 1_000_000_000, 430, Some(unit));
        assert_eq!(labels(&axis), "RSS, MB: 0 200 400 600 800 1,000");
    }

    #[test]
    fn factors_are_round_on_a_logarithmic_axis() {
        let axis = log_axis("RSS", (3 << 20, 150 << 20), 430, None);
        assert_eq!(labels(&axis), "RSS, MiB, logarithmic: 1 2 5 10 20 50 100 200");
        assert_eq!(axis.from, 1 << 20);
        let axis = log_axis("RSS", (1, 1 << 40), 430, None);
        assert_eq!(labels(&axis), "RSS, TiB, logarithmic: 0.000001 0.00001 0.0001 0.001 0.01 0.1 1");
    }

    #[test]
    fn differences_go_to_both_sides_of_an_origin() {
        let axis = difference_axis(-(50 << 20), 100 << 20, 280, None);
        assert_eq!(labels(&axis), "difference, MiB: −50 0 +50 +100");
        assert!(axis.ticks.iter().any(|tick| tick.at == axis.origin && tick.label == "0"));
        assert_eq!(labels(&difference_axis(0, 0, 280, None)), "difference, MiB: 0.0 +0.5 +1.0");
    }

    proptest! {
        #[test]
        fn any_logarithmic_axis_holds_its_maximum(least in any::<u64>(), max in any::<u64>()) {
            let axis = log_axis("RSS", (least.min(max), max), 400, None);
            prop_assert!(axis.from > 0 && axis.end > axis.from && axis.end >= max);
            prop_assert!((1..=14).contains(&axis.ticks.len()), "{}", labels(&axis));
            prop_assert!(axis.ticks.is_sorted_by(|a, b| a.at < b.at && a.label != b.label));
        }

        #[test]
        fn any_window_has_few_round_values(from in 0..u64::MAX / 2, span in 1..u64::MAX / 2) {
            let axis = time_axis(from, from + span, 700);
            prop_assert!(axis.ticks.len() <= 14, "{}", labels(&axis));
            prop_assert!(axis.ticks.iter().all(|tick| (axis.from..=axis.end).contains(&tick.at)));
        }

        #[test]
        fn any_axis_holds_its_maximum_and_few_ticks(max in any::<u64>(), length_px in 1u32..5000) {
            for axis in [time_axis(0, max, length_px), memory_axis("RSS", max, length_px, None)] {
                prop_assert!(axis.end >= max && axis.end > 0);
                prop_assert!((2..=14).contains(&axis.ticks.len()), "{}", labels(&axis));
                prop_assert!(axis.ticks.is_sorted_by(|a, b| a.at < b.at && a.label != b.label));
                prop_assert!(axis.ticks.iter().all(|tick| tick.at <= axis.end));
            }
        }
    }
}
