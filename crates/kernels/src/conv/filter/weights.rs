//! The filters' side of Winograd's F(4x4, 3x3): `G g Gᵀ` and the backward pass, for many filters at once.

use super::tiles::{PATCH, POSITIONS};
use super::transforms::{A, B, transposed};
use crate::simd::{Vector, simd_fn};

/// Rows and columns of the filter.
const SIDE: usize = 3;

simd_fn! {
    /// `G g Gᵀ` of the filters `[3, 3, n]` into `[36, n]`.
    pub(super) fn transform_filters(filters: &[f32], transformed: &mut [f32]) = transform_filters_body
}
simd_fn! {
    /// `Gᵀ u G` of the gradients `[36, n]`, added to `[3, 3, n]` with the taps in reverse.
    pub(super) fn restore_filters(transformed: &[f32], filters: &mut [f32]) = restore_filters_body
}

/// Rows of G: the weights of the filter's taps at each point.
const G: [[f32; SIDE]; PATCH] = {
    let (a2, b2) = (A * A, B * B);
    let (of_a, of_b) = (0.5 / (a2 * (a2 - b2)), 0.5 / (b2 * (b2 - a2)));
    [
        [1.0 / (a2 * b2), 0.0, 0.0],
        [of_a, of_a * A, of_a * a2],
        [of_a, -of_a * A, of_a * a2],
        [of_b, of_b * B, of_b * b2],
        [of_b, -of_b * B, of_b * b2],
        [0.0, 0.0, 1.0],
    ]
};

#[inline(always)]
fn transform_filters_body<V: Vector>(filters: &[f32], transformed: &mut [f32]) {
    let n = check(filters.len(), transformed.len());
    let mut at = 0;
    while at < n {
        // SAFETY: `check` holds `[3, 3, n]` and `[36, n]` inside the slices; whole vectors only while they fit, and n is a
        // multiple of eight.
        unsafe {
            let (from, to) = (filters.as_ptr().add(at), transformed.as_mut_ptr().add(at));
            if at + V::LANES <= n {
                transform::<V>(from, n, to);
                at += V::LANES;
            } else {
                transform::<V::Half>(from, n, to);
                at += V::Half::LANES;
            }
        }
    }
}

/// # Safety
/// `[3, 3]` and `[36]` vectors with stride `n` must be valid at `from` and `to`.
#[inline(always)]
unsafe fn transform<V: Vector>(from: *const f32, n: usize, to: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut half = [[V::splat(0.0); PATCH]; SIDE];
        for (x, half) in half.iter_mut().enumerate() {
            let mut column = [V::splat(0.0); SIDE];
            for (y, value) in column.iter_mut().enumerate() {
                *value = V::load(from.add((y * SIDE + x) * n));
            }
            *half = transform_1d(column);
        }
        for (y, row) in transposed(half).into_iter().enumerate() {
            for (x, value) in transform_1d(row).into_iter().enumerate() {
                value.store(to.add((y * PATCH + x) * n));
            }
        }
    }
}

/// `G g`.
///
/// # Safety
/// The vector's instructions must be enabled.
#[inline(always)]
unsafe fn transform_1d<V: Vector>(taps: [V; SIDE]) -> [V; PATCH] {
    // SAFETY: promised by the caller.
    unsafe {
        let mut points = [V::splat(0.0); PATCH];
        for (point, row) in points.iter_mut().zip(&G) {
            for (&tap, &weight) in taps.iter().zip(row) {
                *point = point.add_product(V::splat(weight), tap);
            }
        }
        points
    }
}

#[inline(always)]
fn restore_filters_body<V: Vector>(transformed: &[f32], filters: &mut [f32]) {
    let n = check(filters.len(), transformed.len());
    let mut at = 0;
    while at < n {
        // SAFETY: as above.
        unsafe {
            let (from, to) = (transformed.as_ptr().add(at), filters.as_mut_ptr().add(at));
            if at + V::LANES <= n {
                restore::<V>(from, n, to);
                at += V::LANES;
            } else {
                restore::<V::Half>(from, n, to);
                at += V::Half::LANES;
            }
        }
    }
}

/// # Safety
/// `[36]` and `[3, 3]` vectors with stride `n` must be valid at `from` and `to`.
#[inline(always)]
unsafe fn restore<V: Vector>(from: *const f32, n: usize, to: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        let mut half = [[V::splat(0.0); SIDE]; PATCH];
        for (x, half) in half.iter_mut().enumerate() {
            let mut column = [V::splat(0.0); PATCH];
            for (y, value) in column.iter_mut().enumerate() {
                *value = V::load(from.add((y * PATCH + x) * n));
            }
            *half = restore_1d(column);
        }
        for (y, row) in transposed(half).into_iter().enumerate() {
            for (x, value) in restore_1d(row).into_iter().enumerate() {
                let to = to.add(((SIDE - 1 - y) * SIDE + SIDE - 1 - x) * n);
                V::load(to).add(value).store(to);
            }
        }
    }
}

/// `Gᵀ u`.
///
/// # Safety
/// The vector's instructions must be enabled.
#[inline(always)]
unsafe fn restore_1d<V: Vector>(points: [V; PATCH]) -> [V; SIDE] {
    // SAFETY: promised by the caller.
    unsafe {
        let mut taps = [V::splat(0.0); SIDE];
        for (&point, row) in points.iter().zip(&G) {
            for (tap, &weight) in taps.iter_mut().zip(row) {
                *tap = tap.add_product(V::splat(weight), point);
            }
        }
        taps
    }
}

/// Filters of the two arrays.
fn check(filters: usize, transformed: usize) -> usize {
    let n = filters / (SIDE * SIDE);
    assert!(
        n.is_multiple_of(8),
        "the number of filters must be a multiple of eight: {n}"
    );
    assert!(transformed >= POSITIONS * n, "transformed filters: {transformed}");
    n
}
