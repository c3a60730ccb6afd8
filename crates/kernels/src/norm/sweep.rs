//! How a pass goes over `[rows, width]`: a few vectors of channels at a time, down all rows, so that what belongs to a
//! channel (scale, mean, running sums) stays in registers.

use crate::simd::Vector;

/// A pass over matrices `[rows, width]`.
pub(super) trait Sweep: Copy {
    /// All rows of `N` vectors of channels from `channel` on.
    ///
    /// # Safety
    /// The vector's instructions must be enabled, and `channel + N * V::LANES` be at most the width that the pass was made for.
    unsafe fn panel<V: Vector, const N: usize>(self, channel: usize);
}

/// Runs `pass` for all channels.
///
/// # Safety
/// The vector's instructions must be enabled, and `width` be the one that the pass was made for: a multiple of eight.
#[inline(always)]
pub(super) unsafe fn sweep<V: Vector>(pass: impl Sweep, width: usize) {
    let mut channel = 0;
    // SAFETY: panels are taken only while they fit; what is left after whole vectors is one of half the width.
    unsafe {
        // A row of 64 channels at a stretch, where there are registers for what four vectors need.
        while V::LANES > 8 && channel + 4 * V::LANES <= width {
            pass.panel::<V, 4>(channel);
            channel += 4 * V::LANES;
        }
        while channel + 2 * V::LANES <= width {
            pass.panel::<V, 2>(channel);
            channel += 2 * V::LANES;
        }
        while channel + V::LANES <= width {
            pass.panel::<V, 1>(channel);
            channel += V::LANES;
        }
        if channel < width {
            pass.panel::<V::Half, 1>(channel);
        }
    }
}

/// `N` vectors.
///
/// # Safety
/// Their elements must be valid at `from`, and the vector's instructions enabled.
#[inline(always)]
pub(super) unsafe fn load<V: Vector, const N: usize>(from: *const f32) -> [V; N] {
    // SAFETY: promised by the caller.
    unsafe {
        let mut values = [V::splat(0.0); N];
        for (index, value) in values.iter_mut().enumerate() {
            *value = V::load(from.add(index * V::LANES));
        }
        values
    }
}

/// Writes `N` vectors.
///
/// # Safety
/// There must be room for them at `to`, and the vector's instructions be enabled.
#[inline(always)]
pub(super) unsafe fn store<V: Vector, const N: usize>(values: [V; N], to: *mut f32) {
    // SAFETY: promised by the caller.
    unsafe {
        for (index, value) in values.into_iter().enumerate() {
            value.store(to.add(index * V::LANES));
        }
    }
}
