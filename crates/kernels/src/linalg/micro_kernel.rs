//! The register tile: up to six rows by two vectors of C stay in registers while `k` runs.
//!
//! Twelve accumulators, two vectors of B and one broadcast element of A fill the sixteen registers of AVX2; a step of `k`
//! costs eight loads for twelve multiply-adds, which both ports can sustain. AVX-512 has twice the registers, but larger tiles
//! are slower at these sizes: sums over 32 terms are short, and beginning and ending a tile costs as its size. Nothing is packed: A is read by
//! broadcast, so that its strides do not matter, and a row of B is contiguous by construction.

use super::product::{Product, Start};
use crate::simd::{Prefetch, Vector};

/// Rows of a tile.
const MAX_ROWS: usize = 6;

/// Steps of `k` in a row of a tile, two vectors wide, in which memory can deliver a cache line.
const STEPS_PER_LINE: usize = 24;

/// Slices that `super::multiply` has checked against the product's extents and strides.
#[derive(Clone, Copy)]
pub(super) struct Operands<'a, 'm> {
    pub(super) product: &'a Product,
    pub(super) a: *const f32,
    pub(super) b: *const f32,
    pub(super) c: *mut f32,
    pub(super) start: Start<'a>,
    pub(super) prefetch: Option<&'m Prefetch<'m>>,
}

/// Covers C with tiles: columns outermost, so that a panel of B stays in the first-level cache.
#[inline(always)]
pub(super) fn run<V: Vector>(operands: Operands<'_, '_>) {
    let n = operands.product.n;
    let mut column = 0;
    while column + 2 * V::LANES <= n {
        panel::<V, 2>(operands, column);
        column += 2 * V::LANES;
    }
    if column + V::LANES <= n {
        panel::<V, 1>(operands, column);
        column += V::LANES;
    }
    if column < n {
        panel::<V::Half, 1>(operands, column);
    }
}

/// All rows of one panel of columns. The rows are shared out evenly, so that no tile is left with one or two.
#[inline(always)]
fn panel<V: Vector, const COLUMNS: usize>(operands: Operands<'_, '_>, column: usize) {
    let m = operands.product.m;
    let n_tiles = m.inner.div_ceil(MAX_ROWS);
    let (size, n_larger) = (m.inner / n_tiles, m.inner % n_tiles);
    for outer in 0..m.outer {
        let mut row = 0;
        for tile in 0..n_tiles {
            let rows = size + usize::from(tile < n_larger);
            if let Some(prefetch) = operands.prefetch {
                prefetch.request(rows * operands.product.k.outer * operands.product.k.inner / STEPS_PER_LINE);
            }
            tile_of::<V, COLUMNS>(operands, rows, TileOrigin { outer, row, column });
            row += rows;
        }
    }
}

/// Chooses the instantiation for a number of rows.
#[inline(always)]
fn tile_of<V: Vector, const COLUMNS: usize>(operands: Operands<'_, '_>, rows: usize, origin: TileOrigin) {
    match rows {
        1 => compute::<V, 1, COLUMNS>(operands, origin),
        2 => compute::<V, 2, COLUMNS>(operands, origin),
        3 => compute::<V, 3, COLUMNS>(operands, origin),
        4 => compute::<V, 4, COLUMNS>(operands, origin),
        5 => compute::<V, 5, COLUMNS>(operands, origin),
        _ => compute::<V, MAX_ROWS, COLUMNS>(operands, origin),
    }
}

#[derive(Clone, Copy)]
struct TileOrigin {
    outer: usize,
    row: usize,
    column: usize,
}

#[inline(always)]
fn compute<V: Vector, const ROWS: usize, const COLUMNS: usize>(operands: Operands<'_, '_>, origin: TileOrigin) {
    let Operands {
        product: p,
        a,
        b,
        c,
        start,
        ..
    } = operands;
    // SAFETY: `multiply` checked that the last row, the last `k` and the last column lie inside the slices, strides
    // are not negative, and the tile lies inside the extents. The vector's instructions are enabled by `simd_fn!`.
    unsafe {
        let a = a.add(origin.outer * p.a_m.outer + origin.row * p.a_m.inner);
        let sums = sum_over_k::<V, ROWS, COLUMNS>(p, a, b.add(origin.column));
        let offset = origin.outer * p.c_m.outer + origin.row * p.c_m.inner + origin.column;
        for (row, sums) in sums.into_iter().enumerate() {
            for (group, sum) in sums.into_iter().enumerate() {
                let at = offset + row * p.c_m.inner + group * V::LANES;
                finish(sum, start, c, at, origin.column + group * V::LANES);
            }
        }
    }
}

/// # Safety
/// `a` and `b` must be valid for the tile over the whole extent of `k`.
#[inline(always)]
unsafe fn sum_over_k<V: Vector, const ROWS: usize, const COLUMNS: usize>(
    p: &Product,
    a: *const f32,
    b: *const f32,
) -> [[V; COLUMNS]; ROWS] {
    // SAFETY: the offsets stay inside what the caller promises.
    unsafe {
        let mut sums = [[V::splat(0.0); COLUMNS]; ROWS];
        for outer in 0..p.k.outer {
            let (mut a, mut b) = (a.add(outer * p.a_k.outer), b.add(outer * p.b_k.outer));
            for _ in 0..p.k.inner {
                let mut b_row = [V::splat(0.0); COLUMNS];
                for (group, values) in b_row.iter_mut().enumerate() {
                    *values = V::load(b.add(group * V::LANES));
                }
                for (row, sums) in sums.iter_mut().enumerate() {
                    let factor = V::splat(*a.add(row * p.a_m.inner));
                    for (sum, values) in sums.iter_mut().zip(b_row) {
                        *sum = sum.add_product(factor, values);
                    }
                }
                // The last step leaves the pointers one stride behind the data; wrapping arithmetic may do that.
                a = a.wrapping_add(p.a_k.inner);
                b = b.wrapping_add(p.b_k.inner);
            }
        }
        sums
    }
}

/// # Safety
/// A vector's elements from `at` on of `c`, and of the start's slices, must be valid.
#[inline(always)]
unsafe fn finish<V: Vector>(sum: V, start: Start<'_>, c: *mut f32, at: usize, column: usize) {
    // SAFETY: promised by the caller.
    unsafe {
        let result = match start {
            Start::Zero => sum,
            Start::Relu => sum.relu(),
            Start::Accumulate => sum.add(V::load(c.add(at))),
            Start::Bias(bias) => sum.add(V::load(bias.as_ptr().add(column))),
            Start::BiasRelu(bias) => sum.add(V::load(bias.as_ptr().add(column))).relu(),
            Start::BiasAccumulate(bias) => sum.add(V::load(bias.as_ptr().add(column))).add(V::load(c.add(at))),
            Start::BiasAndMatrix(bias, matrix) => sum
                .add(V::load(bias.as_ptr().add(column)))
                .add(V::load(matrix.as_ptr().add(at))),
        };
        result.store(c.add(at));
    }
}
