//! The random slices of the examples: uniform float64 for ex1, standard normal float32 for the others.
//!
//! Each slice is a fresh `Vec`, as `np.random.rand` returns a fresh array; it is filled block by block and never
//! zeroed first. Normal values come from our own ziggurat (Marsaglia and Tsang, 2000), with two values to one random
//! number of 64 bits: a third less time than `rand_distr::StandardNormal`, and as fine as NumPy's float32 one (23 bits
//! of each layer's width). The tests hold its moments, tails and distribution function against the normal law.

use std::hash::{BuildHasher, RandomState};

use rand::{Rng, RngExt, SeedableRng};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Values that are made at a time: 8 KiB of them, which stay in the first cache until they are copied out.
const BLOCK: usize = 2048;
/// As many as 8 random bits can choose from.
const LAYERS: usize = 256;
/// Where the tail of the lowest of 256 layers begins, and the area of each layer under `exp(-x²/2)`.
const TAIL_START: f64 = 3.654_152_885_361_009;
const LAYER_AREA: f64 = 0.004_928_673_233_992_336;

/// A seed that differs from run to run: the standard library keys its hash maps from the system's entropy.
pub fn fresh_seed() -> u64 {
    RandomState::new().hash_one(0)
}

/// Slices of float64 values, uniform on [0, 1).
#[derive(Debug)]
pub struct Uniform {
    rng: Xoshiro256PlusPlus,
}

impl Uniform {
    /// The same seed gives the same slices.
    pub fn new(seed: u64) -> Self {
        Self { rng: Xoshiro256PlusPlus::seed_from_u64(seed) }
    }

    /// A fresh slice of `n_values`.
    pub fn slice(&mut self, n_values: usize) -> Vec<f64> {
        (0..n_values).map(|_| self.rng.random()).collect()
    }
}

/// Slices of float32 values with mean 0 and variance 1.
#[derive(Debug)]
pub struct Normal {
    rng: Xoshiro256PlusPlus,
    layers: [Layer; LAYERS],
    heights: [(f64, f64); LAYERS],
}

/// What the fast path needs of a layer, side by side so that both come with one load.
#[derive(Clone, Copy, Debug, Default)]
struct Layer {
    /// From 24 random bits with a sign to a value in this layer.
    scale: f32,
    /// Values below it lie under the curve, whatever their height in the layer.
    inner_edge: f32,
}

impl Normal {
    /// The same seed gives the same slices.
    pub fn new(seed: u64) -> Self {
        let (layers, heights) = layers();
        Self { rng: Xoshiro256PlusPlus::seed_from_u64(seed), layers, heights }
    }

    /// A fresh slice of `n_values`.
    pub fn slice(&mut self, n_values: usize) -> Vec<f32> {
        let mut values = Vec::with_capacity(n_values);
        let mut block = [0.0; BLOCK];
        while values.len() < n_values {
            self.fill(&mut block);
            let n_wanted = BLOCK.min(n_values - values.len());
            values.extend_from_slice(&block[..n_wanted]);
        }
        values
    }

    /// Two values to each random number of 64 bits.
    fn fill(&mut self, block: &mut [f32; BLOCK]) {
        let (pairs, _) = block.as_chunks_mut::<2>();
        for pair in pairs {
            let bits = self.rng.next_u64();
            *pair = [self.value(bits as u32), self.value((bits >> 32) as u32)];
        }
    }

    /// The lowest 8 bits choose the layer, the other 24 the place in it. The half keeps both signs alike.
    #[inline(always)]
    fn value(&mut self, bits: u32) -> f32 {
        let layer = &self.layers[usize::from(bits as u8)];
        let x = ((bits as i32 >> 8) as f32 + 0.5) * layer.scale;
        if x.abs() < layer.inner_edge { x } else { self.value_at_edge(bits, x) }
    }

    /// What the fast path leaves: the tail of the lowest layer, and the wedge beside each inner edge.
    #[cold]
    fn value_at_edge(&mut self, bits: u32, x: f32) -> f32 {
        let layer = usize::from(bits as u8);
        if layer == 0 {
            return x.signum() * self.tail() as f32;
        }
        let (bottom, top) = self.heights[layer];
        let height = bottom + self.rng.random::<f64>() * (top - bottom);
        if height < density(x.into()) {
            return x;
        }
        let bits = self.rng.next_u64() as u32;
        self.value(bits)
    }

    /// Marsaglia's way to a value beyond `TAIL_START`.
    fn tail(&mut self) -> f64 {
        loop {
            let x = -(1.0 - self.rng.random::<f64>()).ln() / TAIL_START;
            let y = -(1.0 - self.rng.random::<f64>()).ln();
            if 2.0 * y >= x * x {
                return TAIL_START + x;
            }
        }
    }
}

/// The normal density, scaled to 1 at its top.
fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp()
}

/// Layers of equal area, from the lowest, which holds the tail, to the top of the curve; and their heights.
fn layers() -> ([Layer; LAYERS], [(f64, f64); LAYERS]) {
    let mut layers = [Layer::default(); LAYERS];
    let mut heights = [(0.0, 0.0); LAYERS];
    let mut edge = TAIL_START;
    let mut height = density(edge);
    layers[0] = Layer { scale: (LAYER_AREA / height / f64::from(1 << 23)) as f32, inner_edge: edge as f32 };
    for (layer, heights) in layers[1..].iter_mut().zip(&mut heights[1..]) {
        let top = (height + LAYER_AREA / edge).min(1.0);
        let inner = (-2.0 * top.ln()).max(0.0).sqrt();
        *layer = Layer { scale: (edge / f64::from(1 << 23)) as f32, inner_edge: inner as f32 };
        *heights = (height, top);
        (edge, height) = (inner, top);
    }
    (layers, heights)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Enough that a wrong layer among 256 would show, and few enough for a test without optimization.
    const N_VALUES: usize = 2_000_000;

    fn normal_values(n_values: usize) -> Vec<f64> {
        Normal::new(7).slice(n_values).into_iter().map(f64::from).collect()
    }

    fn mean(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
        values.iter().map(|&value| of(value)).sum::<f64>() / values.len() as f64
    }

    /// Asserts that a mean of `n` values is within five standard errors of what it should be.
    fn check(what: &str, mean: f64, expected: f64, variance: f64) {
        let error = (mean - expected) / (variance / N_VALUES as f64).sqrt();
        assert!(error.abs() < 5.0, "{what}: {mean} is {error:.1} standard errors from {expected}");
    }

    /// The normal distribution function, by its Taylor series around zero, whose terms all have one sign.
    fn distribution(x: f64) -> f64 {
        let (mut sum, mut term) = (0.0, x);
        for n in 1..200 {
            sum += term;
            term *= x * x / f64::from(2 * n + 1);
        }
        0.5 + sum * density(x) / (2.0 * std::f64::consts::PI).sqrt()
    }

    #[test]
    fn the_reference_is_right() {
        for (x, expected) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_543),
            (-2.0, 0.022_750_131_948_179),
            (4.0, 0.999_968_328_758_167),
        ] {
            assert!((distribution(x) - expected).abs() < 1e-13, "{x}");
        }
    }

    #[test]
    fn normal_moments() {
        let values = normal_values(N_VALUES);
        check("mean", mean(&values, |x| x), 0.0, 1.0);
        check("variance", mean(&values, |x| x.powi(2)), 1.0, 2.0);
        check("skewness", mean(&values, |x| x.powi(3)), 0.0, 15.0);
        check("kurtosis", mean(&values, |x| x.powi(4)), 3.0, 96.0);
        check("sixth moment", mean(&values, |x| x.powi(6)), 15.0, 10_170.0);
    }

    #[test]
    fn normal_tails() {
        let values = normal_values(N_VALUES);
        for edge in [0.5, 1.0, 2.0, 3.0, 3.6, TAIL_START, 3.8, 4.2] {
            let p = 1.0 - distribution(edge);
            check("right tail", mean(&values, |x| f64::from(x > edge)), p, p * (1.0 - p));
            check("left tail", mean(&values, |x| f64::from(x < -edge)), p, p * (1.0 - p));
        }
    }

    /// Kolmogorov and Smirnov: the largest gap between the two distribution functions.
    #[test]
    fn normal_distribution() {
        let mut values = normal_values(N_VALUES);
        values.sort_unstable_by(f64::total_cmp);
        let n = N_VALUES as f64;
        let gap = |(rank, &x): (usize, &f64)| {
            let p = distribution(x);
            (p - rank as f64 / n).max((rank + 1) as f64 / n - p)
        };
        let statistic = values.iter().enumerate().map(gap).fold(0.0, f64::max) * n.sqrt();
        // A true normal sample exceeds 1.95 once in a thousand times; the seed is fixed, so the test never flickers.
        assert!(statistic < 1.95, "{statistic}");
    }

    /// Both halves of one random number become values, one after the other.
    #[test]
    fn neighbours_are_independent() {
        let values = normal_values(N_VALUES + 2);
        for lag in [1, 2] {
            let products: Vec<f64> =
                values.iter().zip(&values[lag..]).take(N_VALUES).map(|(a, b)| a * b).collect();
            check("correlation", mean(&products, |product| product), 0.0, 1.0);
        }
    }

    #[test]
    fn layers_share_one_area() {
        let (layers, heights) = layers();
        for (layer, (bottom, top)) in layers.iter().zip(heights).skip(1) {
            let edge = f64::from(layer.scale) * f64::from(1 << 23);
            assert!((edge * (top - bottom) - LAYER_AREA).abs() < 1e-8, "{layer:?}");
        }
        assert!((heights[LAYERS - 1].1 - 1.0).abs() < 1e-12);
    }

    #[test]
    fn uniform_values() {
        let values = Uniform::new(7).slice(N_VALUES);
        assert!(values.iter().all(|value| (0.0..1.0).contains(value)));
        check("mean", mean(&values, |x| x), 0.5, 1.0 / 12.0);
        check("second moment", mean(&values, |x| x * x), 1.0 / 3.0, 4.0 / 45.0);
    }

    #[test]
    fn seeds_repeat_and_differ() {
        let values = |seed| Normal::new(seed).slice(5000);
        assert_eq!(values(1), values(1));
        assert_ne!(values(1), values(2));
        assert_ne!(fresh_seed(), fresh_seed());
    }

    #[test]
    fn a_slice_has_the_length_that_was_asked() {
        for n_values in [1, 2, BLOCK - 1, BLOCK, BLOCK + 1] {
            assert_eq!(Normal::new(1).slice(n_values).len(), n_values);
        }
    }
}
