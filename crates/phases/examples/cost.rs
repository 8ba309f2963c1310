//! What a phase costs: where nobody records, and where somebody does (`mprof-rs run target/release/examples/cost`).

use std::hint::black_box;
use std::time::Instant;

const N_ROUNDS: usize = 15;

/// The median of some rounds, in nanoseconds for each time. A round is long enough for the clock.
fn median_ns(n_times: u32, mut once: impl FnMut()) -> f64 {
    let mut rounds: Vec<f64> = (0..N_ROUNDS)
        .map(|_| {
            let start = Instant::now();
            (0..n_times).for_each(|_| once());
            start.elapsed().as_nanos() as f64 / f64::from(n_times)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    rounds[N_ROUNDS / 2]
}

fn main() {
    let is_recorded = std::env::var_os("MPROF_RS_PHASES").is_some();
    let n_times = if is_recorded { 300 } else { 10_000_000 };
    let phase = median_ns(n_times, || {
        let _phase = mprof_phases::phase(black_box("load"));
    });
    let event = median_ns(n_times, || mprof_phases::event(black_box("loaded")));
    let nothing = median_ns(n_times, || _ = black_box("load"));
    println!("{}", if is_recorded { "recorded" } else { "not recorded" });
    println!("a phase, begun and ended  {phase:8.1} ns");
    println!("an event                  {event:8.1} ns");
    println!("the loop of the two       {nothing:8.1} ns");
}
