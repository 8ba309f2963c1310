//! Axes: where they end, their unit, and round values on them.

use crate::chart::{Axis, AxisUnit, Tick};
use mprof_recording::units::unit_for;

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

const TIME_UNITS: [TimeUnit; 7] = [
    TimeUnit { symbol: "ns", ns: 1.0, from_ns: 0.0, steps: &[] },
    TimeUnit { symbol: "µs", ns: 1e3, from_ns: 2e3, steps: &[] },
    TimeUnit { symbol: "ms", ns: 1e6, from_ns: 2e6, steps: &[] },
    TimeUnit { symbol: "s", ns: SECOND_NS, from_ns: SECOND_NS, steps: SIXTIETHS },
    TimeUnit { symbol: "min", ns: MINUTE_NS, from_ns: 5.0 * MINUTE_NS, steps: SIXTIETHS },
    TimeUnit { symbol: "h", ns: HOUR_NS, from_ns: 5.0 * HOUR_NS, steps: HOURS },
    TimeUnit { symbol: "days", ns: DAY_NS, from_ns: 5.0 * DAY_NS, steps: &[] },
];

/// The least space from one label to the next. Those of time stand side by side, and their width counts.
const TIME_LABEL_PX: f64 = 60.0;
const MEMORY_LABEL_PX: f64 = 42.0;
/// What is left free above the highest value, for the label of a peak.
const HEADROOM_PX: f64 = 30.0;

/// Time from the run's start to `end_ns`, on an axis so long.
pub(crate) fn time_axis(end_ns: u64, length_px: u32) -> Axis {
    // A run that took no time at all still needs an axis.
    let end_ns = if end_ns == 0 { SECOND_NS as u64 } else { end_ns };
    let fitting = TIME_UNITS.iter().rev().find(|unit| end_ns as f64 >= unit.from_ns);
    let unit = fitting.unwrap_or(&TIME_UNITS[0]);
    let span = end_ns as f64 / unit.ns;
    let least = span / intervals(length_px, TIME_LABEL_PX);
    let step = round_step(least, unit.steps);
    let ticks = ticks(end_ns, unit.ns, if unit.ns == 1.0 { step.max(1.0) } else { step });
    Axis {
        label: format!("time ({})", unit.symbol),
        unit: AxisUnit { symbol: unit.symbol, size: unit.ns },
        end: end_ns,
        ticks,
        ..Axis::default()
    }
}

/// Memory from zero to a little above the highest value, in the one unit that suits it.
pub(crate) fn memory_axis(label: &str, max_bytes: u64, length_px: u32) -> Axis {
    let max_bytes = if max_bytes == 0 { 1 << 20 } else { max_bytes };
    let unit = unit_for(max_bytes);
    let length = f64::from(length_px).max(2.0 * HEADROOM_PX);
    let end = (max_bytes as f64 * length / (length - HEADROOM_PX)) as u64;
    let end = end.max(max_bytes.saturating_add(1));
    let least = end as f64 / unit.bytes as f64 / intervals(length_px, MEMORY_LABEL_PX);
    let step = round_step(least, &[]);
    let ticks = ticks(end, unit.bytes as f64, if unit.bytes == 1 { step.max(1.0) } else { step });
    Axis {
        label: format!("{label}, {}", unit.symbol),
        unit: AxisUnit { symbol: unit.symbol, size: unit.bytes as f64 },
        end,
        ticks,
        ..Axis::default()
    }
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

/// Multiples of a step up to the end, with as many decimals as the step has.
fn ticks(end: u64, unit: f64, step: f64) -> Vec<Tick> {
    let n_decimals = if step < 1.0 { (-step.log10()).ceil() as usize } else { 0 };
    let n_ticks = (end as f64 / unit / step * (1.0 + 1e-12)).floor() as u32;
    let tick = |idx: u32| {
        let value = f64::from(idx) * step;
        Tick { at: (value * unit).round() as u64, label: format!("{value:.n_decimals$}") }
    };
    (0..=n_ticks).map(tick).collect()
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
            assert_eq!(labels(&time_axis(end_ns as u64, 1050)), text);
        }
    }

    #[test]
    fn memory_is_round_in_one_unit() {
        let cases = [
            (0, "RSS, MiB: 0.0 0.2 0.4 0.6 0.8 1.0"),
            (3, "RSS, B: 0 1 2 3 4"),
            (190_054_400, "RSS, MiB: 0 20 40 60 80 100 120 140 160 180"),
            (1_000_000_000, "RSS, MiB: 0 200 400 600 800 1000"),
            (16_000_000_000, "RSS, GiB: 0 2 4 6 8 10 12 14 16"),
        ];
        for (max_bytes, text) in cases {
            assert_eq!(labels(&memory_axis("RSS", max_bytes, 430)), text);
        }
    }

    proptest! {
        #[test]
        fn any_axis_holds_its_maximum_and_few_ticks(max in any::<u64>(), length_px in 1u32..5000) {
            for axis in [time_axis(max, length_px), memory_axis("RSS", max, length_px)] {
                prop_assert!(axis.end >= max && axis.end > 0);
                prop_assert!((2..=14).contains(&axis.ticks.len()), "{}", labels(&axis));
                prop_assert!(axis.ticks.is_sorted_by(|a, b| a.at < b.at && a.label != b.label));
                prop_assert!(axis.ticks.iter().all(|tick| tick.at <= axis.end));
            }
        }
    }
}
