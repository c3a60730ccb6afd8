//! Fetching memory ahead of its use.

use std::cell::Cell;

use super::Isa;

/// Elements of a cache line.
const LINE: usize = 16;

/// An instruction set to compute with, and what the computation fetches on the side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IsaCtx<'a> {
    pub(crate) isa: Isa,
    pub(crate) prefetch: Option<&'a Prefetch<'a>>,
}

impl<'a> IsaCtx<'a> {
    pub(crate) fn new(isa: Isa, prefetch: &'a Prefetch<'a>) -> Self {
        let prefetch = Some(prefetch);
        Self { isa, prefetch }
    }
}

impl From<Isa> for IsaCtx<'_> {
    fn from(isa: Isa) -> Self {
        Self { isa, prefetch: None }
    }
}

/// Memory that is needed next. It is asked for a few lines at a time while the processor multiplies: all at once it would
/// wait for most of them.
#[derive(Debug)]
pub(crate) struct Prefetch<'a>(Cell<[&'a [f32]; 4]>);

impl<'a> Prefetch<'a> {
    /// The chunk number `index` of `len` elements of each array.
    pub(crate) fn chunks<const N: usize>(index: usize, arrays: [(&'a [f32], usize); N]) -> Self {
        let mut regions: [&[f32]; 4] = [&[]; 4];
        for (region, (values, len)) in regions.iter_mut().zip(arrays) {
            *region = chunk(values, index, len);
        }
        Self(Cell::new(regions))
    }

    /// Asks for the next `n` cache lines.
    #[inline(always)]
    pub(crate) fn request(&self, mut n: usize) {
        let mut regions = self.0.get();
        for region in &mut regions {
            while n > 0 && !region.is_empty() {
                fetch_line(region);
                *region = &region[region.len().min(LINE)..];
                n -= 1;
            }
        }
        self.0.set(regions);
    }
}

/// The chunk number `index` of `len` elements: shorter at the end of `values`, empty behind it.
pub(crate) fn chunk(values: &[f32], index: usize, len: usize) -> &[f32] {
    let start = values.len().min(index * len);
    &values[start..values.len().min(start + len)]
}

/// Asks for the line at the start of `values` to be brought into the second-level cache.
#[inline(always)]
fn fetch_line(values: &[f32]) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the instruction is in the baseline of x86-64, and it reads nothing that a program could notice.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T1 }>(values.as_ptr().cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
}
