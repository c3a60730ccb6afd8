//! What the processor gives a large matrix product: the yardstick beside a network's operations per second.

use anyhow::Result;
use gemm::Parallelism;

use super::timing::{median_seconds, warm_up};

/// Rows and columns of the matrices.
const N: usize = 1536;

/// Operations per second of the product of two square matrices of `f32` with the crate `gemm`, in units of 1e9.
pub(super) fn gflop_per_s(threads: usize, repeats: usize) -> Result<f64> {
    let values = |seed: usize| -> Vec<f32> { (0..N * N).map(|i| ((i * seed) % 17) as f32 - 8.0).collect() };
    let (lhs, rhs, mut product) = (values(7), values(5), vec![0.0; N * N]);
    let mut call = || {
        multiply(&mut product, &lhs, &rhs, threads);
        Ok(())
    };
    warm_up(&mut call)?;
    Ok(2.0 * (N as f64).powi(3) / median_seconds(repeats, call)? / 1e9)
}

/// `product = lhs rhs` of row-major `N x N` matrices.
#[expect(
    unsafe_code,
    reason = "the crate that is measured takes pointers; nothing of the program but this measurement calls it"
)]
fn multiply(product: &mut [f32], lhs: &[f32], rhs: &[f32], threads: usize) {
    let row: isize = 1536;
    assert_eq!([product.len(), lhs.len(), rhs.len()], [N * N; 3], "matrices");
    assert_eq!(row.unsigned_abs(), N, "distance of rows");
    let threads = match threads {
        1 => Parallelism::None,
        n => Parallelism::Rayon(n),
    };
    // SAFETY: each pointer leads to N * N elements, which the assertion on the lengths checks, and every element of a matrix
    // of N rows at distance N and N columns at distance 1 lies within them; `product` is borrowed for writing, so it
    // overlaps with neither of the others.
    unsafe {
        gemm::gemm(
            N,
            N,
            N,
            product.as_mut_ptr(),
            1,
            row,
            false,
            lhs.as_ptr(),
            1,
            row,
            rhs.as_ptr(),
            1,
            row,
            0.0,
            1.0,
            false,
            false,
            false,
            threads,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bench_sgemm_multiplies_the_matrices() {
        let values = |factor: usize| -> Vec<f32> { (0..N * N).map(|i| ((i * factor) % 5) as f32).collect() };
        let (lhs, rhs, mut product) = (values(3), values(2), vec![f32::NAN; N * N]);
        multiply(&mut product, &lhs, &rhs, 2);
        for (row, column) in [(0, 0), (3, 1500), (1535, 2)] {
            // Whole numbers far below 2^24, so that any order of summation gives the same.
            let expected: f32 = (0..N).map(|k| lhs[row * N + k] * rhs[k * N + column]).sum();
            assert!((product[row * N + column] - expected).abs() < 0.5, "{row}, {column}");
        }
    }
}
