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
