//! The gradient of a weight: products of all rows of one matrix with all rows of another.

use crate::simd::{Vector, simd_fn};

/// Rows of either matrix whose products stay in registers: twelve sums, and seven vectors of the rows.
const TILE: [usize; 2] = [3, 4];

simd_fn! {
    /// Adds to `c[i][j]` the product of row i of `a` and row j of `b`; `shape` is `[rows of a, rows of b, lanes]`.
    pub(super) fn add_row_products(a: &[f32], b: &[f32], shape: [usize; 3], c: &mut [f32]) = body
}

#[inline(always)]
fn body<V: Vector>(a: &[f32], b: &[f32], [m, n, lanes]: [usize; 3], c: &mut [f32]) {
    assert!(lanes.is_multiple_of(V::LANES), "{lanes} lanes");
    assert!(
        a.len() >= m * lanes && b.len() >= n * lanes && c.len() >= m * n,
        "{m} by {n} rows"
    );
    for i in (0..m).step_by(TILE[0]) {
        for j in (0..n).step_by(TILE[1]) {
            // SAFETY: the tile's rows lie inside the lengths that were checked, lanes are whole vectors, and `simd_fn!` enables
            // the instructions.
            unsafe {
                let (a, b) = (a.as_ptr().add(i * lanes), b.as_ptr().add(j * lanes));
                let (c, shape) = (c.as_mut_ptr().add(i * n + j), [n, lanes]);
                match (TILE[0].min(m - i), TILE[1].min(n - j)) {
                    (1, 1) => tile::<V, 1, 1>(a, b, shape, c),
                    (1, 2) => tile::<V, 1, 2>(a, b, shape, c),
                    (1, 3) => tile::<V, 1, 3>(a, b, shape, c),
                    (1, _) => tile::<V, 1, 4>(a, b, shape, c),
                    (2, 1) => tile::<V, 2, 1>(a, b, shape, c),
                    (2, 2) => tile::<V, 2, 2>(a, b, shape, c),
                    (2, 3) => tile::<V, 2, 3>(a, b, shape, c),
                    (2, _) => tile::<V, 2, 4>(a, b, shape, c),
                    (_, 1) => tile::<V, 3, 1>(a, b, shape, c),
                    (_, 2) => tile::<V, 3, 2>(a, b, shape, c),
                    (_, 3) => tile::<V, 3, 3>(a, b, shape, c),
                    _ => tile::<V, 3, 4>(a, b, shape, c),
                }
            }
        }
    }
}

/// # Safety
/// `ROWS` rows at `a`, `COLUMNS` rows at `b` and a tile of `c` with rows of `n` must be valid.
#[inline(always)]
unsafe fn tile<V: Vector, const ROWS: usize, const COLUMNS: usize>(
    a: *const f32,
    b: *const f32,
    [n, lanes]: [usize; 2],
    c: *mut f32,
) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut sums = [[V::splat(0.0); COLUMNS]; ROWS];
        for lane in (0..lanes).step_by(V::LANES) {
            let mut of_b = [V::splat(0.0); COLUMNS];
            for (column, value) in of_b.iter_mut().enumerate() {
                *value = V::load(b.add(column * lanes + lane));
            }
            for (row, sums) in sums.iter_mut().enumerate() {
                let of_a = V::load(a.add(row * lanes + lane));
                for (sum, of_b) in sums.iter_mut().zip(of_b) {
                    *sum = sum.add_product(of_a, of_b);
                }
            }
        }
        for (row, sums) in sums.into_iter().enumerate() {
            for (column, sum) in sums.into_iter().enumerate() {
                *c.add(row * n + column) += sum.sum();
            }
        }
    }
}
