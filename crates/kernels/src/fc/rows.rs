//! Activations with one row a feature: `[features + 1, lanes]`.
//!
//! The layers are narrow and the batch is long, so vectors run along the batch: no width needs padding, and what belongs to a
//! feature (a bias, a mean) is one number. The last row is one for every example and zero for the lanes that fill up the
//! last vector: as a row of inputs it multiplies the bias, and every other row is kept at zero in those lanes by it.

use crate::buffer::Buffer;
use crate::linalg::{Axis, Product, Start, multiply};
use crate::simd::Isa;

/// Lanes come in whole vectors of the widest instruction set.
const LANES: usize = 16;

/// Rows of features and the row of ones.
#[derive(Clone, Debug, Default)]
pub(super) struct Rows {
    batch: usize,
    lanes: usize,
    values: Buffer,
}

impl Rows {
    /// Makes room for `features` of `batch` examples; the features keep what they held.
    pub(super) fn reserve(&mut self, features: usize, batch: usize) {
        let lanes = lanes_of(batch);
        let len = (features + 1) * lanes;
        if (self.batch, self.values.len()) == (batch, len) {
            return;
        }
        (self.batch, self.lanes) = (batch, lanes);
        self.values.resize(len);
        self.values.fill(0.0);
        self.values[features * lanes..][..batch].fill(1.0);
    }

    /// Examples.
    pub(super) fn batch(&self) -> usize {
        self.batch
    }

    /// Lanes of a row.
    pub(super) fn lanes(&self) -> usize {
        self.lanes
    }

    /// Everything.
    pub(super) fn all(&self) -> &[f32] {
        &self.values
    }

    /// The features.
    pub(super) fn features(&self) -> &[f32] {
        &self.values[..self.values.len() - self.lanes]
    }

    /// The features, to be written.
    pub(super) fn features_mut(&mut self) -> &mut [f32] {
        let end = self.values.len() - self.lanes;
        &mut self.values[..end]
    }

    /// The row of ones.
    pub(super) fn ones(&self) -> &[f32] {
        &self.values[self.values.len() - self.lanes..]
    }

    /// Copies examples, `[batch, features]`.
    pub(super) fn load(&mut self, examples: &[f32]) {
        let lanes = self.lanes;
        transpose_in(examples, lanes, self.features_mut());
    }

    /// `y = start + W h`, with the bias as the last row of `affine`, which the row of ones multiplies.
    pub(super) fn linear(&self, isa: Isa, affine: &[f32], start: Start<'_>, y: &mut [f32]) {
        let n_in = self.values.len() / self.lanes;
        let n_out = affine.len() / n_in;
        let product = Product {
            a_m: Axis::flat(1),
            a_k: Axis::flat(n_out),
            ..Product::dense(n_out, n_in, self.lanes)
        };
        multiply(isa, &product, affine, &self.values, y, start);
    }
}

/// Lanes of a row for `batch` examples.
pub(super) fn lanes_of(batch: usize) -> usize {
    batch.next_multiple_of(LANES)
}

/// Copies examples `[batch, features]` into rows `[features, lanes]`; further lanes stay as they are.
pub(super) fn transpose_in(examples: &[f32], lanes: usize, rows: &mut [f32]) {
    let features = rows.len() / lanes;
    for (feature, row) in rows.chunks_exact_mut(lanes).enumerate() {
        let column = examples.iter().skip(feature).step_by(features);
        row.iter_mut().zip(column).for_each(|(to, from)| *to = *from);
    }
}

/// Copies rows `[features, lanes]` into examples `[batch, features]`.
pub(super) fn transpose_out(rows: &[f32], lanes: usize, examples: &mut [f32]) {
    let features = rows.len() / lanes;
    for (feature, row) in rows.chunks_exact(lanes).enumerate() {
        let column = examples.iter_mut().skip(feature).step_by(features);
        column.zip(row).for_each(|(to, from)| *to = *from);
    }
}
