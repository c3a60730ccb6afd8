//! The passes that end in a sum over the rows.

use super::Norm;
use super::sweep::{Sweep, load, store, sweep};
use crate::simd::{Vector, simd_fn};

simd_fn! {
    /// Writes the mean of the rows of `x` into the first half of `moments`, the sum of their squared deviations into the
    /// second.
    pub(crate) fn group_moments(x: &[f32], moments: &mut [f32]) = group_moments_body
}
simd_fn! {
    /// Turns the gradient with respect to `relu(x * scale + shift)` into that with respect to the ReLU's input, in place, and
    /// writes its sums over the rows, plain and times the normalized x, into `sums` (`[2, width]`).
    pub(crate) fn relu_gradient(gradient: &mut [f32], x: &[f32], norm: &Norm, sums: &mut [f32]) = relu_gradient_body
}
simd_fn! {
    /// Sums over the rows of a batch norm's output gradient, plain and times the normalized x, into `sums` (`[2, width]`).
    pub(crate) fn unit_gradient(gradient: &[f32], x: &[f32], norm: &Norm, sums: &mut [f32]) = unit_gradient_body
}
simd_fn! {
    /// Adds the sum over the rows of `x` to `sums`.
    pub(crate) fn column_sums(x: &[f32], sums: &mut [f32]) = column_sums_body
}
simd_fn! {
    /// Writes the mean over the rows of `x` into `means`.
    pub(crate) fn column_means(x: &[f32], means: &mut [f32]) = column_means_body
}

#[derive(Clone, Copy)]
struct Moments {
    x: *const f32,
    n_rows: usize,
    width: usize,
    moments: *mut f32,
}

#[inline(always)]
fn group_moments_body<V: Vector>(x: &[f32], moments: &mut [f32]) {
    let width = moments.len() / 2;
    let pass = Moments {
        x: x.as_ptr(),
        n_rows: x.len() / width,
        width,
        moments: moments.as_mut_ptr(),
    };
    // SAFETY: `moments` is twice the width, x has that many whole rows, and `simd_fn!` enables the instructions.
    unsafe { sweep::<V>(pass, width) }
}

impl Sweep for Moments {
    #[inline(always)]
    unsafe fn panel<V: Vector, const N: usize>(self, channel: usize) {
        // SAFETY: the rows were counted, and the panel lies inside the width.
        unsafe {
            let x = self.x.add(channel);
            let inverse = V::splat(1.0 / self.n_rows as f32);
            let mut mean = sum_rows::<V, N>(x, self.n_rows, self.width, |x, _| x);
            for mean in &mut mean {
                *mean = mean.mul(inverse);
            }
            let squares = sum_rows::<V, N>(x, self.n_rows, self.width, |x, i| {
                let deviation = x.sub(mean[i]);
                deviation.mul(deviation)
            });
            store(mean, self.moments.add(channel));
            store(squares, self.moments.add(self.width + channel));
        }
    }
}

/// The sum of a function of the elements over the rows, in two halves that do not wait for each other.
///
/// # Safety
/// The vector's instructions must be enabled, and `n_rows` rows of `N` vectors be valid at `x`.
#[inline(always)]
unsafe fn sum_rows<V: Vector, const N: usize>(
    x: *const f32,
    n_rows: usize,
    width: usize,
    of: impl Fn(V, usize) -> V,
) -> [V; N] {
    // SAFETY: promised by the caller.
    unsafe {
        let mut sums = [[V::splat(0.0); N]; 2];
        for pair in 0..n_rows / 2 {
            for (half, sums) in sums.iter_mut().enumerate() {
                let x = load::<V, N>(x.add((2 * pair + half) * width));
                for (i, sum) in sums.iter_mut().enumerate() {
                    *sum = sum.add(of(x[i], i));
                }
            }
        }
        let [mut total, odd] = sums;
        for (total, odd) in total.iter_mut().zip(odd) {
            *total = total.add(odd);
        }
        if n_rows % 2 == 1 {
            let x = load::<V, N>(x.add((n_rows - 1) * width));
            for (i, total) in total.iter_mut().enumerate() {
                *total = total.add(of(x[i], i));
            }
        }
        total
    }
}

/// Sums of a gradient, and the gradient masked by the ReLU ahead if `masked` says where to write it.
#[derive(Clone, Copy)]
struct GradientSums<'a> {
    gradient: *const f32,
    masked: Option<*mut f32>,
    x: *const f32,
    n_rows: usize,
    norm: &'a Norm,
    sums: *mut f32,
}

#[inline(always)]
fn relu_gradient_body<V: Vector>(gradient: &mut [f32], x: &[f32], norm: &Norm, sums: &mut [f32]) {
    let (gradient, len) = (gradient.as_mut_ptr(), gradient.len());
    gradient_sums::<V>((gradient.cast_const(), Some(gradient), len), x, norm, sums);
}

#[inline(always)]
fn unit_gradient_body<V: Vector>(gradient: &[f32], x: &[f32], norm: &Norm, sums: &mut [f32]) {
    gradient_sums::<V>((gradient.as_ptr(), None, gradient.len()), x, norm, sums);
}

#[inline(always)]
fn gradient_sums<V: Vector>(
    (gradient, masked, len): (*const f32, Option<*mut f32>, usize),
    x: &[f32],
    norm: &Norm,
    sums: &mut [f32],
) {
    assert!(
        x.len() >= len && sums.len() >= 2 * norm.width(),
        "{len} elements, {} of x",
        x.len()
    );
    let pass = GradientSums {
        gradient,
        masked,
        x: x.as_ptr(),
        n_rows: len / norm.width(),
        norm,
        sums: sums.as_mut_ptr(),
    };
    // SAFETY: the lengths were checked, a norm's vectors are as long as its width, and `simd_fn!` enables the instructions.
    unsafe { sweep::<V>(pass, norm.width()) }
}

impl Sweep for GradientSums<'_> {
    #[inline(always)]
    unsafe fn panel<V: Vector, const N: usize>(self, channel: usize) {
        // SAFETY: the rows were counted, and the panel lies inside the width.
        unsafe {
            let (norm, width) = (self.norm, self.norm.width());
            let scale = load::<V, N>(norm.scale.as_ptr().add(channel));
            let shift = load::<V, N>(norm.shift.as_ptr().add(channel));
            let mean = load::<V, N>(norm.mean.as_ptr().add(channel));
            let (mut plain, mut times_x) = ([V::splat(0.0); N], [V::splat(0.0); N]);
            for row in 0..self.n_rows {
                let at = row * width + channel;
                let (mut g, x) = (load::<V, N>(self.gradient.add(at)), load::<V, N>(self.x.add(at)));
                if let Some(masked) = self.masked {
                    for (i, g) in g.iter_mut().enumerate() {
                        *g = g.where_positive(shift[i].add_product(x[i], scale[i]));
                    }
                    store(g, masked.add(at));
                }
                for i in 0..N {
                    plain[i] = plain[i].add(g[i]);
                    times_x[i] = times_x[i].add_product(g[i], x[i].sub(mean[i]));
                }
            }
            let inverse_sd = load::<V, N>(norm.inverse_sd.as_ptr().add(channel));
            for (times_x, inverse_sd) in times_x.iter_mut().zip(inverse_sd) {
                *times_x = times_x.mul(inverse_sd);
            }
            store(plain, self.sums.add(channel));
            store(times_x, self.sums.add(width + channel));
        }
    }
}

/// Sums of columns times `factor`, added to what is there if that is to be kept.
#[derive(Clone, Copy)]
struct ColumnSums {
    x: *const f32,
    n_rows: usize,
    width: usize,
    keep: bool,
    factor: f32,
    sums: *mut f32,
}

#[inline(always)]
fn column_sums_body<V: Vector>(x: &[f32], sums: &mut [f32]) {
    columns::<V>(x, true, 1.0, sums);
}

#[inline(always)]
fn column_means_body<V: Vector>(x: &[f32], means: &mut [f32]) {
    columns::<V>(x, false, means.len() as f32 / x.len() as f32, means);
}

#[inline(always)]
fn columns<V: Vector>(x: &[f32], keep: bool, factor: f32, sums: &mut [f32]) {
    let width = sums.len();
    let pass = ColumnSums {
        x: x.as_ptr(),
        n_rows: x.len() / width,
        width,
        keep,
        factor,
        sums: sums.as_mut_ptr(),
    };
    // SAFETY: x has that many whole rows, and `simd_fn!` enables the instructions.
    unsafe { sweep::<V>(pass, width) }
}

impl Sweep for ColumnSums {
    #[inline(always)]
    unsafe fn panel<V: Vector, const N: usize>(self, channel: usize) {
        // SAFETY: the rows were counted, and the panel lies inside the width.
        unsafe {
            let (to, factor) = (self.sums.add(channel), V::splat(self.factor));
            let mut sums = sum_rows::<V, N>(self.x.add(channel), self.n_rows, self.width, |x, _| x);
            let before = if self.keep {
                load::<V, N>(to)
            } else {
                [V::splat(0.0); N]
            };
            for (sum, before) in sums.iter_mut().zip(before) {
                *sum = before.add_product(*sum, factor);
            }
            store(sums, to);
        }
    }
}
