//! How a pass goes over `[rows, width]`: a few vectors of channels at a time, down all rows, so that what belongs to a
//! channel (scale, mean, running sums) stays in registers.

use crate::simd::{LANES, Vector};

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
/// The vector's instructions must be enabled, and `width` be the one that the pass was made for.
///
/// # Panics
/// If the width is not a multiple of eight, which the last panel would go beyond.
#[inline(always)]
pub(super) unsafe fn sweep<V: Vector>(pass: impl Sweep, width: usize) {
    assert!(
        width.is_multiple_of(LANES),
        "the channel count must be a multiple of eight: {width}"
    );
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

/// Rows of pixels from one array to another, both with `width` channels.
#[derive(Clone, Copy)]
pub(super) struct Rows {
    width: usize,
    /// Rows of an image, or 1.
    pub(super) n_rows: usize,
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
    pub(super) fn dense(width: usize, len: usize, lens: &[usize]) -> Self {
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
    pub(super) fn padded(
        width: usize,
        len: usize,
        lens: &[usize],
        [row, stride]: [usize; 2],
        padded: usize,
    ) -> (Self, usize) {
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

    /// Offsets of the pixels of a row, in what is read and in what is written.
    ///
    /// An iterator, as a closure that is given the offsets is compiled without the vectors' instructions unless it is inlined.
    #[inline(always)]
    pub(super) fn pixels(self, row: usize) -> impl Iterator<Item = (usize, usize)> {
        let (from, to) = (row * self.n_pixels * self.width, row * self.stride);
        (0..self.n_pixels).map(move |pixel| (from + pixel * self.width, to + pixel * self.width))
    }
}
