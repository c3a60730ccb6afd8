//! The element-wise passes that ride on the convolutions, on tiles that are in the cache.
//!
//! They are plain loops over eights, which the compiler turns into vectors of the instruction set that `simd_fn!` enables.

use super::Norm;
use crate::simd::{LANES, simd_fn};

simd_fn! {
    /// `out = relu(x * scale + shift)`.
    pub(crate) fn affine_relu(x: &[f32], norm: &Norm, out: &mut [f32]) = plain affine_relu_body
}
simd_fn! {
    /// The same into the interior of a padded image: rows of `rows[0]` elements into rows of `rows[1]`, after a rim of one pixel.
    pub(crate) fn affine_relu_padded(x: &[f32], norm: &Norm, rows: [usize; 2], out: &mut [f32]) = plain affine_relu_padded_body
}
simd_fn! {
    /// `out += x * scale + shift`.
    pub(crate) fn norm_add(x: &[f32], norm: &Norm, out: &mut [f32]) = plain norm_add_body
}
simd_fn! {
    /// Turns the gradient with respect to `relu(x * scale + shift)` into that with respect to the ReLU's input, in place, and
    /// writes its sums over the rows, plain and times the normalised x, into `sums` (`[2, width]`).
    pub(crate) fn relu_gradient(gradient: &mut [f32], x: &[f32], norm: &Norm, sums: &mut [f32]) = plain relu_gradient_body
}
simd_fn! {
    /// Sums over the rows of a batch norm's output gradient, plain and times the normalised x, into `sums` (`[2, width]`).
    pub(crate) fn unit_gradient(gradient: &[f32], x: &[f32], norm: &Norm, sums: &mut [f32]) = plain unit_gradient_body
}
simd_fn! {
    /// The gradient with respect to a batch norm's input x, from that with respect to its output, in place.
    pub(crate) fn input_gradient(gradient: &mut [f32], x: &[f32], norm: &Norm) = plain input_gradient_body
}
simd_fn! {
    /// The same into the interior of a padded image, as [`affine_relu_padded`].
    pub(crate) fn input_gradient_padded(gradient: &[f32], x: &[f32], norm: &Norm, rows: [usize; 2], out: &mut [f32]) = plain input_gradient_padded_body
}
simd_fn! {
    /// Adds to `total` the gradient with respect to a batch norm's input x, and the row `extra` to every row.
    pub(crate) fn finish_gradient(total: &mut [f32], gradient: &[f32], x: &[f32], norm: &Norm, extra: &[f32]) = plain finish_gradient_body
}
simd_fn! {
    /// Adds the row `extra` to every row of `x`.
    pub(crate) fn add_row(x: &mut [f32], extra: &[f32]) = plain add_row_body
}
simd_fn! {
    /// Adds the sum over the rows of `x` to `sums`.
    pub(crate) fn column_sums(x: &[f32], sums: &mut [f32]) = plain column_sums_body
}

simd_fn! {
    /// Sets to zero the elements of `gradient` whose counterpart in `rectified`, the output of a ReLU, is not positive.
    pub(crate) fn relu_mask(gradient: &mut [f32], rectified: &[f32]) = plain relu_mask_body
}

simd_fn! {
    /// Writes the mean over the rows of `x` into `means`.
    pub(crate) fn column_means(x: &[f32], means: &mut [f32]) = plain column_means_body
}

/// Eight channels, by value: references would leave the compiler to prove that they do not alias.
type Lanes = [f32; LANES];

#[inline(always)]
fn eights(x: &[f32]) -> &[Lanes] {
    x.as_chunks().0
}

#[inline(always)]
fn eights_mut(x: &mut [f32]) -> &mut [Lanes] {
    x.as_chunks_mut().0
}

#[inline(always)]
fn lanes(f: impl Fn(usize) -> f32) -> Lanes {
    let mut result = [0.0; LANES];
    for (lane, value) in result.iter_mut().enumerate() {
        *value = f(lane);
    }
    result
}

#[inline(always)]
fn affine_relu_body(x: &[f32], norm: &Norm, out: &mut [f32]) {
    let width = norm.scale.len();
    let (scale, shift) = (eights(&norm.scale), eights(&norm.shift));
    for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        for (((&x, out), &scale), &shift) in eights(x).iter().zip(eights_mut(out)).zip(scale).zip(shift) {
            *out = lanes(|i| {
                let y = x[i] * scale[i] + shift[i];
                if y < 0.0 { 0.0 } else { y }
            });
        }
    }
}

#[inline(always)]
fn affine_relu_padded_body(x: &[f32], norm: &Norm, [row_len, padded_len]: [usize; 2], out: &mut [f32]) {
    let width = norm.scale.len();
    for (x, out) in x
        .chunks_exact(row_len)
        .zip(out[padded_len..].chunks_exact_mut(padded_len))
    {
        affine_relu_body(x, norm, &mut out[width..width + row_len]);
    }
}

#[inline(always)]
fn norm_add_body(x: &[f32], norm: &Norm, out: &mut [f32]) {
    let width = norm.scale.len();
    let (scale, shift) = (eights(&norm.scale), eights(&norm.shift));
    for (x, out) in x.chunks_exact(width).zip(out.chunks_exact_mut(width)) {
        for (((&x, out), &scale), &shift) in eights(x).iter().zip(eights_mut(out)).zip(scale).zip(shift) {
            let before = *out;
            *out = lanes(|i| before[i] + (x[i] * scale[i] + shift[i]));
        }
    }
}

#[inline(always)]
fn relu_gradient_body(gradient: &mut [f32], x: &[f32], norm: &Norm, sums: &mut [f32]) {
    let width = norm.scale.len();
    sums.fill(0.0);
    let (plain, times_x) = sums.split_at_mut(width);
    let (plain, times_x) = (eights_mut(plain), eights_mut(times_x));
    for (gradient, x) in gradient.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
        let values = eights_mut(gradient).iter_mut().zip(eights(x));
        for (group, ((g, &x), (plain, times_x))) in values.zip(plain.iter_mut().zip(&mut *times_x)).enumerate() {
            let (scale, shift) = (eights(&norm.scale)[group], eights(&norm.shift)[group]);
            let (before, normalized) = (*g, normalized_lanes(x, norm, group));
            let masked = lanes(|i| {
                if x[i] * scale[i] + shift[i] > 0.0 {
                    before[i]
                } else {
                    0.0
                }
            });
            *g = masked;
            add_lanes(plain, masked);
            add_lanes(times_x, lanes(|i| masked[i] * normalized[i]));
        }
    }
}

#[inline(always)]
fn unit_gradient_body(gradient: &[f32], x: &[f32], norm: &Norm, sums: &mut [f32]) {
    let width = norm.scale.len();
    sums.fill(0.0);
    let (plain, times_x) = sums.split_at_mut(width);
    let (plain, times_x) = (eights_mut(plain), eights_mut(times_x));
    for (gradient, x) in gradient.chunks_exact(width).zip(x.chunks_exact(width)) {
        let values = eights(gradient).iter().zip(eights(x));
        for (group, ((&g, &x), (plain, times_x))) in values.zip(plain.iter_mut().zip(&mut *times_x)).enumerate() {
            let normalized = normalized_lanes(x, norm, group);
            add_lanes(plain, g);
            add_lanes(times_x, lanes(|i| g[i] * normalized[i]));
        }
    }
}

#[inline(always)]
fn add_lanes(to: &mut Lanes, from: Lanes) {
    let before = *to;
    *to = lanes(|i| before[i] + from[i]);
}

/// The normalised x, eight channels of one row.
#[inline(always)]
fn normalized_lanes(x: Lanes, norm: &Norm, group: usize) -> Lanes {
    let (mean, inverse_sd) = (eights(&norm.mean)[group], eights(&norm.inverse_sd)[group]);
    lanes(|i| (x[i] - mean[i]) * inverse_sd[i])
}

/// The gradient with respect to the input, eight channels of one row.
#[inline(always)]
fn input_lanes(g: Lanes, x: Lanes, norm: &Norm, group: usize) -> Lanes {
    let (scale, normalized) = (eights(&norm.scale)[group], normalized_lanes(x, norm, group));
    let (mean_g, mean_gx) = (eights(&norm.mean_gradient)[group], eights(&norm.mean_gradient_x)[group]);
    lanes(|i| scale[i] * (g[i] - mean_g[i] - normalized[i] * mean_gx[i]))
}

#[inline(always)]
fn input_gradient_body(gradient: &mut [f32], x: &[f32], norm: &Norm) {
    let width = norm.scale.len();
    for (gradient, x) in gradient.chunks_exact_mut(width).zip(x.chunks_exact(width)) {
        for (group, (g, &x)) in eights_mut(gradient).iter_mut().zip(eights(x)).enumerate() {
            *g = input_lanes(*g, x, norm, group);
        }
    }
}

#[inline(always)]
fn input_gradient_padded_body(
    gradient: &[f32],
    x: &[f32],
    norm: &Norm,
    [row_len, padded_len]: [usize; 2],
    out: &mut [f32],
) {
    let width = norm.scale.len();
    let rows = gradient.chunks_exact(row_len).zip(x.chunks_exact(row_len));
    for ((gradient, x), out) in rows.zip(out[padded_len..].chunks_exact_mut(padded_len)) {
        let pixels = gradient.chunks_exact(width).zip(x.chunks_exact(width));
        for ((gradient, x), out) in pixels.zip(out[width..width + row_len].chunks_exact_mut(width)) {
            for (group, ((&g, &x), out)) in eights(gradient).iter().zip(eights(x)).zip(eights_mut(out)).enumerate() {
                *out = input_lanes(g, x, norm, group);
            }
        }
    }
}

#[inline(always)]
fn finish_gradient_body(total: &mut [f32], gradient: &[f32], x: &[f32], norm: &Norm, extra: &[f32]) {
    let width = norm.scale.len();
    let extra = eights(extra);
    let rows = gradient.chunks_exact(width).zip(x.chunks_exact(width));
    for (total, (gradient, x)) in total.chunks_exact_mut(width).zip(rows) {
        let values = eights(gradient).iter().zip(eights(x)).zip(extra);
        for (group, (total, ((&g, &x), &extra))) in eights_mut(total).iter_mut().zip(values).enumerate() {
            let (before, through_norm) = (*total, input_lanes(g, x, norm, group));
            *total = lanes(|i| before[i] + through_norm[i] + extra[i]);
        }
    }
}

#[inline(always)]
fn add_row_body(x: &mut [f32], extra: &[f32]) {
    let eights_of_extra = eights(extra);
    for row in x.chunks_exact_mut(extra.len()) {
        for (x, &extra) in eights_mut(row).iter_mut().zip(eights_of_extra) {
            add_lanes(x, extra);
        }
    }
}

#[inline(always)]
fn column_sums_body(x: &[f32], sums: &mut [f32]) {
    let width = sums.len();
    let sums = eights_mut(sums);
    for row in x.chunks_exact(width) {
        for (sum, &x) in sums.iter_mut().zip(eights(row)) {
            add_lanes(sum, x);
        }
    }
}

#[inline(always)]
fn relu_mask_body(gradient: &mut [f32], rectified: &[f32]) {
    for (g, &rectified) in eights_mut(gradient).iter_mut().zip(eights(rectified)) {
        let before = *g;
        *g = lanes(|i| if rectified[i] > 0.0 { before[i] } else { 0.0 });
    }
}

#[inline(always)]
fn column_means_body(x: &[f32], means: &mut [f32]) {
    means.fill(0.0);
    column_sums_body(x, means);
    let inverse = means.len() as f32 / x.len() as f32;
    for mean in means {
        *mean *= inverse;
    }
}
