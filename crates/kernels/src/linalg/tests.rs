#![expect(
    clippy::cast_possible_truncation,
    reason = "small counts, and results rounded to f32 on purpose"
)]

use proptest::prelude::*;

use super::*;
use crate::simd::Isa;

/// The definition, in f64.
fn naive(p: &Product, a: &[f32], b: &[f32], c: &[f32], start: Start<'_>) -> Vec<f32> {
    let mut result = c.to_vec();
    for (mo, mi) in pairs(p.m) {
        for n in 0..p.n {
            let at = mo * p.c_m.outer + mi * p.c_m.inner + n;
            let sum: f64 = pairs(p.k)
                .map(|(ko, ki)| {
                    let x = a[mo * p.a_m.outer + mi * p.a_m.inner + ko * p.a_k.outer + ki * p.a_k.inner];
                    f64::from(x) * f64::from(b[ko * p.b_k.outer + ki * p.b_k.inner + n])
                })
                .sum();
            result[at] = match start {
                Start::Zero => sum,
                Start::Relu => sum.max(0.0),
                Start::Accumulate => sum + f64::from(c[at]),
                Start::Bias(bias) => sum + f64::from(bias[n]),
                Start::BiasRelu(bias) => (sum + f64::from(bias[n])).max(0.0),
                Start::BiasAccumulate(bias) => sum + f64::from(bias[n]) + f64::from(c[at]),
                Start::BiasAndMatrix(bias, matrix) => sum + f64::from(bias[n]) + f64::from(matrix[at]),
            } as f32;
        }
    }
    result
}

fn pairs(axis: Axis) -> impl Iterator<Item = (usize, usize)> {
    (0..axis.outer).flat_map(move |outer| (0..axis.inner).map(move |inner| (outer, inner)))
}

fn values(n: usize, seed: u32) -> Vec<f32> {
    (0..n as u32)
        .map(|i| ((i.wrapping_mul(2_654_435_761) ^ seed.wrapping_mul(40_503)) >> 8) as f32 / 8_388_608.0 - 1.0)
        .collect()
}

#[track_caller]
fn check(p: &Product, seed: u32, start_kind: usize) {
    let length = |m: Axis, by_m: Axis, k: Axis, by_k: Axis| m.last(by_m).unwrap() + k.last(by_k).unwrap() + 1;
    let a = values(length(p.m, p.a_m, p.k, p.a_k), seed);
    let b = values(p.k.last(p.b_k).unwrap() + p.n, seed + 1);
    let c = values(p.m.last(p.c_m).unwrap() + p.n, seed + 2);
    let (bias, matrix) = (values(p.n, seed + 3), values(c.len(), seed + 4));
    let start = [
        Start::Zero,
        Start::Accumulate,
        Start::Bias(&bias),
        Start::BiasRelu(&bias),
        Start::BiasAccumulate(&bias),
        Start::BiasAndMatrix(&bias, &matrix),
        Start::Relu,
    ][start_kind];
    let expected = naive(p, &a, &b, &c, start);
    // Sums of k products in [-1, 1], each rounded once: far below this.
    let tolerance = 1e-6 * (p.k.outer * p.k.inner + 2) as f32;
    for isa in Isa::available() {
        let mut actual = c.clone();
        multiply(isa, p, &a, &b, &mut actual, start);
        for (at, (x, y)) in actual.iter().zip(&expected).enumerate() {
            assert!(
                (x - y).abs() <= tolerance,
                "{}: {p:?} at {at}: {x} instead of {y}",
                isa.name()
            );
        }
    }
}

proptest! {
    #[test]
    fn product_of_dense_matrices_agrees_with_the_definition(m in 1..20_usize, k in 1..40_usize, n in 1..6_usize, seed in 0..1000_u32, start in 0..7_usize) {
        check(&Product::dense(m, k, 8 * n), seed, start);
    }

    #[test]
    fn product_with_a_transpose_agrees_with_the_definition(m in 1..20_usize, k in 1..40_usize, n in 1..6_usize, seed in 0..1000_u32) {
        check(&Product::transposed(m, k, 8 * n), seed, 1);
    }

    #[test]
    fn product_over_windows_of_padded_images_agrees_with_the_definition(h in 1..8_usize, w in 1..16_usize, groups in 1..4_usize, seed in 0..1000_u32) {
        let (c_in, c_out) = (8, 8 * groups);
        let row = (w + 2) * c_in;
        check(&Product {
            m: Axis { outer: h, inner: w },
            k: Axis { outer: 3, inner: 3 * c_in },
            n: c_out,
            a_m: Axis { outer: row, inner: c_in },
            a_k: Axis { outer: row, inner: 1 },
            b_k: Axis { outer: 3 * c_in * c_out, inner: c_out },
            c_m: Axis { outer: w * c_out, inner: c_out },
        }, seed, 2);
    }
}

#[test]
#[should_panic(expected = "B holds 7 elements")]
fn a_short_slice_is_refused() {
    multiply(
        Isa::portable(),
        &Product::dense(1, 1, 8),
        &[0.0],
        &[0.0; 7],
        &mut [0.0; 8],
        Start::Zero,
    );
}
