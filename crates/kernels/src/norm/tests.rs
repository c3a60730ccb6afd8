use proptest::prelude::*;

use super::*;
use crate::simd::Isa;

/// Deterministic values in `[-1, 1)`.
fn values(n: usize, seed: usize) -> Vec<f32> {
    (0..n)
        .map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0)
        .collect()
}

fn statistics(isa: Isa, x: &[f32], width: usize, group_rows: usize) -> Norm {
    let mut norm = Norm::new(width);
    let groups: Vec<f32> = x
        .chunks(group_rows * width)
        .flat_map(|rows| {
            let mut moments = vec![0.0; 2 * width];
            group_moments(isa, rows, &mut moments);
            moments
        })
        .collect();
    let n_rows = x.len() / width;
    let rows = |group: usize| (n_rows - group * group_rows).min(group_rows);
    let affine = Affine {
        weight: &vec![1.0; width],
        bias: &vec![0.0; width],
    };
    norm.set_batch(&groups, rows, affine);
    norm
}

proptest! {
    #[test]
    fn batch_norm_statistics_agree_with_two_passes_in_double_precision(
        n_rows in 2..200_usize, eights in 1..5_usize, group_rows in 1..70_usize, offset in -100.0..100.0_f32, seed in 0..100_usize,
    ) {
        let width = 8 * eights;
        let x: Vec<f32> = values(n_rows * width, seed).into_iter().map(|x| x + offset).collect();
        for isa in Isa::available() {
            let norm = statistics(isa, &x, width, group_rows);
            for c in 0..width {
                let column: Vec<f64> = x.iter().skip(c).step_by(width).map(|x| f64::from(*x)).collect();
                let mean = column.iter().sum::<f64>() / n_rows as f64;
                let squares: f64 = column.iter().map(|x| (x - mean).powi(2)).sum();
                // Sums of up to 70 f32 values of size `offset`, each rounded at 6e-8 of its size.
                let slack = 1e-6 * (1.0 + f64::from(offset.abs()));
                prop_assert!((f64::from(norm.mean[c]) - mean).abs() <= slack);
                let variance = squares / (n_rows - 1) as f64;
                prop_assert!((f64::from(norm.unbiased_variance[c]) - variance).abs() <= 2e-5 * variance + slack * slack);
            }
        }
    }

    #[test]
    fn batch_norm_gradients_agree_with_the_definition(n_rows in 2..60_usize, seed in 0..100_usize) {
        let width = 8;
        let (x, d_y) = (values(n_rows * width, seed), values(n_rows * width, seed + 1));
        for isa in Isa::available() {
            let mut norm = statistics(isa, &x, width, n_rows);
            let mut sums = vec![0.0; 2 * width];
            let (mut weight, mut bias) = (vec![0.0; width], vec![0.0; width]);
            unit_gradient(isa, &d_y, &x, &norm, &mut sums);
            norm.set_gradient_means(&sums, n_rows, &mut weight, &mut bias);
            let mut d_x = vec![0.0; d_y.len()];
            input_gradient(isa, &d_y, &x, &norm, &mut d_x);
            for (c, bias) in bias.into_iter().enumerate() {
                // A batch norm's input gradient is orthogonal to the constant and to the normalized input.
                let column = |v: &[f32]| v.iter().skip(c).step_by(width).map(|x| f64::from(*x)).collect::<Vec<_>>();
                let (d_x, x) = (column(&d_x), column(&x));
                let scale: f64 = d_x.iter().map(|d| d.abs()).sum::<f64>() + 1.0;
                let dot: f64 = d_x.iter().zip(&x).map(|(d, x)| d * (x - f64::from(norm.mean[c]))).sum();
                prop_assert!(d_x.iter().sum::<f64>().abs() <= 1e-4 * scale);
                // The small constant under the root leaves a rest in proportion to it.
                prop_assert!(dot.abs() <= 1e-3 * scale);
                prop_assert!((f64::from(bias) - column(&d_y).iter().sum::<f64>()).abs() <= 1e-4 * scale);
            }
        }
    }
}

#[test]
fn relu_keeps_nan_so_that_it_is_noticed() {
    for isa in Isa::available() {
        let mut norm = Norm::new(8);
        norm.scale.fill(1.0);
        let mut out = vec![0.0; 8];
        affine_relu(isa, &[f32::NAN, -1.0, 2.0, 0.0, 1.0, 1.0, 1.0, 1.0], &norm, &mut out);
        assert!(out[0].is_nan(), "{}", isa.name());
        assert_eq!(out[1..3], [0.0, 2.0]);
    }
}
