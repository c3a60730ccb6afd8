//! Batch norm in the backward pass: from the gradient with respect to its output to that with respect to its input.

use super::Norm;
use super::sweep::{Rows, Sweep, load, store, sweep};
use crate::simd::{Vector, simd_fn};

simd_fn! {
    /// The gradient with respect to a batch norm's input x, from that with respect to its output.
    pub(crate) fn input_gradient(gradient: &[f32], x: &[f32], norm: &Norm, out: &mut [f32]) = input_gradient_body
}
simd_fn! {
    /// The input gradient into the interior of a padded image, as [`super::affine_relu_padded`].
    pub(crate) fn input_gradient_padded(gradient: &[f32], x: &[f32], norm: &Norm, rows: [usize; 2], out: &mut [f32]) = input_gradient_padded_body
}
simd_fn! {
    /// Adds to `total` the gradient with respect to a batch norm's input x, and the row `extra` to every row.
    pub(crate) fn add_input_gradient(total: &mut [f32], gradient: &[f32], x: &[f32], norm: &Norm, extra: &[f32]) = add_input_gradient_body
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
    // SAFETY: `Rows` has checked the lengths, a norm's vectors are as long as its width, and `simd_fn!` enables the
    // instructions.
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
        // SAFETY: the offsets are those of pixels that were checked, and the panel lies inside the width.
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
