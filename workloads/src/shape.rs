//! The shape of the array: how many slices, and how large each is. A `Shape` is never empty and never overflows.

/// Rows and columns of float64, and room for a file's header, must be addressable.
const MOST_BYTES: usize = isize::MAX as usize - (1 << 20);

/// `depth` slices of `rows` by `cols` values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    depth: usize,
    rows: usize,
    cols: usize,
}

impl Shape {
    /// `None` if a dimension is zero, or if the array could not be addressed even as float64.
    pub fn new(depth: usize, rows: usize, cols: usize) -> Option<Self> {
        let n_bytes = depth.checked_mul(rows)?.checked_mul(cols)?.checked_mul(size_of::<f64>())?;
        (n_bytes > 0 && n_bytes <= MOST_BYTES).then_some(Self { depth, rows, cols })
    }

    /// The dimensions, outermost first.
    pub fn dimensions(self) -> [usize; 3] {
        [self.depth, self.rows, self.cols]
    }

    /// How many slices there are.
    pub fn depth(self) -> usize {
        self.depth
    }

    /// How many values one slice holds.
    pub fn n_slice_values(self) -> usize {
        self.rows * self.cols
    }

    /// How many values the whole array holds.
    pub fn n_values(self) -> usize {
        self.depth * self.n_slice_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_and_overflowing_shapes_are_none() {
        assert_eq!(Shape::new(0, 1, 1), None);
        assert_eq!(Shape::new(1, 0, 1), None);
        assert_eq!(Shape::new(usize::MAX, 2, 1), None);
        assert_eq!(Shape::new(usize::MAX / 8, 1, 1), None);
    }

    #[test]
    fn counts() {
        let shape = Shape::new(2, 3, 4).unwrap();
        assert_eq!((shape.depth(), shape.n_slice_values(), shape.n_values()), (2, 12, 24));
    }
}
