//! The element-wise passes that ride on the convolutions, on tiles that are in the cache.

use super::Norm;
use super::sweep::{Rows, Sweep, load, store, sweep};
use crate::simd::{Vector, simd_fn};

simd_fn! {
    /// `out = relu(x * scale + shift)`.
    pub(crate) fn affine_relu(x: &[f32], norm: &Norm, out: &mut [f32]) = affine_relu_body
}
simd_fn! {
    /// Affine map and ReLU into the interior of a padded image: rows of `rows[0]` elements into rows of `rows[1]`, after a rim of one pixel.
    pub(crate) fn affine_relu_padded(x: &[f32], norm: &Norm, rows: [usize; 2], out: &mut [f32]) = affine_relu_padded_body
}
simd_fn! {
    /// `out += x * scale + shift`.
    pub(crate) fn norm_add(x: &[f32], norm: &Norm, out: &mut [f32]) = norm_add_body
}
simd_fn! {
    /// Adds the row `extra` to every row of `x`.
    pub(crate) fn add_row(x: &mut [f32], extra: &[f32]) = plain add_row_body
}
simd_fn! {
    /// Sets to zero the elements of `gradient` whose counterpart in `rectified`, the output of a ReLU, is not positive.
    pub(crate) fn relu_mask(gradient: &mut [f32], rectified: &[f32]) = plain relu_mask_body
}

#[derive(Clone, Copy)]
struct AffineRelu<'a> {
    rows: Rows,
    x: *const f32,
    norm: &'a Norm,
    out: *mut f32,
}

#[inline(always)]
fn affine_relu_body<V: Vector>(x: &[f32], norm: &Norm, out: &mut [f32]) {
    let rows = Rows::dense(norm.width(), x.len(), &[out.len()]);
    let (x, out) = (x.as_ptr(), out.as_mut_ptr());
    // SAFETY: `Rows` has checked the lengths, a norm's vectors are as long as its width, and `simd_fn!` enables the
    // instructions.
    unsafe { sweep::<V>(AffineRelu { rows, x, norm, out }, norm.width()) }
}

#[inline(always)]
fn affine_relu_padded_body<V: Vector>(x: &[f32], norm: &Norm, rows: [usize; 2], out: &mut [f32]) {
    let (rows, start) = Rows::padded(norm.width(), x.len(), &[], rows, out.len());
    let (x, out) = (x.as_ptr(), out[start..].as_mut_ptr());
    // SAFETY: as above.
    unsafe { sweep::<V>(AffineRelu { rows, x, norm, out }, norm.width()) }
}

impl Sweep for AffineRelu<'_> {
    #[inline(always)]
    unsafe fn panel<V: Vector, const N: usize>(self, channel: usize) {
        // SAFETY: the offsets are those of pixels that were checked, and the panel lies inside the width.
        unsafe {
            let scale = load::<V, N>(self.norm.scale.as_ptr().add(channel));
            let shift = load::<V, N>(self.norm.shift.as_ptr().add(channel));
            for row in 0..self.rows.n_rows {
                for (from, to) in self.rows.pixels(row) {
                    let mut x = load::<V, N>(self.x.add(from + channel));
                    for (x, (scale, shift)) in x.iter_mut().zip(scale.into_iter().zip(shift)) {
                        *x = shift.add_product(*x, scale).relu();
                    }
                    store(x, self.out.add(to + channel));
                }
            }
        }
    }
}

#[derive(Clone, Copy)]
struct NormAdd<'a> {
    rows: Rows,
    x: *const f32,
    norm: &'a Norm,
    out: *mut f32,
}

#[inline(always)]
fn norm_add_body<V: Vector>(x: &[f32], norm: &Norm, out: &mut [f32]) {
    let rows = Rows::dense(norm.width(), x.len(), &[out.len()]);
    let (x, out) = (x.as_ptr(), out.as_mut_ptr());
    // SAFETY: as above.
    unsafe { sweep::<V>(NormAdd { rows, x, norm, out }, norm.width()) }
}

impl Sweep for NormAdd<'_> {
    #[inline(always)]
    unsafe fn panel<V: Vector, const N: usize>(self, channel: usize) {
        // SAFETY: as above.
        unsafe {
            let scale = load::<V, N>(self.norm.scale.as_ptr().add(channel));
            let shift = load::<V, N>(self.norm.shift.as_ptr().add(channel));
            // Dense rows are one row of pixels.
            for (at, _) in self.rows.pixels(0) {
                let out = self.out.add(at + channel);
                let (x, mut sum) = (load::<V, N>(self.x.add(at + channel)), load::<V, N>(out));
                for (i, sum) in sum.iter_mut().enumerate() {
                    *sum = sum.add(shift[i].add_product(x[i], scale[i]));
                }
                store(sum, out);
            }
        }
    }
}

#[inline(always)]
fn add_row_body(x: &mut [f32], extra: &[f32]) {
    for row in x.chunks_exact_mut(extra.len()) {
        for (x, &extra) in row.iter_mut().zip(extra) {
            *x += extra;
        }
    }
}

#[inline(always)]
fn relu_mask_body(gradient: &mut [f32], rectified: &[f32]) {
    for (g, &rectified) in gradient.iter_mut().zip(rectified) {
        *g = if rectified > 0.0 { *g } else { 0.0 };
    }
}
