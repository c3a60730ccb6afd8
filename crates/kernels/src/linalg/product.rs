//! What a product is: extents, strides, and what the sums start from.

/// An index that runs over `outer * inner` values, each level with a stride of its own.
///
/// One level is enough for a matrix; two describe a window over the rows of a padded image.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    pub(crate) outer: usize,
    pub(crate) inner: usize,
}

impl Axis {
    /// A flat index of `n` values.
    pub(crate) const fn flat(n: usize) -> Self {
        Self::nested(1, n)
    }

    /// Two levels.
    pub(crate) const fn nested(outer: usize, inner: usize) -> Self {
        Self { outer, inner }
    }

    /// The offset of the last index under the strides `by`, `None` if the index is empty.
    pub(super) fn last(self, by: Self) -> Option<usize> {
        Some(self.outer.checked_sub(1)? * by.outer + self.inner.checked_sub(1)? * by.inner)
    }
}

/// `C[m][n] = start[m][n] + Σ_k A(m, k) B[k][n]`, with `n` contiguous in B and C.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Product {
    /// Extent of `m`.
    pub(crate) m: Axis,
    /// Extent of `k`.
    pub(crate) k: Axis,
    /// Columns; a multiple of eight.
    pub(crate) n: usize,
    /// Strides of A along `m` and along `k`.
    pub(crate) a_m: Axis,
    pub(crate) a_k: Axis,
    /// Strides of B along `k`.
    pub(crate) b_k: Axis,
    /// Strides of C along `m`.
    pub(crate) c_m: Axis,
}

impl Product {
    /// A row-major `[m, k]`, B `[k, n]`, C `[m, n]`.
    pub(crate) const fn dense(m: usize, k: usize, n: usize) -> Self {
        Self {
            m: Axis::flat(m),
            k: Axis::flat(k),
            n,
            a_m: Axis::flat(k),
            a_k: Axis::flat(1),
            b_k: Axis::flat(n),
            c_m: Axis::flat(n),
        }
    }

    /// A row-major `[k, m]` and used transposed, B `[k, n]`, C `[m, n]`: the gradient of a weight.
    pub(crate) const fn transposed(m: usize, k: usize, n: usize) -> Self {
        Self {
            a_m: Axis::flat(1),
            a_k: Axis::flat(m),
            ..Self::dense(m, k, n)
        }
    }
}

/// What the sum over `k` is added to, and what is done with the result.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Start<'a> {
    /// Nothing.
    Zero,
    /// Nothing, and the result goes through a ReLU.
    Relu,
    /// What C holds.
    Accumulate,
    /// A row of `n` values, the same for every `m`.
    Bias(&'a [f32]),
    /// A row of `n` values, and the result goes through a ReLU.
    BiasRelu(&'a [f32]),
    /// What C holds, and a row of `n` values.
    BiasAccumulate(&'a [f32]),
    /// A row of `n` values and a matrix laid out as C.
    BiasAndMatrix(&'a [f32], &'a [f32]),
}
