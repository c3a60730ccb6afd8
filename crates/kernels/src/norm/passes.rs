//! The element-wise passes that ride on the convolutions, on tiles that are in the cache.

use super::Norm;
use super::sweep::{Sweep, load, store, sweep};
use crate::simd::{Vector, simd_fn};

simd_fn! {
    /// `out = relu(x * scale + shift)`.
    pub(crate) fn affine_relu(x: &[f32], norm: &Norm, out: &mut [f32]) = affine_relu_body
}
simd_fn! {
    /// The same into the interior of a padded image: rows of `rows[0]` elements into rows of `rows[1]`, after a rim of one pixel.
    pub(crate) fn affine_relu_padded(x: &[f32], norm: &Norm, rows: [usize; 2], out: &mut [f32]) = affine_relu_padded_body
}
simd_fn! {
    /// `out += x * scale + shift`.
    pub(crate) fn norm_add(x: &[f32], norm: &Norm, out: &mut [f32]) = norm_add_body
}
simd_fn! {
    /// The gradient with respect to a batch norm's input x, from that with respect to its output.
    pub(crate) fn input_gradient(gradient: &[f32], x: &[f32], norm: &Norm, out: &mut [f32]) = input_gradient_body
}
simd_fn! {
    /// The same into the interior of a padded image, as [`affine_relu_padded`].
    pub(crate) fn input_gradient_padded(gradient: &[f32], x: &[f32], norm: &Norm, rows: [usize; 2], out: &mut [f32]) = input_gradient_padded_body
}
simd_fn! {
    /// Adds to `total` the gradient with respect to a batch norm's input x, and the row `extra` to every row.
    pub(crate) fn add_input_gradient(total: &mut [f32], gradient: &[f32], x: &[f32], norm: &Norm, extra: &[f32]) = add_input_gradient_body
}
simd_fn! {
    /// Adds the row `extra` to every row of `x`.
    pub(crate) fn add_row(x: &mut [f32], extra: &[f32]) = plain add_row_body
}
simd_fn! {
    /// Sets to zero the elements of `gradient` whose counterpart in `rectified`, the output of a ReLU, is not positive.
    pub(crate) fn relu_mask(gradient: &mut [f32], rectified: &[f32]) = plain relu_mask_body
}

/// Rows of pixels from one array to another, both with `width` channels.
#[derive(Clone, Copy)]
struct Rows {
    width: usize,
    /// Rows of an image, or 1.
    n_rows: usize,
    /// Pixels of a row.
    n_pixels: usize,
    /// Elements from a row to the next in what is written; what is read is dense.
    stride: usize,
}

impl Rows {
    /// `len` elements from one dense array to another.
    ///
    /// # Panics
    /// If one of the lengths is smaller.
    fn dense(width: usize, len: usize, lens: &[usize]) -> Self {
        assert!(lens.iter().all(|&other| other >= len), "{len} elements of {lens:?}");
        Self {
            width,
            n_rows: 1,
            n_pixels: len / width,
            stride: 0,
        }
    }

    /// `len` elements into the interior of a padded image of `padded` elements, and where that begins.
    ///
    /// # Panics
    /// If the image is too small, or one of the lengths smaller than `len`.
    fn padded(width: usize, len: usize, lens: &[usize], [row, stride]: [usize; 2], padded: usize) -> (Self, usize) {
        assert!(lens.iter().all(|&other| other >= len), "{len} elements of {lens:?}");
        let (n_rows, start) = (len / row, stride + width);
        assert!(
            n_rows * stride + width + row <= padded,
            "{n_rows} rows of {stride} in {padded}"
        );
        let rows = Self {
            width,
            n_rows,
            n_pixels: row / width,
            stride,
        };
        (rows, start)
    }

    /// Calls `each` with the offsets of every pixel, in what is read and in what is written.
    #[inline(always)]
    fn for_each(self, mut each: impl FnMut(usize, usize)) {
        let mut from = 0;
        for row in 0..self.n_rows {
            let mut to = row * self.stride;
            for _ in 0..self.n_pixels {
                each(from, to);
                from += self.width;
                to += self.width;
            }
        }
    }
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
            self.rows.for_each(|from, to| {
                let mut x = load::<V, N>(self.x.add(from + channel));
                for (x, (scale, shift)) in x.iter_mut().zip(scale.into_iter().zip(shift)) {
                    *x = shift.add_product(*x, scale).relu();
                }
                store(x, self.out.add(to + channel));
            });
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
            self.rows.for_each(|from, _| {
                let out = self.out.add(from + channel);
                let (x, mut sum) = (load::<V, N>(self.x.add(from + channel)), load::<V, N>(out));
                for (i, sum) in sum.iter_mut().enumerate() {
                    *sum = sum.add(shift[i].add_product(x[i], scale[i]));
                }
                store(sum, out);
            });
        }
    }
}

/// `scale * (g - mean(g) - x̂ * mean(g x̂))` as `scale * g + (x - mean) * slope + offset`.
#[derive(Clone, Copy)]
struct InputGradient<'a> {
    rows: Rows,
    gradient: *const f32,
    x: *const f32,
    norm: &'a Norm,
    out: *mut f32,
}

#[inline(always)]
fn input_gradient_body<V: Vector>(gradient: &[f32], x: &[f32], norm: &Norm, out: &mut [f32]) {
    let pass = InputGradient {
        rows: Rows::dense(norm.width(), gradient.len(), &[x.len(), out.len()]),
        gradient: gradient.as_ptr(),
        x: x.as_ptr(),
        norm,
        out: out.as_mut_ptr(),
    };
    // SAFETY: as above.
    unsafe { sweep::<V>(pass, norm.width()) }
}

#[inline(always)]
fn input_gradient_padded_body<V: Vector>(gradient: &[f32], x: &[f32], norm: &Norm, rows: [usize; 2], out: &mut [f32]) {
    let (rows, start) = Rows::padded(norm.width(), gradient.len(), &[x.len()], rows, out.len());
    let pass = InputGradient {
        rows,
        gradient: gradient.as_ptr(),
        x: x.as_ptr(),
        norm,
        out: out[start..].as_mut_ptr(),
    };
    // SAFETY: as above.
    unsafe { sweep::<V>(pass, norm.width()) }
}

impl Sweep for InputGradient<'_> {
    #[inline(always)]
    unsafe fn panel<V: Vector, const N: usize>(self, channel: usize) {
        // SAFETY: as above.
        unsafe {
            let map = InputMap::<V, N>::new(self.norm, channel);
            self.rows.for_each(|from, to| {
                let (g, x) = (
                    load(self.gradient.add(from + channel)),
                    load(self.x.add(from + channel)),
                );
                store(map.apply(g, x), self.out.add(to + channel));
            });
        }
    }
}

#[derive(Clone, Copy)]
struct AddInputGradient<'a> {
    pass: InputGradient<'a>,
    extra: *const f32,
}

#[inline(always)]
fn add_input_gradient_body<V: Vector>(total: &mut [f32], gradient: &[f32], x: &[f32], norm: &Norm, extra: &[f32]) {
    assert!(extra.len() >= norm.width(), "a row of {} elements", extra.len());
    let pass = InputGradient {
        rows: Rows::dense(norm.width(), gradient.len(), &[x.len(), total.len()]),
        gradient: gradient.as_ptr(),
        x: x.as_ptr(),
        norm,
        out: total.as_mut_ptr(),
    };
    let extra = extra.as_ptr();
    // SAFETY: as above.
    unsafe { sweep::<V>(AddInputGradient { pass, extra }, norm.width()) }
}

impl Sweep for AddInputGradient<'_> {
    #[inline(always)]
    unsafe fn panel<V: Vector, const N: usize>(self, channel: usize) {
        // SAFETY: as above.
        unsafe {
            let map = InputMap::<V, N>::new(self.pass.norm, channel);
            let extra = load::<V, N>(self.extra.add(channel));
            self.pass.rows.for_each(|from, _| {
                let out = self.pass.out.add(from + channel);
                let (g, x) = (
                    load(self.pass.gradient.add(from + channel)),
                    load(self.pass.x.add(from + channel)),
                );
                let (through_norm, mut total) = (map.apply(g, x), load::<V, N>(out));
                for (i, total) in total.iter_mut().enumerate() {
                    *total = total.add(through_norm[i]).add(extra[i]);
                }
                store(total, out);
            });
        }
    }
}

/// What [`InputGradient`] keeps of the norm in registers.
#[derive(Clone, Copy)]
struct InputMap<V, const N: usize> {
    scale: [V; N],
    mean: [V; N],
    slope: [V; N],
    offset: [V; N],
}

impl<V: Vector, const N: usize> InputMap<V, N> {
    /// # Safety
    /// The vector's instructions must be enabled, and the panel lie inside the norm's width.
    #[inline(always)]
    unsafe fn new(norm: &Norm, channel: usize) -> Self {
        // SAFETY: promised by the caller; a norm's vectors are as long as its width.
        unsafe {
            let (scale, inverse_sd) = (
                load::<V, N>(norm.scale.as_ptr().add(channel)),
                load::<V, N>(norm.inverse_sd.as_ptr().add(channel)),
            );
            let mut slope = load::<V, N>(norm.mean_gradient_x.as_ptr().add(channel));
            let mut offset = load::<V, N>(norm.mean_gradient.as_ptr().add(channel));
            for i in 0..N {
                let minus_scale = V::splat(0.0).sub(scale[i]);
                slope[i] = slope[i].mul(inverse_sd[i]).mul(minus_scale);
                offset[i] = offset[i].mul(minus_scale);
            }
            Self {
                scale,
                mean: load(norm.mean.as_ptr().add(channel)),
                slope,
                offset,
            }
        }
    }

    /// # Safety
    /// The vector's instructions must be enabled.
    #[inline(always)]
    unsafe fn apply(&self, mut g: [V; N], x: [V; N]) -> [V; N] {
        // SAFETY: promised by the caller.
        unsafe {
            for (i, g) in g.iter_mut().enumerate() {
                *g = self.offset[i]
                    .add_product(x[i].sub(self.mean[i]), self.slope[i])
                    .add_product(*g, self.scale[i]);
            }
            g
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
