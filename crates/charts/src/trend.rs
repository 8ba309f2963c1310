//! The trend of a curve: a thin line over its course, and its figures in the legend.

use crate::chart::{Entry, Ground, Ink, Point, Series};
use crate::content::Content;
use crate::peak_label;
use crate::view::View;
use crate::whole::Whole;
use mprof_recording::trend::Trend;
use mprof_recording::units::Unit;

const SECONDS_PER_HOUR: f64 = 3600.0;

/// So many steps make a line that is straight on a linear axis look smooth on a logarithmic one.
const N_STEPS: u64 = 64;

/// Adds the trend of a recording's curve, where there is one; the legend says so where there is none.
pub(crate) fn add(content: &mut Content, whole: &Whole<'_>, ink: Ink, of: Option<&str>, view: &View) {
    let trend = Trend::of(|| whole.points(view));
    let clear = trend.filter(Trend::is_clear);
    let label = of.map_or_else(|| "trend".to_owned(), |name| format!("trend of {name}"));
    let value = match (trend, clear) {
        (_, Some(trend)) => words(&trend, view.show.unit),
        (Some(_), None) => "no trend: its 95 % interval spans zero".to_owned(),
        (None, None) => "no trend: fewer than three readings".to_owned(),
    };
    content.legend.push(Entry { ink: clear.map(|_| ink), label: label.clone(), value });
    if let Some(trend) = clear {
        let (from_ns, to_ns) = (trend.from_ns, trend.to_ns);
        let point = |at_ns| Point { at_ns, bytes: trend.bytes_at(at_ns) };
        content.series.push(Series {
            name: label,
            ink,
            points: (0..=N_STEPS).map(|n| point(from_ns + (to_ns - from_ns) / N_STEPS * n)).collect(),
            breaks: Vec::new(),
            ground: Ground::Bare,
        });
    }
}

/// The slope with its interval, per second, or per hour where a second does next to nothing.
fn words(trend: &Trend, unit: Option<Unit>) -> String {
    let least_bytes = unit.map_or(1 << 20, |unit| unit.bytes) as f64 / 10.0;
    let is_slow = trend.bytes_per_s.abs() < least_bytes;
    let (seconds, per) = if is_slow { (SECONDS_PER_HOUR, "hour") } else { (1.0, "s") };
    let [low, slope, high] = [trend.low_bytes_per_s, trend.bytes_per_s, trend.high_bytes_per_s];
    let figure = |bytes_per_s: f64| {
        let sign = if bytes_per_s < 0.0 { "−" } else { "+" };
        format!("{sign}{}", peak_label::figure((bytes_per_s.abs() * seconds) as u64, unit))
    };
    format!("{} per {per}, 95 % between {} and {}", figure(slope), figure(low), figure(high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_is_told_per_second_or_per_hour() {
        let trend = |bytes_per_s| Trend {
            bytes_per_s,
            low_bytes_per_s: bytes_per_s - 512.0,
            high_bytes_per_s: bytes_per_s + 512.0,
            at_zero_bytes: 0.0,
            from_ns: 0,
            to_ns: 0,
        };
        assert_eq!(
            words(&trend(f64::from(5 << 20)), None),
            "+5.000 MiB per s, 95 % between +5.000 MiB and +5.000 MiB"
        );
        assert_eq!(
            words(&trend(-1024.0), None),
            "−3.516 MiB per hour, 95 % between −5.273 MiB and −1.758 MiB"
        );
    }
}
