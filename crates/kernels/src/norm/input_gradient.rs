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

#[inline(always)]
fn input_gradient_body<V: Vector>(gradient: &[f32], x: &[f32], norm: &Norm, out: &mut [f32]) {
    let pass = InputGradient {
        rows: Rows::dense(norm.width(), gradient.len(), &[x.len(), out.len()]),
        gradient: gradient.as_ptr(),
        x: x.as_ptr(),
        norm,
        extra: None,
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
        extra: None,
        out: out[start..].as_mut_ptr(),
    };
    // SAFETY: as above.
    unsafe { sweep::<V>(pass, norm.width()) }
}

#[inline(always)]
fn add_input_gradient_body<V: Vector>(total: &mut [f32], gradient: &[f32], x: &[f32], norm: &Norm, extra: &[f32]) {
    assert!(extra.len() >= norm.width(), "a row of {} elements", extra.len());
    let pass = InputGradient {
        rows: Rows::dense(norm.width(), gradient.len(), &[x.len(), total.len()]),
        gradient: gradient.as_ptr(),
        x: x.as_ptr(),
        norm,
        extra: Some(extra.as_ptr()),
        out: total.as_mut_ptr(),
    };
    // SAFETY: as above.
    unsafe { sweep::<V>(pass, norm.width()) }
}

/// `scale * (g - mean(g) - x̂ * mean(g x̂))` as `scale * g + (x - mean) * slope + offset`.
#[derive(Clone, Copy)]
struct InputGradient<'a> {
    rows: Rows,
    gradient: *const f32,
    x: *const f32,
    norm: &'a Norm,
    /// A row that is added to every row, as is what is at `out`; without it `out` is overwritten.
    extra: Option<*const f32>,
    out: *mut f32,
}

impl Sweep for InputGradient<'_> {
    #[inline(always)]
    unsafe fn panel<V: Vector, const N: usize>(self, channel: usize) {
        // SAFETY: the offsets are those of pixels that were checked, the panel lies inside the width, and a norm's vectors are
        // as long as its width.
        unsafe {
            let norm = self.norm;
            let scale = load::<V, N>(norm.scale.as_ptr().add(channel));
            let mean = load::<V, N>(norm.mean.as_ptr().add(channel));
            let inverse_sd = load::<V, N>(norm.inverse_sd.as_ptr().add(channel));
            let mut slope = load::<V, N>(norm.mean_gradient_x.as_ptr().add(channel));
            let mut offset = load::<V, N>(norm.mean_gradient.as_ptr().add(channel));
            for i in 0..N {
                let minus_scale = V::splat(0.0).sub(scale[i]);
                slope[i] = slope[i].mul(inverse_sd[i]).mul(minus_scale);
                offset[i] = offset[i].mul(minus_scale);
            }
            let mut extra = [V::splat(0.0); N];
            if let Some(row) = self.extra {
                extra = load(row.add(channel));
            }
            for row in 0..self.rows.n_rows {
                for (from, to) in self.rows.pixels(row) {
                    let mut g = load::<V, N>(self.gradient.add(from + channel));
                    let x = load::<V, N>(self.x.add(from + channel));
                    for (i, g) in g.iter_mut().enumerate() {
                        *g = offset[i]
                            .add_product(x[i].sub(mean[i]), slope[i])
                            .add_product(*g, scale[i]);
                    }
                    let out = self.out.add(to + channel);
                    if self.extra.is_some() {
                        let total = load::<V, N>(out);
                        for (i, g) in g.iter_mut().enumerate() {
                            *g = total[i].add(*g).add(extra[i]);
                        }
                    }
                    store(g, out);
                }
            }
        }
    }
}
